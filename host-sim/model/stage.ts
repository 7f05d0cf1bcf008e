// A convolution, a depthwise or a dense layer with what follows it: pooling, a norm while it learns, rectifying. Pooling comes before the
// norm, which has less to do then, and gives the same, since a norm's factor is held above 0.

import type { Arena, Span } from "./arena.js";
import { type Design, type LayerDesign, type Shape, shapeAfter, sizeOf } from "./design.js";
import { type Kernels, ROW, ROW_BYTES } from "./kernels.js";
import { poolLargest, unpool } from "./pool.js";
import { backwardRuns, forwardRuns, type Geometry, type Pairing, pairingsOf, type Run } from "./taps.js";

/**
 * `learning`: norms by what they see; `running`: norms by what they have seen; `quantised`: without norms, with weights and values
 * rounded to what the board has.
 */
export type Mode = "learning" | "running" | "quantised";

/** Added to a variance. */
const SMALL = 1e-3;
/** The largest weight as the board has it, and the largest value. */
export const MOST_WEIGHT = 127;
export const MOST_VALUE = 255;

export class Stage {
	readonly layer: LayerDesign;
	readonly geometry: Geometry;
	readonly hasPool: boolean;
	/** The last one has no norm, and is not rectified. */
	readonly isLast: boolean;
	/** What comes out. */
	readonly shape: Shape;
	readonly weights: Span;
	readonly bias: Span;
	/** The norm's factor and what it adds. */
	readonly factor: Span;
	readonly shift: Span;
	readonly mean: Span;
	readonly variance: Span;
	/** What a step of a value stands for, when quantised; 0 for the last stage, whose values are not. */
	step = 0;
	input!: Float32Array;
	output!: Float32Array;
	outputSlopes!: Float32Array;
	readonly #arena: Arena;
	readonly #forward: readonly Run[];
	readonly #backward: readonly Run[];
	readonly #pairings: readonly Pairing[];
	readonly #inputAt: number;
	readonly #inputSlopesAt: number;
	readonly #usedAt: number;
	readonly #usedBiasAt: number;
	/** Of the convolution itself; the same as those behind the pool where there is none. */
	readonly #rawAt: number;
	readonly #rawSlopesAt: number;
	readonly #pooledAt: number;
	readonly #pooledSlopesAt: number;
	readonly #onesAt: number;
	readonly #sumsAt: number;
	readonly #largestAt: number;
	readonly outputAt: number;
	readonly outputSlopesAt: number;
	#raw!: Float32Array;
	#rawSlopes!: Float32Array;
	#pooled!: Float32Array;
	#pooledSlopes!: Float32Array;
	#largest!: Uint8Array;
	#sums!: Float32Array;
	#used!: Float32Array;
	#usedBias!: Float32Array;
	#parameters!: Float32Array;
	#statistics!: Float32Array;
	#gradients!: Float32Array;
	#kernels!: Kernels;
	/** By channel: what a norm is in the end, y = a x + b. */
	readonly #a: Float64Array;
	readonly #b: Float64Array;

	constructor(
		layer: LayerDesign,
		options: { input: Shape; hasPool: boolean; isLast: boolean; inputAt: number; inputSlopesAt: number },
		arena: Arena,
	) {
		const { hasPool, input, inputAt, inputSlopesAt, isLast } = options;
		const output = shapeAfter(layer, input);
		const channels = output.channels;
		const isDepthwise = layer.kind === "depthwise";
		this.layer = layer;
		this.hasPool = hasPool;
		this.isLast = isLast;
		this.shape = hasPool ? shapeAfter({ kind: "max" }, output) : output;
		const kernel =
			layer.kind === "convolution" || layer.kind === "depthwise"
				? { height: layer.kernel, width: layer.kernel, stride: layer.stride, padding: layer.padding }
				: { height: input.height, width: input.width, stride: 1, padding: 0 };
		this.geometry = { input, output, isDepthwise, ...kernel };
		this.#arena = arena;
		this.weights = arena.parameter(channels * this.weightsPerChannel);
		this.bias = arena.parameter(channels);
		const norms = isLast ? 0 : channels;
		this.factor = arena.parameter(norms);
		this.shift = arena.parameter(norms);
		this.mean = arena.statistic(norms);
		this.variance = arena.statistic(norms);
		this.#usedAt = arena.take(this.weights.length * 4);
		this.#usedBiasAt = arena.take(channels * 4);
		this.#inputAt = inputAt;
		this.#inputSlopesAt = inputSlopesAt;
		const raw = sizeOf(output) * ROW_BYTES;
		const pooled = sizeOf(this.shape) * ROW_BYTES;
		this.#rawAt = arena.take(raw);
		this.#rawSlopesAt = arena.take(raw);
		this.#pooledAt = hasPool ? arena.take(pooled) : this.#rawAt;
		this.#pooledSlopesAt = hasPool ? arena.take(pooled) : this.#rawSlopesAt;
		this.#largestAt = hasPool ? arena.take(pooled / 4) : 0;
		this.outputAt = isLast ? this.#pooledAt : arena.take(pooled);
		// The norm's way back is made in place.
		this.outputSlopesAt = this.#pooledSlopesAt;
		this.#onesAt = arena.take(ROW_BYTES);
		this.#sumsAt = arena.take(channels * 8);
		this.#a = new Float64Array(channels).fill(1);
		this.#b = new Float64Array(channels);
		this.#forward = forwardRuns(this.geometry, arena);
		this.#backward = backwardRuns(this.geometry, arena);
		this.#pairings = pairingsOf(this.geometry);
	}

	get weightsPerChannel(): number {
		const { height, input, isDepthwise, width } = this.geometry;
		return (isDepthwise ? 1 : input.channels) * height * width;
	}

	/** Once there is memory. */
	bind(): void {
		const arena = this.#arena;
		const { input, output } = this.geometry;
		const floats = (at: number, shape: Shape) => arena.floats(at, sizeOf(shape) * ROW);
		this.#kernels = arena.kernels;
		this.#parameters = arena.parameters;
		this.#statistics = arena.statistics;
		this.#gradients = arena.gradients;
		this.input = floats(this.#inputAt, input);
		this.#raw = floats(this.#rawAt, output);
		this.#rawSlopes = floats(this.#rawSlopesAt, output);
		this.#pooled = floats(this.#pooledAt, this.shape);
		this.#pooledSlopes = floats(this.#pooledSlopesAt, this.shape);
		this.#largest = arena.bytes(this.#largestAt, this.hasPool ? sizeOf(this.shape) * ROW : 0);
		this.output = floats(this.outputAt, this.shape);
		this.outputSlopes = floats(this.outputSlopesAt, this.shape);
		this.#sums = arena.floats(this.#sumsAt, output.channels * 2);
		this.#used = arena.floats(this.#usedAt, this.weights.length);
		this.#usedBias = arena.floats(this.#usedBiasAt, output.channels);
		arena.floats(this.#onesAt, ROW).fill(1);
	}

	/** Weights as they are used, and the norm where it is known before. */
	prepare(mode: Mode): void {
		const { at, length } = this.weights;
		const { channels } = this.geometry.output;
		const per = this.weightsPerChannel;
		for (let i = 0; i < length; i += 1) this.#used[i] = this.#parameters[at + i]!;
		const isBiased = this.isLast || mode === "quantised";
		for (let c = 0; c < channels; c += 1) {
			this.#usedBias[c] = isBiased ? this.#parameters[this.bias.at + c]! : 0;
			if (mode === "quantised") {
				const scale = scaleOf(this.#used, c * per, per);
				for (let i = c * per; i < (c + 1) * per; i += 1)
					this.#used[i] = Math.floor(this.#used[i]! / scale + 0.5) * scale;
				this.#a[c] = 1;
				this.#b[c] = 0;
			} else if (mode === "running" && !this.isLast)
				this.#setNorm(c, this.#statistics[this.mean.at + c]!, this.#statistics[this.variance.at + c]!);
		}
	}

	forward(mode: Mode): void {
		const { geometry } = this;
		const { input, isDepthwise, output } = geometry;
		const plane = output.height * output.width * ROW_BYTES;
		const inputPlane = input.height * input.width * ROW_BYTES;
		const per = this.weightsPerChannel * 4;
		const atOnce = isDepthwise || output.channels % 2 !== 0 ? 1 : 2;
		const { gather1, gather2 } = this.#kernels;
		const gather = atOnce === 1 ? gather1 : gather2;
		for (let o = 0; o < output.channels; o += atOnce) {
			const to = this.#rawAt + o * plane;
			const from = this.#inputAt + (isDepthwise ? o * inputPlane : 0);
			const weights = this.#usedAt + o * per;
			for (const run of this.#forward)
				gather(
					to + run.to,
					run.toStep,
					plane,
					from + run.from,
					run.fromStep,
					run.count,
					run.list,
					run.end,
					weights,
					per,
					this.#usedBiasAt + o * 4,
				);
		}
		if (this.hasPool) poolLargest(this.#raw, output, this.#pooled, this.#largest, this.shape);
		if (this.isLast) return;
		if (mode === "learning") this.#see();
		this.#rectify(mode === "quantised");
	}

	/** From the slopes of what came out to those of what went in, where they are wanted, and to the gradients. */
	backward(mode: Mode, wantsInput: boolean): void {
		if (!this.isLast) this.#unrectify(mode);
		if (this.hasPool) unpool(this.#pooledSlopes, this.#largest, this.shape, this.#rawSlopes, this.geometry.output);
		this.#correlate();
		if (wantsInput) this.#scatter();
	}

	/** What a norm multiplies with. */
	normOf(channel: number, variance: number): number {
		return this.#parameters[this.factor.at + channel]! / Math.sqrt(variance + SMALL);
	}

	#setNorm(channel: number, mean: number, variance: number): void {
		const a = this.normOf(channel, variance);
		this.#a[channel] = a;
		this.#b[channel] = this.#parameters[this.shift.at + channel]! - mean * a;
	}

	/** Mean and variance of each channel, into the gradients. */
	#see(): void {
		const { channels, height, width } = this.shape;
		const values = height * width;
		const plane = values * ROW_BYTES;
		const { correlate1 } = this.#kernels;
		const sums = this.#sums;
		for (let c = 0; c < channels; c += 1) {
			const at = this.#pooledAt + c * plane;
			correlate1(at, ROW_BYTES, 0, 0, this.#onesAt, 0, 0, values, 1, this.#sumsAt, 0);
			correlate1(at, ROW_BYTES, 0, 0, at, ROW_BYTES, 0, values, 1, this.#sumsAt + 4, 0);
			const mean = sums[0]! / (values * ROW);
			const variance = Math.max(0, sums[1]! / (values * ROW) - mean * mean);
			this.#setNorm(c, mean, variance);
			const seen = this.#parameters.length;
			this.#gradients[seen + this.mean.at + c] = mean;
			this.#gradients[seen + this.variance.at + c] = variance;
		}
	}

	#rectify(isQuantised: boolean): void {
		const { channels, height, width } = this.shape;
		const length = height * width * ROW;
		const from = this.#pooled;
		const to = this.output;
		const { step } = this;
		for (let c = 0; c < channels; c += 1) {
			const a = this.#a[c]!;
			const b = this.#b[c]!;
			const end = (c + 1) * length;
			if (isQuantised)
				for (let i = c * length; i < end; i += 1) {
					const value = from[i]! / step;
					to[i] = value <= 0 ? 0 : value >= MOST_VALUE ? MOST_VALUE * step : ((value + 0.5) | 0) * step;
				}
			else
				for (let i = c * length; i < end; i += 1) {
					const value = from[i]! * a + b;
					to[i] = value > 0 ? value : 0;
				}
		}
	}

	/** In place: the slopes of what came out become those of what the pool gave. */
	#unrectify(mode: Mode): void {
		const { channels, height, width } = this.shape;
		const values = height * width;
		const length = values * ROW;
		const plane = values * ROW_BYTES;
		const output = this.output;
		const slopes = this.#pooledSlopes;
		if (mode !== "learning") {
			const most = MOST_VALUE * this.step;
			for (let i = 0; i < channels * length; i += 1) {
				const value = this.#pooled[i]!;
				if (!(value > 0 && value < most)) slopes[i] = 0;
			}
			return;
		}
		const pooled = this.#pooled;
		const sums = this.#sums;
		const gradients = this.#gradients;
		const { correlate1 } = this.#kernels;
		const seen = this.#parameters.length;
		for (let c = 0; c < channels; c += 1) {
			const begin = c * length;
			const end = begin + length;
			for (let i = begin; i < end; i += 1) if (output[i]! <= 0) slopes[i] = 0;
			const at = this.#pooledSlopesAt + c * plane;
			const valuesAt = this.#pooledAt + c * plane;
			correlate1(at, ROW_BYTES, 0, 0, this.#onesAt, 0, 0, values, 1, this.#sumsAt, 0);
			correlate1(at, ROW_BYTES, 0, 0, valuesAt, ROW_BYTES, 0, values, 1, this.#sumsAt + 4, 0);
			const sum = sums[0]!;
			const mean = gradients[seen + this.mean.at + c]!;
			const inverse = 1 / Math.sqrt(gradients[seen + this.variance.at + c]! + SMALL);
			const product = (sums[1]! - mean * sum) * inverse;
			gradients[this.factor.at + c] = product;
			gradients[this.shift.at + c] = sum;
			// dx = a (dy - mean(dy) - x^ mean(dy x^)), x^ being the value after the norm, before its factor.
			const a = this.#a[c]!;
			const each = (-a * product * inverse) / length;
			const all = (-a * sum) / length - each * mean;
			for (let i = begin; i < end; i += 1) slopes[i] = a * slopes[i]! + each * pooled[i]! + all;
		}
	}

	#correlate(): void {
		const { geometry } = this;
		const { input, isDepthwise, output, stride } = geometry;
		const plane = output.height * output.width * ROW_BYTES;
		const inputPlane = input.height * input.width * ROW_BYTES;
		const per = this.weightsPerChannel * 4;
		const kernel = geometry.height * geometry.width * 4;
		const atOnce = isDepthwise ? 1 : output.channels % 4 === 0 ? 4 : output.channels % 2 === 0 ? 2 : 1;
		const { correlate1, correlate2, correlate4 } = this.#kernels;
		const correlate = atOnce === 4 ? correlate4 : atOnce === 2 ? correlate2 : correlate1;
		const gradientAt = this.#arena.gradientAt(this.weights);
		const outRow = output.width * ROW_BYTES;
		const inRow = input.width * stride * ROW_BYTES;
		for (let o = 0; o < output.channels; o += atOnce) {
			const a = this.#rawSlopesAt + o * plane;
			for (let i = 0; i < (isDepthwise ? 1 : input.channels); i += 1) {
				const b = this.#inputAt + (isDepthwise ? o : i) * inputPlane;
				const out = gradientAt + o * per + i * kernel;
				for (const pairing of this.#pairings)
					correlate(
						a + pairing.a,
						ROW_BYTES,
						outRow,
						plane,
						b + pairing.b,
						stride * ROW_BYTES,
						inRow,
						pairing.cols,
						pairing.rows,
						out + pairing.weight,
						per,
					);
			}
		}
		const biasAt = this.#arena.gradientAt(this.bias);
		const values = output.height * output.width;
		for (let o = 0; o < output.channels; o += 1)
			correlate1(this.#rawSlopesAt + o * plane, ROW_BYTES, 0, 0, this.#onesAt, 0, 0, values, 1, biasAt + o * 4, 0);
	}

	#scatter(): void {
		const { geometry } = this;
		const { input, isDepthwise, output } = geometry;
		const plane = output.height * output.width * ROW_BYTES;
		const inputPlane = input.height * input.width * ROW_BYTES;
		const kernel = geometry.height * geometry.width * 4;
		const atOnce = isDepthwise || input.channels % 2 !== 0 ? 1 : 2;
		const { gather1, gather2 } = this.#kernels;
		const gather = atOnce === 1 ? gather1 : gather2;
		for (let i = 0; i < input.channels; i += atOnce) {
			const to = this.#inputSlopesAt + i * inputPlane;
			const from = this.#rawSlopesAt + (isDepthwise ? i * plane : 0);
			for (const run of this.#backward)
				gather(
					to + run.to,
					run.toStep,
					inputPlane,
					from + run.from,
					run.fromStep,
					run.count,
					run.list,
					run.end,
					this.#usedAt + i * kernel,
					kernel,
					0,
				);
		}
	}
}

/** What a step of a weight stands for, of those of one channel. */
export function scaleOf(weights: Float32Array, at: number, length: number): number {
	let most = 0;
	for (let i = at; i < at + length; i += 1) {
		const size = weights[i]! < 0 ? -weights[i]! : weights[i]!;
		if (size > most) most = size;
	}
	return most === 0 ? 1 : most / MOST_WEIGHT;
}

export function stagesOf({ input, layers }: Design, arena: Arena): Stage[] {
	const stages: Stage[] = [];
	let shape = input;
	let inputAt = arena.take(sizeOf(input) * ROW_BYTES);
	let inputSlopesAt = 0;
	for (const [i, layer] of layers.entries()) {
		if (layer.kind === "max") continue;
		const hasPool = layers[i + 1]?.kind === "max";
		const isLast = i === layers.length - 1;
		const stage = new Stage(layer, { input: shape, hasPool, isLast, inputAt, inputSlopesAt }, arena);
		stages.push(stage);
		shape = stage.shape;
		inputAt = stage.outputAt;
		inputSlopesAt = stage.outputSlopesAt;
	}
	return stages;
}
