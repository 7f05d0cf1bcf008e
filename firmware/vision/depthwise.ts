// Windows of 3 x 3 over a plane that nothing is added to: each output of a depthwise layer, and those of a convolution of one
// plane. What ends is an activation at once, without a sum in memory; see convolution.ts for the rest.
//
// Columns go from right to left and rows downwards: so what a row's first column would give beyond its end is written where
// the next row will be, before that is.

/** Stride 1: rows from `first` on, into `target` from `to` on. Up to two bytes behind the last row are written as well. */
export function depthwise3(
	source: Uint8ClampedArray,
	at: number,
	zeros: number,
	height: number,
	width: number,
	weights: Int8Array,
	weight: number,
	target: Uint8ClampedArray,
	to: number,
	first: number,
	rows: number,
	padding: number,
	bias: number,
	multiplier: number,
	shift: number,
): void {
	const w0 = weights[weight]!;
	const w1 = weights[weight + 1]!;
	const w2 = weights[weight + 2]!;
	const w3 = weights[weight + 3]!;
	const w4 = weights[weight + 4]!;
	const w5 = weights[weight + 5]!;
	const w6 = weights[weight + 6]!;
	const w7 = weights[weight + 7]!;
	const w8 = weights[weight + 8]!;
	const half = 1 << (shift - 1);
	const pitch = width + 2 * padding - 2;
	let y = first - padding;
	const stop = y + rows;
	let above = 0;
	let here = 0;
	let below = 0;
	let x = 0;
	let a = 0;
	let b = 0;
	let c = 0;
	let ending = 0;
	let middle = 0;
	to += padding;
	while (y < stop) {
		above = y < 0 || y >= height ? zeros : at + y * width;
		y += 1;
		here = y < 0 || y >= height ? zeros : at + y * width;
		below = y < -1 || y + 1 >= height ? zeros : at + (y + 1) * width;
		ending = middle = bias;
		x = width;
		do {
			x--;
			a = source[x + above]!;
			b = source[x + here]!;
			c = source[x + below]!;
			target[x + to] = ((ending + a * w0 + b * w3 + c * w6) * multiplier + half) >> shift;
			ending = middle + a * w1 + b * w4 + c * w7;
			middle = bias + a * w2 + b * w5 + c * w8;
		} while (x > 0);
		if (padding > 0) target[to - 1] = (ending * multiplier + half) >> shift;
		if (padding > 1) target[to - 2] = (middle * multiplier + half) >> shift;
		to += pitch;
	}
}
