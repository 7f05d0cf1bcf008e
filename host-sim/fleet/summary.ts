// What is left to say when a fleet has stopped.

import type { Board } from "./board.js";

export interface Summary {
	readonly devices: number;
	/** Boards that were online at least once. */
	readonly seenOnline: number;
	/** Readings, and how they ended. */
	readonly published: number;
	readonly settled: number;
	readonly refused: number;
	readonly dropped: number;
	readonly lost: number;
	readonly reconnects: number;
	/** Boards' restarts of themselves: out of memory, an exception. */
	readonly restarts: number;
	/** Median round-trip time of all PINGREQ packets in ms, or null where none was answered. */
	readonly pingMedianMs: number | null;
}

export function summarize(boards: readonly Board[], seenOnline: number): Summary {
	const sum = (pick: (board: Board) => number) => boards.reduce((total, board) => total + pick(board), 0);
	return {
		devices: boards.length,
		seenOnline,
		published: sum(board => board.counts.published),
		settled: sum(board => board.counts.settled),
		refused: sum(board => board.counts.refused),
		dropped: sum(board => board.counts.dropped),
		lost: sum(board => board.counts.lost),
		reconnects: sum(board => board.counts.reconnects),
		restarts: sum(board => board.restarts),
		pingMedianMs: median(boards.flatMap(board => board.pings)),
	};
}

function median(values: number[]): number | null {
	if (values.length === 0) return null;
	values.sort((a, b) => a - b);
	const middle = values.length >> 1;
	return values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2;
}
