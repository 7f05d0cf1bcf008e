// A model at work, on one picture after the other: two buffers for activations, which layers take by turns, and one for sums; all
// of it made once, nothing for a picture. The work is done in steps of some thousand multiply-adds, so many at a time as the
// caller has time for: everything between two steps is in the fields of this class.

import { convolve3, convolve3by2, convolve5, MARGIN, requantise } from "./convolution.js";
import { addTen, TOGETHER } from "./dense.js";
import { depthwise3 } from "./depthwise.js";
import {
	AVERAGE,
	CONVOLUTION,
	DENSE,
	DEPTHWISE,
	HEIGHT,
	IN_HEIGHT,
	IN_WIDTH,
	INPUTS,
	KERNEL,
	KIND,
	MAXIMUM,
	type Model,
	OUTPUTS,
	PADDING,
	ROW,
	SCALE_BYTES,
	SCALES,
	STRIDE,
	TABLE_ENTRIES,
	takeInt32,
	takeUint16,
	WEIGHTS,
	WIDTH,
	weightsOf,
} from "./model.js";
import { mean, poolLargest } from "./pooling.js";

/** Places of an output that a step looks at, where they are whole rows, with one plane or several: setting out costs as much as 80. */
const PLACES = 196;
/** Places of ten outputs each that a step of a 1 x 1 convolution looks at. */
const POINTS = 8;
/** Inputs of ten outputs each that a step of a dense layer looks at. */
const INPUT_RUN = 64;
/** What depthwise3 writes behind its last row. */
const BEYOND = 2;
export class Network {
	readonly model: Model;
	/** What goes into layers 0, 2, 4 …, then zeros. */
	readonly even: Uint8ClampedArray;
	/** What goes into layers 1, 3, 5 …, then zeros. */
	readonly odd: Uint8ClampedArray;
	readonly evenZeros: number;
	readonly oddZeros: number;
	/** Of the outputs that are being worked on; behind them the logits. */
	readonly sums: Int32Array;
	/** Where the logits begin. */
	readonly logits: number;
	/** Where the work has come to: the layer's row of the plan, and in it an output, a row or a place, and an input. */
	private row: number;
	private output = 0;
	private place = 0;
	private input = 0;
	/** The most multiply-adds that a step of this layer takes. */
	private most = 0;
	/** Classes of the highest logits: the first, the second in the next byte, then the third. */
	private ranks = 0;
	/** Of the exponentials of all classes. */
	private total = 0;

	constructor(model: Model) {
		const { plan, classes } = model;
		let width = 0;
		let sums = TOGETHER * POINTS;
		for (let row = 0; row < plan.length; row += ROW) {
			if (plan[row + IN_WIDTH]! > width) width = plan[row + IN_WIDTH]!;
			if (plan[row + KIND]! > DEPTHWISE) continue;
			const block = rowsOf(plan, row) * (plan[row + WIDTH]! + MARGIN);
			if (block > sums) sums = block;
		}
		this.model = model;
		this.evenZeros = model.evenBytes + BEYOND;
		this.oddZeros = model.oddBytes + BEYOND;
		this.even = new Uint8ClampedArray(this.evenZeros + width);
		this.odd = new Uint8ClampedArray(this.oddZeros + width);
		this.sums = new Int32Array(sums + classes);
		this.logits = sums;
		this.row = plan.length;
	}

	/** Bytes of the buffers. */
	get bufferBytes(): number {
		return this.even.length + this.odd.length + 4 * this.sums.length;
	}

	/** Takes a picture, of which it keeps a copy; what was said of another is forgotten. */
	begin(picture: Uint8Array): void {
		if (picture.length !== this.model.pictureBytes)
			throw new Error("the picture is not as large as the model wants it");
		this.even.set(picture);
		this.enter(0);
	}

	/**
	 * Goes on with the work, and returns whether it is done. It takes at most so many multiply-adds, where one step takes no more:
	 * a step is some rows of an output from some planes of inputs, or as much as that.
	 */
	run(multiplyAdds: number): boolean {
		const { plan } = this.model;
		let left = multiplyAdds;
		while (this.row < plan.length) {
			left -= this.most;
			this.step();
			if (this.most > left) break;
		}
		return this.row >= plan.length;
	}

	/** The answer: the class with the highest logit. */
	get label(): number {
		return this.ranks & 255;
	}

	/** How sure that is, in thousandths. */
	get confidence(): number {
		return this.confidenceAt(0);
	}

	/** The class that is first (0), second or third (2) in the answer; -1 where the model has no more. */
	classAt(rank: number): number {
		return rank < this.model.classes ? (this.ranks >> (8 * rank)) & 255 : -1;
	}

	/** Of the class at that rank, in thousandths. */
	confidenceAt(rank: number): number {
		if (rank >= this.model.classes) return 0;
		const below = this.sums[this.logits + this.label]! - this.sums[this.logits + this.classAt(rank)]!;
		return ((1000 * this.exponential(below) + (this.total >> 1)) / this.total) | 0;
	}

	private exponential(below: number): number {
		const { bytes, table } = this.model;
		return takeUint16(bytes, table + 2 * (below < TABLE_ENTRIES ? below : TABLE_ENTRIES - 1));
	}

	private enter(row: number): void {
		const { plan } = this.model;
		this.row = row;
		this.output = this.place = this.input = 0;
		if (row < plan.length) this.most = mostOf(plan, row);
		else this.conclude();
	}

	private step(): void {
		const { plan } = this.model;
		const { row } = this;
		const isEven = row % (2 * ROW) === 0;
		const source = isEven ? this.even : this.odd;
		const target = isEven ? this.odd : this.even;
		switch (plan[row + KIND]) {
			case CONVOLUTION:
				if (plan[row + KERNEL] === 1) this.stepPoints(source, target);
				else this.stepRows(source, target, isEven ? this.evenZeros : this.oddZeros);
				break;
			case DEPTHWISE:
				this.stepRows(source, target, isEven ? this.evenZeros : this.oddZeros);
				break;
			case MAXIMUM:
				this.stepLargest(source, target);
				break;
			case AVERAGE:
				this.stepMean(source, target);
				break;
			case DENSE:
				this.stepDense(source, target);
		}
	}

	/** Some rows of an output, from some planes of inputs; they become activations with the last of these. */
	private stepRows(source: Uint8ClampedArray, target: Uint8ClampedArray, zeros: number): void {
		const { sums } = this;
		const { bytes, plan, weights } = this.model;
		const { row, output, place, input } = this;
		const kernel = plan[row + KERNEL]!;
		const stride = plan[row + STRIDE]!;
		const padding = plan[row + PADDING]!;
		const inHeight = plan[row + IN_HEIGHT]!;
		const inWidth = plan[row + IN_WIDTH]!;
		const height = plan[row + HEIGHT]!;
		const width = plan[row + WIDTH]!;
		const inputs = plan[row + KIND] === DEPTHWISE ? 1 : plan[row + INPUTS]!;
		const scale = plan[row + SCALES]! + output * SCALE_BYTES;
		const multiplier = takeUint16(bytes, scale + 4);
		const shift = bytes[scale + 6]!;
		const rows = fewer(height - place, rowsOf(plan, row));
		const to = (output * height + place) * width;
		const size = inHeight * inWidth;
		const pitch = width + MARGIN;
		let at = (plan[row + KIND] === DEPTHWISE ? output : input) * size;
		let weight = plan[row + WEIGHTS]! + (output * inputs + input) * kernel * kernel;
		if (inputs === 1 && kernel === 3 && stride === 1) {
			const bias = takeInt32(bytes, scale);
			depthwise3(
				source,
				at,
				zeros,
				inHeight,
				inWidth,
				weights,
				weight,
				target,
				to,
				place,
				rows,
				padding,
				bias,
				multiplier,
				shift,
			);
			this.next(place + rows, height, 1);
			return;
		}
		if (input === 0) sums.fill(takeInt32(bytes, scale), 0, rows * pitch);
		for (let planes = fewer(inputs - input, planesOf(plan, row)); planes > 0; planes -= 1) {
			if (kernel === 5)
				convolve5(sums, pitch, source, at, inHeight, inWidth, weights, weight, place, rows, stride, padding);
			else if (stride === 2)
				convolve3by2(sums, pitch, source, at, zeros, inHeight, inWidth, weights, weight, place, rows, padding);
			else convolve3(sums, pitch, source, at, zeros, inHeight, inWidth, weights, weight, place, rows, padding);
			at += size;
			weight += kernel * kernel;
			this.input += 1;
		}
		if (this.input < inputs) return;
		requantise(sums, MARGIN, pitch, target, to, rows, width, multiplier, shift);
		this.input = 0;
		this.next(place + rows, height, 1);
	}

	/** Some places of ten outputs, from all inputs. */
	private stepPoints(source: Uint8ClampedArray, target: Uint8ClampedArray): void {
		const { sums } = this;
		const { plan, weights } = this.model;
		const { row, output, place } = this;
		const stride = plan[row + STRIDE]!;
		const inputs = plan[row + INPUTS]!;
		const inWidth = plan[row + IN_WIDTH]!;
		const width = plan[row + WIDTH]!;
		const places = plan[row + HEIGHT]! * width;
		const plane = plan[row + IN_HEIGHT]! * inWidth;
		const outputs = fewer(plan[row + OUTPUTS]! - output, TOGETHER);
		const points = fewer(places - place, POINTS);
		const weight = plan[row + WEIGHTS]! + output * inputs;
		this.open(output, outputs, POINTS);
		// With a stride, places beside each other are not.
		const together = stride === 1 ? points : 1;
		for (let point = 0; point < points; point += together) {
			let at = place + point;
			if (stride === 2) at = 2 * (((at / width) | 0) * inWidth + (at % width));
			addTen(sums, point, POINTS, source, at, plane, inputs, weights, weight, inputs, outputs, together);
		}
		for (let i = 0; i < outputs; i += 1)
			this.close(output + i, i * POINTS, target, (output + i) * places + place, points);
		this.next(place + points, places, outputs);
	}

	private stepLargest(source: Uint8ClampedArray, target: Uint8ClampedArray): void {
		const { plan } = this.model;
		const { row, output, place } = this;
		const inWidth = plan[row + IN_WIDTH]!;
		const height = plan[row + HEIGHT]!;
		const width = plan[row + WIDTH]!;
		const rows = fewer(height - place, rowsOf(plan, row));
		const at = (output * plan[row + IN_HEIGHT]! + 2 * place) * inWidth;
		poolLargest(source, at, inWidth, target, (output * height + place) * width, rows, width);
		this.next(place + rows, height, 1);
	}

	private stepMean(source: Uint8ClampedArray, target: Uint8ClampedArray): void {
		const { plan } = this.model;
		const { row, output } = this;
		const size = plan[row + IN_HEIGHT]! * plan[row + IN_WIDTH]!;
		target[output] = mean(source, output * size, size);
		this.next(1, 1, 1);
	}

	/** Ten outputs, from some inputs; they become activations, or logits, with the last of these. */
	private stepDense(source: Uint8ClampedArray, target: Uint8ClampedArray): void {
		const { sums } = this;
		const { bytes, plan, weights } = this.model;
		const { row, output, input } = this;
		const inputs = weightsOf(plan, row);
		const outputs = fewer(plan[row + OUTPUTS]! - output, TOGETHER);
		const count = fewer(inputs - input, INPUT_RUN);
		const weight = plan[row + WEIGHTS]! + output * inputs + input;
		if (input === 0) this.open(output, outputs, 1);
		addTen(sums, 0, 1, source, input, 1, count, weights, weight, inputs, outputs, 1);
		this.input = input + count;
		if (this.input < inputs) return;
		this.input = 0;
		for (let i = 0; i < outputs; i += 1) {
			if (row + ROW < plan.length) {
				this.close(output + i, i, target, output + i, 1);
				continue;
			}
			const scale = plan[row + SCALES]! + (output + i) * SCALE_BYTES;
			const shift = bytes[scale + 6]!;
			const logit = (sums[i]! * takeUint16(bytes, scale + 4) + (1 << (shift - 1))) >> shift;
			sums[this.logits + output + i] = logit < -32_768 ? -32_768 : logit > 32_767 ? 32_767 : logit;
		}
		this.next(1, 1, outputs);
	}

	/** Sums of some outputs, so many each, begin with their bias. */
	private open(output: number, outputs: number, each: number): void {
		const { bytes, plan } = this.model;
		const scale = plan[this.row + SCALES]! + output * SCALE_BYTES;
		for (let i = 0; i < outputs; i += 1)
			this.sums.fill(takeInt32(bytes, scale + i * SCALE_BYTES), i * each, (i + 1) * each);
	}

	/** Sums of an output become activations. */
	private close(output: number, sum: number, target: Uint8ClampedArray, to: number, count: number): void {
		const { bytes, plan } = this.model;
		const scale = plan[this.row + SCALES]! + output * SCALE_BYTES;
		requantise(this.sums, sum, 0, target, to, 1, count, takeUint16(bytes, scale + 4), bytes[scale + 6]!);
	}

	/** From a place of so many to the next, then to outputs that have had none. */
	private next(place: number, places: number, outputs: number): void {
		const { plan } = this.model;
		this.place = place;
		if (place < places) return;
		this.place = 0;
		this.output += outputs;
		if (this.output >= plan[this.row + OUTPUTS]!) this.enter(this.row + ROW);
	}

	/** Looks for the three highest logits; the first of those where several are. */
	private conclude(): void {
		const { sums, logits } = this;
		const { classes } = this.model;
		let first = -1;
		let second = -1;
		let third = -1;
		for (let i = 0; i < classes; i += 1) {
			const logit = sums[logits + i]!;
			if (first < 0 || logit > sums[logits + first]!) {
				third = second;
				second = first;
				first = i;
			} else if (second < 0 || logit > sums[logits + second]!) {
				third = second;
				second = i;
			} else if (third < 0 || logit > sums[logits + third]!) third = i;
		}
		this.ranks = first | ((second & 255) << 8) | ((third & 255) << 16);
		this.total = 0;
		for (let i = 0; i < classes; i += 1) this.total += this.exponential(sums[logits + first]! - sums[logits + i]!);
	}
}

Object.freeze(Network.prototype);

/** Rows of an output that a step looks at. */
function rowsOf(plan: Int32Array, row: number): number {
	const rows = (PLACES / plan[row + WIDTH]!) | 0;
	return rows < 1 ? 1 : fewer(rows, plan[row + HEIGHT]!);
}

/** Planes of inputs that a step looks at. */
function planesOf(plan: Int32Array, row: number): number {
	const planes = (PLACES / (rowsOf(plan, row) * plan[row + WIDTH]!)) | 0;
	return planes < 1 || plan[row + KIND] !== CONVOLUTION ? 1 : fewer(planes, plan[row + INPUTS]!);
}

/** The most multiply-adds that a step of a layer takes; an input that is compared or added counts as one. */
function mostOf(plan: Int32Array, row: number): number {
	const kernel = plan[row + KERNEL]!;
	switch (plan[row + KIND]) {
		case DENSE:
			return TOGETHER * fewer(weightsOf(plan, row), INPUT_RUN);
		case AVERAGE:
			return plan[row + IN_HEIGHT]! * plan[row + IN_WIDTH]!;
		default:
			if (kernel === 1 && plan[row + KIND] === CONVOLUTION) return TOGETHER * POINTS * plan[row + INPUTS]!;
			return planesOf(plan, row) * rowsOf(plan, row) * plan[row + WIDTH]! * kernel * kernel;
	}
}

function fewer(a: number, b: number): number {
	return a < b ? a : b;
}
