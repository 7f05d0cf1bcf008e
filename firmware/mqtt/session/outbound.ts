// Messages to the server: from publish() to the one end that each of them has. At QoS 1 and 2 this is the sender's side
// of the standard's state machines (3.1.1 sections 4.3.2 and 4.3.3); the states are those of the outbox's entries.

import { useAlias } from "../aliases.js";
import { refuseInSource } from "../check.js";
import { ACK, ACK_ARMED, disarm, isArmed, SOURCE, start } from "../deadline.js";
import { takeAck } from "../decode.js";
import { packetLength, propertiesLength, putProperties } from "../encode.js";
import {
	OFFLINE as CODE_OFFLINE,
	OK,
	SESSION_LOST,
	SOURCE_FAILED,
	STORE_FAILED,
	TOO_LARGE,
	UNEXPECTED_PACKET,
} from "../error.js";
import type { Source } from "../options.js";
import {
	AHEAD,
	AWAITS_PUBACK,
	AWAITS_PUBREC,
	append,
	DEAD,
	ENDED,
	ENTRY_WORDS,
	end,
	endOf,
	entryAfter,
	firstEntry,
	forget,
	HANDLE_SHIFT,
	isBegun,
	LENGTH_MASK,
	lose,
	putFirst,
	QUEUED,
	RELEASED,
	RESEND,
	release,
	remove,
	STATE_MASK,
	STATE_SHIFT,
	STORED,
	STREAMED,
	sizeOf,
	UNUSUAL,
	underWay,
} from "../outbox.js";
import { DUP, PUBLISH, PUBREL, QOS_MASK, REMAINING_LENGTH_MAX, RETAIN } from "../packet.js";
import { TOPIC_ALIAS } from "../property.js";
import { PACKET_TOO_LARGE_REASON, UNSPECIFIED_ERROR } from "../reason.js";
import { owe, oweUnknown } from "../received.js";
import type { Session } from "../session.js";
import { ALIASED, ENDED as ENDED_TODO, LIMITED, ONLINE, READING, UNSENT, WISH_FIRST } from "../todo.js";
import { putUint16, putVarint, skipVarint, takeUint16, takeVarint, varintLength } from "../wire.js";
import {
	ALIASES,
	ENDED_COUNT,
	ERROR,
	LEAVING_ENTRY,
	OUTBOX_AT,
	OUTBOX_LIMIT,
	ROWS,
	SEND_OFFSET,
	SENDING,
	SERVER_MAXIMUM,
} from "../words.js";
import { isRepublished, keepNew, keepPubrec } from "./durability.js";
import { END_DROPPED, END_LOST, END_SETTLED, fail, NOTHING, SETTLED } from "./event.js";

/** Length of a Topic Alias as a property. */
const ALIAS_LENGTH = 3;

/**
 * Takes a message. The name lies in the buffer at `nameAt`, with its length before it (behind the stage's first
 * HEAD_MOST bytes, if it is there); the payload is `length` bytes of `payload` from `offset` on. `flags` is QOS_1 or
 * QOS_2, and RETAIN.
 *
 * Where nothing waits before it and the socket has room, its packet is in the stage afterwards, `staged` bytes, and the
 * caller writes it. Above QoS 0, or where it has to wait, it is in the outbox as well. Returns the ticket, 0 at QoS 0
 * for what is in the stage only, or minus an error code; then nothing has changed.
 */
export function requestPublish(
	session: Session,
	nameAt: number,
	payload: Uint8Array,
	offset: number,
	length: number,
	flags: number,
): number {
	const bytes = session.bytes;
	const nameLength = ((bytes[nameAt] << 8) | bytes[nameAt + 1]) + 2;
	const remaining = nameLength + length + session.blockLength + (flags > RETAIN ? 2 : 0);
	const size = remaining < 128 ? remaining + 2 : packetLength(remaining);
	const stageAt = session.stageAt;
	const direct = session.todo === 0 && size <= session.room && size <= session.sendLimit;
	let at = stageAt;
	let ticket = 0;
	if (flags > RETAIN || !direct) {
		const entry = direct ? append(session, size) : enqueue(session, nameAt, size, flags);
		if (entry < 0) return entry;
		at = (entry + ENTRY_WORDS) << 2;
		ticket = session.packetId;
	}
	bytes[at] = PUBLISH | flags;
	let to = at + 2;
	if (remaining < 128) bytes[at + 1] = remaining;
	else to = putVarint(bytes, at + 1, remaining);
	bytes.copyWithin(to, nameAt, nameAt + nameLength);
	to += nameLength;
	if (flags > RETAIN) {
		bytes[to] = ticket >> 8;
		bytes[to + 1] = ticket;
		to += 2;
	}
	if (session.blockLength !== 0) {
		if (session.block !== undefined) to = putProperties(1, bytes, to, session.block);
		else {
			bytes[to] = 0;
			to += 1;
		}
	}
	if (payload.length === length) bytes.set(payload, to);
	else putPayload(session, to, payload, offset, length);
	if (!direct) return keepNew(session, at, ticket);
	session.staged = stageAt + size;
	if (ticket !== 0) {
		const entry = (at >> 2) - ENTRY_WORDS;
		bytes.copyWithin(stageAt, at, at + size);
		session.words[entry] = size | ((flags & QOS_MASK) << STATE_SHIFT);
		session.words[entry + 2] = session.now;
		session.unsent = session.outboxEnd;
		if ((session.armed & ACK_ARMED) === 0) start(session, ACK);
	}
	return ticket;
}

/** A place in the outbox for what cannot go out at once, or minus the code of why there is none. */
function enqueue(session: Session, nameAt: number, size: number, flags: number): number {
	if ((session.todo & READING) !== 0) refuseInSource();
	if (session.phase === ONLINE) {
		if (size > session.largest) return -PACKET_TOO_LARGE_REASON;
	} else if (flags <= RETAIN && session.options.qos0WhileOffline !== "keep") return -CODE_OFFLINE;
	session.options.whenFull?.makeRoom(session, nameAt, size);
	const entry = append(session, size);
	if (entry < 0) return entry;
	session.todo |= UNSENT;
	if (session.words[ALIASES] > 0) noteTopic(session, entry, nameAt);
	return (session.todo & WISH_FIRST) === 0 ? entry : putFirst(session, entry);
}

/** Whose topic it is, for its alias: the handle in the entry's second word. A name without a handle has no alias. */
function noteTopic(session: Session, entry: number, nameAt: number): void {
	const handle = session.words.indexOf(nameAt, session.topicsAt + 1) - session.topicsAt;
	if (handle > 0 && handle <= session.topics) session.words[entry + 1] |= handle << HANDLE_SHIFT;
}

/**
 * Copies a part of a view to `at`. The native copies take whole views only, and a view of a part would be garbage; so
 * where there is room behind (in stage and outbox, nothing behind the message lasts, unless it goes first) the whole view
 * is copied, and the rest ignored.
 */
function putPayload(session: Session, at: number, payload: Uint8Array, offset: number, length: number): void {
	const bytes = session.bytes;
	const limit = at < session.stageAt ? session.words[OUTBOX_LIMIT] << 2 : session.total;
	if (payload.buffer === session.buffer) {
		const from = payload.byteOffset + offset;
		bytes.copyWithin(at, from, from + length);
	} else if (offset === 0 && payload.length <= limit - at && (session.todo & WISH_FIRST) === 0) bytes.set(payload, at);
	else for (let i = 0; i < length; i += 1) bytes[at + i] = payload[offset + i];
}

/** As requestPublish, for a payload that a source will give piece by piece; only the head is kept. */
export function requestStream(
	session: Session,
	nameAt: number,
	source: Source,
	length: number,
	flags: number,
	block: Uint8Array | undefined,
): number {
	const bytes = session.bytes;
	const five = session.packet.five;
	const nameLength = ((bytes[nameAt] << 8) | bytes[nameAt + 1]) + 2;
	const remaining = nameLength + length + propertiesLength(five, block) + (flags > RETAIN ? 2 : 0);
	if (remaining > REMAINING_LENGTH_MAX) return -TOO_LARGE;
	const size = packetLength(remaining) - length;
	if (session.phase === ONLINE && size + length > session.largest) return -PACKET_TOO_LARGE_REASON;
	const entry = enqueue(session, nameAt, size, flags);
	if (entry < 0) return entry;
	const at = (entry + ENTRY_WORDS) << 2;
	const ticket = session.packetId;
	bytes[at] = PUBLISH | flags;
	let to = putVarint(bytes, at + 1, remaining);
	bytes.copyWithin(to, nameAt, nameAt + nameLength);
	to += nameLength;
	if (flags > RETAIN) to = putUint16(bytes, to, ticket);
	putProperties(five, bytes, to, block);
	session.words[entry] |= STREAMED;
	session.source = source;
	session.sourceLength = length;
	return ticket;
}

/** The next message that has not left, or its first bytes: see pollTransmit. */
export function pollMessage(session: Session): number {
	const bytes = session.bytes;
	const words = session.words;
	const full = (session.todo & LIMITED) !== 0 && underWay(session) >= session.words[SERVER_MAXIMUM];
	let entry = session.unsent;
	let waits = false;
	let head = 0;
	let state = 0;
	let qos = 0;
	for (;;) {
		if (entry === session.outboxEnd) {
			if (!waits) session.todo &= ~UNSENT;
			return 0;
		}
		head = words[entry];
		state = head & STATE_MASK;
		if (state === QUEUED || state === RESEND) {
			qos = bytes[(entry + ENTRY_WORDS) << 2] & QOS_MASK;
			// The quota is no concern of QoS 0 [MQTT-4.9.0-2].
			if (!full || qos === 0) break;
			waits = true;
		}
		entry += sizeOf(head);
		if (!waits) session.unsent = entry;
	}
	if (session.room === 0) return 0;
	session.words[SENDING] = entry;
	// A first transmission never carries DUP, a later one always does [MQTT-3.3.1-1].
	if (state === RESEND) bytes[(entry + ENTRY_WORDS) << 2] |= DUP;
	// From the first byte on it counts as sent: the server may have got the whole of it.
	if (qos !== 0) words[entry] = (head & ~STATE_MASK) | (qos << STATE_SHIFT);
	session.words[SEND_OFFSET] = 0;
	session.sendLeft = head & LENGTH_MASK;
	if ((head & STREAMED) !== 0) session.sendLeft += session.sourceLength;
	// From its first byte on it has a deadline: to make progress, and then to be acknowledged.
	if (!isArmed(session, ACK)) start(session, ACK);
	const lead = (session.todo & ALIASED) === 0 ? 0 : putAliased(session, entry);
	return continueMessage(session, lead);
}

/**
 * The head of a message with an alias in the place of its topic, or beside it, into the stage: its length, or 0 where the
 * message goes as it is. The head behind it, which has the topic in full, counts as sent then.
 */
function putAliased(session: Session, entry: number): number {
	const bytes = session.bytes;
	const stageAt = session.stageAt;
	const handle = session.words[entry + 1] >>> HANDLE_SHIFT;
	if (handle === 0) return 0;
	const from = (entry + ENTRY_WORDS) << 2;
	const topicAt = skipVarint(bytes, from + 1);
	const topicLength = takeUint16(bytes, topicAt);
	const idAt = topicAt + 2 + topicLength;
	const blockAt = idAt + ((bytes[from] & QOS_MASK) === 0 ? 0 : 2);
	const block = takeVarint(bytes, blockAt);
	const headLength = skipVarint(bytes, blockAt) - from;
	const rest = session.sendLeft - headLength;
	const fixed = 2 + blockAt - idAt + varintLength(block + ALIAS_LENGTH) + ALIAS_LENGTH;
	// With the topic, since the other side may not know it yet; without it the packet is shorter than it was.
	const most = packetLength(fixed + topicLength + rest);
	if (most > session.largest || most - rest > Math.min(session.room, session.total - stageAt)) return 0;
	const alias = useAlias(session, handle);
	const remaining = fixed + rest + (alias < 0 ? topicLength : 0);
	bytes[stageAt] = bytes[from];
	let at = putVarint(bytes, stageAt + 1, remaining);
	if (alias < 0) {
		bytes.copyWithin(at, topicAt, idAt);
		at += idAt - topicAt;
	} else at = putUint16(bytes, at, 0);
	bytes.copyWithin(at, idAt, blockAt);
	at = putVarint(bytes, at + blockAt - idAt, block + ALIAS_LENGTH);
	bytes[at] = TOPIC_ALIAS;
	at = putUint16(bytes, at + 1, Math.abs(alias));
	session.words[SEND_OFFSET] = headLength;
	session.sendLeft = rest;
	return at - stageAt;
}

/** More of the message under way, behind the first `lead` bytes of the stage; those count with it. */
export function continueMessage(session: Session, lead: number): number {
	const sendOffset = session.words[SEND_OFFSET];
	const words = session.words;
	const stageAt = session.stageAt + lead;
	const entry = words[SENDING];
	const left = (words[entry] & LENGTH_MASK) - sendOffset;
	let count = Math.min(session.sendLeft, session.room - lead, session.total - stageAt);
	if (left > 0) {
		if (count > left) count = left;
		const from = ((entry + ENTRY_WORDS) << 2) + sendOffset;
		session.bytes.copyWithin(stageAt, from, from + count);
	} else if (count > 0) count = readSource(session, stageAt, count);
	if (count < 0 || count + lead === 0) return count;
	words[SEND_OFFSET] = sendOffset + count;
	words[entry + 2] = session.now;
	session.sendLeft -= count;
	if (session.sendLeft === 0) {
		// The last bytes are in the stage, on their way to the socket.
		if (entry === session.unsent) session.unsent = entry + sizeOf(words[entry]);
		if ((words[entry] & STATE_MASK) === QUEUED) {
			end(session, entry, END_SETTLED, OK);
			words[LEAVING_ENTRY] = entry;
		}
	}
	return count + lead;
}

/** Up to `count` more bytes of the payload into the stage: 0 where the source has none yet, -1 where it failed. */
function readSource(session: Session, at: number, count: number): number {
	const position = session.words[SEND_OFFSET] - (session.words[session.words[SENDING]] & LENGTH_MASK);
	let got = -1;
	session.todo |= READING;
	try {
		got = session.source!.read(session.bytes, at, count, position);
	} catch {
		// As if it had said so.
	}
	session.todo &= ~READING;
	if (got > 0 && got <= count && Number.isInteger(got)) {
		disarm(session, SOURCE);
		return got;
	}
	if (got === 0) {
		if (!isArmed(session, SOURCE)) start(session, SOURCE);
		return 0;
	}
	// In the middle of a packet there is no way back but to close the link.
	end(session, session.words[SENDING], END_DROPPED, SOURCE_FAILED);
	session.words[ERROR] = SOURCE_FAILED;
	return -1;
}

/** PUBACK for what is AWAITS_PUBACK, PUBCOMP for what is RELEASED: the end. */
export function handleLastAck(session: Session, wanted: number): number {
	const code = takeAck(session.packet);
	if (code !== OK) return fail(session, code);
	const entry = entryAwaiting(session, wanted);
	if (entry <= 0) return entry === 0 ? NOTHING : fail(session, UNEXPECTED_PACKET);
	if ((session.words[entry] & UNUSUAL) !== 0) forget(session, entry);
	remove(session, entry);
	return SETTLED;
}

/** From here on the message is the server's: PUBREL, and never the PUBLISH again [MQTT-4.3.3-1]. */
export function handlePubrec(session: Session): number {
	const packet = session.packet;
	const code = takeAck(packet);
	if (code !== OK) return fail(session, code);
	const entry = entryAwaiting(session, AWAITS_PUBREC);
	if (entry < 0) return fail(session, UNEXPECTED_PACKET);
	if (entry > 0) {
		const head = session.words[entry];
		if ((head & UNUSUAL) !== 0) {
			if (!keepPubrec(session, entry, head)) return fail(session, STORE_FAILED);
		}
		if (packet.reason >= UNSPECIFIED_ERROR) {
			// Refused: no PUBREL, and the id is free [MQTT-4.3.3-4].
			remove(session, entry);
			return SETTLED;
		}
		if ((head & STATE_MASK) !== RELEASED) release(session, entry);
		session.words[entry + 2] = session.now;
	} else if (packet.reason >= UNSPECIFIED_ERROR) return NOTHING;
	// An id that we know nothing of is answered too, so that the server can let go of it.
	if (entry === 0) oweUnknown(session, PUBREL, packet.packetId);
	else owe(session, PUBREL, packet.packetId);
	return NOTHING;
}

/**
 * The entry with the record's packet id that may be answered so where it is AWAITS_PUBACK, AWAITS_PUBREC or RELEASED; 0
 * for none (nothing sent under that id: an answer to some former life), or -1 where the answer does not fit: another
 * QoS, or a packet that has not left as a whole.
 */
function entryAwaiting(session: Session, wanted: number): number {
	const words = session.words;
	const packetId = session.packet.packetId;
	const entry = words[ROWS + (packetId % session.rows)];
	if (entry <= 0) return 0;
	if ((words[entry + 1] & 0xffff) !== packetId) return 0;
	let state = words[entry] & STATE_MASK;
	// As it should be: the usual case.
	if (state === wanted) {
		if (session.sendLeft === 0) return entry;
	}
	// As it was sent on the connection before.
	if (state === RESEND) state = (session.bytes[(entry + ENTRY_WORDS) << 2] & QOS_MASK) << STATE_SHIFT;
	if (state === wanted) return session.sendLeft > 0 && entry === session.words[SENDING] ? -1 : entry;
	// PUBREC may come again.
	if (state === RELEASED && wanted === AWAITS_PUBREC) return entry;
	return state === AWAITS_PUBACK || state === AWAITS_PUBREC || state === RELEASED ? -1 : 0;
}

/** The socket did not take what was given out last: if that was the rest of a QoS 0 message, it has not settled. */
export function giveBack(session: Session, code: number): void {
	if (session.words[LEAVING_ENTRY] !== 0) end(session, session.words[LEAVING_ENTRY], END_DROPPED, code);
	session.words[LEAVING_ENTRY] = 0;
}

/** True where the message with this ticket has just gone to the socket at QoS 0: that is told by this call, and no other. */
export function takeGone(session: Session, ticket: number): boolean {
	const entry = session.words[ROWS + (ticket % session.rows)];
	const head = session.words[entry];
	if ((head & STATE_MASK) !== ENDED || endOf(head) !== END_SETTLED) return false;
	session.words[ENDED_COUNT] -= 1;
	if (session.words[ENDED_COUNT] === 0) session.todo &= ~ENDED_TODO;
	remove(session, entry);
	return true;
}

/** The link is gone. What the server may have got goes out again, marked; QoS 0 may wait for another, if none of it has left. */
export function rewindMessages(session: Session, code: number): void {
	const words = session.words;
	const keeps = session.options.qos0WhileOffline === "keep";
	session.unsent = words[OUTBOX_AT];
	for (let entry = firstEntry(session); entry !== 0; entry = entryAfter(session, entry)) {
		const state = words[entry] & STATE_MASK;
		if (state === AWAITS_PUBACK || state === AWAITS_PUBREC) words[entry] = (words[entry] & ~STATE_MASK) | RESEND;
		else if (state === QUEUED && (session.bytes[(entry + ENTRY_WORDS) << 2] & QOS_MASK) === 0)
			if (!keeps || isBegun(session, entry)) end(session, entry, END_DROPPED, code);
	}
	session.sendLeft = 0;
}

/** The session is gone: what was sent in it and not settled ends. What never left belongs to no session yet. */
export function loseMessages(session: Session): void {
	for (let entry = firstEntry(session); entry !== 0; entry = entryAfter(session, entry)) {
		const state = session.words[entry] & STATE_MASK;
		if (state === RESEND && isRepublished(session, entry)) {
			// In the new session it is a new message; but no policy may let go of what has left before.
			session.bytes[(entry + ENTRY_WORDS) << 2] &= ~DUP;
			session.words[entry] = (session.words[entry] ^ RESEND ^ QUEUED) | AHEAD;
		} else if (state === RESEND || state === RELEASED) lose(session, entry, END_LOST, SESSION_LOST);
	}
}

/** The client is closed: everything ends, sent or not, but what is in the store, which goes on when it is opened again. */
export function endMessages(session: Session, code: number): void {
	for (let entry = firstEntry(session); entry !== 0; entry = entryAfter(session, entry)) {
		const state = session.words[entry] & STATE_MASK;
		if (state === ENDED || state === DEAD || (session.words[entry] & STORED) !== 0) continue;
		end(session, entry, state === QUEUED ? END_DROPPED : END_LOST, code);
	}
}
