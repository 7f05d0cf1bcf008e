// Everything that has been seen, line by line, up to so many lines. What comes late is put at its place.

import { type Frames, Live } from "../live.js";
import type { Line } from "./follow.js";
import { Follower, type Item, type Kept, type VersionOf } from "./follow.js";

export interface LogOptions {
	/** How many lines there may be, and how many bytes of packets; what is older goes. */
	readonly limit?: number;
	readonly limitBytes?: number;
	readonly versionOf?: VersionOf;
	readonly frames?: Frames;
}

const LIMIT = 20_000;
const LIMIT_BYTES = 32 * 1024 * 1024;
/** So many lines go at once, since moving the others takes time. */
const CUT = 1000;
/** How often is looked for what had no answer in time, in ms of the log. */
const LOOK_MS = 1000;
/** How many numbers of what has come are remembered: what comes twice is among the last. */
const MOST_ORDERS = 60_000;

export class Log extends Live {
	/** What the time of day was at time 0, in ms since 1970. */
	startedAt = 0;
	/** Lines that had to go for others. */
	gone = 0;
	/** Changes whenever other lines than new ones at the end have changed. */
	generation = 0;
	readonly #options: LogOptions;
	readonly #limit: number;
	readonly #limitBytes: number;
	#kept: Kept[] = [];
	#lines: Line[] = [];
	#bytes = 0;
	#keys = 0;
	/** Time and number of the latest of the packets and ends. */
	#latest = Number.NEGATIVE_INFINITY;
	#latestOrder = 0;
	#lookedAt = Number.NEGATIVE_INFINITY;
	readonly #orders = new Set<number>();
	#follower: Follower;

	constructor(options: LogOptions = {}) {
		super(options.frames);
		this.#options = options;
		this.#limit = options.limit ?? LIMIT;
		this.#limitBytes = options.limitBytes ?? LIMIT_BYTES;
		this.#follower = new Follower(options.versionOf);
	}

	/** The oldest first. The same array grows as long as the generation stays. */
	get lines(): readonly Line[] {
		return this.#lines;
	}

	/** What was put in, and is still there. */
	get items(): readonly Item[] {
		return this.#kept.map(({ item }) => item);
	}

	/** The time of the latest line that was put in. */
	get latest(): number {
		return this.#lines.at(-1)?.at ?? 0;
	}

	put(items: readonly Item[]): void {
		let isLate = false;
		for (const item of items) {
			if (item.order !== undefined && !this.#isNew(item.order)) continue;
			this.#keys += 1;
			if (item.event === "packet") this.#bytes += item.bytes.length;
			isLate = this.#place({ key: this.#keys, item }) || isLate;
		}
		if (isLate) this.#sort();
		this.#trim();
		if (this.#latest - this.#lookedAt >= LOOK_MS) {
			this.#lookedAt = this.#latest;
			this.#follower.handleTime(this.#latest);
		}
		this.changed();
	}

	/** Nothing has been seen; what is known of connections stays. */
	clear(): void {
		this.#kept = [];
		this.#lines = [];
		this.#bytes = 0;
		this.gone = 0;
		this.generation += 1;
		this.changed();
	}

	/** It is another run: nothing is known. */
	forget(): void {
		this.clear();
		this.#orders.clear();
		this.#latest = Number.NEGATIVE_INFINITY;
		this.#latestOrder = 0;
		this.#lookedAt = Number.NEGATIVE_INFINITY;
		this.#follower = new Follower(this.#options.versionOf);
	}

	#isNew(order: number): boolean {
		if (this.#orders.has(order)) return false;
		this.#orders.add(order);
		if (this.#orders.size > MOST_ORDERS) {
			let count = MOST_ORDERS / 2;
			for (const old of this.#orders) {
				if (count === 0) break;
				this.#orders.delete(old);
				count -= 1;
			}
		}
		return true;
	}

	/** Tells whether it is a packet or an end that others behind it have to be read anew for. */
	#place(kept: Kept): boolean {
		const { at, event, order } = kept.item;
		if (event === "packet" || event === "end") {
			if (at < this.#latest || (order !== undefined && order < this.#latestOrder)) {
				this.#kept.push(kept);
				return true;
			}
			this.#latest = at;
			this.#latestOrder = order ?? this.#latestOrder;
		}
		let index = this.#kept.length;
		while (index > 0 && isBefore(kept, this.#kept[index - 1]!)) index -= 1;
		const line = this.#follower.lineOf(kept);
		if (index === this.#kept.length) {
			this.#kept.push(kept);
			this.#lines.push(line);
		} else {
			this.#kept.splice(index, 0, kept);
			this.#lines = this.#lines.toSpliced(index, 0, line);
			this.generation += 1;
		}
		return false;
	}

	#sort(): void {
		this.#kept.sort((a, b) => (isBefore(a, b) ? -1 : isBefore(b, a) ? 1 : 0));
		this.#follower = new Follower(this.#options.versionOf, this.#follower);
		this.#lines = this.#kept.map(kept => this.#follower.lineOf(kept));
		this.generation += 1;
	}

	#trim(): void {
		const isLong = this.#kept.length >= this.#limit + Math.min(CUT, this.#limit);
		if (!isLong && this.#bytes <= this.#limitBytes) return;
		const least = isLong ? this.#kept.length - this.#limit : 0;
		let count = 0;
		for (; count < this.#kept.length; count += 1) {
			if (count >= least && this.#bytes <= this.#limitBytes) break;
			const { item } = this.#kept[count]!;
			if (item.event === "packet") this.#bytes -= item.bytes.length;
			if (item.event === "end") this.#follower.forget(item.connection);
		}
		this.#kept = this.#kept.slice(count);
		this.#lines = this.#lines.slice(count);
		this.gone += count;
		this.generation += 1;
	}
}

function isBefore(a: Kept, b: Kept): boolean {
	if (a.item.at !== b.item.at) return a.item.at < b.item.at;
	const [one, other] = [a.item.order, b.item.order];
	return one !== undefined && other !== undefined ? one < other : a.key < b.key;
}
