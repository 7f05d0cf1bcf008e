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
import { properties, SUBSCRIPTION_IDENTIFIER } from "../../../firmware/mqtt/property.js";
import { SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED } from "../../../firmware/mqtt/reason.js";
import { sentence } from "../../sentence.js";
import { Live } from "../live.js";
import { BrowserTimer, browserClock, browserRandom } from "../platform.js";
import { browserSocket, type Tap } from "../socket.js";
import { Copies, matches } from "./copies.js";

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
	/** How often a broker was asked for it: each time it may send again what it has retained. */
	readonly asked: number;
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
	/** What is wanted, by filter. */
	readonly #wanted = new Map<string, Wanted>();
	readonly #byHandle = new Map<number, Wanted>();
	#identifiers = 0;
	/** The broker says with a message which subscriptions it is for. */
	#tellsWhich = false;
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
				for (const wanted of this.#wanted.values()) wanted.asked += 1;
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
				if (wanted === undefined) return;
				wanted.granted = code;
				this.changed();
				if (code !== SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED || !wanted.hasIdentifier) return;
				// This broker has none: then without.
				this.#tellsWhich = false;
				this.#subscribe(wanted);
			},
			onPublishEnd: (ticket, end, code) => {
				const tell = underWay.get(ticket);
				underWay.delete(ticket);
				tell?.(end === END_SETTLED ? undefined : sentence(code));
			},
		};
		const client = new Client(options);
		this.#client = client;
		this.#tellsWhich = version === "5.0";
		for (const wanted of this.#wanted.values()) this.#subscribe(wanted);
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
		for (const wanted of this.#wanted.values()) wanted.granted = undefined;
		this.changed();
	}

	/**
	 * `take` gets each message once, now and whenever it is online again. Where several want the same filter, the options of the one
	 * who came last are in force, as a broker has it. Throws Misuse for a filter that is none.
	 */
	subscribe(filter: string, take: (message: Message) => void, options: SubscribeOptions = {}): Subscription {
		const known = this.#wanted.get(filter);
		const wanted = known ?? new Wanted(filter, ++this.#identifiers);
		const taker = { take, options };
		wanted.takers.push(taker);
		try {
			this.#ask(wanted);
		} catch (error) {
			wanted.takers.pop();
			throw error;
		}
		this.#wanted.set(filter, wanted);
		return {
			filter,
			get granted() {
				return wanted.granted;
			},
			set granted(granted) {
				wanted.granted = granted;
			},
			get asked() {
				return wanted.asked;
			},
			end: () => this.#end(wanted, taker),
		};
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

	#end(wanted: Wanted, taker: Taker): void {
		const at = wanted.takers.indexOf(taker);
		if (at < 0) return;
		wanted.takers.splice(at, 1);
		const { handle } = wanted;
		if (wanted.takers.length === 0) {
			this.#wanted.delete(wanted.filter);
			if (handle > 0 && this.#byHandle.delete(handle)) this.#client?.unsubscribe(handle);
		} else if (at === wanted.takers.length) this.#ask(wanted);
		this.changed();
	}

	#ask(wanted: Wanted): void {
		if (this.#client === undefined) return;
		this.#subscribe(wanted);
		if (this.isOnline) wanted.asked += 1;
	}

	#subscribe(wanted: Wanted): void {
		const { identifier } = wanted;
		const given = wanted.takers.at(-1)!.options;
		// 3.1.1 knows nothing else.
		const { qos = 0 } = given;
		const options = this.destination!.version === "5.0" ? given : { qos };
		const named = this.#tellsWhich ? { properties: properties([SUBSCRIPTION_IDENTIFIER, identifier]) } : {};
		wanted.hasIdentifier = this.#tellsWhich;
		const handle = this.#client!.subscribe(wanted.filter, message => this.#deliver(wanted, message), {
			...options,
			...named,
		});
		wanted.handle = handle;
		wanted.granted = undefined;
		if (handle > 0) this.#byHandle.set(handle, wanted);
		else wanted.granted = -handle;
	}

	/** Subscriptions that a message is for. */
	#countFor(topic: string): number {
		let count = 0;
		for (const filter of this.#wanted.keys()) if (matches(filter, topic)) count += 1;
		return count;
	}

	/** Filters overlap, and the client shows each packet to all that match. */
	#deliver(wanted: Wanted, incoming: Incoming): void {
		const identifiers = incoming.subscriptionIdentifiers();
		// A copy for another subscription: there is one for this, too.
		if (identifiers.length > 0 && !identifiers.includes(wanted.identifier)) return;
		const message = copyOf(incoming);
		if (identifiers.length === 0 && wanted.copies.has(message, this.#countFor(message.topic), performance.now()))
			return;
		for (const { take } of [...wanted.takers]) take(message);
	}
}

interface Taker {
	take(message: Message): void;
	readonly options: SubscribeOptions;
}

/** A filter that somebody wants. */
class Wanted {
	granted: number | undefined;
	asked = 0;
	handle = 0;
	hasIdentifier = false;
	readonly filter: string;
	readonly identifier: number;
	readonly takers: Taker[] = [];
	readonly copies = new Copies();

	constructor(filter: string, identifier: number) {
		this.filter = filter;
		this.identifier = identifier;
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
