// The page as a client of MQTT: our own client over the browser's WebSocket. Whoever wants messages says of which filter, before it is
// online or after.

import {
	Client,
	type ClientOptions,
	END_SETTLED,
	type Incoming,
	type PublishOptions,
	type SubscribeOptions,
} from "../../../firmware/mqtt/client.js";
import { sentence } from "../../sentence.js";
import { Live } from "../live.js";
import { BrowserTimer, browserClock, browserRandom } from "../platform.js";
import { browserSocket, type Tap } from "../socket.js";

export interface Destination {
	/** ws:// or wss://. */
	readonly url: string;
	readonly userName?: string;
	readonly password?: string;
	readonly version: "3.1.1" | "5.0";
}

/** What a message is for who wants it: copies, to be kept. */
export interface Message {
	readonly topic: string;
	readonly payload: Uint8Array;
	readonly qos: number;
	readonly retain: boolean;
	/** 5.0: its properties as they were on the wire. */
	readonly properties: Uint8Array;
}

export interface Subscription {
	readonly filter: string;
	/** The granted QoS, or a reason from 0x80 up; undefined as long as there was no answer. */
	granted: number | undefined;
	/** Takes it back. */
	end(): void;
}

/** A browser has memory; what is larger is skipped, and said. */
const LIMITS = {
	receive: 65_528,
	send: 5744,
	outbox: 65_535,
	messages: 256,
	received: 1024,
	topics: 512,
	topicBytes: 65_535,
	aliases: 0,
	aliasBytes: 0,
};
const BACKOFF = { baseMs: 500, capMs: 8000 };

export class Link extends Live {
	isOnline = false;
	/** Why it is not online: a sentence; undefined where there was no reason yet. */
	trouble: string | undefined;
	destination: Destination | undefined;
	/** By which the broker knows the page. */
	readonly clientId: string;
	/** Publishes under way, by ticket: what becomes of them. Each client has tickets of its own. */
	#underWay = new Map<number, (end: string | undefined) => void>();
	readonly #wanted = new Set<Wanted>();
	readonly #byHandle = new Map<number, Wanted>();
	readonly #tap: Tap;
	#client: Client | undefined;

	constructor(clientId: string, tap: Tap = {}) {
		super();
		this.clientId = clientId;
		this.#tap = tap;
	}

	/** Goes there, and from wherever it was before; comes back until close(). Throws Misuse for what no client can do. */
	open(destination: Destination): void {
		this.close();
		this.destination = destination;
		const { password, url, userName, version } = destination;
		const { hostname, port, protocol } = new URL(url);
		const underWay = new Map<number, (end: string | undefined) => void>();
		this.#underWay = underWay;
		// One that has been left has nothing to say any more, but what has become of its publishes.
		const isLeft = () => this.#client !== client;
		const options: ClientOptions = {
			host: hostname,
			port: port === "" ? (protocol === "wss:" ? 443 : 80) : Number(port),
			protocolVersion: version === "5.0" ? 5 : 4,
			clientId: this.clientId,
			keepAlive: 30,
			...(userName !== undefined && { userName }),
			...(password !== undefined && { password }),
			limits: LIMITS,
			backoff: BACKOFF,
			socket: { io: browserSocket(url, this.#tap) },
			timer: { io: BrowserTimer },
			clock: browserClock,
			random: browserRandom,
			onOnline: () => {
				this.isOnline = true;
				this.trouble = undefined;
				this.changed();
			},
			onOffline: code => {
				if (isLeft()) return;
				this.isOnline = false;
				this.trouble = sentence(code);
				this.changed();
			},
			onSubscribed: (handle, code) => {
				const wanted = this.#byHandle.get(handle);
				if (wanted !== undefined) wanted.granted = code;
				this.changed();
			},
			onPublishEnd: (ticket, end, code) => {
				const tell = underWay.get(ticket);
				underWay.delete(ticket);
				tell?.(end === END_SETTLED ? undefined : sentence(code));
			},
		};
		const client = new Client(options);
		this.#client = client;
		for (const wanted of this.#wanted) this.#subscribe(wanted);
		client.open();
		this.changed();
	}

	/** Says goodbye. Who waits for the end of a publish is told that it has none. */
	close(): void {
		this.#client?.close();
		this.#client = undefined;
		this.isOnline = false;
		this.trouble = undefined;
		this.#byHandle.clear();
		for (const wanted of this.#wanted) wanted.granted = undefined;
		this.changed();
	}

	/** `take` gets each message, now and whenever it is online again. Throws Misuse for a filter that is none. */
	subscribe(filter: string, take: (message: Message) => void, options: SubscribeOptions = {}): Subscription {
		const wanted = new Wanted(this, filter, take, options);
		if (this.#client !== undefined) this.#subscribe(wanted);
		this.#wanted.add(wanted);
		return wanted;
	}

	unsubscribe(wanted: Wanted): void {
		this.#wanted.delete(wanted);
		const { handle } = wanted;
		if (handle > 0 && this.#byHandle.delete(handle)) this.#client?.unsubscribe(handle);
		this.changed();
	}

	/**
	 * Resolves with undefined when it is settled (at QoS 0: has left), or else with a sentence that says why it is not. Throws
	 * Misuse for a topic that no message can have.
	 */
	publish(topic: string, payload: Uint8Array, options: PublishOptions = {}): Promise<string | undefined> {
		const ticket = this.#client?.publish(topic, payload, options) ?? -1;
		if (this.#client === undefined) return Promise.resolve("not connected");
		if (ticket < 0) return Promise.resolve(sentence(-ticket));
		if (ticket === 0) return Promise.resolve(undefined);
		return new Promise(resolve => this.#underWay.set(ticket, resolve));
	}

	#subscribe(wanted: Wanted): void {
		const handle = this.#client!.subscribe(wanted.filter, message => wanted.take(copyOf(message)), wanted.options);
		wanted.handle = handle;
		if (handle > 0) this.#byHandle.set(handle, wanted);
		else wanted.granted = -handle;
	}
}

class Wanted implements Subscription {
	granted: number | undefined;
	handle = 0;
	readonly filter: string;
	readonly take: (message: Message) => void;
	readonly options: SubscribeOptions;
	readonly #link: Link;

	constructor(link: Link, filter: string, take: (message: Message) => void, options: SubscribeOptions) {
		this.#link = link;
		this.filter = filter;
		this.take = take;
		this.options = options;
	}

	end(): void {
		this.#link.unsubscribe(this);
	}
}

/** The client's record is everybody's. */
function copyOf(message: Incoming): Message {
	const { bytes, payloadAt, payloadLength, propertiesAt, propertiesStop, qos, retain, topic } = message;
	return {
		topic,
		qos,
		retain,
		payload: bytes.slice(payloadAt, payloadAt + payloadLength),
		properties: bytes.slice(propertiesAt, propertiesStop),
	};
}
