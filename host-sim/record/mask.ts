// What must not get into a recording: passwords in CONNECT, and the authentication data of CONNECT, CONNACK and AUTH. They are
// written over with asterisks, as many as there were bytes, so that the packet is one still. Where a packet that may hold
// them cannot be read, all of it is written over.

import {
	AUTHENTICATION_DATA,
	checkProperties,
	findProperty,
	IN_AUTH,
	IN_CONNACK,
	IN_CONNECT,
	IN_WILL,
} from "../../firmware/mqtt/property.js";
import { versionOf } from "../checker/connect.js";
import { Fields, Malformed } from "../checker/reader.js";
import type { Version } from "../checker/statements.js";

const CONNECT = 1;
const CONNACK = 2;
const AUTH = 15;
const ASTERISK = 0x2a;

/** The same packet where nothing has to be hidden, else a copy. `body`: where its variable header begins. */
export function masked(bytes: Uint8Array, body: number, version: Version): Uint8Array {
	const type = bytes[0]! >> 4;
	if (!isDelicate(type)) return bytes;
	const copy = bytes.slice();
	const fields = new Fields(copy, body, copy.length, () => {});
	try {
		if (type === CONNECT) maskConnect(fields);
		else if (version === "5.0") {
			// In front of the properties CONNACK has flags and a reason, AUTH a reason, and may end there.
			fields.skip(Math.min(fields.left, type === CONNACK ? 2 : 1), "the reason");
			if (fields.left > 0) maskProperties(fields, type === CONNACK ? IN_CONNACK : IN_AUTH);
		}
		if (type === AUTH) copy.fill(ASTERISK, fields.at);
	} catch (error) {
		if (!(error instanceof Malformed)) throw error;
		copy.fill(ASTERISK, body);
	}
	return isSame(copy, bytes) ? bytes : copy;
}

/** Bytes that are no whole packet: what follows the type of one that may hold a secret is hidden. */
export function maskedRest(bytes: Uint8Array): Uint8Array {
	if (bytes.length < 2 || !isDelicate(bytes[0]! >> 4)) return bytes;
	return bytes.slice().fill(ASTERISK, 1);
}

function isDelicate(type: number): boolean {
	return type === CONNECT || type === CONNACK || type === AUTH;
}

function maskConnect(fields: Fields): void {
	const isFive = versionOf(fields.bytes.subarray(fields.at)) === "5.0";
	fields.binary("the protocol name");
	fields.byte("the protocol level");
	const flags = fields.byte("the connect flags");
	fields.uint16("the keep alive");
	if (isFive) maskProperties(fields, IN_CONNECT);
	fields.binary("the client id");
	if ((flags & 4) !== 0) {
		if (isFive) maskProperties(fields, IN_WILL);
		fields.binary("the will topic");
		fields.binary("the will message");
	}
	if ((flags & 0x80) !== 0) fields.binary("the user name");
	if ((flags & 0x40) !== 0) fields.binary("the password").fill(ASTERISK);
	// What no flag announces may be a password, too.
	fields.bytes.fill(ASTERISK, fields.at);
}

function maskProperties(fields: Fields, place: number): void {
	const length = fields.varint("Property Length");
	const at = fields.skip(length, "the properties");
	// A block that is ill-formed may hold them anywhere.
	if (checkProperties(fields.bytes, at, fields.at, place) !== 0)
		throw new Malformed("property", "properties that cannot be read");
	const found = findProperty(fields.bytes, at, fields.at, AUTHENTICATION_DATA);
	if (found === 0) return;
	new Fields(fields.bytes, found, fields.at, () => {}).binary("Authentication Data").fill(ASTERISK);
}

function isSame(some: Uint8Array, others: Uint8Array): boolean {
	return some.every((byte, i) => byte === others[i]);
}
