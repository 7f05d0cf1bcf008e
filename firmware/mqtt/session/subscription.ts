// Subscriptions are declared once and brought about on every connection: after a Session Present of 0 all of them are
// asked for again, after a 1 only those that the server never answered. SUBSCRIBE is made from the table when it is
// sent, so it takes no room in the outbox, and one packet carries all that is wanted. One is in flight at a time.

import { ACK } from "../deadline.js";
import { isSubackCode, takeAck, takeSuback } from "../decode.js";
import { packetLength, putRequest } from "../encode.js";
import { BAD_SUBACK, OK, UNEXPECTED_PACKET } from "../error.js";
import { SUBSCRIBE, UNSUBSCRIBE } from "../packet.js";
import { ANSWERED, ASKED, LEAVING, REMOVED, UNWANTED, WANTED } from "../topic.js";
import { ANSWERED as EVENT_ANSWERED } from "./event.js";
import type { Session } from "./session.js";
import { WANTS_REQUEST } from "./state.js";

/** Length of a SUBSCRIBE for one filter of `length` bytes: it must fit into one write. */
export function requestLength(length: number): number {
	return packetLength(2 + 2 + length + 1);
}

export function pollRequest(session: Session, room: number, now: number): number {
	if (session.requestId !== 0) return 0;
	const topics = session.topics;
	if (topics.nextStanding(1, UNWANTED) !== 0) return pollBatch(session, room, now, UNSUBSCRIBE, UNWANTED, LEAVING);
	if (topics.nextStanding(1, WANTED) !== 0) return pollBatch(session, room, now, SUBSCRIBE, WANTED, ASKED);
	session.wants &= ~WANTS_REQUEST;
	return 0;
}

/** One packet for as many filters as fit, or -1 where there is no room for the first. */
function pollBatch(session: Session, room: number, now: number, first: number, from: number, to: number): number {
	const { topics, stageSize } = session;
	const most = Math.min(room, stageSize);
	// Its answer has a byte a filter, and has to fit into the receive area.
	let filters = session.arena.stageAt - session.arena.receiveAt - 5;
	let remaining = 2;
	for (let handle = topics.nextStanding(1, from); handle !== 0; handle = topics.nextStanding(handle + 1, from)) {
		const more = 2 + topics.textLength(handle) + (first === SUBSCRIBE ? 1 : 0);
		if (packetLength(remaining + more) > most || filters === 0) break;
		filters -= 1;
		remaining += more;
		topics.setStanding(handle, to);
		topics.setInFlight(handle, true);
	}
	if (remaining === 2) return -1;
	const { bytes, stageAt } = session.arena;
	session.requestId = session.inflight.takeRequestId();
	session.requestFirst = first;
	session.requestMs = now;
	if (!session.deadlines.isArmed(ACK)) session.deadlines.arm(ACK, now + session.waits.ackMs);
	return putRequest(bytes, stageAt, first, remaining, session.requestId, topics) - stageAt;
}

/** One code a filter, in order [MQTT-3.9.3-1]. */
export function handleSuback(session: Session): number {
	const { packet, topics } = session;
	const code = takeSuback(packet);
	if (code !== OK) return session.fail(code);
	if (session.requestFirst !== SUBSCRIBE || packet.packetId !== session.requestId)
		return session.fail(UNEXPECTED_PACKET);
	let count = 0;
	for (let handle = topics.nextInFlight(1); handle !== 0; handle = topics.nextInFlight(handle + 1)) count += 1;
	if (count !== packet.payloadLength) return session.fail(BAD_SUBACK);
	for (let i = 0; i < count; i += 1)
		if (!isSubackCode(packet.bytes[packet.payloadAt + i])) return session.fail(BAD_SUBACK);
	let at = packet.payloadAt;
	for (let handle = topics.nextInFlight(1); handle !== 0; handle = topics.nextInFlight(handle + 1)) {
		// Asked for differently, or taken back, in the meantime: the next request brings that about.
		if (topics.standing(handle) === ASKED) topics.setAnswer(handle, ANSWERED, packet.bytes[at]);
		topics.setInFlight(handle, false);
		at += 1;
	}
	return endRequest(session);
}

export function handleUnsuback(session: Session): number {
	const { packet, topics } = session;
	const code = takeAck(packet);
	if (code !== OK) return session.fail(code);
	if (session.requestFirst !== UNSUBSCRIBE || packet.packetId !== session.requestId)
		return session.fail(UNEXPECTED_PACKET);
	for (let handle = topics.nextInFlight(1); handle !== 0; handle = topics.nextInFlight(handle + 1)) {
		if (topics.standing(handle) === LEAVING) topics.setAnswer(handle, REMOVED, 0);
		topics.setInFlight(handle, false);
	}
	return endRequest(session);
}

function endRequest(session: Session): number {
	session.requestId = 0;
	session.wants |= WANTS_REQUEST;
	return EVENT_ANSWERED;
}

/** The request in flight went with its connection: SUBSCRIBE is never resent, it is asked anew. */
export function rewindSubscriptions(session: Session): void {
	const topics = session.topics;
	for (let handle = topics.nextInFlight(1); handle !== 0; handle = topics.nextInFlight(handle + 1)) {
		if (topics.standing(handle) === ASKED) topics.setStanding(handle, WANTED);
		else if (topics.standing(handle) === LEAVING) topics.setStanding(handle, UNWANTED);
		topics.setInFlight(handle, false);
	}
}

export function resumeSubscriptions(session: Session, sessionPresent: boolean): void {
	const topics = session.topics;
	session.wants |= WANTS_REQUEST;
	if (sessionPresent) return;
	for (let handle = topics.nextStanding(1, ANSWERED); handle !== 0; handle = topics.nextStanding(handle + 1, ANSWERED))
		topics.setStanding(handle, WANTED);
	// Nobody is there to unsubscribe from.
	for (let handle = topics.nextStanding(1, UNWANTED); handle !== 0; handle = topics.nextStanding(handle + 1, UNWANTED))
		topics.setAnswer(handle, REMOVED, 0);
}
