// The table of topic names and topic filters. A handle is a row's number plus one. Texts lie one behind the other, each
// with its length before it, as on the wire, and zeros behind it up to a multiple of eight bytes; when a row is freed the
// texts behind move up.

import { BAD_TOPIC_FILTER, BAD_TOPIC_NAME, Misuse, TOPICS_FULL } from "./error.js";
import type { Session } from "./session.js";
import { hasWildcard, isTopicFilter, isTopicName, matches, shareLength } from "./topic.js";
import { takeUint16, takeUtf8, utf8Bytes } from "./wire.js";
import { OUTBOX_AT, TEXT_END } from "./words.js";

// Four columns of words, each with a place for handle 0, which is nobody's:
//   texts   offset of a name with its length before it, minus that of a filter, 0 for free rows
//   keys    the word that an exact filter ends in, 0 for all others; place 0 of the next column ends the search here
//   states  of filters, 0 for names
//   chain   of filters with wildcards and of shared subscriptions: the length, and the next such handle; 0 for all others
export const TOPIC_COLUMNS = 4;
// A word of the chain.
const NEXT_MASK = 0xffff;
const LENGTH_SHIFT = 16;

// The state of a filter: where its subscription stands, declared once by the application, then brought about on every
// connection; its QoS, and what the server has answered (from CODE_SHIFT up).
/** Asked for, and not (yet, or no longer) known to the server. */
export const WANTED = 1;
/** Sent in a SUBSCRIBE. */
export const ASKED = 2;
/** Answered by the server; where refused, it is asked again when a session begins. */
export const ANSWERED = 3;
/** Taken back, and the server perhaps does not know. */
export const UNWANTED = 4;
/** Sent in an UNSUBSCRIBE. */
export const LEAVING = 5;
/** Gone on both sides: the row is freed when the application has been told. */
export const REMOVED = 6;
export const STANDING = 7;
/** In the SUBSCRIBE or UNSUBSCRIBE that awaits its answer. */
export const IN_FLIGHT = 0x20;
/** The answer waits to be told. */
export const REPORT = 0x40;
/** The handler takes messages in spans. */
export const STREAMS = 0x80;
export const CODE_SHIFT = 8;
/** The filter's subscription options as SUBSCRIBE has them: in 3.1.1 only the QoS. */
export const OPTIONS_SHIFT = 16;

/** Offset of a name with its length before it; 0 or undefined where the handle is no name's, negative for a filter's. */
export function nameAt(session: Session, handle: number): number {
	return handle > 0 && handle <= session.topics ? session.words[session.topicsAt + handle] : 0;
}

/** Index of a filter's state. */
export function stateAt(session: Session, handle: number): number {
	return session.topicsAt + (session.topics + 1) * 2 + handle;
}

/** The state of a filter; 0 where the handle is no filter's. */
export function filterState(session: Session, handle: number): number {
	return handle > 0 && handle <= session.topics ? (session.words[stateAt(session, handle)] ?? 0) : 0;
}

/** The subscription options of a filter's state. */
export function filterOptions(state: number): number {
	return state >>> OPTIONS_SHIFT;
}

/** Offset of a filter, with its length before it. */
export function filterAt(session: Session, handle: number): number {
	return -session.words[session.topicsAt + handle];
}

/** A handle for publishing to this topic name, always the same one; or -TOPICS_FULL. Throws Misuse. */
export function addName(session: Session, name: string): number {
	return add(session, utf8Bytes(name, "topic"), 0);
}

/**
 * A handle for the filter in these bytes, WANTED with these bits of STATE; or -TOPICS_FULL. The same filter again takes its
 * old row over, as it does on the server [MQTT-3.8.4-3]. Throws Misuse.
 */
export function addFilter(session: Session, filter: Uint8Array, bits: number): number {
	return add(session, filter, WANTED | bits);
}

/** Frees the row of a filter. */
export function removeFilter(session: Session, handle: number): void {
	const topicsAt = session.topicsAt;
	const words = session.words;
	const text = filterAt(session, handle);
	const size = chunkSize(takeUint16(session.bytes, text));
	session.bytes.copyWithin(text, text + size, words[TEXT_END]);
	words[TEXT_END] -= size;
	for (let other = topicsAt + 1; other <= topicsAt + session.topics; other += 1) {
		if (words[other] > text) words[other] -= size;
		else if (words[other] < -text) words[other] += size;
	}
	const column = session.topics + 1;
	const row = topicsAt + handle;
	for (let i = 0; i < TOPIC_COLUMNS; i += 1) words[row + column * i] = 0;
	chainWildcards(session);
}

/** The first handle from `handle` on whose state has these bits under the mask, or 0. */
export function nextTopic(session: Session, handle: number, mask: number, bits: number): number {
	// As stateAt() has it.
	const states = session.topicsAt + (session.topics + 1) * 2;
	for (; handle <= session.topics; handle += 1) if ((session.words[states + handle] & mask) === bits) return handle;
	return 0;
}

/**
 * The handle of the exact filter that equals the name at `at` (with its length in the two bytes before), or 0. The name
 * is laid into the stage, where it begins and ends as filters do; then eight bytes are one comparison, up to the word that
 * it ends in, by which the filter was found. No text without U+0000 looks like two numbers that are equal and differ in
 * their bytes, and none in UTF-8 looks like NaN.
 */
export function matchExact(session: Session, at: number, length: number): number {
	const words = session.words;
	const doubles = session.doubles;
	const end = session.stageAt + length + 1;
	if (end >= session.total) return 0;
	const last = (end - 4) >> 3;
	doubles[end >> 3] = 0;
	session.bytes.copyWithin(session.stageAt, at - 2, at + length);
	const column = session.topics + 1;
	const keys = session.topicsAt + column;
	const key = words[end >> 2];
	// No name, or one with U+0000: free rows and names have this key.
	if (key === 0) return 0;
	// Whatever is searched for is found at the end of the column, if not before.
	words[keys + column] = key;
	let row = keys;
	for (;;) {
		row = words.indexOf(key, row + 1);
		if (row === keys + column) return 0;
		let i = session.stageAt >> 3;
		const shift = (-words[row - column] >> 3) - i;
		while (doubles[i] === doubles[i + shift]) {
			if (i >= last) return row - keys;
			i += 1;
		}
	}
}

/**
 * The first filter with wildcards behind this one that matches the packet's topic, or 0. Behind an exact filter, and behind
 * nobody (0), come all of them.
 */
export function nextMatch(session: Session, handle: number): number {
	const chain = session.topicsAt + (session.topics + 1) * 3;
	let link = session.words[chain + handle];
	handle = link === 0 ? session.firstWildcard : link & NEXT_MASK;
	while (handle !== 0) {
		link = session.words[chain + handle];
		if (
			matches(
				session.bytes,
				2 - session.words[session.topicsAt + handle],
				link >>> LENGTH_SHIFT,
				session.packet.topicAt,
				session.packet.topicLength,
			)
		)
			break;
		handle = link & NEXT_MASK;
	}
	return handle;
}

/** In the order of their handles. */
function chainWildcards(session: Session): void {
	const words = session.words;
	const chain = session.topicsAt + (session.topics + 1) * 3;
	let next = 0;
	for (let handle = session.topics; handle > 0; handle -= 1) {
		const link = words[chain + handle];
		if (link === 0) continue;
		words[chain + handle] = (link & ~NEXT_MASK) | next;
		next = handle;
	}
	session.firstWildcard = next;
}

/** `state` is that of a filter, or 0 for a name. */
function add(session: Session, text: Uint8Array, state: number): number {
	const topicsAt = session.topicsAt;
	const words = session.words;
	if (!(state === 0 ? isTopicName(text, 0, text.length) : isTopicFilter(text, 0, text.length))) refuse(text, state);
	let free = 0;
	for (let row = topicsAt + session.topics; row > topicsAt; row -= 1) {
		const known = state === 0 ? words[row] : -words[row];
		if (known === 0) free = row;
		else if (known > 0 && isAt(session.bytes, known, text)) {
			const at = stateAt(session, row - topicsAt);
			if (state !== 0) words[at] = (words[at] & IN_FLIGHT) | state;
			return row - topicsAt;
		}
	}
	return free === 0 ? -TOPICS_FULL : fill(session, free, text, state);
}

/** Takes a free row: its handle, or -TOPICS_FULL where the text finds no room. */
function fill(session: Session, row: number, text: Uint8Array, state: number): number {
	const bytes = session.bytes;
	const words = session.words;
	const length = text.length;
	const at = words[TEXT_END];
	const end = at + chunkSize(length);
	if (end > words[OUTBOX_AT] << 2) return -TOPICS_FULL;
	bytes.fill(0, at, end);
	bytes[at] = length >> 8;
	bytes[at + 1] = length;
	bytes.set(text, at + 2);
	words[TEXT_END] = end;
	words[row] = state === 0 ? at : -at;
	const handle = row - session.topicsAt;
	if (state === 0) return handle;
	words[stateAt(session, handle)] = state;
	const column = session.topics + 1;
	if (hasWildcard(text, 0, length) || shareLength(text, 0, length) > 0) {
		words[row + column * 3] = length << LENGTH_SHIFT;
		chainWildcards(session);
	} else words[row + column] = words[(at + length + 1) >> 2];
	return handle;
}

/** Whether it is this text that lies at `at`, with its length before it. */
function isAt(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
	if (((bytes[at] << 8) | bytes[at + 1]) !== text.length) return false;
	for (let i = 0; i < text.length; i += 1) if (bytes[at + 2 + i] !== text[i]) return false;
	return true;
}

function refuse(text: Uint8Array, state: number): never {
	const code = state === 0 ? BAD_TOPIC_NAME : BAD_TOPIC_FILTER;
	throw new Misuse(code, `topic not allowed: "${takeUtf8(text, 0, text.length)}"`);
}

/** Two bytes of length and the text, in units of eight. */
function chunkSize(length: number): number {
	return (length + 9) & ~7;
}
