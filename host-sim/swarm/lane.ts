// The messages of one board, one way, at one QoS: numbered from 0 as they are published, known again where they arrive.

/** How a number came to the other end. */
export type Arrival = "new" | "again" | "out of order";

export class Lane {
	/** How many have been published, and how many of them have arrived. */
	count = 0;
	arrived = 0;
	readonly #seen = new Set<number>();
	/** Those that may come more than once, or never: what happened to them leaves it open. */
	readonly #excused = new Set<number>();
	/** Those that have been let go before they left. */
	readonly #dropped = new Set<number>();
	#mayMissBelow = 0;
	#mayRepeatBelow = 0;
	#last = -1;

	arrive(number: number): Arrival {
		if (this.#seen.has(number)) return "again";
		this.#seen.add(number);
		this.arrived += 1;
		if (number < this.#last) return "out of order";
		this.#last = number;
		return "new";
	}

	hasArrived(number: number): boolean {
		return this.#seen.has(number);
	}

	/** That one must never come. */
	drop(number: number): void {
		this.#dropped.add(number);
	}

	wasDropped(number: number): boolean {
		return this.#dropped.has(number);
	}

	/** That one may be missing, or come again. */
	excuse(number: number): void {
		this.#excused.add(number);
	}

	/** All up to now may be missing. */
	excuseMissing(): void {
		this.#mayMissBelow = this.count;
	}

	/** All up to now may come again. */
	excuseRepeats(): void {
		this.#mayRepeatBelow = this.count;
	}

	mayMiss(number: number): boolean {
		return number < this.#mayMissBelow || this.#excused.has(number);
	}

	mayRepeat(number: number): boolean {
		return number < this.#mayRepeatBelow || this.#excused.has(number);
	}
}
