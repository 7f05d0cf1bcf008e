import fc from "fast-check";
import { expect, it } from "vitest";
import { resultOf } from "../../../../host-sim/web/recognition/result.js";

const GIVEN = {
	time: 1_763_766_285_123,
	boot: 1,
	seq: 12,
	picture: 40,
	crc: 2_767_458_216,
	label: "Sneaker",
	confidence: 0.931,
	top: [
		["Sneaker", 0.931],
		["Sandal", 0.051],
		["Ankle boot", 0.012],
	],
	ms: 412,
	model: "fashion-1",
	source: "camera",
};

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const read = (more: object = {}) => resultOf(bytes({ ...GIVEN, ...more }), 99);

it("is what a board says that it has seen", () => {
	const { source, ...rest } = GIVEN;
	expect(read()).toEqual({ ...rest, at: 99, isSent: false });
	expect(read({ source: "sent" })?.isSent).toBe(true);
	expect(read({ time: 0, ms: undefined, model: undefined })).not.toHaveProperty("time");
});

it("is none where there is no label, or anything else that it takes", () => {
	expect(resultOf(bytes({ boot: 1, seq: 1, temperature: 20 }), 0)).toBe(undefined);
	expect(resultOf(bytes({ boot: 1, seq: 1, sensor: '"label"' }), 0)).toBe(undefined);
	expect(resultOf(bytes([GIVEN]), 0)).toBe(undefined);
	expect(resultOf(new TextEncoder().encode('{"label":'), 0)).toBe(undefined);
	for (const name of ["boot", "seq", "picture", "crc", "label", "confidence"])
		expect(read({ [name]: undefined }), name).toBe(undefined);
	for (const confidence of [-0.1, 1.1, "1", null]) expect(read({ confidence })).toBe(undefined);
	expect(read({ crc: 2 ** 32 })).toBe(undefined);
});

it("has three guesses at most, and passes over those that are none; without any, its label is the one", () => {
	expect(read({ top: [["a", 0.4], ["b"], "c", ["d", 2], ["e", 0.1]] })?.top).toEqual([["a", 0.4]]);
	expect(read({ top: Array.from({ length: 9 }, () => ["x", 0.1]) })?.top).toHaveLength(3);
	for (const top of [undefined, [], {}, "x"]) expect(read({ top })?.top).toEqual([["Sneaker", 0.931]]);
});

it("has no text that would obey or turn round what is beside it", () => {
	const result = read({ label: "a\u202eb\u0007", top: [["\u001b[2J", 0.5]], model: "x".repeat(500) });
	expect(result?.label).toBe("a?b?");
	expect(result?.top[0]?.[0]).toBe("?[2J");
	expect(result?.model).toHaveLength(65);
});

it("never throws, whatever comes", () => {
	fc.assert(
		fc.property(fc.record({ label: fc.jsonValue(), top: fc.jsonValue(), crc: fc.jsonValue() }), more => {
			const result = read(more);
			if (result !== undefined) expect(result.top.length).toBeGreaterThan(0);
		}),
	);
	fc.assert(
		fc.property(fc.uint8Array(), noise => {
			expect(resultOf(noise, 0)).toBe(undefined);
		}),
	);
});
