import { describe, expect, it } from "vitest";
import { LIMITS, Model, TABLE_ENTRIES, takeUint16 } from "../../../firmware/vision/model.js";
import { Network } from "../../../firmware/vision/network.js";
import { ROW } from "../../../host-sim/model/kernels.js";
import { Learner } from "../../../host-sim/model/learner.js";
import { quantised, scaleFor } from "../../../host-sim/model/quantise.js";
import { FASHION_RECIPE } from "../../../host-sim/model/recipe.js";
import { TOY_RECIPE, toys } from "../../support/toys.js";

describe("a scale", () => {
	it("is as exact as it can be without any sum needing more than 31 bits", () => {
		for (const factor of [3, 0.7, 0.01, 0.000_123])
			for (const most of [100, 40_000, 3_000_000]) {
				const { multiplier, shift } = scaleFor(factor, most);
				expect(most * multiplier + 2 ** (shift - 1)).toBeLessThan(2 ** 31);
				expect(multiplier).toBeLessThan(65_536);
				const isTight = most * 2 * multiplier + 2 ** shift >= 2 ** 30 || 2 * multiplier >= 65_534 || shift === 31;
				expect(isTight).toBe(true);
				expect(Math.abs(multiplier / 2 ** shift - factor) * 2 ** shift).toBeLessThanOrEqual(0.5);
			}
	});

	it("is refused where there is none", () => {
		expect(() => scaleFor(1e9, 10)).toThrow("out of every bound");
	});
});

describe("a quantised model", () => {
	it("answers on the board's integers as the rounded network does in floating point", () => {
		const pictures = toys(320, 1);
		const learner = new Learner(TOY_RECIPE, pictures);
		learner.quantise();
		const { parameters, stages } = learner.replica;
		// One that has learnt nothing has no biases of its own.
		for (const [i, { bias }] of stages.entries())
			for (let c = 0; c < bias.length; c += 1) parameters[bias.at + c] = ((c + i) % 3) * 0.2 - 0.15;
		const steps = stages.map(({ step }) => step);
		const model = new Model(quantised(TOY_RECIPE, { parameters, steps }, pictures));
		expect([model.version(), model.label(2), model.layers]).toEqual(["shapes-1", "middle", 5]);
		const network = new Network(model);
		learner.isRating = true;
		let apart = 0;
		for (let from = 0; from < pictures.count; from += ROW) {
			learner.rate(pictures, from);
			for (let n = 0; n < ROW; n += 1) {
				network.begin(pictures.pixels.subarray((from + n) * 64, (from + n + 1) * 64));
				while (!network.run(1_000_000));
				for (let c = 0; c < 3; c += 1) {
					// A step of a logit is a sixteenth.
					const logit = network.sums[network.logits + c]! / 16;
					apart = Math.max(apart, Math.abs(logit - learner.replica.output[c * ROW + n]!));
				}
			}
		}
		expect(apart).toBeGreaterThan(0);
		expect(apart).toBeLessThan(0.08);
	});

	it("is the surer of itself the more often it is right", () => {
		const pictures = toys(160, 1);
		const learner = new Learner(TOY_RECIPE, pictures);
		learner.quantise();
		const { parameters, stages } = learner.replica;
		const learnt = { parameters, steps: stages.map(({ step }) => step) };
		const made = (labels: Uint8Array) => new Model(quantised(TOY_RECIPE, learnt, { ...pictures, labels }));
		const network = new Network(made(pictures.labels));
		const said = pictures.labels.map((_, i) => {
			network.begin(pictures.pixels.subarray(i * 64, (i + 1) * 64));
			network.run(Number.POSITIVE_INFINITY);
			return network.label;
		});
		// What is left of one that is two logits lower.
		const left = ({ bytes, table }: Model) => takeUint16(bytes, table + 2 * 32);
		expect(left(made(said))).toBeLessThan(left(made(said.map(label => (label + 1) % 3))) / 2);
	});

	it("of Fashion-MNIST is within what a board has room and time for", () => {
		const pictures = { ...toys(16, 1), width: 28, height: 28, pixels: new Uint8Array(16 * 784).fill(99) };
		const learner = new Learner(FASHION_RECIPE, pictures);
		learner.quantise();
		const { parameters, stages } = learner.replica;
		const steps = stages.map(({ step }) => step);
		const model = new Model(quantised(FASHION_RECIPE, { parameters, steps }, pictures), LIMITS);
		const table = Array.from({ length: TABLE_ENTRIES }, (_, i) => takeUint16(model.bytes, model.table + 2 * i));
		expect([table[0], table.toSorted((a, b) => b - a)]).toEqual([65_535, table]);
		expect(new Network(model).bufferBytes).toBeLessThan(16_384);
	});
});
