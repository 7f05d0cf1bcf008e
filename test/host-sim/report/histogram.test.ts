import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Histogram } from "../../../host-sim/report/histogram.js";

function histogramOf(values: readonly number[]): Histogram {
	const histogram = new Histogram();
	for (const value of values) histogram.add(value);
	return histogram;
}

describe("a histogram", () => {
	it("has the percentiles of a sorted list, to 0.25 % or half a microsecond", () => {
		const time = fc.oneof(
			fc.double({ min: 0, max: 2, noNaN: true }),
			fc.double({ min: 0, max: 1000, noNaN: true }),
			fc.integer({ min: 0, max: 1_000_000_000 }),
		);
		fc.assert(
			fc.property(
				fc.array(time, { minLength: 1, maxLength: 300 }),
				fc.double({ min: 0, max: 1, noNaN: true }),
				(values, share) => {
					const sorted = [...values].sort((a, b) => a - b);
					const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]!;
					const told = histogramOf(values).quantile(share);
					expect(Math.abs(told - exact)).toBeLessThanOrEqual(exact * 0.0025 + 0.0005);
				},
			),
			{ numRuns: 500 },
		);
	});

	it("knows the smallest, the largest, the mean and the count exactly", () => {
		expect(histogramOf([4, 1, 7]).percentiles()).toEqual({
			count: 3,
			min: 1,
			mean: 4,
			p50: 4.003,
			p90: 7,
			p99: 7,
			max: 7,
		});
		expect(histogramOf([0.1234]).percentiles()).toMatchObject({ min: 0.123, p50: 0.123, max: 0.123 });
	});

	it("has no percentiles where nothing was measured, and takes less than nothing for nothing", () => {
		const none = { count: 0, min: null, mean: null, p50: null, p90: null, p99: null, max: null };
		expect(new Histogram().percentiles()).toEqual(none);
		expect(new Histogram().bars(4)).toEqual([]);
		expect(histogramOf([-3]).percentiles()).toMatchObject({ count: 1, min: 0, max: 0 });
	});

	it("takes two years, and more, in bounded memory", () => {
		const histogram = histogramOf([1e30]);
		expect(histogram.quantile(1)).toBe(1e30);
		expect(histogram.quantile(0.5)).toBe(1e30);
	});

	it("counts every value in exactly one bar, one behind the other", () => {
		fc.assert(
			fc.property(
				fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 100 }),
				values => {
					const bars = histogramOf(values).bars(4);
					expect(bars.reduce((total, { count }) => total + count, 0)).toBe(values.length);
					for (const [i, { toMs }] of bars.slice(0, -1).entries()) expect(bars[i + 1]!.fromMs).toBe(toMs);
					expect(bars[0]!.count).toBeGreaterThan(0);
					// Times are counted to the microsecond.
					expect(bars.at(-1)!.toMs * 1.0025 + 0.0005).toBeGreaterThanOrEqual(Math.max(...values));
				},
			),
			{ examples: [[[0.001192180132790228]]] },
		);
	});
});
