// firmware/io.ts's Clock and Random, on Node's.

import { randomFillSync } from "node:crypto";
import type { Clock, Random } from "../../firmware/io.js";

export const nodeClock: Clock = {
	now: () => Math.trunc(performance.now()) | 0,
	wall: () => Date.now(),
};

const word = new Uint32Array(1);

export const nodeRandom: Random = {
	next: () => randomFillSync(word)[0]!,
};
