// CONNECT and CONNACK, and what a Session Present of 0 or 1 means for what we hold.

import { ACK, CONNACK, KEEP_ALIVE, SILENCE, STABLE } from "../deadline.js";
import { takeConnack } from "../decode.js";
import { connectRemaining, packetLength, putConnect } from "../encode.js";
import { OK, SESSION_LOST, UNEXPECTED_SESSION } from "../error.js";
import { PUBREL } from "../packet.js";
import { END_LOST, ONLINE as EVENT_ONLINE } from "./event.js";
import { loseMessages } from "./outbound.js";
import type { Session } from "./session.js";
import { ONLINE, WANTS_ACK, WANTS_CONNECT } from "./state.js";
import { resumeSubscriptions } from "./subscription.js";

export function pollConnect(session: Session, room: number): number {
	const remaining = connectRemaining(session.options);
	const length = packetLength(remaining);
	if (length > room) return -1;
	const { bytes, stageAt } = session.arena;
	putConnect(bytes, stageAt, session.options, remaining);
	session.wants &= ~WANTS_CONNECT;
	return length;
}

export function handleConnack(session: Session, now: number): number {
	const { deadlines, waits } = session;
	const code = takeConnack(session.packet);
	if (code !== OK) return session.fail(code);
	const sessionPresent = session.packet.position === 1;
	// We asked for a clean session: a server that has kept one is out of step with us [MQTT-3.2.2-1].
	if (sessionPresent && session.options.cleanSession !== false) return session.fail(UNEXPECTED_SESSION);
	session.phase = ONLINE;
	session.sessionPresent = sessionPresent;
	deadlines.disarm(CONNACK);
	deadlines.arm(STABLE, now + session.backoff.stableMs);
	if (waits.idleMs > 0) deadlines.arm(KEEP_ALIVE, now + waits.idleMs);
	if (waits.silenceMs > 0) deadlines.arm(SILENCE, now + waits.silenceMs);
	if (sessionPresent) resumeReleases(session, now);
	else {
		// The standard leaves it to the client (3.1.1 section 3.2.2.2) what to do with state that the server lost. To
		// send it again could deliver a QoS 2 message twice, so it ends, and the application is told.
		loseMessages(session, END_LOST, SESSION_LOST);
		session.received.clear();
	}
	resumeSubscriptions(session, sessionPresent);
	return EVENT_ONLINE;
}

/** PUBREL again, with the old ids [MQTT-4.4.0-1], in the order of the PUBREC packets [MQTT-4.6.0-4]. */
function resumeReleases(session: Session, now: number): void {
	const outbox = session.outbox;
	for (let entry = outbox.nextReleased(0); entry !== 0; entry = outbox.nextReleased(entry)) {
		session.lane.push(PUBREL, outbox.packetId(entry));
		session.wants |= WANTS_ACK;
		outbox.setSentMs(entry, now);
		if (!session.deadlines.isArmed(ACK)) session.deadlines.arm(ACK, now + session.waits.ackMs);
	}
}
