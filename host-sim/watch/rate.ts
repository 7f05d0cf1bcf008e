// How often something comes, from the last few times that it did: so a reading a second and one in ten minutes both have a rate,
// and one that has stopped loses it.

/** Times that are remembered. */
const TIMES = 8;
/** So many times longer than usual is a silence. */
const SILENCE = 3;

export class Rate {
	readonly #times = new Float64Array(TIMES);
	readonly #counts = new Float64Array(TIMES);
	#seen = 0;

	/** So many have come at that time, in ms. */
	handle(count: number, now: number): void {
		this.#times[this.#seen % TIMES] = now;
		this.#counts[this.#seen % TIMES] = count;
		this.#seen += 1;
	}

	/** So many a minute; undefined as long as nobody can say. */
	perMinute(now: number): number | undefined {
		const known = Math.min(this.#seen, TIMES);
		if (known < 2) return undefined;
		const first = this.#times[(this.#seen - known) % TIMES]!;
		const last = this.#times[(this.#seen - 1) % TIMES]!;
		let count = 0;
		// What came first has begun the time that is counted.
		for (let i = 1; i < known; i += 1) count += this.#counts[(this.#seen - i) % TIMES]!;
		const usual = (last - first) / (known - 1);
		const isSilent = now - last > SILENCE * usual && now - last > 1000;
		const span = isSilent ? now - first : last - first;
		return span > 0 ? (count * 60_000) / span : undefined;
	}
}
