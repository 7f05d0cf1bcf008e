// How long to wait before the next attempt: exponential with full jitter, so that a thousand boards that lost the same
// broker do not return in the same second. Only a connection that has lasted resets it: "accepted, then thrown out" is
// no success.

import type { Random } from "../io.js";
import { checked } from "./limits.js";
import { retrySlowly } from "./reason.js";

export interface BackoffOptions {
	/** The first delay lies between 0 and this, in ms. Default 1,000. */
	baseMs?: number;
	/** No delay is longer, in ms. Default 60,000. */
	capMs?: number;
	/** After a refusal that hurrying cannot mend: between half of this and this, in ms. Default 300,000. */
	slowMs?: number;
	/** A connection that lasted this long, in ms, resets the delays. Default 30,000. */
	stableMs?: number;
}

const DAY_MS = 86_400_000;

export class Backoff {
	readonly stableMs: number;
	readonly #random: Random;
	readonly #baseMs: number;
	readonly #capMs: number;
	readonly #slowMs: number;
	#attempts = 0;

	constructor(random: Random, options: BackoffOptions | undefined) {
		this.#random = random;
		this.#baseMs = checked("backoff.baseMs", options?.baseMs ?? 1000, 1, DAY_MS);
		this.#capMs = checked("backoff.capMs", options?.capMs ?? 60_000, 1, DAY_MS);
		this.#slowMs = checked("backoff.slowMs", options?.slowMs ?? 300_000, 1, DAY_MS);
		this.stableMs = checked("backoff.stableMs", options?.stableMs ?? 30_000, 0, DAY_MS);
	}

	/** The delay in ms after a failure with this code. */
	next(code: number): number {
		const attempts = this.#attempts;
		this.#attempts = attempts + 1;
		if (retrySlowly(code)) {
			const half = this.#slowMs >>> 1;
			return half + (this.#random.next() % (this.#slowMs - half + 1));
		}
		let ceiling = this.#baseMs;
		for (let i = 0; i < attempts && ceiling < this.#capMs; i += 1) ceiling *= 2;
		if (ceiling > this.#capMs) ceiling = this.#capMs;
		return this.#random.next() % (ceiling + 1);
	}

	reset(): void {
		this.#attempts = 0;
	}
}

Object.freeze(Backoff.prototype);
