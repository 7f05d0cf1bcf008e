// What the server sent and we have not finished: packet ids of QoS 2 messages between PUBLISH and PUBREL, messages whose
// acknowledgement waits for the application, and acknowledgements that wait for the socket.
//
// The table, a word an entry, remembers a QoS 2 id until its PUBREL, over reconnects, so that a second PUBLISH with the
// id is answered and not delivered [MQTT-4.3.3-2]. The queue, a word an entry too, holds acknowledgements back while an
// earlier message is still with the application: they leave in the order in which the messages came [MQTT-4.6.0-2]. Then
// the control lane has them as bytes: they go before any message, and several leave in one write. A full lane stops the
// reading of further packets.

import { DUP, PUBACK, PUBREC } from "./packet.js";
import { PACKET_ID_NOT_FOUND } from "./reason.js";
import type { Session } from "./session.js";
import { HELD, STALLED, UNSURE, WANTS_ACK } from "./todo.js";
import { QUEUE_HEAD, SEQUENCE, STRAYS } from "./words.js";

// A word of table or queue: packet id, then these flags, then 13 bits of sequence number that tell an old token from a
// new one.
const ID_MASK = 0xffff;
const IS_QOS_2 = 0x10000;
const ACCEPTED = 0x20000;
const SEQUENCE_SHIFT = 18;
const SEQUENCE_MASK = 0x1fff;
const SEQUENCE_BITS = SEQUENCE_MASK << SEQUENCE_SHIFT;
/** Accepted, in what may be another session than the server's: the sign. */
const DOUBTFUL = 1 << 31;

/** The longest acknowledgement: one with a reason. */
export const ACK_MOST = 5;
/** Of an acknowledgement with a reason; its properties follow, with their length before them. */
const REASON_LENGTH = 5;
/** The largest length that one byte can say. */
const ONE_BYTE = 127;
/** Where the lane has less than this left, an acknowledgement of four bytes is the last that may wait. */
const LAST_TWO = 4 + ACK_MOST;
const LAST_ACK = WANTS_ACK | STALLED;

// What begin() found.
export const NEW = 0;
/** Delivered and accepted before: acknowledge again, do not deliver again. */
export const REPEATED = 1;
/** Still with the application: neither deliver nor acknowledge. */
export const WITH_APPLICATION = 2;
export const FULL = 3;

/** A QoS 2 PUBLISH with this id has come: NEW (and remembered now), REPEATED, WITH_APPLICATION or FULL. */
export function begin(session: Session, packetId: number): number {
	const home = session.receivedAt + (packetId % session.received);
	if ((session.words[home] | session.words[STRAYS]) !== 0) return beginElsewhere(session, packetId);
	session.words[home] = packetId | IS_QOS_2;
	return NEW;
}

/** The place that its id points to is taken, by itself or by another. */
function beginElsewhere(session: Session, packetId: number): number {
	const words = session.words;
	const at = find(session, packetId);
	if (at > 0) {
		const word = words[at];
		if ((word & ACCEPTED) !== 0) {
			// What is sent again says so [MQTT-3.3.1-1]: this is a new message, of a session that knows nothing of the old ids.
			if (word > 0 || (session.packet.first & DUP) !== 0) return REPEATED;
			for (let i = session.receivedAt; i < session.receivedAt + session.received; i += 1)
				if (words[i] < 0) forget(session, i);
			return begin(session, packetId);
		}
		for (let i = 0; i < session.queued; i += 1)
			if (((session.words[queueAt(session, i)] ^ word) & (ID_MASK | IS_QOS_2)) === 0) return WITH_APPLICATION;
		// Sent again on a new connection: its acknowledgement takes its place in the new order.
		enqueue(session, word);
		return WITH_APPLICATION;
	}
	let free = session.receivedAt + (packetId % session.received);
	if (words[free] !== 0) {
		free = session.receivedAt;
		const stop = free + session.received;
		while (free < stop && words[free] !== 0) free += 1;
		if (free === stop) return FULL;
		session.words[STRAYS] += 1;
	}
	words[free] = packetId | IS_QOS_2;
	return NEW;
}

/** The message never became whole: its id is as good as new. */
export function abandon(session: Session, packetId: number): void {
	const at = find(session, packetId);
	if (at > 0) forget(session, at);
}

// What finish() found.
export const FINISHED = 0;
/** Nothing is known of the id. */
export const UNKNOWN = 1;
/** The message is still with the application: the server cannot have got our PUBREC. */
export const UNFINISHED = 2;

/** PUBREL: FINISHED where the id is free now, UNKNOWN or UNFINISHED. */
export function finish(session: Session, packetId: number): number {
	const home = session.receivedAt + (packetId % session.received);
	if ((session.words[home] & ~SEQUENCE_BITS) === (packetId | IS_QOS_2 | ACCEPTED)) {
		session.words[home] = 0;
		return FINISHED;
	}
	const at = find(session, packetId);
	if (at === 0) return UNKNOWN;
	if ((session.words[at] & ACCEPTED) === 0) return UNFINISHED;
	forget(session, at);
	return FINISHED;
}

/** The handlers have returned and nobody holds the message (QoS 1, or 2 with QOS_2): it is acknowledged, in its turn. */
export function accept(session: Session, packetId: number, qos2: number): void {
	if (session.queued === 0) {
		if (qos2 === 0) owe(session, PUBACK, packetId);
		else acceptExactlyOnce(session, packetId);
	}
	// Without room to wait in, it is accepted all the same: answered when the server sends it again.
	else if (!enqueue(session, packetId | ACCEPTED | (qos2 === 0 ? 0 : IS_QOS_2)) && qos2 !== 0)
		setAccepted(session, packetId);
}

/** The same at QoS 2, where nothing waits before it. */
export function acceptExactlyOnce(session: Session, packetId: number): void {
	const home = session.receivedAt + (packetId % session.received);
	if ((session.words[home] & ID_MASK) === packetId) session.words[home] |= ACCEPTED;
	else setAccepted(session, packetId);
	owe(session, PUBREC, packetId);
}

/** What the application has made of a QoS 2 message. The id of one that it refused is free for another [MQTT-4.3.3-9]. */
function settle(session: Session, word: number): void {
	if ((word & SEQUENCE_BITS) !== 0) abandon(session, word & ID_MASK);
	else setAccepted(session, word & ID_MASK);
}

/** Keeps the acknowledgement back. Returns the token, or 0 where the queue is full. */
export function hold(session: Session, packetId: number, qos: number): number {
	const sequence = (session.words[SEQUENCE] + 1) & SEQUENCE_MASK;
	session.words[SEQUENCE] = sequence;
	const token = packetId | (qos === 2 ? IS_QOS_2 : 0) | (sequence << SEQUENCE_SHIFT);
	if (!enqueue(session, token)) return 0;
	if (qos === 2) session.words[find(session, packetId)] = token;
	return token;
}

/**
 * The application has the message safe (`reason` 0), or does not take it (from 0x80 up). False for a token that is used
 * up, or died with its connection.
 */
export function acknowledge(session: Session, token: number, reason: number): boolean {
	const words = session.words;
	if (token <= 0 || (token & ACCEPTED) !== 0) return false;
	for (let i = 0; i < session.queued; i += 1) {
		const at = queueAt(session, i);
		if (words[at] === token) {
			// The token is used up: its number makes room for the reason.
			words[at] = (token & ~SEQUENCE_BITS) | ACCEPTED | (reason << SEQUENCE_SHIFT);
			return true;
		}
	}
	// A QoS 2 message of an earlier connection: it is answered when the server sends it again.
	const at = (token & IS_QOS_2) !== 0 ? find(session, token & ID_MASK) : 0;
	if (at === 0 || words[at] !== token) return false;
	// One that was refused is as good as never received: it comes again.
	if (reason !== 0) forget(session, at);
	else words[at] = token | ACCEPTED;
	return true;
}

/**
 * As acknowledge(), with properties of 5.0. They are left out where the answer has to wait for an earlier one, where the
 * lane has no room for them, and where the server takes no packet of that size [MQTT-3.4.2-2] [MQTT-3.5.2-2].
 */
export function acknowledgeWith(session: Session, token: number, reason: number, block: Uint8Array): boolean {
	const bytes = session.bytes;
	const isNext = session.queued > 0 && session.words[queueAt(session, 0)] === token;
	if (!acknowledge(session, token, reason)) return false;
	const length = block.length + REASON_LENGTH + 1;
	if (!isNext || length > ONE_BYTE + 2 || length > session.sendLimit) return true;
	if (session.laneEnd + length + ACK_MOST > session.topicsAt << 2) return true;
	const at = session.laneEnd;
	pollAcknowledgement(session);
	bytes[at + 1] = length - 2;
	bytes[at + REASON_LENGTH - 1] = reason;
	bytes[at + REASON_LENGTH] = block.length;
	bytes.set(block, at + REASON_LENGTH + 1);
	session.laneEnd = at + length;
	return true;
}

/** Acknowledgements that the application has allowed, as far as the lane has room, in order [MQTT-4.6.0-2]. */
export function pollAcknowledgements(session: Session): void {
	while (session.queued !== 0 && !isLaneFull(session)) {
		if ((session.words[queueAt(session, 0)] & ACCEPTED) === 0) return;
		pollAcknowledgement(session);
	}
}

/** The first of the queue, into the lane. */
function pollAcknowledgement(session: Session): void {
	const word = session.words[queueAt(session, 0)];
	unqueue(session);
	if ((word & IS_QOS_2) !== 0) settle(session, word);
	const first = (word & IS_QOS_2) === 0 ? PUBACK : PUBREC;
	oweReason(session, first, word & ID_MASK, (word & SEQUENCE_BITS) >> SEQUENCE_SHIFT);
}

/** PUBACK, PUBREC, PUBREL or PUBCOMP for the control lane. It must not be full. */
export function owe(session: Session, first: number, packetId: number): void {
	const at = session.laneEnd;
	session.bytes[at] = first;
	session.bytes[at + 1] = 2;
	session.bytes[at + 2] = packetId >> 8;
	session.bytes[at + 3] = packetId;
	session.laneEnd = at + 4;
	session.todo |= at > (session.topicsAt << 2) - LAST_TWO ? LAST_ACK : WANTS_ACK;
}

/** PUBREL or PUBCOMP for an id that nothing is known of, which 5.0 says. */
export function oweUnknown(session: Session, first: number, packetId: number): void {
	oweReason(session, first, packetId, session.packet.five === 0 ? 0 : PACKET_ID_NOT_FOUND);
}

/** An acknowledgement that says more than success. */
function oweReason(session: Session, first: number, packetId: number, reason: number): void {
	owe(session, first, packetId);
	if (reason === 0) return;
	session.bytes[session.laneEnd - 3] = 3;
	session.bytes[session.laneEnd] = reason;
	session.laneEnd += 1;
	if (isLaneFull(session)) session.todo |= STALLED;
}

/** True where the control lane has no room for another acknowledgement. */
export function isLaneFull(session: Session): boolean {
	return session.laneEnd + ACK_MOST > session.topicsAt << 2;
}

/** Acknowledgements into the stage, as many as the socket has room for: how many bytes. */
export function pollLane(session: Session): number {
	const end = session.laneEnd;
	const length = end - session.laneAt;
	if (length > session.room || length > session.total - session.stageAt || session.queued !== 0)
		return pollPart(session);
	session.bytes.copyWithin(session.stageAt, session.laneAt, end);
	session.laneEnd = session.laneAt;
	session.todo &= ~WANTS_ACK;
	return length;
}

/** As many as fit; and what has waited in the queue for room in the lane moves up. */
function pollPart(session: Session): number {
	const bytes = session.bytes;
	const laneAt = session.laneAt;
	const laneEnd = session.laneEnd;
	const room = Math.min(session.room, session.total - session.stageAt);
	let length = 0;
	while (laneAt + length < laneEnd) {
		const more = bytes[laneAt + length + 1] + 2;
		if (length + more > room) break;
		length += more;
	}
	bytes.copyWithin(session.stageAt, laneAt, laneAt + length);
	bytes.copyWithin(laneAt, laneAt + length, laneEnd);
	session.laneEnd = laneEnd - length;
	pollAcknowledgements(session);
	if (session.laneEnd === laneAt) session.todo &= ~WANTS_ACK;
	return length;
}

/**
 * Acknowledgements belong to their connection; QoS 2 ids, and whether they were accepted, outlive it. After a CONNECT without an
 * answer it is in doubt whether the server means the same session.
 */
export function rewindReceived(session: Session): void {
	while (session.queued > 0) {
		const word = session.words[queueAt(session, 0)];
		if ((word & ACCEPTED) !== 0 && (word & IS_QOS_2) !== 0) settle(session, word);
		unqueue(session);
	}
	session.overflow = false;
	session.laneEnd = session.laneAt;
	if ((session.todo & UNSURE) === 0) return;
	for (let at = session.receivedAt; at < session.receivedAt + session.received; at += 1)
		if ((session.words[at] & ACCEPTED) !== 0) session.words[at] |= DOUBTFUL;
}

/**
 * Ids of QoS 2 messages that were accepted, and not released; also of those whose PUBREC waits behind a message that is
 * held: what they have brought about has happened. Allocates.
 */
export function acceptedIds(session: Session): number[] {
	const words = session.words;
	const ids: number[] = [];
	for (let at = session.receivedAt; at < session.receivedAt + session.received; at += 1)
		if ((words[at] & ACCEPTED) !== 0) ids.push(words[at] & ID_MASK);
	for (let i = 0; i < session.queued; i += 1) {
		const word = words[queueAt(session, i)];
		if ((word & ~ID_MASK) !== (IS_QOS_2 | ACCEPTED)) continue;
		// A repeat waits in the queue once more.
		if ((words[find(session, word & ID_MASK)] & ACCEPTED) === 0) ids.push(word & ID_MASK);
	}
	return ids;
}

/** One of them, in an earlier life, whose last CONNECT may have had no answer. False where there is no room for it. */
export function restoreAccepted(session: Session, packetId: number): boolean {
	if (begin(session, packetId) !== NEW) return false;
	session.words[find(session, packetId)] |= ACCEPTED | DOUBTFUL;
	return true;
}

/** The session is gone, with all its ids. */
export function loseReceived(session: Session): void {
	session.words.fill(0, session.receivedAt, session.receivedAt + session.received);
	session.words[STRAYS] = 0;
}

/** The table's entry with this id, or 0. */
function find(session: Session, packetId: number): number {
	let at = session.receivedAt + (packetId % session.received);
	if ((session.words[at] & ID_MASK) === packetId) return at;
	if (session.words[STRAYS] === 0) return 0;
	at = session.receivedAt;
	const stop = at + session.received;
	while (at < stop && (session.words[at] & ID_MASK) !== packetId) at += 1;
	return at === stop ? 0 : at;
}

/** Unless it has been released since: a repeat waits in the queue once more. */
function setAccepted(session: Session, packetId: number): void {
	const at = find(session, packetId);
	if (at > 0) session.words[at] |= ACCEPTED;
}

function forget(session: Session, at: number): void {
	if (at !== session.receivedAt + ((session.words[at] & ID_MASK) % session.received)) session.words[STRAYS] -= 1;
	session.words[at] = 0;
}

/** Where the queue's entry with that number lies. */
function queueAt(session: Session, number: number): number {
	return session.receivedAt + session.received + ((session.words[QUEUE_HEAD] + number) % session.received);
}

function enqueue(session: Session, word: number): boolean {
	if (session.queued === session.received) {
		session.overflow = true;
		return false;
	}
	session.words[queueAt(session, session.queued)] = word;
	session.queued += 1;
	session.todo |= HELD;
	return true;
}

function unqueue(session: Session): void {
	session.words[QUEUE_HEAD] = (session.words[QUEUE_HEAD] + 1) % session.received;
	session.queued -= 1;
	if (session.queued === 0) session.todo &= ~HELD;
}
