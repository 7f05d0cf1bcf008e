// What boards are sorted and filtered by: columns with names, values that compare, and a small language of words, which all
// have to hold: `kitchen`, `state:offline`, `rssi<-70`, `missing>0`.

import type { WatchedBoard } from "./board.js";
import { lastOf } from "./payload.js";

export type ColumnValue = number | string | undefined;
/** Columns by their names, in small letters. */
export type Columns = Readonly<Record<string, (board: WatchedBoard, now: number) => ColumnValue>>;

const COLUMNS = {
	board: board => board.name,
	state: board => board.presence,
	/** In seconds, as all lengths of time here. */
	since: (board, now) => (board.presence === "unknown" ? undefined : (now - board.since) / 1000),
	heard: (board, now) => (board.heard === undefined ? undefined : (now - board.heard) / 1000),
	temperature: board => lastOf(board.reading?.values.temperature),
	humidity: board => lastOf(board.reading?.values.humidity),
	pressure: board => lastOf(board.reading?.values.pressure),
	/** Readings a minute. */
	rate: (board, now) => board.perMinute(now),
	missing: board => board.missing,
	boot: board => board.boot,
	restarts: board => board.restarts,
	uptime: (board, now) => board.uptime(now),
	/** In bytes. */
	heap: board => board.heap,
	rssi: board => board.diagnostics?.rssi,
	ping: board => board.diagnostics?.ping,
	reconnects: board => board.diagnostics?.reconnects,
	/** In bytes. */
	outbox: board => board.diagnostics?.outbox,
	firmware: board => board.firmware?.running,
	update: board => board.firmware?.state,
	malformed: board => board.malformed,
} as const satisfies Columns;

export type ColumnName = keyof typeof COLUMNS;
export const COLUMN_NAMES = Object.keys(COLUMNS) as ColumnName[];

export interface Order {
	readonly by: ColumnName;
	readonly isReversed: boolean;
}

export type Filter = (board: WatchedBoard, now: number) => boolean;

const collator = new Intl.Collator("en", { numeric: true });

export function isColumn(name: string): name is ColumnName {
	return Object.hasOwn(COLUMNS, name);
}

export function columnValue(board: WatchedBoard, name: ColumnName, now: number): ColumnValue {
	return COLUMNS[name](board, now);
}

/** A new list. What has no value comes last, either way; equals are in the order of their names. */
export function sorted(boards: readonly WatchedBoard[], { by, isReversed }: Order, now: number): WatchedBoard[] {
	return sortedBy(boards, board => columnValue(board, by, now), isReversed);
}

/** The same by any value. */
export function sortedBy(
	boards: readonly WatchedBoard[],
	reads: (board: WatchedBoard) => ColumnValue,
	isReversed: boolean,
): WatchedBoard[] {
	const sign = isReversed ? -1 : 1;
	return boards
		.map(board => ({ board, value: reads(board) }))
		.sort((a, b) => {
			const order = compared(a.value, b.value, sign);
			return order !== 0 ? order : collator.compare(a.board.name, b.board.name);
		})
		.map(({ board }) => board);
}

/** A filter, or a sentence that says why that is none. `more`: what else there is to know of a board, beside its columns. */
export function parseFilter(text: string, more: Columns = {}): Filter | string {
	const columns: Columns = { ...COLUMNS, ...more };
	const tests: Filter[] = [];
	for (const word of text.toLowerCase().split(/\s+/)) {
		if (word === "") continue;
		const [, name, sign, wanted] = /^([a-z]+)(:|<=|>=|<|>|=)(.*)$/.exec(word) ?? [];
		if (name === undefined || sign === undefined || wanted === undefined) tests.push(textTest(word));
		else if (!Object.hasOwn(columns, name))
			return `there is no column "${name.slice(0, 20)}"; there are ${Object.keys(columns).join(", ")}`;
		// It is still being typed.
		else if (wanted !== "") {
			const test = columnTest(name, columns[name]!, sign, wanted);
			if (typeof test === "string") return test;
			tests.push(test);
		}
	}
	return (board, now) => tests.every(test => test(board, now));
}

/** Whatever a board has in words. */
function textTest(word: string): Filter {
	return ({ firmware, name, presence }) =>
		[name, presence, firmware?.running, firmware?.state, firmware?.version].some(text =>
			text?.toLowerCase().includes(word),
		);
}

function columnTest(name: string, reads: Columns[string], sign: string, wanted: string): Filter | string {
	if (sign === ":" || sign === "=")
		return (board, now) => {
			const text = String(reads(board, now) ?? "").toLowerCase();
			return sign === ":" ? text.includes(wanted) : text === wanted;
		};
	const limit = Number(wanted);
	if (Number.isNaN(limit)) return wanted === "-" ? () => true : `${name}${sign}: expected a number behind it`;
	return (board, now) => {
		const value = reads(board, now);
		if (typeof value !== "number") return false;
		if (sign === "<") return value < limit;
		if (sign === ">") return value > limit;
		return sign === "<=" ? value <= limit : value >= limit;
	};
}

function compared(a: ColumnValue, b: ColumnValue, sign: number): number {
	if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
	return sign * (typeof a === "number" && typeof b === "number" ? a - b : collator.compare(String(a), String(b)));
}
