// One function per outbound packet, into the caller's bytes. Each returns the offset behind what it wrote. The caller
// knows that there is room: lengths are computed first, by the functions beside.

import { KEEP_ALIVE } from "./limits.js";
import type { ClientOptions } from "./options.js";
import { CLEAN_SESSION, CONNECT, PASSWORD, USER_NAME, WILL, WILL_RETAIN } from "./packet.js";
import { putUint16, putUtf8, putVarint, takeUint16, utf8Length, varintLength } from "./wire.js";

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

/** SUBSCRIBE or UNSUBSCRIBE up to its first filter. */
export function putRequestHead(
	bytes: Uint8Array,
	at: number,
	first: number,
	remaining: number,
	packetId: number,
): number {
	bytes[at] = first;
	return putUint16(bytes, putVarint(bytes, at + 1, remaining), packetId);
}

/** A filter that lies in `bytes` with its length before it, the two together at `filterAt`; a QoS of -1 for none. */
export function putRequestFilter(bytes: Uint8Array, at: number, filterAt: number, qos: number): number {
	const length = takeUint16(bytes, filterAt) + 2;
	bytes.copyWithin(at, filterAt, filterAt + length);
	at += length;
	if (qos < 0) return at;
	bytes[at] = qos;
	return at + 1;
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
