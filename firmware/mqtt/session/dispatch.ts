// The session's turns: a packet or a deadline goes to the concern that it belongs to (handshake, subscription, inbound,
// outbound), what is to be sent next is asked of each in its order, and a link comes and goes; and whether the other side is alive.
//
// Verbs: handle… (the network or time gives), request… (the application asks), poll… (we give).

import { nextFailures, retryDelay } from "../backoff.js";
import {
	ACK,
	arm,
	CONNACK as CONNACK_DEADLINE,
	CONNECT,
	DRAIN,
	disarm,
	isArmed,
	KEEP_ALIVE,
	NONE,
	PING,
	RECONNECT,
	RESOLVE,
	SILENCE,
	SOURCE,
	STABLE,
	start,
	TELL,
	takeExpired,
} from "../deadline.js";
import { takeDisconnect, takeEmpty } from "../decode.js";
import { putEmpty } from "../encode.js";
import {
	ACK_TIMEOUT,
	AUTHENTICATION_FAILED,
	SILENCE as CODE_SILENCE,
	CONNACK_TIMEOUT,
	CONNECT_TIMEOUT,
	LINK_LOST,
	OK,
	PING_TIMEOUT,
	RESERVED_FLAGS,
	RESOLVE_TIMEOUT,
	SOURCE_TIMEOUT,
	STORE_FAILED,
	UNEXPECTED_PACKET,
} from "../error.js";
import { HEAD, PACKET, rewindFramer } from "../framer.js";
import { AWAITS_PUBACK, AWAITS_PUBREC, entryAfter, firstEntry, RELEASED, STATE_MASK } from "../outbox.js";
import {
	AUTH,
	CONNACK,
	DISCONNECT,
	PINGREQ,
	PINGRESP,
	PUBACK,
	PUBCOMP,
	PUBLISH,
	PUBREC,
	PUBREL,
	SUBACK,
	TYPE_MASK,
	UNSUBACK,
} from "../packet.js";
import { UNSPECIFIED_ERROR } from "../reason.js";
import { pollLane, rewindReceived } from "../received.js";
import type { Session } from "../session.js";
import {
	ALIASED,
	CLOSED,
	CONNECTING,
	DURABLE,
	LEAVING,
	LIMITED,
	OFFLINE,
	ONLINE,
	OPENING,
	STALLED,
	UNSENT,
	UNSURE,
	WAITING,
	WANTS_ACK,
	WANTS_AUTH,
	WANTS_CONNECT,
	WANTS_PING,
	WANTS_REQUEST,
} from "../todo.js";
import { ERROR, FAILURES, PING_MS, REQUEST_ID, REQUEST_MS, SENDING, WAITS } from "../words.js";
import { keepAnswers, keepRest } from "./durability.js";
import { DISCONNECTED, DRAIN_EXPIRED, fail, NOTHING, OPEN, PONG } from "./event.js";
import { handleAuth, handleConnack, pollAuth, pollConnect, startExchange } from "./handshake.js";
import { handleHead, handlePublish, handlePubrel, handleSpan } from "./inbound.js";
import { continueMessage, handleLastAck, handlePubrec, pollMessage, rewindMessages } from "./outbound.js";
import { handleSuback, handleUnsuback, pollRequest, rewindSubscriptions } from "./subscription.js";

/** Packet types, a bit each, that a server may send once we are online: PUBACK to PUBCOMP, SUBACK, UNSUBACK, PINGRESP. */
const FROM_SERVER = 0b0010_1010_1111_0000;
/** What goes before any message. */
const CONTROL = WANTS_CONNECT | WANTS_AUTH | WANTS_ACK | WANTS_PING | WANTS_REQUEST;
/** What lives with a connection. */
const OF_LINK = CONTROL | STALLED | LEAVING | LIMITED | ALIASED;

/** The framer has found something (PACKET, HEAD, SPAN or minus an error code). Returns an event. */
export function handleFrame(session: Session, kind: number): number {
	if (kind !== PACKET || session.phase !== ONLINE) return handleUnusual(session, kind);
	if ((session.packet.first & TYPE_MASK) === PUBLISH) return handlePublish(session);
	switch (session.packet.first) {
		case PUBACK:
			return handleLastAck(session, AWAITS_PUBACK);
		case PUBREC:
			return handlePubrec(session);
		case PUBREL:
			return handlePubrel(session);
		case PUBCOMP:
			return handleLastAck(session, RELEASED);
	}
	return handleRare(session, session.packet.first);
}

function handleRare(session: Session, first: number): number {
	let code = OK;
	switch (first) {
		case SUBACK:
			return handleSuback(session);
		case UNSUBACK:
			return handleUnsuback(session);
		case PINGRESP:
			return handlePingresp(session);
		case DISCONNECT:
			if (session.packet.five === 0) break;
			// A 5.0 server closes the connection, and says why. Nothing goes out on it any more.
			code = takeDisconnect(session.packet);
			if (code !== OK) return fail(session, code);
			session.words[ERROR] = session.packet.reason === 0 ? LINK_LOST : session.packet.reason;
			return DISCONNECTED;
		case AUTH:
			return handleAuth(session);
	}
	// In 5.0 DISCONNECT and AUTH as well.
	const known = session.packet.five === 0 ? FROM_SERVER : FROM_SERVER | 0xc000;
	code = (known >> (first >> 4)) & 1 ? RESERVED_FLAGS : UNEXPECTED_PACKET;
	return fail(session, code);
}

/** Parts of a streamed message, errors, and the first packet of a connection, which must be CONNACK [MQTT-3.2.0-1]. */
function handleUnusual(session: Session, kind: number): number {
	if (kind < 0) return fail(session, -kind);
	if (session.phase === ONLINE) return kind === HEAD ? handleHead(session) : handleSpan(session);
	session.discarding = true;
	const sent = session.phase === CONNECTING && (session.todo & WANTS_CONNECT) === 0;
	if (!sent || kind !== PACKET) return fail(session, UNEXPECTED_PACKET);
	if (session.packet.first === CONNACK) return handleConnack(session);
	// Where we have asked for it, an exchange comes before [MQTT-3.1.2-30].
	return session.packet.first === AUTH ? handleAuth(session) : fail(session, UNEXPECTED_PACKET);
}

/** Time has come to `now`. Returns an event; to be called until it returns NOTHING. */
export function handleTime(session: Session): number {
	for (;;) {
		let event = NOTHING;
		let at = 0;
		switch (takeExpired(session)) {
			case NONE:
				return NOTHING;
			case RECONNECT:
				session.phase = OPENING;
				return OPEN;
			case RESOLVE:
				return fail(session, RESOLVE_TIMEOUT);
			case CONNECT:
				return fail(session, CONNECT_TIMEOUT);
			case CONNACK_DEADLINE:
				// Or what a later exchange of AUTH packets waits for.
				return fail(session, session.phase === ONLINE ? ACK_TIMEOUT : CONNACK_TIMEOUT);
			case KEEP_ALIVE:
				handleKeepAlive(session);
				break;
			case PING:
				return fail(session, PING_TIMEOUT);
			case SILENCE:
				at = session.heardMs + session.words[WAITS + SILENCE];
				if (((at - session.now) | 0) <= 0) return fail(session, CODE_SILENCE);
				arm(session, SILENCE, at);
				break;
			case ACK:
				event = handleAckDeadline(session);
				break;
			case SOURCE:
				return fail(session, SOURCE_TIMEOUT);
			case STABLE:
				session.words[FAILURES] = 0;
				event = session.options.servers?.handleStable(session) ?? NOTHING;
				break;
			case DRAIN:
				return DRAIN_EXPIRED;
			case TELL:
				break;
		}
		if (event !== NOTHING) return event;
	}
}

// Is the other side alive? Two clocks: when we last sent (keep alive is about that [MQTT-3.1.2-23]), and when we last heard.
// Publishing at QoS 0 into a dead link pushes only the first one. How long ago that was has no sign: after a sleep of more
// than half the clock's circle it is long, not to come.

/** Perhaps traffic has pushed it back; if not, ask for a sign of life. */
function handleKeepAlive(session: Session): void {
	const now = session.now;
	const idle = Math.max((now - session.sentMs) >>> 0, (now - session.heardMs) >>> 0);
	const left = session.words[WAITS + KEEP_ALIVE] - idle;
	if (left <= 0) {
		requestPing(session);
		start(session, KEEP_ALIVE);
	} else arm(session, KEEP_ALIVE, now + left);
}

/** An unanswered PINGREQ has its own deadline; a second one would only blur the round-trip time. */
export function requestPing(session: Session): void {
	if (!isArmed(session, PING)) session.todo |= WANTS_PING;
}

/** PINGREQ into the stage: its length, or 0 where the socket has no room for it. */
function pollPing(session: Session): number {
	if (session.room < 2) return 0;
	session.todo &= ~WANTS_PING;
	start(session, PING);
	putEmpty(session.bytes, session.stageAt, PINGREQ);
	return 2;
}

function handlePingresp(session: Session): number {
	const code = takeEmpty(session.packet);
	if (code !== OK) return fail(session, code);
	if (!isArmed(session, PING)) return fail(session, UNEXPECTED_PACKET);
	disarm(session, PING);
	// While it was awaited no other was sent: the time to the next counts from the last packet that left.
	const words = session.words;
	const idleMs = words[WAITS + KEEP_ALIVE];
	if (idleMs > 0) arm(session, KEEP_ALIVE, session.sentMs + idleMs);
	words[PING_MS] = (session.now - words[PING] + words[WAITS + PING]) | 0;
	return PONG;
}

/**
 * The first packet sent after the deadline was last set may have been answered long ago: look for the oldest that was
 * not. Too old, and the link is closed; sending again is for the next connection [MQTT-4.4.0-1].
 */
function handleAckDeadline(session: Session): number {
	const now = session.now;
	const words = session.words;
	let age = words[REQUEST_ID] === 0 ? -1 : (now - words[REQUEST_MS]) >>> 0;
	for (let entry = firstEntry(session); entry !== 0; entry = entryAfter(session, entry)) {
		const state = words[entry] & STATE_MASK;
		// The one that is just being sent has to make progress, whatever its QoS.
		const leaving = session.sendLeft > 0 && entry === words[SENDING];
		if (leaving || state === AWAITS_PUBACK || state === AWAITS_PUBREC || state === RELEASED)
			age = Math.max(age, (now - words[entry + 2]) >>> 0);
	}
	const left = words[WAITS + ACK] - age;
	if (left <= 0) return fail(session, ACK_TIMEOUT);
	if (age >= 0) arm(session, ACK, now + left);
	return NOTHING;
}

// What is to be sent, and where the link stands.

/**
 * Puts what is to be sent next at the start of the stage, as far as the socket has room, and returns how many bytes; 0
 * for nothing or not now; negative where the link has to be closed because of the word ERROR.
 */
export function pollTransmit(session: Session): number {
	if (session.sendLeft > 0) return continueMessage(session, 0);
	if ((session.todo & WANTS_ACK) !== 0) return pollAnswers(session);
	if ((session.todo & CONTROL) !== 0) return pollControl(session);
	return session.phase === ONLINE ? pollMessage(session) : 0;
}

/** As pollTransmit, for what is in the lane. */
function pollAnswers(session: Session): number {
	if ((session.todo & DURABLE) === 0 || keepAnswers(session)) return pollLane(session);
	session.words[ERROR] = STORE_FAILED;
	return -1;
}

/** As pollTransmit, for the next control packet: where it has to wait for room, messages wait with it. */
function pollControl(session: Session): number {
	if ((session.todo & WANTS_CONNECT) !== 0) return pollConnect(session);
	if ((session.todo & WANTS_AUTH) !== 0) return pollAuth(session);
	if (session.phase !== ONLINE) return 0;
	return (session.todo & WANTS_PING) !== 0 ? pollPing(session) : pollRequest(session);
}

/** The application wants to be connected from now on. */
export function requestOpen(session: Session): void {
	session.phase = WAITING;
	arm(session, RECONNECT, session.now);
}

/** The client has begun to look up the server's name, or has made a socket. */
export function handleOpening(session: Session, kind: number): void {
	disarm(session, RESOLVE);
	start(session, kind);
}

/** The socket can be written: the link stands. Returns an event. */
export function handleLinkUp(session: Session): number {
	session.phase = CONNECTING;
	session.todo |= WANTS_CONNECT;
	session.heardMs = session.now;
	disarm(session, CONNECT);
	start(session, CONNACK_DEADLINE);
	const mechanism = session.options.authentication;
	if (mechanism === undefined || startExchange(session, mechanism)) return NOTHING;
	return fail(session, AUTHENTICATION_FAILED);
}

/**
 * The link is gone, or never came about, because of `code`. What lives with a connection ends; what lives with the
 * session waits for the next one, whose time is set here.
 */
export function handleLinkDown(session: Session, code: number): void {
	const options = session.options;
	const words = session.words;
	// At 3.1.1 a server cannot say why it closes.
	const isThrownOut = code === LINK_LOST && session.packet.five === 0 && isArmed(session, STABLE);
	const failures = nextFailures(words[FAILURES], isThrownOut);
	words[FAILURES] = failures;
	rewind(session, code);
	const delay =
		options.servers === undefined
			? retryDelay(failures, code, options.random, options.backoff)
			: options.servers.handleDown(session, code);
	arm(session, RECONNECT, session.now + delay);
	session.phase = WAITING;
}

/** The application is done with us. */
export function requestClose(session: Session, code: number): void {
	rewind(session, code);
	session.armed = 0;
	session.phase = CLOSED;
}

function rewind(session: Session, code: number): void {
	if (session.phase === CONNECTING) {
		if (code < UNSPECIFIED_ERROR) session.todo |= UNSURE;
		if (session.options.pipeline !== undefined) session.options.pipeline.handleUnanswered(session, code);
	}
	session.words[ERROR] = code;
	session.room = 0;
	session.todo = (session.todo & ~OF_LINK) | OFFLINE | UNSENT;
	session.exchange = undefined;
	// drain() outlives its link.
	session.armed &= 1 << DRAIN;
	keepRest(session);
	rewindFramer(session);
	rewindReceived(session);
	rewindMessages(session, code);
	rewindSubscriptions(session);
}
