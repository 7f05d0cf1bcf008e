// The kernels against plain loops.

import { describe, expect, it } from "vitest";
import { makeKernels, ROW, ROW_BYTES } from "../../../host-sim/model/kernels.js";
import { SeededRandom } from "../../../host-sim/world/random.js";

const WEIGHTS = 1024;
const BIAS = 3072;
const FROM = 4096;
const TO = 65_536;
const PLANE = 4096;

function made() {
	const kernels = makeKernels(131_072);
	const floats = new Float32Array(kernels.memory);
	const random = new SeededRandom(1);
	for (let i = WEIGHTS / 4; i < TO / 4; i += 1) floats[i] = random.fraction() - 0.5;
	return { ...kernels, floats, words: new Int32Array(kernels.memory) };
}

describe("gather", () => {
	it.each([1, 2] as const)("adds to the bias what the list names, of %d channels", outs => {
		const { floats, gather1, gather2, words } = made();
		const taps = [0, 3, 7, 2, 5];
		for (const [i, tap] of taps.entries()) words.set([tap * ROW_BYTES, i * 4], i * 2);
		const gather = outs === 1 ? gather1 : gather2;
		gather(TO, 2 * ROW_BYTES, PLANE, FROM, ROW_BYTES, 6, 0, taps.length * 8, WEIGHTS, 64, BIAS);
		for (let o = 0; o < outs; o += 1)
			for (let x = 0; x < 6; x += 1)
				for (let n = 0; n < ROW; n += 1) {
					let sum = floats[BIAS / 4 + o]!;
					for (const [i, tap] of taps.entries())
						sum = Math.fround(
							sum + Math.fround(floats[WEIGHTS / 4 + o * 16 + i]! * floats[FROM / 4 + (x + tap) * ROW + n]!),
						);
					// To the last bit: the order is what is written down.
					expect(floats[(TO + o * PLANE) / 4 + x * 2 * ROW + n]).toBe(sum);
				}
		expect(floats[(TO + outs * PLANE) / 4]).toBe(0);
	});

	it("is the bias where the list is empty", () => {
		const { floats, gather1 } = made();
		gather1(TO, ROW_BYTES, 0, FROM, ROW_BYTES, 1, 0, 0, WEIGHTS, 0, BIAS);
		expect(floats[TO / 4 + 5]).toBe(floats[BIAS / 4]);
	});
});

describe("correlate", () => {
	it.each([1, 2, 4] as const)("sums products over rows, columns and pictures, of %d planes", outs => {
		const { correlate1, correlate2, correlate4, floats } = made();
		const correlate = { 1: correlate1, 2: correlate2, 4: correlate4 }[outs];
		const [cols, rows] = [3, 4];
		const b = FROM + 16_384;
		correlate(FROM, ROW_BYTES, 5 * ROW_BYTES, PLANE, b, 2 * ROW_BYTES, 7 * ROW_BYTES, cols, rows, TO, 8);
		for (let o = 0; o < outs; o += 1) {
			let sum = 0;
			for (let y = 0; y < rows; y += 1)
				for (let x = 0; x < cols; x += 1)
					for (let n = 0; n < ROW; n += 1)
						sum += floats[(FROM + o * PLANE) / 4 + (y * 5 + x) * ROW + n]! * floats[b / 4 + (y * 7 + 2 * x) * ROW + n]!;
			expect(floats[TO / 4 + o * 2]).toBeCloseTo(sum, 4);
		}
		expect(floats[TO / 4 + outs * 2]).toBe(0);
	});
});
