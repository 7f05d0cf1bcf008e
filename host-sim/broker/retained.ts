// The last retained message of every topic, and which of them a new subscription gets.

import { isExpired, type Message } from "./message.js";
import { FilterTree, hasWildcards } from "./topic.js";

export class Retained {
	readonly #messages = new Map<string, Message>();

	/** An empty payload clears the topic [MQTT-3.3.1-10], in 5.0 [MQTT-3.3.1-6]. */
	put(message: Message): void {
		if (message.payload.length === 0) this.#messages.delete(message.topic);
		else this.#messages.set(message.topic, message);
	}

	get(topic: string): Message | undefined {
		return this.#messages.get(topic);
	}

	/** Forgets what has expired by now [MQTT-3.3.2-5]. */
	handleTime(now: number): void {
		for (const [topic, message] of this.#messages) if (isExpired(message, now)) this.#messages.delete(topic);
	}

	/** The messages whose topics match the filter, in no order that anybody should rely on. */
	*matching(filter: string): Iterable<Message> {
		if (!hasWildcards(filter)) {
			const message = this.#messages.get(filter);
			if (message !== undefined) yield message;
			return;
		}
		const tree = new FilterTree<true>();
		tree.set(filter, "", true);
		for (const [topic, message] of this.#messages) {
			let found = false;
			tree.match(topic, () => {
				found = true;
			});
			if (found) yield message;
		}
	}
}
