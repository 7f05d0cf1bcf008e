// An MQTT client. It holds the socket, the timer and the application's callbacks, and does what the session says: bytes
// and time go down into the session, bytes and events come up. It is the only one that calls the application.
//
//     const client = new Client({ host, clientId, socket: { io: TCP }, timer: { io: Timer }, clock, random });
//     const topic = client.topic("lab/temperature");
//     client.open();
//     client.publish(topic, bytes, length, QOS_1);     // integers in, an integer out, nothing allocated
//
// Inside a callback, publish, subscribe and close only take note: they act when the callback has returned, so they
// always meet a settled state.

import type { Clock, Resolver, Socket, Timer } from "../io.js";
import { checkCollaborators, checkConnect, checkFilter, checkFlags, refuseHandle, refuseInSource } from "./check.js";
import { DRAIN, PING, TELL } from "./deadline.js";
import { connectRemaining, HEAD_MOST, packetLength, putEmpty } from "./encode.js";
import {
	APPLICATION_THREW,
	BAD_OPTION,
	BAD_PAYLOAD,
	BAD_STATE,
	BAD_TOPIC_NAME,
	CLOSED as CODE_CLOSED,
	CONNECT_FAILED,
	DRAIN_TIMEOUT,
	LINK_LOST,
	MESSAGE_SKIPPED,
	Misuse,
	OFFLINE,
	OK,
	RECEIVE_TABLE_FULL,
	RESOLVE_FAILED,
	SOURCE_BUSY,
	TOO_LARGE,
} from "./error.js";
import { NOTHING } from "./framer.js";
import type { Incoming } from "./incoming.js";
import { checked, KEEP_ALIVE, withDefaults } from "./limits.js";
import type { ClientOptions, MessageHandler, Source } from "./options.js";
import { DISCONNECT, QOS_MASK, RETAIN } from "./packet.js";
import {
	ANSWERED,
	DELIVER,
	DRAIN_EXPIRED,
	END_DROPPED,
	END_LOST,
	END_SETTLED,
	ONLINE as EVENT_ONLINE,
	FAILED,
	OPEN,
	PONG,
	SETTLED,
} from "./session/event.js";
import { abortDelivery, finishDelivery, pollAcknowledgements } from "./session/inbound.js";
import { requestPing } from "./session/liveness.js";
import { endMessages, pollDirect, requestPublish, requestStream } from "./session/outbound.js";
import { Session } from "./session/session.js";
import { CLOSED, CONNECTING, ONLINE, OPENING, WANTS_CONNECT, WANTS_REQUEST } from "./session/state.js";
import { requestLength } from "./session/subscription.js";
import { waitsOf } from "./session/waits.js";
import { isTopicName, REMOVED, UNWANTED } from "./topic.js";
import { putUint16, putUtf8, utf8Bytes, utf8Length } from "./wire.js";

export { Misuse } from "./error.js";
export type { Incoming } from "./incoming.js";
export type { Limits } from "./limits.js";
export type { ClientOptions, MessageHandler, Source, Timeouts, Will } from "./options.js";
export { QOS_1, QOS_2, RETAIN } from "./packet.js";
export { END_DROPPED, END_LOST, END_REFUSED, END_SETTLED } from "./session/event.js";

/** QoS (0, 1 or 2; default 0) and retain (default false) of a publish by name. */
export interface PublishOptions {
	qos?: number;
	retain?: boolean;
}

/** QoS (0, 1 or 2; default 0) of a subscription, and whether its handler takes large messages in spans. */
export interface SubscribeOptions {
	qos?: number;
	/**
	 * False (the default): the handler gets whole messages, and one larger than the receive buffer is skipped with
	 * MESSAGE_SKIPPED. True: it gets every message in one or more spans (`position`, `last`, `aborted`).
	 */
	stream?: boolean;
}

export class Client {
	readonly #session: Session;
	readonly #clock: Clock;
	readonly #options: ClientOptions;
	readonly #host: string;
	readonly #port: number;
	readonly #handlers: (MessageHandler | undefined)[];
	#socket: Socket | undefined = undefined;
	#timer: Timer | undefined = undefined;
	#resolver: Resolver | undefined = undefined;
	/** Bytes that the socket takes now, and that wait in it. */
	#room = 0;
	#readable = 0;
	/** A full control lane has stopped the reading: packets may wait here or in the socket. */
	#stalled = false;
	/** Why the link will be closed as soon as the acknowledgements owed have left; 0 for not at all. */
	#leaving = 0;
	/** In a callback of ours, perhaps in one of the application's: calls only take note. */
	#busy = false;
	#closing = false;
	#graceful = true;
	#draining = false;
	#timerSet = false;
	#timerAt = 0;
	#hasThrown = false;
	#thrown: unknown = undefined;

	/** Takes all memory that the client will ever use, and the options as they are. Throws Misuse where one is wrong. */
	constructor(options: ClientOptions) {
		checkCollaborators(options);
		const limits = withDefaults(options.limits);
		const keepAlive = checked("keepAlive", options.keepAlive ?? KEEP_ALIVE, 0, 65_535);
		checkConnect(options);
		const length = packetLength(connectRemaining(options));
		if (length > limits.send)
			throw new Misuse(BAD_OPTION, `CONNECT has ${length} bytes, limits.send is ${limits.send}`);
		this.#session = new Session(limits, options, waitsOf(options.timeouts, keepAlive));
		this.#clock = options.clock;
		this.#options = options;
		this.#host = options.host ?? "localhost";
		this.#port = checked("port", options.port ?? 1883, 1, 65_535);
		this.#handlers = new Array(limits.topics + 1).fill(undefined);
	}

	/** True between the server's CONNACK and the end of that connection. */
	get isOnline(): boolean {
		return this.#session.phase === ONLINE;
	}

	/** Round-trip time of the last PINGREQ in ms, or -1. */
	get pingMs(): number {
		return this.#session.pingMs;
	}

	/** Publishes that have not ended. */
	get unsettled(): number {
		return this.#session.inflight.held;
	}

	/** Bytes of the outbox in use, with their bookkeeping. */
	get heldBytes(): number {
		return this.#session.outbox.heldBytes;
	}

	/** Connects, and from now on comes back whenever the connection goes, until close(). Throws Misuse if open. */
	open(): void {
		if (this.#session.phase !== CLOSED || this.#closing)
			throw new Misuse(BAD_STATE, "open: the client is open already");
		const now = this.#clock.now();
		this.#timer = new this.#options.timer.io({ target: this, onTimer });
		this.#session.requestOpen(now);
		this.#schedule(now);
	}

	/**
	 * A handle for publishing to this topic name; the same name has always the same handle. Negative: minus TOPICS_FULL.
	 * Throws Misuse for a name that no PUBLISH may carry. Allocates: for set-up.
	 */
	topic(name: string): number {
		return this.#session.topics.addName(name);
	}

	/**
	 * Publishes `length` bytes of `payload`, from `offset` on, to the topic with this handle. `flags` is QOS_1, QOS_2 or
	 * 0, and RETAIN. Copies, never waits, allocates nothing.
	 *
	 * Returns a ticket above 0, for which onPublishEnd will be called exactly once; 0 where a QoS 0 message has gone to
	 * the socket already; or minus an error code (OFFLINE, OUTBOX_FULL, IN_FLIGHT_FULL, TOO_LARGE), and nothing was
	 * taken. Throws Misuse.
	 */
	publish(topic: number, payload: Uint8Array, length?: number, flags?: number, offset?: number): number;
	/** The same by name, for when allocating is no matter: strings become UTF-8. */
	publish(topic: string, payload: string | Uint8Array, options?: PublishOptions): number;
	publish(
		topic: number | string,
		payload: string | Uint8Array,
		length?: number | PublishOptions,
		flags = 0,
		offset = 0,
	): number {
		if (typeof topic === "string") return this.#publishByName(topic, payload, length as PublishOptions | undefined);
		const nameAt = this.#session.topics.nameAt(topic);
		if (nameAt === 0) refuseHandle(topic, "topic name");
		const bytes = payload as Uint8Array;
		const count = (length as number | undefined) ?? bytes.length - offset;
		if (bytes.BYTES_PER_ELEMENT !== 1) throw new Misuse(BAD_PAYLOAD, "publish: expected a Uint8Array");
		if ((count | 0) !== count || (offset | 0) !== offset || count < 0 || offset < 0 || offset + count > bytes.length)
			throw new Misuse(BAD_PAYLOAD, `publish: the payload has no ${count} bytes from ${offset} on`);
		checkFlags(flags);
		return this.#publish(nameAt, bytes, offset, count, flags);
	}

	/**
	 * Publishes a payload of `length` bytes that `source` gives piece by piece while it is sent, however large. One at a
	 * time: minus SOURCE_BUSY otherwise. A source that gives nothing for `timeouts.sourceMs` closes the link. Returns
	 * and throws like publish().
	 */
	publishFrom(topic: number, source: Source, length: number, flags = 0): number {
		const session = this.#session;
		const nameAt = session.topics.nameAt(topic);
		if (nameAt === 0) refuseHandle(topic, "topic name");
		if (!Number.isInteger(length) || length < 0)
			throw new Misuse(BAD_PAYLOAD, `publishFrom: expected a length in bytes, got ${length}`);
		if (typeof source?.read !== "function") throw new Misuse(BAD_PAYLOAD, "publishFrom: expected a source");
		if (session.isReading) refuseInSource();
		checkFlags(flags);
		if ((flags & QOS_MASK) === 0 && session.phase !== ONLINE) return -OFFLINE;
		if (session.source !== undefined) return -SOURCE_BUSY;
		const ticket = requestStream(session, nameAt, source, length, flags);
		if (ticket > 0 && !this.#busy) this.#advance();
		return ticket;
	}

	/** The source of a streamed publish has bytes again. */
	resume(): void {
		if (!this.#busy) this.#settle(this.#clock.now());
	}

	/**
	 * Calls `handler` for every message whose topic matches the filter, now and on every later connection. onSubscribed
	 * tells what the server answered. The same filter again replaces its QoS and handler. Returns a handle, or minus
	 * TOPICS_FULL. Throws Misuse. Allocates: for set-up.
	 */
	subscribe(filter: string, handler: MessageHandler, options?: SubscribeOptions): number;
	/** Several filters in one SUBSCRIBE: their handles, each as above. */
	subscribe(filters: readonly string[], handler: MessageHandler, options?: SubscribeOptions): number[];
	subscribe(
		filters: string | readonly string[],
		handler: MessageHandler,
		options?: SubscribeOptions,
	): number | number[] {
		const qos = checked("qos", options?.qos ?? 0, 0, 2);
		if (typeof handler !== "function") throw new Misuse(BAD_OPTION, "subscribe: expected a function for the messages");
		const list = typeof filters === "string" ? [filters] : filters;
		// All or none: a filter that is none must not leave the others behind.
		for (let i = 0; i < list.length; i += 1) checkFilter(list[i]);
		const handles: number[] = [];
		for (let i = 0; i < list.length; i += 1)
			handles.push(this.#subscribe(list[i], handler, qos, options?.stream === true));
		this.#session.wants |= WANTS_REQUEST;
		if (!this.#busy) this.#settle(this.#clock.now());
		return typeof filters === "string" ? handles[0] : handles;
	}

	/** Takes a subscription back; onUnsubscribed tells when the server has agreed. Until then messages may still come. */
	unsubscribe(handle: number): void {
		const session = this.#session;
		if (!session.topics.isFilter(handle) || session.topics.standing(handle) === REMOVED)
			refuseHandle(handle, "subscription");
		session.topics.setStanding(handle, UNWANTED);
		session.wants |= WANTS_REQUEST;
		if (!this.#busy) this.#settle(this.#clock.now());
	}

	/**
	 * Acknowledges a message that its handler held back with `message.hold()`. Acknowledgements leave in the order of the
	 * messages, so one may wait for an earlier one. False: the token is used up, or its connection is gone and the
	 * message will come again.
	 */
	acknowledge(token: number): boolean {
		const session = this.#session;
		const known = session.received.acknowledge(token);
		if (known && !this.#busy) {
			pollAcknowledgements(session);
			this.#settle(this.#clock.now());
		}
		return known;
	}

	/** Sends PINGREQ, if online and none is unanswered; onPing tells the round-trip time. Keep-alive needs no such call. */
	ping(): void {
		if (this.#session.phase !== ONLINE) return;
		requestPing(this.#session);
		if (!this.#busy) this.#settle(this.#clock.now());
	}

	/** Calls onDrained(OK) once every publish has ended, onDrained(DRAIN_TIMEOUT) after `milliseconds`, or with CLOSED. */
	drain(milliseconds: number): void {
		const session = this.#session;
		checked("drain", milliseconds, 0, 86_400_000);
		if (session.phase === CLOSED) throw new Misuse(BAD_STATE, "drain: the client is not open");
		const now = this.#clock.now();
		this.#draining = true;
		session.deadlines.arm(DRAIN, now + milliseconds);
		if (!this.#busy) this.#settle(now);
	}

	/**
	 * Says DISCONNECT, so that the server keeps the will to itself, and closes; with `graceful` false it just closes, and
	 * the server publishes the will. Publishes that have not ended end now, as
	 * lost or dropped; drain() first to wait for them. No callback comes after it has returned; called inside a callback,
	 * it acts when that has returned.
	 */
	close(graceful = true): void {
		if (this.#session.phase === CLOSED) return;
		this.#closing = true;
		this.#graceful = graceful;
		if (!this.#busy) this.#settle(this.#clock.now());
	}

	// What the socket and the timer call.

	/** @internal */
	handleReadable(socket: Socket, count: number): void {
		if (socket !== this.#socket) return;
		const now = this.#clock.now();
		this.#readable = count;
		this.#busy = true;
		this.#receive(now);
		this.#settle(now);
	}

	/** @internal */
	handleWritable(socket: Socket, count: number): void {
		if (socket !== this.#socket) return;
		const now = this.#clock.now();
		this.#room = count;
		this.#busy = true;
		if (this.#session.phase === OPENING) this.#session.handleLinkUp(now);
		this.#settle(now);
	}

	/** @internal */
	handleSocketError(socket: Socket): void {
		if (socket !== this.#socket) return;
		const now = this.#clock.now();
		this.#busy = true;
		this.#dropLink(this.#session.phase === OPENING ? CONNECT_FAILED : LINK_LOST, now);
		this.#settle(now);
	}

	/** @internal */
	handleTimer(): void {
		const now = this.#clock.now();
		const session = this.#session;
		this.#timerSet = false;
		this.#busy = true;
		for (let event = session.handleTime(now); event !== NOTHING; event = session.handleTime(now)) {
			// Somebody has closed in the meantime: the turn ends with that.
			if (event === OPEN && !this.#closing) this.#openLink(now);
			else if (event === FAILED) this.#dropLink(session.error, now);
			else if (event === DRAIN_EXPIRED) this.#endDrain(DRAIN_TIMEOUT);
		}
		this.#settle(now);
	}

	// The way in.

	/** Reads and handles packets while there are any, and while their acknowledgements have a place to wait. */
	#receive(now: number): void {
		const session = this.#session;
		const { framer, lane } = session;
		const socket = this.#socket;
		this.#stalled = false;
		while (socket !== undefined && this.#socket === socket && !this.#closing && this.#leaving === 0) {
			// What the handlers have allowed in the meantime makes room for what they have not.
			if (session.received.queued !== 0) pollAcknowledgements(session);
			if (lane.waiting === lane.capacity) {
				this.#transmit(now);
				this.#stalled = lane.waiting === lane.capacity && this.#socket === socket;
				if (this.#stalled) return;
			}
			let kind = framer.next();
			if (kind === NOTHING) {
				if (this.#readable === 0) return;
				this.#fill(socket, now);
				kind = framer.next();
				if (kind === NOTHING) continue;
			}
			this.#handle(session.handleFrame(kind, now), now);
		}
	}

	#fill(socket: Socket, now: number): void {
		try {
			this.#readable -= this.#session.framer.fill(socket, this.#readable);
		} catch {
			this.#session.arena.restore();
			this.#dropLink(LINK_LOST, now);
		}
	}

	#handle(event: number, now: number): void {
		const session = this.#session;
		switch (event) {
			case DELIVER: {
				this.#deliver();
				if (session.packet.last && finishDelivery(session) === FAILED) this.#fail(now);
				return;
			}
			case SETTLED:
				this.#tellEnd(session.ticket, END_SETTLED, OK);
				return;
			case EVENT_ONLINE:
				// What was lost with the old session makes room for what onOnline may publish.
				this.#tellEnds();
				try {
					this.#options.onOnline?.(session.sessionPresent);
				} catch (error) {
					this.#keepThrown(error);
				}
				this.#tellAnswers();
				return;
			case ANSWERED:
				this.#tellAnswers();
				return;
			case PONG:
				try {
					this.#options.onPing?.(session.pingMs);
				} catch (error) {
					this.#keepThrown(error);
				}
				return;
			case FAILED:
				this.#fail(now);
		}
	}

	/** What was accepted before the packet that broke the connection is still acknowledged, if the socket lets us. */
	#fail(now: number): void {
		const code = this.#session.error;
		const socket = this.#socket;
		this.#transmit(now);
		if (this.#socket !== socket) return;
		// Nothing but acknowledgements makes room on both sides: closing before they have left would come here again.
		if (code === RECEIVE_TABLE_FULL && this.#session.lane.waiting !== 0) {
			this.#leaving = code;
			// Nothing is read from here on, so PINGRESP's deadline is free to bound the wait.
			const { deadlines, waits } = this.#session;
			if (!deadlines.isArmed(PING)) deadlines.arm(PING, now + waits.pingMs);
		} else this.#dropLink(code, now);
	}

	/** The message, or span, to every handler whose filter matches. */
	#deliver(): void {
		const session = this.#session;
		const { packet, topics } = session;
		const whole = packet.payloadLength === packet.total;
		let taken = packet.route > 0 && this.#hand(packet.route, whole, packet);
		if (topics.wildcards !== 0) {
			const { topicAt, topicLength } = packet;
			for (let handle = topics.nextMatch(1, topicAt, topicLength); handle !== 0; ) {
				if (this.#hand(handle, whole, packet)) taken = true;
				handle = topics.nextMatch(handle + 1, topicAt, topicLength);
			}
		}
		if (taken) return;
		if (!whole) {
			if (packet.last) this.#report(MESSAGE_SKIPPED, undefined);
			return;
		}
		try {
			this.#options.onMessage?.(packet);
		} catch (error) {
			this.#keepThrown(error);
		}
	}

	#hand(handle: number, whole: boolean, packet: Incoming): boolean {
		const handler = this.#handlers[handle];
		if (handler === undefined) return false;
		if (!whole && !this.#session.topics.streams(handle)) {
			if (packet.last) this.#report(MESSAGE_SKIPPED, undefined);
			return true;
		}
		try {
			handler(packet);
		} catch (error) {
			// The message counts as delivered: sent again it would only throw again.
			this.#keepThrown(error);
		}
		return true;
	}

	// The way out.

	/** The name lies in the arena, with its length before it. */
	#publish(nameAt: number, payload: Uint8Array, offset: number, length: number, flags: number): number {
		const session = this.#session;
		if (session.isReading) refuseInSource();
		if ((flags & QOS_MASK) === 0) {
			if (session.phase !== ONLINE) return -OFFLINE;
			if (!this.#busy) {
				const count = pollDirect(session, this.#room, nameAt, payload, offset, length, flags);
				if (count > 0) return this.#writeDirect(count);
			}
		}
		const ticket = requestPublish(session, nameAt, payload, offset, length, flags);
		if (ticket > 0 && !this.#busy) this.#advance();
		return ticket;
	}

	/** Sends what the direct way has put into the stage: 0, or -OFFLINE where the socket is broken. */
	#writeDirect(count: number): number {
		const now = this.#clock.now();
		this.#session.sentMs = now;
		this.#busy = true;
		const written = this.#write(count, now);
		this.#busy = false;
		if (written) return 0;
		this.#later(now);
		return -OFFLINE;
	}

	/** What a publish can do at once. Ends are told later, when its caller knows the ticket. */
	#advance(): void {
		const now = this.#clock.now();
		const session = this.#session;
		const socket = this.#socket;
		this.#busy = true;
		this.#transmit(now);
		this.#busy = false;
		// A lost link calls onOffline, a source is called to read: both may have asked for more than sending.
		const called = this.#socket !== socket || session.source !== undefined;
		if (called || session.outbox.ended !== 0) this.#later(now);
		else this.#schedule(now);
	}

	/** The rest of #settle() as soon as our caller has returned. */
	#later(now: number): void {
		this.#session.deadlines.arm(TELL, now);
		this.#schedule(now);
	}

	#publishByName(name: string, payload: string | Uint8Array, options: PublishOptions | undefined): number {
		const { arena, stageSize } = this.#session;
		// The name is put into the stage, which a source is just filling.
		if (this.#session.isReading) refuseInSource();
		const length = utf8Length(name, "topic name");
		const bytes = typeof payload === "string" ? utf8Bytes(payload) : payload;
		const qos = checked("qos", options?.qos ?? 0, 0, 2);
		if (HEAD_MOST + 2 + length > stageSize) return -TOO_LARGE;
		const nameAt = arena.stageAt + HEAD_MOST;
		putUtf8(arena.bytes, putUint16(arena.bytes, nameAt, length), name);
		if (!isTopicName(arena.bytes, nameAt + 2, length))
			throw new Misuse(BAD_TOPIC_NAME, `topic name not allowed: "${name}"`);
		return this.#publish(nameAt, bytes, 0, bytes.length, (qos << 1) | (options?.retain ? RETAIN : 0));
	}

	#subscribe(filter: string, handler: MessageHandler, qos: number, stream: boolean): number {
		const session = this.#session;
		const length = utf8Length(filter, "topic filter");
		if (requestLength(length) > session.stageSize) return -TOO_LARGE;
		const handle = session.topics.addFilter(filter, qos, stream);
		if (handle > 0) this.#handlers[handle] = handler;
		return handle;
	}

	/** All that can be sent now. */
	#transmit(now: number): void {
		const session = this.#session;
		const outbox = session.outbox;
		while (session.wants !== 0 || outbox.unsent !== outbox.end) {
			if (this.#socket === undefined) return;
			const count = session.pollTransmit(this.#room, now);
			if (count === 0) return;
			if (count < 0) this.#dropLink(session.error, now);
			else this.#write(count, now);
		}
	}

	#write(count: number, now: number): boolean {
		try {
			this.#room = this.#session.arena.writeStage(this.#socket!, count);
			this.#session.leaving = 0;
			return true;
		} catch {
			this.#session.arena.restore();
			this.#dropLink(LINK_LOST, now);
			return false;
		}
	}

	/** The end of every call and callback: what there is to send, to tell and to wait for. */
	#settle(now: number): void {
		const session = this.#session;
		const { outbox } = session;
		let told = false;
		this.#busy = true;
		for (;;) {
			if (session.received.queued !== 0) pollAcknowledgements(session);
			if (session.wants !== 0 || outbox.unsent !== outbox.end) this.#transmit(now);
			if (outbox.ended !== 0 && !told) {
				this.#tellEnds();
				told = true;
			} else if (this.#leaving !== 0 && session.lane.waiting === 0) this.#dropLink(this.#leaving, now);
			else if (this.#stalled && session.lane.waiting < session.lane.capacity && !this.#closing) this.#receive(now);
			else break;
		}
		if (this.#draining && session.inflight.held === 0) this.#endDrain(OK);
		// What those callbacks have published, and what has ended since, is told from the timer: nobody starves.
		if (outbox.ended !== 0) session.deadlines.arm(TELL, now);
		if (this.#closing) this.#shut(now);
		this.#busy = false;
		this.#schedule(now);
		if (this.#hasThrown) this.#rethrow();
	}

	#schedule(now: number): void {
		if (this.#timer === undefined) return;
		const next = this.#session.deadlines.poll(now);
		if (this.#timerSet && ((next - this.#timerAt) | 0) >= 0) return;
		this.#timerSet = true;
		this.#timerAt = next;
		const wait = (next - now) | 0;
		this.#timer.schedule(wait > 0 ? wait : 0);
	}

	// The link.

	#openLink(now: number): void {
		const Resolver = this.#options.resolver?.io;
		if (Resolver === undefined || isAddress(this.#host)) {
			this.#connect(this.#host, now);
			return;
		}
		this.#session.handleResolving(now);
		let resolver: Resolver | undefined;
		try {
			const asked = new Resolver({});
			resolver = asked;
			this.#resolver = asked;
			asked.resolve({
				host: this.#host,
				onResolved: (_host, address) => this.#handleResolved(asked, address),
				onError: () => this.#handleResolved(asked, undefined),
			});
		} catch {
			// Unless it has answered before it threw.
			if (resolver === this.#resolver) this.#dropLink(RESOLVE_FAILED, now);
		}
	}

	#handleResolved(resolver: Resolver, address: string | undefined): void {
		if (resolver !== this.#resolver) return;
		const now = this.#clock.now();
		const inside = this.#busy;
		this.#busy = true;
		this.#closeResolver();
		if (address === undefined) this.#dropLink(RESOLVE_FAILED, now);
		else this.#connect(address, now);
		if (!inside) this.#settle(now);
	}

	#connect(address: string, now: number): void {
		const { io: TCP, nodelay } = this.#options.socket;
		this.#session.handleConnecting(now);
		try {
			this.#socket = new TCP({
				address,
				port: this.#port,
				nodelay: nodelay ?? true,
				target: this,
				onReadable,
				onWritable,
				onError,
			});
		} catch {
			this.#dropLink(CONNECT_FAILED, now);
		}
	}

	#dropLink(code: number, now: number): void {
		if (abortDelivery(this.#session)) {
			this.#deliver();
			this.#session.packet.aborted = false;
		}
		this.#closeLink();
		this.#session.handleLinkDown(code, now);
		try {
			this.#options.onOffline?.(code);
		} catch (error) {
			this.#keepThrown(error);
		}
	}

	#closeLink(): void {
		this.#closeResolver();
		const socket = this.#socket;
		this.#socket = undefined;
		this.#room = 0;
		this.#readable = 0;
		this.#stalled = false;
		this.#leaving = 0;
		try {
			socket?.close();
		} catch {
			// It is gone either way.
		}
	}

	#closeResolver(): void {
		const resolver = this.#resolver;
		this.#resolver = undefined;
		try {
			resolver?.close();
		} catch {
			// Likewise.
		}
	}

	#shut(now: number): void {
		const session = this.#session;
		const { arena, phase } = session;
		// Nothing may follow DISCONNECT [MQTT-3.14.4-2], and it cannot stand inside another packet.
		const sentConnect = phase >= CONNECTING && (session.wants & WANTS_CONNECT) === 0;
		if (this.#graceful && sentConnect && session.sendLeft === 0 && this.#room >= 2) {
			putEmpty(arena.bytes, arena.stageAt, DISCONNECT);
			this.#write(2, now);
		}
		if (abortDelivery(session)) this.#deliver();
		session.packet.aborted = false;
		this.#closeLink();
		session.requestClose(CODE_CLOSED);
		endMessages(session, CODE_CLOSED, END_LOST, END_DROPPED);
		this.#timer?.close();
		this.#timer = undefined;
		this.#timerSet = false;
		this.#tellEnds();
		if (this.#draining) this.#endDrain(CODE_CLOSED);
		// Callbacks up to here may have called close() once more: that is this one.
		this.#closing = false;
		try {
			this.#options.onClosed?.();
		} catch (error) {
			this.#keepThrown(error);
		}
	}

	// What the application is told.

	#tellEnd(ticket: number, end: number, code: number): void {
		try {
			this.#options.onPublishEnd?.(ticket, end, code);
		} catch (error) {
			this.#keepThrown(error);
		}
	}

	/** As many as there are now. */
	#tellEnds(): void {
		const outbox = this.#session.outbox;
		for (let left = outbox.ended; left > 0 && outbox.ended > 0; left -= 1) {
			const entry = outbox.firstEnded();
			const ticket = outbox.packetId(entry);
			const end = outbox.endOf(entry);
			const code = outbox.codeOf(entry);
			outbox.removeEnded(entry);
			this.#tellEnd(ticket, end, code);
		}
	}

	#tellAnswers(): void {
		const topics = this.#session.topics;
		for (let handle = topics.takeAnswered(); handle !== 0; handle = topics.takeAnswered()) {
			const code = topics.answer(handle);
			const removed = topics.standing(handle) === REMOVED;
			if (removed) {
				topics.remove(handle);
				this.#handlers[handle] = undefined;
			}
			try {
				if (removed) this.#options.onUnsubscribed?.(handle, code);
				else this.#options.onSubscribed?.(handle, code);
			} catch (error) {
				this.#keepThrown(error);
			}
		}
	}

	#endDrain(code: number): void {
		this.#draining = false;
		this.#session.deadlines.disarm(DRAIN);
		// Whoever drains again in the callback is answered from the timer.
		this.#session.deadlines.arm(TELL, this.#clock.now());
		try {
			this.#options.onDrained?.(code);
		} catch (error) {
			this.#keepThrown(error);
		}
	}

	#report(code: number, error: unknown): void {
		try {
			this.#options.onError?.(code, error);
		} catch (thrown) {
			if (!this.#hasThrown) {
				this.#hasThrown = true;
				this.#thrown = thrown;
			}
		}
	}

	/** A callback threw: onError hears of it; without one, our caller does, once the state is settled. */
	#keepThrown(error: unknown): void {
		if (this.#options.onError !== undefined) this.#report(APPLICATION_THREW, error);
		else if (!this.#hasThrown) {
			this.#hasThrown = true;
			this.#thrown = error;
		}
	}

	#rethrow(): void {
		const error = this.#thrown;
		this.#hasThrown = false;
		this.#thrown = undefined;
		throw error;
	}
}

Object.freeze(Client.prototype);

// Callbacks of the socket and the timer: module functions, so that a connection costs no closures.

function onReadable(this: Socket, count: number): void {
	(this.target as Client).handleReadable(this, count);
}

function onWritable(this: Socket, count: number): void {
	(this.target as Client).handleWritable(this, count);
}

function onError(this: Socket): void {
	(this.target as Client).handleSocketError(this);
}

function onTimer(this: { readonly target?: unknown }): void {
	(this.target as Client).handleTimer();
}

/** True for a dotted IPv4 address, or anything with a colon: nothing there to look up. */
function isAddress(host: string): boolean {
	let digits = true;
	for (const character of host) {
		if (character === ":") return true;
		if (character !== "." && (character < "0" || character > "9")) digits = false;
	}
	return digits;
}
