// A certificate (X.509 in DER), taken apart as far as trust needs it: who says so, of whom, for how long, for which names,
// and what its key may be used for. What is not as it should be throws; nothing is guessed.

/** What a key is; others cannot be used. RSA keys that are short, or of a small exponent, are none of these. */
export type KeyKind = "rsa" | "p256" | "p384" | "unknown";

export interface Certificate {
	readonly bytes: Uint8Array;
	/** What is signed. */
	readonly signed: Uint8Array;
	/** The object identifier of how it is signed, as hexadecimal digits. */
	readonly algorithm: string;
	readonly signature: Uint8Array;
	/** Names of who has signed it and of whom it is, as they stand there. */
	readonly issuer: Uint8Array;
	readonly subject: Uint8Array;
	/** ms since 1970. */
	readonly from: number;
	readonly to: number;
	readonly keyKind: KeyKind;
	/** The names it is for, in lower case; IPv4 addresses with dots. */
	readonly names: readonly string[];
	readonly addresses: readonly string[];
	/** It may sign others, with at most so many between it and the last. */
	readonly isAuthority: boolean;
	readonly pathLength: number;
	/** It may stand for a server. */
	readonly servesServers: boolean;
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT = 0x06;
const BOOLEAN = 0x01;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

/** Object identifiers as hexadecimal digits. */
const RSA_KEY = "2a864886f70d010101";
const EC_KEY = "2a8648ce3d0201";
const P256 = "2a8648ce3d030107";
const P384 = "2b81040022";
const BASIC_CONSTRAINTS = "551d13";
const KEY_USAGE = "551d0f";
const EXTENDED_KEY_USAGE = "551d25";
const ALTERNATIVE_NAMES = "551d11";
const SERVER_AUTHENTICATION = "2b06010505070301";
const ANY_USE = "551d2500";
/** Of a key that may sign certificates, in the first byte of key usage. */
const SIGNS_CERTIFICATES = 0x04;
/** Of RSA: 2048 bits, and an exponent with which a signature cannot be made up for a lenient reader. */
const LEAST_MODULUS_BYTES = 256;
const LEAST_EXPONENT = 65_537;
/** As many as nobody asks for. */
const UNLIMITED = 255;

/** It is ill-formed, or says something essential that we do not understand. */
export class BadCertificate extends Error {}

Object.freeze(BadCertificate.prototype);

/** One value of DER after another, from a part of some bytes. */
export class DER {
	readonly #bytes: Uint8Array;
	#at: number;
	readonly #end: number;

	constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
		this.#bytes = bytes;
		this.#at = at;
		this.#end = end;
	}

	get isDone(): boolean {
		return this.#at >= this.#end;
	}

	/** The tag of the next value; 0 behind the last. */
	get tag(): number {
		return this.isDone ? 0 : this.#bytes[this.#at]!;
	}

	/** The content of the next value, which has to have that tag. */
	take(tag: number): Uint8Array {
		const start = this.#at;
		if (this.tag !== tag) throw new BadCertificate("not as expected");
		this.takeWhole();
		const length = this.#at - start;
		const head = length < 2 ? 0 : this.#bytes[start + 1]! < 0x80 ? 2 : 2 + (this.#bytes[start + 1]! & 0x7f);
		return this.#bytes.subarray(start + head, this.#at);
	}

	inside(tag: number): DER {
		const content = this.take(tag);
		return new DER(content);
	}

	/** The next value with its tag and length, whatever it is. */
	takeWhole(): Uint8Array {
		const start = this.#at;
		if (start + 2 > this.#end) throw new BadCertificate("cut off");
		let at = start + 1;
		let length = this.#bytes[at]!;
		at += 1;
		if (length >= 0x80) {
			const count = length & 0x7f;
			// No certificate is longer than 65,535 bytes, and DER has one way of saying a length.
			if (count < 1 || count > 2 || at + count > this.#end) throw new BadCertificate("a length");
			length = count === 1 ? this.#bytes[at]! : (this.#bytes[at]! << 8) | this.#bytes[at + 1]!;
			if (length < (count === 1 ? 0x80 : 0x100)) throw new BadCertificate("a length");
			at += count;
		}
		if (at + length > this.#end) throw new BadCertificate("cut off");
		this.#at = at + length;
		return this.#bytes.subarray(start, this.#at);
	}
}

Object.freeze(DER.prototype);

/** Throws BadCertificate. */
export function parseCertificate(bytes: Uint8Array): Certificate {
	const outer = new DER(bytes);
	const whole = outer.inside(SEQUENCE);
	if (!outer.isDone) throw new BadCertificate("something behind it");
	const signed = whole.takeWhole();
	const algorithm = whole.inside(SEQUENCE);
	const oid = hex(algorithm.take(OBJECT));
	const signature = bits(whole.take(BIT_STRING));
	const body = new DER(signed).inside(SEQUENCE);
	// Version 3 alone has extensions, without which there are no names to hold it against.
	if (body.tag === 0xa0) body.takeWhole();
	body.take(INTEGER);
	// The same algorithm stands inside what is signed.
	if (hex(body.inside(SEQUENCE).take(OBJECT)) !== oid) throw new BadCertificate("two algorithms");
	const issuer = body.takeWhole();
	const validity = body.inside(SEQUENCE);
	const from = takeTime(validity);
	const to = takeTime(validity);
	const subject = body.takeWhole();
	const keyKind = kindOf(body.inside(SEQUENCE));
	while (body.tag === 0x81 || body.tag === 0x82) body.takeWhole();
	const extensions = new Extensions();
	if (body.tag === 0xa3) extensions.takeAll(body.inside(0xa3).inside(SEQUENCE));
	const { addresses, isAuthority, names, pathLength, servesServers } = extensions;
	return {
		bytes,
		signed,
		algorithm: oid,
		signature,
		issuer,
		subject,
		from,
		to,
		keyKind,
		names,
		addresses,
		isAuthority: isAuthority && extensions.signsCertificates,
		pathLength,
		servesServers,
	};
}

class Extensions {
	readonly names: string[] = [];
	readonly addresses: string[] = [];
	isAuthority = false;
	pathLength = UNLIMITED;
	/** What is not said is not forbidden. */
	signsCertificates = true;
	servesServers = true;

	takeAll(list: DER): void {
		while (!list.isDone) {
			const extension = list.inside(SEQUENCE);
			const id = hex(extension.take(OBJECT));
			const isCritical = extension.tag === BOOLEAN && extension.take(BOOLEAN)[0] !== 0;
			const value = new DER(extension.take(OCTET_STRING));
			if (id === ALTERNATIVE_NAMES) this.#takeNames(value.inside(SEQUENCE));
			else if (id === BASIC_CONSTRAINTS) this.#takeConstraints(value.inside(SEQUENCE));
			else if (id === KEY_USAGE)
				this.signsCertificates = ((bits(value.take(BIT_STRING), true)[0] ?? 0) & SIGNS_CERTIFICATES) !== 0;
			else if (id === EXTENDED_KEY_USAGE) this.#takeUses(value.inside(SEQUENCE));
			// Such as constraints of names: who does not understand what is critical must not go on.
			else if (isCritical) throw new BadCertificate("a critical extension");
		}
	}

	#takeNames(list: DER): void {
		while (!list.isDone) {
			const { tag } = list;
			const value = list.take(tag);
			if (tag === 0x82) this.names.push(text(value).toLowerCase());
			else if (tag === 0x87 && value.length === 4) this.addresses.push(value.join("."));
		}
	}

	#takeConstraints(list: DER): void {
		if (list.tag === BOOLEAN) this.isAuthority = list.take(BOOLEAN)[0] !== 0;
		if (list.tag !== INTEGER) return;
		const length = list.take(INTEGER);
		this.pathLength = length.length === 1 ? length[0]! : UNLIMITED;
	}

	#takeUses(list: DER): void {
		this.servesServers = false;
		while (!list.isDone) {
			const use = hex(list.take(OBJECT));
			if (use === SERVER_AUTHENTICATION || use === ANY_USE) this.servesServers = true;
		}
	}
}

function kindOf(key: DER): KeyKind {
	const algorithm = key.inside(SEQUENCE);
	const id = hex(algorithm.take(OBJECT));
	if (id === EC_KEY) {
		const curve = algorithm.tag === OBJECT ? hex(algorithm.take(OBJECT)) : "";
		return curve === P256 ? "p256" : curve === P384 ? "p384" : "unknown";
	}
	if (id !== RSA_KEY) return "unknown";
	const numbers = new DER(bits(key.take(BIT_STRING))).inside(SEQUENCE);
	const modulus = magnitude(numbers.take(INTEGER));
	const exponent = magnitude(numbers.take(INTEGER));
	let value = 0;
	for (const byte of exponent) value = value * 256 + byte;
	return modulus.length >= LEAST_MODULUS_BYTES && value >= LEAST_EXPONENT ? "rsa" : "unknown";
}

/** A number without the zeros before it. */
export function magnitude(number: Uint8Array): Uint8Array {
	let at = 0;
	while (at < number.length && number[at] === 0) at += 1;
	return number.subarray(at);
}

/** Whole bytes; or, where it is a list of yes and no, as many as are there. */
function bits(content: Uint8Array, isList = false): Uint8Array {
	if (content.length === 0 || (!isList && content[0] !== 0)) throw new BadCertificate("bits");
	return content.subarray(1);
}

/** UTC, as the standard of certificates wants it. */
function takeTime(from: DER): number {
	const { tag } = from;
	if (tag !== UTC_TIME && tag !== GENERALIZED_TIME) throw new BadCertificate("a time");
	const digits = text(from.take(tag));
	const at = tag === UTC_TIME ? 2 : 4;
	if (digits.length !== at + 11 || digits[at + 10] !== "Z") throw new BadCertificate("a time");
	for (let i = 0; i < at + 10; i += 1) if (digits[i]! < "0" || digits[i]! > "9") throw new BadCertificate("a time");
	const part = (index: number) => Number(digits.slice(at + 2 * index, at + 2 * index + 2));
	const short = Number(digits.slice(0, at));
	const year = tag === GENERALIZED_TIME ? short : short < 50 ? 2000 + short : 1900 + short;
	return Date.UTC(year, part(0) - 1, part(1), part(2), part(3), part(4));
}

export function hex(bytes: Uint8Array): string {
	let digits = "";
	for (const byte of bytes) digits += (byte < 16 ? "0" : "") + byte.toString(16);
	return digits;
}

function text(bytes: Uint8Array): string {
	let characters = "";
	for (const byte of bytes) characters += String.fromCharCode(byte);
	return characters;
}
