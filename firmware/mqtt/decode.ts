// One function per inbound packet, into the one record. Each returns OK, or the code of what is wrong with the packet;
// then nothing of it may be used. A function that returns OK has seen every byte it vouches for.
//
// 5.0 has the same packets as 3.1.1 with properties in them, and reasons in those that answer; `packet.five` says which of
// the two is spoken, and only here and in encode.ts does it matter how a packet is laid out.

import {
	BAD_CONNACK,
	BAD_LENGTH,
	BAD_PROPERTY,
	BAD_REASON,
	BAD_SUBACK,
	OK,
	PROPERTY_NOT_ALLOWED,
	RESERVED_FLAGS,
	RESERVED_QOS,
	ZERO_PACKET_ID,
} from "./error.js";
import type { Incoming } from "./incoming.js";
import { DUP, PUBREL, QOS_MASK, SUBSCRIBE_FAILURE } from "./packet.js";
import {
	checkProperties,
	findProperty,
	IN_ACK,
	IN_AUTH,
	IN_CONNACK,
	IN_DISCONNECT,
	IN_PUBLISH,
	isAnswerable,
	SESSION_EXPIRY_INTERVAL,
	TOPIC_ALIAS,
} from "./property.js";
import {
	isReason,
	OF_AUTH,
	OF_CONNACK,
	OF_DISCONNECT,
	OF_PUBACK,
	OF_PUBCOMP,
	OF_SUBACK,
	reasonOfReturnCode,
} from "./reason.js";

/** What takePublish says of a good PUBLISH whose topic is for takeAlias() to find, or to keep. */
export const HAS_ALIAS = -1;

/**
 * PUBLISH up to its payload; `packet.at` to `packet.stop` is the whole body. Sets topic, packet id (0 at QoS 0),
 * properties and payload. The topic's characters are the caller's to check: they need no look where the topic equals a
 * known filter.
 */
export function takePublish(packet: Incoming): number {
	let at = packet.at;
	packet.position = 0;
	packet.topicAt = at + 2;
	// Where even these two are missing, the topic ends behind the body, whatever they are.
	packet.topicLength = (packet.bytes[at] << 8) | packet.bytes[at + 1];
	at += 2 + packet.topicLength;
	if ((packet.first & QOS_MASK) === 0) {
		if (at > packet.stop) return BAD_LENGTH;
		if ((packet.first & DUP) !== 0) return RESERVED_FLAGS; // [MQTT-3.3.1-2]
		packet.packetId = 0;
	} else {
		if ((packet.first & QOS_MASK) === QOS_MASK) return RESERVED_QOS; // [MQTT-3.3.1-4]
		at += 2;
		if (at > packet.stop) return BAD_LENGTH;
		packet.packetId = (packet.bytes[at - 2] << 8) | packet.bytes[at - 1];
		if (packet.packetId === 0) return ZERO_PACKET_ID; // [MQTT-2.3.1-1]
	}
	if (packet.five !== 0) {
		if (at < packet.stop && packet.bytes[at] === 0) {
			at += 1;
			packet.propertiesStop = 0;
		} else {
			const code = takePublishProperties(packet, at);
			if (code !== OK) return code;
			at = packet.propertiesStop;
		}
	}
	packet.payloadAt = at;
	packet.payloadLength = packet.total = packet.stop - at;
	return OK;
}

function takePublishProperties(packet: Incoming, at: number): number {
	const code = takeProperties(packet, at, IN_PUBLISH);
	if (code !== OK) return code;
	const bytes = packet.bytes;
	const propertiesStop = packet.propertiesStop;
	// Whoever answers will publish to it.
	if (!isAnswerable(bytes, packet.propertiesAt, propertiesStop)) return PROPERTY_NOT_ALLOWED;
	if (findProperty(bytes, packet.propertiesAt, propertiesStop, TOPIC_ALIAS) === 0) return OK;
	packet.payloadAt = propertiesStop;
	packet.payloadLength = packet.total = packet.stop - propertiesStop;
	return HAS_ALIAS;
}

/**
 * The length of a PUBLISH up to its payload: what takePublish wants to see. It begins at `at`, and bytes up to `end` have
 * come; where they do not say it yet, minus the least that it can be.
 */
export function publishHeadLength(packet: Incoming, end: number): number {
	const at = packet.at;
	const bytes = packet.bytes;
	if (at + 2 > end) return -2;
	const length = 2 + ((bytes[at] << 8) | bytes[at + 1]) + ((packet.first & QOS_MASK) === 0 ? 0 : 2);
	if (packet.five === 0) return length;
	let block = 0;
	for (let i = 0; i < 4; i += 1) {
		const byte = bytes[at + length + i];
		if (at + length + i >= end) return -(length + i + 1);
		block |= (byte & 127) << (i * 7);
		if (byte < 128) return length + i + 1 + block;
	}
	// A fifth byte: takePublish finds that out.
	return length + 4;
}

/** PUBACK, PUBREC, PUBREL, PUBCOMP: a packet id, and in 5.0 perhaps a reason and properties. */
export function takeAck(packet: Incoming): number {
	const at = packet.at;
	const packetId = (packet.bytes[at] << 8) | packet.bytes[at + 1];
	packet.packetId = packetId;
	if (packet.stop - at !== 2) return takeReason(packet, at + 2, packet.first < PUBREL ? OF_PUBACK : OF_PUBCOMP, IN_ACK);
	if (packet.five !== 0) packet.reason = packet.propertiesStop = 0;
	return packetId === 0 ? ZERO_PACKET_ID : OK;
}

/** SUBACK (`codes` OF_SUBACK) or UNSUBACK: a packet id, then one code a filter, left at `payloadAt`; UNSUBACK has none in 3.1.1. */
export function takeSuback(packet: Incoming, codes: number): number {
	const bytes = packet.bytes;
	const stop = packet.stop;
	const packetId = (bytes[packet.at] << 8) | bytes[packet.at + 1];
	let at = packet.at + 2;
	if (at > stop) return BAD_LENGTH;
	packet.packetId = packetId;
	if (packet.five !== 0) {
		const code = takeProperties(packet, at, IN_ACK);
		if (code !== OK) return code;
		at = packet.propertiesStop;
	}
	packet.payloadAt = at;
	packet.payloadLength = stop - at;
	if (packetId === 0) return ZERO_PACKET_ID;
	const hasCodes = codes === OF_SUBACK || packet.five !== 0;
	if (hasCodes === (at === stop)) return BAD_LENGTH;
	for (; at < stop; at += 1) {
		const code = bytes[at];
		// In 3.1.1 they are 0, 1, 2 and 0x80 [MQTT-3.9.3-2].
		const known = packet.five === 0 ? code <= 2 || code === SUBSCRIBE_FAILURE : isReason(code, codes);
		if (!known) return BAD_SUBACK;
	}
	return OK;
}

/**
 * CONNACK: OK, a reason from 0x80 up where the server refuses, or what is wrong with it. `packet.position` becomes
 * Session Present, 0 or 1.
 */
export function takeConnack(packet: Incoming): number {
	const at = packet.at;
	if (packet.stop - at < 2) return BAD_LENGTH;
	const flags = packet.bytes[at];
	let reason = packet.bytes[at + 1];
	if (flags > 1) return BAD_CONNACK;
	packet.position = flags;
	if (packet.five === 0 || (packet.stop - at === 2 && reason === 1)) {
		// A server that does not speak 5.0 says so as 3.1.1 does.
		if (packet.stop - at !== 2) return BAD_LENGTH;
		if (reason === 0) return OK;
		// Codes above 5 are reserved.
		reason = reasonOfReturnCode(reason);
		if (reason === 0) return BAD_CONNACK;
	} else {
		const code = takeReason(packet, at + 1, OF_CONNACK, IN_CONNACK);
		if (code !== OK) return code;
	}
	// A refusal says that no session is present [MQTT-3.2.2-4] [MQTT-3.2.2-6].
	return reason !== 0 && flags !== 0 ? BAD_CONNACK : reason;
}

/** PINGRESP: nothing. */
export function takeEmpty(packet: Incoming): number {
	return packet.stop === packet.at ? OK : BAD_LENGTH;
}

/** DISCONNECT of a 5.0 server: a reason and properties, or nothing for 0. */
export function takeDisconnect(packet: Incoming): number {
	packet.reason = 0;
	packet.propertiesAt = packet.propertiesStop = packet.stop;
	if (packet.at === packet.stop) return OK;
	const code = takeReason(packet, packet.at, OF_DISCONNECT, IN_DISCONNECT);
	if (code !== OK) return code;
	// That is for the client to say [MQTT-3.14.2-2].
	const expiry = findProperty(packet.bytes, packet.propertiesAt, packet.propertiesStop, SESSION_EXPIRY_INTERVAL);
	return expiry === 0 ? OK : PROPERTY_NOT_ALLOWED;
}

/** AUTH: a reason and properties, or nothing for 0. */
export function takeAuth(packet: Incoming): number {
	packet.reason = 0;
	packet.propertiesAt = packet.propertiesStop = packet.stop;
	return packet.at === packet.stop ? OK : takeReason(packet, packet.at, OF_AUTH, IN_AUTH);
}

/** A reason at `at`, and perhaps properties, up to the end of the packet. */
function takeReason(packet: Incoming, at: number, reasons: number, place: number): number {
	if (packet.five === 0 || at >= packet.stop) return BAD_LENGTH;
	const reason = packet.bytes[at];
	packet.reason = reason;
	if (!isReason(reason, reasons)) return BAD_REASON;
	if (packet.packetId === 0 && place === IN_ACK) return ZERO_PACKET_ID;
	packet.propertiesAt = packet.propertiesStop = at + 1;
	// Without properties their length may be left out, but in CONNACK.
	if (at + 1 === packet.stop) return place === IN_CONNACK ? BAD_LENGTH : OK;
	const code = takeProperties(packet, at + 1, place);
	return code === OK && packet.propertiesStop !== packet.stop ? BAD_LENGTH : code;
}

/** A block of properties with its length before it. */
function takeProperties(packet: Incoming, at: number, place: number): number {
	let length = 0;
	let shift = 0;
	for (;;) {
		if (at >= packet.stop || shift > 21) return BAD_PROPERTY;
		const byte = packet.bytes[at];
		at += 1;
		length |= (byte & 127) << shift;
		if (byte < 128) {
			if (byte === 0 && shift > 0) return BAD_PROPERTY;
			break;
		}
		shift += 7;
	}
	packet.propertiesAt = at;
	packet.propertiesStop = at + length;
	if (at + length > packet.stop) return BAD_PROPERTY;
	return length === 0 ? OK : checkProperties(packet.bytes, at, at + length, place);
}
