// A small set of pictures that a network learns in seconds: noise with a brighter upper half, left half or middle.

import type { Pictures } from "../../host-sim/model/dataset.js";
import type { Recipe } from "../../host-sim/model/recipe.js";
import { SeededRandom } from "../../host-sim/world/random.js";

const SIDE = 8;

export const TOY_RECIPE: Recipe = {
	design: {
		input: { channels: 1, height: SIDE, width: SIDE },
		layers: [
			{ kind: "convolution", channels: 4, kernel: 3, stride: 1, padding: 1 },
			{ kind: "max" },
			{ kind: "depthwise", kernel: 3, stride: 1, padding: 1 },
			{ kind: "convolution", channels: 8, kernel: 3, stride: 2, padding: 1 },
			{ kind: "dense", channels: 3 },
		],
	},
	labels: ["upper", "left", "middle"],
	version: "shapes-1",
	seed: 7,
	epochs: 4,
	fineEpochs: 2,
	batch: 64,
	rate: 0.01,
	fineRate: 0.001,
	smoothing: 0.05,
	decay: 0.01,
	shift: 1,
	flip: false,
};

export function toys(count: number, seed: number): Pictures {
	const random = new SeededRandom(seed);
	const pixels = new Uint8Array(count * SIDE * SIDE);
	const labels = new Uint8Array(count);
	for (let i = 0; i < count; i += 1) {
		const label = random.between(0, 2);
		labels[i] = label;
		for (let y = 0; y < SIDE; y += 1)
			for (let x = 0; x < SIDE; x += 1) {
				const isBright = [y < 4, x < 4, x > 1 && x < 6 && y > 1 && y < 6][label]!;
				pixels[(i * SIDE + y) * SIDE + x] = random.between(0, 140) + (isBright ? 90 : 0);
			}
	}
	return { width: SIDE, height: SIDE, count, pixels, labels };
}
