// Subscribes to filters and hands on each message once, however many of the filters it matches: the client calls the
// handler of every one. Knows which filters the broker has answered, and how.

import type { Client, Incoming, SubscribeOptions } from "../../firmware/mqtt/client.js";
import { UNSPECIFIED_ERROR } from "../../firmware/mqtt/reason.js";
import { isTopicFilter, matches } from "../../firmware/mqtt/topic.js";
import { UsageError } from "../fleet/scenario.js";

export interface SubscriberOptions {
	readonly client: Client;
	readonly subscribe: readonly string[];
	/** What an earlier connection of a kept session has subscribed to. */
	readonly unsubscribe: readonly string[];
	readonly how: SubscribeOptions;
	/** Properties of UNSUBSCRIBE. */
	readonly takenBack?: Uint8Array | undefined;
	onMessage(message: Incoming): void;
	/** How a code is told to people. */
	explain(code: number): string;
	tell(text: string): void;
	debug?(text: string): void;
	/** All filters have been answered, for the first time: true where any subscription stands. */
	onAnswered(anyStands: boolean): void;
}

export class Subscriber {
	readonly #options: SubscriberOptions;
	readonly #filters = new Map<number, string>();
	readonly #unanswered = new Set<number>();
	#stands = 0;
	#refused = 0;

	/** Throws Misuse for a filter that is none. */
	constructor(options: SubscriberOptions) {
		this.#options = options;
		const { client, how, subscribe, takenBack, unsubscribe } = options;
		// Taken back before it is asked for, a filter is only unsubscribed from.
		for (const filter of [...subscribe, ...unsubscribe]) {
			const handle: number = client.subscribe(filter, message => this.#handle(handle, message), how);
			if (handle < 0) throw new UsageError(`${filter.slice(0, 40)}: ${options.explain(-handle)}`);
			this.#filters.set(handle, filter);
			this.#unanswered.add(handle);
			if (unsubscribe.includes(filter)) client.unsubscribe(handle, takenBack);
		}
	}

	/** The client's onSubscribed. */
	handleSubscribed(handle: number, code: number): void {
		const { debug, explain, tell } = this.#options;
		const filter = this.#filters.get(handle);
		const isRefused = code >= UNSPECIFIED_ERROR;
		if (!isRefused) debug?.(`subscribed to "${filter}" with QoS ${code}`);
		// It is asked for again on every connection, but told once.
		if (!this.#unanswered.delete(handle)) return;
		if (isRefused) {
			this.#refused += 1;
			tell(`the subscription to "${filter}" is refused: ${explain(code)}`);
		} else this.#stands += 1;
		this.#tellAnswered();
	}

	/** The client's onUnsubscribed. */
	handleUnsubscribed(handle: number, code: number): void {
		const { debug, explain, tell } = this.#options;
		const filter = this.#filters.get(handle);
		this.#filters.delete(handle);
		if (code >= UNSPECIFIED_ERROR) tell(`"${filter}" is not unsubscribed from: ${explain(code)}`);
		else debug?.(`unsubscribed from "${filter}"`);
		this.#unanswered.delete(handle);
		this.#tellAnswered();
	}

	#tellAnswered(): void {
		if (this.#unanswered.size === 0) this.#options.onAnswered(this.#stands > 0 || this.#refused === 0);
	}

	/** The filter that equals the topic speaks for all, or else the first one that matches. */
	#handle(handle: number, message: Incoming): void {
		if (this.#filters.size > 1) {
			const { topic } = message;
			let first = 0;
			for (const [each, filter] of this.#filters) {
				if (filter === topic) {
					first = each;
					break;
				}
				if (first === 0 && isMatch(filter, topic)) first = each;
			}
			if (first !== handle) return;
		}
		this.#options.onMessage(message);
	}
}

/** True where the filter matches the topic name. */
export function isMatch(filter: string, topic: string): boolean {
	const bytes = Buffer.from(`${filter}${topic}`);
	const length = Buffer.byteLength(filter);
	// What equals neither may lie behind the name; nothing does.
	return matches(bytes, 0, length, length, bytes.length - length);
}

/** Throws UsageError for text that is no topic filter. */
export function checkFilter(filter: string, name: string): void {
	const bytes = Buffer.from(filter);
	if (!isTopicFilter(bytes, 0, bytes.length)) throw new UsageError(`${name}: "${filter}" is no topic filter`);
}
