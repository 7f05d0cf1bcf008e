// What a message carries, for people: text and JSON where it is some. It may come from anybody, so nothing in it does anything.

/** Longer ones are cut: somebody is to read them. */
const MOST_BYTES = 16_384;

export interface PayloadForms {
	/** Absent where it is no text. */
	readonly text?: string;
	/** With its structure to be seen; absent where it is no object and no list of JSON. */
	readonly json?: string;
	readonly isCut: boolean;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function formsOf(bytes: Uint8Array): PayloadForms {
	const isCut = bytes.length > MOST_BYTES;
	const text = textOf(isCut ? bytes.subarray(0, MOST_BYTES) : bytes, isCut);
	if (text === undefined) return { isCut };
	const json = isCut ? undefined : jsonOf(text);
	return { text: harmless(text), isCut, ...(json !== undefined && { json: harmless(json) }) };
}

/** A cut may go through a character: what is left of it goes. */
function textOf(bytes: Uint8Array, isCut: boolean): string | undefined {
	for (let spare = 0; spare <= (isCut ? 3 : 0); spare += 1) {
		try {
			return decoder.decode(bytes.subarray(0, bytes.length - spare));
		} catch {
			// Perhaps with one byte less.
		}
	}
	return undefined;
}

function jsonOf(text: string): string | undefined {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === "object" && value !== null ? JSON.stringify(value, undefined, 2) : undefined;
	} catch {
		return undefined;
	}
}

/** Without control characters, marks of direction and the like, line ends and tabs aside. */
function harmless(text: string): string {
	return text.replaceAll(/(?![\n\t])[\p{C}\p{Zl}\p{Zp}]/gu, "\u{fffd}");
}
