// A record in flash as bytes: what it is, a number, an order and the count of connections; what it says; and a check sum over
// all of that. One that a power cut has torn, or that something else has written, is none. And which messages have one, and where.

import { ENTRY_WORDS, RELEASED, STATE_MASK, STORED, UNUSUAL } from "../mqtt/outbox.js";
import { QOS_MASK } from "../mqtt/packet.js";
import type { Session } from "../mqtt/session.js";
import { filterAt, filterOptions, filterState } from "../mqtt/topics.js";
import { putUint32, takeUint16, takeUint32 } from "../mqtt/wire.js";
import { checkSum } from "./checksum.js";

// First byte of a record: what it is, and in the last bit whether its packets are those of 5.0.
export const MESSAGE = 0x10;
export const RELEASE = 0x20;
export const STATE = 0x30;

/** Where the fields of all records lie. */
export const NUMBER_AT = 2;
export const ORDER_AT = 4;
export const CONNECTION_AT = 8;
export const HEAD_BYTES = 12;
export const CHECK_BYTES = 4;

export function idOf(record: Uint8Array): number {
	return takeUint16(record, NUMBER_AT);
}

export function orderOf(record: Uint8Array): number {
	return takeUint32(record, ORDER_AT);
}

export function inOrder(records: Uint8Array[]): Uint8Array[] {
	return records.sort((a, b) => orderOf(a) - orderOf(b));
}

/** Releases, whose orders are 15 bits that wrap. */
export function inTurn(records: Uint8Array[]): Uint8Array[] {
	return records.sort((a, b) => ((orderOf(a) - orderOf(b)) << 17) >> 17);
}

/** Puts the check sum at its end. */
export function seal(record: Uint8Array): void {
	const end = record.length - CHECK_BYTES;
	putUint32(record, end, checkSum(record, end));
}

/** True for a record whose check sum is right. */
export function isWhole(record: Uint8Array): boolean {
	const end = record.length - CHECK_BYTES;
	return end >= HEAD_BYTES && takeUint32(record, end) === checkSum(record, end);
}

/** Two lists with the same numbers. */
export function isSame(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
	if (a.length !== b.length) return false;
	for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
	return true;
}

/** What says that a subscription is the same: filter, options and properties. */
export function subscriptionSum(session: Session, handle: number): number {
	const { blocks, bytes } = session;
	const filter = filterAt(session, handle);
	const length = takeUint16(bytes, filter) + 2;
	const block = blocks?.[handle];
	const text = new Uint8Array(length + 1 + (block?.length ?? 0));
	text.set(bytes.subarray(filter, filter + length));
	text[length] = filterOptions(filterState(session, handle));
	if (block !== undefined) text.set(block, length + 1);
	return checkSum(text, text.length);
}

/** Where a message is kept: its packet id gives it a row, which no other has as long as it is not settled. */
export function rowOf(session: Session, entry: number): number {
	return (session.words[entry + 1]! & 0xffff) % session.rows;
}

/** A message that flash has. */
export function isKept(session: Session, entry: number): boolean {
	return (session.words[entry]! & STORED) !== 0 && (session.words[entry]! & STATE_MASK) < RELEASED;
}

/** A message that flash may have to take when the connection ends. */
export function isUnkept(session: Session, entry: number): boolean {
	if ((session.words[entry]! & UNUSUAL) !== 0 || (session.words[entry]! & STATE_MASK) >= RELEASED) return false;
	return (session.bytes[(entry + ENTRY_WORDS) << 2]! & QOS_MASK) !== 0;
}
