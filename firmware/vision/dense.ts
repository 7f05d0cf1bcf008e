// Ten outputs at a time, each with its sum in a local: a dense layer, and a convolution of 1 x 1, which is a dense layer for
// every place of a plane. Ten, since that is a usual number of labels. Here each weight is read for one
// activation: so an activation of 0, which is about every other one, is left out.

/** Outputs at a time. */
export const TOGETHER = 10;

/**
 * Adds `count` inputs, `step` apart, of `points` places that are beside each other, to the sums of up to TOGETHER outputs. Sums are `pitch` apart, weights of two outputs
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
	points: number,
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
	let from = at;
	let next = weight;
	let to = 0;
	const stop = weight + count;
	while (points > 0) {
		s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = s8 = s9 = 0;
		from = at;
		next = weight;
		do {
			value = source[from]!;
			if (value) {
				s0 += value * weights[next]!;
				s1 += value * weights[next + n1]!;
				s2 += value * weights[next + n2]!;
				s3 += value * weights[next + n3]!;
				s4 += value * weights[next + n4]!;
				s5 += value * weights[next + n5]!;
				s6 += value * weights[next + n6]!;
				s7 += value * weights[next + n7]!;
				s8 += value * weights[next + n8]!;
				s9 += value * weights[next + n9]!;
			}
			from += step;
			next++;
		} while (next < stop);
		to = sum;
		sums[to]! += s0;
		to += pitch;
		sums[to]! += s1;
		to += pitch;
		sums[to]! += s2;
		to += pitch;
		sums[to]! += s3;
		to += pitch;
		sums[to]! += s4;
		to += pitch;
		sums[to]! += s5;
		to += pitch;
		sums[to]! += s6;
		to += pitch;
		sums[to]! += s7;
		to += pitch;
		sums[to]! += s8;
		to += pitch;
		sums[to]! += s9;
		at++;
		sum++;
		points -= 1;
	}
}
