import fc from "fast-check";
import { expect, it } from "vitest";
import { placesOf, revealed, sightOf } from "../../../../host-sim/web/fleet/scroll.js";

it("all rows that can be seen are there, and few beside them", () => {
	fc.assert(
		fc.property(
			fc.nat(2000),
			fc.nat(60_000),
			fc.nat(1200),
			fc.integer({ min: 20, max: 60 }),
			(count, top, height, row) => {
				const { from, to } = sightOf(top, height, row, count);
				expect(from).toBeGreaterThanOrEqual(0);
				expect(to).toBeLessThanOrEqual(Math.max(count, from));
				expect(to - from).toBeLessThanOrEqual(placesOf(height, row));
				expect(placesOf(height, row)).toBeLessThanOrEqual(height / row + 14);
				for (let i = 0; i < count; i += 1)
					if ((i + 1) * row > top && i * row < top + height) expect(i >= from && i < to).toBe(true);
			},
		),
	);
});

it("without rows there is nothing to be seen", () => {
	expect(sightOf(0, 500, 30, 0)).toEqual({ from: 0, to: 0 });
});

it.each([
	["above", 2, 300, 60],
	["at the upper edge", 10, 300, 300],
	["in the middle", 15, 300, 300],
	["at the lower edge", 19, 300, 300],
	["below", 20, 300, 330],
	["half hidden below", 20, 310, 330],
])("a row that is %s of what is in sight gets into it by the shortest way", (_, row, top, expected) => {
	expect(revealed(row, top, 300, 30)).toBe(expected);
});
