// Fashion-MNIST as Debian ships it (package dataset-fashion-mnist, MIT licence, by Zalando): 70,000 grey pictures of 28 by 28, of ten
// kinds of clothing. 55,000 to train with, 5,000 to choose by, and 10,000 to test with, as its authors have set them apart.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { UsageError } from "../fleet/scenario.js";

export const FASHION = "/usr/share/datasets/fashion-mnist";

export const FASHION_LABELS = [
	"T-shirt",
	"Trouser",
	"Pullover",
	"Dress",
	"Coat",
	"Sandal",
	"Shirt",
	"Sneaker",
	"Bag",
	"Ankle boot",
] as const;

/** The last ones of those to train with. */
const VALIDATION = 5000;

/** Pictures one after the other, a byte a pixel from 0 to 255, row by row; and what each is, from 0 up. */
export interface Pictures {
	readonly width: number;
	readonly height: number;
	readonly count: number;
	readonly pixels: Uint8Array;
	readonly labels: Uint8Array;
}

export interface Dataset {
	readonly train: Pictures;
	readonly validation: Pictures;
	readonly test: Pictures;
}

export function hasDataset(folder = FASHION): boolean {
	return existsSync(join(folder, "t10k-labels-idx1-ubyte.gz"));
}

/** Throws UsageError where it is not there, or is something else. */
export function readDataset(folder = FASHION): Dataset {
	const known = readPart(folder, "train");
	const cut = known.count - Math.min(VALIDATION, known.count >> 1);
	return { train: slice(known, 0, cut), validation: slice(known, cut, known.count), test: readTest(folder) };
}

/** Only what is to test with. Throws UsageError. */
export function readTest(folder = FASHION): Pictures {
	return readPart(folder, "t10k");
}

function readPart(folder: string, name: string): Pictures {
	const pictures = readIdx(unzipped(folder, `${name}-images-idx3-ubyte.gz`), `${name}-images`);
	const labels = readIdx(unzipped(folder, `${name}-labels-idx1-ubyte.gz`), `${name}-labels`);
	const [count = 0, height = 0, width = 0] = pictures.sizes;
	if (pictures.sizes.length !== 3 || labels.sizes.length !== 1 || labels.sizes[0] !== count)
		throw new UsageError(`${folder}: pictures and labels of ${name} do not belong together`);
	return { width, height, count, pixels: pictures.bytes, labels: labels.bytes };
}

function unzipped(folder: string, name: string): Uint8Array {
	const path = join(folder, name);
	if (!existsSync(path))
		throw new UsageError(`${path} is not there: install Debian's package dataset-fashion-mnist, as npm run setup does`);
	try {
		return gunzipSync(readFileSync(path));
	} catch (error) {
		throw new UsageError(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
	}
}

/** The format of MNIST: 0, 0, the type (8: bytes), how many sizes; then the sizes, big-endian, then the bytes. Throws UsageError. */
export function readIdx(bytes: Uint8Array, name: string): { sizes: number[]; bytes: Uint8Array } {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const count = bytes[3] ?? 0;
	const head = 4 + count * 4;
	if (bytes.length < head || view.getUint32(0) !== 0x800 + count || count < 1)
		throw new UsageError(`${name}: that is no idx file of bytes`);
	const sizes = Array.from({ length: count }, (_, i) => view.getUint32(4 + i * 4));
	const length = sizes.reduce((product, size) => product * size, 1);
	if (bytes.length !== head + length)
		throw new UsageError(`${name}: ${length} bytes are announced, and ${bytes.length - head} are there`);
	return { sizes, bytes: bytes.subarray(head) };
}

export function slice(pictures: Pictures, begin: number, end: number): Pictures {
	const { height, labels, pixels, width } = pictures;
	const size = width * height;
	return {
		width,
		height,
		count: end - begin,
		pixels: pixels.subarray(begin * size, end * size),
		labels: labels.subarray(begin, end),
	};
}
