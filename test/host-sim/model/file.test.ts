// What is written is what a board reads.

import { describe, expect, it } from "vitest";
import { checkSum } from "../../../firmware/optional/checksum.js";
import { Model, ROW, SCALES, WEIGHTS } from "../../../firmware/vision/model.js";
import { sealModel, type WeightedDraft, writeModel } from "../../../host-sim/model/file.js";
import { CANDIDATE, draftOf, MIXED, PICTURE } from "../../support/vision.js";

describe("a model as a file", () => {
	it("has its head as it is documented, byte by byte", () => {
		const bytes = Buffer.from(writeModel({ ...draftOf(1, PICTURE, CANDIDATE), version: "v1" }));
		expect(bytes.subarray(0, 8).toString("latin1")).toBe("THML\x01\x00\x06\x0a");
		expect([bytes.readUInt32LE(8), [...bytes.subarray(12, 16)]]).toEqual([bytes.length, [1, 28, 28, 0]]);
		expect(bytes.subarray(16, 32).toString("latin1")).toBe("v1".padEnd(16, "\0"));
		expect(bytes.subarray(32, 40).toString("latin1")).toBe("\x07label 0");
		expect(bytes.readUInt32LE(bytes.length - 4)).toBe(checkSum(bytes, bytes.length - 4));
		expect(bytes.length % 4).toBe(0);
	});

	it("has each scale and each weight where the board looks for it", () => {
		for (const wishes of [CANDIDATE, MIXED]) {
			const draft = draftOf(9, PICTURE, wishes);
			const model = new Model(writeModel(draft));
			const view = new DataView(model.bytes.buffer);
			draft.layers.forEach((layer, i) => {
				if (!("weights" in layer)) return;
				const { scales, weights }: WeightedDraft = layer;
				const at = model.plan[i * ROW + SCALES]!;
				expect(at % 4).toBe(0);
				scales.forEach(({ bias, multiplier, shift }, j) => {
					const scale = at + 8 * j;
					expect([view.getInt32(scale, true), view.getUint16(scale + 4, true), view.getUint8(scale + 6)]).toEqual([
						bias,
						multiplier,
						shift,
					]);
				});
				const from = model.plan[i * ROW + WEIGHTS]!;
				expect(Array.from(model.weights.subarray(from, from + weights.length))).toEqual(Array.from(weights));
			});
		}
	});

	it("that was changed is sealed again in its place", () => {
		const bytes = writeModel(draftOf(1, PICTURE, CANDIDATE));
		const inside = new Uint8Array(bytes.length + 5);
		inside.set(bytes, 5);
		inside[5 + 16] = 0x61;
		const sealed = sealModel(inside.subarray(5));
		expect(new Model(sealed).version().startsWith("a")).toBe(true);
	});
});
