// So many boards that publish to a broker at a rate, through real sockets, and a subscriber that sees what arrives: how long
// connecting takes, from a publish to its acknowledgement, and from a publish to the subscriber. Messages are due at even
// distances; how late they leave is a figure of its own, so that a broker that makes its clients wait cannot hide it.

import type { SocketConstructor } from "../../firmware/io.js";
import { Client, type ClientOptions, END_SETTLED, type Incoming } from "../../firmware/mqtt/client.js";
import { sendLimit } from "../fleet/board.js";
import { watchedSocket } from "../report/dial.js";
import { Histogram } from "../report/histogram.js";
import { nodeClock, nodeRandom } from "./clock.js";
import { NodeResolver } from "./resolver.js";
import { NodeTimer } from "./timer.js";

/** Each message begins with its board, its number, and when it was published. */
export const LEAST_BYTES = 16;
/** What a message takes in an outbox beside its payload, at most. */
const ENVELOPE_BYTES = 96;
const OUTBOX_BYTES = 65_535;
/** The most messages that a client has under way. */
const MOST_MESSAGES = 1023;
/** Boards that connect at the same time: more would measure the broker's queue for newcomers. */
const CONNECTING = 50;
/** How often due messages are looked at, and how long arrivals may stay away in the end, in ms. */
const TICK_MS = 2;
const QUIET_MS = 2000;
const LOOK_MS = 20;

export interface LoadOptions {
	readonly host: string;
	readonly port: number;
	readonly userName?: string;
	readonly password?: string;
	readonly socket: SocketConstructor;
	readonly protocolVersion: 4 | 5;
	readonly devices: number;
	/** Messages a second of all boards together; undefined: as many as the windows let through. */
	readonly rate?: number;
	/** Messages under way for each board, above QoS 0. */
	readonly window: number;
	/** Of each payload. */
	readonly bytes: number;
	readonly qos: 0 | 1 | 2;
}

/** What happened in a stretch of time. */
export class Tally {
	published = 0;
	acknowledged = 0;
	arrived = 0;
	readonly acknowledge = new Histogram();
	readonly arrive = new Histogram();
}

interface Publisher {
	readonly client: Client;
	readonly topic: number;
	/** By ticket: when it was published. */
	readonly underWay: Map<number, number>;
	/** The last message's number. */
	sequence: number;
	isOnline: boolean;
}

/** What the subscriber knows of a board. */
interface Heard {
	/** The largest number that has arrived. */
	last: number;
	count: number;
}

export class Load {
	readonly connect = new Histogram();
	/** By how much messages left after they were due. */
	readonly late = new Histogram();
	/** What counts just now; undefined: nothing does. */
	tally: Tally | undefined;
	/** The same again, for who wants it in slices. */
	slice: Tally | undefined;
	/** Messages that arrived again. */
	repeated = 0;
	/** Publishes that did not end well. */
	failed = 0;
	/** Connections that ended. */
	drops = 0;
	/** Why a board, or the subscriber, is not online: a code of error.ts or reason.ts, or 0. */
	code = 0;
	readonly #options: LoadOptions;
	readonly #run = nodeRandom.next().toString(16);
	readonly #publishers: Publisher[] = [];
	readonly #heard: Heard[] = [];
	readonly #payload: Buffer;
	#subscriber: Client | undefined;
	#isSubscribed = false;
	#isClosing = false;
	#next = 0;
	#sent = 0;

	constructor(options: LoadOptions) {
		this.#options = options;
		this.#payload = Buffer.alloc(options.bytes, "thimble ");
	}

	get online(): number {
		return this.#publishers.reduce((count, { isOnline }) => count + (isOnline ? 1 : 0), 0);
	}

	/** Published, and not arrived: under way, or gone. */
	get missing(): number {
		return this.#publishers.reduce((total, { sequence }, i) => total + sequence - this.#heard[i]!.count, 0);
	}

	/** Messages without an acknowledgement. */
	get unsettled(): number {
		return this.#publishers.reduce((total, { client }) => total + client.unsettled, 0);
	}

	/** Connects all of them. Resolves to false where some are not online after that time, or when it is aborted. */
	async open(mostMs: number, signal: AbortSignal): Promise<boolean> {
		const end = performance.now() + mostMs;
		const mayWait = () => !signal.aborted && performance.now() < end;
		this.#subscribe();
		while (!this.#isSubscribed) {
			if (!mayWait()) return false;
			await sleep(LOOK_MS);
		}
		const { devices } = this.#options;
		while (this.online < devices) {
			while (this.#publishers.length < devices && this.#publishers.length - this.online < CONNECTING) this.#add();
			if (!mayWait()) return false;
			await sleep(TICK_MS);
		}
		return true;
	}

	/** Publishes for so long. `looked` is called again and again meanwhile. */
	async publish(durationMs: number, signal: AbortSignal, looked: () => void): Promise<void> {
		const { rate } = this.#options;
		const begin = performance.now();
		this.#sent = 0;
		for (let now = begin; now < begin + durationMs && !signal.aborted; now = performance.now()) {
			if (rate === undefined) while (this.#publishNext(performance.now()));
			else {
				const due = Math.floor(((now - begin) * rate) / 1000) + 1;
				while (this.#sent < due) if (!this.#publishNext(begin + (this.#sent * 1000) / rate)) break;
			}
			looked();
			// Acknowledgements make room: without a rate nothing else does.
			await (rate === undefined ? turn() : sleep(TICK_MS));
		}
	}

	/** Waits for acknowledgements and arrivals, until nothing more comes. */
	async drain(mostMs: number, signal: AbortSignal): Promise<void> {
		const end = performance.now() + mostMs;
		let count = -1;
		let since = performance.now();
		while (!signal.aborted && performance.now() < end && (this.unsettled > 0 || this.missing > 0)) {
			const now = this.unsettled + this.missing;
			if (now !== count) since = performance.now();
			else if (performance.now() - since > QUIET_MS) return;
			count = now;
			await sleep(LOOK_MS);
		}
	}

	/** Says goodbye. */
	async close(mostMs: number): Promise<void> {
		this.#isClosing = true;
		const clients = [...this.#publishers.map(({ client }) => client), ...(this.#subscriber ? [this.#subscriber] : [])];
		for (const client of clients) client.close();
		const end = performance.now() + mostMs;
		while (this.online > 0 && performance.now() < end) await sleep(LOOK_MS);
	}

	/** The next board that has room publishes. False where none has. */
	#publishNext(dueAt: number): boolean {
		const { qos } = this.#options;
		const publishers = this.#publishers;
		for (let tried = 0; tried < publishers.length; tried += 1) {
			const number = this.#next;
			this.#next = (this.#next + 1) % publishers.length;
			const publisher = publishers[number]!;
			if (!publisher.isOnline || publisher.client.unsettled >= this.#options.window) continue;
			const now = performance.now();
			this.#payload.writeUInt32LE(number, 0);
			this.#payload.writeUInt32LE(publisher.sequence + 1, 4);
			this.#payload.writeDoubleLE(now, 8);
			const ticket = publisher.client.publish(publisher.topic, this.#payload, this.#payload.length, qos << 1);
			if (ticket < 0) continue;
			publisher.sequence += 1;
			this.#sent += 1;
			if (ticket > 0) publisher.underWay.set(ticket, now);
			if (this.tally !== undefined) this.late.add(now - dueAt);
			for (const tally of this.#tallies()) tally.published += 1;
			return true;
		}
		return false;
	}

	*#tallies(): Iterable<Tally> {
		if (this.tally !== undefined) yield this.tally;
		if (this.slice !== undefined) yield this.slice;
	}

	#add(): void {
		const { bytes, window } = this.#options;
		const number = this.#publishers.length;
		let dialledAt = 0;
		const underWay = new Map<number, number>();
		const client = this.#make({
			clientId: `thimble-${this.#run}-${number}`,
			socket: { io: watchedSocket(this.#options.socket, () => (dialledAt = performance.now())) },
			limits: {
				send: Math.max(2048, this.#send()),
				messages: Math.min(MOST_MESSAGES, window) + 1,
				outbox: Math.min(OUTBOX_BYTES, (window + 1) * (bytes + ENVELOPE_BYTES)),
			},
			onOnline: () => {
				publisher.isOnline = true;
				this.connect.add(performance.now() - dialledAt);
			},
			onOffline: code => {
				this.#handleOffline(code, publisher.isOnline);
				publisher.isOnline = false;
			},
			onPublishEnd: (ticket, end) => this.#handleEnd(underWay, ticket, end),
			onClosed: () => {
				publisher.isOnline = false;
			},
		});
		const publisher: Publisher = {
			client,
			topic: client.topic(`thimble/bench/${this.#run}/${number}`),
			underWay,
			sequence: 0,
			isOnline: false,
		};
		this.#publishers.push(publisher);
		this.#heard.push({ last: 0, count: 0 });
		client.open();
	}

	#subscribe(): void {
		const client = this.#make({
			clientId: `thimble-${this.#run}-all`,
			socket: { io: this.#options.socket },
			limits: { send: Math.max(2048, this.#send()), receive: OUTBOX_BYTES, received: 1024 },
			onSubscribed: (_handle, code) => {
				if (code < 0x80) this.#isSubscribed = true;
				else this.code = code;
			},
			onOffline: code => this.#handleOffline(code, this.#isSubscribed),
		});
		// Never at QoS 2: when messages queue for a subscriber, mosquitto 2.0.11 has more of them under way than its Receive
		// Maximum allows [MQTT-3.3.4-9], and the client, whose table of them is full, has to end the connection.
		client.subscribe(`thimble/bench/${this.#run}/+`, message => this.#handleArrival(message), {
			qos: this.#options.qos === 0 ? 0 : 1,
		});
		this.#subscriber = client;
		client.open();
	}

	#make(options: Partial<ClientOptions> & Pick<ClientOptions, "clientId" | "socket">): Client {
		const { host, password, port, protocolVersion, userName } = this.#options;
		return new Client({
			host,
			port,
			protocolVersion,
			...(userName !== undefined && { userName }),
			...(password !== undefined && { password }),
			resolver: { io: NodeResolver },
			timer: { io: NodeTimer },
			clock: nodeClock,
			random: nodeRandom,
			...options,
		});
	}

	#send(): number {
		return sendLimit(this.#options.userName, this.#options.password);
	}

	#handleOffline(code: number, wasOnline: boolean): void {
		if (this.#isClosing) return;
		this.code = code;
		if (wasOnline) this.drops += 1;
	}

	#handleEnd(underWay: Map<number, number>, ticket: number, end: number): void {
		const publishedAt = underWay.get(ticket);
		underWay.delete(ticket);
		if (end !== END_SETTLED) {
			this.failed += 1;
			return;
		}
		if (publishedAt === undefined) return;
		const took = performance.now() - publishedAt;
		for (const tally of this.#tallies()) {
			tally.acknowledged += 1;
			tally.acknowledge.add(took);
		}
	}

	#handleArrival({ bytes, payloadAt, total, payloadLength }: Incoming): void {
		if (total !== payloadLength || payloadLength < LEAST_BYTES) return;
		const view = new DataView(bytes.buffer, bytes.byteOffset + payloadAt, LEAST_BYTES);
		const heard = this.#heard[view.getUint32(0, true)];
		if (heard === undefined) return;
		const sequence = view.getUint32(4, true);
		// Messages of a topic keep their order [MQTT-4.6.0-6]: what is not larger has been there.
		if (sequence <= heard.last) {
			this.repeated += 1;
			return;
		}
		heard.last = sequence;
		heard.count += 1;
		const took = performance.now() - view.getFloat64(8, true);
		for (const tally of this.#tallies()) {
			tally.arrived += 1;
			tally.arrive.add(took);
		}
	}
}

function sleep(milliseconds: number): Promise<void> {
	return new Promise(resolve => setTimeout(resolve, milliseconds));
}

function turn(): Promise<void> {
	return new Promise(resolve => setImmediate(resolve));
}
