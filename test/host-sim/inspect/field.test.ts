import { expect, it } from "vitest";
import { dissect } from "../../../host-sim/inspect/dissect.js";
import { hexOf, shown, textOf } from "../../../host-sim/inspect/field.js";
import { bytesOf, leavesOf } from "../../support/packets.js";

it("shows bytes as text where they are some, else in hexadecimal", () => {
	expect(shown(bytesOf('{"a":\t1}\r\n'))).toEqual({ value: '{"a":\t1}\r\n', isHex: false });
	expect(shown(bytesOf("größe"))).toEqual({ value: "größe", isHex: false });
	expect(shown(bytesOf(0x1b, "[2J"))).toEqual({ value: "1b 5b 32 4a", isHex: true });
	expect(shown(bytesOf(0xff))).toEqual({ value: "ff", isHex: true });
	expect(hexOf(bytesOf())).toBe("");
});

it("takes U+FEFF for a character like any other", () => {
	expect(textOf(bytesOf(0xef, 0xbb, 0xbf, "a"))).toBe("\ufeffa");
	expect(textOf(bytesOf(0xed, 0xa0, 0x80))).toBeUndefined();
});

it("leaves what it could not read in the place where it is", () => {
	const { fields } = dissect(bytesOf(0x30, 4, 0, 9, "ab"), { version: "3.1.1" });
	expect(
		leavesOf(fields)
			.slice(-2)
			.map(({ at, length, name, value }) => [name, at, length, value]),
	).toEqual([
		["Length", 2, 2, "9"],
		["Not read", 4, 2, "61 62"],
	]);
});
