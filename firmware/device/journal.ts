// What a board notes in flash of an update, so that a power cut loses nothing but the last piece of it: which image, how much
// of it is there, whether it has been applied, how often it has been started, and what became of it.
//
// There are two keys by turns, as boot.ts has them: a write that the power cut tears leaves the record before it.

import type { KeyValue } from "../io.js";
import { putUint16, putUint32, putUtf8, takeUint16, takeUint32, takeUtf8 } from "../mqtt/wire.js";
import { CHECK_BYTES, HEAD_BYTES, isWhole, ORDER_AT, orderOf, seal } from "../optional/record.js";

/** First byte of a record. */
const KIND = 0x50;
const STAGE_AT = 1;
const STARTS_AT = 2;
const REACHED_AT = 8;
/** Behind the head: size, issue, SHA-256, the length of `version` and of `from`, of `reason`, and these. */
const SIZE_AT = HEAD_BYTES;
const ISSUE_AT = SIZE_AT + 4;
const SHA_AT = ISSUE_AT + 4;
const LENGTHS_AT = SHA_AT + 32;
const TEXTS_AT = LENGTHS_AT + 3;

// How far an update has come.
/** Nothing is known of any. */
export const NONE = 0;
/** The offer is good, and its image comes. */
export const RECEIVING = 1;
/** The image is whole and verified: the next boot runs it, or has already. */
export const APPLIED = 2;
/** It runs, and has been online. */
export const CONFIRMED = 3;
/** It has been given up, for `reason`: this issue of it is not tried again. */
export const FAILED = 4;

export class Journal {
	stage = NONE;
	/** Bytes of the image that are in flash for good. */
	reached = 0;
	/** Boots since it was applied. */
	starts = 0;
	size = 0;
	issue = 0;
	sha256: Uint8Array = new Uint8Array(32);
	version = "";
	/** The version that ran when it came. */
	from = "";
	reason = "";
	readonly #store: KeyValue;
	#turn = 0;

	/** Reads what an earlier life has noted. */
	constructor(store: KeyValue) {
		this.#store = store;
		const first = this.read(0);
		const second = this.read(1);
		const record = second !== undefined && (first === undefined || orderOf(second) > orderOf(first)) ? second : first;
		if (record !== undefined) this.take(record);
	}

	/** Writes it all down. False where flash does not take it. */
	keep(): boolean {
		const record = new Uint8Array(TEXTS_AT + this.version.length + this.from.length + this.reason.length + CHECK_BYTES);
		record[0] = KIND;
		record[STAGE_AT] = this.stage;
		putUint16(record, STARTS_AT, this.starts);
		putUint32(record, ORDER_AT, this.#turn + 1);
		putUint32(record, REACHED_AT, this.reached);
		putUint32(record, SIZE_AT, this.size);
		putUint32(record, ISSUE_AT, this.issue);
		record.set(this.sha256, SHA_AT);
		record[LENGTHS_AT] = this.version.length;
		record[LENGTHS_AT + 1] = this.from.length;
		record[LENGTHS_AT + 2] = this.reason.length;
		putUtf8(record, TEXTS_AT, this.version + this.from + this.reason);
		seal(record);
		try {
			this.#store.write(keyOf(this.#turn + 1), record.buffer);
		} catch {
			return false;
		}
		this.#turn += 1;
		return true;
	}

	private read(turn: number): Uint8Array | undefined {
		try {
			const value = this.#store.read(keyOf(turn));
			const record = value === undefined ? undefined : new Uint8Array(value);
			return record !== undefined && record[0] === KIND && isWhole(record) ? record : undefined;
		} catch {
			return undefined;
		}
	}

	private take(record: Uint8Array): void {
		this.#turn = orderOf(record);
		this.stage = record[STAGE_AT]!;
		this.starts = takeUint16(record, STARTS_AT);
		this.reached = takeUint32(record, REACHED_AT);
		this.size = takeUint32(record, SIZE_AT);
		this.issue = takeUint32(record, ISSUE_AT);
		this.sha256 = record.slice(SHA_AT, SHA_AT + 32);
		let at = TEXTS_AT;
		this.version = takeUtf8(record, at, record[LENGTHS_AT]!);
		at += record[LENGTHS_AT]!;
		this.from = takeUtf8(record, at, record[LENGTHS_AT + 1]!);
		at += record[LENGTHS_AT + 1]!;
		this.reason = takeUtf8(record, at, record[LENGTHS_AT + 2]!);
	}
}

Object.freeze(Journal.prototype);

function keyOf(turn: number): string {
	return `update${turn & 1}`;
}
