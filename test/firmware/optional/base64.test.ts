import { describe, expect, it } from "vitest";
import { base64, fromBase64 } from "../../../firmware/optional/base64.js";

const ascii = (text: string) => new Uint8Array([...text].map(character => character.charCodeAt(0)));

/** RFC 4648 section 10, and what has the last two digits. */
const PAIRS = [
	["f", "Zg=="],
	["fo", "Zm8="],
	["foo", "Zm9v"],
	["foob", "Zm9vYg=="],
	["fooba", "Zm9vYmE="],
	["foobar", "Zm9vYmFy"],
	["\u00fb\u00ff\u00bf", "+/+/"],
] as const;

describe("base64", () => {
	it.each(PAIRS)("of %j is %s", (text, digits) => {
		expect(base64(ascii(text))).toBe(digits);
	});

	it("of nothing is nothing", () => {
		expect(base64(new Uint8Array(0))).toBe("");
	});

	it.each(PAIRS)("%j comes back from %s", (text, digits) => {
		expect(fromBase64(digits)).toEqual(ascii(text));
	});

	it.each(["", "=", "Zg", "Zg=", "Zg===", "Zg=v", "Z g=", "Zm9*", "Zm9\u00fc"])("%j is none", digits => {
		expect(fromBase64(digits)).toBe(undefined);
	});
});
