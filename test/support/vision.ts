// Models by seed, and what a network computes by the plainest loops that there are, to hold the board's own against.

import { AVERAGE, CONVOLUTION, DENSE, DEPTHWISE, MAXIMUM, TABLE_ENTRIES } from "../../firmware/vision/model.js";
import type { LayerDraft, ModelDraft, Scale, WeightedDraft } from "../../host-sim/model/file.js";

/** Numbers by a seed: the same on every engine. */
export class Dice {
	#state: number;

	constructor(seed: number) {
		this.#state = (seed * 2_654_435_761) >>> 0 || 1;
	}

	/** From `low` to `high`, both included. */
	roll(low: number, high: number): number {
		this.#state ^= this.#state << 13;
		this.#state ^= this.#state >>> 17;
		this.#state ^= this.#state << 5;
		return low + ((this.#state >>> 0) % (high - low + 1));
	}
}

/** A picture in which about every other dot is black. */
export function picture(dice: Dice, bytes: number): Uint8Array {
	return Uint8Array.from({ length: bytes }, () => (dice.roll(0, 1) === 0 ? 0 : dice.roll(1, 255)));
}

export interface Shape {
	readonly channels: number;
	readonly height: number;
	readonly width: number;
}

/** Layers as one names them; what is left out follows from what is before. */
export type Wish =
	| { kind: typeof CONVOLUTION; outputs: number; kernel: number; stride: number; padding: number }
	| { kind: typeof DEPTHWISE; kernel: number; stride: number; padding: number }
	| { kind: typeof MAXIMUM | typeof AVERAGE }
	| { kind: typeof DENSE; outputs: number };

export const convolution = (outputs: number, kernel: number, stride: number, padding: number): Wish => ({
	kind: CONVOLUTION,
	outputs,
	kernel,
	stride,
	padding,
});
export const depthwise = (kernel: number, stride: number, padding: number): Wish => ({
	kind: DEPTHWISE,
	kernel,
	stride,
	padding,
});
export const largest: Wish = { kind: MAXIMUM };
export const average: Wish = { kind: AVERAGE };
export const dense = (outputs: number): Wish => ({ kind: DENSE, outputs });

/** What goes out of a layer. */
export function shapeAfter({ channels, height, width }: Shape, layer: Wish | LayerDraft): Shape {
	const place = (side: number, kernel: number, stride: number, padding: number) =>
		Math.floor((side + 2 * padding - kernel) / stride) + 1;
	switch (layer.kind) {
		case MAXIMUM:
			return { channels, height: place(height, 2, 2, 0), width: place(width, 2, 2, 0) };
		case AVERAGE:
			return { channels, height: 1, width: 1 };
		case DENSE:
			return { channels: (layer as { outputs: number }).outputs, height: 1, width: 1 };
		default: {
			const { kernel, padding, stride } = layer as WeightedDraft;
			return {
				channels: layer.kind === DEPTHWISE ? channels : (layer as WeightedDraft).outputs,
				height: place(height, kernel, stride, padding),
				width: place(width, kernel, stride, padding),
			};
		}
	}
}

/** With weights by chance, and scales that use the whole range of what comes out. */
export function draftOf(seed: number, shape: Shape, wishes: readonly Wish[]): ModelDraft {
	const dice = new Dice(seed);
	let before = shape;
	const layers = wishes.map((wish): LayerDraft => {
		const { channels, height, width } = before;
		const after = shapeAfter(before, wish);
		before = after;
		if (wish.kind === MAXIMUM || wish.kind === AVERAGE) return { kind: wish.kind, outputs: after.channels };
		const { kernel, stride, padding } = "kernel" in wish ? wish : { kernel: 0, stride: 0, padding: 0 };
		const each = {
			[CONVOLUTION]: channels * kernel ** 2,
			[DEPTHWISE]: kernel ** 2,
			[DENSE]: channels * height * width,
		};
		const count = each[wish.kind];
		const weights = Int8Array.from({ length: after.channels * count }, () => dice.roll(-127, 127));
		const scales = Array.from({ length: after.channels }, (_, i) =>
			scaleFor(dice.roll(-9_000, 9_000), weights.subarray(i * count, (i + 1) * count), dice),
		);
		return { kind: wish.kind, kernel, stride, padding, outputs: after.channels, scales, weights };
	});
	const labels = Array.from({ length: before.channels }, (_, i) => `label ${i}`);
	return { version: `seed-${seed}`, ...shape, labels, table: TABLE, layers };
}

/** About the same as exponentials, and the same on every engine. */
export const TABLE: readonly number[] = Array.from({ length: TABLE_ENTRIES }, (_, i) =>
	Math.floor(65_535 / (1 + i / 4 + (i * i) / 64)),
);

/** One in which nothing wraps, and a sum of usual size is within what an activation can be. */
function scaleFor(bias: number, weights: Int8Array, dice: Dice): Scale {
	const most = Math.abs(bias) + 255 * weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
	const shift = dice.roll(12, 20);
	const wanted = Math.floor((255 * 2 ** shift * dice.roll(2, 6)) / most);
	const allowed = Math.floor((2 ** 31 - 1 - 2 ** (shift - 1)) / most);
	return { bias, multiplier: Math.max(0, Math.min(65_535, wanted, allowed)), shift };
}

/** What comes out of the first layer. */
export function activationsOf(draft: ModelDraft, picture: ArrayLike<number>): number[] {
	return after(draft.layers[0]!, draft, Array.from(picture), false);
}

/** What comes out of the last layer, one number for each label. */
export function logitsOf(draft: ModelDraft, picture: ArrayLike<number>): number[] {
	let shape: Shape = draft;
	let values = Array.from(picture);
	draft.layers.forEach((layer, i) => {
		values = after(layer, shape, values, i + 1 === draft.layers.length);
		shape = shapeAfter(shape, layer);
	});
	return values;
}

function after(layer: LayerDraft, shape: Shape, values: readonly number[], isLast: boolean): number[] {
	const { height, width } = shape;
	const out = shapeAfter(shape, layer);
	const at = (channel: number, y: number, x: number) =>
		y < 0 || x < 0 || y >= height || x >= width ? 0 : values[(channel * height + y) * width + x]!;
	const all: number[] = [];
	for (let channel = 0; channel < out.channels; channel += 1)
		for (let y = 0; y < out.height; y += 1)
			for (let x = 0; x < out.width; x += 1) {
				if (layer.kind === MAXIMUM) {
					const [v, h] = [2 * y, 2 * x];
					all.push(
						Math.max(at(channel, v, h), at(channel, v, h + 1), at(channel, v + 1, h), at(channel, v + 1, h + 1)),
					);
				} else if (layer.kind === AVERAGE) {
					const plane = values.slice(channel * height * width, (channel + 1) * height * width);
					const sum = plane.reduce((total, value) => total + value, 0);
					all.push(Math.floor((sum + Math.floor(plane.length / 2)) / plane.length));
				} else if ("weights" in layer) all.push(scaled(layer, channel, sumOf(layer, channel, y, x, shape, at), isLast));
			}
	return all;

	function sumOf(
		{ kernel, kind, padding, scales, stride, weights }: WeightedDraft,
		channel: number,
		y: number,
		x: number,
		{ channels }: Shape,
		at: (channel: number, y: number, x: number) => number,
	): number {
		let { bias: sum } = scales[channel]!;
		if (kind === DENSE) {
			for (let i = 0; i < values.length; i += 1) sum += values[i]! * weights[channel * values.length + i]!;
			return sum;
		}
		const planes = kind === DEPTHWISE ? [channel] : Array.from({ length: channels }, (_, i) => i);
		planes.forEach((plane, i) => {
			for (let v = 0; v < kernel; v += 1)
				for (let h = 0; h < kernel; h += 1) {
					const weight = weights[((channel * planes.length + i) * kernel + v) * kernel + h]!;
					sum += at(plane, y * stride - padding + v, x * stride - padding + h) * weight;
				}
		});
		return sum;
	}
}

/** Rounded by division: not as the board does it. */
function scaled({ scales }: WeightedDraft, channel: number, sum: number, isLast: boolean): number {
	const { multiplier, shift } = scales[channel]!;
	const value = Math.floor((sum * multiplier + 2 ** (shift - 1)) / 2 ** shift);
	return isLast ? Math.max(-32_768, Math.min(32_767, value)) : Math.max(0, Math.min(255, value));
}

/** All labels in the order of their logits, and how sure each is, in thousandths. */
export function answerOf({ table }: ModelDraft, logits: readonly number[]): { label: number; thousandths: number }[] {
	const highest = Math.max(...logits);
	const powers = logits.map(logit => table[Math.min(255, highest - logit)]!);
	const total = powers.reduce((sum, power) => sum + power, 0);
	return logits
		.map((logit, label) => ({
			label,
			logit,
			thousandths: Math.floor((1000 * powers[label]! + Math.floor(total / 2)) / total),
		}))
		.sort((a, b) => b.logit - a.logit || a.label - b.label)
		.map(({ label, thousandths }) => ({ label, thousandths }));
}

/** As the trainer's candidate: 3 x 3 throughout, 360,000 multiply-adds. */
export const CANDIDATE: readonly Wish[] = [
	convolution(8, 3, 1, 1),
	largest,
	convolution(16, 3, 1, 1),
	largest,
	convolution(32, 3, 2, 1),
	dense(10),
];
/** With a layer of each kind. */
export const MIXED: readonly Wish[] = [
	convolution(8, 3, 2, 1),
	depthwise(3, 1, 1),
	convolution(16, 1, 1, 0),
	depthwise(5, 2, 2),
	convolution(24, 1, 1, 0),
	largest,
	convolution(12, 3, 1, 1),
	average,
	dense(10),
];
export const PICTURE: Shape = { channels: 1, height: 28, width: 28 };
