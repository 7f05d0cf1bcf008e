// One function per outbound packet, into the caller's bytes. Each returns the offset behind what it wrote. The caller
// knows that there is room: lengths are computed first, by the functions beside.

import { KEEP_ALIVE } from "./limits.js";
import type { ClientOptions } from "./options.js";
import { CLEAN_SESSION, CONNECT, DISCONNECT, PASSWORD, USER_NAME, WILL, WILL_RETAIN } from "./packet.js";
import { RECEIVE_MAXIMUM, SESSION_EXPIRY_INTERVAL } from "./property.js";
import { putBinary, putUint16, putUint32, putVarint, takeUint16, utf8Length, varintLength } from "./wire.js";

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

/** Length of a block of properties with its length before it; nothing in 3.1.1. */
export function propertiesLength(five: number, block: Uint8Array | undefined): number {
	if (five === 0) return 0;
	const length = block?.length ?? 0;
	return varintLength(length) + length;
}

/** A block of properties with its length before it [MQTT-2.2.2-1]; nothing in 3.1.1. */
export function putProperties(five: number, bytes: Uint8Array, at: number, block: Uint8Array | undefined): number {
	if (five === 0) return at;
	const length = block?.length ?? 0;
	at = putVarint(bytes, at, length);
	if (length > 0) bytes.set(block!, at);
	return at + length;
}

/** 1 where the options ask for 5.0. */
export function isFive(options: ClientOptions): number {
	return options.protocolVersion === 5 ? 1 : 0;
}

/** How long the server is to keep the session, in seconds: what the options say, or what `cleanSession` is in 3.1.1. */
function sessionExpiry(options: ClientOptions): number {
	return options.sessionExpiry ?? (options.cleanSession === false ? 0xffff_ffff : 0);
}

/** Length of our own properties of CONNECT: Session Expiry Interval and Receive Maximum. */
const OWN_PROPERTIES = 8;

/**
 * The length of CONNECT behind its fixed header. `clientId` is the options', or the one that the server has assigned.
 * Throws Misuse for strings that MQTT cannot carry. Allocates.
 */
export function connectRemaining(options: ClientOptions, clientId: string): number {
	const { will, userName, password, properties } = options;
	const five = isFive(options);
	let length = 12 + utf8Length(clientId, "clientId");
	if (five !== 0) {
		const block = OWN_PROPERTIES + (properties?.length ?? 0);
		length += varintLength(block) + block;
	}
	if (will !== undefined)
		length +=
			propertiesLength(five, will.properties) + 4 + utf8Length(will.topic, "will.topic") + binaryLength(will.payload);
	if (userName !== undefined) length += 2 + utf8Length(userName, "userName");
	if (password !== undefined) length += 2 + binaryLength(password);
	return length;
}

/** CONNECT; `remaining` is connectRemaining(). Allocates, once a connection. */
export function putConnect(
	bytes: Uint8Array,
	at: number,
	options: ClientOptions,
	clientId: string,
	remaining: number,
	receiveMaximum: number,
): number {
	const { will, userName, password, properties } = options;
	const five = isFive(options);
	let flags = options.cleanSession === false ? 0 : CLEAN_SESSION;
	// Without a will its QoS and retain bits stay 0 [MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-15].
	if (will !== undefined) flags |= WILL | ((will.qos ?? 0) << 3) | (will.retain ? WILL_RETAIN : 0);
	if (userName !== undefined) flags |= USER_NAME;
	if (password !== undefined) flags |= PASSWORD;
	bytes[at] = CONNECT;
	at = putBinary(bytes, putVarint(bytes, at + 1, remaining), "MQTT");
	bytes[at] = 4 + five;
	bytes[at + 1] = flags;
	at = putUint16(bytes, at + 2, options.keepAlive ?? KEEP_ALIVE);
	if (five !== 0) {
		at = putVarint(bytes, at, OWN_PROPERTIES + (properties?.length ?? 0));
		bytes[at] = SESSION_EXPIRY_INTERVAL;
		at = putUint32(bytes, at + 1, sessionExpiry(options));
		bytes[at] = RECEIVE_MAXIMUM;
		at = putUint16(bytes, at + 1, receiveMaximum);
		if (properties !== undefined) {
			bytes.set(properties, at);
			at += properties.length;
		}
	}
	// Client id, will properties, will topic, will message, user name, password: in this order [MQTT-3.1.3-1].
	at = putBinary(bytes, at, clientId);
	if (will !== undefined) {
		at = putProperties(five, bytes, at, will.properties);
		at = putBinary(bytes, putBinary(bytes, at, will.topic), will.payload ?? "");
	}
	if (userName !== undefined) at = putBinary(bytes, at, userName);
	return password === undefined ? at : putBinary(bytes, at, password);
}

/** Length of a SUBSCRIBE for one filter of `length` bytes: it must fit into one write. */
export function requestLength(length: number): number {
	return packetLength(2 + 1 + 2 + length + 1);
}

/** SUBSCRIBE or UNSUBSCRIBE up to its first filter. */
export function putRequestHead(
	bytes: Uint8Array,
	at: number,
	first: number,
	remaining: number,
	packetId: number,
	five: number,
): number {
	bytes[at] = first;
	at = putUint16(bytes, putVarint(bytes, at + 1, remaining), packetId);
	return putProperties(five, bytes, at, undefined);
}

/** A filter that lies in `bytes` with its length before it, the two together at `filterAt`; options of -1 for none. */
export function putRequestFilter(bytes: Uint8Array, at: number, filterAt: number, options: number): number {
	const length = takeUint16(bytes, filterAt) + 2;
	bytes.copyWithin(at, filterAt, filterAt + length);
	at += length;
	if (options < 0) return at;
	bytes[at] = options;
	return at + 1;
}

/** DISCONNECT with a reason; in 3.1.1, and for 0, there is none to say. Returns the offset behind it. */
export function putDisconnect(bytes: Uint8Array, at: number, five: number, reason: number): number {
	bytes[at] = DISCONNECT;
	bytes[at + 1] = 0;
	if (five === 0 || reason === 0) return at + 2;
	bytes[at + 1] = 1;
	bytes[at + 2] = reason;
	return at + 3;
}
