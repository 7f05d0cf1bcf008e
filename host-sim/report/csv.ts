// A report as CSV (RFC 4180): one figure a line, whose it is in front, so that one table holds all of it and a spreadsheet can
// turn it as it likes.

import { lengthOf, type Report } from "./report.js";

type Cell = string | number | null;

/** Lines with CR LF behind each; a cell is in quotes where it has to be. */
export function csvOf(lines: readonly (readonly Cell[])[]): string {
	return lines.map(cells => `${cells.map(written).join(",")}\r\n`).join("");
}

export function csvReport(report: Report): string {
	const { boards, durationMs, gaps, judgements, latency, memory, repeats, summary } = report;
	const lines: Cell[][] = [
		["of", "name", "figure", "value"],
		["run", report.title, "durationMs", durationMs],
	];
	for (const [figure, value] of Object.entries(summary))
		if (typeof value === "number" || value === null) lines.push(["run", report.title, figure, value]);
	for (const [figure, value] of Object.entries(memory)) lines.push(["run", report.title, figure, value]);
	for (const [kind, count] of Object.entries(summary.faults ?? {})) lines.push(["fault", kind, "count", count]);
	for (const { name, verdict } of judgements) lines.push(["promise", name, "verdict", verdict]);
	for (const [name, percentiles] of Object.entries(latency))
		for (const [figure, value] of Object.entries(percentiles))
			lines.push(["latency", name, figure === "count" ? figure : `${figure}Ms`, value]);
	for (const gap of gaps) lines.push(["gap", gap.device, `boot ${gap.boot} reading ${gap.from}`, lengthOf(gap)]);
	for (const { boot, device, seq } of repeats) lines.push(["duplicate", device, `boot ${boot} reading ${seq}`, 1]);
	for (const { device, slowest, ...counts } of boards) {
		for (const [figure, value] of Object.entries(counts)) lines.push(["board", device, figure, value]);
		for (const [figure, value] of Object.entries(slowest)) lines.push(["board", device, `${figure}MaxMs`, value]);
	}
	return csvOf(lines);
}

function written(cell: Cell): string {
	if (cell === null) return "";
	const text = String(cell);
	return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
