// Which readings have arrived at the broker, by what names them: board, boot and number. A bit for each, so that a year of a
// hundred boards fits into memory, and looking one up costs the same on the last day as on the first.

/** What names a reading of one board. */
export interface ReadingName {
	readonly boot: number;
	readonly seq: number;
}

const QUOTE = 0x22;
const ZERO = 0x30;
const NINE = 0x39;
/** `"boot":` and `,"seq":`, as the telemetry has them one behind the other. */
const BOOT_BYTES = 7;
const SEQ_BYTES = 7;
const LETTER_B = 0x62;

/** The name that a reading's JSON begins with, or undefined. Without parsing all of it: there are millions. */
export function nameOf(json: Uint8Array, length = json.length): ReadingName | undefined {
	for (let at = 1; at < length - 1; at += 1) {
		if (json[at] !== QUOTE || json[at + 1] !== LETTER_B) continue;
		let digits = at + BOOT_BYTES;
		const boot = takeDigits(json, digits, length);
		while (digits < length && isDigit(json[digits]!)) digits += 1;
		const seq = takeDigits(json, digits + SEQ_BYTES, length);
		return boot === undefined || seq === undefined ? undefined : { boot, seq };
	}
	return undefined;
}

function takeDigits(json: Uint8Array, from: number, length: number): number | undefined {
	let value = 0;
	let at = from;
	for (; at < length && isDigit(json[at]!); at += 1) value = value * 10 + json[at]! - ZERO;
	return at === from ? undefined : value;
}

function isDigit(byte: number): boolean {
	return byte >= ZERO && byte <= NINE;
}

/** What a board has had arrive, by boot. */
export class Arrivals {
	/** Readings, each counted once, and how many came again. */
	count = 0;
	again = 0;
	readonly #boots = new Map<number, Marks>();

	/** One has arrived. False where it had before. */
	take({ boot, seq }: ReadingName): boolean {
		let marks = this.#boots.get(boot);
		if (marks === undefined) {
			marks = new Marks();
			this.#boots.set(boot, marks);
		}
		const isNew = marks.add(seq);
		if (isNew) this.count += 1;
		else this.again += 1;
		return isNew;
	}

	has({ boot, seq }: ReadingName): boolean {
		return this.#boots.get(boot)?.has(seq) ?? false;
	}
}

/** A set of small whole numbers. */
class Marks {
	#words = new Uint32Array(8);

	/** False where it was in the set. */
	add(value: number): boolean {
		if (this.has(value)) return false;
		const word = value >>> 5;
		if (word >= this.#words.length) {
			const grown = new Uint32Array(Math.max(word + 1, this.#words.length * 2));
			grown.set(this.#words);
			this.#words = grown;
		}
		this.#words[word]! |= 1 << (value & 31);
		return true;
	}

	has(value: number): boolean {
		return ((this.#words[value >>> 5] ?? 0) & (1 << (value & 31))) !== 0;
	}
}
