// THE state machine of a client: a calculator. Packets and time go in; bytes, events and the next deadline come out. It
// has no socket, no timer and no clock of its own, so a board, the desktop and a test on virtual time drive the same
// code. By concern it continues in handshake, liveness, subscription, inbound and outbound, all functions over this one
// object.
//
// Verbs: handle… (the network or time gives), request… (the application asks), poll… (we give).

import { Arena } from "../arena.js";
import { Backoff } from "../backoff.js";
import {
	ACK,
	CONNACK as CONNACK_DEADLINE,
	CONNECT,
	DEADLINE_WORDS,
	Deadlines,
	DRAIN,
	KEEP_ALIVE,
	NONE,
	PING,
	RECONNECT,
	RESOLVE,
	SILENCE,
	SOURCE,
	STABLE,
	TELL,
} from "../deadline.js";
import {
	CONNACK_TIMEOUT,
	CONNECT_TIMEOUT,
	OK,
	PING_TIMEOUT,
	RESERVED_FLAGS,
	RESOLVE_TIMEOUT,
	SOURCE_TIMEOUT,
	UNEXPECTED_PACKET,
} from "../error.js";
import { Framer, HEAD, PACKET } from "../framer.js";
import { Incoming } from "../incoming.js";
import { Inflight, inflightWords } from "../inflight.js";
import { Lane } from "../lane.js";
import type { Limits } from "../limits.js";
import type { ClientOptions, Source } from "../options.js";
import { Outbox } from "../outbox.js";
import { CONNACK, PINGRESP, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL, SUBACK, TYPE_MASK, UNSUBACK } from "../packet.js";
import { Received, receivedWords } from "../received.js";
import { Topics, topicWords } from "../topic.js";
import { DRAIN_EXPIRED, FAILED, NOTHING, OPEN } from "./event.js";
import { handleConnack, pollConnect } from "./handshake.js";
import { handleHead, handlePublish, handlePubrel, handleSpan, pollLane } from "./inbound.js";
import { handleAckDeadline, handleKeepAlive, handlePingresp, handleSilence, pollPing } from "./liveness.js";
import { continueMessage, handlePuback, handlePubcomp, handlePubrec, pollMessage, rewindMessages } from "./outbound.js";
import {
	CLOSED,
	CONNECTING,
	ONLINE,
	OPENING,
	WAITING,
	WANTS_ACK,
	WANTS_CONNECT,
	WANTS_PING,
	WANTS_REQUEST,
} from "./state.js";
import { handleSuback, handleUnsuback, pollRequest, rewindSubscriptions } from "./subscription.js";
import type { Waits } from "./waits.js";

/** Packet types, a bit each, that a server may send once we are online: PUBACK to PUBCOMP, SUBACK, UNSUBACK, PINGRESP. */
const FROM_SERVER = 0b0010_1010_1111_0000;
/** Acknowledgements that may wait for the socket beside the PUBREL packets of a resumed session. */
const LANE_SPARE = 8;

export class Session {
	// The hot fields come first: on XS a property costs by its place.
	readonly arena: Arena;
	readonly outbox: Outbox;
	readonly inflight: Inflight;
	readonly packet: Incoming;
	readonly lane: Lane;
	readonly received: Received;
	readonly topics: Topics;
	readonly framer: Framer;
	readonly deadlines: Deadlines;
	phase = CLOSED;
	wants = 0;
	/** Bytes of the PUBLISH under way (outbox.unsent) that have left, and that have not. 0 left: at a packet boundary. */
	sendOffset = 0;
	sendLeft = 0;
	/** When we last sent, and last heard, anything. */
	sentMs = 0;
	heardMs = 0;
	/** After SETTLED: which publish. */
	ticket = 0;
	/** After FAILED: why. */
	error = OK;
	/** After ONLINE: whether the server remembers our session. */
	sessionPresent = false;
	/** Packet id of the SUBSCRIBE or UNSUBSCRIBE in flight, 0 for none; its first byte; and when it was sent. */
	requestId = 0;
	requestFirst = 0;
	requestMs = 0;
	pingSentMs = 0;
	/** Round-trip time of the last PINGREQ in ms, or -1. */
	pingMs = -1;
	/** The streamed message coming in, if any, is not for the handlers: a repeat, or broken. */
	discarding = true;
	/** Source of the one streamed publish, and the length of its payload. */
	source: Source | undefined = undefined;
	sourceLength = 0;
	/** The source is filling the stage: nothing else may touch it, or the outbox. */
	isReading = false;
	/** The QoS 0 entry whose last bytes pollTransmit() has given out just now, or 0. */
	leaving = 0;
	/** Acknowledgements for ids that are not in flight: ignored and counted. */
	strays = 0;
	readonly backoff: Backoff;
	readonly waits: Waits;
	readonly options: ClientOptions;

	constructor(limits: Limits, options: ClientOptions, waits: Waits) {
		const random = options.random;
		const lane = limits.messages + LANE_SPARE;
		const arena = new Arena(
			DEADLINE_WORDS +
				inflightWords(limits.messages) +
				receivedWords(limits.received) +
				lane +
				topicWords(limits.topics, limits.topicBytes) +
				(limits.outbox >> 2),
			limits.receive,
			limits.send,
		);
		this.arena = arena;
		this.deadlines = new Deadlines(arena);
		this.inflight = new Inflight(arena, limits.messages, random);
		this.received = new Received(arena, limits.received);
		this.lane = new Lane(arena, lane);
		this.topics = new Topics(arena, limits.topics, limits.topicBytes);
		this.outbox = new Outbox(arena, limits.outbox, this.inflight);
		this.packet = new Incoming(arena.bytes, this.received);
		this.framer = new Framer(arena, this.packet);
		this.backoff = new Backoff(random, options.backoff);
		this.waits = waits;
		this.options = options;
	}

	/** Size of the stage in bytes: no single write is larger. */
	get stageSize(): number {
		return this.arena.total - this.arena.stageAt;
	}

	/** The application wants to be connected from now on. */
	requestOpen(now: number): void {
		this.phase = WAITING;
		this.deadlines.arm(RECONNECT, now);
	}

	/** The client has begun to look up the server's name. */
	handleResolving(now: number): void {
		this.deadlines.arm(RESOLVE, now + this.waits.resolveMs);
	}

	/** The client has made a socket. */
	handleConnecting(now: number): void {
		this.deadlines.disarm(RESOLVE);
		this.deadlines.arm(CONNECT, now + this.waits.connectMs);
	}

	/** The socket can be written: the link stands. */
	handleLinkUp(now: number): void {
		this.phase = CONNECTING;
		this.wants = WANTS_CONNECT;
		this.heardMs = now;
		this.deadlines.disarm(CONNECT);
		this.deadlines.arm(CONNACK_DEADLINE, now + this.waits.connackMs);
	}

	/**
	 * The link is gone, or never came about, because of `code`. What lives with a connection ends; what lives with the
	 * session waits for the next one, whose time is set here.
	 */
	handleLinkDown(code: number, now: number): void {
		this.rewind(code);
		this.deadlines.arm(RECONNECT, now + this.backoff.next(code));
		this.phase = WAITING;
	}

	/** The application is done with us. */
	requestClose(code: number): void {
		this.rewind(code);
		this.deadlines.disarm(DRAIN);
		this.phase = CLOSED;
	}

	private rewind(code: number): void {
		this.error = code;
		this.wants = 0;
		this.sendLeft = 0;
		this.requestId = 0;
		this.framer.reset();
		this.lane.clear();
		this.received.handleLinkDown();
		this.deadlines.disarmAllBut(DRAIN);
		rewindMessages(this, code);
		rewindSubscriptions(this);
	}

	/** The framer has found something (PACKET, HEAD, SPAN or minus an error code). Returns an event. */
	handleFrame(kind: number, now: number): number {
		if (kind < 0) return this.fail(-kind);
		this.heardMs = now;
		if (this.phase !== ONLINE) return this.handleFirst(kind, now);
		if (kind !== PACKET) return kind === HEAD ? handleHead(this) : handleSpan(this);
		const first = this.packet.first;
		if ((first & TYPE_MASK) === PUBLISH) return handlePublish(this);
		switch (first) {
			case PUBACK:
				return handlePuback(this);
			case PUBREC:
				return handlePubrec(this, now);
			case PUBREL:
				return handlePubrel(this);
			case PUBCOMP:
				return handlePubcomp(this);
			case SUBACK:
				return handleSuback(this);
			case UNSUBACK:
				return handleUnsuback(this);
			case PINGRESP:
				return handlePingresp(this, now);
		}
		return this.fail((FROM_SERVER >> (first >> 4)) & 1 ? RESERVED_FLAGS : UNEXPECTED_PACKET);
	}

	/** The first packet of a connection must be CONNACK [MQTT-3.2.0-1]. */
	private handleFirst(kind: number, now: number): number {
		this.discarding = true;
		if (this.phase !== CONNECTING || (this.wants & WANTS_CONNECT) !== 0) return this.fail(UNEXPECTED_PACKET);
		if (kind !== PACKET || this.packet.first !== CONNACK) return this.fail(UNEXPECTED_PACKET);
		return handleConnack(this, now);
	}

	/** Time has come to `now`. Returns an event; to be called until it returns NOTHING. */
	handleTime(now: number): number {
		for (;;) {
			let event = NOTHING;
			switch (this.deadlines.takeExpired(now)) {
				case NONE:
					return NOTHING;
				case RECONNECT:
					this.phase = OPENING;
					return OPEN;
				case RESOLVE:
					return this.fail(RESOLVE_TIMEOUT);
				case CONNECT:
					return this.fail(CONNECT_TIMEOUT);
				case CONNACK_DEADLINE:
					return this.fail(CONNACK_TIMEOUT);
				case KEEP_ALIVE:
					handleKeepAlive(this, now);
					break;
				case PING:
					return this.fail(PING_TIMEOUT);
				case SILENCE:
					event = handleSilence(this, now);
					break;
				case ACK:
					event = handleAckDeadline(this, now);
					break;
				case SOURCE:
					return this.fail(SOURCE_TIMEOUT);
				case STABLE:
					this.backoff.reset();
					break;
				case DRAIN:
					return DRAIN_EXPIRED;
				case TELL:
					break;
			}
			if (event !== NOTHING) return event;
		}
	}

	/**
	 * Puts what is to be sent next at the start of the stage, `room` bytes at most, and returns how many; 0 for nothing
	 * or not now; negative where the link has to be closed because of `error`.
	 */
	pollTransmit(room: number, now: number): number {
		this.leaving = 0;
		if (this.sendLeft > 0) return continueMessage(this, room, now);
		if (this.wants !== 0) {
			const control = this.pollControl(room, now);
			if (control !== 0) return control > 0 ? control : 0;
		}
		return this.phase === ONLINE ? pollMessage(this, room, now) : 0;
	}

	/** As pollTransmit; negative where the next control packet has to wait for room, and messages with it. */
	private pollControl(room: number, now: number): number {
		let length = 0;
		if ((this.wants & WANTS_CONNECT) !== 0) length = pollConnect(this, room);
		else if (this.phase === ONLINE) {
			if ((this.wants & WANTS_ACK) !== 0) length = pollLane(this, room);
			if (length === 0 && (this.wants & WANTS_PING) !== 0) length = pollPing(this, room, now);
			if (length === 0 && (this.wants & WANTS_REQUEST) !== 0) length = pollRequest(this, room, now);
		}
		if (length > 0) this.sentMs = now;
		return length;
	}

	/** For `return session.fail(code)`. */
	fail(code: number): number {
		this.error = code;
		return FAILED;
	}
}

Object.freeze(Session.prototype);
