import { expect, it } from "vitest";
import { hrefOf, partsOf } from "../../../host-sim/web/route.js";

it("finds in an address what was written into it, whatever it was", () => {
	for (const parts of [["fleet"], ["fleet", "attic-01"], ["topics", "a/b#c d"], ["packets", "100 %", "温度"]])
		expect(partsOf(hrefOf(...parts))).toEqual(parts);
});

it("takes an address that somebody has typed for what it is", () => {
	expect(partsOf("")).toEqual([]);
	expect(partsOf("#")).toEqual([]);
	expect(partsOf("#//fleet/")).toEqual(["fleet"]);
	expect(partsOf("#/fleet/%zz")).toEqual(["fleet", "%zz"]);
});
