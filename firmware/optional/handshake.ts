// What a server says before anything is encrypted, watched byte by byte on its way into the SDK's TLS: the messages of TLS 1.2
// have to come in their order, and the server has to have signed its part of the key, in a way that we have offered. The SDK
// itself takes any order, and a part of the key that nobody has signed.

import { magnitude } from "./certificate.js";
import { isInRange } from "./trust.js";

/** Types of records. */
const CHANGE_CIPHER = 20;
const ALERT = 21;
const HANDSHAKE = 22;
/** Types of messages. */
const SERVER_HELLO = 2;
const CERTIFICATE = 11;
const SERVER_KEY = 12;
const CERTIFICATE_REQUEST = 13;
const HELLO_DONE = 14;
/** What may follow what. */
const NEXT: Readonly<Record<number, readonly number[]>> = Object.freeze({
	0: Object.freeze([SERVER_HELLO]),
	[SERVER_HELLO]: Object.freeze([CERTIFICATE]),
	[CERTIFICATE]: Object.freeze([SERVER_KEY]),
	[SERVER_KEY]: Object.freeze([CERTIFICATE_REQUEST, HELLO_DONE]),
	[CERTIFICATE_REQUEST]: Object.freeze([HELLO_DONE]),
	[HELLO_DONE]: Object.freeze([]),
});
const RECORD_HEADER = 5;
const MESSAGE_HEADER = 4;
/** Of a record and of a message: no chain that a board could check is longer. */
const MOST_BYTES = 8192;
/** SHA-256, and what it is signed with: all that we offer. */
const SHA256 = 4;
const RSA = 1;
const ECDSA = 3;

/** The server broke the rules. */
export class BadHandshake extends Error {}

Object.freeze(BadHandshake.prototype);

export class Handshake {
	/** The server wants a certificate of ours. */
	asksForCertificate = false;
	/** All that follows is encrypted. */
	isEncrypted = false;
	readonly #header = new Uint8Array(RECORD_HEADER);
	#headerBytes = 0;
	/** Of the record under way. */
	#record = 0;
	#recordLeft = 0;
	readonly #head = new Uint8Array(MESSAGE_HEADER);
	#headBytes = 0;
	/** Of the message under way, or the last one. */
	#message = 0;
	#messageLeft = 0;
	/** The server's part of the key, as far as it is here. */
	#key: Uint8Array | undefined = undefined;

	/** Throws BadHandshake before anybody else has seen it. */
	watch(bytes: Uint8Array): void {
		for (let at = 0; at < bytes.length && !this.isEncrypted; ) {
			if (this.#recordLeft === 0) at += this.#takeHeader(bytes, at);
			else at += this.#takeBody(bytes, at);
		}
	}

	#takeHeader(bytes: Uint8Array, at: number): number {
		this.#header[this.#headerBytes] = bytes[at]!;
		this.#headerBytes += 1;
		if (this.#headerBytes < RECORD_HEADER) return 1;
		this.#headerBytes = 0;
		const [type, major, , high, low] = this.#header as unknown as number[];
		this.#record = type!;
		this.#recordLeft = (high! << 8) | low!;
		if (major !== 3 || this.#recordLeft === 0 || this.#recordLeft > MOST_BYTES) throw new BadHandshake("no TLS");
		if (type === CHANGE_CIPHER && (this.#message !== HELLO_DONE || this.#isInside || this.#recordLeft !== 1))
			throw new BadHandshake("encrypts too early");
		if (type !== CHANGE_CIPHER && type !== ALERT && type !== HANDSHAKE) throw new BadHandshake("data too early");
		return 1;
	}

	/** Bytes of a message are owed. */
	get #isInside(): boolean {
		return this.#headBytes > 0 || this.#messageLeft > 0;
	}

	#takeBody(bytes: Uint8Array, at: number): number {
		if (this.#record === HANDSHAKE) return this.#takeMessage(bytes, at);
		this.#recordLeft -= 1;
		if (this.#record === CHANGE_CIPHER) this.isEncrypted = true;
		return 1;
	}

	#takeMessage(bytes: Uint8Array, at: number): number {
		if (this.#messageLeft > 0) {
			const count = Math.min(bytes.length - at, this.#recordLeft, this.#messageLeft);
			if (this.#key !== undefined) this.#key.set(bytes.subarray(at, at + count), this.#key.length - this.#messageLeft);
			this.#messageLeft -= count;
			this.#recordLeft -= count;
			if (this.#messageLeft === 0) this.#endMessage();
			return count;
		}
		this.#head[this.#headBytes] = bytes[at]!;
		this.#headBytes += 1;
		this.#recordLeft -= 1;
		if (this.#headBytes === MESSAGE_HEADER) this.#beginMessage();
		return 1;
	}

	#beginMessage(): void {
		const [type, high, middle, low] = this.#head as unknown as number[];
		this.#headBytes = 0;
		if (!NEXT[this.#message]!.includes(type!)) throw new BadHandshake("out of order");
		this.#message = type!;
		this.#messageLeft = (high! << 16) | (middle! << 8) | low!;
		if (this.#messageLeft > MOST_BYTES) throw new BadHandshake("too long");
		if (type === CERTIFICATE_REQUEST) this.asksForCertificate = true;
		if (type === SERVER_KEY) this.#key = new Uint8Array(this.#messageLeft);
		if (this.#messageLeft === 0) this.#endMessage();
	}

	#endMessage(): void {
		const key = this.#key;
		this.#key = undefined;
		if (key !== undefined && !isSigned(key)) throw new BadHandshake("a key that nobody has signed");
	}
}

Object.freeze(Handshake.prototype);

/** Of a named curve: 3, the curve, the point with its length; then hash, algorithm, and the signature with its length. */
function isSigned(key: Uint8Array): boolean {
	const at = 4 + (key[3] ?? 0);
	const length = ((key[at + 2] ?? 0) << 8) | (key[at + 3] ?? 0);
	const signature = key.subarray(at + 4);
	if (key[0] !== 3 || signature.length === 0 || signature.length !== length || key[at] !== SHA256) return false;
	if (key[at + 1] === ECDSA) return isInRange(signature, "p256");
	return key[at + 1] === RSA && magnitude(signature).length > 0;
}
