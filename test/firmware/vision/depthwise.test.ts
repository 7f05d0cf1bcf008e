// Depthwise convolutions, and those of one plane, against plain loops.

import { describe, it } from "vitest";
import { expectSame, SIZES } from "../../support/shapes.js";
import { convolution, depthwise } from "../../support/vision.js";

describe("a depthwise convolution", () => {
	for (const kernel of [3, 5])
		for (const stride of [1, 2])
			it(`of ${kernel} x ${kernel}, stride ${stride}, gives what plain loops give`, () => {
				let seed = 10 * kernel + stride;
				for (const padding of [0, 1, 2])
					for (const [height, width] of SIZES)
						expectSame(seed++, { channels: 3, height, width }, depthwise(kernel, stride, padding));
			});

	it("and a convolution of one plane write nothing where others are", () => {
		for (const padding of [0, 1, 2]) {
			expectSame(padding + 1, { channels: 1, height: 28, width: 28 }, convolution(9, 3, 1, padding));
			expectSame(padding + 9, { channels: 9, height: 14, width: 14 }, depthwise(3, 1, padding));
		}
	});
});
