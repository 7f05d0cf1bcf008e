// Layers without weights: the largest of 2 x 2, and the mean of a plane.

/** Rows of `width` outputs of the plane at `at`, whose rows are `pitch` apart; a last odd column is left out. */
export function poolLargest(
	source: Uint8ClampedArray,
	at: number,
	pitch: number,
	target: Uint8ClampedArray,
	to: number,
	rows: number,
	width: number,
): void {
	let from = at;
	let largest = 0;
	let value = 0;
	let stop = 0;
	while (rows > 0) {
		from = at;
		stop = at + 2 * width;
		while (from < stop) {
			largest = source[from]!;
			value = source[from + pitch]!;
			if (value > largest) largest = value;
			from += 1;
			value = source[from]!;
			if (value > largest) largest = value;
			value = source[from + pitch]!;
			if (value > largest) largest = value;
			from += 1;
			target[to] = largest;
			to += 1;
		}
		at += 2 * pitch;
		rows -= 1;
	}
}

/** The mean of `count` activations, halves upwards. */
export function mean(source: Uint8ClampedArray, at: number, count: number): number {
	const stop = at + count;
	let sum = count >> 1;
	while (at < stop) {
		sum += source[at]!;
		at += 1;
	}
	return (sum / count) | 0;
}
