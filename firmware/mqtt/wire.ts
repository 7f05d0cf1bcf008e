// Integers and UTF-8 as MQTT writes them (3.1.1 sections 1.5.2, 1.5.3 and 2.2.3), all by (buffer, offset). The put
// functions return the offset behind what they wrote.

import { BAD_OPTION, Misuse } from "./error.js";

export function putUint16(bytes: Uint8Array, at: number, value: number): number {
	bytes[at] = value >> 8;
	bytes[at + 1] = value;
	return at + 2;
}

export function takeUint16(bytes: Uint8Array, at: number): number {
	return (bytes[at] << 8) | bytes[at + 1];
}

export function putUint32(bytes: Uint8Array, at: number, value: number): number {
	return putUint16(bytes, putUint16(bytes, at, value >>> 16), value & 0xffff);
}

export function takeUint32(bytes: Uint8Array, at: number): number {
	return takeUint16(bytes, at) * 65_536 + takeUint16(bytes, at + 2);
}

/** Remaining length: seven bits a byte, least significant first, in the fewest bytes [MQTT-1.5.5-1]. */
export function putVarint(bytes: Uint8Array, at: number, value: number): number {
	while (value > 127) {
		bytes[at] = (value & 127) | 128;
		at += 1;
		value >>= 7;
	}
	bytes[at] = value;
	return at + 1;
}

/** A variable byte integer that is known to be well-formed. */
export function takeVarint(bytes: Uint8Array, at: number): number {
	let value = 0;
	for (let shift = 0; ; shift += 7) {
		const byte = bytes[at];
		value |= (byte & 127) << shift;
		if (byte < 128) return value;
		at += 1;
	}
}

/** The offset behind a variable byte integer that is known to be well-formed. */
export function skipVarint(bytes: Uint8Array, at: number): number {
	while (bytes[at] > 127) at += 1;
	return at + 1;
}

/** How many bytes putVarint will write. */
export function varintLength(value: number): number {
	return value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : 4;
}

/**
 * Length in UTF-8 bytes. Throws Misuse where the string holds U+0000 or half a surrogate pair, which no MQTT string may
 * [MQTT-1.5.3-1] [MQTT-1.5.3-2]. `name` says which option is wrong; without it the
 * string is binary data, and any will do. Allocates: for set-up, not for packets.
 */
export function utf8Length(text: string, name?: string): number {
	let length = 0;
	// for…of steps by code point on every engine; indices do not (XS counts an emoji as one).
	for (const character of text) {
		const code = character.codePointAt(0)!;
		if (code === 0 && name !== undefined) throw new Misuse(BAD_OPTION, `${name}: U+0000 is not allowed`);
		if (code >= 0xd800 && code <= 0xdfff && name !== undefined)
			throw new Misuse(BAD_OPTION, `${name}: half a surrogate pair`);
		length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	}
	if (length > 65_535 && name !== undefined) throw new Misuse(BAD_OPTION, `${name}: longer than 65535 bytes`);
	return length;
}

/** The string's UTF-8 bytes without a length. Allocates: for set-up, not for packets. */
export function putUtf8(bytes: Uint8Array, at: number, text: string): number {
	for (const character of text) {
		const code = character.codePointAt(0)!;
		if (code < 0x80) {
			bytes[at] = code;
			at += 1;
			continue;
		}
		if (code < 0x800) {
			bytes[at] = 0xc0 | (code >> 6);
			at += 1;
		} else {
			if (code < 0x10000) {
				bytes[at] = 0xe0 | (code >> 12);
				at += 1;
			} else {
				bytes[at] = 0xf0 | (code >> 18);
				bytes[at + 1] = 0x80 | ((code >> 12) & 63);
				at += 2;
			}
			bytes[at] = 0x80 | ((code >> 6) & 63);
			at += 1;
		}
		bytes[at] = 0x80 | (code & 63);
		at += 1;
	}
	return at;
}

/**
 * True for well-formed UTF-8 without U+0000: no overlong forms, no surrogates, nothing above U+10FFFF
 * [MQTT-1.5.3-1] [MQTT-1.5.3-2]. A BOM is a character like any other [MQTT-1.5.3-3].
 */
export function isUtf8(bytes: Uint8Array, at: number, length: number): boolean {
	const stop = at + length;
	while (at < stop) {
		const first = bytes[at];
		at += 1;
		if (first < 0x80) {
			if (first === 0) return false;
			continue;
		}
		if (first < 0xc2 || first > 0xf4) return false;
		// The second byte's range excludes overlong forms, surrogates and what lies above U+10FFFF.
		const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
		const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
		let more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
		if (at + more > stop || bytes[at] < low || bytes[at] > high) return false;
		for (at += 1; more > 1; more -= 1) {
			if ((bytes[at] & 0xc0) !== 0x80) return false;
			at += 1;
		}
	}
	return true;
}

/** The string in well-formed UTF-8 bytes. Allocates. */
export function takeUtf8(bytes: Uint8Array, at: number, length: number): string {
	const stop = at + length;
	let text = "";
	while (at < stop) {
		const first = bytes[at];
		let code = first;
		let more = 0;
		if (first >= 0xf0) {
			code = first & 7;
			more = 3;
		} else if (first >= 0xe0) {
			code = first & 15;
			more = 2;
		} else if (first >= 0xc0) {
			code = first & 31;
			more = 1;
		}
		for (at += 1; more > 0; more -= 1) {
			code = (code << 6) | (bytes[at] & 63);
			at += 1;
		}
		text += String.fromCodePoint(code);
	}
	return text;
}

/** The string's bytes in UTF-8; `name` as for utf8Length(). Allocates. */
export function utf8Bytes(text: string, name?: string): Uint8Array {
	const length = utf8Length(text, name);
	const bytes = new Uint8Array(length);
	putUtf8(bytes, 0, text);
	return bytes;
}

/** A string's UTF-8 bytes, or bytes, with their length before them. */
export function putBinary(bytes: Uint8Array, at: number, value: string | Uint8Array): number {
	let stop = at + 2;
	if (typeof value === "string") stop = putUtf8(bytes, stop, value);
	else {
		bytes.set(value, stop);
		stop += value.length;
	}
	putUint16(bytes, at, stop - at - 2);
	return stop;
}
