// Which numbers of one life of a board have not come: numbers that rise, with gaps that may fill in later. Bounded, whatever
// numbers come.

/** Gaps that are remembered. Of older ones it stays known how much was missing, not which. */
const MOST_GAPS = 64;

export interface Taken {
	/** Beyond all that had come before. */
	readonly fresh: number;
	/** What had been missing. */
	readonly filled: number;
	/** What was there already. */
	readonly repeated: number;
	/** What is missing since: numbers from `next` before this call on. */
	readonly opened: number;
}

/** Numbers that have not come: `to` is the first one that is not among them. */
export interface Gap {
	readonly from: number;
	readonly to: number;
}

export class Sequence {
	/** The number behind the highest one that has come. */
	next: number;
	missing = 0;
	/** Of what is before this number nothing is known. */
	#since: number;
	/** What comes next may be any number: nobody has listened for a while. */
	#isUnsure = false;
	/** In order; `to` is the first one that is not missing. */
	readonly #gaps: { from: number; to: number }[] = [];

	/** The first number that is expected. */
	constructor(first: number) {
		this.next = first;
		this.#since = first;
	}

	/** Those that are remembered, in order: a copy. */
	get gaps(): Gap[] {
		return this.#gaps.map(({ from, to }) => ({ from, to }));
	}

	/** What comes until the next call of take() may have passed us by. */
	doubt(): void {
		this.#isUnsure = true;
	}

	/** Whether this number has come, as far as that is known. */
	has(number: number): boolean {
		return (
			number >= this.#since && number < this.next && !this.#gaps.some(({ from, to }) => number >= from && number < to)
		);
	}

	/** So many numbers have come, from this one on. */
	take(from: number, count: number): Taken {
		const stop = from + count;
		if (from >= this.next) {
			const isUnsure = this.#isUnsure;
			const opened = isUnsure ? 0 : from - this.next;
			if (opened > 0) this.#open(this.next, from);
			// Not missing, but not known either: it would count as a repeat.
			else if (from > this.next) this.#forget(from);
			this.#isUnsure = false;
			this.next = stop;
			return { fresh: count, filled: 0, repeated: 0, opened };
		}
		// A message with old and new ones is of no board that we know: its old ones count as such.
		const fresh = Math.max(0, stop - this.next);
		const filled = this.#fill(from, stop);
		const known = Math.min(stop, this.next) - Math.max(from, Math.min(this.#since, stop));
		this.next = Math.max(this.next, stop);
		return { fresh, filled, repeated: Math.max(0, known - filled), opened: 0 };
	}

	#open(from: number, to: number): void {
		this.missing += to - from;
		this.#gaps.push({ from, to });
		if (this.#gaps.length > MOST_GAPS) this.#since = this.#gaps.shift()!.to;
	}

	/** Nothing is known of what is before that number, but how much of it is missing. */
	#forget(number: number): void {
		this.#since = number;
		this.#gaps.length = 0;
	}

	/** Returns how many of these were missing. */
	#fill(from: number, stop: number): number {
		let filled = 0;
		for (let i = this.#gaps.length - 1; i >= 0; i -= 1) {
			const gap = this.#gaps[i]!;
			const low = Math.max(from, gap.from);
			const high = Math.min(stop, gap.to);
			if (low >= high) continue;
			filled += high - low;
			const rest = [
				{ from: gap.from, to: low },
				{ from: high, to: gap.to },
			].filter(each => each.from < each.to);
			this.#gaps.splice(i, 1, ...rest);
		}
		while (this.#gaps.length > MOST_GAPS) this.#since = this.#gaps.shift()!.to;
		this.missing -= filled;
		return filled;
	}
}
