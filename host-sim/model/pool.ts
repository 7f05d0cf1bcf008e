// The largest of each two by two values, for all pictures of a part, and where slopes go on their way back: to that one alone.

import type { Shape } from "./design.js";
import { ROW } from "./kernels.js";

/** `largest` gets which of the four it was: 0 and 1 above, 2 and 3 below. */
export function poolLargest(
	raw: Float32Array,
	{ height: rawHeight, width: rawWidth }: Shape,
	pooled: Float32Array,
	largest: Uint8Array,
	{ channels, height, width }: Shape,
): void {
	const line = rawWidth * ROW;
	for (let channel = 0; channel < channels; channel += 1)
		for (let y = 0; y < height; y += 1) {
			let to = (channel * height + y) * width * ROW;
			let from = (channel * rawHeight + 2 * y) * line;
			for (let x = 0; x < width; x += 1) {
				for (let n = 0; n < ROW; n += 1) {
					const a = raw[from + n]!;
					const b = raw[from + ROW + n]!;
					const c = raw[from + line + n]!;
					const d = raw[from + line + ROW + n]!;
					const upper = a >= b ? a : b;
					const lower = c >= d ? c : d;
					const isUpper = upper >= lower;
					pooled[to + n] = isUpper ? upper : lower;
					largest[to + n] = isUpper ? (a >= b ? 0 : 1) : c >= d ? 2 : 3;
				}
				to += ROW;
				from += 2 * ROW;
			}
		}
}

export function unpool(
	pooled: Float32Array,
	largest: Uint8Array,
	{ channels, height, width }: Shape,
	slopes: Float32Array,
	{ height: rawHeight, width: rawWidth }: Shape,
): void {
	const line = rawWidth * ROW;
	// Of an odd number of rows or columns the last is in no pool.
	if (rawHeight % 2 !== 0 || rawWidth % 2 !== 0) slopes.fill(0);
	for (let channel = 0; channel < channels; channel += 1)
		for (let y = 0; y < height; y += 1) {
			let from = (channel * height + y) * width * ROW;
			let to = (channel * rawHeight + 2 * y) * line;
			for (let x = 0; x < width; x += 1) {
				for (let n = 0; n < ROW; n += 1) {
					const slope = pooled[from + n]!;
					const which = largest[from + n]!;
					slopes[to + n] = which === 0 ? slope : 0;
					slopes[to + ROW + n] = which === 1 ? slope : 0;
					slopes[to + line + n] = which === 2 ? slope : 0;
					slopes[to + line + ROW + n] = which === 3 ? slope : 0;
				}
				from += ROW;
				to += 2 * ROW;
			}
		}
}
