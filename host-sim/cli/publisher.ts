// Publishes payloads one after the other to one topic, and waits where the client has no room: nothing is lost between
// caller and client, and the order stays. Counts what the broker has not taken.

import { type Client, END_SETTLED, RETAIN } from "../../firmware/mqtt/client.js";
import { IN_FLIGHT_FULL, OFFLINE, OUTBOX_FULL, SOURCE_BUSY, TOO_LARGE } from "../../firmware/mqtt/error.js";
import type { Payload } from "./payload.js";

/** The reason of 5.0 that is no refusal. */
const NO_SUBSCRIBERS = 0x10;

export interface PublisherOptions {
	readonly client: Client;
	readonly topic: string;
	readonly qos: number;
	readonly retain: boolean;
	/** A block of 5.0 that goes with each message. */
	readonly properties?: Uint8Array | undefined;
	/** How a code is told to people. */
	explain(code: number): string;
	tell(text: string): void;
	debug?(text: string): void;
	/** What has become of a message, the first being 1: 0 for delivered, at QoS 0 for sent; or a code that is told to people. */
	ended?(number: number, code: number): void;
}

export class Publisher {
	/** Messages that were refused or lost. */
	failures = 0;
	readonly #options: PublisherOptions;
	readonly #topic: number;
	readonly #flags: number;
	/** By ticket: which message it is, the first being 1. */
	readonly #underWay = new Map<number, number>();
	#count = 0;
	#stopped = false;
	#changed: (() => void) | undefined;

	/** Throws Misuse for a topic that no message can have. */
	constructor(options: PublisherOptions) {
		this.#options = options;
		this.#topic = options.client.topic(options.topic);
		this.#flags = (options.qos << 1) | (options.retain ? RETAIN : 0);
	}

	/** Resolves when the client has taken it, or never will. */
	async publish(payload: Payload): Promise<void> {
		const { debug, explain, tell } = this.#options;
		this.#count += 1;
		const number = this.#count;
		while (!this.#stopped) {
			const ticket = this.#try(payload);
			if (ticket >= 0) {
				debug?.(`message ${number}: ${payload.length} bytes, ${ticket === 0 ? "sent" : `ticket ${ticket}`}`);
				if (ticket > 0) this.#underWay.set(ticket, number);
				else this.#options.ended?.(number, 0);
				return;
			}
			if (!isForNow(-ticket)) {
				this.failures += 1;
				tell(`message ${number} is refused: ${explain(-ticket)}`);
				this.#options.ended?.(number, -ticket);
				return;
			}
			await this.#change();
		}
	}

	/** Resolves when nothing is under way any more, or stop() has been called. */
	async settled(): Promise<void> {
		while (!this.#stopped && this.#underWay.size > 0) await this.#change();
	}

	/** Nothing more will be taken, and nobody waits for anything. */
	stop(): void {
		this.#stopped = true;
		this.handleRoom();
	}

	/** The client may have room again: it is online, or something has ended. */
	handleRoom(): void {
		this.#changed?.();
	}

	/** The client's onPublishEnd. */
	handleEnd(ticket: number, end: number, code: number): void {
		const number = this.#underWay.get(ticket);
		if (this.#stopped || number === undefined) return;
		this.#underWay.delete(ticket);
		const { debug, explain, tell } = this.#options;
		if (end === END_SETTLED)
			debug?.(`ticket ${ticket}: settled${code === NO_SUBSCRIBERS ? ", nobody has subscribed" : ""}`);
		else {
			this.failures += 1;
			tell(`message ${number} is not delivered: ${explain(code)}`);
		}
		this.#options.ended?.(number, end === END_SETTLED ? 0 : code);
		this.handleRoom();
	}

	#try({ bytes, length, source }: Payload): number {
		const { client, properties } = this.#options;
		if (bytes !== undefined) {
			const ticket =
				properties === undefined
					? client.publish(this.#topic, bytes, length, this.#flags)
					: client.publishWith(properties, this.#topic, bytes, length, this.#flags);
			if (ticket !== -TOO_LARGE) return ticket;
		}
		return client.publishFrom(this.#topic, source, length, this.#flags, properties);
	}

	#change(): Promise<void> {
		return new Promise(resolve => {
			this.#changed = resolve;
		});
	}
}

/** True where waiting helps. */
function isForNow(code: number): boolean {
	return code === OFFLINE || code === OUTBOX_FULL || code === IN_FLIGHT_FULL || code === SOURCE_BUSY;
}
