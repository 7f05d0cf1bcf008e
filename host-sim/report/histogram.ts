// How long many things took, in memory that does not grow with how many there are: counts in buckets that are as wide as their
// values are large. Below 0.5 ms a bucket is a microsecond; above, each doubling of the time has 256 buckets, so that a
// percentile is off by 0.25 % at most. Smallest, largest, mean and count are exact.

/** Buckets of each doubling. */
const FINENESS = 256;
/** Larger ones count as this, in µs: two years. */
const LARGEST_US = 2 ** 46;

/** What is left to say of a histogram, in ms, to four digits and to the microsecond; null where nothing was measured. */
export interface Percentiles {
	readonly count: number;
	readonly min: number | null;
	readonly mean: number | null;
	readonly p50: number | null;
	readonly p90: number | null;
	readonly p99: number | null;
	readonly max: number | null;
}

/** A histogram as data: the buckets that are not empty, and what is known exactly. */
export interface Counted {
	readonly count: number;
	readonly total: number;
	readonly min: number | null;
	readonly max: number;
	readonly buckets: readonly (readonly [bucket: number, count: number])[];
}

/** So many of them took from `fromMs` to `toMs`. */
export interface Bar {
	readonly fromMs: number;
	readonly toMs: number;
	readonly count: number;
}

export class Histogram {
	count = 0;
	readonly #counts: number[] = [];
	#total = 0;
	#min = Number.POSITIVE_INFINITY;
	#max = 0;

	/** Less than nothing counts as nothing: two clocks may differ. */
	add(milliseconds: number): void {
		const value = Math.max(0, milliseconds);
		const bucket = bucketOf(Math.min(LARGEST_US, Math.round(value * 1000)));
		while (this.#counts.length <= bucket) this.#counts.push(0);
		this.#counts[bucket]! += 1;
		this.count += 1;
		this.#total += value;
		this.#min = Math.min(this.#min, value);
		this.#max = Math.max(this.#max, value);
	}

	/** All of it as plain data, for another process. */
	take(): Counted {
		const buckets = [...this.#counts.entries()].filter(([, count]) => count > 0);
		const { count } = this;
		return { count, total: this.#total, min: count === 0 ? null : this.#min, max: this.#max, buckets };
	}

	/** What another has counted, as if it had been counted here. */
	put({ buckets, count, max, min, total }: Counted): void {
		for (const [bucket, more] of buckets) {
			while (this.#counts.length <= bucket) this.#counts.push(0);
			this.#counts[bucket]! += more;
		}
		this.count += count;
		this.#total += total;
		this.#min = Math.min(this.#min, min ?? Number.POSITIVE_INFINITY);
		this.#max = Math.max(this.#max, max);
	}

	/** The time in ms that so large a share of them did not exceed, from 0 to 1; NaN where there are none. */
	quantile(share: number): number {
		if (this.count === 0) return Number.NaN;
		const rank = Math.max(1, Math.ceil(share * this.count));
		if (rank === this.count) return this.#max;
		let seen = 0;
		for (const [bucket, count] of this.#counts.entries()) {
			seen += count;
			if (seen >= rank) return Math.min(this.#max, Math.max(this.#min, middleOf(bucket) / 1000));
		}
		return this.#max;
	}

	percentiles(): Percentiles {
		const { count } = this;
		if (count === 0) return { count, min: null, mean: null, p50: null, p90: null, p99: null, max: null };
		return {
			count,
			min: rounded(this.#min),
			mean: rounded(this.#total / count),
			p50: rounded(this.quantile(0.5)),
			p90: rounded(this.quantile(0.9)),
			p99: rounded(this.quantile(0.99)),
			max: rounded(this.#max),
		};
	}

	/** The same as few bars, `perDoubling` for each doubling of the time, from the first that is not empty to the last. */
	bars(perDoubling: number): Bar[] {
		const bars = new Map<number, number>();
		for (const [bucket, count] of this.#counts.entries()) {
			if (count === 0) continue;
			const bar = Math.floor(Math.log2(Math.max(1, middleOf(bucket))) * perDoubling);
			bars.set(bar, (bars.get(bar) ?? 0) + count);
		}
		if (bars.size === 0) return [];
		const first = Math.min(...bars.keys());
		const last = Math.max(...bars.keys());
		return Array.from({ length: last - first + 1 }, (_, i) => ({
			fromMs: 2 ** ((first + i) / perDoubling) / 1000,
			toMs: 2 ** ((first + i + 1) / perDoubling) / 1000,
			count: bars.get(first + i) ?? 0,
		}));
	}
}

function bucketOf(value: number): number {
	if (value < 2 * FINENESS) return value;
	const doublings = Math.floor(Math.log2(value / FINENESS));
	return doublings * FINENESS + Math.floor(value / 2 ** doublings);
}

/** The time in the middle of it, in µs. */
function middleOf(bucket: number): number {
	if (bucket < 2 * FINENESS) return bucket;
	const doublings = Math.floor(bucket / FINENESS) - 1;
	return (bucket - doublings * FINENESS + 0.5) * 2 ** doublings - 0.5;
}

function rounded(milliseconds: number): number {
	return Math.round(Number(milliseconds.toPrecision(4)) * 1000) / 1000;
}
