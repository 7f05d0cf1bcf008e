// One function per inbound packet, into the one record. Each returns OK, or the code of what is wrong with the packet;
// then nothing of it may be used. A function that returns OK has seen every byte it vouches for.

import { BAD_CONNACK, BAD_LENGTH, OK, RESERVED_FLAGS, RESERVED_QOS, ZERO_PACKET_ID } from "./error.js";
import type { Incoming } from "./incoming.js";
import { DUP, QOS_MASK, SUBSCRIBE_FAILURE } from "./packet.js";
import { reasonOfReturnCode } from "./reason.js";

/**
 * PUBLISH up to its payload; `packet.at` to `packet.stop` is the whole body. Sets topic, packet id (0 at QoS 0) and
 * payload. The topic's characters are the caller's to check: they need no look where the topic equals a known filter.
 */
export function takePublish(packet: Incoming): number {
	const bytes = packet.bytes;
	const stop = packet.stop;
	const qos = packet.first & QOS_MASK;
	if (qos === QOS_MASK) return RESERVED_QOS; // [MQTT-3.3.1-4]
	const topicAt = packet.at + 2;
	if (topicAt > stop) return BAD_LENGTH;
	const topicLength = (bytes[topicAt - 2] << 8) | bytes[topicAt - 1];
	let at = topicAt + topicLength;
	let packetId = 0;
	if (qos !== 0) {
		at += 2;
		if (at > stop) return BAD_LENGTH;
		packetId = (bytes[at - 2] << 8) | bytes[at - 1];
		if (packetId === 0) return ZERO_PACKET_ID; // [MQTT-2.3.1-1]
	} else {
		if (at > stop) return BAD_LENGTH;
		if ((packet.first & DUP) !== 0) return RESERVED_FLAGS; // [MQTT-3.3.1-2]
	}
	packet.topicAt = topicAt;
	packet.topicLength = topicLength;
	packet.packetId = packetId;
	packet.payloadAt = at;
	packet.payloadLength = packet.total = stop - at;
	packet.position = 0;
	return OK;
}

/** The length of a PUBLISH up to its payload, of which the first two bytes have come: what takePublish wants to see. */
export function publishHeadLength(bytes: Uint8Array, first: number, at: number): number {
	return 2 + ((bytes[at] << 8) | bytes[at + 1]) + ((first & QOS_MASK) === 0 ? 0 : 2);
}

/** PUBACK, PUBREC, PUBREL, PUBCOMP, UNSUBACK: a packet id and nothing else. */
export function takeAck(packet: Incoming): number {
	const bytes = packet.bytes;
	const at = packet.at;
	if (packet.stop - at !== 2) return BAD_LENGTH;
	const packetId = (bytes[at] << 8) | bytes[at + 1];
	packet.packetId = packetId;
	return packetId === 0 ? ZERO_PACKET_ID : OK;
}

/** SUBACK: a packet id, then one code a filter; the codes are left at `payloadAt`. */
export function takeSuback(packet: Incoming): number {
	const { bytes, at, stop } = packet;
	if (stop - at < 3) return BAD_LENGTH;
	packet.packetId = (bytes[at] << 8) | bytes[at + 1];
	packet.payloadAt = at + 2;
	packet.payloadLength = stop - at - 2;
	return packet.packetId === 0 ? ZERO_PACKET_ID : OK;
}

/** True for the codes that a 3.1.1 SUBACK may hold: 0, 1, 2 and 0x80 [MQTT-3.9.3-2]. */
export function isSubackCode(code: number): boolean {
	return code <= 2 || code === SUBSCRIBE_FAILURE;
}

/**
 * CONNACK: OK, a reason from 0x80 up where the server refuses, or what is wrong with it. `packet.position` becomes
 * Session Present, 0 or 1.
 */
export function takeConnack(packet: Incoming): number {
	const { bytes, at } = packet;
	if (packet.stop - at !== 2) return BAD_LENGTH;
	const flags = bytes[at];
	const code = bytes[at + 1];
	if (flags > 1) return BAD_CONNACK;
	packet.position = flags;
	if (code === 0) return OK;
	// A refusal says that no session is present [MQTT-3.2.2-4]; codes above 5 are reserved.
	const reason = reasonOfReturnCode(code);
	return reason === 0 || flags !== 0 ? BAD_CONNACK : reason;
}

/** PINGRESP: nothing. */
export function takeEmpty(packet: Incoming): number {
	return packet.stop === packet.at ? OK : BAD_LENGTH;
}
