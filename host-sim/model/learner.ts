// One of those who train: it has a replica of the network, works out the gradients of a part of a batch, and makes the step from those
// of all parts. What it does with a part depends on the recipe and the part's number alone, so it does not matter who does it; all
// learners make the same step from the same gradients, added in the order of the parts.

import { SeededRandom } from "../world/random.js";
import type { Pictures } from "./dataset.js";
import { ROW } from "./kernels.js";
import type { Recipe } from "./recipe.js";
import { Replica } from "./replica.js";
import { MOST_VALUE, type Mode } from "./stage.js";

const MEMORY = 0.9;
const SQUARE_MEMORY = 0.999;
const TINY = 1e-8;
/** How much of a step's mean and variance goes into the running ones. */
const NEW = 0.02;
/** Norms keep at least so much of a factor: below 0 a pool before them would take the smallest. */
const LEAST_FACTOR = 0.02;
/** Share of the steps in which the rate rises. */
const RISE = 0.05;
/** Pictures that decide what a step of a value stands for, and the share of values that may be too large for it. */
const CALIBRATION = 2048;
const CLIPPED = 0.0001;
const BINS = 4096;

export class Learner {
	readonly replica: Replica;
	readonly #recipe: Recipe;
	readonly #pictures: Pictures;
	readonly #order: Uint32Array;
	readonly #labels = new Uint8Array(ROW);
	readonly #first: Float32Array;
	readonly #second: Float32Array;
	readonly #sum: Float32Array;
	/** 1 for a weight, which shrinks. */
	readonly #shrinks: Uint8Array;
	#mode: Mode = "learning";
	#firstLeft = 1;
	#secondLeft = 1;

	constructor(recipe: Recipe, pictures: Pictures) {
		this.#recipe = recipe;
		this.#pictures = pictures;
		this.replica = new Replica(recipe.design);
		this.#order = new Uint32Array(pictures.count);
		const length = this.replica.parameters.length;
		this.#first = new Float32Array(length);
		this.#second = new Float32Array(length);
		this.#sum = new Float32Array(this.replica.gradients.length);
		this.#shrinks = new Uint8Array(length);
		this.#begin();
		this.replica.prepare(this.#mode);
	}

	/** What is left over at the end of an epoch is in none of its steps. */
	static stepsOf(recipe: Recipe, count: number): number {
		return Math.floor(count / recipe.batch);
	}

	/** Puts the pictures into the order of that epoch. */
	shuffle(epoch: number): void {
		const random = new SeededRandom(this.#recipe.seed).fork(`epoch ${epoch}`);
		const order = this.#order;
		for (let i = 0; i < order.length; i += 1) order[i] = i;
		for (let i = order.length - 1; i > 0; i -= 1) {
			const j = random.between(0, i);
			const kept = order[i]!;
			order[i] = order[j]!;
			order[j] = kept;
		}
	}

	/** Leaves the gradients in the replica; returns the sum of losses. */
	learn(epoch: number, step: number, part: number): number {
		const { batch, flip, seed, shift, smoothing } = this.#recipe;
		const random = new SeededRandom(
			Math.imul(seed, 0x9e3779b1) ^ Math.imul(epoch + 1, 0x85ebca6b) ^ (step * batch + part),
		);
		for (let n = 0; n < ROW; n += 1) {
			const picture = this.#order[step * batch + part * ROW + n]!;
			const isTurned = flip && (random.next() & 1) === 1;
			const right = random.between(-shift, shift);
			const down = random.between(-shift, shift);
			showPicture(this.replica.input, n, this.#pictures, picture, { isTurned, right, down });
			this.#labels[n] = this.#pictures.labels[picture]!;
		}
		this.replica.forward(this.#mode);
		return this.replica.backward(this.#mode, this.#labels, smoothing, batch);
	}

	/** One step of Adam, from the gradients of all parts, one behind the other. `progress` runs from 0 to 1. */
	step(gradients: Float32Array, progress: number): void {
		const { parameters, statistics } = this.replica;
		const sum = this.#sum;
		sum.fill(0);
		for (let at = 0; at < gradients.length; at += sum.length)
			for (let i = 0; i < sum.length; i += 1) sum[i] = sum[i]! + gradients[at + i]!;
		const { batch, decay, fineRate, rate } = this.#recipe;
		const most = this.#mode === "learning" ? rate : fineRate;
		const now = most * (progress < RISE ? progress / RISE : (1 - progress) / (1 - RISE));
		this.#firstLeft *= MEMORY;
		this.#secondLeft *= SQUARE_MEMORY;
		const first = this.#first;
		const second = this.#second;
		for (let i = 0; i < parameters.length; i += 1) {
			const slope = sum[i]!;
			first[i] = MEMORY * first[i]! + (1 - MEMORY) * slope;
			second[i] = SQUARE_MEMORY * second[i]! + (1 - SQUARE_MEMORY) * slope * slope;
			const mean = first[i]! / (1 - this.#firstLeft);
			const size = Math.sqrt(second[i]! / (1 - this.#secondLeft)) + TINY;
			parameters[i] = parameters[i]! - now * (mean / size + (this.#shrinks[i] === 1 ? decay * parameters[i]! : 0));
		}
		for (const { factor } of this.replica.stages)
			for (let i = factor.at; i < factor.at + factor.length; i += 1)
				if (parameters[i]! < LEAST_FACTOR) parameters[i] = LEAST_FACTOR;
		if (this.#mode === "learning") {
			const parts = batch / ROW;
			for (let i = 0; i < statistics.length; i += 1)
				statistics[i] = statistics[i]! + NEW * (sum[parameters.length + i]! / parts - statistics[i]!);
		}
		this.replica.prepare(this.#mode);
	}

	/** How many of those pictures come out right, of 16 from that one on. */
	rate(pictures: Pictures, from: number): number {
		const count = Math.min(ROW, pictures.count - from);
		for (let n = 0; n < count; n += 1) {
			showPicture(this.replica.input, n, pictures, from + n);
			this.#labels[n] = pictures.labels[from + n]!;
		}
		this.replica.forward(this.#asked);
		return this.replica.right(this.#labels, count);
	}

	/** Before pictures are rated, and when learning goes on behind it. */
	set isRating(value: boolean) {
		this.replica.prepare(value ? this.#asked : this.#mode);
	}

	/** From floating point to the board's numbers: norms go into weights, and each stage's values get their step. */
	quantise(): void {
		this.#calibrate();
		for (const stage of this.replica.stages) {
			if (stage.isLast) continue;
			const { parameters, statistics } = this.replica;
			const per = stage.weightsPerChannel;
			for (let c = 0; c < stage.bias.length; c += 1) {
				const a = stage.normOf(c, statistics[stage.variance.at + c]!);
				for (let i = 0; i < per; i += 1) {
					const at = stage.weights.at + c * per + i;
					parameters[at] = parameters[at]! * a;
				}
				parameters[stage.bias.at + c] = parameters[stage.shift.at + c]! - statistics[stage.mean.at + c]! * a;
			}
		}
		this.#mode = "quantised";
		this.#first.fill(0);
		this.#second.fill(0);
		this.#firstLeft = 1;
		this.#secondLeft = 1;
		this.replica.prepare(this.#mode);
	}

	get #asked(): Mode {
		return this.#mode === "learning" ? "running" : this.#mode;
	}

	#begin(): void {
		const random = new SeededRandom(this.#recipe.seed).fork("weights");
		const { parameters, stages, statistics } = this.replica;
		for (const { factor, variance, weights, weightsPerChannel } of stages) {
			// Evenly between two ends, with the variance that keeps that of the values.
			const most = Math.sqrt(6 / weightsPerChannel);
			for (let i = weights.at; i < weights.at + weights.length; i += 1) {
				parameters[i] = (2 * random.fraction() - 1) * most;
				this.#shrinks[i] = 1;
			}
			parameters.fill(1, factor.at, factor.at + factor.length);
			statistics.fill(1, variance.at, variance.at + variance.length);
		}
	}

	#calibrate(): void {
		const { stages } = this.replica;
		this.isRating = true;
		const histograms = stages.map(() => new Uint32Array(BINS));
		const most = stages.map(() => 0);
		const count = Math.min(CALIBRATION, this.#pictures.count);
		for (const pass of [0, 1])
			for (let from = 0; from + ROW <= count; from += ROW) {
				this.rate(this.#pictures, from);
				for (const [i, { output, isLast }] of stages.entries()) {
					if (isLast) continue;
					const factor = BINS / (most[i]! * 1.0001);
					for (const value of output)
						if (pass === 0) most[i] = Math.max(most[i]!, value);
						else if (value > 0) histograms[i]![(value * factor) | 0]! += 1;
				}
			}
		for (const [i, stage] of stages.entries()) {
			if (stage.isLast) continue;
			const histogram = histograms[i]!;
			const total = histogram.reduce((sum, each) => sum + each, 0);
			let bin = BINS;
			for (let above = 0; bin > 1 && above + histogram[bin - 1]! <= total * CLIPPED; bin -= 1)
				above += histogram[bin - 1]!;
			stage.step = Math.fround((most[i]! * bin) / BINS / MOST_VALUE);
		}
		this.isRating = false;
	}
}

/** How a picture is shown: turned left to right, and moved by so many pixels. */
interface View {
	readonly isTurned: boolean;
	readonly right: number;
	readonly down: number;
}

const STRAIGHT: View = { isTurned: false, right: 0, down: 0 };

/** A picture as the n-th of the part; what comes in from beyond its edges is 0. */
export function showPicture(
	input: Float32Array,
	n: number,
	pictures: Pictures,
	picture: number,
	view = STRAIGHT,
): void {
	const { height, pixels, width } = pictures;
	const { down, isTurned, right } = view;
	const begin = picture * width * height;
	for (let y = 0; y < height; y += 1) {
		const fromY = y - down;
		const isLine = fromY >= 0 && fromY < height;
		let to = y * width * ROW + n;
		for (let x = 0; x < width; x += 1) {
			const moved = x - right;
			const fromX = isTurned ? width - 1 - moved : moved;
			input[to] = isLine && fromX >= 0 && fromX < width ? pixels[begin + fromY * width + fromX]! / 255 : 0;
			to += ROW;
		}
	}
}
