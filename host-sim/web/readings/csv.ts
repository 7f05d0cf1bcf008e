// What is shown, as a file for a spreadsheet: a row for each reading [RFC 4180].

import { DECIMALS, QUANTITIES } from "../../../firmware/telemetry/quantity.js";
import type { Series } from "./series.js";

/** What a spreadsheet would take for a formula, and run. */
const FORMULA = /^[=+\-@\t\r]/;

/** Readings between these times, of one board after the other; columns for what any of them speaks of. */
export function csvOf(boards: readonly (readonly [id: string, series: Series])[], from: number, to: number): string {
	const quantities = QUANTITIES.flatMap((name, i) => (boards.some(([, series]) => series.has(i)) ? [{ i, name }] : []));
	const lines = [["board", "time", "boot", "seq", ...quantities.map(({ name }) => name)].join(",")];
	for (const [id, series] of boards)
		for (let i = series.from(from); i < series.count && series.time(i) <= to; i += 1) {
			const values = quantities.map(quantity => numberText(series.value(i, quantity.i), DECIMALS[quantity.i]!));
			lines.push([fieldOf(id), timeText(series.time(i)), series.boot(i), series.seq(i), ...values].join(","));
		}
	return `${lines.join("\r\n")}\r\n`;
}

/** As boards write it; what has more decimals keeps them. */
function numberText(value: number | undefined, decimals: number): string {
	if (value === undefined) return "";
	const text = value.toFixed(decimals);
	return Number(text) === value ? text : String(value);
}

function fieldOf(text: string): string {
	const safe = FORMULA.test(text) ? `'${text}` : text;
	return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A board may say any number for a time. */
function timeText(time: number): string {
	const date = new Date(time);
	return Number.isNaN(date.getTime()) ? String(time) : date.toISOString();
}
