// One arena of messages kept until they are settled, in the order in which they were published. Entries are appended at
// the end; when the end is reached, the dead ones are squeezed out with copyWithin, so that one unacknowledged message
// does not pin the rest.
//
// An entry: a word of length, state and how it ended; a word of packet id and PUBREC order; a word of the time it was
// sent; then the PUBLISH packet as it goes onto the wire (for a streamed one: its head).

import type { Arena } from "./arena.js";
import type { Inflight } from "./inflight.js";

export const ENTRY_WORDS = 3;
/** Of an entry's first word: the length of its packet's bytes. */
export const LENGTH_MASK = 0xffff;

/** Waits for its first transmission. */
export const QUEUED = 0x1_0000;
/** Sent (perhaps in part) on a connection that is gone: goes out again, marked DUP. */
export const RESEND = 0x2_0000;
/** Sent on this connection; waits for PUBACK or PUBREC. */
export const SENT = 0x3_0000;
/** PUBREC has come, PUBREL is owed or sent; waits for PUBCOMP. The packet's bytes are no longer needed. */
export const RELEASED = 0x4_0000;
/** Ended, but the application has not been told yet. */
export const ENDED = 0x5_0000;
/** Free space. */
export const DEAD = 0x6_0000;
export const STATE_MASK = 0x7_0000;
/** The payload is not here but with the source of the streamed publish. */
export const STREAMED = 0x8_0000;

const END_SHIFT = 20;
const CODE_SHIFT = 24;

export class Outbox {
	/** Index of the first entry that has not left yet; equals `end` where all have. */
	unsent: number;
	/** Index behind the last entry. */
	end: number;
	/** Entries that are ENDED. */
	ended = 0;
	/** What the first word of an entry says is read here by whoever is on a message's way, which is a busy one. */
	readonly words: Int32Array;
	readonly #inflight: Inflight;
	readonly #start: number;
	readonly #limit: number;
	#dead = 0;
	#releases = 0;

	constructor(arena: Arena, bytes: number, inflight: Inflight) {
		this.words = arena.words;
		this.#inflight = inflight;
		this.#start = arena.claim(bytes >> 2);
		this.#limit = this.#start + (bytes >> 2);
		this.unsent = this.end = this.#start;
	}

	/** True where a packet of that many bytes could be held at all. */
	canEverHold(length: number): boolean {
		return length <= LENGTH_MASK && sizeOf(length) <= this.#limit - this.#start;
	}

	/** Bytes that entries take up at the moment, with their bookkeeping. */
	get heldBytes(): number {
		return (this.end - this.#start - this.#dead) * 4;
	}

	/** The offset behind the arena in bytes: nothing lies between the last entry and here. */
	get limitAt(): number {
		return this.#limit * 4;
	}

	/** Appends a QUEUED entry with a new id for a packet of `length` bytes. Returns it, or 0 where there is no room. */
	append(length: number): number {
		if (length > LENGTH_MASK) return 0;
		let entry = this.end;
		let end = entry + ENTRY_WORDS + ((length + 3) >> 2);
		if (end > this.#limit) {
			this.#squeeze();
			entry = this.end;
			end = entry + ENTRY_WORDS + ((length + 3) >> 2);
			if (end > this.#limit) return 0;
		}
		this.end = end;
		this.words[entry] = length | QUEUED;
		this.words[entry + 1] = this.#inflight.take(entry);
		return entry;
	}

	state(entry: number): number {
		return this.words[entry] & STATE_MASK;
	}

	setStreamed(entry: number): void {
		this.words[entry] |= STREAMED;
	}

	packetId(entry: number): number {
		return this.words[entry + 1] & 0xffff;
	}

	/** Offset of the packet's bytes. */
	packetAt(entry: number): number {
		return (entry + ENTRY_WORDS) * 4;
	}

	sentMs(entry: number): number {
		return this.words[entry + 2];
	}

	setSentMs(entry: number, now: number): void {
		this.words[entry + 2] = now;
	}

	/** PUBREC: remembers its place among the others, for the order of PUBREL packets [MQTT-4.6.0-4]. */
	release(entry: number): void {
		this.words[entry] = (this.words[entry] & LENGTH_MASK) | RELEASED;
		this.#releases = (this.#releases + 1) & 0x7fff;
		this.words[entry + 1] = (this.words[entry + 1] & 0xffff) | (this.#releases << 16);
	}

	/**
	 * The RELEASED entry whose PUBREC came next after that of `previous` (0: the earliest), or 0. For resuming a
	 * session: a search each time, but one that happens once a connection.
	 */
	nextReleased(previous: number): number {
		const words = this.words;
		let best = 0;
		for (let at = this.first(); at !== 0; at = this.after(at)) {
			if (this.state(at) !== RELEASED) continue;
			if (previous !== 0 && order(words[at + 1], words[previous + 1]) <= 0) continue;
			if (best === 0 || order(words[at + 1], words[best + 1]) < 0) best = at;
		}
		return best;
	}

	/** The first entry of all, or 0. */
	first(): number {
		return this.end === this.#start ? 0 : this.#start;
	}

	/** The entry behind this one, or 0. */
	after(entry: number): number {
		const next = this.behind(entry);
		return next === this.end ? 0 : next;
	}

	/** The index behind this entry, be there another or not. */
	behind(entry: number): number {
		return entry + sizeOf(this.words[entry] & LENGTH_MASK);
	}

	/** The message has ended and nobody is told: its space and id are free. */
	remove(entry: number): void {
		const inflight = this.#inflight;
		const words = this.words;
		inflight.free(words[entry + 1] & 0xffff);
		if (inflight.held === 0) {
			this.unsent = this.end = this.#start;
			this.#dead = 0;
			return;
		}
		words[entry] = (words[entry] & LENGTH_MASK) | DEAD;
		this.#dead += sizeOf(words[entry] & LENGTH_MASK);
	}

	/** The message has ended this way; firstEnded() finds it. */
	setEnded(entry: number, end: number, code: number): void {
		this.changeEnd(entry, end, code);
		this.ended += 1;
	}

	/** It ended in another way than was thought. */
	changeEnd(entry: number, end: number, code: number): void {
		this.words[entry] = (this.words[entry] & LENGTH_MASK) | ENDED | (end << END_SHIFT) | (code << CODE_SHIFT);
	}

	/** An ENDED entry, the oldest first, or 0. */
	firstEnded(): number {
		if (this.ended === 0) return 0;
		let at = this.first();
		while (this.state(at) !== ENDED) at = this.after(at);
		return at;
	}

	/** The application has been told. */
	removeEnded(entry: number): void {
		this.ended -= 1;
		this.remove(entry);
	}

	/** How an ENDED entry ended. */
	endOf(entry: number): number {
		return (this.words[entry] >> END_SHIFT) & 7;
	}

	/** The code that goes with how an ENDED entry ended. */
	codeOf(entry: number): number {
		return this.words[entry] >>> CODE_SHIFT;
	}

	/** The link is gone: everything is unsent again. QoS is in the packets, so the caller sees to the states. */
	rewind(): void {
		this.unsent = this.#start;
	}

	#squeeze(): void {
		const words = this.words;
		let to = this.#start;
		let unsent = 0;
		for (let at = this.#start; at < this.end; ) {
			const size = sizeOf(words[at] & LENGTH_MASK);
			const state = words[at] & STATE_MASK;
			if (at >= this.unsent && unsent === 0) unsent = to;
			if (state !== DEAD) {
				let kept = size;
				// Its packet will not be sent again.
				if (state === RELEASED || state === ENDED) {
					words[at] &= ~LENGTH_MASK;
					kept = ENTRY_WORDS;
				}
				if (to !== at) {
					words.copyWithin(to, at, at + kept);
					this.#inflight.move(words[to + 1] & 0xffff, to);
				}
				to += kept;
			}
			at += size;
		}
		this.unsent = unsent === 0 ? to : unsent;
		this.end = to;
		this.#dead = 0;
	}
}

Object.freeze(Outbox.prototype);

function sizeOf(length: number): number {
	return ENTRY_WORDS + ((length + 3) >> 2);
}

/** Negative where the PUBREC of `a` came before that of `b`; the stamps are 15 bits and wrap. */
function order(a: number, b: number): number {
	return (((a >>> 16) - (b >>> 16)) << 17) >> 17;
}
