// What a chart draws: lines of several boards over one axis of time, with breaks where something is missing. However many readings
// there are, a line has no more points than the picture has room for: of each narrow stretch of time the lowest and the highest.

import type { Series } from "./series.js";

/** A line that is broken ends as soon as can be, in ms. */
const BREAK_MS = 0.01;

/** What has not come, between two readings of a line. */
export interface LineGap {
	/** Which line. */
	readonly line: number;
	readonly from: number;
	readonly to: number;
	readonly missing: number;
}

export interface Lines {
	/** Times, and for each line its values there: null where it is broken, undefined where only other lines have any. */
	readonly times: number[];
	readonly values: (number | null | undefined)[][];
	readonly gaps: readonly LineGap[];
}

interface Line {
	readonly times: number[];
	/** Null for a break. */
	readonly values: (number | null)[];
}

/** Of that quantity, between these times; the readings next to both are part of it. `stretches`: into how many the time is cut. */
export function linesOf(
	list: readonly (Series | undefined)[],
	quantity: number,
	from: number,
	to: number,
	stretches: number,
): Lines {
	const gaps: LineGap[] = [];
	const lines = list.map((series, line) =>
		series === undefined ? { times: [], values: [] } : lineOf(series, quantity, from, to, stretches, line, gaps),
	);
	return { ...merged(lines), gaps };
}

function lineOf(
	series: Series,
	quantity: number,
	from: number,
	to: number,
	stretches: number,
	line: number,
	gaps: LineGap[],
): Line {
	const begin = Math.max(0, series.from(from) - 1);
	const end = Math.min(series.count, series.from(to) + 1);
	const width = (to - from) / stretches;
	const isThinned = end - begin > 2 * stretches;
	const result: Line = { times: [], values: [] };
	const stretch = new Stretch(result);
	for (let i = begin; i < end; i += 1) {
		const time = series.time(i);
		const gap = i > begin ? series.breakBefore(i) : undefined;
		if (gap !== undefined) {
			const before = series.time(i - 1);
			stretch.finish();
			// Behind the one, and before anything of another line may be.
			result.times.push(before + Math.min(BREAK_MS, (time - before) / 2));
			result.values.push(null);
			if (gap.missing > 0) gaps.push({ line, from: before, to: time, missing: gap.missing });
		}
		const value = series.value(i, quantity);
		if (value === undefined) continue;
		stretch.take(isThinned ? Math.floor((time - from) / width) : i, time, value);
	}
	stretch.finish();
	return result;
}

/** The lowest and the highest reading of a stretch of time. */
class Stretch {
	readonly #line: Line;
	#number: number | undefined;
	#low = 0;
	#lowTime = 0;
	#high = 0;
	#highTime = 0;

	constructor(line: Line) {
		this.#line = line;
	}

	take(number: number, time: number, value: number): void {
		if (number !== this.#number) {
			this.finish();
			this.#number = number;
			this.#low = value;
			this.#high = value;
			this.#lowTime = time;
			this.#highTime = time;
		} else if (value < this.#low) {
			this.#low = value;
			this.#lowTime = time;
		} else if (value > this.#high) {
			this.#high = value;
			this.#highTime = time;
		}
	}

	finish(): void {
		if (this.#number === undefined) return;
		this.#number = undefined;
		const { times, values } = this.#line;
		const isLowFirst = this.#lowTime <= this.#highTime;
		times.push(isLowFirst ? this.#lowTime : this.#highTime);
		values.push(isLowFirst ? this.#low : this.#high);
		if (this.#lowTime === this.#highTime) return;
		times.push(isLowFirst ? this.#highTime : this.#lowTime);
		values.push(isLowFirst ? this.#high : this.#low);
	}
}

/** One axis for all of them. Two of a line at the same time become one. */
function merged(lines: readonly Line[]): Pick<Lines, "times" | "values"> {
	const times: number[] = [];
	const values = lines.map((): (number | null | undefined)[] => []);
	const at = lines.map(() => 0);
	const broken = lines.map(() => false);
	for (;;) {
		let time = Number.POSITIVE_INFINITY;
		lines.forEach((line, i) => {
			time = Math.min(time, line.times[at[i]!] ?? Number.POSITIVE_INFINITY);
		});
		if (time === Number.POSITIVE_INFINITY) return { times, values };
		times.push(time);
		lines.forEach((line, i) => {
			// Whatever others have within a break, it is one.
			let value: number | null | undefined = broken[i]! ? null : undefined;
			while (line.times[at[i]!] === time) {
				value = line.values[at[i]!]!;
				broken[i] = value === null;
				at[i]! += 1;
			}
			values[i]!.push(value);
		});
	}
}
