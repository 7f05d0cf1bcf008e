// What happened when, for plots: counts in slices of time, always fewer than a few hundred. When time runs out of them, two
// slices become one, so that a year costs no more memory than a minute.

/** At most so many slices; half of them or more are in use, except at the very beginning. */
const MOST = 240;
const FIRST_MS = 100;

export interface Slice {
	published: number;
	acknowledged: number;
	arrived: number;
	/** The fewest boards that were online at any moment of it. */
	online: number;
}

/** Something that went wrong, at its moment. */
export interface Mark {
	readonly atMs: number;
	readonly what: string;
	/** How many did at once, or nearly. */
	count: number;
}

export class Series {
	sliceMs = FIRST_MS;
	readonly slices: Slice[] = [];
	/** At most one for each slice. */
	readonly marks: Mark[] = [];
	#online = 0;

	/** So many boards are online from now on. */
	setOnline(nowMs: number, online: number): void {
		const slice = this.#at(nowMs);
		this.#online = online;
		slice.online = Math.min(slice.online, online);
	}

	count(nowMs: number, what: "published" | "acknowledged" | "arrived"): void {
		this.#at(nowMs)[what] += 1;
	}

	/** Once for what happens again and again in one slice. */
	mark(nowMs: number, what: string): void {
		this.#at(nowMs);
		const last = this.marks.at(-1);
		if (last !== undefined && this.#numberOf(last.atMs) === this.#numberOf(nowMs)) last.count += 1;
		else this.marks.push({ atMs: nowMs, what, count: 1 });
	}

	/** Time has passed until then, whatever has happened. */
	close(nowMs: number): void {
		this.#at(nowMs);
	}

	#at(nowMs: number): Slice {
		while (this.#numberOf(nowMs) >= MOST) this.#fold();
		const number = this.#numberOf(nowMs);
		while (this.slices.length <= number)
			this.slices.push({ published: 0, acknowledged: 0, arrived: 0, online: this.#online });
		return this.slices[number]!;
	}

	#numberOf(ms: number): number {
		return Math.max(0, Math.floor(ms / this.sliceMs));
	}

	#fold(): void {
		const folded: Slice[] = [];
		for (let i = 0; i < this.slices.length; i += 2) {
			const [a, b] = this.slices.slice(i, i + 2) as [Slice, Slice?];
			folded.push(b === undefined ? a : { ...added(a, b), online: Math.min(a.online, b.online) });
		}
		this.slices.splice(0, this.slices.length, ...folded);
		this.sliceMs *= 2;
		for (let i = this.marks.length - 1; i > 0; i -= 1)
			if (this.#numberOf(this.marks[i]!.atMs) === this.#numberOf(this.marks[i - 1]!.atMs)) {
				this.marks[i - 1]!.count += this.marks[i]!.count;
				this.marks.splice(i, 1);
			}
	}
}

/** The counts of both, and who is online in both. */
function added(a: Slice, b: Slice): Slice {
	return {
		published: a.published + b.published,
		acknowledged: a.acknowledged + b.acknowledged,
		arrived: a.arrived + b.arrived,
		online: a.online + b.online,
	};
}

/** What is left of a series, as data. */
export interface Slices {
	readonly sliceMs: number;
	readonly slices: readonly Slice[];
	readonly marks: readonly Mark[];
}

/** Several at once that began together: all of their slices are as wide as the widest, and as long as the longest. */
export function mergedSeries(all: readonly Slices[]): Slices {
	const sliceMs = Math.max(...all.map(each => each.sliceMs));
	const slices: Slice[] = [];
	for (const each of all) {
		// Widths are doubled, so that so many of them are one of ours.
		const ratio = sliceMs / each.sliceMs;
		for (let at = 0; at * ratio < each.slices.length; at += 1) {
			const slice = each.slices
				.slice(at * ratio, (at + 1) * ratio)
				.reduce((a, b) => ({ ...added(a, b), online: Math.min(a.online, b.online) }));
			slices[at] = slices[at] === undefined ? slice : added(slices[at]!, slice);
		}
	}
	return { sliceMs, slices, marks: all.flatMap(({ marks }) => marks).sort((a, b) => a.atMs - b.atMs) };
}
