// What boards send, read with care: it may come from anybody who may publish. Nothing here throws, and no text that leaves has
// anything in it that a terminal would obey, or that would turn round what is beside it.

import { QUANTITIES, type Quantity } from "../../firmware/telemetry/quantity.js";

/** Longer ones are from no board: its outbox takes less. */
const MOST_BYTES = 16_384;
/** Characters of a text that are kept. */
const MOST_TEXT = 64;
/** Readings of one message, as firmware/telemetry/reporter.ts has it. */
const MOST_READINGS = 255;
/** Beyond any date, and exact. */
const LARGEST = 1e15;
const LARGEST_COUNT = 0xffff_ffff;
/** A window: last, smallest, largest, mean. */
const WINDOW = 4;

export type Fields = Readonly<Record<string, unknown>>;
export type Value = number | readonly [last: number, smallest: number, largest: number, mean: number];

export interface Reading {
	/** In ms since 1970, where the board's clock was set. */
	readonly time?: number;
	readonly values: Readonly<Partial<Record<Quantity, Value>>>;
}

/** A message of readings, whose numbers follow one another. */
export interface Report {
	readonly boot: number;
	readonly seq: number;
	readonly readings: readonly Reading[];
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Text without control characters, marks of direction and the like: each shows as a question mark. Cut to 64 characters. */
export function cleaned(text: string): string {
	// Two units at most for a character.
	const characters = [...text.slice(0, 2 * MOST_TEXT + 1)];
	const shown = characters.slice(0, MOST_TEXT).join("");
	const isCut = characters.length > MOST_TEXT;
	return `${shown.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "?")}${isCut ? "…" : ""}`;
}

/** Undefined where it is too long, or no UTF-8. */
export function textOf(payload: Uint8Array): string | undefined {
	if (payload.length > MOST_BYTES) return undefined;
	try {
		return decoder.decode(payload);
	} catch {
		return undefined;
	}
}

/** The fields of an object in JSON; undefined for anything else. */
export function fieldsOf(payload: Uint8Array): Fields | undefined {
	const text = textOf(payload);
	if (text === undefined) return undefined;
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
	} catch {
		return undefined;
	}
}

export function numberIn(fields: Fields, name: string): number | undefined {
	return numberOf(own(fields, name));
}

/** A whole number of 32 bits. */
export function countIn(fields: Fields, name: string): number | undefined {
	const value = own(fields, name);
	return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= LARGEST_COUNT
		? (value as number)
		: undefined;
}

/** Cleaned, and absent where it is empty. */
export function textIn(fields: Fields, name: string): string | undefined {
	const value = own(fields, name);
	return typeof value === "string" && value !== "" ? cleaned(value) : undefined;
}

/** Texts of a list, the first of them, in a row. */
export function listIn(fields: Fields, name: string): string | undefined {
	const value = own(fields, name);
	if (!Array.isArray(value) || value.length === 0) return undefined;
	return cleaned(
		value
			.slice(0, MOST_TEXT)
			.map(each => (typeof each === "string" ? each : "?"))
			.join(", "),
	);
}

/** Undefined where it is no message of readings. What is wrong with a quantity is passed over. */
export function reportOf(fields: Fields): Report | undefined {
	const boot = countIn(fields, "boot");
	const seq = countIn(fields, "seq");
	if (boot === undefined || seq === undefined) return undefined;
	const time = countedTime(numberIn(fields, "time"));
	const after = own(fields, "ms");
	if (after === undefined) {
		const values: Partial<Record<Quantity, Value>> = {};
		for (const name of QUANTITIES) {
			const value = valueIn(own(fields, name));
			if (value !== undefined) values[name] = value;
		}
		return { boot, seq, readings: [{ ...(time !== undefined && { time }), values }] };
	}
	if (!Array.isArray(after) || after.length === 0 || after.length > MOST_READINGS) return undefined;
	const lists = QUANTITIES.map(name => {
		const list = own(fields, name);
		return Array.isArray(list) && list.length === after.length ? (list as unknown[]) : [];
	});
	const readings = after.map((ms: unknown, i): Reading => {
		const values: Partial<Record<Quantity, Value>> = {};
		QUANTITIES.forEach((name, j) => {
			const value = valueIn(lists[j]![i]);
			if (value !== undefined) values[name] = value;
		});
		const later = numberOf(ms);
		return { ...(time !== undefined && later !== undefined && { time: time + later }), values };
	});
	return { boot, seq, readings };
}

/** The latest of a window, or the value itself. */
export function lastOf(value: Value | undefined): number | undefined {
	return typeof value === "object" ? value[0] : value;
}

function countedTime(time: number | undefined): number | undefined {
	return time !== undefined && time > 0 ? time : undefined;
}

function valueIn(value: unknown): Value | undefined {
	if (!Array.isArray(value)) return numberOf(value);
	if (value.length !== WINDOW || !value.every(each => numberOf(each) !== undefined)) return undefined;
	return [value[0], value[1], value[2], value[3]];
}

function numberOf(value: unknown): number | undefined {
	return typeof value === "number" && Math.abs(value) <= LARGEST ? value : undefined;
}

/** What others have put into the prototype, or call themselves like it, is no field. */
function own(fields: Fields, name: string): unknown {
	return Object.hasOwn(fields, name) ? fields[name] : undefined;
}
