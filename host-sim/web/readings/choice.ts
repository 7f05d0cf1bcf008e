// Which boards' lines are drawn. A board keeps its line, and with that its colour, until it is taken away; as long as nobody has
// chosen, the first few are shown.

import { MOST_LINES } from "./palette.js";

/** Boards that are shown where nobody has chosen any. */
const FIRST_FEW = 4;

export class Choice {
	/** Ids by lines. */
	#lines: (string | undefined)[] = [];
	#isChosen = false;

	/** Ids, each at the number of its line. */
	get lines(): readonly (string | undefined)[] {
		return this.#lines;
	}

	get ids(): string[] {
		return this.#lines.filter(id => id !== undefined);
	}

	get isFull(): boolean {
		return this.ids.length >= MOST_LINES;
	}

	has(id: string): boolean {
		return this.#lines.includes(id);
	}

	/** These are there, in their order. Tells whether that changes anything. */
	offer(ids: readonly string[]): boolean {
		if (this.#isChosen || ids.length === 0) return false;
		const few = ids.slice(0, FIRST_FEW);
		if (few.length === this.#lines.length && few.every((id, i) => id === this.#lines[i])) return false;
		this.#lines = few;
		return true;
	}

	/** That one alone. */
	set(id: string): void {
		this.#isChosen = true;
		this.#lines = [id];
	}

	/** Adds it where there is a line left, or takes it away. */
	toggle(id: string): void {
		this.#isChosen = true;
		const line = this.#lines.indexOf(id);
		if (line >= 0) this.#lines[line] = undefined;
		else if (!this.isFull) {
			const free = this.#lines.indexOf(undefined);
			if (free >= 0) this.#lines[free] = id;
			else this.#lines.push(id);
		}
		// A new list, for those who compare.
		this.#lines = [...this.#lines];
	}
}
