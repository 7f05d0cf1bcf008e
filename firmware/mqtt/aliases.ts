// Topic aliases of MQTT 5.0, both ways: a number of two bytes for a topic name that has been said once on this connection.
// They die with it [MQTT-3.3.2-7]; what is stored to be sent again has its topic in full.
//
// Ours are a word each, handle and alias, in the order in which they were last used. Of the server's we keep where the
// topic's text lies, with its length before it; texts lie one behind the other, and those behind a replaced one move up.
//
//     ours, then a zero | the server's, then the end of their texts | texts

import { ALIASES_FULL, BAD_PUBLISH_TOPIC, BAD_TOPIC_ALIAS, OK } from "./error.js";
import type { Limits } from "./limits.js";
import { integerProperty, TOPIC_ALIAS } from "./property.js";
import type { Session } from "./session.js";
import { takeUint16 } from "./wire.js";
import { ALIASES } from "./words.js";

/** The end of the texts where they have been too many: from the next connection on we allow no aliases. */
const GIVEN_UP = -1;
const ALIAS_MASK = 0xffff;
const HANDLE_SHIFT = 16;

/** Words that the tables and texts take. */
export function aliasWords(limits: Limits): number {
	return limits.aliases === 0 ? 0 : limits.aliases * 2 + 2 + (limits.aliasBytes >> 2);
}

/** How many aliases the server may use: our Topic Alias Maximum. */
export function aliasMaximum(session: Session): number {
	const aliases = session.words[ALIASES];
	return aliases > 0 && session.words[oursAt(session) + aliases * 2 + 1] !== GIVEN_UP ? aliases : 0;
}

/** Where the tables begin: behind those of what was received. */
function oursAt(session: Session): number {
	return session.receivedAt + session.received * 2;
}

/** A new connection, whose server takes `count` aliases of ours. */
export function resetAliases(session: Session, count: number): void {
	const words = session.words;
	const ours = oursAt(session);
	const end = ours + words[ALIASES] * 2 + 1;
	words.fill(0, ours, end);
	if (words[end] !== GIVEN_UP) words[end] = (end + 1) << 2;
	// The highest stands first: they are given out from the last on.
	for (let i = 0; i < count; i += 1) words[ours + i] = count - i;
}

/** The alias of the topic name with this handle; minus the alias that it takes over, where it has none yet. */
export function useAlias(session: Session, handle: number): number {
	const words = session.words;
	const ours = oursAt(session);
	let at = ours;
	while (words[at] >>> HANDLE_SHIFT !== handle && words[at + 1] !== 0) at += 1;
	const known = words[at] >>> HANDLE_SHIFT === handle;
	const alias = words[at] & ALIAS_MASK;
	words.copyWithin(ours + 1, ours, at);
	words[ours] = (handle << HANDLE_SHIFT) | alias;
	return known ? alias : -alias;
}

/** The PUBLISH in the record has an alias: its topic is kept, or found. OK, or the code of what is wrong. */
export function takeAlias(session: Session): number {
	const packet = session.packet;
	const alias = integerProperty(session.bytes, packet.propertiesAt, packet.propertiesStop, TOPIC_ALIAS, 0);
	if (alias === 0 || alias > aliasMaximum(session)) return BAD_TOPIC_ALIAS; // [MQTT-3.3.2-8] [MQTT-3.3.2-9]
	const at = oursAt(session) + session.words[ALIASES] + alias;
	if (packet.topicLength > 0) return keepText(session, at);
	const text = session.words[at];
	// An alias that stands for nothing is no topic.
	if (text === 0) return BAD_PUBLISH_TOPIC;
	packet.topicAt = text + 2;
	packet.topicLength = takeUint16(session.bytes, text);
	return OK;
}

function keepText(session: Session, at: number): number {
	const bytes = session.bytes;
	const packet = session.packet;
	const words = session.words;
	const first = oursAt(session) + words[ALIASES] + 1;
	const end = first + words[ALIASES];
	const old = words[at];
	if (old !== 0) {
		const size = takeUint16(bytes, old) + 2;
		bytes.copyWithin(old, old + size, words[end]);
		words[end] -= size;
		for (let other = first; other < end; other += 1) if (words[other] > old) words[other] -= size;
	}
	words[at] = 0;
	const text = words[end];
	const size = packet.topicLength + 2;
	if (text + size > session.laneAt) {
		words[end] = GIVEN_UP;
		return ALIASES_FULL;
	}
	bytes.copyWithin(text, packet.topicAt - 2, packet.topicAt - 2 + size);
	words[at] = text;
	words[end] = text + size;
	return OK;
}
