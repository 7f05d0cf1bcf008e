// The columns of the page's table of boards: what `thimble watch` has, and what the simulator says of the boards that it has made.
// Which of them are shown depends on what the boards say of themselves, and on the width.

import { firmwareText } from "../../cli/boardtable.js";
import type { Cast } from "../../desk/protocol.js";
import type { WatchedBoard } from "../../watch/board.js";
import { COLUMN_NAMES, type ColumnName, type Columns, type ColumnValue, columnValue } from "../../watch/column.js";
import { type AgeUnits, ageText, digits } from "./text.js";

/** What the simulator knows beside: by whom a board is run, how it speaks, and what goes wrong with it at the moment. */
export const EXTRAS = ["engine", "mqtt", "qos", "interval", "trouble"] as const;
export type FleetColumnName = ColumnName | (typeof EXTRAS)[number];

export interface Column {
	readonly name: FleetColumnName;
	/** In CSS pixels. */
	readonly width: number;
	/** Those with a low one stay where there is little room. */
	readonly rank: number;
	/** Words stand at the left and are sorted from A on; numbers at the right, the largest first. */
	readonly isText?: true;
	readonly decimals?: number;
	/** Zero is as good as nothing: with zeros alone there is no such column. */
	readonly isRare?: true;
}

/** In the order in which they are shown. */
export const COLUMNS: readonly Column[] = [
	{ name: "board", width: 116, rank: 0, isText: true },
	{ name: "state", width: 106, rank: 1, isText: true },
	{ name: "since", width: 64, rank: 6 },
	{ name: "temperature", width: 64, rank: 2, decimals: 2 },
	{ name: "humidity", width: 64, rank: 9, decimals: 1 },
	{ name: "pressure", width: 76, rank: 10, decimals: 2 },
	{ name: "heard", width: 64, rank: 3 },
	{ name: "rate", width: 70, rank: 7, decimals: 1 },
	{ name: "missing", width: 74, rank: 4 },
	{ name: "restarts", width: 78, rank: 8, isRare: true },
	{ name: "boot", width: 54, rank: 17 },
	{ name: "uptime", width: 70, rank: 11 },
	{ name: "heap", width: 76, rank: 16 },
	{ name: "rssi", width: 58, rank: 5 },
	{ name: "ping", width: 72, rank: 12 },
	{ name: "reconnects", width: 74, rank: 13 },
	{ name: "outbox", width: 82, rank: 14 },
	{ name: "engine", width: 66, rank: 18, isText: true },
	{ name: "mqtt", width: 62, rank: 19, isText: true },
	{ name: "qos", width: 50, rank: 20 },
	{ name: "interval", width: 70, rank: 22, decimals: 1 },
	{ name: "firmware", width: 120, rank: 15, isText: true },
	{ name: "malformed", width: 90, rank: 21, isRare: true },
];

const BY_NAME = new Map(COLUMNS.map(column => [column.name, column]));
const AGES: readonly FleetColumnName[] = ["since", "heard", "uptime"];

export function columnOf(name: FleetColumnName): Column {
	return BY_NAME.get(name)!;
}

/** What the simulator says of a board. */
export interface Backstage {
	readonly casts: ReadonlyMap<string, Cast>;
	/** By board: the names of what goes wrong with it. */
	readonly troubles: ReadonlyMap<string, readonly string[]>;
}

/** The columns that watch/column.ts does not know. */
export function extraColumns(backstage: () => Backstage): Columns & Record<(typeof EXTRAS)[number], Columns[string]> {
	const cast = ({ id }: WatchedBoard) => backstage().casts.get(id);
	return {
		engine: board => cast(board)?.engine,
		mqtt: board => cast(board)?.protocol,
		qos: board => cast(board)?.qos,
		interval: board => {
			const interval = cast(board)?.interval;
			return interval === undefined ? undefined : interval / 1000;
		},
		trouble: ({ id }) => backstage().troubles.get(id)?.join(" "),
	};
}

export function valueIn(board: WatchedBoard, name: FleetColumnName, extras: Columns, now: number): ColumnValue {
	return isKnown(name) ? columnValue(board, name, now) : extras[name]!(board, now);
}

function isKnown(name: FleetColumnName): name is ColumnName {
	return (COLUMN_NAMES as readonly string[]).includes(name);
}

/** Whether it says anything that a column would be for. */
export function isTelling({ isRare }: Column, value: ColumnValue): boolean {
	return value !== undefined && !(isRare === true && value === 0);
}

/** What stands there; a dash where the board has not said it. */
export function cellText(board: WatchedBoard, column: Column, extras: Columns, now: number, units: AgeUnits): string {
	const { decimals = 0, name } = column;
	if (name === "firmware") return board.firmware === undefined ? "–" : firmwareText(board.firmware);
	const value = valueIn(board, name, extras, now);
	if (name === "engine" && value !== undefined) return value === "xs" ? "XS" : "Node";
	if (typeof value !== "number") return value ?? "–";
	if (!AGES.includes(name)) return digits(value, decimals);
	// It has been so for longer: nobody knows how long.
	return `${name === "since" && board.isRetained ? "≥" : ""}${ageText(value, units)}`;
}

/** Those that fit, in their order; the one that it is sorted by among them. At least three. */
export function fitting(columns: readonly Column[], width: number, by: FleetColumnName): readonly Column[] {
	const chosen = new Set<Column>();
	let left = width;
	const byRank = [...columns].sort((a, b) => rankOf(a, by) - rankOf(b, by));
	for (const column of byRank) {
		left -= column.width;
		if (left < 0 && chosen.size >= 3) break;
		chosen.add(column);
	}
	return columns.filter(column => chosen.has(column));
}

/** Behind name and state there comes what was asked for. */
function rankOf({ name, rank }: Column, by: FleetColumnName): number {
	return name === by ? Math.min(rank, 1.5) : rank;
}
