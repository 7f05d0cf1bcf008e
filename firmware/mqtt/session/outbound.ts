// Messages to the server: from publish() to the one end that each of them has. At QoS 1 and 2 this is the sender's side
// of the standard's state machines (3.1.1 sections 4.3.2 and 4.3.3); the states are those of the outbox's entries.

import { ACK, SOURCE } from "../deadline.js";
import { takeAck } from "../decode.js";
import { packetLength, putPublishHead } from "../encode.js";
import { IN_FLIGHT_FULL, OK, OUTBOX_FULL, SOURCE_FAILED, TOO_LARGE, UNEXPECTED_PACKET } from "../error.js";
import type { Source } from "../options.js";
import {
	DEAD,
	ENDED,
	ENTRY_WORDS,
	LENGTH_MASK,
	QUEUED,
	RELEASED,
	RESEND,
	SENT,
	STATE_MASK,
	STREAMED,
} from "../outbox.js";
import { DUP, PUBLISH, PUBREL, QOS_1, QOS_2, QOS_MASK, REMAINING_LENGTH_MAX } from "../packet.js";
import { takeUint16 } from "../wire.js";
import { END_DROPPED, END_SETTLED, NOTHING, SETTLED } from "./event.js";
import type { Session } from "./session.js";
import { WANTS_ACK } from "./state.js";

/**
 * Takes a message into the outbox. The name lies in the arena at `nameAt`, with its length before it; the payload is `length` bytes of `payload` from `offset` on. `flags` is QOS_1 or QOS_2 and RETAIN. Returns the ticket,
 * or minus an error code; then nothing has changed.
 */
export function requestPublish(
	session: Session,
	nameAt: number,
	payload: Uint8Array,
	offset: number,
	length: number,
	flags: number,
): number {
	const outbox = session.outbox;
	const bytes = session.arena.bytes;
	const nameLength = takeUint16(bytes, nameAt) + 2;
	const remaining = nameLength + ((flags & QOS_MASK) === 0 ? 0 : 2) + length;
	const size = packetLength(remaining);
	if (session.inflight.isFull) return -IN_FLIGHT_FULL;
	const entry = outbox.append(size);
	if (entry === 0) return outbox.canEverHold(size) ? -OUTBOX_FULL : -TOO_LARGE;
	const ticket = outbox.words[entry + 1];
	const id = (flags & QOS_MASK) === 0 ? 0 : ticket;
	const at = putPublishHead(bytes, (entry + ENTRY_WORDS) << 2, PUBLISH | flags, remaining, nameAt, nameLength, id);
	putPayload(bytes, at, outbox.limitAt, payload, offset, length);
	return ticket;
}

/**
 * The shortest way there is, for QoS 0 where nothing waits before it: straight into the stage. Returns the bytes to
 * write, or 0 where it has to go through the outbox. Arguments as for requestPublish.
 */
export function pollDirect(
	session: Session,
	room: number,
	nameAt: number,
	payload: Uint8Array,
	offset: number,
	length: number,
	flags: number,
): number {
	const { arena, outbox } = session;
	if (session.wants !== 0 || outbox.unsent !== outbox.end) return 0;
	const { bytes, stageAt } = arena;
	const nameLength = takeUint16(bytes, nameAt) + 2;
	const size = packetLength(nameLength + length);
	if (size > room || size > arena.total - stageAt) return 0;
	const at = putPublishHead(bytes, stageAt, PUBLISH | flags, nameLength + length, nameAt, nameLength, 0);
	putPayload(bytes, at, arena.total, payload, offset, length);
	return size;
}

/** As requestPublish, for a payload that a source will give piece by piece; only the head is kept. */
export function requestStream(session: Session, nameAt: number, source: Source, length: number, flags: number): number {
	const { inflight, outbox } = session;
	const bytes = session.arena.bytes;
	const nameLength = takeUint16(bytes, nameAt) + 2;
	const head = nameLength + ((flags & QOS_MASK) === 0 ? 0 : 2);
	const headLength = packetLength(head + length) - length;
	if (inflight.isFull) return -IN_FLIGHT_FULL;
	if (head + length > REMAINING_LENGTH_MAX || !outbox.canEverHold(headLength)) return -TOO_LARGE;
	const entry = outbox.append(headLength);
	if (entry === 0) return -OUTBOX_FULL;
	const ticket = outbox.packetId(entry);
	const id = (flags & QOS_MASK) === 0 ? 0 : ticket;
	putPublishHead(bytes, outbox.packetAt(entry), PUBLISH | flags, head + length, nameAt, nameLength, id);
	outbox.setStreamed(entry);
	session.source = source;
	session.sourceLength = length;
	return ticket;
}

/**
 * Copies the payload to `at`. The native copies take whole views only, and a view of a part would be garbage; so where
 * there is room behind (nothing lies between here and `limit` that lasts) the whole view is copied and the rest ignored.
 */
export function putPayload(
	bytes: Uint8Array,
	at: number,
	limit: number,
	payload: Uint8Array,
	offset: number,
	length: number,
): void {
	if (payload.buffer === bytes.buffer) {
		const from = payload.byteOffset + offset;
		bytes.copyWithin(at, from, from + length);
	} else if (offset === 0 && payload.length <= limit - at) bytes.set(payload, at);
	else for (let i = 0; i < length; i += 1) bytes[at + i] = payload[offset + i];
}

/** The next message that has not left, or its first bytes: see Session.pollTransmit. */
export function pollMessage(session: Session, room: number, now: number): number {
	const outbox = session.outbox;
	const words = outbox.words;
	const bytes = session.arena.bytes;
	let entry = outbox.unsent;
	let head = 0;
	let state = 0;
	for (;;) {
		if (entry === outbox.end || room === 0) return 0;
		head = words[entry];
		state = head & STATE_MASK;
		if (state === QUEUED || state === RESEND) break;
		outbox.unsent = entry = outbox.behind(entry);
	}
	const at = (entry + ENTRY_WORDS) << 2;
	// A first transmission never carries DUP, a later one always does [MQTT-3.3.1-1].
	if (state === RESEND) bytes[at] |= DUP;
	// From the first byte on it counts as sent: the server may have got the whole of it.
	if ((bytes[at] & QOS_MASK) !== 0) words[entry] = (head & ~STATE_MASK) | SENT;
	session.sendOffset = 0;
	session.sendLeft = head & LENGTH_MASK;
	if ((head & STREAMED) !== 0) session.sendLeft += session.sourceLength;
	// From its first byte on it has a deadline: to make progress, and then to be acknowledged.
	if (!session.deadlines.isArmed(ACK)) session.deadlines.arm(ACK, now + session.waits.ackMs);
	return continueMessage(session, room, now);
}

/** More of the message under way. */
export function continueMessage(session: Session, room: number, now: number): number {
	const { outbox, arena, sendOffset } = session;
	const words = outbox.words;
	const entry = outbox.unsent;
	const stageAt = arena.stageAt;
	const left = (words[entry] & LENGTH_MASK) - sendOffset;
	let count = session.sendLeft;
	if (count > room) count = room;
	if (count > arena.total - stageAt) count = arena.total - stageAt;
	if (left > 0) {
		if (count > left) count = left;
		const from = ((entry + ENTRY_WORDS) << 2) + sendOffset;
		arena.bytes.copyWithin(stageAt, from, from + count);
	} else if (count > 0) count = readSource(session, count, now);
	if (count <= 0) return count;
	session.sendOffset = sendOffset + count;
	session.sentMs = now;
	words[entry + 2] = now;
	session.sendLeft -= count;
	if (session.sendLeft === 0) {
		// The last bytes are in the stage, on their way to the socket.
		outbox.unsent = outbox.behind(entry);
		if ((words[entry] & STATE_MASK) !== SENT) {
			end(session, entry, END_SETTLED, OK);
			session.leaving = entry;
		}
	}
	return count;
}

/** Up to `count` more bytes of the payload into the stage: 0 where the source has none yet, -1 where it failed. */
function readSource(session: Session, count: number, now: number): number {
	const { arena, deadlines, outbox } = session;
	const position = session.sendOffset - (outbox.words[outbox.unsent] & LENGTH_MASK);
	let got = -1;
	session.isReading = true;
	try {
		got = session.source!.read(arena.bytes, arena.stageAt, count, position);
	} catch {
		// As if it had said so.
	}
	session.isReading = false;
	if (got > 0 && got <= count && Number.isInteger(got)) {
		deadlines.disarm(SOURCE);
		return got;
	}
	if (got === 0) {
		if (!deadlines.isArmed(SOURCE)) deadlines.arm(SOURCE, now + session.waits.sourceMs);
		return 0;
	}
	// In the middle of a packet there is no way back but to close the link.
	end(session, outbox.unsent, END_DROPPED, SOURCE_FAILED);
	session.error = SOURCE_FAILED;
	return -1;
}

export function handlePuback(session: Session): number {
	const code = takeAck(session.packet);
	if (code !== OK) return session.fail(code);
	const entry = awaiting(session, QOS_1);
	if (entry > 0) return settle(session, entry);
	return entry === 0 ? ignore(session) : session.fail(UNEXPECTED_PACKET);
}

/** From here on the message is the server's: PUBREL, and never the PUBLISH again [MQTT-4.3.3-1]. */
export function handlePubrec(session: Session, now: number): number {
	const { packet, outbox } = session;
	const code = takeAck(packet);
	if (code !== OK) return session.fail(code);
	const entry = awaiting(session, QOS_2);
	if (entry < 0) return session.fail(UNEXPECTED_PACKET);
	if (entry > 0) {
		if ((outbox.words[entry] & STREAMED) !== 0) session.source = undefined;
		if (outbox.state(entry) !== RELEASED) outbox.release(entry);
		outbox.setSentMs(entry, now);
	} else session.strays += 1;
	// An id that we know nothing of is answered too, so that the server can let go of it.
	session.lane.push(PUBREL, packet.packetId);
	session.wants |= WANTS_ACK;
	return NOTHING;
}

export function handlePubcomp(session: Session): number {
	const { packet, outbox } = session;
	const code = takeAck(packet);
	if (code !== OK) return session.fail(code);
	const entry = awaiting(session, QOS_2);
	if (entry < 0) return session.fail(UNEXPECTED_PACKET);
	if (entry === 0) return ignore(session);
	return outbox.state(entry) === RELEASED ? settle(session, entry) : session.fail(UNEXPECTED_PACKET);
}

/**
 * The entry with the record's packet id that was sent at this QoS, 0 for none (nothing sent under that id: an answer to
 * some former life), or -1 where the answer does not fit: another QoS, or a packet that has not left as a whole.
 */
function awaiting(session: Session, qos: number): number {
	const outbox = session.outbox;
	const entry = session.inflight.find(session.packet.packetId);
	if (entry === 0) return 0;
	const state = outbox.words[entry] & STATE_MASK;
	if (state === RELEASED) return qos === QOS_2 ? entry : -1;
	if (state !== SENT && state !== RESEND) return 0;
	if ((session.arena.bytes[(entry + ENTRY_WORDS) << 2] & QOS_MASK) !== qos) return -1;
	return session.sendLeft > 0 && entry === outbox.unsent ? -1 : entry;
}

function ignore(session: Session): number {
	session.strays += 1;
	return NOTHING;
}

function settle(session: Session, entry: number): number {
	const outbox = session.outbox;
	if ((outbox.words[entry] & STREAMED) !== 0) session.source = undefined;
	session.ticket = session.packet.packetId;
	outbox.remove(entry);
	return SETTLED;
}

/** The link is gone. What the server may have got goes out again, marked; QoS 0 is not kept for another connection. */
export function rewindMessages(session: Session, code: number): void {
	const { outbox, arena } = session;
	outbox.rewind();
	// The socket did not take what was given out last.
	if (session.leaving !== 0) outbox.changeEnd(session.leaving, END_DROPPED, code);
	session.leaving = 0;
	for (let entry = outbox.first(); entry !== 0; entry = outbox.after(entry)) {
		const state = outbox.state(entry);
		if (state === SENT) outbox.words[entry] = (outbox.words[entry] & ~STATE_MASK) | RESEND;
		else if (state === QUEUED && (arena.bytes[outbox.packetAt(entry)] & QOS_MASK) === 0)
			end(session, entry, END_DROPPED, code);
	}
}

/** The session is gone: what was sent in it and not settled ends. What never left belongs to no session yet. */
export function loseMessages(session: Session, how: number, code: number): void {
	const outbox = session.outbox;
	for (let entry = outbox.first(); entry !== 0; entry = outbox.after(entry)) {
		const state = outbox.state(entry);
		if (state === RESEND || state === RELEASED) end(session, entry, how, code);
	}
}

/** The client is closed for good: everything ends, sent or not. */
export function endMessages(session: Session, code: number, lost: number, dropped: number): void {
	const outbox = session.outbox;
	for (let entry = outbox.first(); entry !== 0; entry = outbox.after(entry)) {
		const state = outbox.state(entry);
		if (state === ENDED || state === DEAD) continue;
		end(session, entry, state === QUEUED ? dropped : lost, code);
	}
}

function end(session: Session, entry: number, how: number, code: number): void {
	if ((session.outbox.words[entry] & STREAMED) !== 0) session.source = undefined;
	session.outbox.setEnded(entry, how, code);
}
