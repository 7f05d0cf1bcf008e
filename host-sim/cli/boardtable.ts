// Boards as a table that fits a width, and one board with all that is known of it. Plain text, made of what the model has cleaned.

import { QUANTITIES } from "../../firmware/telemetry/quantity.js";
import { sentence } from "../sentence.js";
import { FIGURES, type Firmware, type Presence, type WatchedBoard } from "../watch/board.js";
import { type ColumnName, columnValue } from "../watch/column.js";
import type { Value } from "../watch/payload.js";
import { cellsOf, padded } from "./cells.js";
import type { Paint } from "./screen.js";

/** Columns beside name and state, in the order in which they are shown: those with a low rank where there is little room. */
const COLUMNS: readonly { name: ColumnName; head: string; width: number; rank: number; decimals?: number }[] = [
	{ name: "since", head: "SINCE", width: 7, rank: 1 },
	{ name: "temperature", head: "°C", width: 6, rank: 3, decimals: 2 },
	{ name: "humidity", head: "%RH", width: 5, rank: 8, decimals: 1 },
	{ name: "pressure", head: "hPa", width: 7, rank: 9, decimals: 2 },
	{ name: "heard", head: "HEARD", width: 6, rank: 2 },
	{ name: "rate", head: "/MIN", width: 5, rank: 5, decimals: 1 },
	{ name: "missing", head: "MISSING", width: 7, rank: 4 },
	{ name: "boot", head: "BOOT", width: 5, rank: 13 },
	{ name: "uptime", head: "UPTIME", width: 6, rank: 7 },
	{ name: "heap", head: "HEAP", width: 7, rank: 14 },
	{ name: "rssi", head: "RSSI", width: 4, rank: 6 },
	{ name: "ping", head: "PING", width: 5, rank: 10 },
	{ name: "reconnects", head: "RECONNECTS", width: 10, rank: 11 },
	{ name: "outbox", head: "OUTBOX", width: 6, rank: 12 },
	{ name: "firmware", head: "FIRMWARE", width: 28, rank: 15 },
];
const TIMES: readonly ColumnName[] = ["since", "heard", "uptime"];
const COLOURS: Readonly<Record<Presence, Parameters<Paint>[1]>> = {
	online: "green",
	offline: "red",
	sleeping: "yellow",
	unknown: "dim",
};
const GAP = "  ";
const LEAST_NAME = 5;
const MOST_NAME = 24;
const STATE_WIDTH = 8;
const LABEL_WIDTH = 18;

/** Which columns a table of that width has, and how wide its names are. */
export interface Layout {
	readonly nameWidth: number;
	readonly columns: readonly (typeof COLUMNS)[number][];
}

export function layoutOf(boards: readonly WatchedBoard[], width: number): Layout {
	let nameWidth = LEAST_NAME;
	for (const { name } of boards) nameWidth = Math.max(nameWidth, Math.min(MOST_NAME, cellsOf(name)));
	let left = width - 1 - nameWidth - GAP.length - STATE_WIDTH;
	const chosen = new Set<ColumnName>();
	for (const column of [...COLUMNS].sort((a, b) => a.rank - b.rank)) {
		left -= GAP.length + column.width;
		if (left < 0) break;
		chosen.add(column.name);
	}
	return { nameWidth, columns: COLUMNS.filter(({ name }) => chosen.has(name)) };
}

/** The column that it is sorted by has an arrow, where there is room for it. */
export function headOf({ columns, nameWidth }: Layout, sortedBy: ColumnName, isReversed: boolean): string {
	const mark = (name: ColumnName, head: string, width: number) =>
		name === sortedBy && cellsOf(head) < width ? `${head}${isReversed ? "↑" : "↓"}` : head;
	return ` ${[
		padded(mark("board", "BOARD", nameWidth), nameWidth),
		padded(mark("state", "STATE", STATE_WIDTH), STATE_WIDTH),
		...columns.map(({ head, name, width }) => padded(mark(name, head, width), width, name !== "firmware")),
	].join(GAP)}`.trimEnd();
}

export function rowOf(
	board: WatchedBoard,
	{ columns, nameWidth }: Layout,
	isSelected: boolean,
	now: number,
	paint: Paint,
): string {
	const cells = columns.map(({ decimals, name, width }) =>
		padded(cellOf(board, name, decimals ?? 0, now), width, name !== "firmware"),
	);
	const state = paint(padded(board.presence, STATE_WIDTH), COLOURS[board.presence]);
	return `${isSelected ? ">" : " "}${[padded(board.name, nameWidth), state, ...cells].join(GAP)}`.trimEnd();
}

/** A line for each thing that is known of it. */
export function detailsOf(board: WatchedBoard, now: number): string[] {
	const { answer, boot, diagnostics, filled, firmware, malformed, presence, reading, readings, repeated } = board;
	const line = (label: string, text: string) => `${label.padEnd(LABEL_WIDTH)}${text}`;
	const ago = (at: number) => `${ageText((now - at) / 1000)} ago`;
	const lines = [line("board", board.name)];
	const when =
		presence === "unknown" ? "" : `, for ${board.isRetained ? "more than " : ""}${ageText((now - board.since) / 1000)}`;
	lines.push(line("state", `${presence}${when}`));
	lines.push(line("heard", board.heard === undefined ? "never" : ago(board.heard)));
	lines.push(line("boot", `${boot ?? "–"}, ${board.restarts} restarts while we watched`));
	const rate = board.perMinute(now);
	lines.push(
		line("readings", `${readings}${rate === undefined ? "" : `, ${rate.toFixed(1)} a minute`}`),
		line("missing", `${board.missing}, ${filled} filled in, ${repeated} twice`),
	);
	if (reading !== undefined) {
		const time = reading.time === undefined ? "" : `, taken ${timeOf(reading.time)}`;
		const kind = reading.isRetained ? "retained" : ago(reading.at);
		lines.push(line("last", `boot ${reading.boot}, reading ${reading.seq}, ${kind}${time}`));
		for (const name of QUANTITIES) {
			const value = reading.values[name];
			if (value !== undefined) lines.push(line(`  ${name}`, valueText(value)));
		}
	}
	if (firmware !== undefined) lines.push(line("firmware", firmwareText(firmware)));
	if (answer !== undefined)
		lines.push(
			line("answer", `${answer.command}: ${answer.error ?? (answer.ok ? "done" : "not done")}, ${ago(answer.at)}`),
		);
	if (malformed > 0) lines.push(line("malformed", `${malformed} messages`));
	if (diagnostics !== undefined) {
		lines.push(line("diagnostics", ago(diagnostics.at)));
		if (diagnostics.reset !== undefined) lines.push(line("  reset", diagnostics.reset));
		for (const name of FIGURES) {
			const value = diagnostics[name];
			if (value !== undefined)
				lines.push(line(`  ${name}`, name === "offline" ? `${value}: ${sentence(value)}` : String(value)));
		}
		if (diagnostics.problems !== undefined) lines.push(line("  problems", diagnostics.problems));
	}
	return lines;
}

export function firmwareText({ bytes, reason, running, size, state, version }: Firmware): string {
	const now = running ?? "";
	if (state === "idle" || (state === "confirmed" && reason === undefined)) return now === "" ? state : now;
	const part =
		bytes !== undefined && size !== undefined && size > 0 ? ` ${Math.floor(Math.min(1, bytes / size) * 100)} %` : "";
	const why = reason === undefined ? "" : ` (${reason})`;
	return `${now}${version === undefined ? "" : ` > ${version}`} ${state}${part}${why}`.trim();
}

/** A length of time in one unit. */
export function ageText(seconds: number): string {
	const whole = Math.max(0, Math.floor(seconds));
	if (whole < 60) return `${whole} s`;
	if (whole < 3600) return `${Math.floor(whole / 60)} min`;
	if (whole < 86_400) return `${Math.floor(whole / 3600)} h`;
	return `${Math.floor(whole / 86_400)} d`;
}

function cellOf(board: WatchedBoard, name: ColumnName, decimals: number, now: number): string {
	if (name === "firmware") return board.firmware === undefined ? "–" : firmwareText(board.firmware);
	const value = columnValue(board, name, now);
	if (typeof value !== "number") return value ?? "–";
	if (!TIMES.includes(name)) return value.toFixed(decimals);
	// It has been so for longer: nobody knows how long.
	return `${name === "since" && board.isRetained ? "≥" : ""}${ageText(value)}`;
}

function valueText(value: Value): string {
	if (typeof value === "number") return String(value);
	const [last, smallest, largest, mean] = value;
	return `${last} (from ${smallest} to ${largest}, mean ${mean})`;
}

function timeOf(time: number): string {
	const date = new Date(time);
	return Number.isNaN(date.getTime()) ? "at no time" : date.toISOString();
}
