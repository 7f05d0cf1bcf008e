// Grey pictures from files: idx (as MNIST has them, packed or not), PGM, PNG, or bytes alone where their number is that of a picture.

import { readFileSync } from "node:fs";
import { gunzipSync, inflateSync } from "node:zlib";
import { UsageError } from "../fleet/scenario.js";
import { readIdx } from "./dataset.js";

export interface Picture {
	readonly width: number;
	readonly height: number;
	/** A byte a pixel, row by row. */
	readonly pixels: Uint8Array;
}

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Of PNG: bytes of a pixel, by the type of its colours. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 4: 2, 6: 4 };
/** Nobody shows a board anything near to that. */
const MOST_PIXELS = 4_000_000;

/** All pictures of a file. `side`: of raw bytes, which do not say how wide they are. Throws UsageError. */
export function readPictures(path: string, width: number, height: number): Picture[] {
	let bytes: Uint8Array;
	try {
		bytes = readFileSync(path);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new UsageError(`${path}: ${code === "ENOENT" ? "there is no such file" : `cannot be read (${code})`}`);
	}
	const pictures = picturesOf(unpacked(bytes, path), path, width * height, width);
	for (const picture of pictures)
		if (picture.width !== width || picture.height !== height)
			throw new UsageError(
				`${path}: that is ${picture.width} x ${picture.height} pixels, and the model wants ${width} x ${height}`,
			);
	return pictures;
}

function picturesOf(bytes: Uint8Array, path: string, size: number, width: number): Picture[] {
	if (PNG.every((byte, i) => bytes[i] === byte)) return [readPng(bytes, path)];
	if (bytes[0] === 0x50 && bytes[1] === 0x35) return [readPgm(bytes, path)];
	if (bytes.length === size) return [{ width, height: size / width, pixels: bytes }];
	if (bytes[0] === 0 && bytes[1] === 0 && bytes[2] === 8 && bytes[3] === 3) {
		const { bytes: pixels, sizes } = readIdx(bytes, path);
		const [count, height, width] = sizes as [number, number, number];
		const size = width * height;
		return Array.from({ length: count }, (_, i) => ({
			width,
			height,
			pixels: pixels.subarray(i * size, (i + 1) * size),
		}));
	}
	throw new UsageError(`${path}: no picture that is known here: idx, PGM (P5), PNG, or ${size} bytes of grey`);
}

function unpacked(bytes: Uint8Array, path: string): Uint8Array {
	if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
	try {
		return gunzipSync(bytes);
	} catch {
		throw new UsageError(`${path}: it is packed, and what is in it is damaged`);
	}
}

/** "P5", width, height and the largest value as text, with comments between them, then the bytes. */
function readPgm(bytes: Uint8Array, path: string): Picture {
	const head = Buffer.from(bytes.subarray(0, 1024)).toString("latin1");
	const match = /^P5(?:\s+|#[^\n]*\n)+(\d+)(?:\s+|#[^\n]*\n)+(\d+)(?:\s+|#[^\n]*\n)+(\d+)\s/.exec(head);
	const [width, height, most] = [1, 2, 3].map(i => Number(match?.[i] ?? 0)) as [number, number, number];
	const pixels = bytes.subarray(match?.[0].length ?? 0);
	if (match === null || width * height === 0 || most === 0 || pixels.length !== width * height)
		throw new UsageError(`${path}: a PGM file that is damaged, or more than one picture`);
	if (most > 255) throw new UsageError(`${path}: a PGM file with more than 8 bits a pixel`);
	return { width, height, pixels: most === 255 ? pixels : pixels.map(value => Math.floor((value * 255) / most)) };
}

/** Colours become grey; what one can see through is black behind. */
function readPng(bytes: Uint8Array, path: string): Picture {
	const damaged = new UsageError(`${path}: a PNG file that is damaged`);
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (bytes.length < 33) throw damaged;
	const width = view.getUint32(16);
	const height = view.getUint32(20);
	const channels = CHANNELS[bytes[25]!];
	if (width * height === 0 || width * height > MOST_PIXELS) throw damaged;
	if (bytes[24] !== 8 || channels === undefined || bytes[28] !== 0)
		throw new UsageError(
			`${path}: of PNG files only those with 8 bits a colour, no palette and no interlacing are read`,
		);
	const parts: Uint8Array[] = [];
	for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
		const end = at + 8 + view.getUint32(at);
		if (end + 4 > bytes.length) throw damaged;
		if (Buffer.from(bytes.subarray(at + 4, at + 8)).toString("latin1") === "IDAT")
			parts.push(bytes.subarray(at + 8, end));
	}
	const line = width * channels;
	let lines: Uint8Array;
	try {
		lines = inflateSync(Buffer.concat(parts), { maxOutputLength: height * (line + 1) });
	} catch {
		throw damaged;
	}
	if (lines.length !== height * (line + 1)) throw damaged;
	const colours = unfiltered(lines, line, height, channels);
	if (colours === undefined) throw damaged;
	const pixels = new Uint8Array(width * height);
	for (let i = 0; i < pixels.length; i += 1) pixels[i] = greyOf(colours, i * channels, channels);
	return { width, height, pixels };
}

/** Each line begins with how it was made from its neighbours. Undefined where that is unknown. */
function unfiltered(lines: Uint8Array, line: number, height: number, channels: number): Uint8Array | undefined {
	const out = new Uint8Array(line * height);
	for (let y = 0; y < height; y += 1) {
		const filter = lines[y * (line + 1)]!;
		if (filter > 4) return undefined;
		for (let x = 0; x < line; x += 1) {
			const at = y * line + x;
			const left = x < channels ? 0 : out[at - channels]!;
			const up = y === 0 ? 0 : out[at - line]!;
			const corner = x < channels || y === 0 ? 0 : out[at - line - channels]!;
			const guess = [0, left, up, (left + up) >> 1, nearest(left, up, corner)][filter]!;
			out[at] = lines[y * (line + 1) + 1 + x]! + guess;
		}
	}
	return out;
}

/** Which of three neighbours is nearest to what they foretell together: PNG calls it Paeth. */
function nearest(left: number, up: number, corner: number): number {
	const foretold = left + up - corner;
	const [a, b, c] = [left, up, corner].map(value => Math.abs(foretold - value)) as [number, number, number];
	return a <= b && a <= c ? left : b <= c ? up : corner;
}

function greyOf(colours: Uint8Array, at: number, channels: number): number {
	const grey =
		channels < 3
			? colours[at]!
			: Math.floor((299 * colours[at]! + 587 * colours[at + 1]! + 114 * colours[at + 2]! + 500) / 1000);
	return channels % 2 === 0 ? Math.floor((grey * colours[at + channels - 1]! + 127) / 255) : grey;
}
