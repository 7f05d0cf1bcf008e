// Layers without weights against plain loops.

import { describe, expect, it } from "vitest";
import { mean } from "../../../firmware/vision/pooling.js";
import { expectSame, SIZES } from "../../support/shapes.js";
import { average, largest } from "../../support/vision.js";

describe("pooling", () => {
	it("takes the largest of 2 x 2, and leaves an odd row and column out", () => {
		for (const [height, width] of SIZES) expectSame(height, { channels: 3, height, width }, largest);
	});

	it("takes the mean of a plane", () => {
		for (const [height, width] of SIZES) expectSame(height, { channels: 3, height, width }, average);
	});

	it("rounds halves of a mean upwards, and stays within what an activation can be", () => {
		expect(mean(Uint8ClampedArray.from([1, 2]), 0, 2)).toBe(2);
		expect(mean(Uint8ClampedArray.from([9, 1, 1, 2]), 1, 3)).toBe(1);
		expect(mean(new Uint8ClampedArray(255 * 255).fill(255), 0, 255 * 255)).toBe(255);
	});
});
