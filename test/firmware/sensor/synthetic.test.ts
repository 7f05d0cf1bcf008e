import { describe, expect, it } from "vitest";
import { SyntheticSensor } from "../../../firmware/sensor/synthetic.js";

describe("synthetic sensor", () => {
	it("stays within a pleasant day, moves slowly, and does not jump where the clock wraps", () => {
		let now = 0x7fff_ffff - 100_000;
		const sensor = new SyntheticSensor({ now: () => now | 0, wall: () => 0 });
		let last = sensor.sample();
		const seen = { low: 100, high: -100 };
		for (let i = 0; i < 5000; i += 1) {
			now += 1000;
			const sample = sensor.sample();
			seen.low = Math.min(seen.low, sample.temperature!);
			seen.high = Math.max(seen.high, sample.temperature!);
			expect(Math.abs(sample.temperature! - last.temperature!)).toBeLessThan(0.05);
			expect(sample.humidity).toBeGreaterThanOrEqual(0.349);
			expect(sample.humidity).toBeLessThanOrEqual(0.551);
			expect(sample.pressure).toBeGreaterThanOrEqual(100_524);
			expect(sample.pressure).toBeLessThanOrEqual(102_126);
			last = sample;
		}
		expect(seen.low).toBeCloseTo(18, 1);
		expect(seen.high).toBeCloseTo(24, 1);
	});
});
