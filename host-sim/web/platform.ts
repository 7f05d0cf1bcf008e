// firmware/io.ts's Timer, Clock and Random in a browser.

import type { Clock, Random, Timer, TimerOptions } from "../../firmware/io.js";

export class BrowserTimer implements Timer {
	readonly target: unknown;
	readonly #options: TimerOptions;
	#handle: number | undefined;

	constructor(options: TimerOptions) {
		this.target = options.target;
		this.#options = options;
	}

	schedule(milliseconds: number): void {
		clearTimeout(this.#handle);
		this.#handle = setTimeout(() => this.#options.onTimer.call(this), milliseconds) as unknown as number;
	}

	close(): void {
		clearTimeout(this.#handle);
	}
}

export const browserClock: Clock = {
	now: () => Math.trunc(performance.now()) | 0,
	wall: () => Date.now(),
};

const word = new Uint32Array(1);

export const browserRandom: Random = {
	next: () => crypto.getRandomValues(word)[0]!,
};
