// JSON written as bytes, without strings: the names of the fields are turned into UTF-8 once, and numbers become digits
// in place. A report is one flat object of numbers, or of lists of numbers, which may hold such lists.

/** Digits that a number may take: sign, 16 digits, point, and some air. */
const NUMBER_BYTES = 24;

const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const NULL = Object.freeze([0x6e, 0x75, 0x6c, 0x6c]);

export class JsonReport {
	/** The report, `length` bytes from 0 on. Used again for the next one. */
	readonly bytes: Uint8Array;
	length = 0;
	readonly #names: Uint8Array;
	/** Where each name begins in `names`, and behind the last one its end. */
	readonly #starts: Uint16Array;

	/**
	 * A report of at most these fields; names are ASCII without quotes or backslashes. `valueBytes` is what their values take
	 * at most, with a comma for each: where it is left out, each is one number.
	 */
	constructor(names: readonly string[], valueBytes = names.length * (NUMBER_BYTES + 1)) {
		let size = 0;
		for (let i = 0; i < names.length; i += 1) size += names[i].length + 3;
		this.#names = new Uint8Array(size);
		this.#starts = new Uint16Array(names.length + 1);
		let at = 0;
		for (let i = 0; i < names.length; i += 1) {
			this.#starts[i] = at;
			const text = `"${names[i]}":`;
			for (let j = 0; j < text.length; j += 1) this.#names[at + j] = text.charCodeAt(j);
			at += text.length;
		}
		this.#starts[names.length] = at;
		this.bytes = new Uint8Array(size + valueBytes + 2);
	}

	/** Begins a new report. */
	begin(): void {
		this.bytes[0] = OPEN_BRACE;
		this.length = 1;
	}

	/** Adds field number `field` with that many decimals, 0 to 6. A value that is not finite adds nothing. */
	put(field: number, value: number, decimals: number): void {
		if (!Number.isFinite(value)) return;
		const { bytes } = this;
		let at = this.length;
		if (at > 1) {
			bytes[at] = COMMA;
			at += 1;
		}
		const stop = this.#starts[field + 1];
		for (let i = this.#starts[field]; i < stop; i += 1) {
			bytes[at] = this.#names[i];
			at += 1;
		}
		this.length = putDecimal(bytes, at, value, decimals);
	}

	/** Adds the name of a field, whose value is to follow: a number, or a list of numbers. */
	name(field: number): void {
		this.separate();
		const stop = this.#starts[field + 1];
		for (let i = this.#starts[field]; i < stop; i += 1) this.byte(this.#names[i]);
	}

	/** Adds a number that has been scaled, as a value or to a list. */
	number(scaled: number, decimals: number): void {
		this.separate();
		this.length = putScaled(this.bytes, this.length, scaled, decimals);
	}

	/** Adds to a list that there is nothing to say. */
	nothing(): void {
		this.separate();
		for (let i = 0; i < NULL.length; i += 1) this.byte(NULL[i]);
	}

	openList(): void {
		this.separate();
		this.byte(OPEN_BRACKET);
	}

	closeList(): void {
		this.byte(CLOSE_BRACKET);
	}

	/** Ends the report. Returns its length in bytes. */
	end(): number {
		this.bytes[this.length] = CLOSE_BRACE;
		this.length += 1;
		return this.length;
	}

	/** A comma, but behind what has just been opened. @internal */
	separate(): void {
		const last = this.bytes[this.length - 1];
		if (last !== OPEN_BRACE && last !== COLON && last !== OPEN_BRACKET) this.byte(COMMA);
	}

	/** @internal */
	byte(value: number): void {
		this.bytes[this.length] = value;
		this.length += 1;
	}
}

Object.freeze(JsonReport.prototype);

/**
 * A finite number with that many decimals (0 to 6), rounded half up in size, in at most 24 bytes; sizes beyond 2^53
 * after scaling are cut to that. Returns the offset behind it.
 */
export function putDecimal(bytes: Uint8Array, at: number, value: number, decimals: number): number {
	return putScaled(bytes, at, scaled(value, decimals), decimals);
}

/** A finite number times ten to the power of `decimals`, as the integer whose digits are written. */
export function scaled(value: number, decimals: number): number {
	let scale = 1;
	for (let i = 0; i < decimals; i += 1) scale *= 10;
	const exact = Math.abs(value) * scale;
	let size = Math.floor(exact);
	if (exact - size >= 0.5) size += 1;
	if (size > Number.MAX_SAFE_INTEGER) size = Number.MAX_SAFE_INTEGER;
	return value < 0 ? -size : size;
}

/** The digits of such an integer, with the point where it belongs. Returns the offset behind it. */
function putScaled(bytes: Uint8Array, at: number, value: number, decimals: number): number {
	let rest = value < 0 ? -value : value;
	if (value < 0) {
		bytes[at] = MINUS;
		at += 1;
	}
	let digits = 1;
	for (let left = Math.floor(rest / 10); left > 0; left = Math.floor(left / 10)) digits += 1;
	if (digits <= decimals) digits = decimals + 1;
	const length = decimals > 0 ? digits + 1 : digits;
	for (let i = length - 1; i >= 0; i -= 1) {
		if (decimals > 0 && i === length - 1 - decimals) {
			bytes[at + i] = POINT;
			continue;
		}
		const left = Math.floor(rest / 10);
		bytes[at + i] = ZERO + (rest - left * 10);
		rest = left;
	}
	return at + length;
}
