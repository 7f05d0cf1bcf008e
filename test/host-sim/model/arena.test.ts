import { describe, expect, it } from "vitest";
import { Arena } from "../../../host-sim/model/arena.js";

describe("the arena", () => {
	it("shares out memory on boundaries of 64, and none of the first 64 bytes, which stay 0", () => {
		const arena = new Arena();
		const [a, b] = [arena.take(1), arena.take(65)];
		const c = arena.take(1);
		expect([a % 64, b - a, c - b]).toEqual([0, 64, 128]);
		expect(a).toBeGreaterThanOrEqual(64);
	});

	it("has parameters, gradients and what was seen each in one piece", () => {
		const arena = new Arena();
		const [first, second] = [arena.parameter(3), arena.parameter(5)];
		const seen = arena.statistic(2);
		arena.close();
		expect([arena.parameters.length, arena.gradients.length, arena.statistics.length]).toEqual([8, 10, 2]);
		expect([second.at, arena.gradientAt(second) - arena.gradientAt(first)]).toEqual([3, 12]);
		expect(arena.gradients.byteOffset + 32).toBe(arena.seenAt(seen));
	});

	it("has the words that were written before there was memory", () => {
		const arena = new Arena();
		const at = arena.write([7, -9]);
		arena.close();
		expect([...new Int32Array(arena.kernels.memory, at, 2)]).toEqual([7, -9]);
	});
});
