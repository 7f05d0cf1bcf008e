// A thread that trains, with its like. They meet twice a step in shared memory: who is free takes the next part, and nobody makes the
// step before all parts are there.

import { parentPort, workerData } from "node:worker_threads";
import type { Pictures } from "./dataset.js";
import { ROW } from "./kernels.js";
import { Learner } from "./learner.js";
import type { Recipe } from "./recipe.js";

export interface Work {
	readonly recipe: Recipe;
	readonly train: Pictures;
	readonly validation: Pictures;
	readonly workers: number;
	/** The first one tells how it goes. */
	readonly isFirst: boolean;
	readonly shared: Shared;
}

/** What all of them have in common. */
export interface Shared {
	/** How many have come to the next meeting, all in all. */
	readonly arrived: Int32Array;
	/** The next part, of each step and rating. */
	readonly next: Int32Array;
	/** How many came out right, of each epoch. */
	readonly right: Int32Array;
	/** Gradients of all parts, of this step and the one before. */
	readonly gradients: readonly [Float32Array, Float32Array];
	readonly losses: readonly [Float64Array, Float64Array];
}

/** What the first one tells. */
export type Told =
	| { readonly kind: "step"; readonly step: number }
	| { readonly kind: "epoch"; readonly epoch: number; readonly loss: number; readonly right: number }
	| { readonly kind: "end"; readonly parameters: Float32Array; readonly steps: readonly number[] };

/** How often a step is told of. */
const TOLD = 20;

class Worker {
	readonly #work: Work;
	readonly #learner: Learner;
	#meetings = 0;
	#round = 0;
	#step = 0;

	constructor(work: Work) {
		this.#work = work;
		this.#learner = new Learner(work.recipe, work.train);
	}

	run(): void {
		const { epochs, fineEpochs } = this.#work.recipe;
		for (let epoch = 0; epoch < epochs; epoch += 1) this.#epoch(epoch, epoch, epochs);
		this.#learner.quantise();
		for (let i = 0; i < fineEpochs; i += 1) this.#epoch(epochs + i, i, fineEpochs);
		const { parameters, stages } = this.#learner.replica;
		this.#tell({ kind: "end", parameters: parameters.slice(), steps: stages.map(({ step }) => step) });
	}

	#epoch(epoch: number, index: number, count: number): void {
		const { recipe, shared, train, validation } = this.#work;
		const steps = Learner.stepsOf(recipe, train.count);
		this.#learner.shuffle(epoch);
		let loss = 0;
		for (let step = 0; step < steps; step += 1) {
			const side = this.#step & 1;
			const gradients = shared.gradients[side]!;
			const losses = shared.losses[side]!;
			const { length } = this.#learner.replica.gradients;
			this.#parts(losses.length, part => {
				losses[part] = this.#learner.learn(epoch, step, part);
				gradients.set(this.#learner.replica.gradients, part * length);
			});
			this.#meet();
			this.#learner.step(gradients, (index * steps + step) / (count * steps));
			for (const each of losses) loss += each;
			this.#step += 1;
			if (this.#step % TOLD === 0) this.#tell({ kind: "step", step: this.#step });
		}
		this.#learner.isRating = true;
		this.#parts(Math.ceil(validation.count / ROW), part => {
			Atomics.add(shared.right, epoch, this.#learner.rate(validation, part * ROW));
		});
		this.#learner.isRating = false;
		this.#meet();
		const right = Atomics.load(shared.right, epoch);
		this.#tell({ kind: "epoch", epoch, loss: loss / (steps * recipe.batch), right });
	}

	/** Takes parts until there are none. */
	#parts(count: number, handle: (part: number) => void): void {
		const { next } = this.#work.shared;
		const round = this.#round++;
		for (let part = Atomics.add(next, round, 1); part < count; part = Atomics.add(next, round, 1)) handle(part);
	}

	/** Waits until all are here. */
	#meet(): void {
		const { shared, workers } = this.#work;
		this.#meetings += 1;
		const all = this.#meetings * workers;
		if (Atomics.add(shared.arrived, 0, 1) + 1 === all) {
			Atomics.notify(shared.arrived, 0);
			return;
		}
		for (let here = Atomics.load(shared.arrived, 0); here < all; here = Atomics.load(shared.arrived, 0))
			Atomics.wait(shared.arrived, 0, here);
	}

	#tell(told: Told): void {
		if (this.#work.isFirst) parentPort!.postMessage(told);
	}
}

new Worker(workerData as Work).run();
