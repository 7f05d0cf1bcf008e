import { expect, it } from "vitest";
import { FIGURES } from "../../../../host-sim/watch/board.js";
import { COLUMN_NAMES, parseFilter } from "../../../../host-sim/watch/column.js";
import { EXTRAS } from "../../../../host-sim/web/fleet/columns.js";
import { fleetWords } from "../../../../host-sim/web/fleet/words.js";

it.each(["en", "zh"] as const)("all columns and figures are named, and none like another: %s", language => {
	const { figures, heads } = fleetWords[language];
	const meanings = [...COLUMN_NAMES, ...EXTRAS].map(name => heads[name][1]);
	expect(new Set(meanings).size).toBe(COLUMN_NAMES.length + EXTRAS.length);
	expect(new Set(FIGURES.map(name => figures[name])).size).toBe(FIGURES.length);
	expect([...meanings, ...Object.values(figures)].every(text => text.length > 1)).toBe(true);
});

it.each(["en", "zh"] as const)("the filters that are shown as examples are filters: %s", language => {
	for (const [text] of fleetWords[language].examples)
		expect(typeof parseFilter(text, { qos: () => undefined }), text).toBe("function");
});

it("one is not many", () => {
	const { en, zh } = fleetWords;
	expect([en.count(1), en.count(2), zh.count(1)]).toEqual(["1 board", "2 boards", "1 台设备"]);
	expect([en.gap(1, 5, 5), en.gap(1, 5, 9)]).toEqual(["boot 1: 5", "boot 1: 5 to 9"]);
});
