// What a board is set to: what flash has goes before the build's arguments, and those before the defaults of tunables.ts. A
// value that is none falls back to the next of the three and is a problem to be reported; it stops no board.
//
// What has been set stands in flash as one record, written by turns under two keys and never over the latest that is whole. So
// a change of several settings is there as a whole or not at all, wherever the power goes, and a torn record is the one before.
// Names that this firmware does not know stay in it: another firmware, before this one or after it, may.

import type { KeyValue } from "../io.js";
import { putUint16, putUint32, putUtf8, takeUint16, takeUtf8, utf8Length } from "../mqtt/wire.js";
import { CHECK_BYTES, HEAD_BYTES, isWhole, ORDER_AT, orderOf, seal } from "../optional/record.js";
import { expectedOf, TUNABLES, type Tunable, type TunableName } from "./tunables.js";

// Why a value is not taken. They go into answers and diagnostics as they are.
export const UNKNOWN_NAME = "unknown-name";
export const WRONG_TYPE = "wrong-type";
export const OUT_OF_RANGE = "out-of-range";
export const WRONG_FORM = "wrong-form";
export const TOO_LARGE = "too-large";
export const FLASH_FAILED = "flash-failed";
/** A record in flash that a power cut has torn: the one before it counts. */
export const TORN = "torn";

/** A value that was not taken when the board started, and where it stood. No value is ever in it. */
export interface Problem {
	readonly name: string;
	readonly source: "flash" | "build";
	readonly error: string;
}

/** Why a change was not taken: the first name that is wrong, or "" where it is none's fault. */
export interface Refusal {
	readonly error: string;
	readonly name: string;
	readonly expected: string;
}

/** Called with the name of each setting whose value has become another. */
export type SettingsListener = (name: string) => void;

const KEYS = Object.freeze(["settings", "settings2"] as const);
/** First and second byte of the record: what it is, and its format. */
const SETTINGS = 0x40;
const FORMAT = 1;
/** So that both records and the blobs around them find room in the smallest partition of NVS. */
const MOST_BYTES = 2048;

const UNREADABLE: Refusal = Object.freeze({ error: FLASH_FAILED, name: "", expected: "flash that can be read" });

/** What stands in flash: by row of the table, and as it is, what is in no row. */
interface Stored {
	texts: (string | undefined)[];
	foreign: Uint8Array;
}

export class Settings {
	/** What was not taken when the board started. */
	readonly problems: Problem[] = [];
	readonly #store: KeyValue;
	readonly #given: Readonly<Record<string, unknown>>;
	readonly #listeners: SettingsListener[] = [];
	#values: string[];
	/** What counted when the board started. */
	readonly #started: readonly string[];
	/**
	 * Order of the latest record that is whole, 0 where there is none, and which key it is under. It is read again where something is
	 * to be changed, since that is rare, and RAM is dear.
	 */
	#order = 0;
	#key = 1;

	/** `given` are the build's arguments: strings, by name. */
	constructor(store: KeyValue, given: Readonly<Record<string, unknown>> = {}) {
		this.#store = store;
		this.#given = given;
		this.#values = this.valuesOf(this.load(), this.problems);
		this.#started = this.#values;
	}

	/** Whether something has been set that counts from the next start on. */
	get needsRestart(): boolean {
		return TUNABLES.some(({ atOnce }, i) => !atOnce && this.#values[i] !== this.#started[i]);
	}

	/** What a setting is, as text. */
	text(name: TunableName): string {
		return this.#values[rowOf(name)]!;
	}

	/** What a setting of integers is. */
	number(name: TunableName): number {
		return integerIn(this.text(name));
	}

	/** What a setting is in JSON; of a secret, whether it is set. */
	show(name: TunableName): unknown {
		const { kind, secret } = TUNABLES[rowOf(name)]!;
		const text = this.text(name);
		if (secret) return text === "" ? "not set" : "set";
		if (kind === "integer") return integerIn(text);
		return kind === "object" ? (text === "" ? null : JSON.parse(text)) : text;
	}

	/** Tells of every change from now on. */
	listen(listener: SettingsListener): void {
		this.#listeners.push(listener);
	}

	/**
	 * Why these values, as they are in JSON, would not be taken; undefined where they would. `null` gives a setting back to the
	 * build's argument, or the default.
	 */
	check(changes: Readonly<Record<string, unknown>>): Refusal | undefined {
		const next = this.merged(changes);
		return "error" in next ? next : undefined;
	}

	/** Takes them all, in flash when this returns, or none of them: then it returns why. What is as it was costs no write. */
	change(changes: Readonly<Record<string, unknown>>): Refusal | undefined {
		const next = this.merged(changes);
		if ("error" in next) return next;
		if (!next.isNew) return undefined;
		if (!this.keep(recordOf(next, this.#order + 1)))
			return { error: FLASH_FAILED, name: "", expected: "flash that takes a write" };
		const before = this.#values;
		this.#values = this.valuesOf(next, []);
		for (let i = 0; i < TUNABLES.length; i += 1)
			if (before[i] !== this.#values[i]) for (const listener of this.#listeners) listener(TUNABLES[i]!.name);
		return undefined;
	}

	/** Gives a setting back to the build's argument, or the default; as change(). */
	erase(name: TunableName): Refusal | undefined {
		return this.change({ [name]: null });
	}

	/** What would stand in flash with the changes, and whether that is another than what does; or why not. */
	private merged(changes: Readonly<Record<string, unknown>>): (Stored & { isNew: boolean }) | Refusal {
		const record = this.#order === 0 ? undefined : this.read(KEYS[this.#key]!);
		if (this.#order !== 0 && (record === undefined || !isSettings(record))) return UNREADABLE;
		const { foreign, texts } = storedIn(record);
		let isNew = false;
		for (const name of Object.keys(changes)) {
			const at = rowOf(name);
			// Whatever came as a name is not repeated at any length.
			if (at < 0) return { error: UNKNOWN_NAME, name: name.slice(0, 32), expected: "the name of a setting" };
			const tunable: Tunable = TUNABLES[at]!;
			const value = changes[name];
			const text = value === null ? undefined : textOf(tunable, value);
			const error = text === undefined ? (value === null ? "" : WRONG_TYPE) : errorIn(tunable, text);
			if (error !== "") return { error, name, expected: expectedOf(tunable) };
			if (texts[at] !== text) isNew = true;
			texts[at] = text;
		}
		const next = { texts, foreign, isNew };
		if (lengthOf(next) > MOST_BYTES)
			return { error: TOO_LARGE, name: "", expected: `settings of ${MOST_BYTES} bytes in all` };
		return next;
	}

	/** What counts: of flash, of the build, or the default. */
	private valuesOf(stored: Stored, problems: Problem[]): string[] {
		return TUNABLES.map((tunable: Tunable, i) => {
			const { name } = tunable;
			const kept = stored.texts[i];
			let error = kept === undefined ? "" : errorIn(tunable, kept);
			if (kept !== undefined && error === "") return kept;
			if (error !== "") problems.push({ name, source: "flash", error });
			const given = this.#given[name];
			if (given === undefined || given === tunable.default) return tunable.default;
			error = typeof given === "string" ? errorIn(tunable, given) : WRONG_TYPE;
			if (error === "") return given as string;
			problems.push({ name, source: "build", error });
			return tunable.default;
		});
	}

	/** The latest record that is whole, taken apart. */
	private load(): Stored {
		const records = KEYS.map(key => this.read(key));
		let latest = -1;
		for (let i = 0; i < records.length; i += 1) {
			const record = records[i];
			if (record === undefined) continue;
			if (!isSettings(record)) this.problems.push({ name: "settings", source: "flash", error: TORN });
			else if (latest < 0 || orderOf(record) > this.#order) {
				latest = i;
				this.#order = orderOf(record);
			}
		}
		if (latest >= 0) this.#key = latest;
		return storedIn(records[latest]);
	}

	private read(key: string): Uint8Array | undefined {
		try {
			const value = this.#store.read(key);
			return value === undefined ? undefined : new Uint8Array(value);
		} catch {
			return undefined;
		}
	}

	/** Whether flash has it now: what a write says of itself is not all there is to know. */
	private keep(record: Uint8Array): boolean {
		const other = 1 - this.#key;
		try {
			this.#store.write(KEYS[other]!, record.buffer as ArrayBuffer);
		} catch {
			// A write that failed may have come through nevertheless: then the next start would find it.
		}
		const found = this.read(KEYS[other]!);
		if (found?.length !== record.length || found.some((byte, i) => byte !== record[i])) return false;
		this.#key = other;
		this.#order += 1;
		return true;
	}
}

Object.freeze(Settings.prototype);

/** Number of a name's row, or -1. */
function rowOf(name: string): number {
	for (let i = 0; i < TUNABLES.length; i += 1) if (TUNABLES[i]!.name === name) return i;
	return -1;
}

/** A value of JSON as it is kept, or undefined where it is of another kind. */
function textOf({ kind }: Tunable, value: unknown): string | undefined {
	if (kind === "integer") return typeof value === "number" && Number.isInteger(value) ? String(value) : undefined;
	if (kind !== "object") return typeof value === "string" ? value : undefined;
	return typeof value === "object" && !Array.isArray(value) ? JSON.stringify(value) : undefined;
}

/** What is wrong with a text as a value, or "". */
function errorIn(tunable: Tunable, text: string): string {
	const { check, choices, high, kind, low, name } = tunable;
	if (kind === "integer") {
		const number = integerIn(text);
		return Number.isNaN(number) ? WRONG_FORM : number < low || number > high ? OUT_OF_RANGE : "";
	}
	if (kind === "choice") return choices.includes(text) ? "" : OUT_OF_RANGE;
	try {
		if (utf8Length(text, name) > high) return OUT_OF_RANGE;
		if (check === undefined || (text === "" && tunable.default === "")) return "";
		return check(text) === false ? WRONG_FORM : "";
	} catch {
		return WRONG_FORM;
	}
}

/** An integer in decimal digits, or NaN: Number() would take much else. */
function integerIn(text: string): number {
	if (text.length === 0 || text.length > 15) return Number.NaN;
	for (let i = text.charAt(0) === "-" && text.length > 1 ? 1 : 0; i < text.length; i += 1) {
		const code = text.charCodeAt(i);
		if (code < 0x30 || code > 0x39) return Number.NaN;
	}
	return Number(text);
}

function isSettings(record: Uint8Array): boolean {
	return isWhole(record) && record[0] === SETTINGS && record[1] === FORMAT;
}

// An entry: the name's length in a byte, the value's in two, then both.

const ENTRY_HEAD_BYTES = 3;

function lengthOf({ foreign, texts }: Stored): number {
	let length = HEAD_BYTES + foreign.length + CHECK_BYTES;
	for (let i = 0; i < texts.length; i += 1) {
		const text = texts[i];
		if (text !== undefined) length += ENTRY_HEAD_BYTES + TUNABLES[i]!.name.length + utf8Length(text);
	}
	return length;
}

function recordOf(stored: Stored, order: number): Uint8Array {
	const record = new Uint8Array(lengthOf(stored));
	record[0] = SETTINGS;
	record[1] = FORMAT;
	putUint32(record, ORDER_AT, order);
	let at = HEAD_BYTES;
	for (let i = 0; i < TUNABLES.length; i += 1) {
		const text = stored.texts[i];
		if (text === undefined) continue;
		const { name } = TUNABLES[i]!;
		const valueAt = putUtf8(record, at + ENTRY_HEAD_BYTES, name);
		const stop = putUtf8(record, valueAt, text);
		record[at] = name.length;
		putUint16(record, at + 1, stop - valueAt);
		at = stop;
	}
	record.set(stored.foreign, at);
	seal(record);
	return record;
}

/** Of a whole record, which nobody but recordOf() has made; nothing, of none. */
function storedIn(record: Uint8Array | undefined): Stored {
	const texts: (string | undefined)[] = TUNABLES.map(() => undefined);
	const foreign: number[] = [];
	const end = (record?.length ?? 0) - CHECK_BYTES;
	for (let at = HEAD_BYTES; record !== undefined && at < end; ) {
		const valueAt = at + ENTRY_HEAD_BYTES + record[at]!;
		const stop = valueAt + takeUint16(record, at + 1);
		const i = rowOf(takeUtf8(record, at + ENTRY_HEAD_BYTES, record[at]!));
		if (i >= 0) texts[i] = takeUtf8(record, valueAt, stop - valueAt);
		else foreign.push(...record.subarray(at, stop));
		at = stop;
	}
	return { texts, foreign: Uint8Array.from(foreign) };
}
