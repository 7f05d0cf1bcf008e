// Bytes into frames, and frames into fields, without mercy: nothing is mended or skipped, and whatever the encoding rules
// forbid is told, by its rule. Written apart from every other codec here, since it has to see what lenient ones hide.

import type { Rule } from "./statements.js";

/** Told of each rule that bytes break; reading goes on. */
export type Breach = (rule: Rule, sentence: string) => void;

/** A packet that cannot be read any further. */
export class Malformed extends Error {
	readonly rule: Rule;

	constructor(rule: Rule, sentence: string) {
		super(sentence);
		this.rule = rule;
	}
}

// Fatal, so that ill-formed text is seen; and U+FEFF stays, as it is a character like any other.
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

/** The fields of a packet from `at` to its end, one after the other. */
export class Fields {
	readonly bytes: Uint8Array;
	at: number;
	readonly stop: number;
	/** What is broken where the next field does not fit. */
	short: Rule = "length";
	readonly breach: Breach;

	constructor(bytes: Uint8Array, at: number, stop: number, breach: Breach) {
		this.bytes = bytes;
		this.at = at;
		this.stop = stop;
		this.breach = breach;
	}

	get left(): number {
		return this.stop - this.at;
	}

	/** The offset of the next `count` bytes, which are behind us then. */
	skip(count: number, what: string): number {
		if (this.left < count)
			throw new Malformed(this.short, `${what} takes ${count} bytes, and ${this.left} are left of the packet`);
		const at = this.at;
		this.at += count;
		return at;
	}

	byte(what: string): number {
		return this.bytes[this.skip(1, what)]!;
	}

	uint16(what: string): number {
		const at = this.skip(2, what);
		return this.bytes[at]! * 256 + this.bytes[at + 1]!;
	}

	uint32(what: string): number {
		return this.uint16(what) * 65_536 + this.uint16(what);
	}

	varint(what: string): number {
		let value = 0;
		for (let i = 0; i < 4; i += 1) {
			const byte = this.byte(what);
			value += (byte & 127) * 128 ** i;
			if (byte > 127) continue;
			// A last byte of 0 adds nothing [MQTT-1.5.5-1].
			if (i > 0 && byte === 0) this.breach("variableByteInteger", `${what} is ${value}, in ${i + 1} bytes`);
			return value;
		}
		throw new Malformed("length", `${what} goes on behind its fourth byte`);
	}

	binary(what: string): Uint8Array {
		const length = this.uint16(what);
		const at = this.skip(length, what);
		return this.bytes.subarray(at, at + length);
	}

	/** A string; `utf8` is broken where it is ill-formed, `nul` where it has a U+0000. */
	text(what: string, utf8: Rule = "utf8", nul: Rule = "nul"): string {
		const bytes = this.binary(what);
		let text: string;
		try {
			text = strict.decode(bytes);
		} catch {
			this.breach(utf8, `${what} is ill-formed UTF-8`);
			return lenient.decode(bytes);
		}
		if (text.includes("\0")) this.breach(nul, `${what} has a U+0000`);
		return text;
	}

	end(): void {
		if (this.left > 0) this.breach("length", `${this.left} bytes behind the end of what the packet says`);
	}
}

export interface Frame {
	readonly bytes: Uint8Array;
	/** Where the variable header begins. */
	readonly body: number;
	/** Its remaining length takes more bytes than it needs. */
	readonly padded: boolean;
}

/** Arbitrary chunks in, whole packets out. */
export class Frames {
	#held = new Uint8Array(0);
	#broken = false;

	/** False once the bytes make no frames: nothing that follows can be read. */
	push(chunk: Uint8Array, take: (frame: Frame) => void): boolean {
		if (this.#broken) return false;
		const bytes = new Uint8Array(this.#held.length + chunk.length);
		bytes.set(this.#held);
		bytes.set(chunk, this.#held.length);
		let at = 0;
		for (;;) {
			const head = headAt(bytes, at);
			if (head === undefined) {
				this.#broken = true;
				return false;
			}
			if (head.stop > bytes.length) break;
			take({ bytes: bytes.slice(at, head.stop), body: head.body - at, padded: head.padded });
			at = head.stop;
		}
		this.#held = bytes.slice(at);
		return true;
	}
}

/** Where the packet at `at` has its body and its end (beyond all bytes where that is not known yet); undefined for none. */
function headAt(bytes: Uint8Array, at: number): { body: number; stop: number; padded: boolean } | undefined {
	let length = 0;
	for (let i = 0; i < 4; i += 1) {
		const byte = bytes[at + 1 + i];
		if (byte === undefined) return { body: 0, stop: Number.POSITIVE_INFINITY, padded: false };
		length += (byte & 127) * 128 ** i;
		if (byte > 127) continue;
		const body = at + 2 + i;
		return { body, stop: body + length, padded: i > 0 && byte === 0 };
	}
	return undefined;
}
