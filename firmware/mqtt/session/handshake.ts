// CONNECT and CONNACK, and what a Session Present of 0 or 1 means for what we hold.

import { ACK, CONNACK, disarm, KEEP_ALIVE, SILENCE, STABLE, start } from "../deadline.js";
import { takeConnack } from "../decode.js";
import { asksClean, connectRemaining, packetLength, putConnect } from "../encode.js";
import { OK, STORE_FAILED, UNEXPECTED_SESSION } from "../error.js";
import { nextReleased } from "../outbox.js";
import { PUBREL } from "../packet.js";
import { PACKET_TOO_LARGE_REASON } from "../reason.js";
import { ACK_MOST, loseReceived, owe } from "../received.js";
import type { Session } from "../session.js";
import { OFFLINE, ONLINE, UNSURE, WANTS_CONNECT } from "../todo.js";
import { finishExchange } from "./authentication.js";
import { keepConnection } from "./durability.js";
import { END_LOST, ONLINE as EVENT_ONLINE, fail, RESUMED } from "./event.js";
import { loseMessages } from "./outbound.js";
import { refuseImpossible, takeServerLimits } from "./server.js";
import { resumeSubscriptions } from "./subscription.js";

/** CONNECT into the stage: its length, or -1 where the socket has no room for it. */
export function pollConnect(session: Session): number {
	const remaining = connectRemaining(session);
	const length = packetLength(remaining);
	if (length > session.room) return -1;
	putConnect(session, session.stageAt, remaining);
	session.todo &= ~WANTS_CONNECT;
	// What it said is for nobody's eyes any longer.
	session.exchange = undefined;
	return length;
}

export function handleConnack(session: Session): number {
	let code = takeConnack(session.packet);
	if (code !== OK) return fail(session, code);
	const sessionPresent = session.packet.position === 1;
	// We asked for a clean session: a server that has kept one is out of step with us [MQTT-3.2.2-1], [MQTT-3.2.2-4].
	if (sessionPresent && asksClean(session.options)) return fail(session, UNEXPECTED_SESSION);
	code = finishExchange(session);
	if (code !== OK) return fail(session, code);
	takeServerLimits(session);
	// We could not even acknowledge [MQTT-3.2.2-15].
	if (session.largest < ACK_MOST) return fail(session, PACKET_TOO_LARGE_REASON);
	if (!sessionPresent) loseReceived(session);
	session.options.servers?.handleAccepted(session);
	// That the session is lost is kept first: a cut among what follows must not leave messages that seem to be of this one.
	const isKept = keepConnection(session, sessionPresent);
	if (!sessionPresent) {
		// The standard leaves it to the client (3.1.1 section 3.2.2.2) what to do with state that the server lost. To
		// send it again could deliver a QoS 2 message twice, so it ends, and the application is told.
		loseMessages(session, END_LOST);
	}
	if (!isKept) return fail(session, STORE_FAILED);
	session.phase = ONLINE;
	session.todo &= ~OFFLINE;
	disarm(session, CONNACK);
	start(session, STABLE);
	start(session, KEEP_ALIVE);
	start(session, SILENCE);
	if (sessionPresent) resumeReleases(session);
	refuseImpossible(session);
	resumeSubscriptions(session, sessionPresent, (session.todo & UNSURE) !== 0);
	session.todo &= ~UNSURE;
	return sessionPresent ? RESUMED : EVENT_ONLINE;
}

/** PUBREL again, with the old ids [MQTT-4.4.0-1], in the order of the PUBREC packets [MQTT-4.6.0-4]. */
function resumeReleases(session: Session): void {
	for (let entry = nextReleased(session, 0); entry !== 0; entry = nextReleased(session, entry)) {
		owe(session, PUBREL, session.words[entry + 1] & 0xffff);
		session.words[entry + 2] = session.now;
		start(session, ACK);
	}
}
