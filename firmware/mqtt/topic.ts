// Topic names and topic filters (3.1.1 section 4.7): their grammar, and how a filter matches a name. On bytes: a topic is
// turned into UTF-8 once, and a string is made only when asked for.

import { isUtf8 } from "./wire.js";

const PLUS = 0x2b;
const HASH = 0x23;
const SLASH = 0x2f;
const DOLLAR = 0x24;
/** "$share/" */
const SHARE = Object.freeze([0x24, 0x73, 0x68, 0x61, 0x72, 0x65, 0x2f]);

/**
 * True for a topic name that a PUBLISH may carry: at least one character [MQTT-4.7.3-1], well-formed UTF-8 without
 * U+0000 [MQTT-4.7.3-2], no wildcards [MQTT-3.3.2-2].
 */
export function isTopicName(bytes: Uint8Array, at: number, length: number): boolean {
	if (length === 0) return false;
	const stop = at + length;
	for (let i = at; i < stop; i += 1) if (bytes[i] === PLUS || bytes[i] === HASH) return false;
	return isUtf8(bytes, at, length);
}

/** True where a filter has a wildcard, well placed or not. */
export function hasWildcard(bytes: Uint8Array, at: number, length: number): boolean {
	const stop = at + length;
	for (let i = at; i < stop; i += 1) if (bytes[i] === PLUS || bytes[i] === HASH) return true;
	return false;
}

/**
 * True for a topic filter of good grammar: `#` alone in the last level [MQTT-4.7.1-2], `+` alone in its level
 * [MQTT-4.7.1-3], at least one character [MQTT-4.7.3-1], and of a shared subscription as shareLength() has it. The text
 * is taken to be well-formed UTF-8.
 */
export function isTopicFilter(bytes: Uint8Array, at: number, length: number): boolean {
	if (length === 0 || (bytes[at] === DOLLAR && shareLength(bytes, at, length) < 0)) return false;
	const stop = at + length;
	for (let i = at; i < stop; i += 1) {
		const character = bytes[i];
		if (character !== PLUS && character !== HASH) continue;
		if (i > at && bytes[i - 1] !== SLASH) return false;
		if (i + 1 < stop && (character === HASH || bytes[i + 1] !== SLASH)) return false;
	}
	return true;
}

/**
 * Length of what a shared subscription has before its filter, "$share/name/", or 0 where it is none. Minus 1 for one that
 * is not allowed: a name of one character at least, without wildcards, and then a filter [MQTT-4.8.2-1] [MQTT-4.8.2-2].
 */
export function shareLength(bytes: Uint8Array, at: number, length: number): number {
	for (let i = 0; i < SHARE.length; i += 1) if (i >= length || bytes[at + i] !== SHARE[i]) return 0;
	let name = SHARE.length;
	while (name < length && bytes[at + name] !== SLASH) {
		if (bytes[at + name] === PLUS || bytes[at + name] === HASH) return -1;
		name += 1;
	}
	return name > SHARE.length && name + 1 < length ? name + 1 : -1;
}

/**
 * True where the (valid) filter at `f` matches the (valid) name at `n`, which lies behind it in the same buffer, and not at
 * once; of a shared subscription, where its own filter does.
 */
export function matches(bytes: Uint8Array, f: number, filterLength: number, n: number, nameLength: number): boolean {
	const filterStop = f + filterLength;
	const nameStop = n + nameLength;
	if (bytes[f] === DOLLAR) f += shareLength(bytes, f, filterLength);
	// A leading wildcard does not see the server's own topics [MQTT-4.7.2-1].
	if (bytes[n] === DOLLAR) {
		if (bytes[f] !== DOLLAR) return false;
	}
	for (;;) {
		// No name has a wildcard, so equal bytes end at each. Those behind the end of either mean nothing; the name is in
		// front of the end of the buffer, behind which nothing equals anything.
		const shift = n - f;
		while (bytes[f] === bytes[f + shift]) f += 1;
		if (f > filterStop) f = filterStop;
		if (f + shift > nameStop) f = nameStop - shift;
		n = f + shift;
		if (f === filterStop) return n === nameStop;
		const character = bytes[f];
		if (character === HASH) return true;
		// "sport/#" matches "sport" too: what is left of the filter is just "/#".
		if (character !== PLUS)
			return n === nameStop && character === SLASH && f + 2 === filterStop && bytes[f + 1] === HASH;
		f += 1;
		while (n < nameStop) {
			if (bytes[n] === SLASH) break;
			n += 1;
		}
	}
}
