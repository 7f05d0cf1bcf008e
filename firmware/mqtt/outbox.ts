// Messages to the server, kept until they are settled, in the order in which they were published. Entries are appended at
// the end; when the end is reached, the dead ones are squeezed out with copyWithin, so that one unacknowledged message
// does not pin the rest.
//
// An entry: a word of length, state and how it ended; a word of packet id and, above it, the topic's handle where aliases
// want it, or from PUBREC on the order of those; a word of the time it was sent; then the PUBLISH packet as it goes onto the wire (for a streamed one: its head).
//
// Where the entry of a packet id lies says a row: the id modulo the number of rows. So an acknowledgement finds its
// message without a search, and two messages in flight can never have one id [MQTT-2.3.1-2]. Row 0 has no message: its
// ids are for SUBSCRIBE and UNSUBSCRIBE, which share the number space [MQTT-2.3.1-4] but take no message's place.

import { IN_FLIGHT_FULL, OK, OUTBOX_FULL, TOO_LARGE } from "./error.js";
import type { Session } from "./session.js";
import { ENDED as ENDED_TODO } from "./todo.js";
import { ENDED_COUNT, OUTBOX_AT, OUTBOX_LIMIT, RELEASES, ROWS, SENDING } from "./words.js";

export const ENTRY_WORDS = 3;
/** Its bytes, and three more, to round up to whole words. */
const ROUND_UP = 15;
/** Of an entry's first word: the length of its packet's bytes. */
export const LENGTH_MASK = 0xffff;

/** Waits for its first transmission. */
export const QUEUED = 0x1_0000;
/** Sent on this connection, QoS 1: waits for PUBACK. It is QOS_1 << STATE_SHIFT. */
export const AWAITS_PUBACK = 0x2_0000;
/** Sent (perhaps in part) on a connection that is gone: goes out again, marked DUP. */
export const RESEND = 0x3_0000;
/** Sent on this connection, QoS 2: waits for PUBREC. It is QOS_2 << STATE_SHIFT. */
export const AWAITS_PUBREC = 0x4_0000;
/** PUBREC has come, PUBREL is owed or sent; waits for PUBCOMP. The packet's bytes are no longer needed. */
export const RELEASED = 0x5_0000;
/** Ended, but the application has not been told yet. */
export const ENDED = 0x6_0000;
/** Free space. */
export const DEAD = 0x7_0000;
export const STATE_MASK = 0x7_0000;
export const STATE_SHIFT = 16;
/** The payload is not here but with the source of the streamed publish. */
export const STREAMED = 0x8_0000;

/** Of an entry's second word. */
export const HANDLE_SHIFT = 16;

/**
 * It is in the store as well: see SessionStore; of an ENDED entry, until the application has been told. The bits below say
 * how an ENDED entry ended.
 */
export const STORED = 0x80_0000;
/** It is not to be kept in the store. */
export const VOLATILE = 0x40_0000;
/** It goes before all others that have not left, and is not displaced. */
export const AHEAD = 0x20_0000;
/** What has more to it than its entry. */
export const UNUSUAL = STREAMED | STORED | VOLATILE;
/** What RELEASED keeps of the word. */
const KEPT = LENGTH_MASK | STORED | VOLATILE;

const END_SHIFT = 20;
const CODE_SHIFT = 24;

/** Bytes that entries take up at the moment, with their bookkeeping. */
export function heldBytes(session: Session): number {
	let held = 0;
	for (let entry = firstEntry(session); entry !== 0; entry = entryAfter(session, entry)) {
		const head = session.words[entry];
		if ((head & STATE_MASK) !== DEAD) held += sizeOf(head);
	}
	return held * 4;
}

/** Appends a QUEUED entry with a new id for a packet of `length` bytes. Returns it, or minus the code of what is full. */
export function append(session: Session, length: number): number {
	const words = session.words;
	const rows = session.rows;
	if (session.held + 1 === rows) return -IN_FLIGHT_FULL;
	let entry = session.outboxEnd;
	if (entry + ((length + ROUND_UP) >> 2) > words[OUTBOX_LIMIT]) {
		const code = makeRoom(session, length);
		if (code !== OK) return -code;
		entry = session.outboxEnd;
	}
	session.outboxEnd = entry + ((length + ROUND_UP) >> 2);
	session.held += 1;
	let id = session.packetId;
	// The next whose row is free. Row 0 never is, so an id is never zero [MQTT-2.3.1-1].
	do id = (id + 1) & 0xffff;
	while (words[ROWS + (id % rows)] !== 0);
	session.packetId = id;
	words[ROWS + (id % rows)] = entry;
	words[entry] = length | QUEUED;
	words[entry + 1] = id;
	return entry;
}

/**
 * An entry that has just been appended, and is but its first words yet, goes before all that has not left, but for what
 * goes first as well and what is on its way. So messages lie in the order in which they leave, and are sent again in that
 * order [MQTT-4.6.0-1]. Returns where it lies now.
 */
export function putFirst(session: Session, entry: number): number {
	const words = session.words;
	let at = session.unsent;
	while (at !== entry && ((words[at] & (STATE_MASK | AHEAD)) !== QUEUED || isBegun(session, at)))
		at += sizeOf(words[at]);
	const head = words[entry] | AHEAD;
	const second = words[entry + 1];
	const size = sizeOf(head);
	words.copyWithin(at + size, at, entry);
	// A QoS 0 message may be on its way while those before it wait for the server.
	if (words[SENDING] >= at) words[SENDING] += size;
	for (let moved = at + size; moved < session.outboxEnd; moved += sizeOf(words[moved]))
		if ((words[moved] & STATE_MASK) !== DEAD) words[ROWS + ((words[moved + 1] & 0xffff) % session.rows)] = moved;
	words[at] = head;
	words[at + 1] = second;
	words[ROWS + ((second & 0xffff) % session.rows)] = at;
	return at;
}

/** Whether bytes of it have left on this connection, and others have not. */
export function isBegun(session: Session, entry: number): boolean {
	return session.sendLeft > 0 && session.words[SENDING] === entry;
}

/** A new id for SUBSCRIBE or UNSUBSCRIBE; there is one such packet in flight at a time. */
export function takeRequestId(session: Session): number {
	const id = session.packetId - (session.packetId % session.rows) + session.rows;
	session.packetId = id > 65_535 ? session.rows : id;
	return session.packetId;
}

/** The first entry of all, or 0. */
export function firstEntry(session: Session): number {
	return session.outboxEnd === session.words[OUTBOX_AT] ? 0 : session.words[OUTBOX_AT];
}

/** The entry behind this one, or 0. */
export function entryAfter(session: Session, entry: number): number {
	const next = entry + sizeOf(session.words[entry]);
	return next === session.outboxEnd ? 0 : next;
}

/** Words of an entry that begins with this word. */
export function sizeOf(head: number): number {
	return ENTRY_WORDS + (((head & LENGTH_MASK) + 3) >> 2);
}

/** Messages that the server has not acknowledged for good [MQTT-3.3.4-7]. */
export function underWay(session: Session): number {
	let count = 0;
	for (let entry = firstEntry(session); entry !== 0; entry = entryAfter(session, entry)) {
		const state = session.words[entry] & STATE_MASK;
		if (state === AWAITS_PUBACK || state === AWAITS_PUBREC || state === RELEASED) count += 1;
	}
	return count;
}

/** PUBREC: remembers its place among the others, for the order of PUBREL packets [MQTT-4.6.0-4]. */
export function release(session: Session, entry: number): void {
	const words = session.words;
	words[entry] = (words[entry] & KEPT) | RELEASED;
	const place = (words[RELEASES] + 1) & 0x7fff;
	words[RELEASES] = place;
	words[entry + 1] = (words[entry + 1] & 0xffff) | (place << 16);
}

/**
 * The RELEASED entry whose PUBREC came next after that of `previous` (0: the earliest), or 0. For resuming a session: a
 * search each time, but one that happens once a connection.
 */
export function nextReleased(session: Session, previous: number): number {
	const words = session.words;
	let best = 0;
	for (let at = firstEntry(session); at !== 0; at = entryAfter(session, at)) {
		if ((words[at] & STATE_MASK) !== RELEASED) continue;
		if (previous !== 0 && order(words[at + 1], words[previous + 1]) <= 0) continue;
		if (best === 0 || order(words[at + 1], words[best + 1]) < 0) best = at;
	}
	return best;
}

/** The place of the next PUBREC among the others: 15 bits that wrap. */
export function nextOrder(session: Session): number {
	return (session.words[RELEASES] + 1) & 0x7fff;
}

/** The message has ended and whoever wanted to know has been told: its space and id are free. */
export function remove(session: Session, entry: number): void {
	const words = session.words;
	words[ROWS + ((words[entry + 1] & 0xffff) % session.rows)] = 0;
	session.held -= 1;
	if (session.held === 0) {
		session.unsent = session.outboxEnd = words[OUTBOX_AT];
		return;
	}
	words[entry] = (words[entry] & LENGTH_MASK) | DEAD;
}

/** The message has ended this way, and the application has to be told; or it ended in another way than was thought. */
export function end(session: Session, entry: number, how: number, code: number): void {
	const head = session.words[entry];
	if ((head & UNUSUAL) !== 0) forget(session, entry);
	if ((head & STATE_MASK) !== ENDED) session.words[ENDED_COUNT] += 1;
	session.words[entry] = (head & LENGTH_MASK) | ENDED | (how << END_SHIFT) | (code << CODE_SHIFT);
	session.todo |= ENDED_TODO;
}

/** It has ended with no answer for it: what the store has of it stays there until the application has been told. */
export function lose(session: Session, entry: number, how: number, code: number): void {
	const stored = session.words[entry] & STORED;
	session.words[entry] ^= stored;
	end(session, entry, how, code);
	session.words[entry] |= stored;
}

/** A message has ended that has more to it: its source is let go, its record in the store deleted. */
export function forget(session: Session, entry: number): void {
	const head = session.words[entry];
	if ((head & STREAMED) !== 0) session.source = undefined;
	// An ENDED entry's record stays until that has been told.
	if ((head & STORED) !== 0 && (head & STATE_MASK) !== ENDED) session.options.store?.dropMessage(session, entry);
}

/** The application has been told what became of the message in flash with that ticket; what it did may have moved the entry. */
export function removeStored(session: Session, ticket: number): void {
	const entry = session.words[ROWS + (ticket % session.rows)];
	session.options.store!.dropMessage(session, entry);
	remove(session, entry);
}

/** How an ENDED entry ended that begins with this word. */
export function endOf(head: number): number {
	return (head >> END_SHIFT) & 7;
}

/** The code that goes with how an ENDED entry ended. */
export function codeOf(head: number): number {
	return head >>> CODE_SHIFT;
}

/** Squeezes the dead ones out, to make room for another message: OK, or the code of what is full. */
function makeRoom(session: Session, length: number): number {
	const wanted = ENTRY_WORDS + ((length + 3) >> 2);
	if (wanted > session.words[OUTBOX_LIMIT] - session.words[OUTBOX_AT]) return TOO_LARGE;
	const words = session.words;
	const stop = session.outboxEnd;
	const oldUnsent = session.unsent;
	const oldSending = words[SENDING];
	let to = words[OUTBOX_AT];
	for (let at = to; at < stop; ) {
		const size = sizeOf(words[at]);
		const state = words[at] & STATE_MASK;
		if (at === oldUnsent) session.unsent = to;
		if (at === oldSending) words[SENDING] = to;
		if (state !== DEAD) {
			// The packet of these will not be sent again.
			if (state === RELEASED || state === ENDED) words[at] &= ~LENGTH_MASK;
			words.copyWithin(to, at, at + sizeOf(words[at]));
			words[ROWS + ((words[to + 1] & 0xffff) % session.rows)] = to;
			to += sizeOf(words[to]);
		}
		at += size;
	}
	if (oldUnsent === stop) session.unsent = to;
	session.outboxEnd = to;
	return to + wanted > session.words[OUTBOX_LIMIT] ? OUTBOX_FULL : OK;
}

/** Negative where the PUBREC of `a` came before that of `b`; the stamps are 15 bits and wrap. */
function order(a: number, b: number): number {
	return (((a >>> 16) - (b >>> 16)) << 17) >> 17;
}
