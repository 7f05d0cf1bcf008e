// What is left of a run, as data: every writer beside this file tells the same in a form of its own. Times are in ms, by the
// clock that the run has lived by.

import type { Board } from "../fleet/board.js";
import type { Gap, LedgerSummary, Repeat } from "../fleet/ledger.js";
import type { Summary, WorldSummary } from "../fleet/summary.js";
import type { Bar, Percentiles } from "./histogram.js";
import type { Measures, Slowest } from "./measures.js";
import { type Judgement, judge } from "./promise.js";
import type { Mark, Slice } from "./series.js";

/** Gaps and repeats beyond that many are counted, and not listed. */
export const MOST_LISTED = 1000;
/** Bars of a plot for each doubling of the time. */
export const BARS = 4;

export interface Memory {
	/** By how much the process that simulates them has grown, for each board. */
	readonly bytesPerBoard: number;
	/** What each board has in all, on the XS engine. */
	readonly heapBytes?: number;
}

export interface BoardLine {
	readonly device: string;
	readonly published: number;
	readonly settled: number;
	readonly refused: number;
	readonly dropped: number;
	readonly lost: number;
	readonly reconnects: number;
	readonly restarts: number;
	/** Undefined where nobody has seen what arrived. */
	readonly gaps?: number;
	readonly duplicatesQos2?: number;
	readonly slowest: Slowest;
}

export interface Report {
	readonly title: string;
	/** Whose ms these are: "virtual" or "real". */
	readonly clock: "virtual" | "real";
	readonly durationMs: number;
	readonly summary: Summary & Partial<WorldSummary>;
	/** Why nobody has seen what arrived; absent where somebody has. */
	readonly unseen?: string;
	readonly judgements: readonly Judgement[];
	readonly latency: {
		readonly connect: Percentiles;
		readonly acknowledged: Percentiles;
		readonly arrived: Percentiles;
	};
	readonly bars: {
		readonly connect: readonly Bar[];
		readonly acknowledged: readonly Bar[];
		readonly arrived: readonly Bar[];
	};
	readonly gaps: readonly Gap[];
	readonly repeats: readonly Repeat[];
	/** How many more there are of both together. */
	readonly unlisted: number;
	readonly memory: Memory;
	readonly series: { readonly sliceMs: number; readonly slices: readonly Slice[]; readonly marks: readonly Mark[] };
	readonly boards: readonly BoardLine[];
}

export interface ReportInput {
	readonly title: string;
	readonly clock: "virtual" | "real";
	readonly durationMs: number;
	readonly summary: Summary & Partial<WorldSummary>;
	readonly boards: readonly Board[];
	readonly measures: Measures;
	/** Absent: nobody has seen what arrived, and `unseen` says why. */
	readonly ledger?: LedgerSummary;
	readonly unseen?: string;
	/** Absent: nobody has looked. */
	readonly violations?: number;
	readonly memory: Memory;
}

export function reportOf(input: ReportInput): Report {
	const { boards, clock, durationMs, ledger, measures, memory, title, unseen, violations } = input;
	const { acknowledged, arrived, connect, series } = measures;
	series.close(durationMs);
	const missing = ledger?.missing ?? [];
	const twice = ledger?.twice ?? [];
	const seen = ledger && {
		gaps: missing.reduce((total, gap) => total + lengthOf(gap), 0),
		duplicatesQos1: ledger.repeated,
		duplicatesQos2: twice.length,
		arrived: ledger.arrived + ledger.unannounced,
	};
	// What a world has counted itself comes first: there a reading has to be there when it is settled, not only in the end.
	const summary = ledger === undefined ? withoutArrivals(input.summary) : { ...seen, ...input.summary };
	const { gaps, duplicatesQos2, devices, orders, recognition, seenOnline } = summary;
	return {
		title,
		clock,
		durationMs,
		summary,
		...(unseen !== undefined && { unseen }),
		judgements: judge({
			devices,
			seenOnline,
			...(gaps !== undefined && { gaps }),
			...(duplicatesQos2 !== undefined && { duplicatesQos2 }),
			...(unseen !== undefined && { unseen }),
			...(orders !== undefined && { orders }),
			...(recognition !== undefined && { recognition }),
			...(violations !== undefined && { violations }),
		}),
		latency: {
			connect: connect.percentiles(),
			acknowledged: acknowledged.percentiles(),
			arrived: arrived.percentiles(),
		},
		bars: { connect: connect.bars(BARS), acknowledged: acknowledged.bars(BARS), arrived: arrived.bars(BARS) },
		gaps: missing.slice(0, MOST_LISTED),
		repeats: twice.slice(0, MOST_LISTED),
		unlisted: Math.max(0, missing.length - MOST_LISTED) + Math.max(0, twice.length - MOST_LISTED),
		memory: {
			bytesPerBoard: memory.bytesPerBoard,
			...(memory.heapBytes !== undefined && { heapBytes: memory.heapBytes }),
		},
		series: { sliceMs: series.sliceMs, slices: series.slices, marks: series.marks },
		boards: linesOf(boards, measures, ledger),
	};
}

function linesOf(boards: readonly Board[], measures: Measures, ledger: LedgerSummary | undefined): BoardLine[] {
	const gaps = new Map<string, number>();
	const repeats = new Map<string, number>();
	for (const gap of ledger?.missing ?? []) gaps.set(gap.device, (gaps.get(gap.device) ?? 0) + lengthOf(gap));
	for (const { device } of ledger?.twice ?? []) repeats.set(device, (repeats.get(device) ?? 0) + 1);
	return boards.map(({ counts, deviceId: device, restarts }) => ({
		device,
		...counts,
		restarts,
		...(ledger !== undefined && { gaps: gaps.get(device) ?? 0, duplicatesQos2: repeats.get(device) ?? 0 }),
		slowest: measures.slowest(device),
	}));
}

/** Where nobody has looked, zeros would say that somebody had. */
function withoutArrivals(summary: Summary & Partial<WorldSummary>): Summary & Partial<WorldSummary> {
	const { arrived: _, duplicatesQos1: __, duplicatesQos2: ___, gaps: ____, ...rest } = summary;
	return rest;
}

/** How many readings it is. */
export function lengthOf({ from, to }: Gap): number {
	return to - from + 1;
}
