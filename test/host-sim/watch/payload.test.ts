import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	cleaned,
	countIn,
	fieldsOf,
	lastOf,
	listIn,
	numberIn,
	reportOf,
	textIn,
	textOf,
} from "../../../host-sim/watch/payload.js";

const bytes = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
const report = (value: object) => reportOf(fieldsOf(bytes(value))!);

describe("texts", () => {
	it.each([
		["board-01", "board-01"],
		["a\u001b[31mb\u0007", "a?[31mb?"],
		["\u009b2J", "?2J"],
		["abc\u202edef\u2066", "abc?def?"],
		["a\nb\u2028c\u200b", "a?b?c?"],
		["\ud800x", "?x"],
		["<b onclick=x>", "<b onclick=x>"],
		["板子🙂", "板子🙂"],
		["x".repeat(64), "x".repeat(64)],
		["x".repeat(65), `${"x".repeat(64)}…`],
		["🙂".repeat(70), `${"🙂".repeat(64)}…`],
	])("%j shows as %j", (text, shown) => {
		expect(cleaned(text)).toBe(shown);
	});

	it("of any kind have nothing in them that a terminal would obey, and end", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary", maxLength: 300 }), text => {
				expect(cleaned(text)).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
				expect([...cleaned(text)].length).toBeLessThanOrEqual(65);
			}),
		);
	});

	it("that are too long, or no UTF-8, are none", () => {
		expect(textOf(Buffer.alloc(16_384, "a"))?.length).toBe(16_384);
		expect(textOf(Buffer.alloc(16_385, "a"))).toBe(undefined);
		expect(textOf(Uint8Array.of(0xc0, 0x80))).toBe(undefined);
	});
});

describe("fields", () => {
	it.each(["", "{", "[1]", "null", "7", '"x"', "[".repeat(16_000), `{"a":${"[".repeat(8000)}`])(
		"are none in %.20j",
		text => {
			expect(fieldsOf(bytes(text))).toBe(undefined);
		},
	);

	it("are only an object's own", () => {
		const fields = fieldsOf(bytes('{"__proto__":{"seq":1},"a":1}'))!;
		expect(numberIn(fields, "seq")).toBe(undefined);
		expect(numberIn(fields, "toString")).toBe(undefined);
		expect(numberIn(fields, "a")).toBe(1);
	});

	it("are taken where they are what they should be", () => {
		const fields = fieldsOf(
			bytes('{"n":-1.5,"big":1e999,"c":4294967295,"d":4294967296,"t":"\\u0007x","e":"","l":["a",1]}'),
		)!;
		expect([numberIn(fields, "n"), numberIn(fields, "big"), numberIn(fields, "t")]).toEqual([
			-1.5,
			undefined,
			undefined,
		]);
		expect([countIn(fields, "c"), countIn(fields, "d"), countIn(fields, "n")]).toEqual([
			4_294_967_295,
			undefined,
			undefined,
		]);
		expect([textIn(fields, "t"), textIn(fields, "e"), textIn(fields, "n")]).toEqual(["?x", undefined, undefined]);
		expect([listIn(fields, "l"), listIn(fields, "t")]).toEqual(["a, ?", undefined]);
	});
});

describe("reports", () => {
	it("have one reading", () => {
		expect(report({ time: 5, boot: 1, seq: 12, temperature: 21.53, humidity: 45.2, other: 1 })).toEqual({
			boot: 1,
			seq: 12,
			readings: [{ time: 5, values: { temperature: 21.53, humidity: 45.2 } }],
		});
	});

	it("have several, with what each does not say left out", () => {
		expect(
			report({ time: 1000, boot: 1, seq: 12, ms: [0, 500, 900], temperature: [21.5, null, 22], humidity: [1] }),
		).toEqual({
			boot: 1,
			seq: 12,
			readings: [
				{ time: 1000, values: { temperature: 21.5 } },
				{ time: 1500, values: {} },
				{ time: 1900, values: { temperature: 22 } },
			],
		});
	});

	it("have windows, alone and in a list", () => {
		const window = [3, 1, 4, 2.5];
		expect(report({ boot: 0, seq: 1, temperature: window })!.readings).toEqual([{ values: { temperature: window } }]);
		expect(report({ boot: 0, seq: 1, ms: [0, 1], temperature: [window, null] })!.readings).toEqual([
			{ values: { temperature: window } },
			{ values: {} },
		]);
		expect([lastOf([3, 1, 4, 2.5]), lastOf(7), lastOf(undefined)]).toEqual([3, 7, undefined]);
	});

	it.each([
		{ seq: 1 },
		{ boot: 1 },
		{ boot: -1, seq: 1 },
		{ boot: 1, seq: 1.5 },
		{ boot: 1, seq: 1, ms: [] },
		{ boot: 1, seq: 1, ms: 5 },
		{ boot: 1, seq: 1, ms: Array(256).fill(0) },
	])("are none in %j", fields => {
		expect(report(fields)).toBe(undefined);
	});

	it("never throw, whatever JSON says", () => {
		fc.assert(
			fc.property(
				fc.dictionary(fc.constantFrom("time", "boot", "seq", "ms", "temperature"), fc.jsonValue()),
				fields => {
					const found = report(fields);
					for (const { time, values } of found?.readings ?? []) {
						if (time !== undefined) expect(Number.isFinite(time)).toBe(true);
						for (const value of Object.values(values)) expect(Number.isFinite(lastOf(value))).toBe(true);
					}
				},
			),
		);
	});
});
