// Dense layers, and convolutions of 1 x 1, against plain loops.

import { describe, it } from "vitest";
import { expectSame, SIZES } from "../../support/shapes.js";
import { convolution, dense } from "../../support/vision.js";

describe("ten outputs at a time", () => {
	it("give what plain loops give, for fewer than ten and for more", () => {
		for (const outputs of [1, 2, 9, 10, 11, 20, 33])
			for (const width of [1, 7, 64, 65, 130]) expectSame(outputs, { channels: 1, height: 1, width }, dense(outputs));
	});

	it("are those of a convolution of 1 x 1 as well, with a stride too", () => {
		let seed = 1;
		for (const outputs of [1, 10, 13])
			for (const stride of [1, 2])
				for (const [height, width] of SIZES)
					expectSame(seed++, { channels: 5, height, width }, convolution(outputs, 1, stride, 0));
	});
});
