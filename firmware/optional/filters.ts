// SUBSCRIBE and UNSUBSCRIBE as a program asks for them, packet by packet, over a client that knows filters: one after the other,
// each answered as a whole, in the order of its items.

import { checkFilter } from "../mqtt/check.js";
import type { Client, MessageHandler } from "../mqtt/client.js";
import { UNSPECIFIED_ERROR } from "../mqtt/reason.js";
import { utf8Bytes } from "../mqtt/wire.js";

export interface Filter {
	readonly topic: string;
	readonly QoS: number;
}

interface Request {
	readonly subscribes: boolean;
	readonly id: number;
	readonly filters: readonly Filter[];
	readonly handles: number[];
	/** What became of each, once it is known. */
	readonly codes: (number | undefined)[];
}

export class Filters {
	readonly #client: Client;
	readonly #handler: MessageHandler;
	readonly #tell: (subscribes: boolean, id: number, codes: number[]) => void;
	#requests: Request[] = [];
	/** The first of them has begun. */
	#begun = false;
	#lastId = 0;
	#isHeld = false;

	/** `handler` gets the messages, `tell` the answers. */
	constructor(
		client: Client,
		handler: MessageHandler,
		tell: (subscribes: boolean, id: number, codes: number[]) => void,
	) {
		this.#client = client;
		this.#handler = handler;
		this.#tell = tell;
	}

	get isIdle(): boolean {
		return this.#requests.length === 0;
	}

	/** Takes a request. Throws for a filter that is none. */
	write(subscribes: boolean, id: number | undefined, filters: readonly Filter[]): void {
		for (const { QoS, topic } of filters) {
			if (QoS !== 0 && QoS !== 1 && QoS !== 2) throw new RangeError(`QoS: expected 0, 1 or 2, got ${QoS}`);
			checkFilter(utf8Bytes(topic, "topic filter"), undefined);
		}
		this.#lastId = (this.#lastId % 65_535) + 1;
		this.#requests.push({ subscribes, id: id ?? this.#lastId, filters, handles: [], codes: [] });
		this.#begin();
	}

	/** In a turn of the client's: onDrained is called in one. */
	handleTurn(): void {
		const request = this.#requests[0];
		if (this.#begun || request === undefined) return;
		this.#begun = true;
		const { codes, filters, handles, subscribes } = request;
		for (const { QoS, topic } of filters) {
			const handle = this.#client.subscribe(topic, this.#handler, { qos: QoS, stream: true });
			// What this life has not asked for may stand in the server's session all the same. Taken back in the same turn, it is
			// not asked for now either.
			const refusal = handle > 0 && !subscribes ? this.#client.unsubscribe(handle) : 0;
			const code = Math.max(-handle, -refusal);
			handles.push(handle);
			codes.push(code > 0 ? Math.max(code, UNSPECIFIED_ERROR) : undefined);
		}
	}

	/** The server has answered for one. */
	handleAnswer(subscribes: boolean, handle: number, code: number): void {
		const request = this.#requests[0];
		if (!this.#begun || request?.subscribes !== subscribes) return;
		for (let i = 0; i < request.handles.length; i += 1) if (request.handles[i] === handle) request.codes[i] ??= code;
		this.settle();
	}

	/** Tells the answer, if all of it is known: where nothing could be asked, the server has nothing to answer. */
	settle(): void {
		const request = this.#requests[0];
		if (!this.#begun || request === undefined || request.codes.includes(undefined)) return;
		this.#requests.shift();
		this.#begun = false;
		this.#begin();
		this.#tell(request.subscribes, request.id, request.codes as number[]);
	}

	/**
	 * A callback of the client's is to call the program: what is asked for in it begins behind it, in the same turn and with less
	 * on the stack, of which boards have little. True where that is so already.
	 */
	hold(): boolean {
		const before = this.#isHeld;
		this.#isHeld = true;
		return before;
	}

	/** It has returned; `before` is what hold() has. */
	release(before: boolean): void {
		this.#isHeld = before;
		this.#begin();
	}

	clear(): void {
		this.#requests = [];
		this.#begun = false;
	}

	/** SUBSCRIBE leaves before a message that is written next. For UNSUBSCRIBE we have to be in a turn: drain() gives one. */
	#begin(): void {
		if (this.#begun || this.#isHeld || this.#requests.length === 0) return;
		if (this.#requests[0]!.subscribes) this.handleTurn();
		else this.#client.drain(0);
	}
}

Object.freeze(Filters.prototype);
