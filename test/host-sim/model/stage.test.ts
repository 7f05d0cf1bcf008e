import { describe, expect, it } from "vitest";
import { Arena } from "../../../host-sim/model/arena.js";
import type { Design } from "../../../host-sim/model/design.js";
import { ROW } from "../../../host-sim/model/kernels.js";
import { MOST_VALUE, scaleOf, stagesOf } from "../../../host-sim/model/stage.js";
import { SeededRandom } from "../../../host-sim/world/random.js";

const DESIGN: Design = {
	input: { channels: 1, height: 4, width: 4 },
	layers: [
		{ kind: "convolution", channels: 2, kernel: 3, stride: 1, padding: 1 },
		{ kind: "max" },
		{ kind: "dense", channels: 3 },
	],
};

function made() {
	const arena = new Arena();
	const stages = stagesOf(DESIGN, arena);
	arena.close();
	for (const stage of stages) stage.bind();
	const random = new SeededRandom(3);
	for (let i = 0; i < arena.parameters.length; i += 1) arena.parameters[i] = random.fraction() - 0.4;
	for (let i = 0; i < stages[0]!.input.length; i += 1) stages[0]!.input[i] = random.fraction();
	return { arena, first: stages[0]!, last: stages[1]!, stages };
}

describe("a stage", () => {
	it("takes its pool along, and only the last one has no norm", () => {
		const { first, last, stages } = made();
		expect(stages.length).toBe(2);
		expect(first.shape).toEqual({ channels: 2, height: 2, width: 2 });
		expect([first.factor.length, first.mean.length, last.factor.length, last.mean.length]).toEqual([2, 2, 0, 0]);
	});

	it("norms what it learns from to a mean of shift and a deviation of factor, before it is rectified", () => {
		const { arena, first } = made();
		// So high that nothing is below 0.
		arena.parameters.set([1, 2], first.factor.at);
		arena.parameters.set([20, 30], first.shift.at);
		first.prepare("learning");
		first.forward("learning");
		for (const [c, [factor, shift]] of [
			[1, 20],
			[2, 30],
		].entries() as Iterable<[number, [number, number]]>) {
			const values = [...first.output.subarray(c * 4 * ROW, (c + 1) * 4 * ROW)];
			const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
			const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
			expect(mean).toBeCloseTo(shift, 3);
			expect(Math.sqrt(variance)).toBeGreaterThan(factor * 0.9);
			expect(Math.sqrt(variance)).toBeLessThanOrEqual(factor * 1.001);
		}
	});

	it("quantised has 256 values, and none beyond", () => {
		const { first } = made();
		first.step = 0.004;
		first.prepare("quantised");
		first.forward("quantised");
		const steps = [...first.output].map(value => value / first.step);
		for (const step of steps) expect(Math.abs(step - Math.round(step))).toBeLessThan(1e-3);
		expect([Math.min(...steps), Math.round(Math.max(...steps))]).toEqual([0, MOST_VALUE]);
	});

	it("has a step for weights of which the largest is 127", () => {
		expect(scaleOf(Float32Array.of(9, 1, -2.54, 0.5), 1, 3)).toBeCloseTo(0.02, 6);
		expect(scaleOf(new Float32Array(3), 0, 3)).toBe(1);
	});
});
