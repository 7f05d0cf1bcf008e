import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonReport, putDecimal } from "../../../firmware/telemetry/json.js";

function decimal(value: number, decimals: number): string {
	const bytes = new Uint8Array(40);
	const stop = putDecimal(bytes, 3, value, decimals);
	expect(stop - 3).toBeLessThanOrEqual(24);
	return Buffer.from(bytes.subarray(3, stop)).toString();
}

describe("numbers as bytes", () => {
	it.each([
		[0, 0, "0"],
		[-0, 2, "0.00"],
		[-0.001, 2, "0.00"],
		[0.005, 2, "0.01"],
		[-12.345, 1, "-12.3"],
		[1013.25, 2, "1013.25"],
		[1_763_766_285_123, 0, "1763766285123"],
		[0.49999999999999994, 0, "0"],
		[4_503_599_627_370_497, 0, "4503599627370497"],
		[Number.MAX_SAFE_INTEGER, 0, "9007199254740991"],
		[1e300, 3, "9007199254740.991"],
	])("%d with %i decimals is %s", (value, decimals, expected) => {
		expect(decimal(value, decimals)).toBe(expected);
	});

	it("is as close as the decimals allow", () => {
		fc.assert(
			fc.property(
				fc.double({ min: -1e9, max: 1e9, noNaN: true }),
				fc.integer({ min: 0, max: 6 }),
				(value, decimals) => {
					const text = decimal(value, decimals);
					expect(text).toMatch(decimals === 0 ? /^-?\d+$/ : new RegExp(`^-?\\d+\\.\\d{${decimals}}$`));
					expect(Math.abs(Number(text) - value)).toBeLessThanOrEqual(
						0.5 * 10 ** -decimals * 1.000001 + Math.abs(value) * 2 * Number.EPSILON,
					);
				},
			),
			{ numRuns: 5000 },
		);
	});
});

describe("report", () => {
	it("is JSON, used again and again, without the fields that have no value", () => {
		const report = new JsonReport(["time", "a", "bc"]);
		const read = () => JSON.parse(Buffer.from(report.bytes.subarray(0, report.length)).toString());
		report.begin();
		report.put(0, 1_763_766_285_123, 0);
		report.put(1, -1.5, 2);
		report.put(2, 7, 0);
		expect(report.end()).toBe(report.length);
		expect(read()).toEqual({ time: 1_763_766_285_123, a: -1.5, bc: 7 });
		report.begin();
		report.put(1, Number.NaN, 2);
		report.put(2, Number.POSITIVE_INFINITY, 2);
		report.end();
		expect(read()).toEqual({});
		report.begin();
		for (const field of [0, 1, 2]) report.put(field, -Number.MAX_VALUE, 6);
		report.end();
		expect(Object.keys(read())).toEqual(["time", "a", "bc"]);
	});
});
