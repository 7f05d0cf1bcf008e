// What a 5.0 server allows, as its CONNACK says: how many messages at once, how large, which QoS, whether retained, which
// filters. A call that it has ruled out is refused at the call; what was declared or published before is looked through
// when the connection stands. A 3.1.1 server says nothing, and allows everything.

import { resetAliases } from "../aliases.js";
import { setKeepAlive } from "../deadline.js";
import { connectLength, requestLength } from "../encode.js";
import {
	ENTRY_WORDS,
	entryAfter,
	firstEntry,
	LENGTH_MASK,
	lose,
	QUEUED,
	RESEND,
	STATE_MASK,
	STREAMED,
} from "../outbox.js";
import { ANY_FLAGS, RETAIN } from "../packet.js";
import {
	ASSIGNED_CLIENT_IDENTIFIER,
	findProperty,
	integerProperty,
	MAXIMUM_PACKET_SIZE,
	MAXIMUM_QOS,
	RECEIVE_MAXIMUM,
	RETAIN_AVAILABLE,
	SERVER_KEEP_ALIVE,
	SHARED_SUBSCRIPTION_AVAILABLE,
	SUBSCRIPTION_IDENTIFIER,
	SUBSCRIPTION_IDENTIFIER_AVAILABLE,
	TOPIC_ALIAS_MAXIMUM,
	WILDCARD_SUBSCRIPTION_AVAILABLE,
} from "../property.js";
import {
	PACKET_TOO_LARGE_REASON,
	QOS_NOT_SUPPORTED,
	RETAIN_NOT_SUPPORTED,
	SHARED_SUBSCRIPTIONS_NOT_SUPPORTED,
	SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED,
	WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED,
} from "../reason.js";
import type { Session } from "../session.js";
import { ALIASED, LIMITED } from "../todo.js";
import { hasWildcard, shareLength } from "../topic.js";
import { filterAt } from "../topics.js";
import { takeUint16 } from "../wire.js";
import { ALIASES, SERVER_MAXIMUM } from "../words.js";
import { END_REFUSED } from "./event.js";

/** Takes over what CONNACK says, which is in the record. */
export function takeServerLimits(session: Session): void {
	const largest = property(session, MAXIMUM_PACKET_SIZE, 0xffff_ffff);
	const maximumQos = property(session, MAXIMUM_QOS, 2);
	session.largest = largest;
	session.sendLimit = Math.min(largest, session.total - session.stageAt);
	// Flags with QoS 1 are the bits 2 and 3 of the mask, those with QoS 2 the bits 4 and 5; with retain, the odd ones.
	session.allowedFlags = ANY_FLAGS & ((4 << (maximumQos * 2)) - 1);
	if (property(session, RETAIN_AVAILABLE, 1) === 0) session.allowedFlags &= 0x15;
	if (property(session, WILDCARD_SUBSCRIPTION_AVAILABLE, 1) === 0) session.allowedFlags |= NO_WILDCARDS;
	if (property(session, SHARED_SUBSCRIPTION_AVAILABLE, 1) === 0) session.allowedFlags |= NO_SHARES;
	if (property(session, SUBSCRIPTION_IDENTIFIER_AVAILABLE, 1) === 0) session.allowedFlags |= NO_IDENTIFIERS;
	if (session.words[ALIASES] > 0) {
		const count = Math.min(session.words[ALIASES], property(session, TOPIC_ALIAS_MAXIMUM, 0));
		resetAliases(session, count);
		if (count > 0) session.todo |= ALIASED;
	}
	// As long as we cannot have more messages under way than it takes, there is nothing to count.
	session.words[SERVER_MAXIMUM] = property(session, RECEIVE_MAXIMUM, 65_535);
	if (session.words[SERVER_MAXIMUM] < session.rows - 1) session.todo |= LIMITED;
	setKeepAlive(session, property(session, SERVER_KEEP_ALIVE, -1));
	const assigned = session.packet.property(ASSIGNED_CLIENT_IDENTIFIER);
	// Kept for the resume, if a CONNECT can say it; our own is never replaced by another.
	if (typeof assigned === "string" && session.options.clientId === "") {
		const before = session.clientId;
		session.clientId = assigned;
		if (connectLength(session) > session.total - session.stageAt) session.clientId = before;
	}
}

/** Bits of `allowedFlags`, where no flags can be. */
const NO_WILDCARDS = 0x100;
const NO_SHARES = 0x200;
const NO_IDENTIFIERS = 0x400;

/** The reason why this server does not take this filter, its size aside, or 0; `block` are its properties. */
export function filterRefusal(
	session: Session,
	bytes: Uint8Array,
	at: number,
	length: number,
	block: Uint8Array | undefined,
): number {
	const allowedFlags = session.allowedFlags;
	if ((allowedFlags & NO_IDENTIFIERS) !== 0 && block !== undefined)
		if (findProperty(block, 0, block.length, SUBSCRIPTION_IDENTIFIER) !== 0)
			return SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED;
	if ((allowedFlags & NO_SHARES) !== 0 && shareLength(bytes, at, length) > 0) return SHARED_SUBSCRIPTIONS_NOT_SUPPORTED;
	return (allowedFlags & NO_WILDCARDS) !== 0 && hasWildcard(bytes, at, length)
		? WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED
		: 0;
}

/** Whether an UNSUBSCRIBE for this filter, with these properties, is one that the server takes. */
export function fitsRequest(session: Session, handle: number, block: Uint8Array | undefined): boolean {
	return requestLength(takeUint16(session.bytes, filterAt(session, handle)), block) - 1 <= session.sendLimit;
}

/** The reason why this server takes no PUBLISH with these flags and of that size, or 0. */
export function publishRefusal(session: Session, flags: number, size: number): number {
	if (size > session.largest) return PACKET_TOO_LARGE_REASON;
	if (((session.allowedFlags >> flags) & 1) !== 0) return 0;
	return ((session.allowedFlags >> (flags & ~RETAIN)) & 1) === 0 ? QOS_NOT_SUPPORTED : RETAIN_NOT_SUPPORTED;
}

/** Messages that were taken before this server was known, and that it does not take: they end. */
export function refuseImpossible(session: Session): void {
	for (let entry = firstEntry(session); entry !== 0; entry = entryAfter(session, entry)) {
		const head = session.words[entry];
		const state = head & STATE_MASK;
		if (state !== QUEUED && state !== RESEND) continue;
		const size = (head & LENGTH_MASK) + ((head & STREAMED) === 0 ? 0 : session.sourceLength);
		const reason = publishRefusal(session, session.bytes[(entry + ENTRY_WORDS) << 2] & 7, size);
		if (reason !== 0) lose(session, entry, END_REFUSED, reason);
	}
}

function property(session: Session, id: number, otherwise: number): number {
	const bytes = session.packet.bytes;
	const propertiesAt = session.packet.propertiesAt;
	const propertiesStop = session.packet.propertiesStop;
	return integerProperty(bytes, propertiesAt, propertiesStop, id, otherwise);
}
