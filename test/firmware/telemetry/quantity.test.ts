import { describe, expect, it } from "vitest";
import { DECIMALS, QUANTITIES, reportedValue } from "../../../firmware/telemetry/quantity.js";

describe("quantities", () => {
	it("are in the units of the JSON: percent, hectopascal, and the others as a sensor gives them", () => {
		const sample = {
			temperature: 21.5,
			humidity: 0.4,
			pressure: 101_300,
			accelerationX: 1,
			accelerationY: 2,
			accelerationZ: 9.81,
			position: 0.25,
			voltage: 3.3,
		};
		expect(QUANTITIES.map((_, i) => reportedValue(sample, i))).toEqual([21.5, 40, 1013, 1, 2, 9.81, 0.25, 3.3]);
		expect(QUANTITIES.map((_, i) => reportedValue({}, i))).toEqual(QUANTITIES.map(() => undefined));
	});

	it("have decimals, and fit into the bits of a byte", () => {
		expect(DECIMALS.length).toBe(QUANTITIES.length);
		expect(QUANTITIES.length).toBeLessThanOrEqual(8);
	});
});
