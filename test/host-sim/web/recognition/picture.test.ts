import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSample } from "../../../../host-sim/model/sample.js";
import { boardPicture, type Image, PICTURE_BYTES, SIDE } from "../../../../host-sim/web/recognition/picture.js";

/** A canvas of that size; `paint` says how light each pixel is, and how much of it there is. */
function image(width: number, height: number, paint: (x: number, y: number) => number | [grey: number, alpha: number]) {
	const data = new Uint8ClampedArray(width * height * 4);
	for (let y = 0; y < height; y += 1)
		for (let x = 0; x < width; x += 1) {
			const given = paint(x, y);
			const [grey, alpha] = typeof given === "number" ? [given, 255] : given;
			data.set([grey, grey, grey, alpha], (y * width + x) * 4);
		}
	return { width, height, data };
}

/** A square of that light in the middle half. */
function square(size: number, inside: number, outside: number): Image {
	const isIn = (at: number) => at >= size / 4 && at < (size * 3) / 4;
	return image(size, size, (x, y) => (isIn(x) && isIn(y) ? inside : outside));
}

const at = (pixels: Uint8Array, x: number, y: number) => pixels[y * SIDE + x];

describe("a picture for a board", () => {
	it("is byte for byte the same where it is one already: the pictures that come with the simulator", () => {
		const { count, pixels } = readSample();
		for (let i = 0; i < count; i += 1) {
			const own = pixels.subarray(i * PICTURE_BYTES, (i + 1) * PICTURE_BYTES);
			const made = boardPicture(image(SIDE, SIDE, (x, y) => own[y * SIDE + x]!));
			expect(Buffer.from(made.pixels).equals(own), `picture ${i}`).toBe(true);
			expect(made.isInverted).toBe(false);
		}
	});

	it("is the square in the middle of what is wide or high", () => {
		const wide = image(84, 28, x => (x >= 28 && x < 56 ? (x === 28 ? 200 : 0) : 255));
		expect(at(boardPicture(wide).pixels, 0, 5)).toBe(200);
		expect(at(boardPicture(wide).pixels, 27, 5)).toBe(0);
		const high = image(28, 84, (_, y) => (y >= 28 && y < 56 ? (y === 55 ? 200 : 0) : 255));
		expect(at(boardPicture(high).pixels, 5, 27)).toBe(200);
		expect(at(boardPicture(high).pixels, 5, 0)).toBe(0);
	});

	it("has the mean of the area that each of its pixels covers, also where that is not whole pixels", () => {
		// 42 is one and a half to one: the first covers one, and half of the next.
		const stripes = image(42, 42, x => (x === 20 ? 255 : x === 1 ? 240 : 0));
		const { pixels } = boardPicture(stripes, false);
		expect([at(pixels, 0, 9), at(pixels, 1, 9)]).toEqual([80, 80]);
		expect(at(pixels, 13, 9)).toBe(170);
	});

	it("keeps how light a picture is altogether, whatever its size", () => {
		fc.assert(
			fc.property(fc.integer({ min: 8, max: 120 }), fc.integer({ min: 0, max: 255 }), (size, seed) => {
				// Black all around and white in the middle: nothing has to be stretched.
				const frame = Math.ceil(size / 14);
				const isFrame = (at: number) => at < frame || at >= size - frame;
				const isMiddle = (at: number) => Math.abs(at + 0.5 - size / 2) <= size / 6;
				const noise = image(size, size, (x, y) => {
					if (isFrame(x) || isFrame(y)) return 0;
					return isMiddle(x) && isMiddle(y) ? 255 : (x * 31 + y * 17 + seed * 7) % 256;
				});
				const given = Array.from({ length: size * size }, (_, i) => noise.data[i * 4]!);
				const made = [...boardPicture(noise, false).pixels];
				const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
				expect(Math.abs(mean(made) - mean(given))).toBeLessThan(0.6);
			}),
		);
	});

	it("is inverted where its border is light, unless somebody says otherwise", () => {
		const dark = square(56, 30, 250);
		const seen = boardPicture(dark);
		expect(seen.isInverted).toBe(true);
		expect([at(seen.pixels, 0, 0), at(seen.pixels, 14, 14)]).toEqual([5, 225]);
		expect(boardPicture(dark, false).isInverted).toBe(false);
		const light = square(56, 250, 3);
		expect(boardPicture(light).isInverted).toBe(false);
		expect([at(boardPicture(light).pixels, 0, 0), at(boardPicture(light).pixels, 14, 14)]).toEqual([3, 250]);
		expect(boardPicture(light, true).isInverted).toBe(true);
	});

	it("is black all around, and white where it is brightest, though a photograph is grey", () => {
		const { isInverted, pixels } = boardPicture(square(112, 60, 150));
		expect(isInverted).toBe(true);
		expect([at(pixels, 0, 0), at(pixels, 14, 14)]).toEqual([0, 255]);
		// Of nothing but noise, no picture is made.
		const flat = boardPicture(square(112, 100, 98));
		expect(Math.max(...flat.pixels)).toBeLessThan(64);
	});

	it("stands out from what can be seen through, be it light or dark", () => {
		const cut = (grey: number) => image(28, 28, (x, y) => (x > 8 && x < 20 && y > 8 && y < 20 ? [grey, 255] : [0, 0]));
		const black = boardPicture(cut(10));
		expect([black.isInverted, at(black.pixels, 0, 0), at(black.pixels, 14, 14)]).toEqual([true, 0, 245]);
		const white = boardPicture(cut(240));
		expect([white.isInverted, at(white.pixels, 0, 0), at(white.pixels, 14, 14)]).toEqual([false, 0, 240]);
	});

	it("weighs colours as eyes do", () => {
		const { data } = image(SIDE, SIDE, () => 0);
		for (const [i, colour] of [
			[255, 0, 0],
			[0, 255, 0],
			[0, 0, 255],
		].entries())
			data.set([...colour, 255], (SIDE * 10 + 10 + i) * 4);
		const { pixels } = boardPicture({ width: SIDE, height: SIDE, data }, false);
		expect([10, 11, 12].map(x => at(pixels, x, 10))).toEqual([76, 150, 29]);
	});

	it("is made of anything that has a pixel, and of nothing else", () => {
		expect(
			boardPicture(
				image(1, 1, () => 255),
				false,
			).pixels,
		).toHaveLength(PICTURE_BYTES);
		expect(boardPicture(image(5, 200, () => 0)).pixels).toEqual(new Uint8Array(PICTURE_BYTES));
		expect(() => boardPicture({ width: 0, height: 4, data: [] })).toThrow(RangeError);
		expect(() => boardPicture({ width: 4, height: 4, data: [1, 2, 3] })).toThrow(RangeError);
	});
});
