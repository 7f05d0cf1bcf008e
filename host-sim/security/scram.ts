// SCRAM-SHA-256 (RFC 5802, RFC 7677) as an Authenticator. The broker keeps no passwords, only verifiers; whoever steals
// them cannot log in with them. Nothing it answers, and nothing it does, tells an unknown user from a wrong password.

import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";
import type { Authenticator, Exchange, Step } from "../broker/authentication.js";

/** What is kept of a password. */
export interface ScramVerifier {
	readonly salt: Buffer;
	readonly iterations: number;
	readonly storedKey: Buffer;
	readonly serverKey: Buffer;
}

/** As RFC 7677 asks for at least. */
const ITERATIONS = 4096;
const SALT_BYTES = 16;
const FAILURE: Step = { outcome: "failure" };

export interface ScramOptions {
	/** Where nonces and secrets come from. Default: node:crypto. */
	random?: (count: number) => Buffer;
}

/** Makes a verifier of a password. */
export function scramVerifier(
	password: string,
	salt = randomBytes(SALT_BYTES),
	iterations = ITERATIONS,
): ScramVerifier {
	const salted = pbkdf2Sync(prepare(password), salt, iterations, 32, "sha256");
	return {
		salt,
		iterations,
		storedKey: createHash("sha256").update(hmac(salted, "Client Key")).digest(),
		serverKey: hmac(salted, "Server Key"),
	};
}

export class Scram implements Authenticator {
	readonly method = "SCRAM-SHA-256";
	readonly #verifiers: ReadonlyMap<string, ScramVerifier>;
	readonly #random: (count: number) => Buffer;
	/** What the answers to unknown users are made from: the same for the same name, and to be told from no other's. */
	readonly #secret: Buffer;

	constructor(users: Readonly<Record<string, ScramVerifier>>, options: ScramOptions = {}) {
		this.#verifiers = new Map(Object.entries(users).map(([name, verifier]) => [prepare(name), verifier]));
		this.#random = options.random ?? randomBytes;
		this.#secret = this.#random(32);
	}

	begin(): Exchange {
		return new ScramExchange(user => {
			// Made for those who are known too: it must not show in the time that it takes.
			const invented = this.#invented(user);
			return this.#verifiers.get(user) ?? invented;
		}, this.#random(18).toString("base64"));
	}

	/** A verifier for somebody unknown, which no password fits. */
	#invented(user: string): ScramVerifier {
		const of = (what: string) => hmac(this.#secret, `${what} ${user}`);
		const [known] = this.#verifiers.values();
		return {
			salt: of("salt").subarray(0, known?.salt.length ?? SALT_BYTES),
			iterations: known?.iterations ?? ITERATIONS,
			storedKey: of("stored key"),
			serverKey: of("server key"),
		};
	}
}

interface First {
	readonly header: string;
	readonly bare: string;
	readonly user: string;
	readonly nonce: string;
}

class ScramExchange implements Exchange {
	readonly #find: (user: string) => ScramVerifier;
	readonly #ownNonce: string;
	#first: First | undefined;
	#verifier: ScramVerifier | undefined;
	#serverFirst = "";

	constructor(find: (user: string) => ScramVerifier, ownNonce: string) {
		this.#find = find;
		this.#ownNonce = ownNonce;
	}

	handle(data: Buffer): Step {
		const text = data.toString();
		if (this.#verifier !== undefined) return this.#handleFinal(text, this.#first!, this.#verifier);
		// A client that has not begun is asked to.
		if (data.length === 0) return { outcome: "continue" };
		const first = parseFirst(text);
		if (first === undefined) return FAILURE;
		const verifier = this.#find(first.user);
		this.#first = first;
		this.#verifier = verifier;
		const { salt, iterations } = verifier;
		this.#serverFirst = `r=${first.nonce}${this.#ownNonce},s=${salt.toString("base64")},i=${iterations}`;
		return { outcome: "continue", data: Buffer.from(this.#serverFirst) };
	}

	#handleFinal(text: string, first: First, { storedKey, serverKey }: ScramVerifier): Step {
		const match = /^(c=([^,]+),r=([^,]+)(?:,[a-zA-Z]=[^,]*)*),p=([^,]+)$/.exec(text);
		if (match === null) return FAILURE;
		const [, withoutProof, binding, nonce, proof] = match as unknown as [string, string, string, string, string];
		const isOurs =
			binding === Buffer.from(first.header).toString("base64") && nonce === `${first.nonce}${this.#ownNonce}`;
		const signed = `${first.bare},${this.#serverFirst},${withoutProof}`;
		const given = Buffer.from(proof, "base64");
		const signature = hmac(storedKey, signed);
		if (given.length !== signature.length || !isOurs) return FAILURE;
		const clientKey = Buffer.from(given.map((byte, i) => byte ^ signature[i]!));
		if (!timingSafeEqual(createHash("sha256").update(clientKey).digest(), storedKey)) return FAILURE;
		return { outcome: "success", data: Buffer.from(`v=${hmac(serverKey, signed).toString("base64")}`) };
	}
}

/** client-first-message: without channel binding, without a name to act for, without extensions that must be known. */
function parseFirst(text: string): First | undefined {
	const match = /^([ny],,)(n=([^,]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,[a-zA-Z]=[^,]*)*)$/.exec(text);
	if (match === null) return undefined;
	const [, header, bare, name, nonce] = match as unknown as [string, string, string, string, string];
	// "=" stands only before 2C and 3D, which stand for a comma and for itself.
	if (/=(?!2C|3D)/.test(name)) return undefined;
	return { header, bare, user: prepare(name.replaceAll("=2C", ",").replaceAll("=3D", "=")), nonce };
}

/** SASLprep (RFC 4013) as far as names and passwords that people type need it. */
function prepare(text: string): string {
	return text
		.replaceAll(/[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g, " ")
		.replaceAll(/\u034f|[\u00ad\u1806\u2060\ufeff]|[\u180b-\u180d]|[\u200b-\u200d]|[\ufe00-\ufe0f]/g, "")
		.normalize("NFKC");
}

function hmac(key: Buffer, text: string): Buffer {
	return createHmac("sha256", key).update(text).digest();
}
