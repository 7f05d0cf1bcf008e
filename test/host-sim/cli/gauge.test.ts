import { expect, it } from "vitest";
import { Gauge } from "../../../host-sim/cli/gauge.js";

it("measures time, processor and memory for each board", () => {
	const gauge = new Gauge();
	const kept = Array.from({ length: 100 }, () => new Uint8Array(100_000).fill(1));
	const end = performance.now() + 120;
	while (performance.now() < end);
	const cost = gauge.read(12_000, 100);
	expect(cost.wallMs).toBeGreaterThanOrEqual(120);
	expect(cost.cpuMs).toBeGreaterThan(50);
	expect(Math.abs(cost.ratio - 12_000 / cost.wallMs)).toBeLessThan(1);
	expect(cost.bytesPerBoard).toBeGreaterThan(90_000);
	expect(cost.bytesPerBoard).toBeLessThan(150_000);
	expect(kept.length).toBe(100);
});

it("does not count what is garbage", () => {
	const gauge = new Gauge();
	for (let i = 0; i < 1000; i += 1) new Uint8Array(100_000).fill(1);
	expect(gauge.read(1, 1).bytesPerBoard).toBeLessThan(20_000_000);
});
