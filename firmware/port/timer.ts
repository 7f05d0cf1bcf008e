// firmware/io.ts's Timer, on the SDK's. One repeating timer, made once: it is armed with the same first and repeat
// time, and unarmed as the first thing in its callback, since a one-shot timer would die there.

import ModTimer from "timer";
import type { Timer, TimerOptions } from "../io.js";

/** Any positive time: the timer is unarmed before it could fire. */
const SOME_MS = 1000;

export class BoardTimer implements Timer {
	readonly target: unknown;
	readonly #timer: ModTimer;

	constructor(options: TimerOptions) {
		this.target = options.target;
		this.#timer = ModTimer.repeat(timer => {
			ModTimer.schedule(timer);
			options.onTimer.call(this);
		}, SOME_MS);
		ModTimer.schedule(this.#timer);
	}

	schedule(milliseconds: number): void {
		const wait = milliseconds < 1 ? 1 : milliseconds;
		ModTimer.schedule(this.#timer, wait, wait);
	}

	close(): void {
		ModTimer.clear(this.#timer);
	}
}
