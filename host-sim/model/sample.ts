// Pictures for simulated boards to look at: a few of each label out of many, in an order of their own; and those that come with
// the simulator, which a model has not been trained with.

import { readFileSync } from "node:fs";
import { SeededRandom } from "../world/random.js";
import { FASHION_LABELS, type Pictures, readIdx } from "./dataset.js";

/** In host-sim/data. */
export const SAMPLE_PICTURES = "fashion-200-images-idx3-ubyte";
export const SAMPLE_LABELS = "fashion-200-labels-idx1-ubyte";
/** Of each label. */
export const SAMPLE_EACH = 20;

/** So many of each label, as the seed has it. */
export function sampleOf(pictures: Pictures, each: number, seed: number): Pictures {
	const { height, labels, width } = pictures;
	const taken = FASHION_LABELS.map(() => 0);
	const chosen: number[] = [];
	for (const i of shuffled(pictures.count, seed)) {
		const label = labels[i]!;
		if (taken[label]! >= each) continue;
		taken[label]! += 1;
		chosen.push(i);
	}
	const size = width * height;
	const pixels = new Uint8Array(chosen.length * size);
	for (const [to, from] of chosen.entries())
		pixels.set(pictures.pixels.subarray(from * size, (from + 1) * size), to * size);
	return { width, height, count: chosen.length, pixels, labels: Uint8Array.from(chosen, i => labels[i]!) };
}

/** As two idx files: pictures and labels. */
export function sampleFiles({ count, height, labels, pixels, width }: Pictures): [pictures: Buffer, labels: Buffer] {
	return [idx([count, height, width], pixels), idx([count], labels)];
}

/** Those that come with the simulator. */
export function readSample(): Pictures {
	const { bytes: pixels, sizes } = readIdx(dataFile(SAMPLE_PICTURES), SAMPLE_PICTURES);
	const { bytes: labels } = readIdx(dataFile(SAMPLE_LABELS), SAMPLE_LABELS);
	const [count, height, width] = sizes as [number, number, number];
	return { width, height, count, pixels, labels };
}

function dataFile(name: string): Uint8Array {
	return readFileSync(new URL(`../data/${name}`, import.meta.url));
}

function idx(sizes: readonly number[], bytes: Uint8Array): Buffer {
	const head = Buffer.alloc(4 + sizes.length * 4);
	head.writeUInt32BE(0x800 + sizes.length);
	for (const [i, size] of sizes.entries()) head.writeUInt32BE(size, 4 + i * 4);
	return Buffer.concat([head, bytes]);
}

function shuffled(count: number, seed: number): Uint32Array {
	const random = new SeededRandom(seed).fork("sample");
	const order = Uint32Array.from({ length: count }, (_, i) => i);
	for (let i = count - 1; i > 0; i -= 1) {
		const j = random.between(0, i);
		const kept = order[i]!;
		order[i] = order[j]!;
		order[j] = kept;
	}
	return order;
}
