// Which files are models, and with what word the others are refused.

import { describe, expect, it } from "vitest";
import {
	AVERAGE,
	BadModel,
	BYTES_AT,
	CONVOLUTION,
	DENSE,
	DEPTHWISE,
	FORMAT_AT,
	HEAD_BYTES,
	HEIGHT,
	KERNEL,
	KIND,
	LAYERS_AT,
	LIMITS,
	MAXIMUM,
	Model,
	MULTIPLY_ADDS,
	OUTPUTS,
	ROW,
	SHAPE_AT,
	TABLE_ENTRIES,
	VERSION_AT,
	WIDTH,
	weightsOf,
} from "../../../firmware/vision/model.js";
import { type ModelDraft, sealModel, type WeightedDraft, writeModel } from "../../../host-sim/model/file.js";
import {
	average,
	CANDIDATE,
	convolution,
	dense,
	depthwise,
	draftOf,
	largest,
	MIXED,
	PICTURE,
	TABLE,
} from "../../support/vision.js";

const SMALL = draftOf(1, { channels: 1, height: 4, width: 4 }, [convolution(2, 3, 1, 1), largest, dense(3)]);

/** Why it is refused, or "" where it is not. */
function fault(bytes: Uint8Array, limits = LIMITS): string {
	try {
		new Model(bytes, limits);
		return "";
	} catch (error) {
		if (!(error instanceof BadModel)) throw error;
		expect(error.message).toBe(`the model is refused: ${error.fault}`);
		return error.fault;
	}
}

/** Of a small model with something else in it. */
function faultWith(change: Partial<ModelDraft>): string {
	return fault(writeModel({ ...SMALL, ...change }));
}

/** Of a small model whose layer has something else in it. */
function faultOfLayer(index: number, change: Partial<WeightedDraft>): string {
	return faultWith({
		layers: SMALL.layers.map((layer, i) => (i === index ? ({ ...layer, ...change } as WeightedDraft) : layer)),
	});
}

/** Of a small model some bytes of which are others, and whose check sum knows. */
function faultAt(at: number, ...values: number[]): string {
	const bytes = writeModel(SMALL);
	bytes.set(values, at);
	return fault(sealModel(bytes));
}

describe("a model", () => {
	it("says what it is: version, labels, shapes, work, memory", () => {
		const model = new Model(
			writeModel({
				...draftOf(3, PICTURE, CANDIDATE),
				version: "fashion-1",
				labels: [..."ABCDEFGH", "靴", "Stövel 👢"],
			}),
		);
		expect([model.version(), model.classes, model.label(0), model.label(8), model.label(9)]).toEqual([
			"fashion-1",
			10,
			"A",
			"靴",
			"Stövel 👢",
		]);
		expect([model.channels, model.height, model.width, model.pictureBytes, model.layers]).toEqual([1, 28, 28, 784, 6]);
		expect([model.multiplyAdds, model.evenBytes, model.oddBytes]).toEqual([361_088, 1568, 6272]);
		const rows = Array.from({ length: model.layers }, (_, i) =>
			[KIND, KERNEL, OUTPUTS, HEIGHT, WIDTH, MULTIPLY_ADDS].map(column => model.plan[i * ROW + column]),
		);
		expect(rows).toEqual([
			[CONVOLUTION, 3, 8, 28, 28, 56_448],
			[MAXIMUM, 2, 8, 14, 14, 0],
			[CONVOLUTION, 3, 16, 14, 14, 225_792],
			[MAXIMUM, 2, 16, 7, 7, 0],
			[CONVOLUTION, 3, 32, 4, 4, 73_728],
			[DENSE, 0, 10, 1, 1, 5120],
		]);
		expect([0, 1, 2, 5].map(layer => weightsOf(model.plan, layer * ROW))).toEqual([9, 0, 72, 512]);
	});

	it("may lie anywhere in a larger buffer: nothing of it is copied, and nothing need be aligned", () => {
		const bytes = writeModel(SMALL);
		const flash = new Uint8Array(bytes.length + 9).fill(0xa5);
		flash.set(bytes, 3);
		const model = new Model(flash.subarray(3, 3 + bytes.length));
		expect([model.bytes.buffer === flash.buffer, model.weights.buffer === flash.buffer]).toEqual([true, true]);
		expect(model.label(2)).toBe("label 2");
	});

	it("with layers of each kind is one", () => {
		expect(fault(writeModel(draftOf(5, PICTURE, MIXED)))).toBe("");
	});
});

describe("a file is refused", () => {
	it("with any byte of it changed, cut short or longer", () => {
		const bytes = writeModel(SMALL);
		for (let at = 0; at < bytes.length; at += 1) {
			const other = 1 << (at & 7);
			bytes[at]! ^= other;
			const expected = at < FORMAT_AT ? "not a model" : at < LAYERS_AT ? "unknown format" : "damaged";
			expect(fault(bytes), `byte ${at} ^ ${other}`).toBe(expected);
			bytes[at]! ^= other;
		}
		for (let length = 0; length < bytes.length; length += 1)
			expect(fault(bytes.slice(0, length))).toBe(length < HEAD_BYTES ? "not a model" : "damaged");
		const longer = new Uint8Array(bytes.length + 4);
		longer.set(bytes);
		expect([fault(longer), fault(bytes)]).toEqual(["damaged", ""]);
	});

	it("where it is something else, or of a later format", () => {
		expect([fault(new Uint8Array(0)), fault(new Uint8Array(1000)), faultAt(0, 0x74), faultAt(FORMAT_AT, 2)]).toEqual([
			"not a model",
			"not a model",
			"not a model",
			"unknown format",
		]);
	});

	it("beyond any limit", () => {
		const bytes = writeModel(draftOf(3, PICTURE, CANDIDATE));
		const limits = { bytes: bytes.length, multiplyAdds: 361_088, activationBytes: 7840 };
		expect(fault(bytes, limits)).toBe("");
		expect(fault(bytes, { ...limits, bytes: bytes.length - 1 })).toBe("too large");
		expect(fault(bytes, { ...limits, multiplyAdds: 361_087 })).toBe("too slow");
		expect(fault(bytes, { ...limits, activationBytes: 7839 })).toBe("too much memory");
	});

	it("for a version or a label that is no text", () => {
		expect(["", "1234567890123456", "a b", "a\u0000b", "ä"].map(version => faultWith({ version }))).toEqual(
			Array.from({ length: 5 }, () => "bad text"),
		);
		expect(faultWith({ version: "123456789012345" })).toBe("");
		const labels = (text: string) => faultWith({ labels: ["a", "b", text] });
		expect([labels(""), labels("x".repeat(64)), labels("x".repeat(63)), labels("\u0000")]).toEqual([
			"bad text",
			"bad text",
			"",
			"bad text",
		]);
		// The first label has the bytes from here on: "label 0".
		const label = HEAD_BYTES + 1;
		for (const bad of [
			[0x80],
			[0xc0, 0x80],
			[0xc3, 0x28],
			[0xe0, 0x80, 0x80],
			[0xed, 0xa0, 0x80],
			[0xf0, 0x80, 0x80, 0x80],
			[0xf4, 0x90, 0x80, 0x80],
			[0xff],
		])
			expect(faultAt(label, ...bad), String(bad)).toBe("bad text");
		expect([faultAt(label + 6, 0xc3), faultAt(label, 0xf0, 0x9f, 0x91, 0xa2), faultAt(label - 1, 200)]).toEqual([
			"bad text",
			"",
			"bad text",
		]);
	});

	it("for exponentials that rise, or begin with 0", () => {
		const rising = [...TABLE];
		rising[200] = rising[199]! + 1;
		expect([faultWith({ table: rising }), faultWith({ table: new Array(TABLE_ENTRIES).fill(0) })]).toEqual([
			"bad table",
			"bad table",
		]);
		expect(faultWith({ table: new Array(TABLE_ENTRIES).fill(1) })).toBe("");
	});

	it("for a layer that there is not", () => {
		const windows = [
			{ kernel: 0 },
			{ kernel: 2 },
			{ kernel: 4 },
			{ kernel: 7 },
			{ stride: 0 },
			{ stride: 3 },
			{ padding: 3 },
			{ kernel: 1, padding: 1 },
			{ kind: DEPTHWISE, kernel: 1, padding: 0 },
			{ kind: AVERAGE + 2 },
			{ kind: 0 },
		] as Partial<WeightedDraft>[];
		for (const window of windows) expect(faultOfLayer(0, window), JSON.stringify(window)).toBe("bad layer");
		expect([faultOfLayer(2, { kernel: 1 }), faultOfLayer(2, { stride: 1 })]).toEqual(["bad layer", "bad layer"]);
		expect(faultAt(SHAPE_AT + 3, 1)).toBe("bad shape");
	});

	it("whose layers end elsewhere than they should", () => {
		const [first, second, last] = SMALL.layers as [WeightedDraft, never, WeightedDraft];
		expect(
			faultWith({ layers: [first, second, { ...last, weights: [...Array.from(last.weights), 0, 0, 0, 0] }] }),
		).toBe("bad layer");
		expect(faultWith({ layers: [first, second, { ...last, weights: Array.from(last.weights).slice(4) }] })).toBe(
			"bad layer",
		);
		expect(faultWith({ layers: [first, second, { ...last, scales: last.scales.slice(1) }] })).toBe("bad layer");
		expect([faultAt(LAYERS_AT, 2), faultAt(LAYERS_AT, 4), faultAt(LAYERS_AT, 0)]).toEqual([
			"bad layer",
			"bad layer",
			"bad layer",
		]);
		// 18 weights of the first layer, and two zeros.
		const bytes = writeModel(SMALL);
		const zero = bytes.length - 4 - 24 - 24 - 8 - 8 - 1;
		expect([bytes[zero], faultAt(zero, 1)]).toEqual([0, "bad layer"]);
	});

	it("for layers that do not fit", () => {
		expect([faultAt(SHAPE_AT, 0), faultAt(SHAPE_AT + 1, 0), faultAt(SHAPE_AT + 2, 0)]).toEqual([
			"bad shape",
			"bad shape",
			"bad shape",
		]);
		expect(faultWith({ labels: ["a", "b"] })).toBe("bad shape");
		const [first, second, last] = SMALL.layers;
		expect([faultWith({ layers: [] }), faultWith({ layers: [first!, second!] })]).toEqual(["bad shape", "bad shape"]);
		expect(faultWith({ layers: [first!, { kind: MAXIMUM, outputs: 3 }, last!] })).toBe("bad shape");
		expect(faultOfLayer(0, { outputs: 0 })).toBe("bad shape");
		expect(faultOfLayer(0, { kind: DEPTHWISE })).toBe("bad shape");
		// 4 x 4, then 2 x 2, then 1 x 1, and then there is no place for another.
		const pools = (count: number) => [first!, ...Array.from({ length: count }, () => second!), last!];
		expect([faultWith({ layers: pools(3) }), faultWith({ layers: pools(2) })]).toEqual(["bad shape", "bad layer"]);
		expect(
			fault(writeModel(draftOf(2, { channels: 1, height: 2, width: 2 }, [convolution(1, 3, 1, 0), average, dense(2)]))),
		).toBe("bad shape");
		expect(
			fault(writeModel(draftOf(2, { channels: 2, height: 3, width: 3 }, [depthwise(3, 1, 0), average, dense(2)]))),
		).toBe("");
	});

	it("for a weight or a scale that is out of range", () => {
		const { scales, weights } = SMALL.layers[0] as WeightedDraft;
		const low = Int8Array.from(weights as Int8Array);
		low[17] = -128;
		expect(faultOfLayer(0, { weights: low })).toBe("bad weight");
		for (const shift of [0, 32, 255])
			expect(faultOfLayer(0, { scales: [scales[0]!, { ...scales[1]!, shift }] })).toBe("bad weight");
	});

	it("as soon as a sum could need more than 32 bits", () => {
		const of = (bias: number, weight: number, multiplier: number, shift: number) =>
			fault(
				writeModel({
					...draftOf(1, { channels: 1, height: 1, width: 1 }, [dense(1)]),
					layers: [
						{
							kind: DENSE,
							kernel: 0,
							stride: 0,
							padding: 0,
							outputs: 1,
							scales: [{ bias, multiplier, shift }],
							weights: [weight],
						},
					],
				}),
			);
		// 255 * 127 + 383 is 2^15; 2^15 * 65,535 + 2^14 is just below 2^31, and with 2^15 it is 2^31.
		expect([of(383, 127, 65_535, 15), of(383, -127, 65_535, 15), of(-383, 127, 65_535, 15)]).toEqual(["", "", ""]);
		expect([of(383, 127, 65_535, 16), of(384, 127, 65_535, 15), of(-384, -127, 65_535, 15)]).toEqual([
			"could wrap",
			"could wrap",
			"could wrap",
		]);
		expect([of(2 ** 31 - 1, 0, 0, 1), of(2 ** 31 - 1, 1, 0, 1), of(-(2 ** 31), 0, 0, 1)]).toEqual([
			"",
			"could wrap",
			"could wrap",
		]);
		expect(fault(sealModel(writeModel(SMALL)))).toBe("");
	});

	it("that says another length than it has", () => {
		expect([faultAt(BYTES_AT, 0), faultAt(VERSION_AT, 0x20)]).toEqual(["damaged", "bad text"]);
	});
});
