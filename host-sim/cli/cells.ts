// Text in a terminal: how many cells it takes, and what of it fits. Some characters are two cells wide, some take none.

/** Hangul, CJK, full-width forms and emoji. */
const WIDE =
	/[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const NONE = /\p{M}/u;
/** Of an escape sequence for a colour, or a character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what escape sequences are made of
const PIECES = /\x1b\[[0-9;]*m|./gsu;

export function cellsOf(text: string): number {
	let cells = 0;
	for (const [piece] of text.matchAll(PIECES)) cells += cellsOfPiece(piece);
	return cells;
}

/** As much of it as fits; colours are kept, so that they end. */
export function fitted(text: string, most: number): string {
	let left = most;
	let result = "";
	for (const [piece] of text.matchAll(PIECES)) {
		const cells = cellsOfPiece(piece);
		// What follows a character that found no room must not take its place.
		left -= cells;
		if (left >= 0 || piece.startsWith("\x1b")) result += piece;
	}
	return result;
}

/** Exactly so wide: cut, with an ellipsis, or padded. */
export function padded(text: string, width: number, isRight = false): string {
	const cells = cellsOf(text);
	if (cells > width) {
		const shown = `${fitted(text, width - 1)}…`;
		return shown + " ".repeat(Math.max(0, width - cellsOf(shown)));
	}
	const space = " ".repeat(width - cells);
	return isRight ? space + text : text + space;
}

function cellsOfPiece(piece: string): number {
	// Most text by far.
	if (piece.length === 1 && piece.charCodeAt(0) < 0x300) return 1;
	if (piece.startsWith("\x1b") || NONE.test(piece)) return 0;
	return WIDE.test(piece) ? 2 : 1;
}
