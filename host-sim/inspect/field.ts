// The parts of a packet, as a tree whose leaves lie side by side: every byte is in one leaf, and of a byte of flags every bit.
// `Parts` grows such a tree from front to back. What cannot be read ends it with a leaf that says why.

import { Malformed } from "../checker/reader.js";
import { type Rule, statementOf, type Version } from "../checker/statements.js";

/** What is wrong with a field. */
export interface Fault {
	/** What it breaks, such as "MQTT-2.3.1-1", or "§4.13.1" for a section without a number of its own; empty for none. */
	readonly statement: string;
	readonly text: string;
}

export interface Field {
	readonly name: string;
	/** As text; empty where there is nothing to say beyond the parts of it. */
	value: string;
	/** Offset of its first byte, and how many it has. */
	readonly at: number;
	length: number;
	/** Of one byte only these bits, as a mask. */
	readonly bits?: number;
	/** Of the standard, such as "3.1.2.3"; linkOf() knows the page. */
	readonly section: string;
	/** What the value means. */
	note?: string;
	/** It holds, or may hold, what must not get out; its value does not. */
	secret?: true;
	faults?: Fault[];
	/** A group: what it consists of. */
	readonly fields?: Field[];
}

export interface Extra {
	readonly note?: string;
	readonly bits?: number;
	readonly secret?: true;
}

/** A packet that goes on behind the bytes that there are. */
export class CutOff extends Error {}

// Fatal, so that ill-formed text is seen; and U+FEFF stays, as it is a character like any other.
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

/** Bytes as text where they are well-formed UTF-8, else undefined. */
export function textOf(bytes: Uint8Array): string | undefined {
	try {
		return strict.decode(bytes);
	} catch {
		return undefined;
	}
}

export function hexOf(bytes: Uint8Array): string {
	return Array.from(bytes, byte => byte.toString(16).padStart(2, "0")).join(" ");
}

export function hexCode(code: number): string {
	return `0x${code.toString(16).padStart(2, "0")}`;
}

export class Parts {
	readonly bytes: Uint8Array;
	version: Version;
	/** Passwords and authentication data show as what they are. */
	readonly showsSecrets: boolean;
	at = 0;
	/** Where what is being read has to end: the packet, or the block within it. */
	stop = Number.POSITIVE_INFINITY;
	/** Where the packet ends, which its Remaining Length says. */
	packetStop = Number.POSITIVE_INFINITY;
	readonly fields: Field[] = [];
	/** All that is wrong. */
	readonly faults: Fault[] = [];
	/** Where the next field goes. */
	#into = this.fields;

	constructor(bytes: Uint8Array, version: Version, showsSecrets: boolean) {
		this.bytes = bytes;
		this.version = version;
		this.showsSecrets = showsSecrets;
	}

	get isFive(): boolean {
		return this.version === "5.0";
	}

	get left(): number {
		return this.stop - this.at;
	}

	/** How many of the bytes left are there. */
	get present(): number {
		return Math.max(0, Math.min(this.stop, this.bytes.length) - this.at);
	}

	/** A group of what `build` adds, whose value is what it returns. */
	group(name: string, section: string, build: (group: Field) => string): Field {
		const field: Field = { name, value: "", at: this.at, length: 0, section, fields: [] };
		this.#into.push(field);
		const outer = this.#into;
		this.#into = field.fields!;
		try {
			field.value = build(field);
		} finally {
			this.#into = outer;
			field.length = this.at - field.at;
		}
		return field;
	}

	/** The next bytes; a field with `bits` takes a byte's last part with the bit 0. */
	leaf(name: string, length: number, value: string, section: string, extra: Extra = {}): Field {
		const field: Field = { name, value, at: this.at, length, section, ...extra };
		this.#into.push(field);
		if (extra.bits === undefined || (extra.bits & 1) === 1) this.at += length;
		return field;
	}

	/** Bits of the next byte, the highest first. */
	bits(name: string, mask: number, section: string, note?: (value: number) => string): Field {
		const value = (this.bytes[this.at]! & mask) / (mask & -mask);
		const text = note?.(value);
		return this.leaf(name, 1, String(value), section, { bits: mask, ...(text !== undefined && { note: text }) });
	}

	byte(name: string, section: string): Field {
		this.need(1, name);
		return this.leaf(name, 1, String(this.bytes[this.at]), section);
	}

	uint16(name: string, section: string, note?: string): number {
		return this.#integer(name, 2, section, note);
	}

	uint32(name: string, section: string, note?: string): number {
		return this.#integer(name, 4, section, note);
	}

	#integer(name: string, length: number, section: string, note: string | undefined): number {
		this.need(length, name);
		let value = 0;
		for (let i = 0; i < length; i += 1) value = value * 256 + this.bytes[this.at + i]!;
		this.leaf(name, length, String(value), section, note === undefined ? {} : { note });
		return value;
	}

	/** A variable byte integer as one field. */
	varint(name: string, section: string): { value: number; field: Field } {
		let value = 0;
		for (let i = 0; ; i += 1) {
			this.need(i + 1, name);
			const byte = this.bytes[this.at + i]!;
			value += (byte & 127) * 128 ** i;
			if (byte < 128) {
				const field = this.leaf(name, i + 1, String(value), section);
				if (i > 0 && byte === 0)
					this.fault(field, "variableByteInteger", `it takes ${i + 1} bytes, and fewer would do`);
				return { value, field };
			}
			if (i === 3) throw new Malformed("remainingLength", `${name} goes on behind its fourth byte`);
		}
	}

	/** A length of two bytes and so much of bytes, as a group. */
	binary(name: string, section: string, secret = false): Field {
		return this.group(name, section, group => {
			const bytes = this.#counted(name, section);
			const text = textOf(bytes);
			const value = secret && !this.showsSecrets ? hidden(bytes.length) : (printable(text) ?? hexOf(bytes));
			const extra: Extra = secret && !this.showsSecrets ? { secret: true } : {};
			if (extra.secret === true) group.secret = true;
			else if (printable(text) === undefined) group.note = "in hexadecimal";
			this.leaf("Bytes", bytes.length, value, section, extra);
			return value;
		});
	}

	/** A length of two bytes and so much of text, as a group; `utf8` and `nul` are broken by text that may not be. */
	text(name: string, section: string, utf8: Rule = "utf8", nul: Rule = "nul", check?: TextCheck): string {
		let value = "";
		this.group(name, section, () => {
			const bytes = this.#counted(name, section);
			const text = textOf(bytes);
			value = text ?? lenient.decode(bytes);
			const field = this.leaf("Text", bytes.length, value, section);
			if (text === undefined) this.fault(field, utf8, `${name} is ill-formed UTF-8`);
			else if (text.includes("\0")) this.fault(field, nul, `${name} has a U+0000`);
			check?.(value, (rule, sentence) => this.fault(field, rule, sentence));
			return value;
		});
		return value;
	}

	#counted(name: string, section: string): Uint8Array {
		const length = this.uint16("Length", section);
		this.need(length, name);
		return this.bytes.subarray(this.at, this.at + length);
	}

	/** Throws where the next `count` bytes are not in the packet, or not there. */
	need(count: number, what: string): void {
		if (this.left < count)
			throw new Malformed("length", `${what} takes ${count} bytes, and ${Math.max(0, this.left)} are left of it`);
		if (this.at + count > this.bytes.length) throw new CutOff();
	}

	/** `rule` is one of the checker's, or a statement for each version. */
	fault(field: Field, rule: Rule | readonly [three: string, five: string], text: string): void {
		const statement = typeof rule === "string" ? statementOf(rule, this.version) : rule[this.isFive ? 1 : 0];
		const fault = { statement, text };
		field.faults = [...(field.faults ?? []), fault];
		this.faults.push(fault);
	}
}

type TextCheck = (text: string, breach: (rule: Rule, sentence: string) => void) => void;

/** "1 byte", "2 bytes". */
export function sizeOf(length: number): string {
	return `${length} ${length === 1 ? "byte" : "bytes"}`;
}

/** What stands for bytes that must not get out. */
export function hidden(length: number): string {
	return `(${sizeOf(length)}, not shown)`;
}

/** Text without control characters, tabs and line ends aside. */
function printable(text: string | undefined): string | undefined {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: bytes with those are shown as bytes
	return text === undefined || /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/.test(text) ? undefined : text;
}

/** Bytes for people: text where it is some, else hexadecimal, which `isHex` says. */
export function shown(bytes: Uint8Array): { value: string; isHex: boolean } {
	const text = printable(textOf(bytes));
	return text === undefined ? { value: hexOf(bytes), isHex: true } : { value: text, isHex: false };
}
