// Is the other side alive? Two clocks: when we last sent (keep alive is about that [MQTT-3.1.2-23]), and when we last
// heard. Publishing at QoS 0 into a dead link pushes only the first one. How long ago that was has no sign: after a sleep of
// more than half the clock's circle it is long, not to come.

import { ACK, arm, disarm, isArmed, KEEP_ALIVE, PING, SILENCE as SILENCE_DEADLINE, start } from "../deadline.js";
import { takeEmpty } from "../decode.js";
import { putEmpty } from "../encode.js";
import { ACK_TIMEOUT, OK, SILENCE, UNEXPECTED_PACKET } from "../error.js";
import { AWAITS_PUBACK, AWAITS_PUBREC, entryAfter, firstEntry, RELEASED, STATE_MASK } from "../outbox.js";
import { PINGREQ } from "../packet.js";
import type { Session } from "../session.js";
import { WANTS_PING } from "../todo.js";
import { PING_MS, REQUEST_MS, WAITS } from "../words.js";
import { fail, NOTHING, PONG } from "./event.js";

/** Perhaps traffic has pushed it back; if not, ask for a sign of life. */
export function handleKeepAlive(session: Session): void {
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

/** PINGREQ into the stage: its length, or -1 where the socket has no room for it. */
export function pollPing(session: Session): number {
	if (session.room < 2) return -1;
	session.todo &= ~WANTS_PING;
	start(session, PING);
	putEmpty(session.bytes, session.stageAt, PINGREQ);
	return 2;
}

export function handlePingresp(session: Session): number {
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

export function handleSilence(session: Session): number {
	const at = (session.heardMs + session.words[WAITS + SILENCE_DEADLINE]) | 0;
	if (((at - session.now) | 0) <= 0) return fail(session, SILENCE);
	arm(session, SILENCE_DEADLINE, at);
	return NOTHING;
}

/**
 * The first packet sent after the deadline was last set may have been answered long ago: look for the oldest that was
 * not. Too old, and the link is closed; sending again is for the next connection [MQTT-4.4.0-1].
 */
export function handleAckDeadline(session: Session): number {
	const now = session.now;
	const words = session.words;
	let age = session.requestId === 0 ? -1 : (now - words[REQUEST_MS]) >>> 0;
	for (let entry = firstEntry(session); entry !== 0; entry = entryAfter(session, entry)) {
		const state = words[entry] & STATE_MASK;
		// The one that is just being sent has to make progress, whatever its QoS.
		const leaving = session.sendLeft > 0 && entry === session.sending;
		if (leaving || state === AWAITS_PUBACK || state === AWAITS_PUBREC || state === RELEASED)
			age = Math.max(age, (now - words[entry + 2]) >>> 0);
	}
	const left = words[WAITS + ACK] - age;
	if (left <= 0) return fail(session, ACK_TIMEOUT);
	if (age >= 0) arm(session, ACK, now + left);
	return NOTHING;
}
