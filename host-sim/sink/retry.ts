// How long to wait before another try: longer each time, and by chance, so that many who wait for the same thing do not come
// back together.

const BASE_MS = 500;
const CAP_MS = 30_000;

export class Retry {
	readonly #random: () => number;
	#tries = 0;

	/** `random` gives numbers from 0 to below 1. */
	constructor(random: () => number = Math.random) {
		this.#random = random;
	}

	/** Full jitter: anything from 0 to a limit that doubles. */
	next(): number {
		const limit = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(this.#tries, 16));
		this.#tries += 1;
		return Math.round(this.#random() * limit);
	}

	/** It has gone well. */
	reset(): void {
		this.#tries = 0;
	}
}
