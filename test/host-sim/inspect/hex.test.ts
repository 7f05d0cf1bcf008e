import fc from "fast-check";
import { expect, it } from "vitest";
import { bytesOfHex, bytesOfPairs, pairsOf } from "../../../host-sim/inspect/hex.js";

it.each([
	["c000", [0xc0, 0]],
	["C0 00\n", [0xc0, 0]],
	["0xC0, 0x00", [0xc0, 0]],
	["{0xc0,0x0}", [0xc0, 0]],
	["\\xc0\\x00", [0xc0, 0]],
	["c0:00:0a", [0xc0, 0, 10]],
	["0xc000", [0xc0, 0]],
	["0xc00x00", [0xc0, 0]],
	["40 2 0 7", [0x40, 2, 0, 7]],
	["[ ]", []],
	["", []],
] as const)("takes %j", (text, bytes) => {
	expect([...bytesOfHex(text)]).toEqual(bytes);
});

it.each([
	["30 0g", '"g" at position 5 is no hexadecimal digit'],
	["30 😀", '"😀" at position 4 is no hexadecimal digit'],
	["30 123 4", "an odd number of digits, 3, from position 4 on: half a byte is missing"],
	["30 0x", "no digits behind 0x at position 6"],
	["hello", '"h" at position 1 is no hexadecimal digit'],
])("says where %j goes wrong", (text, sentence) => {
	expect(() => bytesOfHex(text)).toThrow(sentence);
});

it("takes what hexadecimal is written as, for any bytes", () => {
	fc.assert(
		fc.property(fc.uint8Array(), fc.constantFrom("", " ", ", ", "\n"), fc.boolean(), (bytes, between, prefix) => {
			const digits = Array.from(bytes, byte => byte.toString(16).padStart(2, "0"));
			expect(bytesOfHex(digits.map(two => (prefix ? "0x" : "") + two).join(between))).toEqual(bytes);
		}),
	);
});

it.each([
	["30 0g", "strange", 4],
	["30 123 4", "odd", 3],
	["30 0x", "none", 5],
] as const)("says of %j what is wrong and where, for who has own words for that", (text, what, at) => {
	try {
		bytesOfHex(text);
		expect.unreachable();
	} catch (error) {
		expect(error).toMatchObject({ what, at });
	}
});

it("writes pairs of digits and reads them back, for any bytes", () => {
	fc.assert(
		fc.property(fc.uint8Array(), bytes => {
			expect(pairsOf(bytes)).toBe(Buffer.from(bytes).toString("hex"));
			expect(bytesOfPairs(pairsOf(bytes))).toEqual(bytes);
		}),
	);
});

it.each(["3", "3g", "AB", "0x", "30 0"])("takes no %j for pairs of digits", text => {
	expect(bytesOfPairs(text)).toBeUndefined();
});
