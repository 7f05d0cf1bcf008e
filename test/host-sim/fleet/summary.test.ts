import { expect, it } from "vitest";
import type { Board } from "../../../host-sim/fleet/board.js";
import { summarize, summarizeFlash } from "../../../host-sim/fleet/summary.js";

const board = (settled: number, pings: number[]) =>
	({
		counts: { published: settled + 1, settled, refused: 1, dropped: 0, lost: 0, reconnects: 2 },
		restarts: 0,
		pings,
	}) as unknown as Board;

it("adds up, and takes the median of all pings", () => {
	expect(summarize([board(3, [9, 1]), board(4, [2])], 1)).toEqual({
		devices: 2,
		seenOnline: 1,
		published: 9,
		settled: 7,
		refused: 2,
		dropped: 0,
		lost: 0,
		reconnects: 4,
		restarts: 0,
		pingMedianMs: 2,
	});
	expect(summarize([board(0, [3, 4])], 1).pingMedianMs).toBe(3.5);
	expect(summarize([board(0, [])], 0).pingMedianMs).toBeNull();
});

it("says how flash was used: in all, on the worst board, and by a reading", () => {
	expect(summarizeFlash([10, 30, 20], 40)).toEqual({ operations: 60, mostOfABoard: 30, perReading: 1.5 });
	expect(summarizeFlash([1, 1], 3)).toEqual({ operations: 2, mostOfABoard: 1, perReading: 0.67 });
	expect(summarizeFlash([], 0)).toEqual({ operations: 0, mostOfABoard: 0, perReading: 0 });
});
