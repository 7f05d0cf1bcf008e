// Writes a model as a file for the board (firmware/vision/README.md). It writes what it is given, so that tests can write what no
// trainer would; whoever wants to know whether a board takes it makes a Model of it.

import { checkSum } from "../../firmware/optional/checksum.js";
import {
	type AVERAGE,
	BYTES_AT,
	CHECK_BYTES,
	CLASSES_AT,
	type CONVOLUTION,
	type DENSE,
	type DEPTHWISE,
	FORMAT,
	FORMAT_AT,
	HEAD_BYTES,
	LAYER_BYTES,
	LAYERS_AT,
	MAGIC,
	MAXIMUM,
	SCALE_BYTES,
	SHAPE_AT,
	TABLE_ENTRIES,
	VERSION_AT,
} from "../../firmware/vision/model.js";

/** What an output of a layer with weights has beside them. */
export interface Scale {
	readonly bias: number;
	readonly multiplier: number;
	readonly shift: number;
}

/** A layer with weights, in the order of the file. */
export interface WeightedDraft {
	readonly kind: typeof CONVOLUTION | typeof DEPTHWISE | typeof DENSE;
	readonly kernel: number;
	readonly stride: number;
	readonly padding: number;
	readonly outputs: number;
	/** One for each output. */
	readonly scales: readonly Scale[];
	readonly weights: ArrayLike<number>;
}

/** A layer without. */
export interface PoolingDraft {
	readonly kind: typeof MAXIMUM | typeof AVERAGE;
	readonly outputs: number;
}

export type LayerDraft = WeightedDraft | PoolingDraft;

export interface ModelDraft {
	/** 1 to 15 characters of ASCII. */
	readonly version: string;
	readonly channels: number;
	readonly height: number;
	readonly width: number;
	readonly labels: readonly string[];
	/** 256 exponentials. */
	readonly table: ArrayLike<number>;
	readonly layers: readonly LayerDraft[];
}

export function writeModel(draft: ModelDraft): Uint8Array {
	const parts = [head(draft), labels(draft.labels), table(draft.table), ...draft.layers.map(layer)];
	const length = parts.reduce((sum, part) => sum + part.length, CHECK_BYTES);
	const bytes = new Uint8Array(length);
	let at = 0;
	for (const part of parts) {
		bytes.set(part, at);
		at += part.length;
	}
	new DataView(bytes.buffer).setUint32(BYTES_AT, length, true);
	return sealModel(bytes);
}

/** Puts the check sum at the end of bytes that were changed, in their place. */
export function sealModel(bytes: Uint8Array): Uint8Array {
	const end = bytes.length - CHECK_BYTES;
	new DataView(bytes.buffer, bytes.byteOffset).setUint32(end, checkSum(bytes, end), true);
	return bytes;
}

function head({ version, channels, height, width, labels, layers }: ModelDraft): Uint8Array {
	const bytes = new Uint8Array(HEAD_BYTES);
	const view = new DataView(bytes.buffer);
	view.setUint32(0, MAGIC, true);
	view.setUint16(FORMAT_AT, FORMAT, true);
	bytes[LAYERS_AT] = layers.length;
	bytes[CLASSES_AT] = labels.length;
	bytes.set([channels, height, width], SHAPE_AT);
	for (let i = 0; i < version.length; i += 1) bytes[VERSION_AT + i] = version.charCodeAt(i);
	return bytes;
}

function labels(texts: readonly string[]): Uint8Array {
	const encoder = new TextEncoder();
	const all = texts.flatMap(text => {
		const bytes = encoder.encode(text);
		return [bytes.length, ...bytes];
	});
	return padded(all);
}

function table(entries: ArrayLike<number>): Uint8Array {
	const bytes = new Uint8Array(2 * TABLE_ENTRIES);
	const view = new DataView(bytes.buffer);
	for (let i = 0; i < TABLE_ENTRIES; i += 1) view.setUint16(2 * i, entries[i]!, true);
	return bytes;
}

function layer(draft: LayerDraft): Uint8Array {
	const { kind, outputs } = draft;
	const { kernel, stride, padding } = "weights" in draft ? draft : windowOf(draft);
	const first = [kind, kernel, stride, padding, outputs & 255, outputs >> 8, 0, 0];
	if (!("weights" in draft)) return Uint8Array.from(first);
	const scales = new DataView(new ArrayBuffer(SCALE_BYTES * draft.scales.length));
	draft.scales.forEach(({ bias, multiplier, shift }, i) => {
		scales.setInt32(SCALE_BYTES * i, bias, true);
		scales.setUint16(SCALE_BYTES * i + 4, multiplier, true);
		scales.setUint8(SCALE_BYTES * i + 6, shift);
	});
	const weights = Array.from(draft.weights, weight => weight & 255);
	const bytes = new Uint8Array(LAYER_BYTES + scales.byteLength + padded(weights).length);
	bytes.set(first);
	bytes.set(new Uint8Array(scales.buffer), LAYER_BYTES);
	bytes.set(weights, LAYER_BYTES + scales.byteLength);
	return bytes;
}

function windowOf({ kind }: PoolingDraft): { kernel: number; stride: number; padding: number } {
	return kind === MAXIMUM ? { kernel: 2, stride: 2, padding: 0 } : { kernel: 0, stride: 0, padding: 0 };
}

/** With zeros up to a multiple of four. */
function padded(values: readonly number[]): Uint8Array {
	const bytes = new Uint8Array((values.length + 3) & ~3);
	bytes.set(values);
	return bytes;
}
