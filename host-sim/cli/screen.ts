// What a person sees of a running fleet: on a terminal a table that is drawn over itself, elsewhere a line for each
// thing worth knowing.

import type { Board } from "../fleet/board.js";
import type { SimulationEvent } from "../fleet/simulation.js";
import type { Summary } from "../fleet/summary.js";
import { sentence } from "../sentence.js";

/** How often the table is drawn, and how often the lines repeat the readings, in ms. */
const DRAW_MS = 250;
const LINES_MS = 5000;

export interface Screen {
	show(event: SimulationEvent): void;
	close(summary: Summary): void;
}

/** A table on a terminal. `intro` stays above it. */
export function tableScreen(boards: readonly Board[], intro: readonly string[], out: NodeJS.WriteStream): Screen {
	let drawn = 0;
	const draw = () => {
		const rows = Math.max(1, (out.rows ?? 24) - intro.length - 4);
		const lines = table(boards, rows, colours(out)).map(line => cut(line, out.columns ?? 80));
		out.write(`${drawn > 0 ? `\x1b[${drawn}A` : ""}${lines.map(line => `\x1b[2K${line}\n`).join("")}\x1b[J`);
		drawn = lines.length;
	};
	// A window of another width wraps what is there: begin anew.
	const begin = () => {
		drawn = 0;
		out.write("\x1b[H\x1b[2J");
		for (const line of intro) out.write(`${cut(line, out.columns ?? 80)}\n`);
		out.write("\n");
		draw();
	};
	for (const line of intro) out.write(`${line}\n`);
	out.write("\n");
	draw();
	const timer = setInterval(draw, DRAW_MS);
	out.on("resize", begin);
	return {
		show() {},
		close(summary) {
			clearInterval(timer);
			out.off("resize", begin);
			draw();
			out.write(`\n${summaryLine(summary)}\n`);
		},
	};
}

/** Lines where there is no terminal. */
export function lineScreen(boards: readonly Board[], intro: readonly string[], out: NodeJS.WritableStream): Screen {
	for (const line of intro) out.write(`${line}\n`);
	const timer = setInterval(() => {
		for (const line of table(boards, 20, plain).slice(1)) out.write(`${line.trimEnd()}\n`);
	}, LINES_MS);
	return {
		show(event) {
			if (event.event === "online")
				out.write(`${event.device} online${event.sessionPresent ? ", session resumed" : ""}\n`);
			else if (event.event === "offline") out.write(`${event.device} offline: ${event.reason}\n`);
			else if (event.event === "sensor-failed")
				out.write(`${event.device} sensor ${event.sensor} failed, ${event.failures} in a row\n`);
			else if (event.event === "identified") out.write(`${event.device} makes itself known for ${event.seconds} s\n`);
			else if (event.event === "command") out.write(`${event.device} is asked: ${event.command}\n`);
			else if (event.event === "answer")
				out.write(`${event.device} answers ${event.command}: ${event.error ?? "done"}\n`);
			else if (event.event === "update") out.write(`${event.device} is offered firmware ${event.version}\n`);
			else if (event.event === "updated")
				out.write(
					`${event.device} firmware ${event.version}: ${event.state}${event.reason === undefined ? "" : ` (${event.reason})`}\n`,
				);
			else if (event.event === "restarted")
				out.write(`${event.device} restarted: ${event.reason}, ${event.lost} readings lost\n`);
			else if (event.event === "stopped")
				out.write(`${event.device} stopped${event.drained ? "" : ", not everything was delivered"}\n`);
			else if (event.event === "lost" || event.event === "dropped" || event.event === "refused")
				out.write(`${event.device} reading ${event.event}: ${event.reason}\n`);
			else if (event.event === "fault" || event.event === "mended")
				out.write(`${event.device ?? "broker"} ${event.event}: ${event.fault}\n`);
			else if (event.event === "gap" || event.event === "duplicate")
				out.write(`${event.device} ${event.event}: boot ${event.boot}, reading ${event.seq}\n`);
		},
		close(summary) {
			clearInterval(timer);
			out.write(`${summaryLine(summary)}\n`);
		},
	};
}

/** Nothing between the introduction and the summary. */
export function stillScreen(_: readonly Board[], intro: readonly string[], out: NodeJS.WritableStream): Screen {
	for (const line of intro) out.write(`${line}\n`);
	return {
		show() {},
		close: summary => void out.write(`${summaryLine(summary)}\n`),
	};
}

export function summaryLine(summary: Summary): string {
	const { published, settled, refused, dropped, lost, reconnects, restarts, pingMedianMs } = summary;
	const ping = pingMedianMs === null ? "not measured" : `${pingMedianMs} ms`;
	return `published ${published}  settled ${settled}  refused ${refused}  dropped ${dropped}  lost ${lost}  reconnects ${reconnects}${restarts > 0 ? `  restarts ${restarts}` : ""}  ping median ${ping}`;
}

export type Paint = (text: string, colour: "green" | "yellow" | "red" | "dim") => string;

const plain: Paint = text => text;

/** --no-color: the same as NO_COLOR. */
export function refuseColours(): void {
	process.env["NO_COLOR"] = "1";
}

export function colours(out: NodeJS.WriteStream): Paint {
	if (process.env["NO_COLOR"] || !out.isTTY) return plain;
	const codes = { green: 32, yellow: 33, red: 31, dim: 2 };
	return (text, colour) => `\x1b[${codes[colour]}m${text}\x1b[0m`;
}

function table(boards: readonly Board[], most: number, paint: Paint): string[] {
	const width = Math.max(6, ...boards.map(board => board.deviceId.length));
	const head = `${"BOARD".padEnd(width)}  STATE        °C    %RH      hPa  READINGS  PENDING    PING  RECONNECTS`;
	const lines = [paint(head, "dim")];
	for (const board of boards.slice(0, most)) lines.push(row(board, width, paint));
	if (boards.length > most) lines.push(paint(`… and ${boards.length - most} more`, "dim"));
	return lines;
}

function row(board: Board, width: number, paint: Paint): string {
	const { reading, counts } = board;
	const state = stateOf(board);
	const colour = state === "online" ? "green" : state === "offline" || state === "dark" ? "red" : "yellow";
	const name = [board.deviceId.padEnd(width), paint(state.padEnd(7), colour)];
	// Where the readings would stand, so that narrow windows show it too.
	if (state === "offline") {
		const unsettled = board.unsettled > 0 ? `, ${board.unsettled} readings waiting` : "";
		return [...name, paint(sentence(board.offlineCode) + unsettled, "red")].join("  ");
	}
	return [
		...name,
		number(reading?.temperature, 2, 6),
		number(reading?.humidity, 1, 5),
		number(reading?.pressure, 2, 7),
		String(counts.published).padStart(8),
		String(board.unsettled).padStart(7),
		(board.pingMs === undefined ? "–" : `${board.pingMs} ms`).padStart(6),
		String(counts.reconnects).padStart(10),
	].join("  ");
}

function stateOf(board: Board): string {
	if (board.stopped) return "stopped";
	if (!board.isPowered) return "dark";
	if (board.isOnline) return "online";
	return board.offlineCode === 0 ? "waiting" : "offline";
}

function number(value: number | undefined, decimals: number, width: number): string {
	return (value === undefined ? "–" : value.toFixed(decimals)).padStart(width);
}

/** The line up to that many columns; escape sequences take none. */
function cut(line: string, columns: number): string {
	let seen = 0;
	let result = "";
	// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what escape sequences are made of
	for (const [piece] of line.matchAll(/\x1b\[[0-9;]*m|./gu)) {
		if (!piece.startsWith("\x1b") && ++seen > columns) continue;
		result += piece;
	}
	return result;
}
