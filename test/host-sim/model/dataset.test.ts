import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { hasDataset, readDataset, readIdx, readTest } from "../../../host-sim/model/dataset.js";
import { describeWith } from "../../support/need.js";

const folder = mkdtempSync(join(tmpdir(), "thimble-dataset-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("an idx file", () => {
	it("has its sizes and its bytes", () => {
		const { bytes, sizes } = readIdx(Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 7, 8, 9), "x");
		expect([sizes, [...bytes]]).toEqual([
			[1, 3],
			[7, 8, 9],
		]);
	});

	it.each([
		[[], "x: that is no idx file of bytes"],
		[[0, 0, 8, 0], "x: that is no idx file of bytes"],
		[[0, 0, 9, 1, 0, 0, 0, 1, 7], "x: that is no idx file of bytes"],
		[[0, 0, 8, 3, 0, 0, 0, 1], "x: that is no idx file of bytes"],
		[[0, 0, 8, 1, 0, 0, 0, 2, 7], "x: 2 bytes are announced, and 1 are there"],
	])("%j is refused in a sentence", (bytes, sentence) => {
		expect(() => readIdx(Uint8Array.from(bytes), "x")).toThrow(sentence);
	});
});

describe("the data set", () => {
	it("that is not there is asked for in a sentence", () => {
		expect(hasDataset(folder)).toBe(false);
		expect(() => readTest(folder)).toThrow(
			/is not there: install Debian's package dataset-fashion-mnist, as npm run setup does$/,
		);
	});

	it("that is damaged is refused in a sentence", () => {
		writeFileSync(join(folder, "t10k-images-idx3-ubyte.gz"), "hello");
		expect(() => readTest(folder)).toThrow(/t10k-images-idx3-ubyte\.gz: cannot be read \(Z_DATA_ERROR\)$/);
	});

	it("is refused where pictures and labels do not belong together", () => {
		const idx = (sizes: number[], length: number) =>
			gzipSync(
				Uint8Array.of(0, 0, 8, sizes.length, ...sizes.flatMap(size => [0, 0, 0, size]), ...new Uint8Array(length)),
			);
		writeFileSync(join(folder, "t10k-images-idx3-ubyte.gz"), idx([2, 2, 2], 8));
		writeFileSync(join(folder, "t10k-labels-idx1-ubyte.gz"), idx([3], 3));
		expect(() => readTest(folder)).toThrow("pictures and labels of t10k do not belong together");
	});
});

describeWith(["fashion-mnist"], "Fashion-MNIST", () => {
	it("is split so that nothing is in two parts", () => {
		const { test, train, validation } = readDataset();
		expect([train.count, validation.count, test.count]).toEqual([55_000, 5000, 10_000]);
		expect([train.width, train.height]).toEqual([28, 28]);
		// One array, cut once.
		expect(train.pixels.byteOffset + train.pixels.length).toBe(validation.pixels.byteOffset);
		expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(label => test.labels.filter(each => each === label).length)).toEqual(
			new Array(10).fill(1000),
		);
	});
});
