// What is left to say when a fleet has stopped.

import { DEFAULT_PARTITION_BYTES, WIFI_PAGES, yearsOfLife } from "../world/wear.js";
import type { Board } from "./board.js";
import type { OrderSummary } from "./operator.js";
import type { RecognitionSummary } from "./recognitions.js";

const DAY_MS = 86_400_000;

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
	/** Boards' restarts: power cuts, out of memory, an exception. */
	readonly restarts: number;
	/** Median round-trip time of all PINGREQ packets in ms, or null where none was answered. */
	readonly pingMedianMs: number | null;
}

/** What else there is to say of a fleet in a world. */
export interface WorldSummary extends Summary {
	/** The scenario's time when it was stopped. */
	readonly simulatedMs: number;
	/** Readings that had not ended when their boards stopped: they wait in flash. */
	readonly waiting: number;
	/** Different readings at the broker. */
	readonly arrived: number;
	/** Readings above QoS 0 that were settled and are not at the broker. None may be. */
	readonly gaps: number;
	/** Readings that came again. At QoS 1 they may, at QoS 2 none may. */
	readonly duplicatesQos1: number;
	readonly duplicatesQos2: number;
	/** Bytes of all packets, both ways. */
	readonly wireBytes: number;
	/** How often each kind of fault has struck. */
	readonly faults: Readonly<Record<string, number>>;
	readonly flash: FlashSummary;
	/** What became of commands and updates, where there were any. */
	readonly orders?: OrderSummary;
	/** What boards that see have said, where there were any. */
	readonly recognition?: RecognitionSummary;
}

/** What the boards did to flash that keep their sessions there. */
export interface FlashSummary {
	/** How many they are. */
	readonly boards: number;
	/** Writes and deletions of all, and of the board that had most. */
	readonly operations: number;
	readonly mostOfABoard: number;
	/** How many a reading has taken. */
	readonly perReading: number;
	/** Entries of NVS (wear.ts) that were written, and how many a reading has taken. */
	readonly entries: number;
	readonly entriesPerReading: number;
	/** How long the default partition of the board that writes most lasts at that, or null where nothing was written. */
	readonly years: number | null;
}

/** The same of one board. */
export interface FlashUse {
	readonly operations: number;
	readonly entries: number;
	readonly readings: number;
}

/** Whether something that was promised has not been kept. */
export function isBroken({ duplicatesQos2 = 0, gaps = 0, recognition }: Partial<WorldSummary>): boolean {
	return gaps > 0 || duplicatesQos2 > 0 || (recognition !== undefined && recognition.different > 0);
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

/** From what each board has done in so many ms of the scenario. */
export function summarizeFlash(boards: readonly FlashUse[], elapsedMs: number): FlashSummary {
	const sum = (pick: (board: FlashUse) => number) => boards.reduce((total, board) => total + pick(board), 0);
	const most = (pick: (board: FlashUse) => number) => boards.reduce((least, board) => Math.max(least, pick(board)), 0);
	const readings = sum(board => board.readings);
	const perReading = (count: number) => (readings === 0 ? 0 : rounded(count / readings));
	const operations = sum(board => board.operations);
	const entries = sum(board => board.entries);
	const entriesADay = (most(board => board.entries) / elapsedMs) * DAY_MS;
	return {
		boards: boards.length,
		operations,
		mostOfABoard: most(board => board.operations),
		perReading: perReading(operations),
		entries,
		entriesPerReading: perReading(entries),
		years:
			entries === 0 || elapsedMs === 0 ? null : rounded(yearsOfLife(DEFAULT_PARTITION_BYTES, entriesADay, WIFI_PAGES)),
	};
}

function rounded(value: number): number {
	return Math.round(value * 100) / 100;
}

function median(values: number[]): number | null {
	if (values.length === 0) return null;
	values.sort((a, b) => a - b);
	const middle = values.length >> 1;
	return values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2;
}
