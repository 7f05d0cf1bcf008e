// Properties of MQTT 5.0 (section 2.2.2.2): one table says what type each has, which packets may carry it, and whether
// more than once. A block of them is a length and then an id and a value each; it stays bytes, and is checked once and
// then searched, so that a packet costs no objects.

import { BAD_OPTION, BAD_PROPERTY, BAD_TOPIC_NAME, Misuse, OK, PROPERTY_NOT_ALLOWED } from "./error.js";
import type { ClientOptions } from "./options.js";
import { isTopicName } from "./topic.js";
import { isUtf8, putBinary, putVarint, takeUint16, takeUtf8, takeVarint, utf8Length } from "./wire.js";

export const PAYLOAD_FORMAT_INDICATOR = 1;
export const MESSAGE_EXPIRY_INTERVAL = 2;
export const CONTENT_TYPE = 3;
export const RESPONSE_TOPIC = 8;
export const CORRELATION_DATA = 9;
export const SUBSCRIPTION_IDENTIFIER = 11;
export const SESSION_EXPIRY_INTERVAL = 17;
export const ASSIGNED_CLIENT_IDENTIFIER = 18;
export const SERVER_KEEP_ALIVE = 19;
export const AUTHENTICATION_METHOD = 21;
export const AUTHENTICATION_DATA = 22;
export const REQUEST_PROBLEM_INFORMATION = 23;
export const WILL_DELAY_INTERVAL = 24;
export const REQUEST_RESPONSE_INFORMATION = 25;
export const RESPONSE_INFORMATION = 26;
export const SERVER_REFERENCE = 28;
export const REASON_STRING = 31;
export const RECEIVE_MAXIMUM = 33;
export const TOPIC_ALIAS_MAXIMUM = 34;
export const TOPIC_ALIAS = 35;
export const MAXIMUM_QOS = 36;
export const RETAIN_AVAILABLE = 37;
export const USER_PROPERTY = 38;
export const MAXIMUM_PACKET_SIZE = 39;
export const WILDCARD_SUBSCRIPTION_AVAILABLE = 40;
export const SUBSCRIPTION_IDENTIFIER_AVAILABLE = 41;
export const SHARED_SUBSCRIPTION_AVAILABLE = 42;

// Places, a bit each.
export const IN_CONNECT = 0x100;
export const IN_WILL = 0x200;
export const IN_CONNACK = 0x400;
export const IN_PUBLISH = 0x800;
/** PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK and UNSUBACK. */
export const IN_ACK = 0x1000;
export const IN_SUBSCRIBE = 0x2000;
export const IN_UNSUBSCRIBE = 0x4000;
export const IN_DISCONNECT = 0x8000;
export const IN_AUTH = 0x10000;

// Types. Integers of one, two and four bytes are as long as their number; every byte is 0 or 1.
const BYTE = 1;
const TWO_BYTES = 2;
const VARINT = 3;
const FOUR_BYTES = 4;
const STRING = 5;
const BINARY = 6;
const PAIR = 7;
const TYPE = 7;
/** Zero is no value of it. */
const NOT_ZERO = 0x10;
/** It may stand more than once in one packet; a subscription identifier only in PUBLISH. */
const MANY = 0x20;
/** It is ours to say, by options of their own, or not at all: aliases are not for the application. */
const OURS = 0x40;

const MESSAGE = IN_PUBLISH | IN_WILL;
/** All of them. */
const ANYWHERE = 0x1ff00;
const AUTHENTICATION = IN_CONNECT | IN_CONNACK | IN_AUTH;

/** By id: type, flags and places; 0 for no property. */
const TABLE: readonly number[] = Object.freeze([
	0,
	BYTE | MESSAGE,
	FOUR_BYTES | MESSAGE,
	STRING | MESSAGE,
	0,
	0,
	0,
	0,
	STRING | MESSAGE,
	BINARY | MESSAGE,
	0,
	VARINT | NOT_ZERO | MANY | IN_PUBLISH | IN_SUBSCRIBE,
	0,
	0,
	0,
	0,
	0,
	FOUR_BYTES | IN_CONNECT | IN_CONNACK | IN_DISCONNECT,
	STRING | IN_CONNACK,
	TWO_BYTES | IN_CONNACK,
	0,
	OURS | STRING | AUTHENTICATION,
	OURS | BINARY | AUTHENTICATION,
	BYTE | IN_CONNECT,
	FOUR_BYTES | IN_WILL,
	BYTE | IN_CONNECT,
	STRING | IN_CONNACK,
	0,
	OURS | STRING | IN_CONNACK | IN_DISCONNECT,
	0,
	0,
	STRING | IN_CONNACK | IN_ACK | IN_DISCONNECT | IN_AUTH,
	0,
	OURS | TWO_BYTES | NOT_ZERO | IN_CONNECT | IN_CONNACK,
	OURS | TWO_BYTES | IN_CONNECT | IN_CONNACK,
	OURS | TWO_BYTES | IN_PUBLISH,
	BYTE | IN_CONNACK,
	BYTE | IN_CONNACK,
	PAIR | MANY | ANYWHERE,
	OURS | FOUR_BYTES | NOT_ZERO | IN_CONNECT | IN_CONNACK,
	BYTE | IN_CONNACK,
	BYTE | IN_CONNACK,
	BYTE | IN_CONNACK,
]);

/**
 * Looks at every byte of a block from `at` to `stop`: OK, or BAD_PROPERTY for one that is unknown, has no place here, is
 * ill-formed or reaches past the end, or PROPERTY_NOT_ALLOWED for one that stands twice or has a value it may not have.
 */
export function checkProperties(bytes: Uint8Array, at: number, stop: number, place: number): number {
	let seen = 0;
	let seenHigh = 0;
	while (at < stop) {
		const id = bytes[at];
		const kind = TABLE[id] ?? 0;
		if ((kind & place) === 0) return BAD_PROPERTY;
		const next = skipValue(bytes, at + 1, stop, kind & TYPE);
		if (next < 0) return BAD_PROPERTY;
		if ((kind & TYPE) === BYTE && bytes[at + 1] > 1) return PROPERTY_NOT_ALLOWED;
		if ((kind & NOT_ZERO) !== 0 && integerProperty(bytes, at, next, id, 1) === 0) return PROPERTY_NOT_ALLOWED;
		if ((kind & MANY) === 0 || (id === SUBSCRIPTION_IDENTIFIER && place !== IN_PUBLISH)) {
			const bit = 1 << (id & 31);
			if (((id < 32 ? seen : seenHigh) & bit) !== 0) return PROPERTY_NOT_ALLOWED;
			if (id < 32) seen |= bit;
			else seenHigh |= bit;
		}
		at = next;
	}
	return OK;
}

/** True where a block without a fault has no response topic, or one that may be published to [MQTT-3.3.2-14]. */
export function isAnswerable(bytes: Uint8Array, at: number, stop: number): boolean {
	const topic = findProperty(bytes, at, stop, RESPONSE_TOPIC);
	return topic === 0 || isTopicName(bytes, topic + 2, takeUint16(bytes, topic));
}

/** Throws Misuse for properties that such a packet of ours cannot have, and for any in 3.1.1. */
export function checkBlock(options: ClientOptions, block: Uint8Array, place: number): void {
	if (options.protocolVersion !== 5) throw new Misuse(BAD_OPTION, "properties: need protocolVersion 5");
	if (!(block instanceof Uint8Array) || checkProperties(block, 0, block.length, place) !== OK)
		throw new Misuse(BAD_OPTION, "properties: not a block of properties() for such a packet");
	for (let at = 0; at < block.length; at = skipValue(block, at + 1, block.length, TABLE[block[at]] & TYPE)) {
		const id = block[at];
		// A client's PUBLISH has no subscription identifier [MQTT-3.3.4-6], and the options have CONNECT's session expiry.
		if (
			(TABLE[id] & OURS) !== 0 ||
			(id === SUBSCRIPTION_IDENTIFIER && place === IN_PUBLISH) ||
			(id === SESSION_EXPIRY_INTERVAL && place === IN_CONNECT)
		)
			throw new Misuse(BAD_OPTION, `properties: ${id} is for options of their own, if at all`);
	}
	if (!isAnswerable(block, 0, block.length))
		throw new Misuse(BAD_TOPIC_NAME, "properties: the response topic is no topic name");
}

/** The offset of the value of the first property with this id in a checked block, or 0. */
export function findProperty(bytes: Uint8Array, at: number, stop: number, id: number): number {
	while (at < stop) {
		if (bytes[at] === id) return at + 1;
		at = skipValue(bytes, at + 1, stop, TABLE[bytes[at]] & TYPE);
	}
	return 0;
}

/** An integer property of a checked block, or `otherwise`. */
export function integerProperty(bytes: Uint8Array, at: number, stop: number, id: number, otherwise: number): number {
	const value = findProperty(bytes, at, stop, id);
	if (value === 0) return otherwise;
	const type = TABLE[id] & TYPE;
	if (type === VARINT) return takeVarint(bytes, value);
	let integer = 0;
	for (let i = 0; i < type; i += 1) integer = integer * 256 + bytes[value + i];
	return integer;
}

/** All values of an integer property that may stand more than once, in their order. Allocates. */
export function takeIntegers(bytes: Uint8Array, at: number, stop: number, id: number): number[] {
	const values: number[] = [];
	for (let value = findProperty(bytes, at, stop, id); value !== 0; value = findProperty(bytes, at, stop, id)) {
		at = value - 1;
		values.push(integerProperty(bytes, at, stop, id, 0));
		at = skipValue(bytes, value, stop, TABLE[id] & TYPE);
	}
	return values;
}

/** Any property of a checked block as a value: a number, a string, bytes, or undefined. Allocates. */
export function takeProperty(
	bytes: Uint8Array,
	at: number,
	stop: number,
	id: number,
): number | string | Uint8Array | undefined {
	const value = findProperty(bytes, at, stop, id);
	if (value === 0) return undefined;
	const type = TABLE[id] & TYPE;
	if (type < STRING) return integerProperty(bytes, at, stop, id, 0);
	const length = takeUint16(bytes, value);
	return type === BINARY ? bytes.slice(value + 2, value + 2 + length) : takeUtf8(bytes, value + 2, length);
}

/** All user properties of a checked block, in their order. Allocates. */
export function takeUserProperties(bytes: Uint8Array, at: number, stop: number): [name: string, value: string][] {
	const pairs: [string, string][] = [];
	for (;;) {
		const name = findProperty(bytes, at, stop, USER_PROPERTY);
		if (name === 0) return pairs;
		const value = name + 2 + takeUint16(bytes, name);
		at = value + 2 + takeUint16(bytes, value);
		pairs.push([
			takeUtf8(bytes, name + 2, takeUint16(bytes, name)),
			takeUtf8(bytes, value + 2, takeUint16(bytes, value)),
		]);
	}
}

/** A property to be sent: its id and its value; a user property has a name and a value. */
export type Property = readonly [id: number, value: number | string | Uint8Array, text?: string];

/**
 * A block of properties as bytes, without the length before it: what the options of a connection, a will, a publish or a
 * subscription take. Throws Misuse for values that the property cannot have. Allocates.
 */
export function properties(...list: Property[]): Uint8Array {
	let length = 0;
	for (let i = 0; i < list.length; i += 1) length += 1 + valueLength(list[i]);
	const bytes = new Uint8Array(length);
	let at = 0;
	for (let i = 0; i < list.length; i += 1) {
		const [id, value, text] = list[i];
		bytes[at] = id;
		at += 1;
		const type = TABLE[id] & TYPE;
		if (typeof value !== "number") at = putBinary(bytes, at, value);
		else if (type === VARINT) at = putVarint(bytes, at, value);
		else
			for (let bits = type * 8; bits > 0; at += 1) {
				bits -= 8;
				bytes[at] = value >>> bits;
			}
		if (text !== undefined) at = putBinary(bytes, at, text);
	}
	return bytes;
}

function valueLength([id, value, text]: Property): number {
	const type = (TABLE[id] ?? 0) & TYPE;
	if ((type === PAIR) !== (text !== undefined)) throw new Misuse(BAD_OPTION, `property ${id}: a name and a value?`);
	if (typeof value === "string" && (type === STRING || type === PAIR))
		return 2 + utf8Length(value, `property ${id}`) + (text === undefined ? 0 : 2 + utf8Length(text, `property ${id}`));
	if (value instanceof Uint8Array && type === BINARY && value.length <= 65_535) return 2 + value.length;
	if (typeof value === "number" && type < STRING && type !== 0) {
		const most = type === BYTE ? 1 : type === TWO_BYTES ? 65_535 : type === VARINT ? 268_435_455 : 4_294_967_295;
		const least = (TABLE[id] & NOT_ZERO) === 0 ? 0 : 1;
		if (Number.isInteger(value) && value >= least && value <= most)
			return type !== VARINT ? type : value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : 4;
	}
	throw new Misuse(BAD_OPTION, `property ${id}: not a value that it can have`);
}

/** The offset behind a value, or -1 where it is ill-formed or reaches past `stop`. */
function skipValue(bytes: Uint8Array, at: number, stop: number, type: number): number {
	let next = at + type;
	if (type === VARINT) {
		next = at + 1;
		while (next <= stop && bytes[next - 1] > 127) {
			if (next === at + 4) return -1;
			next += 1;
		}
		if (next > stop) return -1;
		// A last byte of 0 adds nothing: it could have been written in fewer bytes [MQTT-1.5.5-1].
		if (next > at + 1 && bytes[next - 1] === 0) return -1;
	} else if (type >= STRING) {
		next = skipBytes(bytes, at, stop, type !== BINARY);
		if (type === PAIR && next > 0) next = skipBytes(bytes, next, stop, true);
	}
	return next <= stop ? next : -1;
}

function skipBytes(bytes: Uint8Array, at: number, stop: number, text: boolean): number {
	if (at + 2 > stop) return -1;
	const length = takeUint16(bytes, at);
	const next = at + 2 + length;
	return next > stop || (text && !isUtf8(bytes, at + 2, length)) ? -1 : next;
}
