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
} from "./error.js";
import { checked } from "./limits.js";
import type { ClientOptions, Goodbye, SubscribeOptions } from "./options.js";
import { ANY_FLAGS } from "./packet.js";
import {
	checkBlock,
	IN_AUTH,
	IN_CONNECT,
	IN_DISCONNECT,
	IN_SUBSCRIBE,
	IN_WILL,
	integerProperty,
	SESSION_EXPIRY_INTERVAL,
} from "./property.js";
import { isReason, OF_GOODBYE, OF_PUBACK, UNSPECIFIED_ERROR } from "./reason.js";
import { isTopicFilter, isTopicName, shareLength } from "./topic.js";
import { takeUtf8, utf8Bytes, utf8Length } from "./wire.js";

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
export function checkFilter(filter: Uint8Array, options: SubscribeOptions | undefined): void {
	if (!isTopicFilter(filter, 0, filter.length))
		throw new Misuse(BAD_TOPIC_FILTER, `topic filter not allowed: "${takeUtf8(filter, 0, filter.length)}"`);
	// [MQTT-3.8.3-4]
	if (options?.noLocal === true && shareLength(filter, 0, filter.length) > 0)
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

/** Throws Misuse for what DISCONNECT may not say. */
export function checkGoodbye(options: ClientOptions, { reason = 0, properties }: Goodbye): void {
	if (reason !== 0 && options.protocolVersion !== 5)
		throw new Misuse(BAD_OPTION, "close: a reason needs protocolVersion 5");
	if (!isReason(reason, OF_GOODBYE))
		throw new Misuse(BAD_OPTION, `close: ${reason} is no reason of a client's DISCONNECT`);
	if (properties === undefined) return;
	checkBlock(options, properties, IN_DISCONNECT);
	const expiry = integerProperty(properties, 0, properties.length, SESSION_EXPIRY_INTERVAL, 0);
	// Section 3.14.2.2.2.
	if (expiry > 0 && sessionExpiry(options) === 0)
		throw new Misuse(BAD_OPTION, "close: a session that has no expiry cannot be kept");
}

/** Throws Misuse for a reason that a message cannot be refused with. */
export function checkRefusal(options: ClientOptions, reason: number): void {
	if (options.protocolVersion !== 5 || reason < UNSPECIFIED_ERROR || !isReason(reason, OF_PUBACK))
		throw new Misuse(BAD_OPTION, `acknowledge: ${reason} is no reason to refuse a message, or this is MQTT 3.1.1`);
}

/** Throws Misuse for what CONNECT may not say. */
export function checkConnect(options: ClientOptions): void {
	const clientId = options.clientId;
	const protocolVersion = options.protocolVersion ?? 4;
	const will = options.will;
	if (protocolVersion !== 4 && protocolVersion !== 5)
		throw new Misuse(BAD_OPTION, `protocolVersion: expected 4 or 5, got ${protocolVersion}`);
	if (typeof clientId !== "string") throw new Misuse(BAD_OPTION, "clientId: expected a string");
	if (clientId === "" && options.cleanSession === false && protocolVersion === 4)
		throw new Misuse(BAD_OPTION, "clientId: may only be empty with cleanSession"); // [MQTT-3.1.3-7]
	if (options.password !== undefined && options.userName === undefined && protocolVersion === 4)
		throw new Misuse(BAD_OPTION, "password: needs a user name in MQTT 3.1.1"); // [MQTT-3.1.2-22]
	checked("sessionExpiry", options.sessionExpiry ?? 0, 0, 0xffff_ffff);
	if (options.properties !== undefined) checkBlock(options, options.properties, IN_CONNECT);
	checked("redirects", options.redirects ?? 0, 0, 10);
	const authentication = options.authentication;
	if (authentication !== undefined) {
		if (protocolVersion !== 5) throw new Misuse(BAD_OPTION, "authentication: needs protocolVersion 5");
		if (typeof authentication.method !== "string")
			throw new Misuse(BAD_OPTION, "authentication.method: expected a string");
		checkFunction(authentication.start, "authentication.start");
		checkFunction(authentication.next, "authentication.next");
		checkFunction(authentication.finish, "authentication.finish");
		utf8Length(authentication.method, "authentication.method");
		if (authentication.properties !== undefined) checkBlock(options, authentication.properties, IN_AUTH);
	}
	if (will === undefined) return;
	if (will.properties !== undefined) checkBlock(options, will.properties, IN_WILL);
	checked("will.qos", will.qos ?? 0, 0, 2);
	const topic = utf8Bytes(will.topic, "will.topic");
	if (!isTopicName(topic, 0, topic.length)) throw new Misuse(BAD_TOPIC_NAME, `will.topic not allowed: "${will.topic}"`);
	if (binaryLength(will.payload) > 65_535) throw new Misuse(BAD_OPTION, "will.payload: longer than 65535 bytes");
}

/** Throws Misuse: `handle` does not name what the call wants. */
export function refuseHandle(handle: number, what: string): never {
	throw new Misuse(BAD_HANDLE, `${handle} is not the handle of a ${what}`);
}
