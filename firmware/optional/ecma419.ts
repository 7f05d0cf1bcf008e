// ECMA-419's MQTT Client Class over our client: a program that was written for `embedded:network/mqtt/client` runs on it as it
// stands. One instance is one connection, as there: it opens by itself, calls back with itself as `this` and never from inside
// the constructor, `read` or `write`, and is over after `close()`, or when onError has told that the connection has gone.
//
//     const MQTTClient = device.network.mqtt.io;
//     new MQTTClient({
//         ...device.network.mqtt,
//         host: "broker.lan",
//         onControl(message) {
//             if (message.operation === MQTTClient.CONNACK) this.write(ArrayBuffer.fromString("21.5"), { topic: "lab/value" });
//         },
//     });
//
// The contract and the SDK's class differ in places: onControl gets the message alone there, opcode and message here; ours gets
// the message twice. Its `keepalive` is in ms, and may be written `keepAlive`. What the contract has no way to say:
//
// - Packet ids are the client's: an `id` of the program comes back with the acknowledgement, but is not on the wire. What the
//   client sees to by itself is not told when it happens: PUBREC comes with its PUBCOMP, PUBREL never. PUBACK, PUBREC and PUBCOMP
//   may be written, and do nothing; PUBREL may not. `duplicate` is the client's to say.
// - SUBSCRIBE and UNSUBSCRIBE leave one after the other, each when the one before it has been answered; messages do not wait for
//   that. A filter that `limits` have no room for is answered with 0x80.
// - A message in pieces that fits into the outbox leaves when it is whole; a larger one leaves as it comes, one at a time, and its
//   topic keeps its place in the table of topics. Where `write` returns 0, onWritable says when there is room again.
// - While the program leaves bytes unread nothing more is read from the connection, the answers to pings neither.
// - DISCONNECT leaves when what was written before it has been acknowledged, or after five seconds. onError then tells, as for
//   any end, that the connection has gone: with an Error whose `code` is one of error.ts or reason.ts.
// - What our client does beyond it is asked for in `client`, its own options: 5.0, a store, policies. With `reconnect: true`
//   the end of a connection is no end: onControl tells DISCONNECT with its `code`, then CONNACK with `sessionPresent`; what was
//   under way goes on, subscriptions stand, and what did not survive is told as PUBLISH with its `id` and `code`: a message in
//   pieces that was streamed cannot, and takes another connection with it.

import type {
	Clock,
	Random,
	Resolver,
	ResolverConstructor,
	SocketConstructor,
	SocketOptions,
	Timer,
	TimerConstructor,
} from "../io.js";
import { Client, type ClientOptions, END_REFUSED, END_SETTLED, type Incoming, type Will } from "../mqtt/client.js";
import { CLOSED, OK } from "../mqtt/error.js";
import { type Limits, withDefaults } from "../mqtt/limits.js";
import { Filters } from "./filters.js";
import { type ByteBuffer, bytesOf, type Fragment, Fragments } from "./fragments.js";
import { type Behind, Gate, type Reader } from "./gate.js";
import { Messages, problem, textOf, type WriteOptions } from "./messages.js";

/** What onControl gets. */
export interface Control {
	operation: number;
	id?: number;
	/** SUBACK: a byte for each item. */
	payload?: number[];
	/** CONNACK. */
	returnCode?: number;
	sessionPresent?: boolean;
	/** Why, where it is no success: a code of error.ts or a reason of reason.ts. */
	code?: number;
}

export interface MQTTClientOptions {
	/** A name for `dns` to look up, or an IP address. */
	host?: string;
	/** An IP address, instead of `host`. */
	address?: string;
	port?: number;
	id?: string;
	user?: string;
	password?: string | ByteBuffer;
	/** In ms. Default 0: none. */
	keepalive?: number;
	keepAlive?: number;
	clean?: boolean;
	will?: {
		topic?: string | ByteBuffer;
		message?: string | ByteBuffer;
		QoS?: number;
		retain?: boolean | number;
	};
	target?: unknown;
	format?: string;
	socket: Behind;
	/** The class of the resolver, and its own options. */
	dns?: { io: new (options: never) => Resolver };
	timer: { io: TimerConstructor };
	clock: Clock;
	random: Random;
	reconnect?: boolean;
	client?: Partial<ClientOptions>;
	onReadable?(this: MQTTClient, count: number, fragment: Fragment): void;
	onWritable?(this: MQTTClient, count: number): void;
	onControl?(this: MQTTClient, message: Control, again: Control): void;
	onError?(this: MQTTClient, error?: unknown): void;
}

/** Fits a program that writes some kilobytes without looking, as the socket's own buffer does for the SDK's class. */
const LIMITS: Readonly<Partial<Limits>> = Object.freeze({ outbox: 2048, messages: 16, topics: 16, topicBytes: 512 });
/** A program takes its time between the pieces of a message: a day at most. */
const PATIENCE_MS = 86_400_000;
const GOODBYE_MS = 5000;

export class MQTTClient {
	static readonly CONNECT = 1;
	static readonly CONNACK = 2;
	static readonly PUBLISH = 3;
	static readonly PUBACK = 4;
	static readonly PUBREC = 5;
	static readonly PUBREL = 6;
	static readonly PUBCOMP = 7;
	static readonly SUBSCRIBE = 8;
	static readonly SUBACK = 9;
	static readonly UNSUBSCRIBE = 10;
	static readonly UNSUBACK = 11;
	static readonly PINGREQ = 12;
	static readonly PINGRESP = 13;
	static readonly DISCONNECT = 14;

	declare readonly target?: unknown;
	readonly #options: MQTTClientOptions;
	readonly #client: Client;
	readonly #limits: Limits;
	readonly #timer: Timer;
	#gate: Gate | undefined = undefined;
	#isClosed = false;
	/** DISCONNECT has been written. */
	#isLeaving = false;
	/** Why the connection has gone, until onError, or onControl, has said so. */
	#gone = OK;
	/** onWritable is owed. */
	#wantsRoom = false;

	readonly #fragments: Fragments;
	readonly #filters: Filters;
	readonly #messages: Messages;

	/** Throws where an option is wrong; everything else is told later. */
	constructor(options: MQTTClientOptions) {
		const {
			address,
			clean = true,
			client,
			dns,
			host = address,
			id = "",
			keepAlive,
			password,
			socket,
			target,
		} = options;
		if (!host) throw new Error("host required");
		this.format = options.format ?? "buffer";
		if (target !== undefined) this.target = target;
		this.#options = options;
		this.#limits = withDefaults({ ...LIMITS, ...client?.limits });
		const poke = () => this.#poke();
		this.#fragments = new Fragments((count, fragment) => options.onReadable?.call(this, count, fragment), poke);
		const fragments = this.#fragments;
		const reader: Reader = {
			portion: this.#limits.receive,
			get holds() {
				return fragments.holds;
			},
			poke,
		};
		const self = this;
		this.#client = new Client({
			...client,
			host: address ?? host,
			port: options.port ?? 1883,
			clientId: id,
			cleanSession: clean,
			keepAlive: Math.min(Math.ceil((keepAlive ?? options.keepalive ?? 0) / 1000), 65_535),
			...(options.user && { userName: options.user }),
			...(password && { password: typeof password === "string" ? password : bytesOf(password) }),
			...willOf(options),
			socket: {
				// A function, since what `new` gives is another object.
				io: function Behind(given: SocketOptions) {
					self.#gate = new Gate(given, reader, socket, host);
					return self.#gate;
				} as unknown as SocketConstructor,
			},
			...(dns !== undefined && {
				resolver: {
					io: function Asking() {
						return new dns.io(dns as never);
					} as unknown as ResolverConstructor,
				},
			}),
			timer: options.timer,
			clock: options.clock,
			random: options.random,
			limits: this.#limits,
			timeouts: { sourceMs: PATIENCE_MS, ...client?.timeouts },
			onOnline: sessionPresent => this.#handleOnline(sessionPresent),
			onOffline: code => this.#handleOffline(code),
			onPublishEnd: (ticket, end, code) => this.#handleEnd(ticket, end, code),
			onSubscribed: (handle, code) => this.#filters.handleAnswer(true, handle, code),
			onUnsubscribed: (handle, code) => this.#filters.handleAnswer(false, handle, code),
			onMessage: message => this.#handleMessage(message),
			onPing: () => this.#control({ operation: MQTTClient.PINGRESP }),
			onDrained: code => this.#handleDrained(code),
		});
		this.#filters = new Filters(
			this.#client,
			message => this.#handleMessage(message),
			(subscribes, id, payload) => this.#handleAnswered(subscribes, id, payload),
		);
		this.#messages = new Messages(this.#client, this.#limits, poke);
		this.#timer = new options.timer.io({ onTimer: () => this.#handleTimer() });
		this.#client.open();
	}

	set format(value: string) {
		if (value !== "buffer") throw new RangeError("format: expected buffer");
	}

	get format(): string {
		return "buffer";
	}

	/** Releases everything at once, without DISCONNECT: the server publishes the will. Nothing is called after this. */
	close(): void {
		if (this.#isClosed) return;
		this.#isClosed = true;
		this.#timer.close();
		this.#client.close(false);
		this.#fragments.clear();
		this.#filters.clear();
	}

	/**
	 * Bytes of the fragment that onReadable was last called with: so many of them at most, or all; or as many as fit into the
	 * buffer, and how many that were. Undefined where none is left.
	 */
	read(count?: number): ArrayBuffer | undefined;
	read(buffer: ByteBuffer): number | undefined;
	read(wanted?: number | ByteBuffer): ArrayBuffer | number | undefined {
		return this.#fragments.read(wanted);
	}

	/**
	 * A message, or a piece of one; or what `operation` says. Returns how many bytes may be written next. Throws before CONNACK,
	 * where it is too much, and where the program does not keep to the contract; nothing was taken then.
	 */
	write(data: ByteBuffer | null | undefined, options?: WriteOptions): number {
		if (this.#isClosed || this.#isLeaving || !this.#client.isOnline) throw new Error("not connected");
		if (this.#messages.isOpen) {
			if (options !== undefined) throw new Error("the message before is not complete");
			this.#messages.writePiece(bytesOf(data));
		} else {
			if (options === undefined) throw new Error("options required");
			this.#writeOptions(bytesOf(data), options);
		}
		this.#wantsRoom = true;
		this.#poke();
		return this.#messages.room;
	}

	#writeOptions(data: Uint8Array, options: WriteOptions): void {
		const { operation = MQTTClient.PUBLISH } = options;
		switch (operation) {
			case MQTTClient.PUBLISH:
				this.#messages.write(data, options);
				return;
			case MQTTClient.SUBSCRIBE:
			case MQTTClient.UNSUBSCRIBE:
				this.#request(operation, options);
				return;
			case MQTTClient.PINGREQ:
				this.#client.ping();
				return;
			case MQTTClient.DISCONNECT:
				this.#leave();
				return;
			case MQTTClient.PUBACK:
			case MQTTClient.PUBREC:
			case MQTTClient.PUBCOMP:
				return;
			default:
				throw new Error(`operation ${operation} is not for writing`);
		}
	}

	#request(operation: number, { id, items }: WriteOptions): void {
		if (items === undefined || items.length === 0) throw new Error("items required");
		const filters = items.map(({ QoS = 0, topic }) => ({ QoS, topic: textOf(topic) }));
		this.#filters.write(operation === MQTTClient.SUBSCRIBE, id, filters);
		// Where nothing of it can be asked for, the answer is ours.
		this.#poke();
	}

	#handleAnswered(subscribes: boolean, id: number, payload: number[]): void {
		if (this.#isLeaving) this.#leave();
		if (subscribes) this.#control({ operation: MQTTClient.SUBACK, id, payload });
		else this.#control({ operation: MQTTClient.UNSUBACK, id });
	}

	/** As soon as what was written before has been answered. */
	#leave(): void {
		this.#isLeaving = true;
		if (this.#filters.isIdle) this.#client.drain(GOODBYE_MS);
	}

	#handleDrained(code: number): void {
		// Else the client is closed already.
		if (code === CLOSED) return;
		if (!this.#filters.isIdle) this.#filters.handleTurn();
		else if (this.#isLeaving) {
			this.#gone = CLOSED;
			this.#client.close();
			this.#poke();
		}
	}

	#handleOnline(sessionPresent: boolean): void {
		this.#wantsRoom = true;
		this.#poke();
		this.#control({ operation: MQTTClient.CONNACK, returnCode: 0, sessionPresent });
	}

	#handleOffline(code: number): void {
		if (this.#isClosed || this.#gone !== OK) return;
		this.#gone = code;
		this.#fragments.restart();
		this.#messages.abandon();
		if (!this.#comesBack) this.#client.close(false);
		this.#poke();
	}

	get #comesBack(): boolean {
		return this.#options.reconnect === true && !this.#isLeaving;
	}

	#handleEnd(ticket: number, end: number, code: number): void {
		const sent = this.#messages.handleEnd(ticket);
		if (sent === undefined) return;
		const { id, QoS } = sent;
		const why = code === OK ? {} : { code };
		if (end !== END_SETTLED && end !== END_REFUSED) {
			if (this.#comesBack) this.#control({ operation: MQTTClient.PUBLISH, id, ...why });
		} else if (QoS === 1) this.#control({ operation: MQTTClient.PUBACK, id, ...why });
		else {
			this.#control({ operation: MQTTClient.PUBREC, id, ...why });
			if (end === END_SETTLED) this.#control({ operation: MQTTClient.PUBCOMP, id });
		}
	}

	#control(message: Control): void {
		if (this.#isClosed) return;
		const before = this.#filters.hold();
		try {
			this.#options.onControl?.call(this, message, message);
		} finally {
			this.#filters.release(before);
		}
	}

	#handleMessage(message: Incoming): void {
		if (this.#isClosed || this.#options.onReadable === undefined || message.aborted) return;
		const before = this.#filters.hold();
		try {
			this.#fragments.take(message, this.#gate!.reads);
		} finally {
			this.#filters.release(before);
		}
	}

	#poke(): void {
		if (!this.#isClosed) this.#timer.schedule(0);
	}

	#handleTimer(): void {
		const gone = this.#gone;
		if (gone !== OK) {
			this.#gone = OK;
			if (this.#comesBack) this.#control({ operation: MQTTClient.DISCONNECT, code: gone });
			else {
				this.close();
				this.#options.onError?.call(this, problem("connection closed", gone));
			}
		}
		this.#filters.settle();
		this.#fragments.next();
		if (this.#isClosed) return;
		this.#gate?.offer();
		const room = this.#wantsRoom && !this.#isLeaving && this.#client.isOnline ? this.#messages.room : 0;
		if (room === 0 || this.#isClosed) return;
		this.#wantsRoom = false;
		this.#options.onWritable?.call(this, room);
	}
}

Object.freeze(MQTTClient.prototype);

function willOf({ will }: MQTTClientOptions): { will?: Will } {
	if (will?.topic === undefined) return {};
	const { message = "", QoS = 0, retain, topic } = will;
	const payload = typeof message === "string" ? message : bytesOf(message);
	return { will: { topic: textOf(topic), payload, qos: QoS, retain: Boolean(retain) } };
}
