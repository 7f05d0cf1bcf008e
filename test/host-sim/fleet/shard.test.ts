import { describe, expect, it } from "vitest";
import { checkScenario, UsageError } from "../../../host-sim/fleet/scenario.js";
import { fingerprint, parseShard, partOf } from "../../../host-sim/fleet/shard.js";

const WHOLE = checkScenario(
	{
		seed: 7,
		groups: [
			{ name: "a", devices: 5 },
			{ name: "b", devices: 6, qos: 2 },
		],
	},
	"",
);

describe("a part of a run", () => {
	it("is a number of a count", () => {
		expect(parseShard("2/8")).toEqual({ number: 2, count: 8 });
		expect(parseShard("1/1")).toEqual({ number: 1, count: 1 });
		for (const wrong of ["0/2", "3/2", "2", "2/", "/2", "a/b", "1/0", "1.5/2", "-1/2", "1/1001", 2, ""])
			expect(() => parseShard(wrong), String(wrong)).toThrow(UsageError);
	});

	it("has boards that nobody else has, as they are in the whole; all parts together are the whole", () => {
		for (let count = 1; count <= WHOLE.boards.length; count += 1) {
			const parts = Array.from({ length: count }, (_, i) => partOf(WHOLE, { number: i + 1, count }));
			const all = parts.flatMap(({ boards }) => boards);
			expect(all.length).toBe(WHOLE.boards.length);
			expect(new Set(all)).toEqual(new Set(WHOLE.boards));
			const sizes = parts.map(({ boards }) => boards.length);
			expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
			for (const part of parts) expect({ ...part, boards: WHOLE.boards }).toEqual(WHOLE);
		}
	});

	it("is none where some would have no board", () => {
		expect(() => partOf(WHOLE, { number: 1, count: 12 })).toThrow("12 parts of a run with 11 boards");
	});

	it("knows the others by scenario, seed and count", () => {
		const marks = [
			fingerprint(WHOLE, 2),
			fingerprint(WHOLE, 3),
			fingerprint({ ...WHOLE, seed: 8 }, 2),
			fingerprint({ ...WHOLE, duration: 1000 }, 2),
		];
		expect(new Set(marks).size).toBe(4);
		expect(fingerprint(structuredClone(WHOLE), 2)).toBe(marks[0]);
		// It is seen by everybody at the broker: nobody shall try passwords against it.
		const secret = { ...WHOLE, boards: WHOLE.boards.map(board => ({ ...board, password: "x" })) };
		expect(fingerprint(secret, 2)).toBe(marks[0]);
	});
});
