import { describe, expect, it } from "vitest";
import { exponential, logarithm } from "../../../host-sim/model/arithmetic.js";

describe("arithmetic of its own", () => {
	it("agrees with Math to fifteen digits", () => {
		for (let x = -60; x <= 60; x += 0.37) {
			expect(exponential(x) / Math.exp(x)).toBeCloseTo(1, 13);
			const value = Math.exp(x);
			expect(Math.abs(logarithm(value) - Math.log(value))).toBeLessThan(1e-14 * (1 + Math.abs(x)));
		}
	});

	it("is exact where that is known", () => {
		expect([exponential(0), exponential(-1000), logarithm(1)]).toEqual([1, 0, 0]);
	});

	it("gives the bits that it has always given", () => {
		const bits = (value: number) => Buffer.from(Float64Array.of(value).buffer).toString("hex");
		expect([exponential(1), exponential(-2.5), logarithm(10)].map(bits)).toEqual([
			"6a57148b0abf0540",
			"25f494c08503b53f",
			"1555b5bbb16b0240",
		]);
	});
});
