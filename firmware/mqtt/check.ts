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
} from "./error.js";
import { checked } from "./limits.js";
import type { ClientOptions } from "./options.js";
import { isTopicFilter, isTopicName } from "./topic.js";
import { utf8Bytes, utf8Length } from "./wire.js";

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
export function checkFilter(filter: string): void {
	utf8Length(filter, "topic filter");
	const bytes = utf8Bytes(filter);
	if (!isTopicFilter(bytes, 0, bytes.length))
		throw new Misuse(BAD_TOPIC_FILTER, `topic filter not allowed: "${filter}"`);
}

/** Throws Misuse: something about a publish is wrong. `nameAt` is where the topic's name lies, if it has one. */
export function refusePublish(
	topic: number,
	nameAt: number,
	payload: Uint8Array | string | undefined,
	length: number,
	flags: number,
	offset: number,
): never {
	if (!(nameAt > 0)) refuseHandle(topic, "topic name");
	if ((flags & 7) !== flags || flags > 5)
		throw new Misuse(BAD_FLAGS, `publish: flags ${flags} are not QOS_1 or QOS_2, and RETAIN`);
	if (payload instanceof Uint8Array)
		throw new Misuse(BAD_PAYLOAD, `publish: the payload has no ${length} bytes from ${offset} on`);
	throw new Misuse(BAD_PAYLOAD, "publish: expected a Uint8Array");
}

/** Throws Misuse for what CONNECT may not say. */
export function checkConnect(options: ClientOptions): void {
	const { clientId, password, will } = options;
	if (typeof clientId !== "string") throw new Misuse(BAD_OPTION, `clientId: expected a string, got ${clientId}`);
	if (clientId === "" && options.cleanSession === false)
		throw new Misuse(BAD_OPTION, "clientId: may only be empty with cleanSession [MQTT-3.1.3-7]");
	if (password !== undefined && options.userName === undefined)
		throw new Misuse(BAD_OPTION, "password: needs a user name in MQTT 3.1.1 [MQTT-3.1.2-22]");
	if (will === undefined) return;
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
