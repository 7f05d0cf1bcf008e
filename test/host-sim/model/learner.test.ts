import { describe, expect, it } from "vitest";
import { ROW } from "../../../host-sim/model/kernels.js";
import { Learner, showPicture } from "../../../host-sim/model/learner.js";
import { TOY_RECIPE, toys } from "../../support/toys.js";

describe("a learner", () => {
	it("learns the same from a part whatever it has done before", () => {
		const [busy, fresh] = [new Learner(TOY_RECIPE, toys(200, 1)), new Learner(TOY_RECIPE, toys(200, 1))];
		for (const learner of [busy, fresh]) learner.shuffle(3);
		busy.learn(3, 1, 2);
		expect(busy.learn(3, 2, 1)).toBe(fresh.learn(3, 2, 1));
		expect(busy.replica.gradients).toEqual(fresh.replica.gradients);
		expect(busy.learn(3, 2, 0)).not.toBe(fresh.learn(3, 2, 1));
	});

	it("shows other pictures in another epoch", () => {
		const learner = new Learner(TOY_RECIPE, toys(200, 1));
		learner.shuffle(0);
		learner.learn(0, 0, 0);
		const first = learner.replica.input.slice();
		learner.shuffle(1);
		learner.learn(1, 0, 0);
		expect(learner.replica.input).not.toEqual(first);
	});

	it("makes a step from the sum of all parts", () => {
		const [apart, together] = [new Learner(TOY_RECIPE, toys(200, 1)), new Learner(TOY_RECIPE, toys(200, 1))];
		const { length } = apart.replica.gradients;
		const parts = Float32Array.from({ length: 4 * length }, (_, i) => ((i % length) + 1) / 1024);
		apart.step(parts, 0.5);
		together.step(
			parts.subarray(0, length).map(value => value * 4),
			0.5,
		);
		expect(apart.replica.parameters).toEqual(together.replica.parameters);
		expect(apart.replica.parameters).not.toEqual(new Learner(TOY_RECIPE, toys(200, 1)).replica.parameters);
	});

	it("rates a last part that is not full by the pictures that there are", () => {
		const learner = new Learner(TOY_RECIPE, toys(200, 1));
		learner.isRating = true;
		expect(learner.rate(toys(17, 1), 16)).toBeLessThanOrEqual(1);
	});

	it("gives the same answers when norms have gone into weights, but for rounding", () => {
		const pictures = toys(640, 1);
		const learner = new Learner(TOY_RECIPE, pictures);
		learner.shuffle(0);
		for (let step = 0; step < 10; step += 1) {
			const gradients: number[] = [];
			for (let part = 0; part < 4; part += 1) {
				learner.learn(0, step, part);
				gradients.push(...learner.replica.gradients);
			}
			learner.step(Float32Array.from(gradients), 0.3);
		}
		learner.isRating = true;
		learner.rate(pictures, 0);
		const before = learner.replica.output.slice();
		learner.quantise();
		learner.isRating = true;
		learner.rate(pictures, 0);
		const apart = learner.replica.output.map((value, i) => Math.abs(value - before[i]!));
		expect(Math.max(...apart)).toBeLessThan(0.1 * (Math.max(...before) - Math.min(...before)));
		expect(Math.max(...apart)).toBeGreaterThan(0);
	});
});

describe("a picture", () => {
	const pictures = {
		width: 2,
		height: 2,
		count: 1,
		pixels: Uint8Array.of(51, 102, 153, 255),
		labels: Uint8Array.of(0),
	};
	const shown = (view?: Parameters<typeof showPicture>[4]) => {
		const input = new Float32Array(4 * ROW);
		showPicture(input, 3, pictures, 0, view);
		return [0, 1, 2, 3].map(pixel => Math.round(input[pixel * ROW + 3]! * 5));
	};

	it("is in a column of its own, from 0 to 1", () => {
		expect(shown()).toEqual([1, 2, 3, 5]);
	});

	it("can be turned left to right and moved, with nothing beyond its edges", () => {
		expect(shown({ isTurned: true, right: 0, down: 0 })).toEqual([2, 1, 5, 3]);
		expect(shown({ isTurned: false, right: 1, down: 0 })).toEqual([0, 1, 0, 3]);
		expect(shown({ isTurned: false, right: 0, down: -1 })).toEqual([3, 5, 0, 0]);
		expect(shown({ isTurned: true, right: -1, down: 0 })).toEqual([1, 0, 3, 0]);
	});
});
