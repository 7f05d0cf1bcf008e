import { describe, expect, it } from "vitest";
import { SeededRandom } from "../../../host-sim/world/random.js";

describe("seeded randomness", () => {
	it("is the same from the same seed, evenly spread, and forks by name only", () => {
		const a = new SeededRandom(42);
		const b = new SeededRandom(42);
		a.next();
		expect(a.fork("x").next()).toBe(b.fork("x").next());
		expect(a.fork("x").next()).not.toBe(b.fork("y").next());
		const counts = new Array<number>(16).fill(0);
		for (let i = 0; i < 16_000; i += 1) counts[b.next() >>> 28]! += 1;
		for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
		let sum = 0;
		for (let i = 0; i < 10_000; i += 1) sum += b.gauss(2) ** 2;
		expect(Math.sqrt(sum / 10_000)).toBeCloseTo(2, 1);
		for (let i = 0; i < 1000; i += 1) expect([3, 4, 5]).toContain(b.between(3, 5));
	});
});
