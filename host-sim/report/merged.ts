// What the parts of a run have each reported, as one report: counts are added up, times are counted together, and what was promised is
// judged by the whole.

import type { Summary, WorldSummary } from "../fleet/summary.js";
import { type Counted, Histogram } from "./histogram.js";
import type { Measures } from "./measures.js";
import { judge } from "./promise.js";
import { BARS, MOST_LISTED, type Report } from "./report.js";
import { mergedSeries } from "./series.js";

/** The times that are counted. */
const TIMES = ["connect", "acknowledged", "arrived", "ping"] as const;

/** What a part has to say, as plain data. */
export interface Part {
	readonly report: Report;
	readonly times: Readonly<Record<(typeof TIMES)[number], Counted>>;
}

/** `pings`: round-trip times of its boards, in ms. */
export function partOfReport(report: Report, measures: Measures, pings: readonly number[]): Part {
	const { acknowledged, arrived, connect } = measures;
	const ping = new Histogram();
	for (const each of pings) ping.add(each);
	const times = {
		connect: connect.take(),
		acknowledged: acknowledged.take(),
		arrived: arrived.take(),
		ping: ping.take(),
	};
	return { report, times };
}

/** `parts` are those of the shards that have one, at least one of them; `missing` says of the others what became of them. */
export function mergedReport(parts: readonly Part[], missing: readonly string[] = []): Report {
	const reports = parts.map(({ report }) => report);
	const [first] = reports as [Report];
	const times = Object.fromEntries(TIMES.map(name => [name, together(parts.map(part => part.times[name]))])) as Record<
		(typeof TIMES)[number],
		Histogram
	>;
	const summary = summaryOf(reports, times.ping);
	const { connect, acknowledged, arrived } = times;
	const gaps = reports.flatMap(report => report.gaps);
	const repeats = reports.flatMap(report => report.repeats);
	const listed = Math.min(gaps.length, MOST_LISTED) + Math.min(repeats.length, MOST_LISTED);
	const unseen = reports.find(report => report.unseen !== undefined)?.unseen;
	const heap = first.memory.heapBytes;
	return {
		title: first.title,
		clock: first.clock,
		durationMs: Math.max(...reports.map(({ durationMs }) => durationMs)),
		summary,
		...(unseen !== undefined && { unseen }),
		judgements: [
			{
				name: "every part of the run reported",
				verdict: missing.length === 0 ? "kept" : "broken",
				detail: missing.length === 0 ? `${parts.length} did` : missing.join("; "),
			},
			...judge({
				devices: summary.devices,
				seenOnline: summary.seenOnline,
				...(summary.gaps !== undefined && { gaps: summary.gaps }),
				...(summary.duplicatesQos2 !== undefined && { duplicatesQos2: summary.duplicatesQos2 }),
				...(unseen !== undefined && { unseen }),
			}),
		],
		latency: {
			connect: connect.percentiles(),
			acknowledged: acknowledged.percentiles(),
			arrived: arrived.percentiles(),
		},
		bars: { connect: connect.bars(BARS), acknowledged: acknowledged.bars(BARS), arrived: arrived.bars(BARS) },
		gaps: gaps.slice(0, MOST_LISTED),
		repeats: repeats.slice(0, MOST_LISTED),
		unlisted: sum(reports, report => report.unlisted) + gaps.length + repeats.length - listed,
		memory: {
			bytesPerBoard: Math.round(
				sum(reports, ({ boards, memory }) => memory.bytesPerBoard * boards.length) / summary.devices,
			),
			...(heap !== undefined && { heapBytes: heap }),
		},
		series: mergedSeries(reports.map(({ series }) => series)),
		boards: reports
			.flatMap(({ boards }) => boards)
			.sort((a, b) => (a.device < b.device ? -1 : a.device > b.device ? 1 : 0)),
	};
}

function summaryOf(reports: readonly Report[], ping: Histogram): Summary & Partial<WorldSummary> {
	const add = (name: keyof Summary) => sum(reports, ({ summary }) => summary[name] ?? 0);
	// Where one has not seen what arrived, nobody knows how it was in all.
	const seen = (name: "arrived" | "gaps" | "duplicatesQos1" | "duplicatesQos2") =>
		reports.every(({ summary }) => summary[name] !== undefined)
			? { [name]: sum(reports, ({ summary }) => summary[name]!) }
			: {};
	return {
		devices: add("devices"),
		seenOnline: add("seenOnline"),
		published: add("published"),
		settled: add("settled"),
		refused: add("refused"),
		dropped: add("dropped"),
		lost: add("lost"),
		reconnects: add("reconnects"),
		restarts: add("restarts"),
		pingMedianMs: ping.percentiles().p50,
		...seen("arrived"),
		...seen("gaps"),
		...seen("duplicatesQos1"),
		...seen("duplicatesQos2"),
	};
}

function together(counted: readonly Counted[]): Histogram {
	const histogram = new Histogram();
	for (const each of counted) histogram.put(each);
	return histogram;
}

function sum(reports: readonly Report[], pick: (report: Report) => number): number {
	return reports.reduce((total, report) => total + pick(report), 0);
}
