// Something that goes wrong again and again, told when it begins, once a minute while it lasts, and when it is over.

const AGAIN_MS = 60_000;

export class Trouble {
	readonly #tell: (text: string) => void;
	readonly #now: () => number;
	#since: number | undefined;
	#toldAt = 0;

	constructor(tell: (text: string) => void, now: () => number = Date.now) {
		this.#tell = tell;
		this.#now = now;
	}

	/** It has gone wrong, for that reason. */
	handle(reason: string): void {
		const now = this.#now();
		const isFirst = this.#since === undefined;
		this.#since ??= now;
		if (!isFirst && now - this.#toldAt < AGAIN_MS) return;
		const minutes = Math.round((now - this.#since) / 60_000);
		this.#tell(isFirst || minutes === 0 ? reason : `${reason} (for ${minutes} min now)`);
		this.#toldAt = now;
	}

	/** It has gone well; `text` is told if it had not before. */
	end(text: string): void {
		if (this.#since === undefined) return;
		this.#since = undefined;
		this.#tell(text);
	}
}
