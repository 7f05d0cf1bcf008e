// Observers of many filters as if they were one. A part of a run looks at the readings of its own boards, a filter each: one with a
// wildcard would bring each part those of all the others, too, as often as there are parts. A client has room for so many, and a
// broker keeps but so much for each that is away: so a few share them.

import { Observer, type ObserverOptions } from "./observer.js";

/** Filters of an observer. mosquitto keeps 1,000 messages for one that is away, RabbitMQ a queue on each node: not too many, and not too few. */
const MOST_FILTERS = 128;

export class Gallery {
	readonly #observers: readonly Observer[];
	readonly #options: ObserverOptions;
	/** Whether all have been there since one was last away. */
	#isComplete = false;
	/** Whether the broker still knew all who came back since then. */
	#isRemembered = true;

	/** With more than one the first has the client id as it is given, the others with a number behind it. */
	constructor(options: ObserverOptions) {
		const { clientId, filters } = options;
		this.#options = options;
		this.#observers = Array.from(
			{ length: Math.ceil(filters.length / MOST_FILTERS) },
			(_, i) =>
				new Observer({
					...options,
					clientId: i === 0 ? clientId : `${clientId}-${i + 1}`,
					filters: filters.slice(i * MOST_FILTERS, (i + 1) * MOST_FILTERS),
					there: remembered => this.#handleThere(remembered),
					away: () => this.#handleAway(),
				}),
		);
	}

	/** All of them. */
	get isThere(): boolean {
		return this.#observers.every(({ isThere }) => isThere);
	}

	/** Whether each has ever been. */
	get wasThere(): boolean {
		return this.#observers.every(({ wasThere }) => wasThere);
	}

	/** The broker has refused a subscription of one. */
	get isRefused(): boolean {
		return this.#observers.some(({ isRefused }) => isRefused);
	}

	/** Why one has not come, or not been let see: a code of error.ts or reason.ts, or 0. */
	get code(): number {
		const refused = this.#observers.find(({ isRefused }) => isRefused);
		const absent = this.#observers.find(({ isThere }) => !isThere);
		return (refused ?? absent)?.code ?? 0;
	}

	/** They come, and come back. */
	open(): void {
		for (const observer of this.#observers) observer.open();
	}

	/** They go for good: the broker shall keep nothing. Resolves when it has said so to all, or does not answer. */
	async leave(): Promise<void> {
		await Promise.all(this.#observers.map(observer => observer.leave()));
	}

	#handleThere(remembered: boolean): void {
		if (!remembered) this.#isRemembered = false;
		if (!this.isThere) return;
		this.#isComplete = true;
		this.#options.there?.(this.#isRemembered);
		this.#isRemembered = true;
	}

	#handleAway(): void {
		if (!this.#isComplete) return;
		this.#isComplete = false;
		this.#options.away?.();
	}
}
