// A record in flash as bytes: what it is, a number, an order and the count of connections; what it says; and a check sum over
// all of that. One that a power cut has torn, or that something else has written, is none.

import { putUint32, takeUint16, takeUint32 } from "../mqtt/wire.js";

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

/** CRC-32 as Ethernet has it, four bits at a time. */
const CRC = Object.freeze([
	0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320,
	0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
]);

/** Of the first `end` bytes. */
export function checkSum(bytes: Uint8Array, end: number): number {
	let sum = -1;
	for (let i = 0; i < end; i += 1) {
		sum ^= bytes[i]!;
		sum = CRC[sum & 15]! ^ (sum >>> 4);
		sum = CRC[sum & 15]! ^ (sum >>> 4);
	}
	return ~sum >>> 0;
}
