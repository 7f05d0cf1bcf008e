// What a caller can do wrong, found at the call: options, flags, handles, filters. Each throws Misuse in a few words.

import { binaryLength } from "./encode.js";
import {
	BAD_FLAGS,
	BAD_HANDLE,
	BAD_OPTION,
	BAD_PAYLOAD,
	BAD_STATE,
	BAD_TOPIC_FILTER,
	BAD_TOPIC_NAME,
	Misuse,
	OK,
} from "./error.js";
import { checked } from "./limits.js";
import type { ClientOptions, SubscribeOptions } from "./options.js";
import { ANY_FLAGS } from "./packet.js";
import {
	checkProperties,
	findProperty,
	IN_CONNECT,
	IN_WILL,
	RECEIVE_MAXIMUM,
	RESPONSE_TOPIC,
	SESSION_EXPIRY_INTERVAL,
	SUBSCRIPTION_IDENTIFIER,
	TOPIC_ALIAS,
	TOPIC_ALIAS_MAXIMUM,
} from "./property.js";
import { isTopicFilter, isTopicName, shareLength } from "./topic.js";
import { takeUint16, utf8Bytes, utf8Length } from "./wire.js";

/** What is missing would otherwise be missed much later, in a callback. */
export function checkCollaborators(options: ClientOptions): void {
	if (typeof options.socket?.io !== "function") throw new Misuse(BAD_OPTION, "socket.io: expected a class");
	if (typeof options.timer?.io !== "function") throw new Misuse(BAD_OPTION, "timer.io: expected a class");
	if (typeof options.clock?.now !== "function") throw new Misuse(BAD_OPTION, "clock: expected an object with now()");
	if (typeof options.random?.next !== "function")
		throw new Misuse(BAD_OPTION, "random: expected an object with next()");
}

/** Throws Misuse: Source.read wants to publish. */
export function refuseInSource(): never {
	throw new Misuse(BAD_STATE, "publish: not inside Source.read");
}

/** Throws Misuse for a filter that is none. */
export function checkFilter(filter: string, options: SubscribeOptions | undefined): void {
	utf8Length(filter, "topic filter");
	const bytes = utf8Bytes(filter);
	if (!isTopicFilter(bytes, 0, bytes.length))
		throw new Misuse(BAD_TOPIC_FILTER, `topic filter not allowed: "${filter}"`);
	// [MQTT-3.8.3-4]
	if (options?.noLocal === true && shareLength(bytes, 0, bytes.length) > 0)
		throw new Misuse(BAD_OPTION, "noLocal: not for a shared subscription");
}

/** Throws Misuse where something about a publish is wrong. `nameAt` is where the topic's name lies, if it has one. */
export function checkPublish(
	topic: number,
	nameAt: number,
	payload: Uint8Array | string,
	length: number,
	flags: number,
	offset: number,
): void {
	if (!(nameAt > 0)) refuseHandle(topic, "topic name");
	if ((flags & 7) !== flags || ((ANY_FLAGS >> flags) & 1) === 0)
		throw new Misuse(BAD_FLAGS, `publish: flags ${flags} are not QOS_1 or QOS_2, and RETAIN`);
	if (!(payload instanceof Uint8Array)) throw new Misuse(BAD_PAYLOAD, "publish: expected a Uint8Array");
	if (length >>> 0 !== length || offset >>> 0 !== offset || offset + length > payload.length)
		throw new Misuse(BAD_PAYLOAD, `publish: the payload has no ${length} bytes from ${offset} on`);
}

/** The options byte of SUBSCRIBE. Throws Misuse for what it cannot say, or not in 3.1.1. */
export function subscriptionOptions(client: ClientOptions, options: SubscribeOptions | undefined): number {
	let bits = checked("qos", options?.qos ?? 0, 0, 2);
	if (options?.noLocal === true) bits |= 0x04;
	if (options?.retainAsPublished === true) bits |= 0x08;
	bits |= checked("retainHandling", options?.retainHandling ?? 0, 0, 2) << 4;
	if (bits > 2 && client.protocolVersion !== 5)
		throw new Misuse(BAD_OPTION, "noLocal, retainAsPublished, retainHandling: need protocolVersion 5");
	return bits;
}

/** Properties that are ours to say, by options of their own, or not at all. */
const NOT_GIVEN: readonly number[] = Object.freeze([
	SUBSCRIPTION_IDENTIFIER,
	SESSION_EXPIRY_INTERVAL,
	RECEIVE_MAXIMUM,
	TOPIC_ALIAS_MAXIMUM,
	TOPIC_ALIAS,
]);

/** Throws Misuse for properties that such a packet cannot have, and for any in 3.1.1. */
export function checkBlock(options: ClientOptions, block: Uint8Array, place: number): void {
	if (options.protocolVersion !== 5) throw new Misuse(BAD_OPTION, "properties: need protocolVersion 5");
	if (!(block instanceof Uint8Array) || checkProperties(block, 0, block.length, place) !== OK)
		throw new Misuse(BAD_OPTION, "properties: not a block that properties() has made for such a packet");
	// A client's PUBLISH has no subscription identifier [MQTT-3.3.4-6]; aliases are not for the application.
	for (let i = 0; i < NOT_GIVEN.length; i += 1)
		if (findProperty(block, 0, block.length, NOT_GIVEN[i]) !== 0)
			throw new Misuse(
				BAD_OPTION,
				`properties: ${NOT_GIVEN[i]} is one of those that are ours to say, by options of their own or not at all`,
			);
	const topic = findProperty(block, 0, block.length, RESPONSE_TOPIC);
	// [MQTT-3.3.2-14]
	if (topic !== 0 && !isTopicName(block, topic + 2, takeUint16(block, topic)))
		throw new Misuse(BAD_TOPIC_NAME, "properties: the response topic is no topic name");
}

/** Throws Misuse for what CONNECT may not say. */
export function checkConnect(options: ClientOptions): void {
	const { clientId, password, protocolVersion = 4, properties, will } = options;
	if (protocolVersion !== 4 && protocolVersion !== 5)
		throw new Misuse(BAD_OPTION, `protocolVersion: expected 4 or 5, got ${protocolVersion}`);
	if (typeof clientId !== "string") throw new Misuse(BAD_OPTION, `clientId: expected a string, got ${clientId}`);
	if (clientId === "" && options.cleanSession === false && protocolVersion === 4)
		throw new Misuse(BAD_OPTION, "clientId: may only be empty with cleanSession [MQTT-3.1.3-7]");
	if (password !== undefined && options.userName === undefined && protocolVersion === 4)
		throw new Misuse(BAD_OPTION, "password: needs a user name in MQTT 3.1.1 [MQTT-3.1.2-22]");
	checked("sessionExpiry", options.sessionExpiry ?? 0, 0, 0xffff_ffff);
	if (properties !== undefined) {
		checkBlock(options, properties, IN_CONNECT);
	}
	if (will === undefined) return;
	if (will.properties !== undefined) checkBlock(options, will.properties, IN_WILL);
	checked("will.qos", will.qos ?? 0, 0, 2);
	utf8Length(will.topic, "will.topic");
	const topic = utf8Bytes(will.topic);
	if (!isTopicName(topic, 0, topic.length)) throw new Misuse(BAD_TOPIC_NAME, `will.topic not allowed: "${will.topic}"`);
	if (binaryLength(will.payload) > 65_535) throw new Misuse(BAD_OPTION, "will.payload: longer than 65535 bytes");
}

/** Throws Misuse: `handle` does not name what the call wants. */
export function refuseHandle(handle: number, what: string): never {
	throw new Misuse(BAD_HANDLE, `${handle} is not the handle of a ${what}`);
}
