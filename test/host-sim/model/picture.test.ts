import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync, gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { readPictures } from "../../../host-sim/model/picture.js";

const folder = mkdtempSync(join(tmpdir(), "thimble-picture-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What 3 x 2 pixels of a file with these bytes are. */
function read(bytes: Uint8Array | string): number[][] {
	const path = join(folder, "picture");
	writeFileSync(path, bytes);
	return readPictures(path, 3, 2).map(({ pixels }) => [...pixels]);
}

const GREY = [10, 20, 30, 40, 50, 60];

function chunk(name: string, data: Uint8Array): Buffer {
	const length = Buffer.alloc(4);
	length.writeUInt32BE(data.length);
	// Nobody here looks at the check sum.
	return Buffer.concat([length, Buffer.from(name), data, Buffer.alloc(4)]);
}

function png(type: number, lines: number[][], { depth = 8, interlaced = 0, width = 3 } = {}): Buffer {
	const head = Buffer.alloc(13);
	head.writeUInt32BE(width);
	head.writeUInt32BE(lines.length, 4);
	head.set([depth, type, 0, 0, interlaced], 8);
	const packed = deflateSync(Uint8Array.from(lines.flat()));
	return Buffer.concat([
		Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
		chunk("IHDR", head),
		chunk("tEXt", Buffer.from("hello")),
		chunk("IDAT", packed.subarray(0, 5)),
		chunk("IDAT", packed.subarray(5)),
		chunk("IEND", Buffer.alloc(0)),
	]);
}

describe("a picture from a file", () => {
	it("is bytes alone, where there are as many as it has pixels", () => {
		expect(read(Uint8Array.from(GREY))).toEqual([GREY]);
	});

	it("is each of those in an idx file, packed or not", () => {
		const idx = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, ...GREY, ...GREY.map(value => value + 1));
		const both = [GREY, GREY.map(value => value + 1)];
		expect(read(idx)).toEqual(both);
		expect(read(gzipSync(idx))).toEqual(both);
	});

	it("is a PGM file, with comments, and white of any value", () => {
		expect(read(Buffer.concat([Buffer.from("P5\n# a shoe\n3 2\n255\n"), Buffer.from(GREY)]))).toEqual([GREY]);
		expect(read(Buffer.concat([Buffer.from("P5 3 2 51\n"), Buffer.from([0, 1, 2, 3, 50, 51])]))).toEqual([
			[0, 5, 10, 15, 250, 255],
		]);
	});

	it("is a PNG file, whatever filter its lines have", () => {
		expect(
			read(
				png(0, [
					[0, 10, 20, 30],
					[0, 40, 50, 60],
				]),
			),
		).toEqual([GREY]);
		expect(
			read(
				png(0, [
					[1, 10, 10, 10],
					[2, 30, 30, 30],
				]),
			),
		).toEqual([GREY]);
		// Of the mean of left and up: 40 - 5, 50 - (40 + 20) / 2, 60 - (50 + 30) / 2.
		expect(
			read(
				png(0, [
					[1, 10, 10, 10],
					[3, 35, 20, 20],
				]),
			),
		).toEqual([GREY]);
		// Paeth takes 10 (up), 40 (left), 50 (left).
		expect(
			read(
				png(0, [
					[0, 10, 20, 30],
					[4, 30, 10, 10],
				]),
			),
		).toEqual([GREY]);
	});

	it("is the grey of a coloured one, on black where it can be seen through", () => {
		const black = [0, 0, 0];
		expect(
			read(
				png(2, [
					[0, 255, 0, 0, 0, 255, 0, 0, 0, 255],
					[0, 255, 255, 255, ...black, ...black],
				]),
			),
		).toEqual([[76, 150, 29, 255, 0, 0]]);
		expect(
			read(
				png(4, [
					[0, 200, 255, 200, 51, 200, 0],
					[0, 1, 255, 2, 255, 3, 255],
				]),
			),
		).toEqual([[200, 40, 0, 1, 2, 3]]);
	});

	it.each([
		["nothing that is known", "hello", /no picture that is known here: idx, PGM \(P5\), PNG, or 6 bytes of grey$/],
		["another size", png(0, [[0, 1, 2, 3]]), /that is 3 x 1 pixels, and the model wants 3 x 2$/],
		["a cut PGM", "P5 3 2 255\nabc", /a PGM file that is damaged, or more than one picture$/],
		["a PGM of 16 bits", "P5 3 2 65535\nabcdef", /more than 8 bits a pixel$/],
		[
			"a palette",
			png(3, [
				[0, 1, 2, 3],
				[0, 1, 2, 3],
			]),
			/8 bits a colour, no palette and no interlacing are read$/,
		],
		["an interlaced PNG", png(0, [[0, 1, 2, 3]], { interlaced: 1 }), /no interlacing are read$/],
		["a PNG with 16 bits", png(0, [[0, 1, 2, 3]], { depth: 16 }), /8 bits a colour/],
		[
			"an unknown filter",
			png(0, [
				[5, 1, 2, 3],
				[0, 1, 2, 3],
			]),
			/a PNG file that is damaged$/,
		],
		[
			"a PNG with too few lines",
			png(0, [
				[0, 1, 2, 3],
				[0, 1],
			]),
			/a PNG file that is damaged$/,
		],
		["a PNG that unpacks to more", png(0, [[0, 1, 2, 3], new Array(5000).fill(0)]), /a PNG file that is damaged$/],
		[
			"a cut PNG",
			png(0, [
				[0, 1, 2, 3],
				[0, 1, 2, 3],
			]).subarray(0, 80),
			/a PNG file that is damaged$/,
		],
		["a damaged packed file", Uint8Array.of(0x1f, 0x8b, 1, 2, 3), /what is in it is damaged$/],
	])("is refused in a sentence: %s", (_, bytes, sentence) => {
		expect(() => read(bytes)).toThrow(sentence);
	});

	it("is missed in a sentence", () => {
		expect(() => readPictures(join(folder, "none"), 3, 2)).toThrow(/none: there is no such file$/);
	});
});
