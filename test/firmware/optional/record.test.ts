// Records as flash has them: what makes one whole.

import { describe, expect, it } from "vitest";
import {
	CHECK_BYTES,
	HEAD_BYTES,
	idOf,
	inOrder,
	inTurn,
	isWhole,
	NUMBER_AT,
	ORDER_AT,
	orderOf,
	seal,
} from "../../../firmware/optional/record.js";

/** A record with that order, and a packet id ten times as large. */
function record(order: number): Uint8Array {
	const bytes = new Uint8Array(HEAD_BYTES + 3 + CHECK_BYTES);
	bytes[ORDER_AT + 3] = order;
	bytes[NUMBER_AT + 1] = order * 10;
	seal(bytes);
	return bytes;
}

describe("a record in flash", () => {
	it("is whole as it was sealed, and not with any bit of it changed, nor shortened, nor as flash is when erased", () => {
		const whole = record(1);
		expect(isWhole(whole)).toBe(true);
		for (let bit = 0; bit < whole.length * 8; bit += 1) {
			const other = whole.slice();
			other[bit >> 3]! ^= 1 << (bit & 7);
			expect(isWhole(other), `bit ${bit}`).toBe(false);
		}
		for (let length = 0; length < whole.length; length += 1) {
			expect(isWhole(whole.slice(0, length)), `${length} bytes`).toBe(false);
			expect(isWhole(new Uint8Array(length).fill(0xff)), `${length} bytes erased`).toBe(false);
		}
	});

	it("says its packet id and its place among the others", () => {
		const records = inOrder([record(3), record(1), record(2)]);
		expect(records.map(orderOf)).toEqual([1, 2, 3]);
		expect(records.map(idOf)).toEqual([10, 20, 30]);
	});

	it("of a release has an order of 15 bits that wraps", () => {
		const orders = [0x7ffe, 0x7fff, 0, 1, 255, 256];
		const records = orders.map(order => {
			const bytes = record(order);
			bytes[ORDER_AT + 2] = order >> 8;
			return bytes;
		});
		expect(inTurn([...records].reverse()).map(orderOf)).toEqual(orders);
	});
});
