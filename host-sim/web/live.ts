// What changes, and who shows it. Boards say thousands of things a second, and a screen shows sixty pictures: whatever changes between
// two of them is shown once, with the next.

import { useLayoutEffect, useReducer } from "preact/hooks";

/** Calls `show` when the next picture is due. Default: the browser's. */
export type NextFrame = (show: () => void) => void;

export class Frames {
	readonly #next: NextFrame;
	readonly #due = new Set<() => void>();
	#isAsked = false;

	constructor(next: NextFrame) {
		this.#next = next;
	}

	/** `run` is called once with the next picture, however often this is. */
	request(run: () => void): void {
		this.#due.add(run);
		if (this.#isAsked) return;
		this.#isAsked = true;
		this.#next(() => this.#show());
	}

	#show(): void {
		this.#isAsked = false;
		const due = [...this.#due];
		this.#due.clear();
		for (const run of due) run();
	}
}

const frames = new Frames(show => requestAnimationFrame(show));

/** Something that is shown, and changes. */
export class Live {
	readonly #listeners = new Set<() => void>();
	readonly #frames: Frames;
	readonly #tell = () => {
		for (const listener of [...this.#listeners]) listener();
	};

	constructor(given: Frames = frames) {
		this.#frames = given;
	}

	/** To be called whenever something has changed; costs next to nothing. */
	changed(): void {
		if (this.#listeners.size > 0) this.#frames.request(this.#tell);
	}

	/** `listener` is called with pictures before which something has changed. Returns what ends that. */
	watch(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}
}

/** The component is shown anew whenever that changes. */
export function useLive(live: Live): void {
	const [, show] = useReducer((count: number, _: undefined) => count + 1, 0);
	useLayoutEffect(() => live.watch(() => show(undefined)), [live]);
}
