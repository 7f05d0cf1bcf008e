// Real threads, on a small net and a small set.

import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Model } from "../../../firmware/vision/model.js";
import { measure } from "../../../host-sim/model/measure.js";
import { quantised } from "../../../host-sim/model/quantise.js";
import { train } from "../../../host-sim/model/trainer.js";
import { TOY_RECIPE, toys } from "../../support/toys.js";

const SET = { train: toys(1000, 1), validation: toys(300, 2) };

async function trained(workers: number, seed = TOY_RECIPE.seed): Promise<Uint8Array> {
	const recipe = { ...TOY_RECIPE, seed };
	const learnt = await train(recipe, SET, { workers });
	return quantised(recipe, learnt!, SET.validation);
}

const hashOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("training", () => {
	it("gives the same model bit for bit with any number of workers, and on any machine", async () => {
		const [one, two, three] = [await trained(1), await trained(2), await trained(3)];
		expect([hashOf(two), hashOf(three)]).toEqual([hashOf(one), hashOf(one)]);
		expect(hashOf(one)).toBe("047b44d2af6cbf51e7d20f8e7f9e867256609735208c96f346555cea69a09a23");
	});

	it("gives another with another seed", async () => {
		expect(hashOf(await trained(2, 8))).not.toBe(hashOf(await trained(2)));
	});

	it("gives one that recognises what it has never seen", async () => {
		const { accuracy } = measure(new Model(await trained(2)), toys(500, 3));
		expect(accuracy).toBeGreaterThan(0.95);
	});

	it("ends without a model where it is aborted", async () => {
		const controller = new AbortController();
		const recipe = { ...TOY_RECIPE, epochs: 100_000 };
		const learnt = train(recipe, SET, {
			workers: 2,
			signal: controller.signal,
			onEpoch: () => controller.abort(),
		});
		expect(await learnt).toBeUndefined();
	});
});
