// Every wait has a deadline of its own, and one timer serves them all. A deadline that traffic keeps pushing back (keep
// alive, silence, acknowledgement) is not moved with each packet: it fires, its owner looks at when traffic last was,
// and sets it again. So a packet costs no timer.

import type { Arena } from "./arena.js";

/** The answer to a DNS question. */
export const RESOLVE = 0;
/** The socket's first onWritable. */
export const CONNECT = 1;
/** CONNACK, counted from the moment the link stands. */
export const CONNACK = 2;
/** The time to send a PINGREQ. */
export const KEEP_ALIVE = 3;
/** PINGRESP. */
export const PING = 4;
/** Anything at all from the server. */
export const SILENCE = 5;
/** PUBACK, PUBREC, PUBCOMP, SUBACK or UNSUBACK. */
export const ACK = 6;
/** The end of what drain() waits for. */
export const DRAIN = 7;
/** The next bytes of a streamed payload. */
export const SOURCE = 8;
/** Online for long enough to trust the server again. */
export const STABLE = 9;
/** The next attempt to connect. */
export const RECONNECT = 10;

/** What the application is to be told once the call that caused it has returned. */
export const TELL = 11;

export const DEADLINE_WORDS = 12;
export const NONE = -1;

/** The longest time to sleep where nothing is due: half the clock's half circle, so that comparisons hold. */
const LONG_MS = 0x3fff_ffff;

export class Deadlines {
	readonly #words: Int32Array;
	readonly #base: number;
	#armed = 0;
	#next = 0;

	constructor(arena: Arena) {
		this.#words = arena.words;
		this.#base = arena.claim(DEADLINE_WORDS);
	}

	arm(kind: number, at: number): void {
		this.#words[this.#base + kind] = at;
		if (this.#armed === 0 || ((at - this.#next) | 0) < 0) this.#next = at | 0;
		this.#armed |= 1 << kind;
	}

	disarm(kind: number): void {
		this.#armed &= ~(1 << kind);
	}

	/** Disarms all but the one: drain() outlives its link. */
	disarmAllBut(kind: number): void {
		this.#armed &= 1 << kind;
	}

	isArmed(kind: number): boolean {
		return (this.#armed & (1 << kind)) !== 0;
	}

	/** The time of the next deadline; it may be early, never late. */
	poll(now: number): number {
		return this.#armed === 0 ? (now + LONG_MS) | 0 : this.#next;
	}

	/** A deadline that has passed, now disarmed, or NONE. */
	takeExpired(now: number): number {
		const words = this.#words;
		const base = this.#base;
		let next = (now + LONG_MS) | 0;
		for (let kind = 0; kind < DEADLINE_WORDS; kind += 1) {
			if ((this.#armed & (1 << kind)) === 0) continue;
			const at = words[base + kind];
			if (((at - now) | 0) <= 0) {
				this.#armed &= ~(1 << kind);
				// Others may be due as well: #next stays in the past until a round finds none.
				this.#next = now;
				return kind;
			}
			if (((at - next) | 0) < 0) next = at;
		}
		this.#next = next;
		return NONE;
	}
}

Object.freeze(Deadlines.prototype);
