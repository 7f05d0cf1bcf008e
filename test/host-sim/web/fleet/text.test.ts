import { expect, it } from "vitest";
import { ageText, digits } from "../../../../host-sim/web/fleet/text.js";

it.each([
	[0, "0 s"],
	[-3, "0 s"],
	[59.9, "59 s"],
	[60, "1 min"],
	[3599, "59 min"],
	[3600, "1 h"],
	[86_399, "23 h"],
	[86_400, "1 d"],
	[10_000_000, "115 d"],
])("a length of time of %d s is told in one unit: %s", (seconds, text) => {
	expect(ageText(seconds, ["s", "min", "h", "d"])).toBe(text);
});

it.each([
	[0, 0, "0"],
	[-70, 0, "-70"],
	[1017.04, 2, "1017.04"],
	[9999, 0, "9999"],
	[23_456, 0, "23\u202f456"],
	[-1_234_567.891, 2, "-1\u202f234\u202f567.89"],
	[1e21, 0, "1e+21"],
])("the number %d with %d decimals is %s", (value, decimals, text) => {
	expect(digits(value, decimals)).toBe(text);
});
