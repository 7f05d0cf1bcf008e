// Frames of cameras as small grey squares.

import { describe, expect, it } from "vitest";
import { crop, GREY, RGB565, YUV422 } from "../../../firmware/vision/picture.js";

/** A frame whose dots a function gives, a byte or two each. */
function frame(width: number, height: number, bytes: number, dot: (x: number, y: number) => number): Uint8Array {
	const all = new Uint8Array(width * height * bytes);
	for (let i = 0; i < width * height; i += 1) {
		const value = dot(i % width, Math.floor(i / width));
		for (let byte = 0; byte < bytes; byte += 1) all[i * bytes + byte] = value >> (8 * byte);
	}
	return all;
}

function cropped(bytes: Uint8Array, format: number, width: number, height: number, side: number): number[] {
	const view = new Uint8Array(side * side);
	crop(bytes, format, width, height, view, side);
	return Array.from(view);
}

describe("a frame of a camera", () => {
	it("of the size that is wanted stays as it is", () => {
		const bytes = frame(28, 28, 1, (x, y) => (x * 37 + y * 11) & 255);
		expect(cropped(bytes, GREY, 28, 28, 28)).toEqual(Array.from(bytes));
	});

	it("of twice the size gives the mean of four dots, halves upwards", () => {
		const bytes = frame(4, 4, 1, (x, y) => [1, 2, 200, 201][x]! + (y === 3 ? 1 : 0));
		expect(cropped(bytes, GREY, 4, 4, 2)).toEqual([2, 201, 2, 201]);
	});

	it("gives the square in its middle, however it lies", () => {
		const mark = (at: number, from: number, size: number) => (at < from || at >= from + size ? 255 : 9);
		expect(
			new Set(
				cropped(
					frame(320, 240, 1, x => mark(x, 40, 240)),
					GREY,
					320,
					240,
					28,
				),
			),
		).toEqual(new Set([9]));
		expect(
			new Set(
				cropped(
					frame(240, 320, 1, (_, y) => mark(y, 40, 240)),
					GREY,
					240,
					320,
					28,
				),
			),
		).toEqual(new Set([9]));
	});

	it("looks at nothing beyond the frame, at any size", () => {
		for (let width = 1; width < 70; width += 3)
			for (let height = 1; height < 70; height += 5) {
				// A dot beyond it would be undefined, and count as 0.
				const bytes = frame(width, height, 1, () => 255);
				expect(
					cropped(bytes, GREY, width, height, 28).every(value => value === 255),
					`${width} x ${height}`,
				).toBe(true);
			}
	});

	it("in colours is as bright as people see it, from black to white", () => {
		const grey = (red: number, green: number, blue: number) =>
			cropped(
				frame(96, 96, 2, () => (red << 11) | (green << 5) | blue),
				RGB565,
				96,
				96,
				28,
			)[100];
		expect([grey(0, 0, 0), grey(31, 63, 31)]).toEqual([0, 255]);
		expect([grey(31, 0, 0), grey(0, 63, 0), grey(0, 0, 31)]).toEqual([76, 150, 28]);
	});

	it("with brightness and colour apart gives brightness", () => {
		const bytes = frame(160, 120, 2, x => (x & 1 ? 0x33_00 : 0xcc_00) | 77);
		expect(new Set(cropped(bytes, YUV422, 160, 120, 28))).toEqual(new Set([77]));
	});
});
