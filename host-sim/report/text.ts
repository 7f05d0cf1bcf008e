// A report as text, for people who read it in a terminal or a mail.

import { plain } from "../sentence.js";
import type { Percentiles } from "./histogram.js";
import { lengthOf, type Report } from "./report.js";

/** Boards and gaps beyond that many are counted. */
const MOST = 20;
const SIGNS = { kept: "kept   ", broken: "BROKEN ", unknown: "unknown" } as const;

/** How the three are called for people. */
export const LATENCIES = { connect: "connect", acknowledged: "publish to ack", arrived: "end to end" } as const;

export function textReport(report: Report): string {
	const { boards, clock, durationMs, gaps, judgements, memory, repeats, summary } = report;
	const { dropped, lost, published, reconnects, refused, restarts, settled } = summary;
	const heap = memory.heapBytes === undefined ? "" : `; each has ${memory.heapBytes}`;
	const lines = [
		report.title,
		`${durationMs / 1000} s of ${clock} time, ${boards.length} boards`,
		"",
		`readings  ${published} published, ${settled} settled, ${refused} refused, ${dropped} dropped, ${lost} lost${arrivals(report)}`,
		`boards    ${reconnects} reconnects, ${restarts} restarts`,
		`memory    ${memory.bytesPerBoard} bytes a board${heap}`,
		"",
		...latencyLines(report.latency),
		"",
		...judgements.map(({ detail, name, verdict }) => `${SIGNS[verdict]}  ${name}: ${detail}`),
	];
	const wrong = [
		...gaps.map(gap => `gap        ${gap.device}, boot ${gap.boot}, ${readings(gap.from, gap.to)}${lengthText(gap)}`),
		...repeats.map(({ boot, device, seq }) => `duplicate  ${device}, boot ${boot}, reading ${seq}`),
	];
	lines.push(...(wrong.length > 0 ? [""] : []), ...listed(wrong, report.unlisted));
	lines.push("", ...boardLines(report));
	// Titles and names come from files.
	return lines.map(line => `${plain(line).trimEnd()}\n`).join("");
}

/** A table with a line for each that was measured. */
export function latencyLines(latency: Readonly<Record<keyof typeof LATENCIES, Percentiles>>): string[] {
	const row = (name: string, cells: readonly string[]) =>
		`${name.padEnd(16)}${cells.map(cell => cell.padStart(10)).join("")}`;
	const lines = [row("ms", ["p50", "p90", "p99", "max", "count"])];
	for (const [key, name] of Object.entries(LATENCIES)) {
		const { count, max, p50, p90, p99 } = latency[key as keyof typeof LATENCIES];
		lines.push(row(name, [p50, p90, p99, max, count].map(cellText)));
	}
	return lines;
}

function arrivals({ summary }: Report): string {
	const { arrived, duplicatesQos1, duplicatesQos2, gaps } = summary;
	if (gaps === undefined) return "";
	return `; ${arrived} arrived, ${gaps} missing, ${duplicatesQos1} again at QoS 1, ${duplicatesQos2} at QoS 2`;
}

function boardLines({ boards }: Report): string[] {
	const width = Math.max(5, ...boards.slice(0, MOST).map(({ device }) => device.length));
	const row = (name: string, cells: readonly string[]) =>
		`${name.padEnd(width)}${cells.map(cell => cell.padStart(11)).join("")}`;
	const head = ["published", "settled", "lost", "reconnects", "restarts", "gaps", "max ack", "max e2e"];
	const rows = boards.map(({ device, gaps, lost, published, reconnects, restarts, settled, slowest }) =>
		row(
			device,
			[published, settled, lost, reconnects, restarts, gaps ?? null, slowest.acknowledged, slowest.arrived].map(
				cellText,
			),
		),
	);
	return [row("board", head), ...listed(rows, 0)];
}

function listed(lines: readonly string[], more: number): string[] {
	const rest = Math.max(0, lines.length - MOST) + more;
	return [...lines.slice(0, MOST), ...(rest > 0 ? [`… and ${rest} more`] : [])];
}

function readings(from: number, to: number): string {
	return from === to ? `reading ${from}` : `readings ${from} to ${to}`;
}

function lengthText(gap: Parameters<typeof lengthOf>[0]): string {
	return lengthOf(gap) === 1 ? "" : ` (${lengthOf(gap)})`;
}

function cellText(value: number | null): string {
	return value === null ? "–" : String(value);
}
