import { describe, expect, it } from "vitest";
import { train } from "../../../host-sim/model/trainer.js";
import { TOY_RECIPE, toys } from "../../support/toys.js";

describe("a worker", () => {
	it("tells of its steps and of every epoch, in order, and gets better", async () => {
		const steps: number[] = [];
		const epochs: [epoch: number, loss: number, right: number][] = [];
		await train(
			TOY_RECIPE,
			{ train: toys(1000, 1), validation: toys(300, 2) },
			{
				workers: 2,
				onStep: (step, all) => {
					steps.push(step);
					expect(all).toBe(15 * 6);
				},
				onEpoch: (...told) => epochs.push(told),
			},
		);
		expect(steps).toEqual([20, 40, 60, 80]);
		expect(epochs.map(([epoch]) => epoch)).toEqual([0, 1, 2, 3, 4, 5]);
		expect(epochs.at(-1)![1]).toBeLessThan(epochs[0]![1] / 2);
		expect(epochs.at(-1)![2]).toBeGreaterThan(0.95);
	});

	it("fails loudly where it cannot work", async () => {
		const odd = { ...TOY_RECIPE, labels: [], design: { ...TOY_RECIPE.design, layers: [] } };
		await expect(train(odd, { train: toys(64, 1), validation: toys(16, 2) }, { workers: 1 })).rejects.toThrow();
	});
});
