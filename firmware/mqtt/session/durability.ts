// What has to be in the store before something else may happen: a message before it leaves, its PUBREC before PUBREL, what was
// received before PUBREC and PUBCOMP. All of it is skipped where the options have no store.

import { STORE_FAILED } from "../error.js";
import {
	DEAD,
	ENDED,
	ENTRY_WORDS,
	entryAfter,
	firstEntry,
	forget,
	nextOrder,
	QUEUED,
	RELEASED,
	remove,
	STATE_MASK,
	STORED,
	STREAMED,
	UNUSUAL,
	VOLATILE,
} from "../outbox.js";
import { PUBCOMP, PUBREC, QOS_1, QOS_MASK, RAM_ONLY } from "../packet.js";
import { UNSPECIFIED_ERROR } from "../reason.js";
import type { Session } from "../session.js";
import { LEAVING, ONLINE, WISH_SHIFT, WISHES } from "../todo.js";
import { ERROR } from "../words.js";

/** A message that has not left is kept, if it is one of those: its ticket, or minus STORE_FAILED, and it was not taken. */
export function keepNew(session: Session, at: number, ticket: number): number {
	const { options, words } = session;
	const { durability, store } = options;
	const wish = (session.todo & WISHES) >> WISH_SHIFT;
	session.todo &= ~WISHES;
	if (store === undefined || (session.bytes[at] & QOS_MASK) === 0) return ticket;
	const entry = (at >> 2) - ENTRY_WORDS;
	if ((wish & RAM_ONLY) !== 0) {
		words[entry] |= VOLATILE;
		return ticket;
	}
	if (wish === 0 && durability === "flash-when-offline" && session.phase === ONLINE) return ticket;
	if (store.keepMessage(session, entry, session.phase !== ONLINE)) {
		words[entry] |= STORED;
		return ticket;
	}
	remove(session, entry);
	return -STORE_FAILED;
}

/** What PUBREC means for a source, and for the store: false where that could not be kept. */
export function keepPubrec(session: Session, entry: number, head: number): boolean {
	if (session.packet.reason >= UNSPECIFIED_ERROR) {
		forget(session, entry);
		return true;
	}
	if ((head & STREAMED) !== 0) session.source = undefined;
	if ((head & STORED) === 0 || (head & STATE_MASK) === RELEASED) return true;
	// From PUBREL on the PUBLISH must never be sent again [MQTT-4.3.3-1], in no life.
	return session.options.store!.keepRelease(session, entry, nextOrder(session));
}

/** PUBREC and PUBCOMP promise something that a power cut must not undo: false where that could not be kept. */
export function keepAnswers(session: Session): boolean {
	const { bytes, laneEnd, options } = session;
	for (let at = session.laneAt; at < laneEnd; at += bytes[at + 1] + 2)
		if (bytes[at] === PUBREC || bytes[at] === PUBCOMP) return options.store!.keepReceived(session);
	return true;
}

/** Whether a message whose session the server has lost goes out again: at QoS 1 that may repeat it, which QoS 1 allows. */
export function isRepublished(session: Session, entry: number): boolean {
	const qos = session.bytes[(entry + ENTRY_WORDS) << 2] & QOS_MASK;
	return session.options.onSessionLost === "republish" && qos === QOS_1;
}

/** The server has accepted us: known before anything leaves that the next life would have to know of. */
export function keepConnection(session: Session, sessionPresent: boolean): boolean {
	const { store } = session.options;
	return store === undefined || store.keepConnection(session, sessionPresent);
}

/**
 * Subscriptions are about to change. False where flash would go on to say that the old ones stand: the link closes, and the
 * next one tries again.
 */
export function keepSubscriptions(session: Session): boolean {
	const { store } = session.options;
	if (store === undefined || store.keepSubscriptions(session)) return true;
	session.words[ERROR] = STORE_FAILED;
	session.todo |= LEAVING;
	return false;
}

/** "flash-when-offline": the connection is gone, and what was not kept as long as there was one is kept now. */
export function keepRest(session: Session): void {
	const { bytes, options, words } = session;
	const { store } = options;
	if (store === undefined) return;
	for (let entry = firstEntry(session); entry !== 0; entry = entryAfter(session, entry)) {
		const state = words[entry] & STATE_MASK;
		if ((words[entry] & UNUSUAL) !== 0 || state === ENDED || state === DEAD) continue;
		const isKept =
			state === RELEASED
				? store.keepRelease(session, entry, words[entry + 1] >>> 16)
				: (bytes[(entry + ENTRY_WORDS) << 2] & QOS_MASK) !== 0 && store.keepMessage(session, entry, state === QUEUED);
		// Where flash has no room they are as safe as RAM is, as they were.
		if (isKept) words[entry] |= STORED;
	}
}
