// Messages from the server, and the acknowledgements they are owed. An acknowledgement says that we own the message: it
// is not given before the handlers have returned [MQTT-4.3.2-2] [MQTT-4.3.3-2], and it is given for what we ignore.

import { takeAlias } from "../aliases.js";
import { HAS_ALIAS, takeAck, takePublish } from "../decode.js";
import { BAD_PUBLISH_TOPIC, BAD_STRING, OK, RECEIVE_TABLE_FULL, UNEXPECTED_PACKET } from "../error.js";
import { NOT_DELIVERED } from "../incoming.js";
import { PUBACK, PUBCOMP, QOS_2 } from "../packet.js";
import {
	abandon,
	accept,
	acceptExactlyOnce,
	begin,
	FINISHED,
	FULL,
	finish,
	NEW,
	owe,
	oweUnknown,
	REPEATED,
	UNKNOWN,
} from "../received.js";
import type { Session } from "../session.js";
import { isTopicName } from "../topic.js";
import { matchExact } from "../topics.js";
import { isUtf8 } from "../wire.js";
import { DELIVER, DELIVER_SPAN, fail, NOTHING } from "./event.js";

export function handlePublish(session: Session): number {
	const packet = session.packet;
	let code = takePublish(packet);
	if (code !== OK) {
		if (code === HAS_ALIAS) code = takeAlias(session);
		if (code !== OK) return fail(session, code);
	}
	packet.route = matchExact(session, packet.topicAt, packet.topicLength);
	if (packet.route === 0) {
		if (!hasTopicName(session)) return failTopic(session);
	}
	// From here on, and until the handlers have returned from the last of it, the message may be held.
	packet.token = 0;
	return (packet.first & QOS_2) === 0 ? DELIVER : beginExactlyOnce(session);
}

/** A topic that equals one of our filters is as valid as that filter; any other is looked at byte by byte. */
function hasTopicName(session: Session): boolean {
	return isTopicName(session.bytes, session.packet.topicAt, session.packet.topicLength);
}

/** Bytes that are no string are malformed; a string that is no topic name breaks the protocol. */
function failTopic(session: Session): number {
	const topicAt = session.packet.topicAt;
	const topicLength = session.packet.topicLength;
	return fail(session, isUtf8(session.bytes, topicAt, topicLength) ? BAD_PUBLISH_TOPIC : BAD_STRING);
}

/** A QoS 2 message: is it new? */
function beginExactlyOnce(session: Session): number {
	const found = begin(session, session.packet.packetId);
	if (found === NEW) return DELIVER;
	session.packet.token = NOT_DELIVERED;
	// In its turn: an earlier message may still be with the application [MQTT-4.6.0-3].
	if (found === REPEATED) accept(session, session.packet.packetId, QOS_2);
	return found === FULL || session.overflow ? fail(session, RECEIVE_TABLE_FULL) : NOTHING;
}

/** A PUBLISH too large for the receive area: its head. */
export function handleHead(session: Session): number {
	const packet = session.packet;
	session.discarding = true;
	packet.token = NOT_DELIVERED;
	let code = takePublish(packet);
	if (code !== OK) {
		if (code === HAS_ALIAS) code = takeAlias(session);
		if (code !== OK) return fail(session, code);
	}
	packet.route = matchExact(session, packet.topicAt, packet.topicLength);
	if (packet.route === 0 && !hasTopicName(session)) return failTopic(session);
	packet.total = session.streamLeft;
	const found = (packet.first & QOS_2) === 0 ? NEW : begin(session, packet.packetId);
	if (found === FULL || session.overflow) return fail(session, RECEIVE_TABLE_FULL);
	session.discarding = found !== NEW;
	// A repeat is skipped to its end before it is answered; what is still with the application is not answered at all.
	if (session.discarding && found !== REPEATED) packet.packetId = 0;
	return NOTHING;
}

export function handleSpan(session: Session): number {
	const packet = session.packet;
	if (!session.discarding) {
		if (packet.position === 0) packet.token = 0;
		return DELIVER_SPAN;
	}
	if (packet.last && packet.packetId !== 0) accept(session, packet.packetId, QOS_2);
	return session.overflow ? fail(session, RECEIVE_TABLE_FULL) : NOTHING;
}

/**
 * The handlers have returned from the whole message of QoS 1 or 2, or from its last span: acknowledge it, unless somebody
 * holds it.
 */
export function finishDelivery(session: Session): number {
	const packet = session.packet;
	const held = packet.token > 0;
	// From here on hold() would come too late.
	packet.token = NOT_DELIVERED;
	if (held) return NOTHING;
	if (session.queued !== 0) return finishInTurn(session);
	if ((packet.first & QOS_2) === 0) owe(session, PUBACK, packet.packetId);
	else acceptExactlyOnce(session, packet.packetId);
	return NOTHING;
}

/** The same behind messages that are held, unless there was no room to hold this one. */
function finishInTurn(session: Session): number {
	const packet = session.packet;
	if (!session.overflow) accept(session, packet.packetId, packet.first & QOS_2);
	// As if it had never come, so that it comes again.
	else if ((packet.first & QOS_2) !== 0) abandon(session, packet.packetId);
	return session.overflow ? fail(session, RECEIVE_TABLE_FULL) : NOTHING;
}

/** The link went in the middle of a streamed message: true where handlers have seen the beginning of it. */
export function abortDelivery(session: Session): boolean {
	const packet = session.packet;
	if (session.streamLeft === 0 || session.discarding) return false;
	if (packet.qos === 2) abandon(session, packet.packetId);
	session.discarding = true;
	packet.token = NOT_DELIVERED;
	packet.position += packet.payloadLength;
	packet.payloadLength = 0;
	packet.aborted = true;
	return true;
}

/** Always answered, known or not [MQTT-4.3.3-2]; but one for a message that we have not acknowledged makes no sense. */
export function handlePubrel(session: Session): number {
	const code = takeAck(session.packet);
	if (code !== OK) return fail(session, code);
	const packetId = session.packet.packetId;
	const found = finish(session, packetId);
	if (found === FINISHED) owe(session, PUBCOMP, packetId);
	else if (found === UNKNOWN) oweUnknown(session, PUBCOMP, packetId);
	else return fail(session, UNEXPECTED_PACKET);
	return NOTHING;
}
