// The network in floating point, in the memory of the kernels: forwards for sixteen pictures at once, and backwards to the gradients of
// all parameters. Each worker has one of its own; all of them compute the same from the same parameters and pictures.

import { Arena } from "./arena.js";
import { exponential, logarithm } from "./arithmetic.js";
import type { Design } from "./design.js";
import { ROW } from "./kernels.js";
import { type Mode, type Stage, stagesOf } from "./stage.js";

export class Replica {
	readonly stages: readonly Stage[];
	/** Weights, biases and what goes with them, of all stages. */
	readonly parameters: Float32Array;
	/** Their gradients of the last part, and behind them what the norms saw of it: of each channel mean and variance. */
	readonly gradients: Float32Array;
	/** Running means and variances. */
	readonly statistics: Float32Array;
	/** One picture of 16 a column: pixel by pixel, from 0 to 1. */
	readonly input: Float32Array;
	/** Class by class. */
	readonly output: Float32Array;
	readonly #slopes: Float32Array;

	constructor(design: Design) {
		const arena = new Arena();
		this.stages = stagesOf(design, arena);
		arena.close();
		for (const stage of this.stages) stage.bind();
		this.parameters = arena.parameters;
		this.gradients = arena.gradients;
		this.statistics = arena.statistics;
		this.input = this.stages[0]!.input;
		const last = this.stages.at(-1)!;
		this.output = last.output;
		this.#slopes = last.outputSlopes;
	}

	/** Before the first part of a step: weights as they are used. */
	prepare(mode: Mode): void {
		for (const stage of this.stages) stage.prepare(mode);
	}

	forward(mode: Mode): void {
		for (const stage of this.stages) stage.forward(mode);
	}

	/** From `labels`, each with a share of `smoothing` for all classes; slopes are those of the mean of `batch` pictures. Returns the sum of losses. */
	backward(mode: Mode, labels: Uint8Array, smoothing: number, batch: number): number {
		const { output } = this;
		const classes = output.length / ROW;
		let loss = 0;
		for (let n = 0; n < ROW; n += 1) {
			let most = output[n]!;
			for (let c = 1; c < classes; c += 1) if (output[c * ROW + n]! > most) most = output[c * ROW + n]!;
			let sum = 0;
			for (let c = 0; c < classes; c += 1) sum += exponential(output[c * ROW + n]! - most);
			const log = most + logarithm(sum);
			for (let c = 0; c < classes; c += 1) {
				const wanted = smoothing / classes + (c === labels[n] ? 1 - smoothing : 0);
				const value = output[c * ROW + n]!;
				this.#slopes[c * ROW + n] = (exponential(value - most) / sum - wanted) / batch;
				loss += wanted * (log - value);
			}
		}
		for (let i = this.stages.length - 1; i >= 0; i -= 1) this.stages[i]!.backward(mode, i > 0);
		return loss;
	}

	/** How many of the first `count` pictures have come out as their label. */
	right(labels: Uint8Array, count: number): number {
		const { output } = this;
		const classes = output.length / ROW;
		let right = 0;
		for (let n = 0; n < count; n += 1) {
			let best = 0;
			for (let c = 1; c < classes; c += 1) if (output[c * ROW + n]! > output[best * ROW + n]!) best = c;
			if (best === labels[n]) right += 1;
		}
		return right;
	}
}
