// Messages that wait to be written, and the batches in which they leave: bounded in readings, bytes and time.

import type { Delivery } from "./target.js";

export interface BatchLimits {
	/** A batch is full with so many readings; the last message may go beyond it. */
	readonly readings: number;
	/** Or so many bytes of payload. */
	readonly bytes: number;
	/** And leaves when its first message has waited so long, in ms. */
	readonly timeMs: number;
}

export class Queue {
	readonly #limits: BatchLimits;
	#waiting: Delivery[] = [];
	#readings = 0;
	#bytes = 0;

	constructor(limits: BatchLimits) {
		this.#limits = limits;
	}

	/** Messages. */
	get length(): number {
		return this.#waiting.length;
	}

	add(message: Delivery): void {
		this.#waiting.push(message);
		this.#add(message, 1);
	}

	/** How long until a batch is due, in ms; 0 where one is, undefined where nothing waits. */
	dueIn(now: number): number | undefined {
		const [first] = this.#waiting;
		if (first === undefined) return undefined;
		if (this.#readings >= this.#limits.readings || this.#bytes >= this.#limits.bytes) return 0;
		// A clock that was set back must not hold it for longer.
		return Math.min(Math.max(0, first.receivedMs + this.#limits.timeMs - now), this.#limits.timeMs);
	}

	/** The next batch, due or not: the oldest messages. */
	take(): Delivery[] {
		let readings = 0;
		let bytes = 0;
		let count = 0;
		while (count < this.#waiting.length && readings < this.#limits.readings && bytes < this.#limits.bytes) {
			const message = this.#waiting[count]!;
			readings += readingsIn(message);
			bytes += message.payload.length;
			count += 1;
		}
		const batch = this.#waiting.splice(0, count);
		for (const message of batch) this.#add(message, -1);
		return batch;
	}

	count(isCounted: (message: Delivery) => boolean): number {
		return this.#waiting.reduce((sum, message) => sum + (isCounted(message) ? 1 : 0), 0);
	}

	/** Only these go on waiting. */
	keep(isKept: (message: Delivery) => boolean): void {
		this.#waiting = this.#waiting.filter(message => {
			if (isKept(message)) return true;
			this.#add(message, -1);
			return false;
		});
	}

	#add(message: Delivery, sign: 1 | -1): void {
		this.#readings += sign * readingsIn(message);
		this.#bytes += sign * message.payload.length;
	}
}

/** One without readings counts as one: it is written as well, elsewhere. */
export function readingsIn({ content }: Delivery): number {
	return typeof content === "string" ? 1 : content.readings.length;
}
