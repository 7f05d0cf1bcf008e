// SCRAM-SHA-256 (RFC 5802, RFC 7677) as a mechanism for `options.authentication`: the password never goes over the wire,
// and the server proves that it knows it, too. No channel binding. The hash comes from outside: a board has it in hardware
// or in C.
//
//     authentication: new ScramSha256({ userName, password, digest, random })

import type { Digest, Random } from "../io.js";
import type { Authentication } from "../mqtt/client.js";
import { isUtf8, takeUtf8, utf8Bytes } from "../mqtt/wire.js";
import { ALPHABET, base64, fromBase64 } from "./base64.js";

export interface ScramOptions {
	/** As SASLprep (RFC 4013) makes it, which leaves printable ASCII as it is. */
	userName: string;
	password: string;
	digest: Digest;
	/** Where the nonce comes from: it must not be guessable. */
	random: Random;
	/** More rounds of the hash than this are refused, since they could keep a board busy for ever. Default 100,000. */
	mostIterations?: number;
}

/** Of six bits each. */
const NONCE_LENGTH = 24;
/** Fewer rounds are no SCRAM-SHA-256 (RFC 7677 section 4). */
const LEAST_ITERATIONS = 4096;

export class ScramSha256 implements Authentication {
	readonly method = "SCRAM-SHA-256";
	readonly #options: ScramOptions;
	/** The client's first message without its header; empty where no exchange is under way. */
	#first = "";
	#nonce = "";
	#serverSignature = "";
	/** What the password becomes with this salt and so many rounds: it takes long, and is the same the next time. */
	#salt = "";
	#iterations = 0;
	#salted = new Uint8Array(0);

	constructor(options: ScramOptions) {
		this.#options = options;
	}

	start(): Uint8Array {
		const { random, userName } = this.#options;
		let nonce = "";
		for (let i = 0; i < NONCE_LENGTH; i += 1) nonce += ALPHABET[random.next() & 63];
		this.#nonce = nonce;
		this.#serverSignature = "";
		this.#first = `n=${userName.replaceAll("=", "=3D").replaceAll(",", "=2C")},r=${nonce}`;
		return utf8Bytes(`n,,${this.#first}`);
	}

	/** The server's nonce, salt and number of rounds; our proof. Throws where something about them is wrong. */
	next(data: Uint8Array | undefined): Uint8Array {
		const { digest, mostIterations = 100_000 } = this.#options;
		const serverFirst = textOf(data);
		const [nonce, salt, rounds] = serverFirst.split(",");
		const iterations = Number(value(rounds, "i"));
		const whole = value(nonce, "r");
		if (this.#first === "" || !whole.startsWith(this.#nonce) || whole.length === this.#nonce.length) fail("nonce");
		if (!Number.isInteger(iterations) || iterations < LEAST_ITERATIONS || iterations > mostIterations)
			fail("iterations");
		const salted = this.#saltedPassword(value(salt, "s"), iterations);
		const final = `c=biws,r=${whole}`;
		const message = utf8Bytes(`${this.#first},${serverFirst},${final}`);
		const clientKey = digest.hmac(salted, utf8Bytes("Client Key"));
		const proof = xor(digest.hmac(digest.sha256(clientKey), message), clientKey);
		this.#serverSignature = base64(digest.hmac(digest.hmac(salted, utf8Bytes("Server Key")), message));
		this.#first = "";
		return utf8Bytes(`${final},p=${base64(proof)}`);
	}

	/** The server's own proof: without it, or with a wrong one, this throws. */
	finish(data: Uint8Array | undefined): void {
		const expected = this.#serverSignature;
		this.#serverSignature = "";
		const [signature] = textOf(data).split(",");
		if (expected === "" || value(signature, "v") !== expected) fail("signature");
	}

	/** RFC 5802's Hi(), which is PBKDF2 with a block of 32 bytes. */
	#saltedPassword(salt: string, iterations: number): Uint8Array {
		if (salt === this.#salt && iterations === this.#iterations) return this.#salted;
		const { digest, password } = this.#options;
		const key = utf8Bytes(password);
		const bytes = fromBase64(salt) ?? fail("base64");
		const first = new Uint8Array(bytes.length + 4);
		first.set(bytes);
		first[bytes.length + 3] = 1;
		let round = digest.hmac(key, first);
		const result = round.slice();
		for (let i = 1; i < iterations; i += 1) {
			round = digest.hmac(key, round);
			xor(result, round);
		}
		this.#salt = salt;
		this.#iterations = iterations;
		this.#salted = result;
		return result;
	}
}

Object.freeze(ScramSha256.prototype);

function fail(what: string): never {
	throw new Error(`SCRAM: ${what}`);
}

function textOf(data: Uint8Array | undefined): string {
	if (data === undefined || !isUtf8(data, 0, data.length)) fail("no text");
	return takeUtf8(data, 0, data.length);
}

/** What stands behind the letter and its equals sign. */
function value(attribute: string | undefined, letter: string): string {
	if (attribute === undefined || !attribute.startsWith(`${letter}=`)) fail(letter);
	return attribute.slice(2);
}

/** `bytes`, with those of `other` upon them. */
function xor(bytes: Uint8Array, other: Uint8Array): Uint8Array {
	for (let i = 0; i < bytes.length; i += 1) bytes[i]! ^= other[i]!;
	return bytes;
}
