// How good a model is, found out with the code that runs on the board.

import type { Model } from "../../firmware/vision/model.js";
import { Network } from "../../firmware/vision/network.js";
import type { Pictures } from "./dataset.js";

export interface Measured {
	/** Pictures of which the answer was right, as a share of all. */
	readonly accuracy: number;
	readonly count: number;
	/** By what a picture is, and in it by what it was taken for: how many. */
	readonly confusion: readonly (readonly number[])[];
}

export interface Answer {
	readonly label: string;
	/** In thousandths. */
	readonly confidence: number;
	/** The three best, the answer first; fewer where there are no three labels. */
	readonly top: readonly { readonly label: string; readonly confidence: number }[];
}

export function measure(model: Model, pictures: Pictures): Measured {
	const network = new Network(model);
	const size = pictures.width * pictures.height;
	const confusion = Array.from({ length: model.classes }, () => new Array<number>(model.classes).fill(0));
	let right = 0;
	for (let i = 0; i < pictures.count; i += 1) {
		const label = pictures.labels[i]!;
		look(network, pictures.pixels.subarray(i * size, (i + 1) * size));
		confusion[label]![network.label]! += 1;
		if (network.label === label) right += 1;
	}
	return { accuracy: right / pictures.count, count: pictures.count, confusion };
}

export function answerTo(network: Network, picture: Uint8Array): Answer {
	const { model } = network;
	look(network, picture);
	const top = [0, 1, 2]
		.filter(rank => rank < model.classes)
		.map(rank => ({ label: model.label(network.classAt(rank)), confidence: network.confidenceAt(rank) }));
	return { ...top[0]!, top };
}

function look(network: Network, picture: Uint8Array): void {
	network.begin(picture);
	while (!network.run(Number.MAX_SAFE_INTEGER));
}
