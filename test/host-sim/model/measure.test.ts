// What the committed model is worth.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { LIMITS, Model } from "../../../firmware/vision/model.js";
import { Network } from "../../../firmware/vision/network.js";
import { FASHION_LABELS, readTest } from "../../../host-sim/model/dataset.js";
import { answerTo, measure } from "../../../host-sim/model/measure.js";
import { readSample } from "../../../host-sim/model/sample.js";
import { describeWith } from "../../support/need.js";

const model = new Model(readFileSync("firmware/vision/fashion.model"), LIMITS);

describe("the model that comes with it", () => {
	it("has the labels of its data set, and is within the limits of a board", () => {
		expect(FASHION_LABELS.map((_, i) => model.label(i))).toEqual(FASHION_LABELS);
		expect(model.multiplyAdds).toBeLessThanOrEqual(400_000);
		expect(new Network(model).bufferBytes).toBeLessThanOrEqual(16_384);
	});

	it("gives an answer with the next best, surer of what is likelier", () => {
		const { pixels } = readSample();
		const answer = answerTo(new Network(model), pixels.subarray(0, 784));
		expect(answer.top.length).toBe(3);
		expect(answer).toMatchObject(answer.top[0]!);
		expect(answer.top.map(({ confidence }) => confidence)).toEqual(
			answer.top.map(({ confidence }) => confidence).toSorted((a, b) => b - a),
		);
	});

	it("counts each picture of a set once, by what it is and what it was taken for", () => {
		const sample = readSample();
		const { accuracy, confusion, count } = measure(model, sample);
		expect(confusion.map(row => row.reduce((sum, each) => sum + each, 0))).toEqual(new Array(10).fill(20));
		expect(confusion.reduce((sum, row, i) => sum + row[i]!, 0)).toBe(Math.round(accuracy * count));
		expect(accuracy).toBeGreaterThan(0.8);
	});
});

describeWith(["fashion-mnist"], "the model that comes with it", () => {
	it("is right in at least 90 % of the 10,000 test pictures, on the board's integers", () => {
		const { accuracy, count } = measure(model, readTest());
		expect(count).toBe(10_000);
		expect(accuracy).toBeGreaterThanOrEqual(0.9);
	}, 120_000);
});
