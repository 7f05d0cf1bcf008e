// A trained network as a file that stays where it is, in flash: it is looked at once, from end to end, and nothing of it is
// copied. One that is torn, strange, too large, or whose sums could wrap is refused here, so that whoever runs it asks nothing.
// README.md has the format. All is read byte by byte, or as signed bytes: resources in flash need not lie on a multiple of four.

import { checkSum } from "../optional/checksum.js";

// Kinds of layers, as they are in the file.
export const CONVOLUTION = 1;
export const DEPTHWISE = 2;
export const MAXIMUM = 3;
export const AVERAGE = 4;
export const DENSE = 5;

/** "THML", least significant byte first. */
export const MAGIC = 0x4c4d_4854;
export const FORMAT = 1;

// Where the fields of the head lie.
export const FORMAT_AT = 4;
export const LAYERS_AT = 6;
export const CLASSES_AT = 7;
export const BYTES_AT = 8;
export const SHAPE_AT = 12;
export const VERSION_AT = 16;
export const VERSION_BYTES = 16;
export const HEAD_BYTES = 32;

/** Entries of the table of exponentials, two bytes each. */
export const TABLE_ENTRIES = 256;
/** What a layer begins with. */
export const LAYER_BYTES = 8;
/** What each channel of a layer with weights has: bias, multiplier, shift, and a zero. */
export const SCALE_BYTES = 8;
export const CHECK_BYTES = 4;
export const LABEL_BYTES = 63;

// A layer is a row of numbers in `plan`: as it is in the file, the shapes that follow from it, and where its parts lie.
export const KIND = 0;
export const KERNEL = 1;
export const STRIDE = 2;
export const PADDING = 3;
export const INPUTS = 4;
export const IN_HEIGHT = 5;
export const IN_WIDTH = 6;
export const OUTPUTS = 7;
export const HEIGHT = 8;
export const WIDTH = 9;
export const SCALES = 10;
export const WEIGHTS = 11;
export const MULTIPLY_ADDS = 12;
export const ROW = 13;

/** What a model may ask for. A file of another size is no danger, but a surprise. */
export interface ModelLimits {
	/** Of the file. */
	readonly bytes: number;
	readonly multiplyAdds: number;
	/** Of both buffers for activations. */
	readonly activationBytes: number;
}

export const LIMITS: ModelLimits = Object.freeze({ bytes: 20_480, multiplyAdds: 400_000, activationBytes: 16_384 });

/** Why a file is refused; in the order in which it is looked at. */
export type ModelFault =
	/** It does not begin as a model. */
	| "not a model"
	/** It is of another format than ours. */
	| "unknown format"
	/** It is larger than allowed. */
	| "too large"
	/** It is shorter or longer than it says, or its check sum is another. */
	| "damaged"
	/** A text of it is none: the version, or a label. */
	| "bad text"
	/** The exponentials rise, or begin with 0. */
	| "bad table"
	/** A kind of layer, or a number of it, that there is not; or a part that ends elsewhere than it should. */
	| "bad layer"
	/** A layer that does not fit to what is before it, or no answer for each label at its end. */
	| "bad shape"
	/** A weight or a scale that is out of its range. */
	| "bad weight"
	/** A sum could need more than 32 bits. */
	| "could wrap"
	/** More multiply-adds than allowed. */
	| "too slow"
	/** More memory than allowed. */
	| "too much memory";

export class BadModel extends Error {
	readonly fault: ModelFault;

	constructor(fault: ModelFault) {
		super(`the model is refused: ${fault}`);
		this.fault = fault;
	}
}

Object.freeze(BadModel.prototype);

/** Looks through the file once. Throws BadModel. */
export class Model {
	readonly bytes: Uint8Array;
	/** The same bytes, for weights. */
	readonly weights: Int8Array;
	/** Rows of ROW numbers, a layer each. */
	readonly plan: Int32Array;
	readonly layers: number;
	/** How many labels there are. */
	readonly classes: number;
	/** Of a picture: planes, rows and columns. */
	readonly channels: number;
	readonly height: number;
	readonly width: number;
	/** Of one picture. */
	multiplyAdds = 0;
	/** The largest of what goes into the layers 0, 2, 4 … and into 1, 3, 5 …: the two buffers that they take by turns. */
	evenBytes = 0;
	oddBytes = 0;
	/** Where the exponentials lie. */
	table = 0;

	constructor(bytes: Uint8Array, limits: ModelLimits = LIMITS) {
		const { length } = bytes;
		if (length < HEAD_BYTES || takeInt32(bytes, 0) !== MAGIC) throw new BadModel("not a model");
		if (takeUint16(bytes, FORMAT_AT) !== FORMAT) throw new BadModel("unknown format");
		if (length > limits.bytes) throw new BadModel("too large");
		const end = length - CHECK_BYTES;
		if (takeInt32(bytes, BYTES_AT) !== length || (length & 3) !== 0) throw new BadModel("damaged");
		if (takeInt32(bytes, end) !== (checkSum(bytes, end) | 0)) throw new BadModel("damaged");
		this.bytes = bytes;
		this.weights = new Int8Array(bytes.buffer, bytes.byteOffset, length);
		this.layers = bytes[LAYERS_AT]!;
		this.classes = bytes[CLASSES_AT]!;
		this.channels = bytes[SHAPE_AT]!;
		this.height = bytes[SHAPE_AT + 1]!;
		this.width = bytes[SHAPE_AT + 2]!;
		this.plan = new Int32Array(this.layers * ROW);
		this.takeLayers(this.checkTable(this.checkTexts()), end);
		if (this.multiplyAdds > limits.multiplyAdds) throw new BadModel("too slow");
		if (this.evenBytes + this.oddBytes > limits.activationBytes) throw new BadModel("too much memory");
	}

	/** What its author calls it. Allocates. */
	version(): string {
		let text = "";
		for (let at = VERSION_AT; this.bytes[at] !== 0; at += 1) text += String.fromCharCode(this.bytes[at]!);
		return text;
	}

	/** What a class is called. Allocates. */
	label(index: number): string {
		let at = HEAD_BYTES;
		for (let i = 0; i < index; i += 1) at += 1 + this.bytes[at]!;
		return utf8(this.bytes, at + 1, at + 1 + this.bytes[at]!)!;
	}

	/** Bytes of a picture. */
	get pictureBytes(): number {
		return this.channels * this.height * this.width;
	}

	/** Returns where the labels end. */
	private checkTexts(): number {
		const { bytes, classes } = this;
		let at = VERSION_AT;
		while (at < VERSION_AT + VERSION_BYTES && bytes[at]! > 0x20 && bytes[at]! < 0x7f) at += 1;
		if (at === VERSION_AT || at === VERSION_AT + VERSION_BYTES) throw new BadModel("bad text");
		for (; at < VERSION_AT + VERSION_BYTES; at += 1) if (bytes[at] !== 0) throw new BadModel("bad text");
		for (let i = 0; i < classes; i += 1) {
			const stop = at + 1 + bytes[at]!;
			if (bytes[at] === 0 || bytes[at]! > LABEL_BYTES || stop > bytes.length - CHECK_BYTES)
				throw new BadModel("bad text");
			if (utf8(bytes, at + 1, stop) === undefined) throw new BadModel("bad text");
			at = stop;
		}
		return this.skipZeros(at, "bad text");
	}

	/** Returns where the exponentials end. */
	private checkTable(at: number): number {
		const { bytes } = this;
		this.table = at;
		const stop = at + 2 * TABLE_ENTRIES;
		if (stop > bytes.length - CHECK_BYTES || takeUint16(bytes, at) === 0) throw new BadModel("bad table");
		for (; at < stop - 2; at += 2)
			if (takeUint16(bytes, at + 2) > takeUint16(bytes, at)) throw new BadModel("bad table");
		return stop;
	}

	/** Parts begin at multiples of four, with zeros between them. */
	private skipZeros(at: number, fault: ModelFault): number {
		for (; (at & 3) !== 0; at += 1) if (this.bytes[at] !== 0) throw new BadModel(fault);
		return at;
	}

	private takeLayers(at: number, end: number): void {
		const { plan, layers } = this;
		let channels = this.channels;
		let height = this.height;
		let width = this.width;
		if (this.bytes[SHAPE_AT + 3] !== 0 || channels * height * width === 0) throw new BadModel("bad shape");
		for (let layer = 0; layer < layers; layer += 1) {
			const size = channels * height * width;
			if ((layer & 1) === 0) this.evenBytes = larger(this.evenBytes, size);
			else this.oddBytes = larger(this.oddBytes, size);
			if (at + LAYER_BYTES > end) throw new BadModel("bad layer");
			const row = layer * ROW;
			plan[row + INPUTS] = channels;
			plan[row + IN_HEIGHT] = height;
			plan[row + IN_WIDTH] = width;
			this.takeHead(row, at);
			at = this.takeWeights(row, at + LAYER_BYTES, end);
			channels = plan[row + OUTPUTS]!;
			height = plan[row + HEIGHT]!;
			width = plan[row + WIDTH]!;
			this.multiplyAdds += plan[row + MULTIPLY_ADDS]!;
		}
		if (at !== end) throw new BadModel("bad layer");
		if (layers === 0 || plan[(layers - 1) * ROW + KIND] !== DENSE || channels !== this.classes)
			throw new BadModel("bad shape");
	}

	/** What a layer says of itself, and the shape that follows. */
	private takeHead(row: number, at: number): void {
		const { bytes, plan } = this;
		const kind = bytes[at]!;
		const kernel = bytes[at + 1]!;
		const stride = bytes[at + 2]!;
		const padding = bytes[at + 3]!;
		const outputs = takeUint16(bytes, at + 4);
		const inputs = plan[row + INPUTS]!;
		if (takeUint16(bytes, at + 6) !== 0 || !isLayer(kind, kernel, stride, padding)) throw new BadModel("bad layer");
		if (outputs === 0 || (kind !== CONVOLUTION && kind !== DENSE && outputs !== inputs))
			throw new BadModel("bad shape");
		let height = 1;
		let width = 1;
		if (kind < AVERAGE) {
			height = span(plan[row + IN_HEIGHT]!, kernel, stride, padding);
			width = span(plan[row + IN_WIDTH]!, kernel, stride, padding);
			if (height < 1 || width < 1) throw new BadModel("bad shape");
		}
		plan[row + KIND] = kind;
		plan[row + KERNEL] = kernel;
		plan[row + STRIDE] = stride;
		plan[row + PADDING] = padding;
		plan[row + OUTPUTS] = outputs;
		plan[row + HEIGHT] = height;
		plan[row + WIDTH] = width;
	}

	/** Scales and weights. Returns where they end. */
	private takeWeights(row: number, at: number, end: number): number {
		const { bytes, plan, weights } = this;
		const kind = plan[row + KIND]!;
		if (kind === MAXIMUM || kind === AVERAGE) return at;
		const outputs = plan[row + OUTPUTS]!;
		const each = weightsOf(plan, row);
		let weight = at + outputs * SCALE_BYTES;
		if (weight + outputs * each > end) throw new BadModel("bad layer");
		plan[row + SCALES] = at;
		plan[row + WEIGHTS] = weight;
		plan[row + MULTIPLY_ADDS] = outputs * each * plan[row + HEIGHT]! * plan[row + WIDTH]!;
		for (; at < plan[row + WEIGHTS]!; at += SCALE_BYTES) {
			const shift = bytes[at + 6]!;
			if (shift < 1 || shift > 31 || bytes[at + 7] !== 0) throw new BadModel("bad weight");
			let sum = 0;
			for (const stop = weight + each; weight < stop; weight += 1) {
				const value = weights[weight]!;
				if (value === -128) throw new BadModel("bad weight");
				sum += value < 0 ? -value : value;
			}
			// The most that an activation can be is 255. Exact: no product here has more than 53 bits.
			const bias = takeInt32(bytes, at);
			const most = (bias < 0 ? -bias : bias) + 255 * sum;
			if (most * takeUint16(bytes, at + 4) + 2 ** (shift - 1) >= 2 ** 31 || most >= 2 ** 31)
				throw new BadModel("could wrap");
		}
		return this.skipZeros(weight, "bad layer");
	}
}

Object.freeze(Model.prototype);

/** Weights of one output of a layer that has some. */
export function weightsOf(plan: Int32Array, row: number): number {
	const kernel = plan[row + KERNEL]!;
	switch (plan[row + KIND]) {
		case CONVOLUTION:
			return plan[row + INPUTS]! * kernel * kernel;
		case DEPTHWISE:
			return kernel * kernel;
		case DENSE:
			return plan[row + INPUTS]! * plan[row + IN_HEIGHT]! * plan[row + IN_WIDTH]!;
		default:
			return 0;
	}
}

export function takeUint16(bytes: Uint8Array, at: number): number {
	return bytes[at]! | (bytes[at + 1]! << 8);
}

export function takeInt32(bytes: Uint8Array, at: number): number {
	return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** A kind that there is, with numbers that it can have. */
function isLayer(kind: number, kernel: number, stride: number, padding: number): boolean {
	switch (kind) {
		case CONVOLUTION:
		case DEPTHWISE:
			// A window that lies on padding alone would see nothing.
			if (stride < 1 || stride > 2 || padding >= kernel || padding > 2) return false;
			// One weight for a plane would be its scale once more.
			return (kernel === 1 && kind === CONVOLUTION) || kernel === 3 || kernel === 5;
		case MAXIMUM:
			return kernel === 2 && stride === 2 && padding === 0;
		case AVERAGE:
		case DENSE:
			return kernel === 0 && stride === 0 && padding === 0;
		default:
			return false;
	}
}

/** Places that a window has along a side; what is left over at the end is not looked at. */
function span(side: number, kernel: number, stride: number, padding: number): number {
	const room = side + 2 * padding - kernel;
	return room < 0 ? 0 : ((room / stride) | 0) + 1;
}

function larger(a: number, b: number): number {
	return a > b ? a : b;
}

/** The text of these bytes, or undefined where they are no UTF-8. */
function utf8(bytes: Uint8Array, at: number, end: number): string | undefined {
	let text = "";
	while (at < end) {
		const first = bytes[at]!;
		const more = first < 0x80 ? 0 : first < 0xc2 ? -1 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : -1;
		if (more < 0 || at + more >= end || first === 0) return undefined;
		let code = more === 0 ? first : first & (0x3f >> more);
		for (let i = 1; i <= more; i += 1) {
			if ((bytes[at + i]! & 0xc0) !== 0x80) return undefined;
			code = (code << 6) | (bytes[at + i]! & 0x3f);
		}
		if (more === 2 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))) return undefined;
		if (more === 3 && (code < 0x1_0000 || code > 0x10_ffff)) return undefined;
		text += String.fromCodePoint(code);
		at += more + 1;
	}
	return text;
}
