// Messages from the server, and the acknowledgements they are owed. An acknowledgement says that we own the message: it
// is not given before the handlers have returned [MQTT-4.3.2-2] [MQTT-4.3.3-2], and it is given for what we ignore.

import { takeAck, takePublish } from "../decode.js";
import { BAD_PUBLISH_TOPIC, OK, RECEIVE_TABLE_FULL, UNEXPECTED_PACKET } from "../error.js";
import { NOT_DELIVERED } from "../incoming.js";
import { PUBACK, PUBCOMP, PUBREC } from "../packet.js";
import { FULL, IS_QOS_2, NEW, REPEATED } from "../received.js";
import { isTopicName } from "../topic.js";
import { DELIVER, NOTHING } from "./event.js";
import type { Session } from "./session.js";
import { WANTS_ACK } from "./state.js";

export function handlePublish(session: Session): number {
	const code = takeHead(session);
	if (code !== OK) return session.fail(code);
	return session.packet.qos === 2 ? begin(session) : deliver(session);
}

/** Everything before the payload, and which filter the topic equals. Returns OK, or what is wrong with it. */
function takeHead(session: Session): number {
	const packet = session.packet;
	const code = takePublish(packet);
	if (code !== OK) return code;
	packet.token = NOT_DELIVERED;
	packet.route = session.topics.matchExact(packet.topicAt, packet.topicLength);
	// A topic that equals one of our filters is as valid as that filter; any other is looked at byte by byte.
	if (packet.route >= 0 || isTopicName(packet.bytes, packet.topicAt, packet.topicLength)) return OK;
	return BAD_PUBLISH_TOPIC;
}

/** A QoS 2 message: is it new? */
function begin(session: Session): number {
	const packetId = session.packet.packetId;
	switch (session.received.begin(packetId)) {
		case NEW:
			return deliver(session);
		case REPEATED:
			// In its turn: an earlier message may still be with the application [MQTT-4.6.0-3].
			if (session.received.accept(packetId, 2)) owe(session, PUBREC, packetId);
			break;
		case FULL:
			return session.fail(RECEIVE_TABLE_FULL);
	}
	return session.received.overflow ? session.fail(RECEIVE_TABLE_FULL) : NOTHING;
}

/** From here on, and until the handlers have returned from the last of it, the message may be held. */
function deliver(session: Session): number {
	session.packet.token = 0;
	return DELIVER;
}

/** A PUBLISH too large for the receive area: its head. */
export function handleHead(session: Session): number {
	const { packet, received } = session;
	session.discarding = true;
	const code = takeHead(session);
	if (code !== OK) return session.fail(code);
	packet.total = session.framer.streamLeft;
	const found = packet.qos === 2 ? received.begin(packet.packetId) : NEW;
	if (found === FULL || received.overflow) return session.fail(RECEIVE_TABLE_FULL);
	session.discarding = found !== NEW;
	// A repeat is skipped to its end before it is answered; what is still with the application is not answered at all.
	if (session.discarding && found !== REPEATED) packet.packetId = 0;
	return NOTHING;
}

export function handleSpan(session: Session): number {
	const packet = session.packet;
	if (!session.discarding) return packet.position === 0 ? deliver(session) : DELIVER;
	if (packet.last && packet.packetId !== 0 && session.received.accept(packet.packetId, 2))
		owe(session, PUBREC, packet.packetId);
	return session.received.overflow ? session.fail(RECEIVE_TABLE_FULL) : NOTHING;
}

/** The handlers have returned from the whole message, or from its last span: acknowledge it, unless somebody holds it. */
export function finishDelivery(session: Session): number {
	const { packet, received } = session;
	const { packetId, qos, token } = packet;
	// From here on hold() would come too late.
	packet.token = NOT_DELIVERED;
	if (packetId === 0 || token > 0) return NOTHING;
	if (received.overflow) {
		// There was no room to hold it: as if it had never come, so that it comes again.
		if (qos === 2) received.abandon(packetId);
		return session.fail(RECEIVE_TABLE_FULL);
	}
	if (received.accept(packetId, qos)) owe(session, qos === 2 ? PUBREC : PUBACK, packetId);
	return received.overflow ? session.fail(RECEIVE_TABLE_FULL) : NOTHING;
}

/** The link went in the middle of a streamed message: true where handlers have seen the beginning of it. */
export function abortDelivery(session: Session): boolean {
	const { framer, packet, received } = session;
	if (framer.streamLeft === 0 || session.discarding) return false;
	if (packet.qos === 2) received.abandon(packet.packetId);
	session.discarding = true;
	packet.token = NOT_DELIVERED;
	packet.position += packet.payloadLength;
	packet.payloadLength = 0;
	packet.aborted = true;
	return true;
}

/** Always answered, known or not [MQTT-4.3.3-2]; but one for a message that we have not acknowledged makes no sense. */
export function handlePubrel(session: Session): number {
	const packet = session.packet;
	const code = takeAck(packet);
	if (code !== OK) return session.fail(code);
	if (!session.received.release(packet.packetId)) return session.fail(UNEXPECTED_PACKET);
	owe(session, PUBCOMP, packet.packetId);
	return NOTHING;
}

/** Acknowledgements that the application has allowed, as far as the lane has room, in order [MQTT-4.6.0-2]. */
export function pollAcknowledgements(session: Session): void {
	const { lane, received } = session;
	while (received.queued !== 0 && lane.waiting !== lane.capacity) {
		const word = received.pollAcknowledgement();
		if (word === 0) return;
		owe(session, (word & IS_QOS_2) === 0 ? PUBACK : PUBREC, word & 0xffff);
	}
}

/** Puts as many acknowledgements into the stage as there is room for. */
export function pollLane(session: Session, room: number): number {
	const { arena, lane } = session;
	const at = arena.stageAt;
	const size = arena.total - at;
	const length = lane.takeInto(arena.bytes, at, room < size ? room : size) - at;
	if (session.received.queued !== 0) pollAcknowledgements(session);
	if (lane.waiting !== 0) return length === 0 ? -1 : length;
	session.wants &= ~WANTS_ACK;
	return length;
}

function owe(session: Session, first: number, packetId: number): void {
	session.lane.push(first, packetId);
	session.wants |= WANTS_ACK;
}
