// Which values and weights make which other values: of each layer the lists that `gather` follows, and the planes that `correlate`
// multiplies. Values along a row that are made alike share a list. What would come from beyond the edge is in none.

import type { Arena } from "./arena.js";
import type { Shape } from "./design.js";
import { ROW_BYTES, TAP_BYTES } from "./kernels.js";

/** A convolution; a dense layer is one whose kernel covers all of its input. */
export interface Geometry {
	readonly input: Shape;
	readonly output: Shape;
	readonly height: number;
	readonly width: number;
	readonly stride: number;
	readonly padding: number;
	/** Each channel from its own one alone. */
	readonly isDepthwise: boolean;
}

/** Values that one list makes, as bytes from where a channel begins, and from where all that they are made of begins. */
export interface Run {
	readonly to: number;
	readonly toStep: number;
	readonly from: number;
	readonly fromStep: number;
	count: number;
	readonly list: number;
	readonly end: number;
}

/** A weight of the kernel and the values that it is multiplied with: `a` in a channel of the output, `b` in one of the input. */
export interface Pairing {
	readonly weight: number;
	readonly a: number;
	readonly b: number;
	readonly cols: number;
	readonly rows: number;
}

class Lists {
	readonly #arena: Arena;
	readonly #known = new Map<string, { list: number; end: number }>();

	constructor(arena: Arena) {
		this.#arena = arena;
	}

	of(taps: readonly number[]): { list: number; end: number } {
		const key = taps.join();
		const known = this.#known.get(key);
		if (known !== undefined) return known;
		const list = this.#arena.write(taps);
		const made = { list, end: list + (taps.length / 2) * TAP_BYTES };
		this.#known.set(key, made);
		return made;
	}
}

/** From the input to the output. */
export function forwardRuns(geometry: Geometry, arena: Arena): Run[] {
	const { height, input, isDepthwise, output, padding, stride, width } = geometry;
	const lists = new Lists(arena);
	const runs: Run[] = [];
	const channels = isDepthwise ? 1 : input.channels;
	for (let y = 0; y < output.height; y += 1)
		for (let x = 0; x < output.width; x += 1) {
			const base = (y * input.width + x) * stride;
			const taps: number[] = [];
			for (let i = 0; i < channels; i += 1)
				for (let ky = 0; ky < height; ky += 1)
					for (let kx = 0; kx < width; kx += 1) {
						const fromY = y * stride + ky - padding;
						const fromX = x * stride + kx - padding;
						if (fromY < 0 || fromY >= input.height || fromX < 0 || fromX >= input.width) continue;
						const value = (i * input.height + fromY) * input.width + fromX;
						taps.push((value - base) * ROW_BYTES, ((i * height + ky) * width + kx) * 4);
					}
			add(runs, x > 0, {
				to: (y * output.width + x) * ROW_BYTES,
				toStep: ROW_BYTES,
				from: base * ROW_BYTES,
				fromStep: stride * ROW_BYTES,
				...lists.of(taps),
			});
		}
	return runs;
}

/** From the output's slopes to those of the input. */
export function backwardRuns(geometry: Geometry, arena: Arena): Run[] {
	const { height, input, isDepthwise, output, padding, stride, width } = geometry;
	const lists = new Lists(arena);
	const runs: Run[] = [];
	const channels = isDepthwise ? 1 : output.channels;
	const perChannel = input.channels * height * width;
	for (let y = 0; y < input.height; y += 1)
		for (let phase = 0; phase < stride; phase += 1)
			for (let x = phase; x < input.width; x += stride) {
				const base = Math.floor((y + padding) / stride) * output.width + Math.floor((x + padding) / stride);
				const taps: number[] = [];
				for (let o = 0; o < channels; o += 1)
					for (let ky = 0; ky < height; ky += 1)
						for (let kx = 0; kx < width; kx += 1) {
							const toY = (y + padding - ky) / stride;
							const toX = (x + padding - kx) / stride;
							if (!isWithin(toY, output.height) || !isWithin(toX, output.width)) continue;
							const value = (o * output.height + toY) * output.width + toX;
							taps.push((value - base) * ROW_BYTES, (o * perChannel + ky * width + kx) * 4);
						}
				add(runs, x > phase, {
					to: (y * input.width + x) * ROW_BYTES,
					toStep: stride * ROW_BYTES,
					from: base * ROW_BYTES,
					fromStep: ROW_BYTES,
					...lists.of(taps),
				});
			}
	return runs;
}

/** What each weight of a kernel meets. */
export function pairingsOf({ height, input, output, padding, stride, width }: Geometry): Pairing[] {
	const pairings: Pairing[] = [];
	for (let ky = 0; ky < height; ky += 1)
		for (let kx = 0; kx < width; kx += 1) {
			const [top, bottom] = within(ky, input.height, output.height, stride, padding);
			const [left, right] = within(kx, input.width, output.width, stride, padding);
			if (top >= bottom || left >= right) continue;
			pairings.push({
				weight: (ky * width + kx) * 4,
				a: (top * output.width + left) * ROW_BYTES,
				b: ((top * stride + ky - padding) * input.width + left * stride + kx - padding) * ROW_BYTES,
				cols: right - left,
				rows: bottom - top,
			});
		}
	return pairings;
}

/** The places of the output, from the first to behind the last, for which that row or column of the kernel is in the picture. */
function within(k: number, input: number, output: number, stride: number, padding: number): [number, number] {
	const first = Math.max(0, Math.ceil((padding - k) / stride));
	const last = Math.min(output - 1, Math.floor((input - 1 + padding - k) / stride));
	return [first, last + 1];
}

function isWithin(place: number, length: number): boolean {
	return Number.isInteger(place) && place >= 0 && place < length;
}

/** To the last run, where it goes on there with the same list. */
function add(runs: Run[], mayGoOn: boolean, run: Omit<Run, "count">): void {
	const last = runs.at(-1);
	if (mayGoOn && last !== undefined && last.list === run.list && last.end === run.end) last.count += 1;
	else runs.push({ ...run, count: 1 });
}
