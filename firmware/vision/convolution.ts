// Windows of 3 x 3 and 5 x 5 over one plane, added to what other planes have given. A column is looked at once, for all outputs
// whose window it is in: the ones that it does not end have their sums in locals, and move one on with each column. To XS
// a local costs one instruction, and a byte of an array seven: so each is read once for three weights, or for two.
//
// Rows above and below a plane are a row of zeros elsewhere in the same buffer. The sums of a row begin with some that
// nobody asks for: what windows would give that begin left of the padding.

/** Sums before each row that are nobody's. */
export const MARGIN = 4;

/**
 * 3 x 3, stride 1: rows from `first` on of an output, from the plane at `at`. `zeros` is where as many zeros lie as a row has.
 * Sums are `pitch` apart from row to row.
 */
export function convolve3(
	sums: Int32Array,
	pitch: number,
	source: Uint8ClampedArray,
	at: number,
	zeros: number,
	height: number,
	width: number,
	weights: Int8Array,
	weight: number,
	first: number,
	rows: number,
	padding: number,
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
	let sum = MARGIN - 2 + padding;
	while (y < stop) {
		above = y < 0 || y >= height ? zeros : at + y * width;
		y += 1;
		here = y < 0 || y >= height ? zeros : at + y * width;
		below = y < -1 || y + 1 >= height ? zeros : at + (y + 1) * width;
		x = ending = middle = 0;
		do {
			a = source[x + above]!;
			b = source[x + here]!;
			c = source[x + below]!;
			sums[x + sum]! += ending + a * w2 + b * w5 + c * w8;
			ending = middle + a * w1 + b * w4 + c * w7;
			middle = a * w0 + b * w3 + c * w6;
			x++;
		} while (x < width);
		if (padding > 0) sums[x + sum]! += ending;
		if (padding > 1) sums[x + sum + 1]! += middle;
		sum += pitch;
	}
}

/** 3 x 3, stride 2: a column with an even place in the padded plane ends one window and begins the next, one with an odd is in one. */
export function convolve3by2(
	sums: Int32Array,
	pitch: number,
	source: Uint8ClampedArray,
	at: number,
	zeros: number,
	height: number,
	width: number,
	weights: Int8Array,
	weight: number,
	first: number,
	rows: number,
	padding: number,
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
	const last = width - 1;
	let y = 2 * first - padding;
	const stop = y + 2 * rows;
	let above = 0;
	let here = 0;
	let below = 0;
	let x = 0;
	let a = 0;
	let b = 0;
	let c = 0;
	let d = 0;
	let e = 0;
	let f = 0;
	let ending = 0;
	let start = 0;
	let sum = 0;
	while (y < stop) {
		above = y < 0 || y >= height ? zeros : at + y * width;
		y += 1;
		here = y < 0 || y >= height ? zeros : at + y * width;
		y += 1;
		below = y < 0 || y >= height ? zeros : at + y * width;
		// What an even column ends has the place before the output that it begins.
		sum = start + MARGIN - 1;
		x = ending = 0;
		if (padding > 0) sum += 1;
		// The first even column is padding.
		if (padding === 1) {
			ending = source[above]! * w1 + source[here]! * w4 + source[below]! * w7;
			x = 1;
		}
		while (x < last) {
			a = source[x + above]!;
			b = source[x + here]!;
			c = source[x + below]!;
			x++;
			d = source[x + above]!;
			e = source[x + here]!;
			f = source[x + below]!;
			x++;
			sums[sum]! += ending + a * w2 + b * w5 + c * w8;
			ending = a * w0 + b * w3 + c * w6 + d * w1 + e * w4 + f * w7;
			sum++;
		}
		// What is left: an even column without an odd one, and what ends in the padding behind the plane.
		if (x === last) {
			a = source[x + above]!;
			b = source[x + here]!;
			c = source[x + below]!;
			sums[sum]! += ending + a * w2 + b * w5 + c * w8;
			ending = a * w0 + b * w3 + c * w6;
			sum++;
		}
		start += pitch;
		if (sum < start) sums[sum]! += ending;
	}
}

/** 5 x 5, a row of the window at a time; stride 1 or 2. */
export function convolve5(
	sums: Int32Array,
	pitch: number,
	source: Uint8ClampedArray,
	at: number,
	height: number,
	width: number,
	weights: Int8Array,
	weight: number,
	first: number,
	rows: number,
	stride: number,
	padding: number,
): void {
	const end = weight + 25;
	for (let down = -padding; weight < end; weight += 5) {
		let y = first * stride + down;
		down += 1;
		let start = 0;
		for (let row = 0; row < rows; row += 1) {
			if (y >= 0 && y < height) {
				if (stride === 1) add5(sums, start, pitch, source, at + y * width, width, weights, weight, padding);
				else add5by2(sums, start, pitch, source, at + y * width, width, weights, weight, padding);
			}
			y += stride;
			start += pitch;
		}
	}
}

function add5(
	sums: Int32Array,
	start: number,
	pitch: number,
	source: Uint8ClampedArray,
	from: number,
	width: number,
	weights: Int8Array,
	weight: number,
	padding: number,
): void {
	const w0 = weights[weight]!;
	const w1 = weights[weight + 1]!;
	const w2 = weights[weight + 2]!;
	const w3 = weights[weight + 3]!;
	const w4 = weights[weight + 4]!;
	const stop = from + width;
	const after = start + pitch;
	let a = 0;
	let b = 0;
	let c = 0;
	let d = 0;
	let value = 0;
	// A column ends the window of the output four before the one that it begins.
	let sum = start + MARGIN - 4 + padding;
	do {
		value = source[from]!;
		sums[sum]! += a + value * w4;
		a = b + value * w3;
		b = c + value * w2;
		c = d + value * w1;
		d = value * w0;
		sum++;
		from++;
	} while (from < stop);
	while (sum < after) {
		sums[sum]! += a;
		a = b;
		b = c;
		c = d;
		d = 0;
		sum++;
	}
}

function add5by2(
	sums: Int32Array,
	start: number,
	pitch: number,
	source: Uint8ClampedArray,
	from: number,
	width: number,
	weights: Int8Array,
	weight: number,
	padding: number,
): void {
	const w0 = weights[weight]!;
	const w1 = weights[weight + 1]!;
	const w2 = weights[weight + 2]!;
	const w3 = weights[weight + 3]!;
	const w4 = weights[weight + 4]!;
	const stop = from + width;
	const after = start + pitch;
	let a = 0;
	let b = 0;
	let even = 0;
	let odd = 0;
	let sum = start + MARGIN - 2;
	// A first pair that is padding, or half of it.
	if (padding > 0) sum += 1;
	if (padding === 1) {
		a = source[from]! * w3;
		b = source[from]! * w1;
		from++;
	}
	while (from < stop) {
		even = source[from]!;
		from++;
		odd = from < stop ? source[from]! : 0;
		from++;
		sums[sum]! += a + even * w4;
		a = b + even * w2 + odd * w3;
		b = even * w0 + odd * w1;
		sum++;
	}
	while (sum < after) {
		sums[sum]! += a;
		a = b;
		b = 0;
		sum++;
	}
}

/** Sums to activations: rows of `width`, written one behind the other. */
export function requantise(
	sums: Int32Array,
	sum: number,
	pitch: number,
	target: Uint8ClampedArray,
	at: number,
	rows: number,
	width: number,
	multiplier: number,
	shift: number,
): void {
	const half = 1 << (shift - 1);
	let stop = 0;
	let more = 0;
	while (rows > 0) {
		stop = sum + width;
		more = at - sum;
		do {
			// The array holds it within 0 to 255.
			target[sum + more] = (sums[sum]! * multiplier + half) >> shift;
			sum++;
		} while (sum < stop);
		at += width;
		sum += pitch - width;
		rows -= 1;
	}
}
