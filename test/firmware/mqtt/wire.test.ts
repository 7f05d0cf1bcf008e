import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Misuse } from "../../../firmware/mqtt/error.js";
import {
	isUtf8,
	putUint16,
	putUtf8,
	putVarint,
	takeUtf8,
	utf8Length,
	varintLength,
} from "../../../firmware/mqtt/wire.js";
import { utf8 } from "../../support/peer.js";

/** Any string that MQTT can carry. */
/** Any characters but U+0000 and halves of pairs, those of one to four bytes alike often. */
const text = fc
	.array(
		fc.oneof(
			fc.integer({ min: 1, max: 0x7f }),
			fc.integer({ min: 0x80, max: 0x7ff }),
			fc.integer({ min: 0x800, max: 0xd7ff }),
			fc.integer({ min: 0xe000, max: 0xffff }),
			fc.integer({ min: 0x1_0000, max: 0x10_ffff }),
		),
	)
	.map(codes => String.fromCodePoint(...codes));

describe("UTF-8", () => {
	it("[MQTT-1.5.3-1] is written as TextEncoder writes it, and read back", () => {
		fc.assert(
			fc.property(text, text => {
				const expected = utf8(text);
				expect(utf8Length(text, "text")).toBe(expected.length);
				const bytes = new Uint8Array(expected.length + 2);
				expect(putUtf8(bytes, 1, text)).toBe(expected.length + 1);
				expect(bytes.subarray(1, -1)).toEqual(expected);
				expect(isUtf8(bytes, 1, expected.length)).toBe(true);
				expect(takeUtf8(bytes, 1, expected.length)).toBe(text);
			}),
		);
	});

	it("[MQTT-1.5.3-1] [MQTT-1.5.3-2] is found ill-formed where TextDecoder finds it so, or where it holds U+0000", () => {
		const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
		const isWellFormed = (bytes: Uint8Array) => {
			try {
				decoder.decode(bytes);
				return true;
			} catch {
				return false;
			}
		};
		// Bytes from the edges of UTF-8's tables, so that many sequences come near to being well-formed.
		const edge = fc.constantFrom(
			0x01,
			0x7f,
			0x80,
			0x8f,
			0x90,
			0x9f,
			0xa0,
			0xbf,
			0xc0,
			0xc1,
			0xc2,
			0xdf,
			0xe0,
			0xe1,
			0xec,
			0xed,
			0xee,
			0xef,
			0xf0,
			0xf1,
			0xf3,
			0xf4,
			0xf5,
			0xff,
		);
		fc.assert(
			fc.property(fc.array(fc.oneof(edge, fc.integer({ min: 0, max: 255 })), { maxLength: 6 }), values => {
				const bytes = Uint8Array.from(values);
				expect(isUtf8(bytes, 0, bytes.length)).toBe(isWellFormed(bytes) && !values.includes(0));
			}),
			{ numRuns: 20_000 },
		);
	});

	it("never looks behind its end", () => {
		const bytes = Uint8Array.from([0x61, 0xe2, 0x82, 0xac]);
		expect(isUtf8(bytes, 0, 3)).toBe(false);
		expect(isUtf8(bytes, 0, 4)).toBe(true);
	});

	it("strings that MQTT cannot carry are misuse, with the option's name", () => {
		expect(() => utf8Length("a\0", "will.topic")).toThrow(new Misuse(1, "will.topic: U+0000 is not allowed"));
		expect(() => utf8Length("\ud800", "x")).toThrow(Misuse);
		expect(() => utf8Length("x".repeat(65_536), "x")).toThrow(Misuse);
		expect(utf8Length("x".repeat(65_535), "x")).toBe(65_535);
	});
});

describe("integers", () => {
	it.each([
		[0, "00"],
		[127, "7f"],
		[128, "8001"],
		[16_383, "ff7f"],
		[16_384, "808001"],
		[2_097_151, "ffff7f"],
		[2_097_152, "80808001"],
		[268_435_455, "ffffff7f"],
	])("section 2.2.3: remaining length %i is %s", (value, expected) => {
		const bytes = new Uint8Array(4);
		expect(putVarint(bytes, 0, value)).toBe(expected.length / 2);
		expect(Buffer.from(bytes).toString("hex").slice(0, expected.length)).toBe(expected);
		expect(varintLength(value)).toBe(expected.length / 2);
	});

	it("section 1.5.2: two bytes, the high one first", () => {
		const bytes = new Uint8Array(3);
		expect(putUint16(bytes, 1, 0x1234)).toBe(3);
		expect([...bytes]).toEqual([0, 0x12, 0x34]);
	});
});
