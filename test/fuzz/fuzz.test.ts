// What a hostile server has found once, and a few seconds of something new.

import { expect, it } from "vitest";
import seeds from "./corpus/seeds.json" with { type: "json" };
import { fuzz } from "./fuzz.js";

it.each(seeds as number[])("seed %i, which has found something once", seed => {
	fuzz(seed);
});

it("five seconds of a hostile server find nothing, and reach all there is", () => {
	const stop = performance.now() + 5000;
	let seed = 1;
	const sum = { sent: 0, delivered: 0, broken: 0 };
	for (; performance.now() < stop; seed += 1) {
		const { broken, delivered, sent } = fuzz(seed);
		sum.sent += sent;
		sum.delivered += delivered;
		sum.broken += broken;
	}
	expect(sum.delivered).toBeGreaterThan(seed);
	expect(sum.broken).toBeGreaterThan(seed);
}, 30_000);
