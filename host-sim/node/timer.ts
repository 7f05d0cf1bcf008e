// firmware/io.ts's Timer, on Node's.

import type { Timer, TimerOptions } from "../../firmware/io.js";

export class NodeTimer implements Timer {
	readonly target: unknown;
	readonly #options: TimerOptions;
	#handle: NodeJS.Timeout | undefined;

	constructor(options: TimerOptions) {
		this.target = options.target;
		this.#options = options;
	}

	schedule(milliseconds: number): void {
		clearTimeout(this.#handle);
		this.#handle = setTimeout(() => this.#options.onTimer.call(this), milliseconds);
	}

	close(): void {
		clearTimeout(this.#handle);
	}
}
