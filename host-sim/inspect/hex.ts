// Hexadecimal as people have it: from a log, a debugger, a C array or a shell, with or without spaces, commas and 0x. And as programs
// have it among themselves: pairs of digits, nothing between them.

/** Where text is no hexadecimal. */
export class HexError extends Error {
	/** A character that is no digit, no digits behind 0x, or an odd number of them. */
	readonly what: "strange" | "none" | "odd";
	/** Where in the text, counted from 0. */
	readonly at: number;

	constructor(what: HexError["what"], at: number, sentence: string) {
		super(sentence);
		this.what = what;
		this.at = at;
	}
}

/** What may stand between bytes: spaces and line ends, commas, and the brackets, quotes and colons of those who print them. */
const BETWEEN = /[\s,;:[\]{}()"'-]/;

/** Throws HexError with a sentence that has the position, counted from 1. */
export function bytesOfHex(text: string): Uint8Array {
	const bytes: number[] = [];
	for (let at = 0; at < text.length; ) {
		if (BETWEEN.test(text[at]!)) {
			at += 1;
			continue;
		}
		if (/^(0x|\\x)$/i.test(text.slice(at, at + 2))) at += 2;
		const from = at;
		while (at < text.length && isDigit(text[at]!) && !/^0x/i.test(text.slice(at, at + 2))) at += 1;
		const isStrange = at < text.length && !BETWEEN.test(text[at]!) && !/^(0x|\\x)/i.test(text.slice(at, at + 2));
		if (isStrange)
			throw new HexError(
				"strange",
				at,
				`${JSON.stringify(characterAt(text, at))} at position ${at + 1} is no hexadecimal digit`,
			);
		// Half a byte alone between others is one with its zero left out; longer ones do not say where theirs is.
		if (at - from === 0) throw new HexError("none", from, `no digits behind 0x at position ${from + 1}`);
		const digits = at - from === 1 ? `0${text[from]}` : text.slice(from, at);
		if (digits.length % 2 === 1)
			throw new HexError(
				"odd",
				from,
				`an odd number of digits, ${digits.length}, from position ${from + 1} on: half a byte is missing`,
			);
		for (let i = 0; i < digits.length; i += 2) bytes.push(Number.parseInt(digits.slice(i, i + 2), 16));
	}
	return Uint8Array.from(bytes);
}

const PAIRS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Two digits for each byte. */
export function pairsOf(bytes: Uint8Array): string {
	let text = "";
	for (const byte of bytes) text += PAIRS[byte];
	return text;
}

/** The bytes of such pairs; undefined for anything else, also for digits in upper case. */
export function bytesOfPairs(text: string): Uint8Array | undefined {
	if (text.length % 2 === 1) return undefined;
	const bytes = new Uint8Array(text.length / 2);
	for (let i = 0; i < bytes.length; i += 1) {
		const high = digitOf(text.charCodeAt(2 * i));
		const low = digitOf(text.charCodeAt(2 * i + 1));
		if (high < 0 || low < 0) return undefined;
		bytes[i] = high * 16 + low;
	}
	return bytes;
}

function digitOf(code: number): number {
	if (code >= 0x30 && code <= 0x39) return code - 0x30;
	return code >= 0x61 && code <= 0x66 ? code - 0x57 : -1;
}

function isDigit(character: string): boolean {
	return /^[0-9a-f]$/i.test(character);
}

function characterAt(text: string, at: number): string {
	return String.fromCodePoint(text.codePointAt(at)!);
}
