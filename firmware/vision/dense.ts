// Ten outputs at a time, each with its sum in a local: a dense layer, and a convolution of 1 x 1, which is a dense layer for
// every place of a plane. Ten, since that is a usual number of labels. An activation of 0 is left out, as in convolution.ts.

/** Outputs at a time. */
export const TOGETHER = 10;

/**
 * Adds `count` inputs, `step` apart, to the sums of up to TOGETHER outputs. Sums are `pitch` apart, weights of two outputs
 * `stride`; where there are fewer `outputs`, the last stands for those that are not there, and their sums mean nothing.
 */
export function addTen(
	sums: Int32Array,
	sum: number,
	pitch: number,
	source: Uint8ClampedArray,
	at: number,
	step: number,
	count: number,
	weights: Int8Array,
	weight: number,
	stride: number,
	outputs: number,
): void {
	const n1 = outputs > 1 ? stride : 0;
	const n2 = outputs > 2 ? n1 + stride : n1;
	const n3 = outputs > 3 ? n2 + stride : n2;
	const n4 = outputs > 4 ? n3 + stride : n3;
	const n5 = outputs > 5 ? n4 + stride : n4;
	const n6 = outputs > 6 ? n5 + stride : n5;
	const n7 = outputs > 7 ? n6 + stride : n6;
	const n8 = outputs > 8 ? n7 + stride : n7;
	const n9 = outputs > 9 ? n8 + stride : n8;
	let s0 = 0;
	let s1 = 0;
	let s2 = 0;
	let s3 = 0;
	let s4 = 0;
	let s5 = 0;
	let s6 = 0;
	let s7 = 0;
	let s8 = 0;
	let s9 = 0;
	let value = 0;
	const stop = weight + count;
	while (weight < stop) {
		value = source[at]!;
		if (value) {
			s0 += value * weights[weight]!;
			s1 += value * weights[weight + n1]!;
			s2 += value * weights[weight + n2]!;
			s3 += value * weights[weight + n3]!;
			s4 += value * weights[weight + n4]!;
			s5 += value * weights[weight + n5]!;
			s6 += value * weights[weight + n6]!;
			s7 += value * weights[weight + n7]!;
			s8 += value * weights[weight + n8]!;
			s9 += value * weights[weight + n9]!;
		}
		at += step;
		weight += 1;
	}
	sums[sum]! += s0;
	sums[sum + pitch]! += s1;
	sum += 2 * pitch;
	sums[sum]! += s2;
	sums[sum + pitch]! += s3;
	sum += 2 * pitch;
	sums[sum]! += s4;
	sums[sum + pitch]! += s5;
	sum += 2 * pitch;
	sums[sum]! += s6;
	sums[sum + pitch]! += s7;
	sum += 2 * pitch;
	sums[sum]! += s8;
	sums[sum + pitch]! += s9;
}
