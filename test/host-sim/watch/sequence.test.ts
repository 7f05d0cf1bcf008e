import fc from "fast-check";
import { expect, it } from "vitest";
import { Sequence } from "../../../host-sim/watch/sequence.js";

it("numbers in a row leave nothing missing", () => {
	const sequence = new Sequence(1);
	expect(sequence.take(1, 1)).toEqual({ fresh: 1, filled: 0, repeated: 0, opened: 0 });
	expect(sequence.take(2, 3)).toEqual({ fresh: 3, filled: 0, repeated: 0, opened: 0 });
	expect([sequence.next, sequence.missing]).toEqual([5, 0]);
});

it("a gap fills in later, in pieces, and what comes again is a repeat", () => {
	const sequence = new Sequence(1);
	sequence.take(1, 1);
	expect(sequence.take(10, 1).opened).toBe(8);
	expect(sequence.take(4, 2)).toEqual({ fresh: 0, filled: 2, repeated: 0, opened: 0 });
	expect(sequence.missing).toBe(6);
	expect([2, 4, 5, 6, 10, 11].map(number => sequence.has(number))).toEqual([false, true, true, false, true, false]);
	expect(sequence.take(3, 4)).toEqual({ fresh: 0, filled: 2, repeated: 2, opened: 0 });
	expect(sequence.take(2, 8)).toEqual({ fresh: 0, filled: 4, repeated: 4, opened: 0 });
	expect(sequence.missing).toBe(0);
});

it("tells which numbers are missing, in order", () => {
	const sequence = new Sequence(1);
	for (const number of [1, 5, 8, 6]) sequence.take(number, 1);
	expect(sequence.gaps).toEqual([
		{ from: 2, to: 5 },
		{ from: 7, to: 8 },
	]);
	sequence.take(3, 1);
	expect(sequence.gaps).toEqual([
		{ from: 2, to: 3 },
		{ from: 4, to: 5 },
		{ from: 7, to: 8 },
	]);
});

it("what is before the first number is neither missing nor a repeat", () => {
	const sequence = new Sequence(100);
	sequence.take(100, 1);
	expect(sequence.take(90, 1)).toEqual({ fresh: 0, filled: 0, repeated: 0, opened: 0 });
	expect(sequence.has(90)).toBe(false);
});

it("after a while in which nobody listened nothing is missing, once", () => {
	const sequence = new Sequence(1);
	sequence.take(1, 1);
	sequence.take(5, 1);
	sequence.doubt();
	expect(sequence.take(50, 1).opened).toBe(0);
	expect(sequence.missing).toBe(3);
	expect(sequence.take(30, 1)).toEqual({ fresh: 0, filled: 0, repeated: 0, opened: 0 });
	expect(sequence.take(52, 1).opened).toBe(1);
});

it("any number of gaps takes no more memory, and their sum stays right", () => {
	const sequence = new Sequence(0);
	for (let i = 0; i < 1000; i += 1) sequence.take(2 * i, 1);
	expect(sequence.missing).toBe(999);
	// Too long ago: not known to be missing, nor to have come.
	expect(sequence.take(1, 1)).toEqual({ fresh: 0, filled: 0, repeated: 0, opened: 0 });
	expect(sequence.take(1997, 1).filled).toBe(1);
	expect(sequence.take(4_294_967_295, 1).opened).toBe(4_294_967_295 - 1999);
});

it("is what a set of all numbers would say", () => {
	const message = fc.record({ from: fc.integer({ min: 1, max: 60 }), count: fc.integer({ min: 1, max: 6 }) });
	fc.assert(
		fc.property(fc.array(message, { maxLength: 40 }), messages => {
			const sequence = new Sequence(1);
			const seen = new Set<number>();
			let highest = 0;
			for (const { count, from } of messages) {
				const numbers = Array.from({ length: count }, (_, i) => from + i);
				const taken = sequence.take(from, count);
				expect(taken).toEqual({
					fresh: numbers.filter(number => number > highest).length,
					filled: numbers.filter(number => number < highest && !seen.has(number)).length,
					repeated: numbers.filter(number => seen.has(number)).length,
					opened: Math.max(0, from - highest - 1),
				});
				for (const number of numbers) seen.add(number);
				highest = Math.max(highest, ...numbers);
				expect(sequence.missing).toBe(highest - seen.size);
				for (let number = 1; number < 70; number += 1) expect(sequence.has(number)).toBe(seen.has(number));
			}
		}),
	);
});
