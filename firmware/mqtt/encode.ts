// One function per outbound packet, into the caller's bytes. Each returns the offset behind what it wrote. The caller
// knows that there is room: lengths are computed first, by the functions beside.

import type { Will } from "./options.js";
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

/** Length of a PUBLISH whose variable header and payload together have `remaining` bytes. */
export function publishLength(remaining: number): number {
	return 1 + varintLength(remaining) + remaining;
}

/**
 * PUBLISH up to its payload. The topic name lies in `bytes` with its length before it, the two together at `nameAt` and
 * `nameLength` long; it may overlap the place it goes to. A packet id of 0 stands for QoS 0 [MQTT-2.3.1-5].
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
	const body = at + 1 + varintLength(remaining);
	bytes.copyWithin(body, nameAt, nameAt + nameLength);
	bytes[at] = first;
	putVarint(bytes, at + 1, remaining);
	at = body + nameLength;
	return packetId === 0 ? at : putUint16(bytes, at, packetId);
}

/** What CONNECT says of this client; strings and bytes as the options gave them. */
export interface ConnectFields {
	readonly clientId: string;
	readonly cleanSession: boolean;
	/** Seconds. */
	readonly keepAlive: number;
	readonly userName: string | undefined;
	readonly password: Uint8Array | undefined;
	readonly will: Will | undefined;
	readonly willPayload: Uint8Array;
}

/** The length of CONNECT behind its fixed header. Throws Misuse for strings that MQTT cannot carry. Allocates. */
export function connectRemaining(fields: ConnectFields): number {
	let length = 10 + 2 + utf8Length(fields.clientId, "clientId");
	if (fields.will !== undefined) length += 4 + utf8Length(fields.will.topic, "will.topic") + fields.willPayload.length;
	if (fields.userName !== undefined) length += 2 + utf8Length(fields.userName, "userName");
	if (fields.password !== undefined) length += 2 + fields.password.length;
	return length;
}

/** CONNECT; `remaining` is connectRemaining(). Allocates, once a connection. */
export function putConnect(bytes: Uint8Array, at: number, fields: ConnectFields, remaining: number): number {
	const { will, userName, password } = fields;
	let flags = fields.cleanSession ? CLEAN_SESSION : 0;
	// Without a will its QoS and retain bits stay 0 [MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-15].
	if (will !== undefined) flags |= WILL | ((will.qos ?? 0) << 3) | (will.retain ? WILL_RETAIN : 0);
	if (userName !== undefined) flags |= USER_NAME;
	if (password !== undefined) flags |= PASSWORD;
	bytes[at] = CONNECT;
	at = putVarint(bytes, at + 1, remaining);
	at = putString(bytes, at, "MQTT");
	bytes[at] = 4;
	bytes[at + 1] = flags;
	at = putUint16(bytes, at + 2, fields.keepAlive);
	// Client id, will topic, will message, user name, password: in this order [MQTT-3.1.3-1].
	at = putString(bytes, at, fields.clientId);
	if (will !== undefined) {
		at = putString(bytes, at, will.topic);
		at = putBinary(bytes, at, fields.willPayload);
	}
	if (userName !== undefined) at = putString(bytes, at, userName);
	if (password !== undefined) at = putBinary(bytes, at, password);
	return at;
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

function putString(bytes: Uint8Array, at: number, text: string): number {
	const stop = putUtf8(bytes, at + 2, text);
	putUint16(bytes, at, stop - at - 2);
	return stop;
}

function putBinary(bytes: Uint8Array, at: number, value: Uint8Array): number {
	putUint16(bytes, at, value.length);
	bytes.set(value, at + 2);
	return at + 2 + value.length;
}
