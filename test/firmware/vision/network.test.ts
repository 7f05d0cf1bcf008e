// The board's network against plain loops, its work in slices, and its answers.

import { describe, expect, it } from "vitest";
import { Model } from "../../../firmware/vision/model.js";
import { Network } from "../../../firmware/vision/network.js";
import { writeModel } from "../../../host-sim/model/file.js";
import { ANY } from "../../support/shapes.js";
import {
	answerOf,
	CANDIDATE,
	convolution,
	Dice,
	dense,
	depthwise,
	draftOf,
	logitsOf,
	MIXED,
	PICTURE,
	picture,
	type Shape,
	type Wish,
} from "../../support/vision.js";

/** What comes out of the last layer. */
function logits(network: Network): number[] {
	return Array.from(network.sums.subarray(network.logits));
}

function networkOf(seed: number, wishes: readonly Wish[], shape = PICTURE): Network {
	return new Network(new Model(writeModel(draftOf(seed, shape, wishes)), ANY));
}

function compare(seed: number, shape: Shape, wishes: readonly Wish[], pictures = 2): void {
	const draft = draftOf(seed, shape, wishes);
	const network = networkOf(seed, wishes, shape);
	const dice = new Dice(seed + 1000);
	for (let i = 0; i < pictures; i += 1) {
		const dots = picture(dice, shape.channels * shape.height * shape.width);
		network.begin(dots);
		expect(network.run(1e9)).toBe(true);
		expect(logits(network), `seed ${seed}, picture ${i}`).toEqual(logitsOf(draft, dots));
		const answer = answerOf(draft, logitsOf(draft, dots));
		const ranks = answer
			.slice(0, 3)
			.map((_, rank) => ({ label: network.classAt(rank), thousandths: network.confidenceAt(rank) }));
		expect(ranks).toEqual(answer.slice(0, 3));
		expect([network.label, network.confidence]).toEqual([answer[0]!.label, answer[0]!.thousandths]);
	}
}

describe("a network", () => {
	it("gives what plain loops give, for the shapes that are usual", () => {
		compare(1, PICTURE, CANDIDATE);
		compare(2, PICTURE, MIXED);
	});

	it("of whatever layers gives what plain loops give", () => {
		for (let seed = 1; seed <= 40; seed += 1) {
			const dice = new Dice(seed);
			const shape = { channels: dice.roll(1, 4), height: dice.roll(5, 15), width: dice.roll(5, 15) };
			const isDepthwise = dice.roll(0, 2) === 0;
			const kernel = [1, 3, 5][dice.roll(isDepthwise ? 1 : 0, 2)]!;
			const padding = dice.roll(0, Math.min(2, kernel - 1));
			const stride = dice.roll(1, 2);
			const first = isDepthwise
				? depthwise(kernel, stride, padding)
				: convolution(dice.roll(1, 12), kernel, stride, padding);
			const second = [
				convolution(dice.roll(1, 23), 1, 1, 0),
				depthwise(3, 1, 1),
				depthwise(3, 2, 2),
				convolution(3, 5, 2, 2),
			];
			compare(seed, shape, [first, second[dice.roll(0, 3)]!, dense(dice.roll(1, 30)), dense(dice.roll(1, 12))], 1);
		}
	});
});

describe("work in slices", () => {
	it("of whatever size gives the same as in one go, and a slice is no longer than was said", () => {
		for (const wishes of [CANDIDATE, MIXED]) {
			const network = networkOf(3, wishes);
			const dots = picture(new Dice(4), 784);
			network.begin(dots);
			network.run(1e9);
			const expected = [...logits(network), network.label, network.confidence];
			for (const size of [1, 2000, 7001, 50_000]) {
				network.begin(dots);
				let slices = 1;
				while (!network.run(size)) slices += 1;
				expect([...logits(network), network.label, network.confidence]).toEqual(expected);
				// Only a step that is longer than a slice makes one longer; what is left of one goes unused where a step is longer.
				const { multiplyAdds } = network.model;
				if (size >= 5000) expect(slices).toBeGreaterThanOrEqual(Math.floor(multiplyAdds / size));
				if (size >= 5000) expect(slices).toBeLessThanOrEqual(Math.ceil((1.5 * multiplyAdds) / size));
			}
		}
	});

	it("has nothing to do before a picture, nor after it", () => {
		const network = networkOf(3, MIXED);
		expect(network.run(1)).toBe(true);
		network.begin(new Uint8Array(784));
		expect([network.run(1), network.run(1e9), network.run(1)]).toEqual([false, true, true]);
	});

	it("begins anew with another picture, whatever was under way", () => {
		const network = networkOf(3, CANDIDATE);
		const [dots, others] = [picture(new Dice(4), 784), picture(new Dice(5), 784)];
		network.begin(dots);
		network.run(1e9);
		const expected = logits(network);
		for (const size of [1, 30_000, 100_000, 300_000]) {
			network.begin(others);
			network.run(size);
			network.begin(dots);
			network.run(1e9);
			expect(logits(network)).toEqual(expected);
		}
	});

	it("takes a copy of the picture, which has to be as large as the model wants it", () => {
		const network = networkOf(3, CANDIDATE);
		const dots = picture(new Dice(4), 784);
		network.begin(dots);
		network.run(1e9);
		const expected = logits(network);
		network.begin(dots);
		dots.fill(0);
		network.run(1e9);
		expect(logits(network)).toEqual(expected);
		expect(() => network.begin(new Uint8Array(783))).toThrow("not as large");
	});
});

describe("an answer", () => {
	/** A network whose logits are given. */
	function answering(...biases: number[]): Network {
		const draft = draftOf(1, { channels: 1, height: 1, width: 1 }, [dense(biases.length)]);
		const scales = biases.map(bias => ({ bias, multiplier: 2, shift: 1 }));
		const layer = { ...draft.layers[0]!, scales, weights: new Int8Array(biases.length) };
		const network = new Network(new Model(writeModel({ ...draft, layers: [layer] })));
		network.begin(new Uint8Array(1));
		network.run(1);
		return network;
	}
	const ranks = (network: Network) => [0, 1, 2].map(rank => network.classAt(rank));

	it("is the highest logit, and the first of those where several are", () => {
		expect(ranks(answering(1, 5, 3, 4))).toEqual([1, 3, 2]);
		expect(ranks(answering(-9, -9, -9, -9))).toEqual([0, 1, 2]);
		expect(ranks(answering(0, 7, 7, 1))).toEqual([1, 2, 3]);
		expect(ranks(answering(7, 0, 1, 7))).toEqual([0, 3, 2]);
	});

	it("has no second or third where the model has no more labels", () => {
		const [one, two] = [answering(4), answering(4, 5)];
		expect([ranks(one), one.confidenceAt(0), one.confidenceAt(1)]).toEqual([[0, -1, -1], 1000, 0]);
		expect([ranks(two), two.confidenceAt(2)]).toEqual([[1, 0, -1], 0]);
	});

	it("is sure in thousandths of all exponentials, of which the last stands for what is farther", () => {
		expect(answering(3, 3).confidence).toBe(500);
		expect([0, 1, 2].map(rank => answering(3, 3, 3).confidenceAt(rank))).toEqual([333, 333, 333]);
		expect(answering(32_000, -32_000).confidence).toBe(answering(255, 0).confidence);
	});

	it("keeps logits within 16 bits", () => {
		expect(logits(answering(100_000, -100_000, 32_767, -32_768))).toEqual([32_767, -32_768, 32_767, -32_768]);
	});
});

describe("memory", () => {
	it("is what layers need by turns, zeros beside them, and the sums of a step", () => {
		const network = networkOf(1, CANDIDATE);
		expect([network.even.length, network.odd.length, network.sums.length]).toEqual([
			1568 + 2 + 28,
			6272 + 2 + 28,
			252 + 10,
		]);
		expect(network.bufferBytes).toBe(1598 + 6302 + 4 * 262);
	});

	it("beside the planes stays 0, whatever has been seen", () => {
		for (const wishes of [CANDIDATE, MIXED]) {
			const network = networkOf(2, wishes);
			for (let i = 0; i < 3; i += 1) {
				network.begin(new Uint8Array(784).fill(255));
				network.run(1e9);
			}
			expect(network.even.subarray(network.evenZeros).every(value => value === 0)).toBe(true);
			expect(network.odd.subarray(network.oddZeros).every(value => value === 0)).toBe(true);
		}
	});
});
