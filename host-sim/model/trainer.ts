// Trains a network in as many threads as are wanted. What comes out does not depend on how many they are.

import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Dataset, Pictures } from "./dataset.js";
import { ROW } from "./kernels.js";
import { Learner } from "./learner.js";
import type { Recipe } from "./recipe.js";
import { Replica } from "./replica.js";
import type { Shared, Told, Work } from "./worker.js";

/** What was learnt: parameters as the replica has them, and what a step of each stage's values stands for. */
export interface Learnt {
	readonly parameters: Float32Array;
	readonly steps: readonly number[];
}

export interface TrainOptions {
	readonly workers: number;
	readonly signal?: AbortSignal;
	/** `step` of `steps`, of all epochs together. */
	onStep?(step: number, steps: number): void;
	/** `right`: the share of the validation pictures that came out right. */
	onEpoch?(epoch: number, loss: number, right: number): void;
}

/** Undefined where it was aborted. */
export async function train(
	recipe: Recipe,
	{ train, validation }: Pick<Dataset, "train" | "validation">,
	options: TrainOptions,
): Promise<Learnt | undefined> {
	const { signal, workers } = options;
	// A signal that came while files were read has its turn now.
	await new Promise(resolve => setImmediate(resolve));
	const isAborted = () => signal?.aborted === true;
	if (isAborted()) return undefined;
	const shared = sharedOf(recipe, train.count);
	const epochs = recipe.epochs + recipe.fineEpochs;
	const steps = epochs * Learner.stepsOf(recipe, train.count);
	const work = { recipe, train: inCommon(train), validation: inCommon(validation), workers, shared };
	const threads = Array.from({ length: workers }, (_, i) => startThread({ ...work, isFirst: i === 0 }));
	let learnt: Learnt | undefined;
	threads[0]!.on("message", (told: Told) => {
		if (told.kind === "step") options.onStep?.(told.step, steps);
		else if (told.kind === "epoch") options.onEpoch?.(told.epoch, told.loss, told.right / validation.count);
		else learnt = told;
	});
	const stop = () => {
		for (const thread of threads) void thread.terminate();
	};
	signal?.addEventListener("abort", stop, { once: true });
	try {
		// A thread's error is thrown here.
		await Promise.all(threads.map(thread => once(thread, "exit")));
	} finally {
		signal?.removeEventListener("abort", stop);
		stop();
	}
	return isAborted() ? undefined : learnt;
}

/** Sources and built files have different names; for the first, a thread has to learn to read TypeScript. */
function startThread(work: Work): Worker {
	const extension = extname(import.meta.url);
	const url = new URL(`./worker${extension}`, import.meta.url);
	if (extension !== ".ts") return new Worker(url, { workerData: work });
	const code = `import("tsx/esm/api").then(({ register }) => { register(); return import(${JSON.stringify(url.href)}); })`;
	return new Worker(code, { eval: true, workerData: work });
}

function sharedOf(recipe: Recipe, count: number): Shared {
	const epochs = recipe.epochs + recipe.fineEpochs;
	const parts = recipe.batch / ROW;
	const { length } = new Replica(recipe.design).gradients;
	const words = (count: number) => new Int32Array(new SharedArrayBuffer(count * 4));
	const gradients = () => new Float32Array(new SharedArrayBuffer(parts * length * 4));
	const losses = () => new Float64Array(new SharedArrayBuffer(parts * 8));
	return {
		arrived: words(1),
		next: words(epochs * (Learner.stepsOf(recipe, count) + 1)),
		right: words(epochs),
		gradients: [gradients(), gradients()],
		losses: [losses(), losses()],
	};
}

function inCommon(pictures: Pictures): Pictures {
	const pixels = new Uint8Array(new SharedArrayBuffer(pictures.pixels.length));
	pixels.set(pictures.pixels);
	return { ...pictures, pixels };
}
