import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readIdx, readTest } from "../../../host-sim/model/dataset.js";
import {
	readSample,
	SAMPLE_EACH,
	SAMPLE_LABELS,
	SAMPLE_PICTURES,
	sampleFiles,
	sampleOf,
} from "../../../host-sim/model/sample.js";
import { describeWith } from "../../support/need.js";

/** A pixel each, whose picture is its number; labels by turns. */
const MANY = {
	width: 1,
	height: 1,
	count: 100,
	pixels: Uint8Array.from({ length: 100 }, (_, i) => i),
	labels: Uint8Array.from({ length: 100 }, (_, i) => i % 10),
};

describe("a sample", () => {
	it("has so many of each label, each picture with its own, in an order that depends on the seed", () => {
		const { count, labels, pixels } = sampleOf(MANY, 3, 1);
		expect([count, labels.length, new Set(pixels).size]).toEqual([30, 30, 30]);
		for (const [i, pixel] of pixels.entries()) expect(labels[i]).toBe(pixel % 10);
		for (let label = 0; label < 10; label += 1) expect(labels.filter(each => each === label).length).toBe(3);
		expect(sampleOf(MANY, 3, 1).pixels).toEqual(pixels);
		expect(sampleOf(MANY, 3, 2).pixels).not.toEqual(pixels);
	});

	it("goes into two idx files", () => {
		const [pictures, labels] = sampleFiles(sampleOf(MANY, 1, 1));
		expect([readIdx(pictures, "").sizes, readIdx(labels, "").sizes]).toEqual([[10, 1, 1], [10]]);
	});

	it("that comes with the simulator has twenty of each label", () => {
		const { count, height, labels, pixels, width } = readSample();
		expect([count, height, width, pixels.length]).toEqual([200, 28, 28, 200 * 784]);
		for (let label = 0; label < 10; label += 1) expect(labels.filter(each => each === label).length).toBe(20);
	});
});

describeWith(["fashion-mnist"], "the sample that comes with the simulator", () => {
	it("is what thimble model pictures makes of the test pictures", () => {
		const files = [SAMPLE_PICTURES, SAMPLE_LABELS].map(name => readFileSync(`host-sim/data/${name}`));
		expect(sampleFiles(sampleOf(readTest(), SAMPLE_EACH, 1)).map((bytes, i) => bytes.equals(files[i]!))).toEqual([
			true,
			true,
		]);
	});
});
