// One function per outbound packet, into the caller's bytes. Each returns the offset behind what it wrote. The caller
// knows that there is room: lengths are computed first, by the functions beside.

import { aliasMaximum } from "./aliases.js";
import { KEEP_ALIVE } from "./limits.js";
import type { Authentication, ClientOptions } from "./options.js";
import { AUTH, CLEAN_SESSION, CONNECT, DISCONNECT, PASSWORD, USER_NAME, WILL, WILL_RETAIN } from "./packet.js";
import {
	AUTHENTICATION_DATA,
	AUTHENTICATION_METHOD,
	MAXIMUM_PACKET_SIZE,
	RECEIVE_MAXIMUM,
	SESSION_EXPIRY_INTERVAL,
	TOPIC_ALIAS_MAXIMUM,
} from "./property.js";
import type { Session } from "./session.js";
import { putBinary, putUint16, putUint32, putVarint, utf8Length, varintLength } from "./wire.js";
import { REQUEST_ID } from "./words.js";

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

/** Whether CONNECT asks for a clean session: as the options say, and where a server may have a stale one of ours. */
export function asksClean({ cleanSession, servers }: ClientOptions): boolean {
	return cleanSession !== false || servers?.startsClean === true;
}

/** How long the server is to keep the session, in seconds: what the options say, or what `cleanSession` is in 3.1.1. */
export function sessionExpiry(options: ClientOptions): number {
	return options.sessionExpiry ?? (options.cleanSession === false ? 0xffff_ffff : 0);
}

/** Length of the properties of CONNECT: our own, and what the application adds. */
function connectPropertiesLength(session: Session): number {
	const authentication = session.options.authentication;
	// Session Expiry Interval and Receive Maximum are always there.
	let length = 8 + (session.options.properties?.length ?? 0);
	if (session.options.maximumPacketSize !== undefined) length += 5;
	if (aliasMaximum(session) > 0) length += 3;
	return authentication === undefined ? length : length + authenticationLength(session, authentication.method);
}

function putConnectProperties(session: Session, bytes: Uint8Array, at: number): number {
	const options = session.options;
	const properties = options.properties;
	at = putVarint(bytes, at, connectPropertiesLength(session));
	bytes[at] = SESSION_EXPIRY_INTERVAL;
	at = putUint32(bytes, at + 1, sessionExpiry(options));
	bytes[at] = RECEIVE_MAXIMUM;
	at = putUint16(bytes, at + 1, session.received);
	if (options.maximumPacketSize !== undefined) {
		bytes[at] = MAXIMUM_PACKET_SIZE;
		at = putUint32(bytes, at + 1, options.maximumPacketSize);
	}
	const aliases = aliasMaximum(session);
	if (aliases > 0) {
		bytes[at] = TOPIC_ALIAS_MAXIMUM;
		at = putUint16(bytes, at + 1, aliases);
	}
	if (options.authentication !== undefined) at = putAuthentication(session, bytes, at, options.authentication.method);
	if (properties !== undefined) bytes.set(properties, at);
	return at + (properties?.length ?? 0);
}

/** Length of an Authentication Method and, where the exchange has some, of Authentication Data. */
function authenticationLength(session: Session, method: string): number {
	return 3 + utf8Length(method) + (session.exchange === undefined ? 0 : 3 + session.exchange.length);
}

function putAuthentication(session: Session, bytes: Uint8Array, at: number, method: string): number {
	bytes[at] = AUTHENTICATION_METHOD;
	at = putBinary(bytes, at + 1, method);
	if (session.exchange === undefined) return at;
	bytes[at] = AUTHENTICATION_DATA;
	return putBinary(bytes, at + 1, session.exchange);
}

/** Length of an AUTH behind its fixed header. */
export function authRemaining(session: Session, { method, properties }: Authentication): number {
	const length = authenticationLength(session, method) + (properties?.length ?? 0);
	return 1 + varintLength(length) + length;
}

/** AUTH with this reason; `remaining` is authRemaining(). */
export function putAuth(
	session: Session,
	at: number,
	{ method, properties }: Authentication,
	reason: number,
	remaining: number,
): number {
	const bytes = session.bytes;
	const more = properties?.length ?? 0;
	bytes[at] = AUTH;
	at = putVarint(bytes, at + 1, remaining);
	bytes[at] = reason;
	at = putVarint(bytes, at + 1, authenticationLength(session, method) + more);
	at = putAuthentication(session, bytes, at, method);
	if (properties !== undefined) bytes.set(properties, at);
	return at + more;
}

/**
 * The length of CONNECT behind its fixed header with these credentials. Of one that a function is yet to make only the length before
 * it counts. Throws Misuse for strings that MQTT cannot carry. Allocates.
 */
export function connectRemaining(
	session: Session,
	userName: ClientOptions["userName"],
	password: ClientOptions["password"],
): number {
	const will = session.options.will;
	const five = session.packet.five;
	let length = 12 + utf8Length(session.clientId, "clientId");
	if (five !== 0) {
		const block = connectPropertiesLength(session);
		length += varintLength(block) + block;
	}
	if (will !== undefined)
		length +=
			propertiesLength(five, will.properties) + 4 + utf8Length(will.topic, "will.topic") + binaryLength(will.payload);
	if (userName !== undefined) length += 2 + (typeof userName === "function" ? 0 : utf8Length(userName, "userName"));
	if (password !== undefined) length += 2 + (typeof password === "function" ? 0 : binaryLength(password));
	return length;
}

/** The length of the whole of it as far as the options know it. */
export function connectLength(session: Session): number {
	const remaining = connectRemaining(session, session.options.userName, session.options.password);
	return packetLength(remaining);
}

/** "MQTT" [MQTT-3.1.2-1]. */
const PROTOCOL_NAME = 0x4d51_5454;

/** CONNECT; `remaining` is connectRemaining() of these credentials. Allocates, once a connection. */
export function putConnect(
	session: Session,
	at: number,
	remaining: number,
	userName: string | Uint8Array | undefined,
	password: string | Uint8Array | undefined,
): number {
	const bytes = session.bytes;
	const options = session.options;
	const will = options.will;
	const five = session.packet.five;
	let flags = asksClean(options) ? CLEAN_SESSION : 0;
	// Without a will its QoS and retain bits stay 0 [MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-15].
	if (will !== undefined) flags |= WILL | ((will.qos ?? 0) << 3) | (will.retain ? WILL_RETAIN : 0);
	if (userName !== undefined) flags |= USER_NAME;
	if (password !== undefined) flags |= PASSWORD;
	bytes[at] = CONNECT;
	at = putUint16(bytes, putVarint(bytes, at + 1, remaining), 4);
	at = putUint32(bytes, at, PROTOCOL_NAME);
	bytes[at] = 4 + five;
	bytes[at + 1] = flags;
	at = putUint16(bytes, at + 2, options.keepAlive ?? KEEP_ALIVE);
	if (five !== 0) at = putConnectProperties(session, bytes, at);
	return putConnectPayload(session, at, userName, password);
}

/** Client id, will properties, will topic, will message, user name, password: in this order [MQTT-3.1.3-1]. */
function putConnectPayload(
	session: Session,
	at: number,
	userName: string | Uint8Array | undefined,
	password: string | Uint8Array | undefined,
): number {
	const bytes = session.bytes;
	const will = session.options.will;
	at = putBinary(bytes, at, session.clientId);
	if (will !== undefined) {
		at = putProperties(session.packet.five, bytes, at, will.properties);
		at = putBinary(bytes, at, will.topic);
		at = putBinary(bytes, at, will.payload ?? "");
	}
	if (userName !== undefined) at = putBinary(bytes, at, userName);
	return password === undefined ? at : putBinary(bytes, at, password);
}

/** Length of a SUBSCRIBE for one filter of `length` bytes with these properties: it must fit into one write. */
export function requestLength(length: number, block: Uint8Array | undefined): number {
	return packetLength(2 + propertiesLength(1, block) + 2 + length + 1);
}

/** SUBSCRIBE or UNSUBSCRIBE into the stage, up to its first filter; `block` are its properties. */
export function putRequestHead(
	session: Session,
	first: number,
	remaining: number,
	block: Uint8Array | undefined,
): number {
	let at = session.stageAt;
	session.bytes[at] = first;
	at = putVarint(session.bytes, at + 1, remaining);
	at = putUint16(session.bytes, at, session.words[REQUEST_ID]);
	return putProperties(session.packet.five, session.bytes, at, block);
}

/** A filter that lies in `bytes` with its length before it, the two together at `filterAt`; options of -1 for none. */
export function putRequestFilter(bytes: Uint8Array, at: number, filterAt: number, options: number): number {
	const length = ((bytes[filterAt] << 8) | bytes[filterAt + 1]) + 2;
	bytes.copyWithin(at, filterAt, filterAt + length);
	at += length;
	if (options < 0) return at;
	bytes[at] = options;
	return at + 1;
}

/** Length of a DISCONNECT with this reason and these properties; in 3.1.1 it has neither. */
export function disconnectLength(five: number, reason: number, block: Uint8Array | undefined): number {
	if (five === 0) return 2;
	if (block === undefined) return reason === 0 ? 2 : 3;
	return packetLength(1 + propertiesLength(five, block));
}

/** DISCONNECT of that length. Returns the offset behind it. */
export function putDisconnect(
	bytes: Uint8Array,
	at: number,
	length: number,
	reason: number,
	block: Uint8Array | undefined,
): number {
	bytes[at] = DISCONNECT;
	// The shortest ones say no properties, or nothing at all.
	if (length < 4) {
		bytes[at + 1] = length - 2;
		if (length === 3) bytes[at + 2] = reason;
		return at + length;
	}
	const to = putVarint(bytes, at + 1, 1 + propertiesLength(1, block));
	bytes[to] = reason;
	return putProperties(1, bytes, to + 1, block);
}
