// An MQTT client. It holds the socket, the timer and the application's callbacks, and does what the session says: bytes
// and time go down into the session, bytes and events come up. It is the only one that calls the application.
//
//     const client = new Client({ host, clientId, socket: { io: TCP }, timer: { io: Timer }, clock, random });
//     const topic = client.topic("lab/temperature");
//     client.open();
//     client.publish(topic, bytes, length, QOS_1);     // integers in, an integer out, nothing allocated
//
// Inside a callback, publish, subscribe and close only take note: they act when the callback has returned, so they
// always meet a settled state. What is to be done then is a bit each in `session.todo`.

import type { Resolver, Socket, Timer } from "../io.js";
import { checkBackoff } from "./backoff.js";
import {
	checkCollaborators,
	checkConnect,
	checkFilter,
	checkFunction,
	checkGoodbye,
	checkPublish,
	checkRefusal,
	refuseHandle,
	refuseInSource,
	subscriptionOptions,
} from "./check.js";
import {
	arm,
	CONNECT,
	DRAIN,
	disarm,
	isArmed,
	PING,
	pollDeadline,
	RESOLVE,
	start,
	TELL,
	takeWaits,
} from "./deadline.js";
import {
	connectRemaining,
	disconnectLength,
	HEAD_MOST,
	packetLength,
	propertiesLength,
	putDisconnect,
	requestLength,
} from "./encode.js";
import {
	APPLICATION_THREW,
	BAD_OPTION,
	BAD_PAYLOAD,
	BAD_STATE,
	BAD_TOPIC_NAME,
	CLOSED as CODE_CLOSED,
	OFFLINE as CODE_OFFLINE,
	CONNECT_FAILED,
	DISPLACED,
	DRAIN_TIMEOUT,
	LINK_LOST,
	MESSAGE_SKIPPED,
	Misuse,
	OK,
	RECEIVE_TABLE_FULL,
	RESOLVE_FAILED,
	RETURNING,
	SOURCE_BUSY,
	TLS_FAILED,
	TOO_LARGE,
} from "./error.js";
import { fill, NOTHING, next } from "./framer.js";
import { type Incoming, NOT_DELIVERED } from "./incoming.js";
import { checked, KEEP_ALIVE, withDefaults } from "./limits.js";
import type {
	ClientOptions,
	Goodbye,
	MessageHandler,
	Place,
	PublishOptions,
	Source,
	SubscribeOptions,
} from "./options.js";
import {
	codeOf,
	endOf,
	entryAfter,
	firstEntry,
	heldBytes,
	ENDED as IS_ENDED,
	remove,
	removeStored,
	STATE_MASK,
	STORED,
} from "./outbox.js";
import { FIRST, KEEP, RAM_ONLY, RETAIN } from "./packet.js";
import { checkBlock, IN_ACK, IN_PUBLISH, IN_UNSUBSCRIBE, SERVER_REFERENCE } from "./property.js";
import {
	PACKET_ID_NOT_FOUND,
	PACKET_TOO_LARGE_REASON,
	reasonOfError,
	SERVER_MOVED,
	UNSPECIFIED_ERROR,
	USE_ANOTHER_SERVER,
} from "./reason.js";
import { acknowledge, acknowledgeWith, isLaneFull, pollAcknowledgements, pollLane } from "./received.js";
import { parseReference, type Reference } from "./reference.js";
import {
	handleFrame,
	handleLinkDown,
	handleLinkUp,
	handleOpening,
	handleTime,
	pollTransmit,
	requestClose,
	requestOpen,
	requestPing,
} from "./session/dispatch.js";
import {
	ANSWERED,
	AUTHENTICATED,
	DELIVER,
	DELIVER_SPAN,
	DISCONNECTED,
	DRAIN_EXPIRED,
	END_DROPPED,
	END_REFUSED,
	END_SETTLED,
	ONLINE as EVENT_ONLINE,
	FAILED,
	OPEN,
	PONG,
	RESUMED,
	SETTLED,
} from "./session/event.js";
import { requestAuthentication } from "./session/handshake.js";
import { abortDelivery, finishDelivery } from "./session/inbound.js";
import { endMessages, giveBack, requestPublish, requestStream, takeGone } from "./session/outbound.js";
import { filterRefusal, fitsRequest, publishRefusal } from "./session/server.js";
import { takeAnswered } from "./session/subscription.js";
import { Session } from "./session.js";
import {
	AT_REST,
	BUSY,
	CLOSED,
	CLOSING,
	CONNECTING,
	DRAINING,
	DURABLE,
	EARLIER,
	ENDED,
	HELD,
	LEAVING,
	ONLINE,
	OPENING,
	READING,
	STALLED,
	THROWN,
	UNSENT,
	WANTS_ACK,
	WANTS_AUTH,
	WANTS_CONNECT,
	WANTS_PING,
	WANTS_REQUEST,
	WISH_SHIFT,
	WISHES,
} from "./todo.js";
import { isTopicName } from "./topic.js";
import {
	addFilter,
	addName,
	CODE_SHIFT,
	filterState,
	nameAt,
	nextMatch,
	OPTIONS_SHIFT,
	REMOVED,
	removeFilter,
	STANDING,
	STREAMS,
	stateAt,
	UNWANTED,
} from "./topics.js";
import { putUint16, putUtf8, utf8Bytes, utf8Length } from "./wire.js";
import { ENDED_COUNT, ERROR, FAILURES, LEAVING_ENTRY, PING_MS } from "./words.js";

export { Misuse } from "./error.js";
export type { Incoming } from "./incoming.js";
export type { Limits } from "./limits.js";
export type {
	Authentication,
	ClientOptions,
	Goodbye,
	HeadStart,
	MessageHandler,
	OverflowPolicy,
	Place,
	PublishOptions,
	ServerChoice,
	SessionStore,
	Source,
	SubscribeOptions,
	Timeouts,
	Will,
} from "./options.js";
export { FIRST, KEEP, QOS_1, QOS_2, RAM_ONLY, RETAIN } from "./packet.js";
export { END_DROPPED, END_LOST, END_REFUSED, END_SETTLED } from "./session/event.js";

/** What the end of a turn has to send. */
const SENDS = WANTS_CONNECT | WANTS_AUTH | WANTS_ACK | WANTS_PING | WANTS_REQUEST | UNSENT;
const ONLY_ACKS = BUSY | WANTS_ACK;
/** What the reading of packets stops for, or looks at in between. */
const PAUSES = HELD | STALLED | LEAVING | CLOSING;

export class Client {
	private readonly session: Session;
	private socket: Socket | undefined = undefined;
	private readonly options: ClientOptions;
	/** Bytes that wait in the socket. */
	private readable = 0;
	private timer: Timer | undefined = undefined;
	/** What the timer is set to, if it is. */
	private timerSet = false;
	private timerAt = 0;
	private resolver: Resolver | undefined = undefined;
	/** By handle. */
	private readonly handlers: (MessageHandler | undefined)[] = [];
	private goodbye: boolean | Goodbye = true;
	/** The server that another has named, if we are with it, or on the way. */
	private reference: Reference | undefined = undefined;
	private thrown: unknown = undefined;

	/** Takes all memory that the client will ever use, and the options as they are. Throws Misuse where one is wrong. */
	constructor(options: ClientOptions) {
		checkCollaborators(options);
		checked("port", options.port ?? 1883, 1, 65_535);
		checked("keepAlive", options.keepAlive ?? KEEP_ALIVE, 0, 65_535);
		checkBackoff(options.backoff);
		checkConnect(options);
		const limits = withDefaults(options.limits);
		checked("maximumPacketSize", options.maximumPacketSize ?? limits.receive, limits.receive, 268_435_460);
		this.session = new Session(limits, options);
		// connectLength() would be one frame more where a small stack is deepest.
		const length = packetLength(connectRemaining(this.session, options.userName, options.password));
		if (length > limits.send)
			throw new Misuse(BAD_OPTION, `CONNECT has ${length} bytes, limits.send is ${limits.send}`);
		this.options = options;
		takeWaits(this.session);
		const store = options.store;
		if (store !== undefined) {
			if (options.cleanSession !== false) throw new Misuse(BAD_OPTION, "store: needs cleanSession false");
			this.session.todo |= DURABLE;
			store.restore(this.session);
		}
	}

	/**
	 * The packet that the callback being called is about, if any: with 5.0 its reason and properties (the reason string of a
	 * refusal, what CONNACK says of the server). It is the record of the next packet as well.
	 */
	get packet(): Incoming {
		return this.session.packet;
	}

	/** True between the server's CONNACK and the end of that connection. */
	get isOnline(): boolean {
		return this.session.phase === ONLINE;
	}

	/** Round-trip time of the last PINGREQ in ms, or -1. */
	get pingMs(): number {
		return this.session.words[PING_MS];
	}

	/** Publishes whose end has not been told. */
	get unsettled(): number {
		return this.session.held + (this.options.whenFull?.untold ?? 0);
	}

	/** Bytes of the outbox in use, with their bookkeeping. */
	get heldBytes(): number {
		return heldBytes(this.session);
	}

	/** Connects, and from now on comes back whenever the connection goes, until close(). Throws Misuse if open. */
	open(): void {
		const session = this.session;
		if (session.phase !== CLOSED || (session.todo & CLOSING) !== 0)
			throw new Misuse(BAD_STATE, "open: the client is open already");
		this.timer = new this.options.timer.io({ target: this, onTimer: Client.onTimer });
		session.now = this.options.clock.now();
		requestOpen(session);
		this.schedule();
	}

	/**
	 * A handle for publishing to this topic name; the same name has always the same handle. Negative: minus TOPICS_FULL.
	 * Throws Misuse for a name that no PUBLISH may carry. Allocates: for set-up.
	 */
	topic(name: string): number {
		return addName(this.session, name);
	}

	/**
	 * Publishes `length` bytes of `payload`, from `offset` on, to the topic with this handle. `flags` is QOS_1, QOS_2 or
	 * 0, and RETAIN and FIRST; with a store also KEEP or RAM_ONLY, which go before `durability`. Copies, never waits, allocates
	 * nothing. With FIRST it overtakes what has not left yet, messages to the same topic too.
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
		const session = this.session;
		if (typeof topic !== "number") return this.publishByName(topic, payload, length as PublishOptions | undefined);
		// Without a sign, what is below 0 is above every handle.
		const at = topic >>> 0 > session.topics ? 0 : session.words[session.topicsAt + topic];
		const count = (length as number | undefined) ?? payload.length - offset;
		let wrong = offset + count > payload.length;
		if (!(at > 0)) wrong = true;
		if ((payload as Uint8Array).BYTES_PER_ELEMENT !== 1) wrong = true;
		// Whole numbers from 0 up are what they are as 32 bits without a sign.
		if (count >>> 0 !== count) wrong = true;
		if (offset >>> 0 !== offset) wrong = true;
		// Every server takes QoS 0 without RETAIN.
		if (flags !== 0) {
			if ((flags & 7) !== flags) wrong = true;
			if (((session.allowedFlags >> flags) & 1) === 0) wrong = true;
		}
		if (wrong) {
			flags = this.noteWish(topic, at, payload, count, flags, offset);
			if (flags < 0) return flags;
		}
		session.now = this.options.clock.now();
		const ticket = requestPublish(session, at, payload as Uint8Array, offset, count, flags);
		if (session.staged === 0) return ticket > 0 ? this.advance(ticket) : this.refuse(ticket);
		// The shortest way there is: nothing waits before it, and the socket has room.
		try {
			session.buffer.resize(session.staged);
			session.staged = 0;
			session.room = this.socket!.write(session.stage);
			session.buffer.resize(session.total);
		} catch {
			return this.failWrite(ticket);
		}
		session.sentMs = session.now;
		if (session.todo !== 0) this.schedule();
		return ticket;
	}

	/**
	 * Something is unusual about a publish: its flags may wish for something, which is noted for requestPublish(); then it
	 * returns the other flags. All else throws Misuse, or returns minus the reason why the server would not take it.
	 */
	private noteWish(
		topic: number,
		nameAt: number,
		payload: Uint8Array | string,
		length: number,
		flags: number,
		offset: number,
	): number {
		let wish = flags & (KEEP | RAM_ONLY | FIRST);
		// One of the three, or FIRST with RAM_ONLY, which is what FIRST means.
		if (wish !== FIRST && (this.options.store === undefined || (wish !== KEEP && (wish & ~FIRST) !== RAM_ONLY)))
			wish = 0;
		// Not by bits: what is no whole number must not become one.
		const rest = flags - wish;
		checkPublish(topic, nameAt, payload, length, rest, offset);
		if ((this.session.todo & READING) !== 0) refuseInSource();
		const reason = publishRefusal(this.session, rest, 0);
		if (reason !== 0) return -reason;
		this.session.todo |= (wish === FIRST ? FIRST | RAM_ONLY : wish) << WISH_SHIFT;
		return rest;
	}

	/** It has not been taken: what was wished for it is for no other. */
	private refuse(ticket: number): number {
		this.session.todo &= ~WISHES;
		// What a policy has let go for it has ended nevertheless.
		if (this.session.words[ENDED_COUNT] !== 0) this.later();
		return ticket;
	}

	/** As publish(), with properties of 5.0 that properties() has made. */
	publishWith(
		properties: Uint8Array,
		topic: number,
		payload: Uint8Array,
		length?: number,
		flags?: number,
		offset?: number,
	): number {
		const session = this.session;
		checkBlock(this.options, properties, IN_PUBLISH);
		session.block = properties;
		session.blockLength = propertiesLength(1, properties);
		try {
			return this.publish(topic, payload, length, flags, offset);
		} finally {
			session.block = undefined;
			session.blockLength = 1;
		}
	}

	/**
	 * Publishes a payload of `length` bytes that `source` gives piece by piece while it is sent, however large. One at a
	 * time: minus SOURCE_BUSY otherwise. A source that gives nothing for `timeouts.sourceMs` closes the link. At 5.0 with
	 * `properties` that properties() has made. Returns and throws like publish().
	 */
	publishFrom(topic: number, source: Source, length: number, flags = 0, properties?: Uint8Array): number {
		const session = this.session;
		if (properties !== undefined) checkBlock(this.options, properties, IN_PUBLISH);
		const at = nameAt(session, topic);
		if (!(at > 0) || (flags & 7) !== flags || ((session.allowedFlags >> flags) & 1) === 0) {
			checkPublish(topic, at, session.bytes, 0, flags, 0);
			return -publishRefusal(session, flags, 0);
		}
		if (!Number.isInteger(length) || length < 0)
			throw new Misuse(BAD_PAYLOAD, `publishFrom: expected a length in bytes, got ${length}`);
		if (typeof source?.read !== "function") throw new Misuse(BAD_PAYLOAD, "publishFrom: expected a source");
		if ((session.todo & READING) !== 0) refuseInSource();
		if (session.source !== undefined) return -SOURCE_BUSY;
		const ticket = requestStream(session, at, source, length, flags, properties);
		return ticket > 0 ? this.advance(ticket) : ticket;
	}

	/** The source of a streamed publish has bytes again. */
	resume(): void {
		this.turn();
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
		checkFunction(handler, "handler");
		const handles = this.addFilters(typeof filters === "string" ? [filters] : filters, handler, options);
		this.session.todo |= WANTS_REQUEST;
		this.turn();
		return typeof filters === "string" ? handles[0] : handles;
	}

	private addFilters(
		filters: readonly string[],
		handler: MessageHandler,
		options: SubscribeOptions | undefined,
	): number[] {
		const session = this.session;
		const bits =
			(subscriptionOptions(this.options, options) << OPTIONS_SHIFT) | (options?.stream === true ? STREAMS : 0);
		const block = options?.properties;
		// All or none: a filter that is none must not leave the others behind.
		for (let i = 0; i < filters.length; i += 1) {
			const filter = utf8Bytes(filters[i], "topic filter");
			checkFilter(filter, options);
		}
		const handles: number[] = [];
		for (let i = 0; i < filters.length; i += 1) {
			const filter = utf8Bytes(filters[i]);
			const size = requestLength(filter.length, block);
			let refusal = size > session.total - session.stageAt ? TOO_LARGE : 0;
			if (refusal === 0 && session.phase === ONLINE) {
				if (size > session.sendLimit) refusal = PACKET_TOO_LARGE_REASON;
				else refusal = filterRefusal(session, filter, 0, filter.length, block);
			}
			// Refused before it is added: the same filter may be there already, for another server.
			const handle = refusal === 0 ? addFilter(session, filter, bits) : -refusal;
			if (handle > 0) {
				this.handlers[handle] = handler;
				this.keepBlock(handle, block);
			}
			handles.push(handle);
		}
		return handles;
	}

	private keepBlock(handle: number, block: Uint8Array | undefined): void {
		if (block !== undefined) this.session.blocks ??= [];
		if (this.session.blocks !== undefined) this.session.blocks[handle] = block;
	}

	/**
	 * Takes a subscription back; onUnsubscribed tells when the server has agreed. Until then messages may still come. At
	 * 5.0 with `properties` that properties() has made. Returns 0; or minus the reason why this server cannot be told, and
	 * the subscription stands. Throws Misuse.
	 */
	unsubscribe(handle: number, properties?: Uint8Array): number {
		const session = this.session;
		if (properties !== undefined) checkBlock(this.options, properties, IN_UNSUBSCRIBE);
		const state = filterState(session, handle);
		if (state === 0 || (state & STANDING) === REMOVED) refuseHandle(handle, "subscription");
		if (session.phase === ONLINE && !fitsRequest(session, handle, properties)) return -PACKET_TOO_LARGE_REASON;
		session.words[stateAt(session, handle)] = (state & ~STANDING) | UNWANTED;
		this.keepBlock(handle, properties);
		session.todo |= WANTS_REQUEST;
		this.turn();
		return OK;
	}

	/**
	 * Acknowledges a message that its handler held back with `message.hold()`. Acknowledgements leave in the order of the
	 * messages, so one may wait for an earlier one. False: the token is used up, or its connection is gone and the
	 * message will come again. At 5.0 a `reason` from 0x80 up tells the server that we do not take the message, and
	 * `properties` that properties() has made say more; they are left out where there is no room, or the answer has to
	 * wait. Throws Misuse for what no PUBACK can have.
	 */
	acknowledge(token: number, reason = 0, properties?: Uint8Array): boolean {
		if (reason !== 0) checkRefusal(this.options, reason);
		if (properties !== undefined) checkBlock(this.options, properties, IN_ACK);
		const known =
			properties === undefined
				? acknowledge(this.session, token, reason)
				: acknowledgeWith(this.session, token, reason, properties);
		if (known) this.turn();
		return known;
	}

	/** Sends PINGREQ, if online and none is unanswered; onPing tells the round-trip time. Keep-alive needs no such call. */
	ping(): void {
		if (this.session.phase !== ONLINE) return;
		requestPing(this.session);
		this.turn();
	}

	/**
	 * 5.0: proves once more who we are, with the mechanism of `options.authentication` and without a new connection;
	 * onAuthenticated tells when it is done, and a failure closes the connection. False where it cannot begin now: offline,
	 * under way already, or too much to say. Throws Misuse without a mechanism.
	 */
	authenticate(): boolean {
		const mechanism = this.options.authentication;
		if (mechanism === undefined) throw new Misuse(BAD_STATE, "authenticate: needs options.authentication");
		const begun = requestAuthentication(this.session, mechanism);
		if (begun) this.turn();
		return begun;
	}

	/** Calls onDrained(OK) once every publish has ended, onDrained(DRAIN_TIMEOUT) after `milliseconds`, or with CLOSED. */
	drain(milliseconds: number): void {
		checked("drain", milliseconds, 0, 86_400_000);
		if (this.session.phase === CLOSED) throw new Misuse(BAD_STATE, "drain: the client is not open");
		this.session.todo |= DRAINING;
		arm(this.session, DRAIN, this.options.clock.now() + milliseconds);
		this.turn();
	}

	/**
	 * Says DISCONNECT, so that the server keeps the will to itself, and closes; with `goodbye` false it just closes, and
	 * the server publishes the will. At 5.0 `goodbye` may have a reason and properties. Publishes that have not ended end
	 * now, as lost or dropped; drain() first to wait for them. Those in a store do not: they go on when the client is opened
	 * again, in this life or the next. No callback comes after it has returned; called inside a
	 * callback, it acts when that has returned. Throws Misuse.
	 */
	close(goodbye: boolean | Goodbye = true): void {
		if (typeof goodbye !== "boolean") checkGoodbye(this.options, goodbye);
		if (this.session.phase === CLOSED) return;
		this.session.todo |= CLOSING;
		this.goodbye = goodbye;
		this.turn();
	}

	// What the socket and the timer call: no methods of a client, so that a connection costs no closures.

	private static onReadable(this: Socket, count: number): void {
		const client = this.target as Client;
		if (client.socket !== this) return;
		const session = client.session;
		session.now = session.heardMs = client.options.clock.now();
		session.todo |= BUSY;
		client.readable = count;
		client.receive(session);
		if (session.todo === BUSY) session.todo = 0;
		else if (session.todo === ONLY_ACKS) client.sendAcks();
		else client.settle();
	}

	private static onWritable(this: Socket, count: number): void {
		const client = this.target as Client;
		if (client.socket !== this) return;
		const session = client.session;
		session.now = client.options.clock.now();
		session.room = count;
		if (session.phase === OPENING) client.linkUp();
		if (session.todo > AT_REST) client.settle();
	}

	private static onError(this: Socket, error?: unknown): void {
		const client = this.target as Client;
		if (client.socket !== this) return;
		client.begin();
		const code = (error as { code: number } | undefined)?.code;
		// What only a socket can know. The codes of other systems are text, or other numbers.
		if (code !== undefined && (code & ~15) === TLS_FAILED) client.dropLink(code);
		else client.dropLink(client.session.phase === OPENING ? CONNECT_FAILED : LINK_LOST);
		client.settle();
	}

	private static onTimer(this: { readonly target?: unknown }): void {
		const client = this.target as Client;
		const session = client.session;
		client.timerSet = false;
		client.begin();
		for (let event = handleTime(session); event !== NOTHING; event = handleTime(session)) {
			// Somebody has closed in the meantime: the turn ends with that.
			if (event === OPEN && (session.todo & CLOSING) === 0) client.openLink();
			else if (event === FAILED) client.leave(session.words[ERROR]);
			else if (event === DRAIN_EXPIRED) client.endDrain(DRAIN_TIMEOUT);
		}
		session.todo |= EARLIER;
		client.settle();
	}

	/** Begins a turn: false where one is under way already, which will see to everything. */
	private begin(): boolean {
		if ((this.session.todo & BUSY) !== 0) return false;
		this.session.todo |= BUSY;
		this.session.now = this.options.clock.now();
		return true;
	}

	/** A turn for what the application has asked for. */
	private turn(): void {
		// As a tail call: the stack is deepest below it.
		if (this.begin()) return this.settle();
	}

	// The way in.

	/** Reads and handles packets while there are any, and while their acknowledgements have a place to wait. */
	private receive(session: Session): void {
		do {
			if ((session.todo & PAUSES) !== 0) {
				if (this.pauses()) return;
			}
			let kind = session.start === session.end ? NOTHING : next(session);
			if (kind === NOTHING) {
				if (this.readable === 0) return;
				const count = fill(session, this.socket!, this.readable);
				if (count === 0) return this.dropLink(LINK_LOST);
				this.readable -= count;
				kind = next(session);
				if (kind === NOTHING) continue;
			}
			const event = handleFrame(session, kind);
			if (event === DELIVER) this.deliver();
			else if (event === SETTLED) {
				if (this.options.onPublishEnd !== undefined) this.tellSettled(session.packet);
			} else if (event !== NOTHING) this.handle(event);
			// A link that is gone has left nothing to read.
		} while (session.start !== session.end || this.readable !== 0);
	}

	/** What the handlers have allowed makes room for what they have not; a full lane may go to the socket right now. */
	private pauses(): boolean {
		const session = this.session;
		const socket = this.socket;
		pollAcknowledgements(session);
		if ((session.todo & STALLED) !== 0) {
			this.transmit();
			if (this.socket === socket && !isLaneFull(session)) session.todo &= ~STALLED;
		}
		return this.socket !== socket || (session.todo & (STALLED | LEAVING | CLOSING)) !== 0;
	}

	private tellSettled(packet: Incoming): void {
		const reason = packet.reason;
		// A PUBCOMP that knows nothing of the id: it has come before, on the connection that is gone.
		const settled = reason < UNSPECIFIED_ERROR || reason === PACKET_ID_NOT_FOUND;
		this.call(this.options.onPublishEnd, packet.packetId, settled ? END_SETTLED : END_REFUSED, reason);
	}

	private handle(event: number): void {
		switch (event) {
			case EVENT_ONLINE:
			case RESUMED:
				// What was lost with the old session makes room for what onOnline may publish.
				this.tellEnds();
				this.call(this.options.onOnline, event === RESUMED);
				this.tellAnswers();
				return;
			case ANSWERED:
				this.tellAnswers();
				return;
			case AUTHENTICATED:
				this.call(this.options.onAuthenticated);
				return;
			case PONG:
				this.call(this.options.onPing, this.session.words[PING_MS]);
				return;
			case DELIVER_SPAN:
				this.deliverSpan();
				return;
			case DISCONNECTED:
				this.dropLink(this.session.words[ERROR]);
				return;
			case FAILED:
				this.fail();
		}
	}

	/** What was accepted before the packet that broke the connection is still acknowledged, if the socket lets us. */
	private fail(): void {
		const session = this.session;
		const code = session.words[ERROR];
		const socket = this.socket;
		this.transmit();
		if (this.socket !== socket) return;
		// Nothing but acknowledgements makes room on both sides: closing before they have left would come here again.
		if (code === RECEIVE_TABLE_FULL && session.laneEnd !== session.laneAt) {
			session.words[ERROR] = code;
			session.todo |= LEAVING;
			// Nothing is read from here on, so PINGRESP's deadline is free to bound the wait.
			if (!isArmed(session, PING)) start(session, PING);
		} else this.leave(code);
	}

	/** Closes the link because of a code of ours, which a 5.0 server is told. */
	private leave(code: number): void {
		const socket = this.socket;
		const reason = this.session.packet.five === 0 ? 0 : reasonOfError(code);
		if (reason !== 0 || code === RETURNING) this.sendDisconnect(reason, undefined);
		if (this.socket === socket) this.dropLink(code);
	}

	/** Nothing may follow DISCONNECT [MQTT-3.14.4-2], it cannot stand inside another packet, and CONNECT is the first. */
	private sendDisconnect(reason: number, properties: Uint8Array | undefined): void {
		const session = this.session;
		const five = session.packet.five;
		const sentConnect = session.phase >= CONNECTING && (session.todo & WANTS_CONNECT) === 0;
		if (!sentConnect || session.sendLeft !== 0) return;
		let length = disconnectLength(five, reason, properties);
		// The server cannot take them all [MQTT-3.14.2-3], or the socket: the reason alone says what matters.
		if (length > Math.min(session.room, session.sendLimit)) length = disconnectLength(five, reason, undefined);
		if (length > Math.min(session.room, session.sendLimit)) return;
		putDisconnect(session.bytes, session.stageAt, length, reason, properties);
		this.write(length);
	}

	/** The message to every handler whose filter matches; then it is acknowledged. */
	private deliver(): void {
		const packet = this.session.packet;
		const handler = this.handlers[packet.route];
		if (handler === undefined) this.deliverToAll();
		else {
			try {
				handler.call(this.options, packet);
			} catch (error) {
				// The message counts as delivered: sent again it would only throw again.
				this.keepThrown(error);
			}
			if (this.session.firstWildcard !== 0) this.hand(nextMatch(this.session, 0));
		}
		if (packet.packetId === 0) packet.token = NOT_DELIVERED;
		else if (finishDelivery(this.session) === FAILED) this.fail();
	}

	/** The same with a span, of which the last is acknowledged. */
	private deliverSpan(): void {
		const packet = this.session.packet;
		this.deliverToAll();
		if (!packet.last) return;
		if (packet.packetId === 0) packet.token = NOT_DELIVERED;
		else if (finishDelivery(this.session) === FAILED) this.fail();
	}

	private deliverToAll(): void {
		const session = this.session;
		const packet = session.packet;
		const first = packet.route === 0 ? nextMatch(session, 0) : packet.route;
		if (first !== 0) this.hand(first);
		else if (packet.payloadLength === packet.total) this.call(this.options.onMessage, packet);
		else if (packet.last) this.report(MESSAGE_SKIPPED, undefined);
	}

	/** To the handler of this filter, if it is not 0, and to those of all filters with wildcards behind it that match. */
	private hand(handle: number): void {
		const session = this.session;
		const packet = session.packet;
		while (handle !== 0) {
			if (packet.payloadLength === packet.total || (session.words[stateAt(session, handle)] & STREAMS) !== 0) {
				try {
					this.handlers[handle]!.call(this.options, packet);
				} catch (error) {
					this.keepThrown(error);
				}
			} else if (packet.last) this.report(MESSAGE_SKIPPED, undefined);
			handle = nextMatch(session, handle);
		}
	}

	// The way out.

	/** The socket threw what a publish has sent at once: -OFFLINE at QoS 0; anything else goes out again. */
	private failWrite(ticket: number): number {
		const session = this.session;
		session.buffer.resize(session.total);
		session.todo |= BUSY;
		this.dropLink(LINK_LOST);
		session.todo &= ~BUSY;
		this.later();
		return ticket === 0 ? -CODE_OFFLINE : ticket;
	}

	/** What a publish can do at once. Ends are told later, when its caller knows the ticket. */
	private advance(ticket: number): number {
		const session = this.session;
		const socket = this.socket;
		const streams = session.source !== undefined;
		if (this.begin()) {
			this.transmit();
			session.todo &= ~BUSY;
			if (!streams && session.words[ENDED_COUNT] !== 0 && takeGone(session, ticket)) ticket = 0;
			// A lost link calls onOffline, a source is called to read: both may have asked for more than sending.
			if (this.socket !== socket || streams || session.words[ENDED_COUNT] !== 0) this.later();
			else this.schedule();
		}
		return ticket;
	}

	/** The rest of settle() as soon as our caller has returned. */
	private later(): void {
		arm(this.session, TELL, this.session.now);
		this.schedule();
	}

	private publishByName(name: string, payload: string | Uint8Array, options: PublishOptions | undefined): number {
		const session = this.session;
		const bytes = session.bytes;
		// The name is put into the stage, which a source is just filling.
		if ((session.todo & READING) !== 0) refuseInSource();
		const length = utf8Length(name, "topic name");
		const data = typeof payload === "string" ? utf8Bytes(payload) : payload;
		const qos = checked("qos", options?.qos ?? 0, 0, 2);
		const at = session.stageAt + HEAD_MOST;
		if (at + 2 + length > session.total) return -TOO_LARGE;
		putUtf8(bytes, putUint16(bytes, at, length), name);
		if (!isTopicName(bytes, at + 2, length)) throw new Misuse(BAD_TOPIC_NAME, `topic name not allowed: "${name}"`);
		const wish = options?.durability === undefined ? 0 : options.durability === "ram" ? RAM_ONLY : KEEP;
		if (wish !== 0 && this.options.store === undefined) throw new Misuse(BAD_OPTION, "durability: needs a store");
		const flags = (qos << 1) | (options?.retain ? RETAIN : 0) | (options?.first ? FIRST : 0) | wish;
		const block = options?.properties;
		if (block !== undefined) checkBlock(this.options, block, IN_PUBLISH);
		session.block = block;
		session.blockLength = propertiesLength(session.packet.five, block);
		// The handle of nobody stands for the name in the stage.
		session.words[session.topicsAt] = at;
		try {
			return this.publish(0, data, data.length, flags);
		} finally {
			session.words[session.topicsAt] = 0;
			session.block = undefined;
			session.blockLength = session.packet.five;
		}
	}

	/** All that can be sent now. */
	private transmit(): void {
		while ((this.session.todo & SENDS) !== 0 && this.socket !== undefined) {
			const count = pollTransmit(this.session);
			if (count === 0) return;
			if (count < 0) this.dropLink(this.session.words[ERROR]);
			else this.write(count);
			// On its way, or given back.
			this.session.words[LEAVING_ENTRY] = 0;
		}
	}

	/** The usual end of a turn in which messages have come: nothing but their acknowledgements to send. */
	private sendAcks(): void {
		const count = pollLane(this.session);
		if (count > 0) this.write(count);
		if (this.session.todo === BUSY) this.session.todo = 0;
		else this.settle();
	}

	/** The first bytes of the stage to the socket. */
	private write(count: number): void {
		const session = this.session;
		try {
			session.buffer.resize(session.stageAt + count);
			session.room = this.socket!.write(session.stage);
			session.buffer.resize(session.total);
			session.sentMs = session.now;
		} catch {
			session.buffer.resize(session.total);
			// Before anybody is told, and may publish.
			giveBack(session, LINK_LOST);
			this.dropLink(LINK_LOST);
		}
	}

	/** The end of every turn: what there is to send, to tell and to wait for. */
	private settle(): void {
		const session = this.session;
		let told = false;
		session.todo |= BUSY;
		for (;;) {
			if ((session.todo & HELD) !== 0) pollAcknowledgements(session);
			if ((session.todo & SENDS) !== 0) this.transmit();
			if ((session.todo & (ENDED | LEAVING | STALLED)) === 0) break;
			if ((session.todo & ENDED) !== 0 && !told) {
				this.tellEnds();
				told = true;
			} else if ((session.todo & LEAVING) !== 0 && session.laneEnd === session.laneAt) this.leave(session.words[ERROR]);
			else if ((session.todo & (STALLED | CLOSING)) === STALLED && !isLaneFull(session)) this.receive(session);
			else break;
		}
		if ((session.todo & DRAINING) !== 0 && this.unsettled === 0) this.endDrain(OK);
		// What those callbacks have published, and what has ended since, is told from the timer: nobody starves.
		if (session.words[ENDED_COUNT] !== 0) arm(session, TELL, session.now);
		if ((session.todo & CLOSING) !== 0) this.shut();
		session.todo &= ~BUSY;
		if ((session.todo & EARLIER) !== 0) this.schedule();
		if ((session.todo & THROWN) !== 0) this.rethrow();
	}

	private schedule(): void {
		this.session.todo &= ~EARLIER;
		if (this.timer === undefined) return;
		const at = pollDeadline(this.session);
		if (this.timerSet && ((at - this.timerAt) | 0) >= 0) return;
		this.timerSet = true;
		this.timerAt = at;
		this.timer.schedule(Math.max((at - this.session.now) | 0, 0));
	}

	// The link.

	private openLink(): void {
		const resolver = this.options.resolver;
		this.options.servers?.handleOpening(this.reference !== undefined);
		this.options.pipeline?.handleOpening(this.place());
		const host = this.place().host ?? "localhost";
		if (resolver === undefined || isAddress(host)) {
			this.connect(host);
			return;
		}
		handleOpening(this.session, RESOLVE);
		let asked: Resolver | undefined;
		try {
			const question = new resolver.io({});
			asked = this.resolver = question;
			question.resolve({
				host,
				onResolved: (_host, address) => this.handleResolved(question, address),
				onError: () => this.handleResolved(question, undefined),
			});
		} catch {
			// Unless it has answered before it threw.
			if (asked === this.resolver) this.dropLink(RESOLVE_FAILED);
		}
	}

	/** The server of this attempt. */
	private place(): Place {
		return this.reference ?? this.options.servers?.place ?? this.options;
	}

	private handleResolved(resolver: Resolver, address: string | undefined): void {
		if (resolver !== this.resolver) return;
		const outside = this.begin();
		this.closeResolver();
		if (address === undefined) this.dropLink(RESOLVE_FAILED);
		else this.connect(address);
		if (outside) this.settle();
	}

	private linkUp(): void {
		if (handleLinkUp(this.session) !== FAILED) return;
		this.session.todo |= BUSY;
		this.dropLink(this.session.words[ERROR]);
	}

	private connect(address: string): void {
		const socket = this.options.socket;
		const port = this.place().port ?? 1883;
		handleOpening(this.session, CONNECT);
		try {
			this.socket = new socket.io({
				address,
				port,
				nodelay: socket.nodelay ?? true,
				target: this,
				onReadable: Client.onReadable,
				onWritable: Client.onWritable,
				onError: Client.onError,
			});
		} catch {
			this.dropLink(CONNECT_FAILED);
		}
	}

	private dropLink(code: number): void {
		const followed = this.follow(code);
		this.abort();
		this.closeLink();
		handleLinkDown(this.session, followed ? LINK_LOST : code);
		this.call(this.options.onOffline, code);
	}

	/** Where the next attempt goes: true where a server has just sent us to another, and we follow. */
	private follow(code: number): boolean {
		const reference = this.reference;
		// It stands as long as it serves us; a temporary one, for one connection.
		if (reference !== undefined && (this.session.phase !== ONLINE || !reference.moved)) this.reference = undefined;
		if (code !== USE_ANOTHER_SERVER && code !== SERVER_MOVED) return false;
		const hops = this.session.words[FAILURES] === 0 ? 1 : (reference?.hops ?? 0) + 1;
		const text = this.session.packet.property(SERVER_REFERENCE);
		if (hops > (this.options.redirects ?? 0) || typeof text !== "string") return false;
		const next = parseReference(text, this.options.port ?? 1883, hops, code);
		if (next !== undefined) this.reference = next;
		return next !== undefined;
	}

	/** Those who have seen the beginning of a streamed message are told that there is no end. */
	private abort(): void {
		if (abortDelivery(this.session)) this.deliverToAll();
		this.session.packet.aborted = false;
	}

	private closeLink(): void {
		this.closeResolver();
		const socket = this.socket;
		this.socket = undefined;
		this.readable = 0;
		try {
			socket?.close();
		} catch {
			// It is gone either way.
		}
	}

	private closeResolver(): void {
		const resolver = this.resolver;
		this.resolver = undefined;
		try {
			resolver?.close();
		} catch {
			// Likewise.
		}
	}

	private shut(): void {
		const session = this.session;
		const goodbye = this.goodbye;
		if (goodbye === true) this.sendDisconnect(0, undefined);
		else if (goodbye !== false) this.sendDisconnect(goodbye.reason ?? 0, goodbye.properties);
		this.abort();
		this.closeLink();
		requestClose(session, CODE_CLOSED);
		endMessages(session, CODE_CLOSED);
		this.timer?.close();
		this.timer = undefined;
		this.timerSet = false;
		this.tellEnds();
		if ((session.todo & DRAINING) !== 0) this.endDrain(CODE_CLOSED);
		// Callbacks up to here may have called close() once more: that is this one.
		session.todo &= ~CLOSING;
		this.call(this.options.onClosed);
	}

	// What the application is told.

	/** Calls the application, if it wants to be. */
	private call<Arguments extends readonly unknown[]>(
		callback: ((this: ClientOptions, ...given: Arguments) => void) | undefined,
		...given: Arguments
	): void;
	private call(
		callback: ((this: ClientOptions, ...given: unknown[]) => void) | undefined,
		first?: unknown,
		second?: unknown,
		third?: unknown,
	): void {
		if (callback === undefined) return;
		try {
			callback.call(this.options, first, second, third);
		} catch (error) {
			// A message counts as delivered all the same: sent again it would only throw again.
			this.keepThrown(error);
		}
	}

	/** As many as there are now. */
	private tellEnds(): void {
		const session = this.session;
		for (let left = session.words[ENDED_COUNT]; left > 0 && session.words[ENDED_COUNT] > 0; left -= 1) {
			session.words[ENDED_COUNT] -= 1;
			let ticket = this.options.whenFull?.takeDisplaced() ?? 0;
			if (ticket !== 0) {
				this.call(this.options.onPublishEnd, ticket, END_DROPPED, DISPLACED);
				continue;
			}
			const words = session.words;
			let entry = firstEntry(session);
			while ((words[entry] & STATE_MASK) !== IS_ENDED) entry = entryAfter(session, entry);
			const head = words[entry];
			ticket = words[entry + 1] & 0xffff;
			if ((head & STORED) === 0) remove(session, entry);
			this.call(this.options.onPublishEnd, ticket, endOf(head), codeOf(head));
			// What the store still has goes when it has been told: a power cut may tell it twice, and never loses the telling.
			if ((head & STORED) !== 0) removeStored(session, ticket);
		}
		if (session.words[ENDED_COUNT] === 0) session.todo &= ~ENDED;
	}

	private tellAnswers(): void {
		const session = this.session;
		for (let handle = takeAnswered(session); handle !== 0; handle = takeAnswered(session)) {
			const state = filterState(session, handle);
			const code = (state >> CODE_SHIFT) & 0xff;
			if ((state & STANDING) === REMOVED) {
				removeFilter(session, handle);
				this.handlers[handle] = undefined;
				this.call(this.options.onUnsubscribed, handle, code);
			} else this.call(this.options.onSubscribed, handle, code);
		}
	}

	private endDrain(code: number): void {
		const session = this.session;
		session.todo &= ~DRAINING;
		disarm(session, DRAIN);
		// Whoever drains again in the callback is answered from the timer.
		arm(session, TELL, session.now);
		this.call(this.options.onDrained, code);
	}

	private report(code: number, error: unknown): void {
		const onError = this.options.onError;
		if (onError === undefined) return;
		try {
			onError.call(this.options, code, error);
		} catch (thrown) {
			this.rememberThrown(thrown);
		}
	}

	/** A callback threw: onError hears of it; without one, our caller does, once the state is settled. */
	private keepThrown(error: unknown): void {
		if (this.options.onError !== undefined) this.report(APPLICATION_THREW, error);
		else this.rememberThrown(error);
	}

	/** The first that was thrown. */
	private rememberThrown(error: unknown): void {
		if ((this.session.todo & THROWN) !== 0) return;
		this.session.todo |= THROWN;
		this.thrown = error;
	}

	private rethrow(): void {
		const error = this.thrown;
		this.session.todo &= ~THROWN;
		this.thrown = undefined;
		throw error;
	}
}

Object.freeze(Client.prototype);

/** True for a dotted IPv4 address, or anything with a colon: nothing there to look up. */
function isAddress(host: string): boolean {
	let digits = true;
	for (const character of host) {
		if (character === ":") return true;
		if (character !== "." && (character < "0" || character > "9")) digits = false;
	}
	return digits;
}
