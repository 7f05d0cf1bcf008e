// JSON written as bytes, without strings: the names of the fields are turned into UTF-8 once, and numbers become digits
// in place. A report is one flat object of numbers.

/** Digits that a number may take: sign, 16 digits, point, and some air. */
const NUMBER_BYTES = 24;

const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

export class JsonReport {
	/** The report, `length` bytes from 0 on. Used again for the next one. */
	readonly bytes: Uint8Array;
	length = 0;
	readonly #names: Uint8Array;
	/** Where each name begins in `names`, and behind the last one its end. */
	readonly #starts: Uint16Array;

	/** A report of at most these fields; names are ASCII without quotes or backslashes. */
	constructor(names: readonly string[]) {
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
		this.bytes = new Uint8Array(size + names.length * (NUMBER_BYTES + 1) + 2);
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

	/** Ends the report. Returns its length in bytes. */
	end(): number {
		this.bytes[this.length] = CLOSE_BRACE;
		this.length += 1;
		return this.length;
	}
}

Object.freeze(JsonReport.prototype);

/**
 * A finite number with that many decimals (0 to 6), rounded half up in size, in at most 24 bytes; sizes beyond 2^53
 * after scaling are cut to that. Returns the offset behind it.
 */
export function putDecimal(bytes: Uint8Array, at: number, value: number, decimals: number): number {
	let scale = 1;
	for (let i = 0; i < decimals; i += 1) scale *= 10;
	const exact = Math.abs(value) * scale;
	let scaled = Math.floor(exact);
	if (exact - scaled >= 0.5) scaled += 1;
	if (scaled > Number.MAX_SAFE_INTEGER) scaled = Number.MAX_SAFE_INTEGER;
	if (value < 0 && scaled > 0) {
		bytes[at] = MINUS;
		at += 1;
	}
	let digits = 1;
	for (let rest = Math.floor(scaled / 10); rest > 0; rest = Math.floor(rest / 10)) digits += 1;
	if (digits <= decimals) digits = decimals + 1;
	const length = decimals > 0 ? digits + 1 : digits;
	for (let i = length - 1; i >= 0; i -= 1) {
		if (decimals > 0 && i === length - 1 - decimals) {
			bytes[at + i] = POINT;
			continue;
		}
		const rest = Math.floor(scaled / 10);
		bytes[at + i] = ZERO + (scaled - rest * 10);
		scaled = rest;
	}
	return at + length;
}
