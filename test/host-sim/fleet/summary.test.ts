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

it("says how flash was used: in all, on the worst board, by a reading, and for how long it lasts", () => {
	const day = 86_400_000;
	const use = (operations: number, entries: number, readings: number) => ({ operations, entries, readings });
	// The worst board fills five pages of 114 entries a day, each of which lasts 100,000 times.
	expect(summarizeFlash([use(10, 100, 10), use(30, 570, 30), use(20, 130, 0)], day)).toEqual({
		boards: 3,
		operations: 60,
		mostOfABoard: 30,
		perReading: 1.5,
		entries: 800,
		entriesPerReading: 20,
		years: Math.round((100_000 / 365) * 100) / 100,
	});
	expect(summarizeFlash([use(1, 1, 2), use(1, 0, 1)], day)).toMatchObject({
		perReading: 0.67,
		entriesPerReading: 0.33,
	});
	const none = { operations: 0, mostOfABoard: 0, perReading: 0, entries: 0, entriesPerReading: 0, years: null };
	expect(summarizeFlash([], day)).toEqual({ boards: 0, ...none });
	expect(summarizeFlash([use(0, 0, 0)], 0)).toEqual({ boards: 1, ...none });
});
