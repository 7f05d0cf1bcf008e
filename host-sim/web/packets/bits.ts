// A packet's fields as the rows of a table, and which bytes belong to which: who points at one sees the other.

import type { Field } from "../../inspect/field.js";
import { pairsOf } from "../../inspect/hex.js";

export interface FieldRow {
	readonly field: Field;
	readonly depth: number;
	/** Of a part of a byte: its eight bits, and which of them are its own. */
	readonly bits: readonly { readonly digit: 0 | 1; readonly isOwn: boolean }[] | undefined;
	/** Of a leaf of whole bytes: in hexadecimal, the first of them; empty where there are none to show. */
	readonly hex: string;
	/** How many more bytes it has. */
	readonly more: number;
}

/** From a byte up to another, not with it. */
export interface Range {
	readonly from: number;
	readonly to: number;
}

/** Bytes of a field that the table shows; the dump has the others. */
const MOST_BYTES = 8;

/** From top to bottom, each group in front of its parts. */
export function rowsOf(fields: readonly Field[], bytes: Uint8Array, depth = 0): FieldRow[] {
	return fields.flatMap(field => [rowOf(field, bytes, depth), ...rowsOf(field.fields ?? [], bytes, depth + 1)]);
}

function rowOf(field: Field, bytes: Uint8Array, depth: number): FieldRow {
	const { at, bits, fields, length, secret } = field;
	if (bits !== undefined) return { field, depth, bits: bitsOf(bytes[at]!, bits), hex: "", more: 0 };
	// The bytes of a group are those of its parts, unless they are parts of one byte.
	const isShown = fields === undefined || (length === 1 && fields.every(part => part.bits !== undefined));
	if (!isShown || length === 0) return { field, depth, bits: undefined, hex: "", more: 0 };
	const count = Math.min(length, MOST_BYTES);
	const hex = secret ? "··".repeat(count) : pairsOf(bytes.subarray(at, at + count));
	return { field, depth, bits: undefined, hex: hex.replaceAll(/..(?=.)/gu, "$& "), more: length - count };
}

function bitsOf(byte: number, mask: number): FieldRow["bits"] {
	return Array.from({ length: 8 }, (_, i) => ({
		digit: ((byte >> (7 - i)) & 1) as 0 | 1,
		isOwn: ((mask >> (7 - i)) & 1) === 1,
	}));
}

export function rangeOf({ field }: FieldRow): Range {
	return { from: field.at, to: field.at + field.length };
}

/** Which rows have that byte, without the groups around them; of a byte of flags they are several. */
export function rowsAt(rows: readonly FieldRow[], byte: number): number[] {
	return rows.flatMap(({ field }, i) => {
		const isLeaf = field.fields === undefined;
		return isLeaf && byte >= field.at && byte < field.at + field.length ? [i] : [];
	});
}

/** Bytes that hold what must not get out. */
export function secretsIn(fields: readonly Field[]): Range[] {
	return fields.flatMap(({ at, fields: parts, length, secret }) => {
		if (parts !== undefined) return secretsIn(parts);
		return secret === true && length > 0 ? [{ from: at, to: at + length }] : [];
	});
}
