// Topic aliases of one connection, which die with it [MQTT-3.3.2-7]: those that the client made, and those that we make.

import { protocolError, Refusal, TOPIC_ALIAS_INVALID } from "./reason.js";

/** The client's: numbers that stand for topics. */
export class InboundAliases {
	readonly #topics = new Map<number, string>();
	readonly #maximum: number;

	constructor(maximum: number) {
		this.#maximum = maximum;
	}

	/** The topic of a PUBLISH. A topic beside the alias gives it a new meaning. */
	resolve(topic: string, alias: number | undefined): string {
		if (alias === undefined) return topic;
		if (alias > this.#maximum) throw new Refusal(TOPIC_ALIAS_INVALID, "topic alias above the maximum"); // [MQTT-3.3.2-9]
		if (topic !== "") this.#topics.set(alias, topic);
		const known = this.#topics.get(alias);
		if (known === undefined) throw protocolError("unknown topic alias"); // section 3.3.2.3.4
		return known;
	}
}

/** Ours: the topics used last, as many as the client takes [MQTT-3.1.2-26]. */
export class OutboundAliases {
	readonly #aliases = new Map<string, number>();
	readonly #maximum: number;

	constructor(maximum: number) {
		this.#maximum = maximum;
	}

	/** The alias for a topic, and whether the client knows it already; undefined where it takes none [MQTT-3.1.2-27]. */
	take(topic: string): { alias: number; isKnown: boolean } | undefined {
		if (this.#maximum === 0) return undefined;
		const known = this.#aliases.get(topic);
		const alias = known ?? this.#free();
		// The one used last stands last: the first is the one to give up.
		this.#aliases.delete(topic);
		this.#aliases.set(topic, alias);
		return { alias, isKnown: known !== undefined };
	}

	/** The packet that should have made the topic's alias known has not been sent. */
	forget(topic: string): void {
		this.#aliases.delete(topic);
	}

	#free(): number {
		if (this.#aliases.size === 0) return 1;
		const used = new Set(this.#aliases.values());
		for (let alias = 1; alias <= this.#maximum; alias += 1) if (!used.has(alias)) return alias;
		const [oldest, alias] = this.#aliases.entries().next().value!;
		this.#aliases.delete(oldest);
		return alias;
	}
}
