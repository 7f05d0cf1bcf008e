// Is the other side alive? Two clocks: when we last sent (keep alive is about that [MQTT-3.1.2-23]), and when we last
// heard. Publishing at QoS 0 into a dead link pushes only the first one.

import { ACK, KEEP_ALIVE, PING, SILENCE as SILENCE_DEADLINE } from "../deadline.js";
import { takeEmpty } from "../decode.js";
import { putEmpty } from "../encode.js";
import { ACK_TIMEOUT, OK, SILENCE, UNEXPECTED_PACKET } from "../error.js";
import { RELEASED, SENT } from "../outbox.js";
import { PINGREQ } from "../packet.js";
import { NOTHING, PONG } from "./event.js";
import type { Session } from "./session.js";
import { WANTS_PING } from "./state.js";

/** Perhaps traffic has pushed it back; if not, ask for a sign of life. */
export function handleKeepAlive(session: Session, now: number): void {
	const { deadlines, waits } = session;
	const idle = Math.max((now - session.sentMs) | 0, (now - session.heardMs) | 0);
	if (idle < waits.idleMs) {
		deadlines.arm(KEEP_ALIVE, now + waits.idleMs - idle);
		return;
	}
	requestPing(session);
	deadlines.arm(KEEP_ALIVE, now + waits.idleMs);
}

/** An unanswered PINGREQ has its own deadline; a second one would only blur the round-trip time. */
export function requestPing(session: Session): void {
	if (!session.deadlines.isArmed(PING)) session.wants |= WANTS_PING;
}

export function pollPing(session: Session, room: number, now: number): number {
	if (room < 2) return -1;
	session.wants &= ~WANTS_PING;
	session.pingSentMs = now;
	session.deadlines.arm(PING, now + session.waits.pingMs);
	putEmpty(session.arena.bytes, session.arena.stageAt, PINGREQ);
	return 2;
}

export function handlePingresp(session: Session, now: number): number {
	const code = takeEmpty(session.packet);
	if (code !== OK) return session.fail(code);
	if (!session.deadlines.isArmed(PING)) return session.fail(UNEXPECTED_PACKET);
	session.deadlines.disarm(PING);
	// While it was awaited no other was sent: the time to the next counts from the last packet that left.
	if (session.waits.idleMs > 0) session.deadlines.arm(KEEP_ALIVE, session.sentMs + session.waits.idleMs);
	session.pingMs = (now - session.pingSentMs) | 0;
	return PONG;
}

export function handleSilence(session: Session, now: number): number {
	const left = (session.heardMs + session.waits.silenceMs - now) | 0;
	if (left <= 0) return session.fail(SILENCE);
	session.deadlines.arm(SILENCE_DEADLINE, now + left);
	return NOTHING;
}

/**
 * The first packet sent after the deadline was last set may have been answered long ago: look for the oldest that was
 * not. Too old, and the link is closed; sending again is for the next connection [MQTT-4.4.0-1].
 */
export function handleAckDeadline(session: Session, now: number): number {
	const { outbox, waits } = session;
	let age = session.requestId === 0 ? -1 : (now - session.requestMs) | 0;
	for (let entry = outbox.first(); entry !== 0; entry = outbox.after(entry)) {
		const state = outbox.state(entry);
		// The one that is just being sent has to make progress, whatever its QoS.
		const leaving = session.sendLeft > 0 && entry === outbox.unsent;
		if (leaving || state === SENT || state === RELEASED) age = Math.max(age, (now - outbox.sentMs(entry)) | 0);
	}
	if (age >= waits.ackMs) return session.fail(ACK_TIMEOUT);
	if (age >= 0) session.deadlines.arm(ACK, now + waits.ackMs - age);
	return NOTHING;
}
