// The one source of chance in a simulated world: the same seed gives the same numbers, always.

import type { Random } from "../../firmware/io.js";

/** Mulberry32: small, fast, and good enough for anything but secrets. */
export class SeededRandom implements Random {
	readonly #seed: number;
	#state: number;

	constructor(seed: number) {
		this.#seed = seed | 0;
		this.#state = seed | 0;
	}

	/** An integer from 0 to 2^32 - 1. */
	next(): number {
		this.#state = (this.#state + 0x6d2b79f5) | 0;
		let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return (t ^ (t >>> 14)) >>> 0;
	}

	/** A fraction from 0 up to, but not including, 1. */
	fraction(): number {
		return this.next() / 4_294_967_296;
	}

	/** An integer from `low` to `high`. */
	between(low: number, high: number): number {
		return low + (this.next() % (high - low + 1));
	}

	/** Gaussian noise with that standard deviation. */
	gauss(deviation: number): number {
		const radius = Math.sqrt(-2 * Math.log(1 - this.fraction()));
		return deviation * radius * Math.cos(2 * Math.PI * this.fraction());
	}

	/** Another source that depends on this one's seed and the name only, not on what was drawn before. */
	fork(name: string): SeededRandom {
		let hash = this.#seed ^ 0x811c9dc5;
		for (const character of name) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
		return new SeededRandom(hash);
	}
}
