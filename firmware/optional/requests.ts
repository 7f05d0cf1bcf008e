// Request and response over MQTT 5.0 (section 4.10): a request names the topic for its answer and carries a number that the
// answer repeats. Conveniences on top of a client: they allocate.
//
//     const requests = new Requests(client, { topic: "replies/greenhouse", timer: { io: Timer }, clock, random });
//     requests.request("valve/open", "now", answer => trace(answer === undefined ? "none" : answer.text()));
//
//     client.subscribe("valve/open", message => answer(client, message, "done"));      // on the other side

import type { Clock, Random, Timer, TimerConstructor } from "../io.js";
import type { Client, Incoming, PublishOptions } from "../mqtt/client.js";
import { IN_FLIGHT_FULL } from "../mqtt/error.js";
import { CORRELATION_DATA, properties, RESPONSE_TOPIC } from "../mqtt/property.js";
import { putUint32, takeUint32 } from "../mqtt/wire.js";

export interface RequestsOptions {
	/**
	 * Where answers are to go: a topic that nobody else subscribes to. A server may propose one: ask for it with
	 * REQUEST_RESPONSE_INFORMATION among the properties of CONNECT, and find RESPONSE_INFORMATION in onOnline.
	 */
	topic: string;
	timer: { io: TimerConstructor };
	clock: Clock;
	random: Random;
	/** How long an answer may take, in ms. Default 10,000. */
	timeoutMs?: number;
	/** Requests without an answer. Default 8. */
	most?: number;
	/** QoS of the answers. Default 1. */
	qos?: number;
}

/** Called once for each request: with the answer, or with nothing where none came in time. */
export type AnswerHandler = (answer: Incoming | undefined) => void;

interface Pending {
	readonly number: number;
	readonly at: number;
	readonly handler: AnswerHandler;
}

export class Requests {
	readonly #client: Client;
	readonly #options: RequestsOptions;
	readonly #handle: number;
	readonly #timer: Timer;
	#pending: Pending[] = [];
	/** Begins anywhere: an answer to a former life must not be taken for one to this. */
	#number: number;

	/** Subscribes to the topic for answers. Throws Misuse as Client.subscribe does. */
	constructor(client: Client, options: RequestsOptions) {
		this.#client = client;
		this.#options = options;
		this.#number = options.random.next();
		this.#timer = new options.timer.io({ onTimer: () => this.#expire() });
		this.#handle = client.subscribe(options.topic, message => this.#take(message), { qos: options.qos ?? 1 });
	}

	/** The handle of the subscription to the answers, or minus the code of why there is none. */
	get handle(): number {
		return this.#handle;
	}

	/**
	 * Publishes a request, for which `handler` will be called exactly once. Returns what Client.publish does; negative, also
	 * minus IN_FLIGHT_FULL where `most` requests have no answer yet, and the handler will not be called.
	 */
	request(topic: string, payload: string | Uint8Array, handler: AnswerHandler, options?: PublishOptions): number {
		const { clock, most = 8, timeoutMs = 10_000, topic: answers } = this.#options;
		if (this.#pending.length >= most) return -IN_FLIGHT_FULL;
		const number = this.#number;
		const correlation = new Uint8Array(4);
		putUint32(correlation, 0, number);
		const own = properties([RESPONSE_TOPIC, answers], [CORRELATION_DATA, correlation]);
		// An answer may come before publish() has returned, where client and server share a turn.
		const pending = { number, at: clock.now() + timeoutMs, handler };
		this.#pending.push(pending);
		this.#number = (number + 1) >>> 0;
		let ticket = -1;
		try {
			ticket = this.#client.publish(topic, payload, { ...options, properties: joined(own, options?.properties) });
		} finally {
			if (ticket < 0) this.#pending = this.#pending.filter(other => other !== pending);
		}
		if (ticket >= 0) this.#schedule();
		return ticket;
	}

	/** Takes the subscription back. Requests without an answer are told that there is none. */
	close(): void {
		this.#timer.close();
		if (this.#handle > 0) this.#client.unsubscribe(this.#handle);
		for (const { handler } of this.#pending.splice(0)) handler(undefined);
	}

	#take(message: Incoming): void {
		const correlation = message.property(CORRELATION_DATA);
		if (!(correlation instanceof Uint8Array) || correlation.length !== 4) return;
		const number = takeUint32(correlation, 0);
		const at = this.#pending.findIndex(pending => pending.number === number);
		// A second answer, or one that was too late, is for nobody.
		if (at < 0) return;
		const [pending] = this.#pending.splice(at, 1);
		pending!.handler(message);
	}

	#expire(): void {
		const now = this.#options.clock.now();
		const late = this.#pending.filter(({ at }) => ((at - now) | 0) <= 0);
		this.#pending = this.#pending.filter(({ at }) => ((at - now) | 0) > 0);
		this.#schedule();
		for (const { handler } of late) handler(undefined);
	}

	/** The first that was asked is the first that is late. */
	#schedule(): void {
		const [first] = this.#pending;
		if (first !== undefined) this.#timer.schedule(Math.max((first.at - this.#options.clock.now()) | 0, 0));
	}
}

Object.freeze(Requests.prototype);

/**
 * Answers a request: publishes to the topic that it names, with the correlation data that it carries. Returns what
 * Client.publish does, or undefined where the message asks for no answer. Throws Misuse as Client.publish does.
 */
export function answer(
	client: Client,
	request: Incoming,
	payload: string | Uint8Array,
	options?: PublishOptions,
): number | undefined {
	const topic = request.property(RESPONSE_TOPIC);
	if (typeof topic !== "string") return undefined;
	const correlation = request.property(CORRELATION_DATA);
	const own = correlation instanceof Uint8Array ? properties([CORRELATION_DATA, correlation]) : new Uint8Array(0);
	return client.publish(topic, payload, { ...options, properties: joined(own, options?.properties) });
}

function joined(first: Uint8Array, second: Uint8Array | undefined): Uint8Array {
	if (second === undefined) return first;
	const block = new Uint8Array(first.length + second.length);
	block.set(first);
	block.set(second, first.length);
	return block;
}
