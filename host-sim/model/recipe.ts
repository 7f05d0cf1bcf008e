// How a network is made: its design, and all that decides what comes out of training. The same recipe and data give the same model.

import { FASHION_LABELS } from "./dataset.js";
import type { Design } from "./design.js";

export interface Recipe {
	readonly design: Design;
	/** What each kind of picture is called, in the order of the data set's numbers. */
	readonly labels: readonly string[];
	/** What the model calls itself: at most 15 characters. */
	readonly version: string;
	readonly seed: number;
	/** Times that all pictures are gone through in floating point. */
	readonly epochs: number;
	/** And then with weights and values rounded as the board has them. */
	readonly fineEpochs: number;
	/** Pictures a step: a multiple of 16. */
	readonly batch: number;
	/** The largest rate; it rises to that in the first steps, and falls to 0. */
	readonly rate: number;
	readonly fineRate: number;
	/** Share of what is wanted that goes to all labels alike. */
	readonly smoothing: number;
	/** How fast weights shrink by themselves, as a factor of the rate. */
	readonly decay: number;
	/** Pictures are moved by up to so many pixels each way. */
	readonly shift: number;
	/** Every second picture is turned left to right. */
	readonly flip: boolean;
}

export const FASHION_RECIPE: Recipe = {
	design: {
		input: { channels: 1, height: 28, width: 28 },
		layers: [
			{ kind: "convolution", channels: 8, kernel: 3, stride: 1, padding: 1 },
			{ kind: "max" },
			{ kind: "convolution", channels: 16, kernel: 3, stride: 1, padding: 1 },
			{ kind: "max" },
			{ kind: "convolution", channels: 40, kernel: 3, stride: 2, padding: 1 },
			{ kind: "dense", channels: 10 },
		],
	},
	labels: FASHION_LABELS,
	version: "fashion-1",
	seed: 1,
	epochs: 24,
	fineEpochs: 4,
	batch: 128,
	rate: 0.004,
	fineRate: 0.0004,
	smoothing: 0.05,
	decay: 0.01,
	shift: 1,
	flip: true,
};

/** All of them, of both kinds. */
export function epochsOf({ epochs, fineEpochs }: Recipe): number {
	return epochs + fineEpochs;
}

/** The same with so many epochs, at least two, of both kinds in the same proportion. */
export function withEpochs(recipe: Recipe, epochs: number): Recipe {
	const fineEpochs = Math.max(1, Math.floor((epochs * recipe.fineEpochs) / epochsOf(recipe)));
	return { ...recipe, epochs: epochs - fineEpochs, fineEpochs };
}
