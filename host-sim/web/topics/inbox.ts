// What somebody has subscribed to from the page, and the messages that have come for it, the newest first. They go on coming while
// another view is shown.

import type { SubscribeOptions } from "../../../firmware/mqtt/client.js";
import { Live } from "../live.js";
import type { Link, Message, Subscription } from "../model/link.js";

export interface Asked {
	readonly id: number;
	readonly subscription: Subscription;
	readonly options: SubscribeOptions;
	/** Messages that have come for it. */
	count: number;
}

export interface Received extends Message {
	readonly id: number;
	/** In ms of the page. */
	readonly at: number;
	/** The filter that it came for. */
	readonly filter: string;
}

/** Messages that are remembered, and bytes of them. */
const MOST = 200;
const MOST_BYTES = 1_048_576;

export class Inbox extends Live {
	readonly asked: Asked[] = [];
	/** The newest first. */
	readonly messages: Received[] = [];
	/** Messages that are not remembered any more, and those that came while nobody wanted to see any. */
	forgotten = 0;
	passed = 0;
	readonly #link: Pick<Link, "subscribe">;
	readonly #now: () => number;
	#isPaused = false;
	#bytes = 0;
	#ids = 0;

	constructor(link: Pick<Link, "subscribe">, now: () => number = () => performance.now()) {
		super();
		this.#link = link;
		this.#now = now;
	}

	get isPaused(): boolean {
		return this.#isPaused;
	}

	set isPaused(isPaused: boolean) {
		this.#isPaused = isPaused;
		if (!isPaused) this.passed = 0;
		this.changed();
	}

	/** A filter that is there already is asked for anew. Throws Misuse for one that is none. */
	subscribe(filter: string, options: SubscribeOptions): void {
		const at = this.asked.findIndex(({ subscription }) => subscription.filter === filter);
		this.#ids += 1;
		const id = this.#ids;
		const subscription = this.#link.subscribe(filter, message => this.#handle(id, filter, message), options);
		const asked: Asked = { id, subscription, options, count: 0 };
		if (at < 0) this.asked.push(asked);
		else this.asked.splice(at, 1, asked)[0]!.subscription.end();
		this.changed();
	}

	unsubscribe(id: number): void {
		const at = this.asked.findIndex(each => each.id === id);
		if (at >= 0) this.asked.splice(at, 1)[0]!.subscription.end();
		this.changed();
	}

	clear(): void {
		this.messages.length = 0;
		this.forgotten = 0;
		this.passed = 0;
		this.#bytes = 0;
		this.changed();
	}

	#handle(id: number, filter: string, message: Message): void {
		const asked = this.asked.find(each => each.id === id);
		if (asked !== undefined) asked.count += 1;
		if (this.#isPaused) this.passed += 1;
		else {
			this.#ids += 1;
			this.messages.unshift({ ...message, id: this.#ids, at: this.#now(), filter });
			this.#bytes += sizeOf(message);
			while (this.messages.length > MOST || (this.#bytes > MOST_BYTES && this.messages.length > 1)) {
				this.#bytes -= sizeOf(this.messages.pop()!);
				this.forgotten += 1;
			}
		}
		this.changed();
	}
}

function sizeOf({ payload, properties, topic }: Message): number {
	return payload.length + properties.length + 2 * topic.length;
}
