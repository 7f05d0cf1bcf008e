// Subscriptions are declared once and brought about on every connection: after a Session Present of 0 all of them are
// asked for again, after a 1 only those that the server never answered. SUBSCRIBE is made from the table when it is
// sent, so it takes no room in the outbox, and one packet carries all that is wanted. One is in flight at a time. A store
// knows of some that were granted in an earlier life, and still stand.

import { ACK, isArmed, start } from "../deadline.js";
import { takeSuback } from "../decode.js";
import { packetLength, propertiesLength, putRequestFilter, putRequestHead, requestLength } from "../encode.js";
import { BAD_SUBACK, OK, UNEXPECTED_PACKET } from "../error.js";
import { takeRequestId } from "../outbox.js";
import { SUBSCRIBE, UNSUBSCRIBE } from "../packet.js";
import { OF_SUBACK, OF_UNSUBACK, PACKET_TOO_LARGE_REASON } from "../reason.js";
import type { Session } from "../session.js";
import { WANTS_REQUEST } from "../todo.js";
import {
	ANSWERED,
	ASKED,
	CODE_SHIFT,
	filterAt,
	filterOptions,
	IN_FLIGHT,
	LEAVING,
	nextTopic,
	REMOVED,
	REPORT,
	STANDING,
	stateAt,
	UNWANTED,
	WANTED,
} from "../topics.js";
import { takeUint16 } from "../wire.js";
import { REQUEST_FIRST, REQUEST_ID, REQUEST_MS } from "../words.js";
import { keepSubscriptions } from "./durability.js";
import { ANSWERED as EVENT_ANSWERED, fail } from "./event.js";
import { pollMessage } from "./outbound.js";
import { filterRefusal, fitsRequest } from "./server.js";

/**
 * UNSUBSCRIBE or SUBSCRIBE into the stage: its length, or 0 where the socket has no room for it; where there is none to send
 * now, a message: see pollTransmit.
 */
export function pollRequest(session: Session): number {
	if (session.words[REQUEST_ID] !== 0) return pollMessage(session);
	if (nextTopic(session, 1, STANDING, UNWANTED) !== 0) return pollBatch(session, UNSUBSCRIBE, UNWANTED, LEAVING);
	if (nextTopic(session, 1, STANDING, WANTED) !== 0) return pollBatch(session, SUBSCRIBE, WANTED, ASKED);
	session.todo &= ~WANTS_REQUEST;
	return pollMessage(session);
}

/** One packet for as many filters as fit: they are marked here, and then laid into the stage. */
function pollBatch(session: Session, first: number, from: number, to: number): number {
	const words = session.words;
	const most = Math.min(session.room, session.sendLimit);
	// Its answer has a byte a filter, and has to fit into the receive area.
	let filters = session.stageAt - session.receiveAt - 5;
	let handle = nextTopic(session, 1, STANDING, from);
	// Properties are a packet's: one packet for filters that have the same.
	const block = session.blocks?.[handle];
	const least = 2 + propertiesLength(session.packet.five, block);
	let remaining = least;
	while (handle !== 0) {
		const filter = filterAt(session, handle);
		const more = 2 + takeUint16(session.bytes, filter) + (first === SUBSCRIBE ? 1 : 0);
		if (packetLength(remaining + more) > most || filters === 0) break;
		filters -= 1;
		remaining += more;
		const at = stateAt(session, handle);
		words[at] = (words[at] & ~STANDING) | to | IN_FLIGHT;
		do handle = nextTopic(session, handle + 1, STANDING, from);
		while (handle !== 0 && session.blocks?.[handle] !== block);
	}
	return remaining > least ? beginRequest(session, first, remaining, block) : 0;
}

/** The packet gets an id and a deadline, and goes into the stage: its length, or 0 where the store could not take note of it. */
function beginRequest(session: Session, first: number, remaining: number, block: Uint8Array | undefined): number {
	if (!keepSubscriptions(session)) return 0;
	session.words[REQUEST_ID] = takeRequestId(session);
	session.words[REQUEST_FIRST] = first;
	session.words[REQUEST_MS] = session.now;
	if (!isArmed(session, ACK)) start(session, ACK);
	return putRequest(session, first, remaining, block);
}

/** The packet for the filters in flight, with these properties: its length. */
function putRequest(session: Session, first: number, remaining: number, block: Uint8Array | undefined): number {
	const at = putRequestHead(session, first, remaining, block);
	return putFilters(session, first, at);
}

/** They follow the head, which ends at `at`. */
function putFilters(session: Session, first: number, at: number): number {
	for (let handle = nextInFlight(session, 1); handle !== 0; handle = nextInFlight(session, handle + 1)) {
		const options = first === SUBSCRIBE ? filterOptions(session.words[stateAt(session, handle)]) : -1;
		at = putRequestFilter(session.bytes, at, filterAt(session, handle), options);
	}
	return at - session.stageAt;
}

/** One code a filter, in order [MQTT-3.9.3-1]. */
export function handleSuback(session: Session): number {
	return handleAnswer(session, SUBSCRIBE, OF_SUBACK, ASKED, ANSWERED);
}

function handleAnswer(session: Session, first: number, codes: number, from: number, to: number): number {
	const packet = session.packet;
	const words = session.words;
	const code = takeSuback(packet, codes);
	if (code !== OK) return fail(session, code);
	if (words[REQUEST_FIRST] !== first || packet.packetId !== words[REQUEST_ID]) return fail(session, UNEXPECTED_PACKET);
	const hasCodes = packet.payloadLength !== 0;
	let at = packet.payloadAt;
	for (let handle = nextInFlight(session, 1); handle !== 0; handle = nextInFlight(session, handle + 1)) at += 1;
	if (hasCodes && at !== packet.payloadAt + packet.payloadLength) return fail(session, BAD_SUBACK);
	at = packet.payloadAt;
	for (let handle = nextInFlight(session, 1); handle !== 0; handle = nextInFlight(session, handle + 1)) {
		const state = stateAt(session, handle);
		words[state] &= ~IN_FLIGHT;
		// Asked for differently, or taken back, in the meantime: the next request brings that about.
		if ((words[state] & STANDING) === from) setAnswer(session, handle, to, hasCodes ? session.bytes[at] : 0);
		at += 1;
	}
	session.words[REQUEST_ID] = 0;
	session.todo |= WANTS_REQUEST;
	// Where that cannot be kept, the next life asks again.
	session.options.store?.keepSubscriptions(session);
	return EVENT_ANSWERED;
}

export function handleUnsuback(session: Session): number {
	return handleAnswer(session, UNSUBSCRIBE, OF_UNSUBACK, LEAVING, REMOVED);
}

/** A handle whose answer has not been told, or 0. */
export function takeAnswered(session: Session): number {
	const handle = nextTopic(session, 1, REPORT, REPORT);
	if (handle !== 0) session.words[stateAt(session, handle)] &= ~REPORT;
	return handle;
}

/** The request in flight went with its connection: SUBSCRIBE is never resent, it is asked anew. */
export function rewindSubscriptions(session: Session): void {
	session.words[REQUEST_ID] = 0;
	for (let handle = nextInFlight(session, 1); handle !== 0; handle = nextInFlight(session, handle + 1)) {
		const at = stateAt(session, handle);
		const state = session.words[at] & ~IN_FLIGHT;
		const standing = state & STANDING;
		session.words[at] = standing === ASKED || standing === LEAVING ? state - 1 : state;
	}
}

/** `isUnsure`: the session that the server has may be one that has none of them. */
export function resumeSubscriptions(session: Session, sessionPresent: boolean, isUnsure: boolean): void {
	session.todo |= WANTS_REQUEST;
	for (let handle = 1; handle <= session.topics; handle += 1) {
		const at = stateAt(session, handle);
		let standing = session.words[at] & STANDING;
		if (standing === ANSWERED && (!sessionPresent || isUnsure)) {
			session.words[at] ^= ANSWERED ^ WANTED;
			standing = WANTED;
		}
		// Nobody is there to unsubscribe from; or nobody who can be told.
		if (standing === UNWANTED) {
			if (!sessionPresent) setAnswer(session, handle, REMOVED, 0);
			else if (!fitsRequest(session, handle, session.blocks?.[handle]))
				setAnswer(session, handle, REMOVED, PACKET_TOO_LARGE_REASON);
		}
		if (standing !== WANTED) continue;
		const filter = filterAt(session, handle);
		const length = takeUint16(session.bytes, filter);
		const block = session.blocks?.[handle];
		let code = filterRefusal(session, session.bytes, filter + 2, length, block);
		if (requestLength(length, block) > session.sendLimit) code = PACKET_TOO_LARGE_REASON;
		// What this session was granted in an earlier life needs no asking: SUBSCRIBE would change nothing.
		if (code === 0) code = isUnsure ? -1 : (session.options.store?.grantedBefore(session, handle) ?? -1);
		if (code >= 0) setAnswer(session, handle, ANSWERED, code);
	}
}

function nextInFlight(session: Session, handle: number): number {
	return nextTopic(session, handle, IN_FLIGHT, IN_FLIGHT);
}

/** `code` is a granted QoS, or a reason from 0x80 up: kept until takeAnswered(). */
function setAnswer(session: Session, handle: number, standing: number, code: number): void {
	const at = stateAt(session, handle);
	const kept = session.words[at] & ~STANDING & ~(0xff << CODE_SHIFT);
	session.words[at] = kept | standing | REPORT | (code << CODE_SHIFT);
}
