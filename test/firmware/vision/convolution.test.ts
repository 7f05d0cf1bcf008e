// Convolutions of each window, stride and padding against plain loops, and sums that become activations.

import { describe, expect, it } from "vitest";
import { requantise } from "../../../firmware/vision/convolution.js";
import { expectSame, SIZES } from "../../support/shapes.js";
import { convolution } from "../../support/vision.js";

describe("a convolution", () => {
	for (const [kernel, paddings] of [
		[3, [0, 1, 2]],
		[5, [0, 1, 2]],
	] as const)
		for (const stride of [1, 2])
			it(`of ${kernel} x ${kernel}, stride ${stride}, gives what plain loops give`, () => {
				let seed = 10 * kernel + stride;
				for (const padding of paddings)
					for (const [height, width] of SIZES)
						for (const channels of [1, 2, 3])
							expectSame(seed++, { channels, height, width }, convolution(3, kernel, stride, padding));
			});

	it("wider and higher than its window by padding alone gives what plain loops give", () => {
		for (const stride of [1, 2])
			for (const side of [1, 2]) {
				expectSame(side, { channels: 2, height: side, width: side }, convolution(2, 3, stride, 1));
				expectSame(side, { channels: 2, height: side, width: side }, convolution(2, 5, stride, 2));
			}
	});

	it("over many planes, in steps of several, gives what plain loops give", () => {
		expectSame(1, { channels: 23, height: 7, width: 7 }, convolution(4, 3, 2, 1));
		expectSame(2, { channels: 23, height: 4, width: 4 }, convolution(4, 3, 1, 1));
	});
});

describe("a sum", () => {
	const activation = (sum: number, multiplier: number, shift: number) => {
		const target = new Uint8ClampedArray(3).fill(7);
		requantise(Int32Array.from([0, sum]), 1, 0, target, 1, 1, 1, multiplier, shift);
		expect([target[0], target[2]]).toEqual([7, 7]);
		return target[1];
	};

	it("becomes an activation by multiplier and shift, halves upwards", () => {
		expect([activation(3, 1, 1), activation(5, 1, 1), activation(-1, 1, 1), activation(1, 1, 2)]).toEqual([2, 3, 0, 0]);
		expect([activation(2, 1, 2), activation(100, 3, 2), activation(101, 3, 2)]).toEqual([1, 75, 76]);
	});

	it("stays within 0 and 255", () => {
		expect([activation(510, 1, 1), activation(511, 1, 1), activation(100_000, 1, 1)]).toEqual([255, 255, 255]);
		expect([activation(-1, 65_535, 1), activation(-100_000, 20_000, 8), activation(0, 65_535, 31)]).toEqual([0, 0, 0]);
	});

	it("is right at the end of 32 bits", () => {
		// 2^30 - 1 and the half of 2^30 are 2^31 - 1.
		expect([activation(2 ** 30 - 1, 1, 31), activation(2 ** 30, 1, 30), activation(2 ** 31 - 2, 1, 1)]).toEqual([
			0, 1, 255,
		]);
		expect([activation(-(2 ** 31), 1, 31), activation(-(2 ** 31), 1, 1)]).toEqual([0, 0]);
	});
});
