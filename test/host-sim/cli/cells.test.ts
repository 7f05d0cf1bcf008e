import { expect, it } from "vitest";
import { cellsOf, fitted, padded } from "../../../host-sim/cli/cells.js";

it.each([
	["", 0],
	["board-01", 8],
	["板子", 4],
	["e\u0301", 1],
	["🙂", 2],
	["\u001b[31mred\u001b[0m", 3],
])("%j takes %i cells", (text, cells) => {
	expect(cellsOf(text)).toBe(cells);
});

it("what fits is never wider than asked for, and colours end", () => {
	expect(fitted("abc", 2)).toBe("ab");
	expect(fitted("a板b", 2)).toBe("a");
	expect(fitted("\u001b[31mabc\u001b[0m", 1)).toBe("\u001b[31ma\u001b[0m");
	expect(fitted("abc", 0)).toBe("");
});

it.each([
	["ab", 4, false, "ab  "],
	["ab", 4, true, "  ab"],
	["abcdef", 4, false, "abc…"],
	["abcd", 4, true, "abcd"],
	["板子板子", 4, false, "板… "],
	["板", 4, true, "  板"],
])("%j in %i cells, right: %s", (text, width, isRight, expected) => {
	expect(padded(text, width, isRight)).toBe(expected);
});
