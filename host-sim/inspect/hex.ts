// Hexadecimal as people have it: from a log, a debugger, a C array or a shell, with or without spaces, commas and 0x.

/** Where text is no hexadecimal. */
export class HexError extends Error {}

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
			throw new HexError(`${JSON.stringify(characterAt(text, at))} at position ${at + 1} is no hexadecimal digit`);
		// Half a byte alone between others is one with its zero left out; longer ones do not say where theirs is.
		if (at - from === 0) throw new HexError(`no digits behind 0x at position ${from + 1}`);
		const digits = at - from === 1 ? `0${text[from]}` : text.slice(from, at);
		if (digits.length % 2 === 1)
			throw new HexError(
				`an odd number of digits, ${digits.length}, from position ${from + 1} on: half a byte is missing`,
			);
		for (let i = 0; i < digits.length; i += 2) bytes.push(Number.parseInt(digits.slice(i, i + 2), 16));
	}
	return Uint8Array.from(bytes);
}

function isDigit(character: string): boolean {
	return /^[0-9a-f]$/i.test(character);
}

function characterAt(text: string, at: number): string {
	return String.fromCodePoint(text.codePointAt(at)!);
}
