// The last retained message of every topic, and which of them a new subscription gets.

import { isExpired, type Message } from "./message.js";
import { FilterTree, hasWildcards } from "./topic.js";

export class Retained {
	readonly #messages = new Map<string, Message>();
	readonly #mostTopics: number;
	readonly #mostBytes: number;
	#bytes = 0;

	constructor(mostTopics = Number.POSITIVE_INFINITY, mostBytes = Number.POSITIVE_INFINITY) {
		this.#mostTopics = mostTopics;
		this.#mostBytes = mostBytes;
	}

	/** False where there would be more than may be kept. */
	hasRoomFor(message: Message): boolean {
		const old = this.#messages.get(message.topic);
		if (message.payload.length === 0) return true;
		if (old === undefined && this.#messages.size >= this.#mostTopics) return false;
		return this.#bytes + sizeOf(message) - sizeOf(old) <= this.#mostBytes;
	}

	/** An empty payload clears the topic [MQTT-3.3.1-10], in 5.0 [MQTT-3.3.1-6]. */
	put(message: Message): void {
		this.#delete(message.topic);
		if (message.payload.length === 0) return;
		this.#messages.set(message.topic, message);
		this.#bytes += sizeOf(message);
	}

	get(topic: string): Message | undefined {
		return this.#messages.get(topic);
	}

	/** Forgets what has expired by now [MQTT-3.3.2-5]. */
	handleTime(now: number): void {
		for (const [topic, message] of this.#messages) if (isExpired(message, now)) this.#delete(topic);
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

	#delete(topic: string): void {
		this.#bytes -= sizeOf(this.#messages.get(topic));
		this.#messages.delete(topic);
	}
}

/** What a message takes, as far as its client can make it large. */
function sizeOf(message: Message | undefined): number {
	if (message === undefined) return 0;
	const { payload, properties, topic } = message;
	const texts = properties?.userProperties?.flat().reduce((sum, text) => sum + text.length, 0) ?? 0;
	return topic.length + payload.length + (properties?.correlationData?.length ?? 0) + texts;
}
