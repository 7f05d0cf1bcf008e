// When a run is to end: after its time, at a signal, or when nobody reads its output any more.

export class Stop {
	readonly #due = new AbortController();
	readonly #whenDue: Promise<void>;
	#timer: NodeJS.Timeout | undefined;

	/** Listens to signals and to the end of our output; a second signal ends the process at once. */
	constructor() {
		this.#whenDue = new Promise(resolve => this.signal.addEventListener("abort", () => resolve(), { once: true }));
		let isAsked = false;
		const handle = () => {
			if (isAsked) process.exit(130);
			isAsked = true;
			this.#stop();
		};
		process.on("SIGINT", handle);
		process.on("SIGTERM", handle);
		// Whoever read our output has gone: nobody is left to print for.
		process.stdout.on("error", (error: NodeJS.ErrnoException) => {
			if (error.code !== "EPIPE") throw error;
			isAsked = true;
			this.#stop();
		});
	}

	/** Somebody has asked for it, or the time is over. */
	get isDue(): boolean {
		return this.signal.aborted;
	}

	/** Aborted when it is due. */
	get signal(): AbortSignal {
		return this.#due.signal;
	}

	/** Resolves when it is due; after so many ms of real time, if any are given. */
	when(afterMs?: number): Promise<void> {
		// Node's timers reach 24 days.
		const wait = (left: number) => {
			const slice = Math.min(left, 0x7fff_ffff);
			this.#timer = setTimeout(() => (left > slice ? wait(left - slice) : this.#stop()), slice);
		};
		if (afterMs !== undefined && !this.isDue) wait(afterMs);
		return this.#whenDue;
	}

	#stop(): void {
		clearTimeout(this.#timer);
		this.#due.abort();
	}
}
