import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linesOf } from "../../../../host-sim/web/readings/lines.js";
import { Series } from "../../../../host-sim/web/readings/series.js";

const TEMPERATURE = 0;

/** Numbers are in seconds; those that are left out are missing. */
function seriesOf(seqs: readonly number[], reads: (seq: number) => number | undefined, offset = 0) {
	const series = new Series(10_000);
	let last = 0;
	for (const seq of seqs) {
		const temperature = reads(seq);
		const values = temperature === undefined ? {} : { temperature };
		const reading = { time: 1000 * seq + offset, values };
		series.take({ boot: 1, seq, late: false, readings: [reading] }, 1e9);
		if (last > 0 && seq > last + 1) series.tellMissing(1, last + 1);
		last = seq;
	}
	return series;
}

describe("a line", () => {
	it("has all its readings between the times, and those next to them, so that it reaches the edges", () => {
		const series = seriesOf([1, 2, 3, 4, 5, 6], seq => 10 * seq);
		const { gaps, times, values } = linesOf([series], TEMPERATURE, 2500, 4500, 100);
		expect({ gaps, times, values }).toEqual({ gaps: [], times: [2000, 3000, 4000, 5000], values: [[20, 30, 40, 50]] });
	});

	it("is broken where readings are missing, whatever other lines have there", () => {
		const holed = seriesOf([1, 2, 6, 7], seq => seq);
		const whole = seriesOf([1, 2, 3, 4, 5, 6, 7], seq => -seq, 100);
		const { gaps, times, values } = linesOf([holed, whole], TEMPERATURE, 0, 9000, 100);
		expect(gaps).toEqual([{ line: 0, from: 2000, to: 6000, missing: 3 }]);
		const inside = times.flatMap((time, i) => (time > 2000 && time < 6000 ? [values[0]![i]] : []));
		expect(inside).toEqual([null, null, null, null, null]);
		expect(times.flatMap((time, i) => (time > 6000 ? [values[0]![i]] : []))).toEqual([undefined, 7, undefined]);
		expect(values[1]!.filter(value => value !== undefined)).toEqual([-1, -2, -3, -4, -5, -6, -7]);
		expect(values[1]).not.toContain(null);
	});

	it("goes on where a reading does not speak of it", () => {
		const series = seriesOf([1, 2, 3], seq => (seq === 2 ? undefined : seq));
		expect(linesOf([series], TEMPERATURE, 0, 9000, 100).values).toEqual([[1, 3]]);
	});

	it("of a board that has said nothing is empty", () => {
		expect(linesOf([undefined, seriesOf([1], () => 5)], TEMPERATURE, 0, 9000, 100)).toEqual({
			times: [1000],
			values: [[undefined], [5]],
			gaps: [],
		});
	});
});

it("however many readings there are, points are few, and lowest and highest, breaks and gaps are among them", () => {
	fc.assert(
		fc.property(fc.uniqueArray(fc.integer({ min: 2, max: 1998 }), { maxLength: 6 }), fc.nat(1000), (left, seed) => {
			const seqs = Array.from({ length: 2000 }, (_, i) => i).filter(seq => seq > 0 && !left.includes(seq));
			const reads = (seq: number) => Math.sin((seq + seed) * 12.9898) * 43_758;
			const { gaps, times, values } = linesOf([seriesOf(seqs, reads)], TEMPERATURE, 0, 2_000_000, 100);
			expect(times.length).toBeLessThanOrEqual(2 * 100 + 4 + 4 * left.length);
			expect(times).toEqual([...times].sort((a, b) => a - b));
			const all = seqs.map(reads);
			const drawn = values[0]!.filter(value => typeof value === "number");
			expect([Math.min(...drawn), Math.max(...drawn)]).toEqual([Math.min(...all), Math.max(...all)]);
			expect(gaps.reduce((sum, { missing }) => sum + missing, 0)).toBe(left.length);
			expect(values[0]!.filter(value => value === null).length).toBe(gaps.length);
			// Each value stands at the time that it has.
			times.forEach((time, i) => {
				const value = values[0]![i];
				if (typeof value === "number") expect(value).toBe(reads(time / 1000));
			});
		}),
		{ numRuns: 50 },
	);
});
