// Every wait has a deadline of its own, and one timer serves them all. A deadline that traffic keeps pushing back (keep
// alive, silence, acknowledgement) is not moved with each packet: it fires, its owner looks at when traffic last was,
// and sets it again. So a packet costs no timer.

import { checked, KEEP_ALIVE as KEEP_ALIVE_SECONDS } from "./limits.js";
import type { Session } from "./session.js";
import { EARLIER } from "./todo.js";
import { NEXT_MS, WAITS } from "./words.js";

// Those that have a length of their own, in the options or by default.
/** The answer to a DNS question. */
export const RESOLVE = 0;
/** The socket's first onWritable. */
export const CONNECT = 1;
/** CONNACK, counted from the moment the link stands. */
export const CONNACK = 2;
/** PINGRESP. */
export const PING = 3;
/** PUBACK, PUBREC, PUBCOMP, SUBACK or UNSUBACK. */
export const ACK = 4;
/** The next bytes of a streamed payload. */
export const SOURCE = 5;
/** Anything at all from the server; may be off. */
export const SILENCE = 6;
/** The time to send a PINGREQ: the longest time without sending, and without hearing; may be off. */
export const KEEP_ALIVE = 7;
/** Online for long enough to trust the server again. */
export const STABLE = 8;

// Those that are given a time.
/** The end of what drain() waits for. */
export const DRAIN = 9;
/** The next attempt to connect. */
export const RECONNECT = 10;
/** What the application is to be told once the call that caused it has returned. */
export const TELL = 11;

export const NONE = -1;
/** The bit of `armed` that stands for ACK: every message asks for it. */
export const ACK_ARMED = 1 << ACK;

/** The longest time to sleep where nothing is due: half the clock's half circle, so that comparisons hold. */
const LONG_MS = 0x3fff_ffff;
const DAY_MS = 86_400_000;

/** The options' timeouts, with their defaults, into the session's words. Throws Misuse for what is no time in ms. */
export function takeWaits(session: Session): void {
	const backoff = session.options.backoff;
	const timeouts = session.options.timeouts;
	const words = session.words;
	checked("timeouts.pingMs", timeouts?.pingMs ?? 1, 1, DAY_MS);
	checked("timeouts.silenceMs", timeouts?.silenceMs ?? 0, 0, DAY_MS * 2);
	words[WAITS + RESOLVE] = checked("timeouts.resolveMs", timeouts?.resolveMs ?? 10_000, 1, DAY_MS);
	words[WAITS + CONNECT] = checked("timeouts.connectMs", timeouts?.connectMs ?? 15_000, 1, DAY_MS);
	words[WAITS + CONNACK] = checked("timeouts.connackMs", timeouts?.connackMs ?? 10_000, 1, DAY_MS);
	words[WAITS + ACK] = checked("timeouts.ackMs", timeouts?.ackMs ?? 20_000, 1, DAY_MS);
	words[WAITS + SOURCE] = checked("timeouts.sourceMs", timeouts?.sourceMs ?? 10_000, 1, DAY_MS);
	words[WAITS + STABLE] = checked("backoff.stableMs", backoff?.stableMs ?? 30_000, 0, DAY_MS) || 1;
	setKeepAlive(session, -1);
}

/** The waits that hang on the keep-alive: the server's in seconds, which goes before ours, or -1 for ours. */
export function setKeepAlive(session: Session, seconds: number): void {
	const options = session.options;
	const words = session.words;
	const keepAliveMs = (seconds < 0 ? (options.keepAlive ?? KEEP_ALIVE_SECONDS) : seconds) * 1000;
	const pingMs = options.timeouts?.pingMs ?? 10_000;
	// A PINGREQ unanswered for a whole keep-alive would keep the next one from leaving in time.
	words[WAITS + PING] = keepAliveMs > 0 && pingMs > keepAliveMs ? keepAliveMs : pingMs;
	const silenceMs = keepAliveMs === 0 ? 0 : keepAliveMs + (keepAliveMs >> 1) + words[WAITS + PING];
	words[WAITS + SILENCE] = options.timeouts?.silenceMs ?? silenceMs;
	// An eighth early, so that the packet is on its way when the server's clock says keepAlive [MQTT-3.1.2-23].
	words[WAITS + KEEP_ALIVE] = keepAliveMs - (keepAliveMs >> 3);
}

/** Sets a deadline to the time `at`. */
export function arm(session: Session, kind: number, at: number): void {
	session.words[kind] = at;
	if (session.armed === 0 || ((at - session.words[NEXT_MS]) | 0) < 0) {
		session.words[NEXT_MS] = at | 0;
		session.todo |= EARLIER;
	}
	session.armed |= 1 << kind;
}

/** Sets a deadline to its own length from now, unless that is off. */
export function start(session: Session, kind: number): void {
	const wait = session.words[WAITS + kind];
	if (wait > 0) arm(session, kind, session.now + wait);
}

export function disarm(session: Session, kind: number): void {
	session.armed &= ~(1 << kind);
}

export function isArmed(session: Session, kind: number): boolean {
	return (session.armed & (1 << kind)) !== 0;
}

/** The time of the next deadline; it may be early, never late. */
export function pollDeadline(session: Session): number {
	return session.armed === 0 ? (session.now + LONG_MS) | 0 : session.words[NEXT_MS];
}

/** A deadline that has passed, now disarmed, or NONE. */
export function takeExpired(session: Session): number {
	const now = session.now;
	let next = (now + LONG_MS) | 0;
	for (let kind = 0; kind < WAITS; kind += 1) {
		if ((session.armed & (1 << kind)) === 0) continue;
		const at = session.words[kind];
		if (((at - now) | 0) <= 0) {
			session.armed &= ~(1 << kind);
			// Others may be due as well: `next` stays in the past until a round finds none.
			session.words[NEXT_MS] = now;
			return kind;
		}
		if (((at - next) | 0) < 0) next = at;
	}
	session.words[NEXT_MS] = next;
	return NONE;
}
