import { expect, it } from "vitest";
import { Rate } from "../../../host-sim/watch/rate.js";

it("needs two times", () => {
	const rate = new Rate();
	expect(rate.perMinute(0)).toBe(undefined);
	rate.handle(1, 1000);
	expect(rate.perMinute(5000)).toBe(undefined);
	rate.handle(1, 2000);
	expect(rate.perMinute(2000)).toBe(60);
});

it.each([
	[1000, 1, 60],
	[600_000, 1, 0.1],
	[10_000, 5, 30],
])("every %i ms, %i at a time, are %f a minute", (every, count, perMinute) => {
	const rate = new Rate();
	for (let i = 0; i < 50; i += 1) rate.handle(count, i * every);
	expect(rate.perMinute(49 * every + every / 2)).toBeCloseTo(perMinute, 9);
});

it("fades in a silence", () => {
	const rate = new Rate();
	for (let i = 0; i < 8; i += 1) rate.handle(1, i * 1000);
	expect(rate.perMinute(10_000)).toBe(60);
	expect(rate.perMinute(11_000)).toBeCloseTo(38.18, 2);
	expect(rate.perMinute(7 * 60_000)).toBeCloseTo(1, 9);
});

it("at one moment is none", () => {
	const rate = new Rate();
	rate.handle(1, 5);
	rate.handle(1, 5);
	expect(rate.perMinute(5)).toBe(undefined);
});
