// Topic names and topic filters (3.1.1 section 4.7): their grammar, how a filter matches a name, and the table in which
// a client keeps both. All on bytes: a topic is turned into UTF-8 once, and a string is made only when asked for.

import type { Arena } from "./arena.js";
import { BAD_TOPIC_FILTER, BAD_TOPIC_NAME, Misuse, TOPICS_FULL } from "./error.js";
import { isUtf8, putUint16, putUtf8, takeUtf8, utf8Length } from "./wire.js";

const PLUS = 0x2b;
const HASH = 0x23;
const SLASH = 0x2f;
const DOLLAR = 0x24;

/**
 * True for a topic name that a PUBLISH may carry: at least one character [MQTT-4.7.3-1], well-formed UTF-8 without
 * U+0000 [MQTT-4.7.3-2], no wildcards [MQTT-3.3.2-2].
 */
export function isTopicName(bytes: Uint8Array, at: number, length: number): boolean {
	if (length === 0) return false;
	const stop = at + length;
	for (let i = at; i < stop; i += 1) if (bytes[i] === PLUS || bytes[i] === HASH) return false;
	return isUtf8(bytes, at, length);
}

/** True where a filter has a wildcard, well placed or not. */
function hasWildcard(bytes: Uint8Array, at: number, length: number): boolean {
	const stop = at + length;
	for (let i = at; i < stop; i += 1) if (bytes[i] === PLUS || bytes[i] === HASH) return true;
	return false;
}

/**
 * True for a topic filter of good grammar: `#` alone in the last level [MQTT-4.7.1-2], `+` alone in its level
 * [MQTT-4.7.1-3], at least one character [MQTT-4.7.3-1]. The text is taken to be well-formed UTF-8.
 */
export function isTopicFilter(bytes: Uint8Array, at: number, length: number): boolean {
	if (length === 0) return false;
	const stop = at + length;
	for (let i = at; i < stop; i += 1) {
		const character = bytes[i];
		if (character !== PLUS && character !== HASH) continue;
		if (i > at && bytes[i - 1] !== SLASH) return false;
		if (i + 1 < stop && (character === HASH || bytes[i + 1] !== SLASH)) return false;
	}
	return true;
}

/** True where the (valid) filter matches the (valid) name; both may lie in one buffer. */
export function matches(
	bytes: Uint8Array,
	filterAt: number,
	filterLength: number,
	nameAt: number,
	nameLength: number,
): boolean {
	let f = filterAt;
	let n = nameAt;
	const filterStop = filterAt + filterLength;
	const nameStop = nameAt + nameLength;
	// A leading wildcard does not see the server's own topics [MQTT-4.7.2-1].
	if (bytes[n] === DOLLAR && bytes[f] !== DOLLAR) return false;
	for (;;) {
		// No name has a wildcard, so these stop at each.
		while (f < filterStop && n < nameStop && bytes[f] === bytes[n]) {
			f += 1;
			n += 1;
		}
		if (f === filterStop) return n === nameStop;
		const character = bytes[f];
		if (character === HASH) return true;
		// "sport/#" matches "sport" too: what is left of the filter is just "/#".
		if (character !== PLUS)
			return n === nameStop && character === SLASH && f + 2 === filterStop && bytes[f + 1] === HASH;
		f += 1;
		while (n < nameStop && bytes[n] !== SLASH) n += 1;
	}
}

// A row of the table: four words.
//   TAIL   the last four bytes of the text, where it has four
//   MATCH  length of an exact filter of four bytes or more; minus the length of any other filter; 0 for names, free rows
//   TEXT   offset of the text; its length stands in the two bytes before, as on the wire
//   STATE  kind and, for filters, where their subscription stands
const ROW_WORDS = 4;
const TAIL = 0;
const MATCH = 1;
const TEXT = 2;
const STATE = 3;

const NAME = 0x01;
const FILTER = 0x02;
/** The handler takes messages in spans. */
const STREAMS = 0x04;
/** A result waits to be told. */
const REPORT = 0x08;
const QOS_SHIFT = 4;
const QOS_FIELD = 0x30;
const CODE_SHIFT = 16;

/** In the SUBSCRIBE or UNSUBSCRIBE that awaits its answer. */
const IN_FLIGHT = 0x40;

// Where a subscription stands: declared once by the application, then brought about on every connection.
const STANDING = 0xf00;
/** Asked for, and not (yet, or no longer) known to the server. */
export const WANTED = 0x100;
/** Sent in a SUBSCRIBE. */
export const ASKED = 0x200;
/** Answered by the server; where refused, it is asked again when a session begins. */
export const ANSWERED = 0x300;
/** Taken back, and the server perhaps does not know. */
export const UNWANTED = 0x400;
/** Sent in an UNSUBSCRIBE. */
export const LEAVING = 0x500;
/** Gone on both sides: the row is freed when the application has been told. */
export const REMOVED = 0x600;

export function topicWords(topics: number, topicBytes: number): number {
	return topics * ROW_WORDS + (topicBytes >> 2);
}

/**
 * The table of names and filters. A handle is a row's number plus one. Texts lie one behind the other, each in a chunk
 * of whole words; when a row is freed the texts behind it move up.
 */
export class Topics {
	/** Filters that need more than a comparison of bytes. */
	wildcards = 0;
	readonly #arena: Arena;
	readonly #rows: number;
	readonly #count: number;
	readonly #texts: number;
	readonly #limit: number;
	#end: number;

	constructor(arena: Arena, topics: number, topicBytes: number) {
		this.#arena = arena;
		this.#rows = arena.claim(topics * ROW_WORDS);
		this.#count = topics;
		this.#texts = arena.claim(topicBytes >> 2) * 4;
		this.#limit = this.#texts + topicBytes;
		this.#end = this.#texts;
	}

	/** A handle for publishing to this topic name, always the same one; or -TOPICS_FULL. Throws Misuse. */
	addName(text: string): number {
		return this.#add(text, NAME, BAD_TOPIC_NAME, "topic name");
	}

	/**
	 * A handle for this filter, WANTED at that QoS; or -TOPICS_FULL. The same filter again takes its old row over, as
	 * it does on the server [MQTT-3.8.4-3]. Throws Misuse.
	 */
	addFilter(text: string, qos: number, streams: boolean): number {
		const handle = this.#add(text, FILTER, BAD_TOPIC_FILTER, "topic filter");
		if (handle > 0) {
			const at = this.#row(handle) + STATE;
			const state = FILTER | WANTED | (qos << QOS_SHIFT) | (streams ? STREAMS : 0);
			this.#arena.words[at] = (this.#arena.words[at] & IN_FLIGHT) | state;
		}
		return handle;
	}

	/** Frees the row of a handle. */
	remove(handle: number): void {
		const { words, bytes } = this.#arena;
		const row = this.#row(handle);
		const at = words[row + TEXT] - 4;
		const size = chunkSize(this.textLength(handle));
		if (words[row + MATCH] < 0) this.wildcards -= 1;
		bytes.copyWithin(at, at + size, this.#end);
		this.#end -= size;
		for (let i = 0, other = this.#rows; i < this.#count; i += 1, other += ROW_WORDS)
			if (words[other + TEXT] > at + 4) words[other + TEXT] -= size;
		words.fill(0, row, row + ROW_WORDS);
	}

	isFilter(handle: number): boolean {
		return this.#isKind(handle, FILTER);
	}

	/** Offset of a name in the arena, with the two bytes of length that stand before it; 0 where the handle is no name's. */
	nameAt(handle: number): number {
		if (handle < 1 || handle > this.#count || (handle | 0) !== handle) return 0;
		const row = this.#rows + (handle - 1) * ROW_WORDS;
		const words = this.#arena.words;
		return (words[row + STATE] & NAME) === 0 ? 0 : words[row + TEXT] - 2;
	}

	/** Offset of the text in the arena. Two bytes of length stand before it. */
	textAt(handle: number): number {
		return this.#arena.words[this.#row(handle) + TEXT];
	}

	textLength(handle: number): number {
		const at = this.textAt(handle);
		return (this.#arena.bytes[at - 2] << 8) | this.#arena.bytes[at - 1];
	}

	/** The text as a string. Allocates. */
	text(handle: number): string {
		return takeUtf8(this.#arena.bytes, this.textAt(handle), this.textLength(handle));
	}

	qos(handle: number): number {
		return (this.#arena.words[this.#row(handle) + STATE] & QOS_FIELD) >> QOS_SHIFT;
	}

	streams(handle: number): boolean {
		return (this.#arena.words[this.#row(handle) + STATE] & STREAMS) !== 0;
	}

	/** WANTED, ASKED, ANSWERED, UNWANTED, LEAVING or REMOVED. */
	standing(handle: number): number {
		return this.#arena.words[this.#row(handle) + STATE] & STANDING;
	}

	setStanding(handle: number, standing: number): void {
		const at = this.#row(handle) + STATE;
		this.#arena.words[at] = (this.#arena.words[at] & ~STANDING) | standing;
	}

	setInFlight(handle: number, inFlight: boolean): void {
		const at = this.#row(handle) + STATE;
		if (inFlight) this.#arena.words[at] |= IN_FLIGHT;
		else this.#arena.words[at] &= ~IN_FLIGHT;
	}

	/** ANSWERED or REMOVED, with a granted QoS or a reason from 0x80 up; kept until takeAnswered(). */
	setAnswer(handle: number, standing: number, code: number): void {
		const at = this.#row(handle) + STATE;
		this.#arena.words[at] = (this.#arena.words[at] & 0xffff & ~STANDING) | standing | REPORT | (code << CODE_SHIFT);
	}

	/** A handle whose answer has not been told, or 0. */
	takeAnswered(): number {
		const words = this.#arena.words;
		for (let handle = 1; handle <= this.#count; handle += 1) {
			const at = this.#row(handle) + STATE;
			if ((words[at] & REPORT) === 0) continue;
			words[at] &= ~REPORT;
			return handle;
		}
		return 0;
	}

	answer(handle: number): number {
		return (this.#arena.words[this.#row(handle) + STATE] >> CODE_SHIFT) & 0xff;
	}

	/** The first filter from `handle` on that stands so, or 0. */
	nextStanding(handle: number, standing: number): number {
		return this.#nextWith(handle, STANDING, standing);
	}

	/** The first filter from `handle` on that is in flight, or 0. */
	nextInFlight(handle: number): number {
		return this.#nextWith(handle, IN_FLIGHT, IN_FLIGHT);
	}

	/** The handle of the exact filter that equals the bytes, or -1. Four bytes at a time. */
	matchExact(at: number, length: number): number {
		if (length < 4) return -1;
		const { words, view } = this.#arena;
		const stop = at + length - 4;
		const tail = view.getInt32(stop, true);
		let left = this.#count;
		let row = this.#rows;
		while (left > 0) {
			if (words[row] === tail && words[row + MATCH] === length) {
				// The tail is equal, so the words before it are all there is to compare. Texts begin at whole words.
				let text = words[row + TEXT] >> 2;
				let from = at;
				while (from < stop && view.getInt32(from, true) === words[text]) {
					from += 4;
					text += 1;
				}
				if (from >= stop) return this.#count - left + 1;
			}
			row += ROW_WORDS;
			left -= 1;
		}
		return -1;
	}

	/** The first handle from `handle` on whose wildcard (or very short) filter matches the bytes, or 0. */
	nextMatch(handle: number, nameAt: number, nameLength: number): number {
		const { words, bytes } = this.#arena;
		let row = this.#row(handle);
		while (handle <= this.#count) {
			const length = words[row + MATCH];
			if (length < 0 && matches(bytes, words[row + TEXT], -length, nameAt, nameLength)) return handle;
			row += ROW_WORDS;
			handle += 1;
		}
		return 0;
	}

	#nextWith(handle: number, mask: number, value: number): number {
		const words = this.#arena.words;
		for (; handle <= this.#count; handle += 1) if ((words[this.#row(handle) + STATE] & mask) === value) return handle;
		return 0;
	}

	#row(handle: number): number {
		return this.#rows + (handle - 1) * ROW_WORDS;
	}

	#isKind(handle: number, kind: number): boolean {
		return handle >= 1 && handle <= this.#count && (this.#arena.words[this.#row(handle) + STATE] & kind) !== 0;
	}

	#add(text: string, kind: number, misuse: number, what: string): number {
		const { words, bytes, view } = this.#arena;
		const length = utf8Length(text, what);
		const at = this.#end + 4;
		if (this.#end + chunkSize(length) > this.#limit) return this.#handleOf(text, kind) || -TOPICS_FULL;
		putUtf8(bytes, at, text);
		if (!(kind === NAME ? isTopicName(bytes, at, length) : isTopicFilter(bytes, at, length)))
			throw new Misuse(misuse, `${what} not allowed: "${text}"`);
		const known = this.#handleOf(text, kind);
		if (known !== 0) return known;
		let row = this.#rows;
		const stop = row + this.#count * ROW_WORDS;
		while (row < stop && words[row + STATE] !== 0) row += ROW_WORDS;
		if (row === stop) return -TOPICS_FULL;
		putUint16(bytes, at - 2, length);
		const exact = length >= 4 && !hasWildcard(bytes, at, length);
		words[row + MATCH] = kind === NAME ? 0 : exact ? length : -length;
		words[row + TAIL] = length >= 4 ? view.getInt32(at + length - 4, true) : 0;
		words[row + TEXT] = at;
		words[row + STATE] = kind;
		if (words[row + MATCH] < 0) this.wildcards += 1;
		this.#end += chunkSize(length);
		return (row - this.#rows) / ROW_WORDS + 1;
	}

	#handleOf(text: string, kind: number): number {
		for (let handle = 1; handle <= this.#count; handle += 1)
			if (this.#isKind(handle, kind) && this.text(handle) === text) return handle;
		return 0;
	}
}

Object.freeze(Topics.prototype);

/** Two bytes of padding, two of length, and the text in whole words. */
function chunkSize(length: number): number {
	return 4 + ((length + 3) & ~3);
}
