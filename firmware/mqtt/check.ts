// What a caller can do wrong, found at the call: options, flags, handles, filters. Each throws Misuse in a few words.

import { binaryLength, sessionExpiry } from "./encode.js";
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
import type { ClientOptions, Goodbye, SubscribeOptions } from "./options.js";
import { ANY_FLAGS } from "./packet.js";
import {
	ANYWHERE,
	AUTHENTICATION_DATA,
	AUTHENTICATION_METHOD,
	checkProperties,
	findProperty,
	IN_AUTH,
	IN_CONNECT,
	IN_DISCONNECT,
	IN_SUBSCRIBE,
	IN_WILL,
	integerProperty,
	MAXIMUM_PACKET_SIZE,
	RECEIVE_MAXIMUM,
	RESPONSE_TOPIC,
	SERVER_REFERENCE,
	SESSION_EXPIRY_INTERVAL,
	SUBSCRIPTION_IDENTIFIER,
	TOPIC_ALIAS,
	TOPIC_ALIAS_MAXIMUM,
} from "./property.js";
import { isReason, OF_PUBACK, UNSPECIFIED_ERROR } from "./reason.js";
import { isTopicFilter, isTopicName, shareLength } from "./topic.js";
import { takeUint16, utf8Bytes, utf8Length } from "./wire.js";

/** What is missing would otherwise be missed much later, in a callback. */
export function checkCollaborators(options: ClientOptions): void {
	checkFunction(options.socket?.io, "socket.io");
	checkFunction(options.timer?.io, "timer.io");
	checkFunction(options.clock?.now, "clock.now");
	checkFunction(options.random?.next, "random.next");
}

/** Throws Misuse for what cannot be called. */
export function checkFunction(value: unknown, name: string): void {
	if (typeof value !== "function") throw new Misuse(BAD_OPTION, `${name}: expected a function`);
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
	if (options?.properties !== undefined) checkBlock(client, options.properties, IN_SUBSCRIBE);
	if (bits > 2 && client.protocolVersion !== 5)
		throw new Misuse(BAD_OPTION, "noLocal, retainAsPublished, retainHandling: need protocolVersion 5");
	return bits;
}

/** Properties that are ours to say, by options of their own, or not at all; with the places where that is so. */
const NOT_GIVEN: readonly number[] = Object.freeze([
	SUBSCRIPTION_IDENTIFIER | (ANYWHERE & ~IN_SUBSCRIBE),
	SESSION_EXPIRY_INTERVAL | IN_CONNECT,
	RECEIVE_MAXIMUM | ANYWHERE,
	MAXIMUM_PACKET_SIZE | ANYWHERE,
	TOPIC_ALIAS_MAXIMUM | ANYWHERE,
	TOPIC_ALIAS | ANYWHERE,
	AUTHENTICATION_METHOD | ANYWHERE,
	AUTHENTICATION_DATA | ANYWHERE,
	SERVER_REFERENCE | ANYWHERE,
]);

/** Throws Misuse for properties that such a packet cannot have, and for any in 3.1.1. */
export function checkBlock(options: ClientOptions, block: Uint8Array, place: number): void {
	if (options.protocolVersion !== 5) throw new Misuse(BAD_OPTION, "properties: need protocolVersion 5");
	if (!(block instanceof Uint8Array) || checkProperties(block, 0, block.length, place) !== OK)
		throw new Misuse(BAD_OPTION, "properties: not a block that properties() has made for such a packet");
	// A client's PUBLISH has no subscription identifier [MQTT-3.3.4-6]; aliases are not for the application.
	for (let i = 0; i < NOT_GIVEN.length; i += 1)
		if ((NOT_GIVEN[i] & place) !== 0 && findProperty(block, 0, block.length, NOT_GIVEN[i] & 0xff) !== 0)
			throw new Misuse(
				BAD_OPTION,
				`properties: ${NOT_GIVEN[i] & 0xff} is one of those that are ours to say, by options of their own or not at all`,
			);
	const topic = findProperty(block, 0, block.length, RESPONSE_TOPIC);
	// [MQTT-3.3.2-14]
	if (topic !== 0 && !isTopicName(block, topic + 2, takeUint16(block, topic)))
		throw new Misuse(BAD_TOPIC_NAME, "properties: the response topic is no topic name");
}

/** Throws Misuse for what DISCONNECT may not say. */
export function checkGoodbye(options: ClientOptions, { reason = 0, properties }: Goodbye): void {
	if (reason !== 0 && options.protocolVersion !== 5)
		throw new Misuse(BAD_OPTION, "close: a reason needs protocolVersion 5");
	if (!GOODBYES.includes(reason))
		throw new Misuse(BAD_OPTION, `close: ${reason} is no reason of a client's DISCONNECT`);
	if (properties === undefined) return;
	checkBlock(options, properties, IN_DISCONNECT);
	const expiry = integerProperty(properties, 0, properties.length, SESSION_EXPIRY_INTERVAL, 0);
	// Section 3.14.2.2.2.
	if (expiry > 0 && sessionExpiry(options) === 0)
		throw new Misuse(BAD_OPTION, "close: a session that ends with its connection cannot be kept any more");
}

/** Throws Misuse for a reason that a message cannot be refused with. */
export function checkRefusal(options: ClientOptions, reason: number): void {
	if (options.protocolVersion !== 5 || reason < UNSPECIFIED_ERROR || !isReason(reason, OF_PUBACK))
		throw new Misuse(BAD_OPTION, `acknowledge: ${reason} is no reason to refuse a message, or this is MQTT 3.1.1`);
}

/** Reasons that a client may give in DISCONNECT (section 3.14.2.1). */
const GOODBYES: readonly number[] = Object.freeze([
	0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
]);

/** Throws Misuse for what CONNECT may not say. */
export function checkConnect(options: ClientOptions): void {
	const clientId = options.clientId;
	const protocolVersion = options.protocolVersion ?? 4;
	const will = options.will;
	if (protocolVersion !== 4 && protocolVersion !== 5)
		throw new Misuse(BAD_OPTION, `protocolVersion: expected 4 or 5, got ${protocolVersion}`);
	if (typeof clientId !== "string") throw new Misuse(BAD_OPTION, `clientId: expected a string, got ${clientId}`);
	if (clientId === "" && options.cleanSession === false && protocolVersion === 4)
		throw new Misuse(BAD_OPTION, "clientId: may only be empty with cleanSession [MQTT-3.1.3-7]");
	if (options.password !== undefined && options.userName === undefined && protocolVersion === 4)
		throw new Misuse(BAD_OPTION, "password: needs a user name in MQTT 3.1.1 [MQTT-3.1.2-22]");
	checked("sessionExpiry", options.sessionExpiry ?? 0, 0, 0xffff_ffff);
	if (options.properties !== undefined) checkBlock(options, options.properties, IN_CONNECT);
	checked("redirects", options.redirects ?? 0, 0, 10);
	checkAuthentication(options);
	if (will === undefined) return;
	if (will.properties !== undefined) checkBlock(options, will.properties, IN_WILL);
	checked("will.qos", will.qos ?? 0, 0, 2);
	utf8Length(will.topic, "will.topic");
	const topic = utf8Bytes(will.topic);
	if (!isTopicName(topic, 0, topic.length)) throw new Misuse(BAD_TOPIC_NAME, `will.topic not allowed: "${will.topic}"`);
	if (binaryLength(will.payload) > 65_535) throw new Misuse(BAD_OPTION, "will.payload: longer than 65535 bytes");
}

function checkAuthentication(options: ClientOptions): void {
	const authentication = options.authentication;
	if (authentication === undefined) return;
	if (options.protocolVersion !== 5) throw new Misuse(BAD_OPTION, "authentication: needs protocolVersion 5");
	const method = authentication.method;
	if (typeof method !== "string") throw new Misuse(BAD_OPTION, "authentication.method: expected a string");
	checkFunction(authentication.start, "authentication.start");
	checkFunction(authentication.next, "authentication.next");
	checkFunction(authentication.finish, "authentication.finish");
	utf8Length(method, "authentication.method");
	if (authentication.properties !== undefined) checkBlock(options, authentication.properties, IN_AUTH);
}

/** Throws Misuse: `handle` does not name what the call wants. */
export function refuseHandle(handle: number, what: string): never {
	throw new Misuse(BAD_HANDLE, `${handle} is not the handle of a ${what}`);
}
