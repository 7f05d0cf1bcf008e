// The board's network against plain loops, and its work in slices.

import { describe, expect, it } from "vitest";
import { Model } from "../../../firmware/vision/model.js";
import { Network } from "../../../firmware/vision/network.js";
import { writeModel } from "../../../host-sim/model/file.js";
import {
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

const ANY = { bytes: 1_000_000, multiplyAdds: 10_000_000, activationBytes: 1_000_000 };

/** What comes out of the last layer. */
function logits(network: Network): number[] {
	return Array.from(network.sums.subarray(network.logits));
}

function compare(seed: number, shape: Shape, wishes: readonly Wish[], pictures = 2): void {
	const draft = draftOf(seed, shape, wishes);
	const network = new Network(new Model(writeModel(draft), ANY));
	const dice = new Dice(seed + 1000);
	for (let i = 0; i < pictures; i += 1) {
		const dots = picture(dice, shape.channels * shape.height * shape.width);
		network.begin(dots);
		expect(network.run(1e9)).toBe(true);
		expect(logits(network), `seed ${seed}, picture ${i}`).toEqual(logitsOf(draft, dots));
	}
}

describe("a network", () => {
	it("gives what plain loops give, for the shapes that are usual", () => {
		compare(1, PICTURE, CANDIDATE);
		compare(2, PICTURE, MIXED);
	});

	it("of whatever layers gives what plain loops give", () => {
		for (let seed = 1; seed <= 60; seed += 1) {
			const dice = new Dice(seed);
			const shape = { channels: dice.roll(1, 4), height: dice.roll(5, 15), width: dice.roll(5, 15) };
			const isDepthwise = dice.roll(0, 2) === 0;
			const kernel = [1, 3, 5][dice.roll(isDepthwise ? 1 : 0, 2)]!;
			const padding = dice.roll(0, Math.min(2, kernel - 1));
			const first = isDepthwise
				? depthwise(kernel, dice.roll(1, 2), padding)
				: convolution(dice.roll(1, 12), kernel, dice.roll(1, 2), padding);
			const second = [
				convolution(dice.roll(1, 23), 1, 1, 0),
				depthwise(3, 1, 1),
				depthwise(3, 2, 2),
				convolution(3, 5, 2, 2),
			];
			const wishes = [first, second[dice.roll(0, 3)]!, dense(dice.roll(1, 30)), dense(dice.roll(1, 12))];
			compare(seed, shape, wishes, 1);
		}
	});
});
