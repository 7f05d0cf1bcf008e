// A layer alone on the board's network, against plain loops.

import { expect } from "vitest";
import { Model } from "../../firmware/vision/model.js";
import { Network } from "../../firmware/vision/network.js";
import { writeModel } from "../../host-sim/model/file.js";
import { activationsOf, Dice, dense, draftOf, logitsOf, picture, type Shape, shapeAfter, type Wish } from "./vision.js";

/** More than any test asks for. */
export const ANY = { bytes: 1_000_000, multiplyAdds: 10_000_000, activationBytes: 1_000_000 };

/** What a first layer gives, in slices as small as they come, is what plain loops give; and so is what comes of it. */
export function expectSame(seed: number, shape: Shape, wish: Wish): void {
	const draft = draftOf(seed, shape, [wish, dense(3)]);
	const network = new Network(new Model(writeModel(draft), ANY));
	const dots = picture(new Dice(seed + 1), shape.channels * shape.height * shape.width);
	network.begin(dots);
	while (!network.run(1));
	const out = shapeAfter(shape, wish);
	const what = `${JSON.stringify(wish)} of ${JSON.stringify(shape)}`;
	const activations = network.odd.subarray(0, out.channels * out.height * out.width);
	expect(Array.from(activations), what).toEqual(activationsOf(draft, dots));
	expect(Array.from(network.sums.subarray(network.logits)), what).toEqual(logitsOf(draft, dots));
}

/** Sizes that are odd, even, narrow, high, and longer than a step. */
export const SIZES: readonly (readonly [height: number, width: number])[] = [
	[5, 5],
	[6, 6],
	[5, 8],
	[8, 5],
	[15, 13],
	[31, 30],
];
