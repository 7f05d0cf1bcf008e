// One function per outbound packet, into the caller's bytes. Each returns the offset behind what it wrote. The caller
// knows that there is room: lengths are computed first, by the functions beside.

import { KEEP_ALIVE } from "./limits.js";
import type { ClientOptions } from "./options.js";
import { CLEAN_SESSION, CONNECT, PASSWORD, SUBSCRIBE, USER_NAME, WILL, WILL_RETAIN } from "./packet.js";
import type { Topics } from "./topic.js";
import { putUint16, putUtf8, putVarint, utf8Length, varintLength } from "./wire.js";

/** Length of any PUBACK, PUBREC, PUBREL or PUBCOMP. */
export const ACK_BYTES = 4;

export function putAck(bytes: Uint8Array, at: number, first: number, packetId: number): number {
	bytes[at] = first;
	bytes[at + 1] = 2;
	return putUint16(bytes, at + 2, packetId);
}

/** A packet that is nothing but its type: PINGREQ, DISCONNECT. */
export function putEmpty(bytes: Uint8Array, at: number, first: number): number {
	bytes[at] = first;
	bytes[at + 1] = 0;
	return at + 2;
}

/** The longest fixed header: a type and four bytes of remaining length. */
export const HEAD_MOST = 5;

/** Length of a packet that has `remaining` bytes behind its fixed header. */
export function packetLength(remaining: number): number {
	return 1 + varintLength(remaining) + remaining;
}

/**
 * PUBLISH up to its payload. The topic name lies in `bytes` with its length before it, the two together at `nameAt` and
 * `nameLength` long; where they overlap the place they go to, they begin HEAD_MOST behind it at least. A packet id of 0 stands for QoS 0 [MQTT-2.3.1-5].
 */
export function putPublishHead(
	bytes: Uint8Array,
	at: number,
	first: number,
	remaining: number,
	nameAt: number,
	nameLength: number,
	packetId: number,
): number {
	bytes[at] = first;
	at = putVarint(bytes, at + 1, remaining);
	bytes.copyWithin(at, nameAt, nameAt + nameLength);
	at += nameLength;
	return packetId === 0 ? at : putUint16(bytes, at, packetId);
}

/** Length of binary data, given as bytes or as a string for its UTF-8 bytes: any string will do, U+0000 and all. Allocates. */
export function binaryLength(value: string | Uint8Array | undefined): number {
	return typeof value === "string" ? utf8Length(value) : (value?.length ?? 0);
}

/** The length of CONNECT behind its fixed header. Throws Misuse for strings that MQTT cannot carry. Allocates. */
export function connectRemaining(options: ClientOptions): number {
	const { will, userName, password } = options;
	let length = 12 + utf8Length(options.clientId, "clientId");
	if (will !== undefined) length += 4 + utf8Length(will.topic, "will.topic") + binaryLength(will.payload);
	if (userName !== undefined) length += 2 + utf8Length(userName, "userName");
	if (password !== undefined) length += 2 + binaryLength(password);
	return length;
}

/** CONNECT; `remaining` is connectRemaining(). Allocates, once a connection. */
export function putConnect(bytes: Uint8Array, at: number, options: ClientOptions, remaining: number): number {
	const { will, userName, password } = options;
	let flags = options.cleanSession === false ? 0 : CLEAN_SESSION;
	// Without a will its QoS and retain bits stay 0 [MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-15].
	if (will !== undefined) flags |= WILL | ((will.qos ?? 0) << 3) | (will.retain ? WILL_RETAIN : 0);
	if (userName !== undefined) flags |= USER_NAME;
	if (password !== undefined) flags |= PASSWORD;
	bytes[at] = CONNECT;
	at = putBinary(bytes, putVarint(bytes, at + 1, remaining), "MQTT");
	bytes[at] = 4;
	bytes[at + 1] = flags;
	at = putUint16(bytes, at + 2, options.keepAlive ?? KEEP_ALIVE);
	// Client id, will topic, will message, user name, password: in this order [MQTT-3.1.3-1].
	at = putBinary(bytes, at, options.clientId);
	if (will !== undefined) at = putBinary(bytes, putBinary(bytes, at, will.topic), will.payload ?? "");
	if (userName !== undefined) at = putBinary(bytes, at, userName);
	return password === undefined ? at : putBinary(bytes, at, password);
}

/** SUBSCRIBE or UNSUBSCRIBE for all filters in flight, in the order of their handles; `remaining` is its length. */
export function putRequest(
	bytes: Uint8Array,
	at: number,
	first: number,
	remaining: number,
	packetId: number,
	topics: Topics,
): number {
	bytes[at] = first;
	at = putUint16(bytes, putVarint(bytes, at + 1, remaining), packetId);
	for (let handle = topics.nextInFlight(1); handle !== 0; handle = topics.nextInFlight(handle + 1)) {
		const length = topics.textLength(handle) + 2;
		const from = topics.textAt(handle) - 2;
		bytes.copyWithin(at, from, from + length);
		at += length;
		if (first === SUBSCRIBE) {
			bytes[at] = topics.qos(handle);
			at += 1;
		}
	}
	return at;
}

/** A string's bytes, or bytes, with their length before them. */
function putBinary(bytes: Uint8Array, at: number, value: string | Uint8Array): number {
	let stop = at + 2;
	if (typeof value === "string") stop = putUtf8(bytes, stop, value);
	else {
		bytes.set(value, stop);
		stop += value.length;
	}
	putUint16(bytes, at, stop - at - 2);
	return stop;
}
