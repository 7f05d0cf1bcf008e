// When a quantity is worth a report. It is looked at in every reading; it is reported when its interval has passed, and it
// has moved by more than its deadband since the last report, or its heartbeat has passed. In between, the smallest, the
// largest and the mean of what was seen are kept. Numbers in one typed array, a row for each quantity; values are the
// integers whose digits are written (see json.ts), so that what a reader of the JSON can compute is exact here, too.

import { scaled } from "./json.js";
import { DECIMALS, QUANTITIES } from "./quantity.js";

/** How a quantity is reported. Times are in ms, up to 86,400,000. */
export interface QuantityPolicy {
	/** The least from one report to the next. Default 0: each reading. */
	intervalMs?: number;
	/** In the unit of the JSON; what has not moved by more is not reported. Left out: reported whether it has moved or not. */
	deadband?: number;
	/** Where there is a deadband: reported after this time all the same, 0 for never. Default 900,000. */
	heartbeatMs?: number;
	/** Report [last, smallest, largest, mean] of what was seen since the last report. Default false. */
	window?: boolean;
}

const HEARTBEAT_MS = 900_000;
/** A time longer than all intervals, and so short that adding a day to it does not wrap. */
const LONG_MS = 0x4000_0000;

/** Decimals of a deadband in the unit of the values. */
const THOUSANDTHS = 3;

const INTERVAL = 0;
const DEADBAND = 1;
const HEARTBEAT = 2;
const WINDOW = 3;
/** What was reported last, NaN for nothing yet, and when. */
const REPORTED = 4;
const SINCE = 5;
/** Of the window: how many, the last, the smallest, the largest, their sum. */
const COUNT = 6;
const LAST = 7;
const SMALLEST = 8;
const LARGEST = 9;
const SUM = 10;
const ROW = 11;

export class Policies {
	readonly #rows: Float64Array;
	/** Readings do not come on the ms: half of the time from one to the next is not too early. */
	readonly #slackMs: number;

	/** Of all quantities, which are read every `readingMs`. */
	constructor(readingMs: number) {
		this.#rows = new Float64Array(QUANTITIES.length * ROW);
		this.#slackMs = readingMs >> 1;
	}

	/** Before anything else is asked or told of it. */
	set(quantity: number, { deadband, heartbeatMs, intervalMs, window }: QuantityPolicy): void {
		const rows = this.#rows;
		const row = quantity * ROW;
		rows[row + INTERVAL] = intervalMs ?? 0;
		// In the unit of the values, without what binary makes of a decimal fraction.
		rows[row + DEADBAND] =
			deadband === undefined ? -1 : scaled(deadband * 10 ** DECIMALS[quantity], THOUSANDTHS) / 10 ** THOUSANDTHS;
		rows[row + HEARTBEAT] = heartbeatMs ?? HEARTBEAT_MS;
		rows[row + WINDOW] = window === true ? 1 : 0;
		this.forget(quantity);
	}

	/** As if it had never been reported, so that the next reading does. */
	forget(quantity: number): void {
		this.#rows[quantity * ROW + REPORTED] = Number.NaN;
	}

	/** A reading has this value. */
	handleValue(quantity: number, value: number): void {
		const rows = this.#rows;
		const row = quantity * ROW;
		const isFirst = rows[row + COUNT] === 0;
		rows[row + LAST] = value;
		if (isFirst || value < rows[row + SMALLEST]) rows[row + SMALLEST] = value;
		if (isFirst || value > rows[row + LARGEST]) rows[row + LARGEST] = value;
		rows[row + SUM] = isFirst ? value : rows[row + SUM] + value;
		rows[row + COUNT] += 1;
	}

	/** Whether there is something to report at that time, and reason to. */
	isDue(quantity: number, now: number): boolean {
		const rows = this.#rows;
		const row = quantity * ROW;
		if (rows[row + COUNT] === 0) return false;
		const reported = rows[row + REPORTED];
		if (Number.isNaN(reported)) return true;
		let passed = (now - rows[row + SINCE]) | 0;
		// The clock wraps: a time that is long over must not come again.
		if (passed >= LONG_MS) {
			passed = LONG_MS;
			rows[row + SINCE] = (now - LONG_MS) | 0;
		}
		passed += this.#slackMs;
		if (passed < rows[row + INTERVAL]) return false;
		if (Math.abs(rows[row + LAST] - reported) > rows[row + DEADBAND]) return true;
		return rows[row + HEARTBEAT] > 0 && passed >= rows[row + HEARTBEAT];
	}

	hasWindow(quantity: number): boolean {
		return this.#rows[quantity * ROW + WINDOW] === 1;
	}

	/** Of what was seen since the last report; there has to be something. */
	last(quantity: number): number {
		return this.#rows[quantity * ROW + LAST];
	}

	smallest(quantity: number): number {
		return this.#rows[quantity * ROW + SMALLEST];
	}

	largest(quantity: number): number {
		return this.#rows[quantity * ROW + LARGEST];
	}

	mean(quantity: number): number {
		return scaled(this.#rows[quantity * ROW + SUM] / this.#rows[quantity * ROW + COUNT], 0);
	}

	/** It has been reported, and a new window begins. */
	handleReport(quantity: number, now: number): void {
		const rows = this.#rows;
		const row = quantity * ROW;
		rows[row + REPORTED] = rows[row + LAST];
		rows[row + SINCE] = now;
		rows[row + COUNT] = 0;
	}
}

Object.freeze(Policies.prototype);
