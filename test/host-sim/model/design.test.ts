import { describe, expect, it } from "vitest";
import { shapeAfter, sizeOf } from "../../../host-sim/model/design.js";

const INPUT = { channels: 3, height: 28, width: 9 };

describe("the shape after a layer", () => {
	it("follows from window, stride and padding", () => {
		const window = { kernel: 3, stride: 2, padding: 1 };
		expect(shapeAfter({ kind: "convolution", channels: 8, ...window }, INPUT)).toEqual({
			channels: 8,
			height: 14,
			width: 5,
		});
		expect(shapeAfter({ kind: "depthwise", kernel: 5, stride: 1, padding: 0 }, INPUT)).toEqual({
			channels: 3,
			height: 24,
			width: 5,
		});
	});

	it("leaves out an odd row or column of a pool, and is one value a channel of a dense layer", () => {
		expect(shapeAfter({ kind: "max" }, INPUT)).toEqual({ channels: 3, height: 14, width: 4 });
		expect(sizeOf(shapeAfter({ kind: "dense", channels: 10 }, INPUT))).toBe(10);
	});
});
