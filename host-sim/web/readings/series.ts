// Readings of one board, in the order of their times, as many as there is room for: the oldest make way. Those that come late are put
// where they belong: by their own time, or else, where the board's clock was not set, by their number. What is missing between two of
// them follows from their numbers, so a gap closes when it is filled.

import { QUANTITIES } from "../../../firmware/telemetry/quantity.js";
import { lastOf, type Reading } from "../../watch/payload.js";

/** What has come: as watch/board.ts tells it. */
export interface Arrival {
	readonly boot: number;
	/** Of the first one. */
	readonly seq: number;
	/** They are not the newest. */
	readonly late: boolean;
	readonly readings: readonly Reading[];
}

/** Between a reading and the one before it. */
export interface Break {
	/** How many have not come; 0 where nobody knows. */
	readonly missing: number;
}

/** Readings for which there is room at first. */
const FIRST_ROOM = 64;
/** The number of a life's first reading. */
const FIRST = 1;
/** So many times longer than usual between two lives is a break. */
const SILENCE = 3;
/** How far ahead of ours a board's clock may be, in ms: it would push all that is now out of the picture. */
const AHEAD_MS = 60_000;
/** The part of a new interval in what is usual. */
const NEW_PART = 0.2;

export class Series {
	/** Rises with each reading. */
	version = 0;
	/** From one reading to the next, in ms; 0 where that is not known yet. */
	usualMs = 0;
	/** Readings that are kept. */
	limit: number;
	/** Where the oldest one is in the arrays, and the place behind the newest one. */
	#start = 0;
	#stop = 0;
	#times = new Float64Array(FIRST_ROOM);
	#boots = new Uint32Array(FIRST_ROOM);
	/** Which life it is of: counts of boots may begin anew. */
	#lives = new Uint32Array(FIRST_ROOM);
	#seqs = new Uint32Array(FIRST_ROOM);
	/** 1: we have listened since the reading before it, so what is between them is missing. */
	#heard = new Uint8Array(FIRST_ROOM);
	readonly #values: (Float64Array | undefined)[] = QUANTITIES.map(() => undefined);
	/** The highest number of the newest life, and that life. */
	#life = 0;
	/** For readings of lives that nobody has seen: they are no part of the newest one. */
	#oldLife = 0xffff_ffff;
	#lastBoot = -1;
	#lastSeq = -1;
	#lastTime = 0;

	constructor(limit: number) {
		this.limit = limit;
	}

	get count(): number {
		return this.#stop - this.#start;
	}

	/** All these count from the oldest one. */
	time(i: number): number {
		return this.#times[this.#start + i]!;
	}

	boot(i: number): number {
		return this.#boots[this.#start + i]!;
	}

	seq(i: number): number {
		return this.#seqs[this.#start + i]!;
	}

	/** Undefined where it does not speak of that. */
	value(i: number, quantity: number): number | undefined {
		const value = this.#values[quantity]?.[this.#start + i];
		return value === undefined || Number.isNaN(value) ? undefined : value;
	}

	/** Whether any reading has ever spoken of it. */
	has(quantity: number): boolean {
		return this.#values[quantity] !== undefined;
	}

	/** Whether the line ends before that reading and begins with it; undefined where it goes on. */
	breakBefore(i: number): Break | undefined {
		if (i <= 0 || i >= this.count) return undefined;
		const at = this.#start + i;
		const heard = this.#heard[at] === 1;
		if (this.#lives[at] === this.#lives[at - 1]) {
			const between = this.#seqs[at]! - this.#seqs[at - 1]! - 1;
			return between > 0 ? { missing: heard ? between : 0 } : undefined;
		}
		const missing = heard ? this.#seqs[at]! - FIRST : 0;
		const isLong = this.usualMs > 0 && this.#times[at]! - this.#times[at - 1]! > SILENCE * this.usualMs;
		return missing > 0 || isLong ? { missing } : undefined;
	}

	/** The first one that is not before that time. */
	from(time: number): number {
		return this.#place(time, false) - this.#start;
	}

	/** The one next to that time; -1 where there is none. */
	nearest(time: number): number {
		if (this.count === 0) return -1;
		const i = Math.min(this.from(time), this.count - 1);
		return i > 0 && time - this.time(i - 1) < this.time(i) - time ? i - 1 : i;
	}

	/** `now` is the time of day as the page knows it, in ms. */
	take({ boot, late, readings, seq }: Arrival, now: number): void {
		if (!late) this.#beginLife(boot, seq);
		const before = this.#lastTime;
		const beforeSeq = this.#lastSeq;
		readings.forEach((reading, i) => {
			const number = seq + i;
			const own = reading.time !== undefined && reading.time <= now + AHEAD_MS ? reading.time : undefined;
			if (late) this.#takeLate(boot, number, reading, own, now);
			else {
				const last = seq + readings.length - 1;
				// Without times a batch is spread over the time since the one before it.
				const part = beforeSeq >= 0 ? (number - beforeSeq) / (last - beforeSeq) : 1;
				const time = own ?? (beforeSeq >= 0 ? before + (now - before) * part : now - (last - number));
				if (number === this.#lastSeq + 1 && this.#lastSeq >= 0) this.#learn(time - this.#lastTime);
				this.#insert(time, boot, this.#life, number, 0, reading);
				this.#lastSeq = number;
				this.#lastTime = time;
			}
		});
		this.version += 1;
	}

	/** What is missing before the reading of that number in the newest life, which has just come, is missing indeed. */
	tellMissing(boot: number, seq: number): void {
		for (let at = this.#stop - 1; at >= this.#start; at -= 1) {
			if (this.#lives[at] !== this.#life || this.#seqs[at]! < seq) break;
			const isFirst = at === this.#start || this.#lives[at - 1] !== this.#life || this.#seqs[at - 1]! < seq;
			if (isFirst && this.#boots[at] === boot) this.#heard[at] = 1;
		}
	}

	#beginLife(boot: number, seq: number): void {
		if (boot === this.#lastBoot && seq > this.#lastSeq) return;
		if (this.#lastBoot >= 0) this.#life += 1;
		this.#lastBoot = boot;
		this.#lastSeq = -1;
	}

	#learn(interval: number): void {
		if (interval <= 0) return;
		this.usualMs = this.usualMs === 0 ? interval : this.usualMs + NEW_PART * (interval - this.usualMs);
	}

	/** Between those of its life that have the numbers next to its own. */
	#takeLate(boot: number, seq: number, reading: Reading, own: number | undefined, now: number): void {
		let life: number | undefined;
		let below = -1;
		let above = -1;
		for (let at = this.#stop - 1; at >= this.#start; at -= 1) {
			if (this.#boots[at] !== boot || (life !== undefined && this.#lives[at] !== life)) continue;
			life = this.#lives[at]!;
			const number = this.#seqs[at]!;
			if (number === seq) return;
			if (number > seq && (above < 0 || number < this.#seqs[above]!)) above = at;
			if (number < seq) {
				below = at;
				break;
			}
		}
		const time = own ?? this.#timeBetween(below, above, seq) ?? now;
		const heard = above < 0 ? 0 : this.#heard[above]!;
		this.#insert(time, boot, life ?? this.#oldLife--, seq, heard, reading);
	}

	/** As far between them as its number is. */
	#timeBetween(below: number, above: number, seq: number): number | undefined {
		if (above < 0) return undefined;
		const time = this.#times[above]!;
		const left = this.#seqs[above]! - seq;
		if (below < 0) return time - left * this.usualMs;
		const since = this.#times[below]!;
		return time - ((time - since) * left) / (this.#seqs[above]! - this.#seqs[below]!);
	}

	/** The place of the first one that is not before that time, or that is behind it. */
	#place(time: number, isBehind: boolean): number {
		let low = this.#start;
		let high = this.#stop;
		while (low < high) {
			const middle = (low + high) >>> 1;
			const other = this.#times[middle]!;
			if (other < time || (isBehind && other === time)) low = middle + 1;
			else high = middle;
		}
		return low;
	}

	#insert(time: number, boot: number, life: number, seq: number, heard: number, reading: Reading): void {
		let at = this.#place(time, true);
		// Of the same moment, in the order of their numbers.
		while (
			at > this.#start &&
			this.#times[at - 1] === time &&
			this.#lives[at - 1] === life &&
			this.#seqs[at - 1]! > seq
		)
			at -= 1;
		const excess = this.count + 1 - this.limit;
		if (excess > 0) {
			// It may be one of the oldest itself, for which there is no room.
			const isTaken = at >= this.#start + excess;
			this.#start += isTaken ? excess : excess - 1;
			if (!isTaken) return;
		}
		if (this.#stop === this.#times.length) at -= this.#makeRoom();
		for (const list of this.#lists()) list.copyWithin(at + 1, at, this.#stop);
		this.#stop += 1;
		this.#times[at] = time;
		this.#boots[at] = boot;
		this.#lives[at] = life;
		this.#seqs[at] = seq;
		this.#heard[at] = heard;
		for (let quantity = 0; quantity < QUANTITIES.length; quantity += 1) {
			const value = lastOf(reading.values[QUANTITIES[quantity]!]);
			if (value !== undefined) this.#values[quantity] ??= new Float64Array(this.#times.length).fill(Number.NaN);
			const values = this.#values[quantity];
			if (values !== undefined) values[at] = value ?? Number.NaN;
		}
	}

	*#lists(): Iterable<Float64Array | Uint32Array | Uint8Array> {
		yield this.#times;
		yield this.#boots;
		yield this.#lives;
		yield this.#seqs;
		yield this.#heard;
		for (const values of this.#values) if (values !== undefined) yield values;
	}

	/** By moving all to the front, or else into arrays twice as long. Returns by how much they have moved. */
	#makeRoom(): number {
		const moved = this.#start;
		if (moved < this.#times.length / 4) {
			const room = 2 * this.#times.length;
			this.#times = longer(this.#times, new Float64Array(room));
			this.#boots = longer(this.#boots, new Uint32Array(room));
			this.#lives = longer(this.#lives, new Uint32Array(room));
			this.#seqs = longer(this.#seqs, new Uint32Array(room));
			this.#heard = longer(this.#heard, new Uint8Array(room));
			this.#values.forEach((values, i) => {
				if (values !== undefined) this.#values[i] = longer(values, new Float64Array(room).fill(Number.NaN));
			});
		}
		for (const list of this.#lists()) list.copyWithin(0, moved, this.#stop);
		this.#start = 0;
		this.#stop -= moved;
		return moved;
	}
}

function longer<List extends Float64Array | Uint32Array | Uint8Array>(list: List, room: List): List {
	room.set(list);
	return room;
}
