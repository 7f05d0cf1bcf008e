// JSON Web Tokens as passwords. Which algorithms may have signed one follows from the keys that we have, never from what the token says
// of itself; a token without an end is none.

import { createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { UsageError } from "../fleet/schema.js";

export type Subject = "userName" | "clientId";

export interface TokenOptions {
	/** Of a file; one of these three. */
	readonly secret?: Buffer;
	readonly publicKey?: string;
	readonly keySet?: string;
	readonly issuer?: string;
	readonly audience?: string;
	/** What the token's subject is. Default "userName". */
	readonly subject?: Subject;
}

/** What a good token says. */
export interface Claim {
	readonly subject: string;
	readonly lastsMs: number;
}

/** As many bytes as the digest of HS256. */
const LEAST_SECRET = 32;
/** What setTimeout and sums of ms can take; a token that lasts longer lasts that long. */
const LONGEST_MS = 1e12;
const MOST_CHARACTERS = 8192;
const SIGNED_BY_OTHERS = ["ES256", "ES384", "RS256", "PS256", "EdDSA"];

type Verify = (token: string) => ReturnType<typeof jwtVerify>;

export class Tokens {
	readonly subject: Subject;
	readonly #verify: Verify;

	/** Throws UsageError, which says nothing of what is in the files. */
	constructor({ audience, issuer, keySet, publicKey, secret, subject = "userName" }: TokenOptions) {
		this.subject = subject;
		const held = {
			requiredClaims: ["exp", "sub"],
			...(issuer !== undefined && { issuer }),
			...(audience !== undefined && { audience }),
		};
		if (secret !== undefined) {
			if (secret.length < LEAST_SECRET) throw new UsageError(`expected at least ${LEAST_SECRET} bytes of a secret`);
			const key = createSecretKey(secret);
			this.#verify = token => jwtVerify(token, key, { ...held, algorithms: ["HS256"] });
		} else if (publicKey !== undefined) {
			const key = keyOf(publicKey);
			const algorithms = algorithmsOf(key);
			this.#verify = token => jwtVerify(token, key, { ...held, algorithms });
		} else {
			const set = createLocalJWKSet(keySetOf(keySet ?? ""));
			this.#verify = token => jwtVerify(token, set, { ...held, algorithms: SIGNED_BY_OTHERS });
		}
	}

	/** Whether a password looks like one. */
	static isLike(password: string): boolean {
		return /^eyJ[\w-]*\.[\w-]*\.[\w-]*$/.test(password);
	}

	/** Undefined where the token is not good, or no longer. */
	async read(token: string): Promise<Claim | undefined> {
		if (token.length > MOST_CHARACTERS) return undefined;
		try {
			const { payload } = await this.#verify(token);
			const { exp, sub } = payload;
			if (typeof sub !== "string" || sub === "" || typeof exp !== "number") return undefined;
			return { subject: sub, lastsMs: Math.min(LONGEST_MS, Math.max(0, exp * 1000 - Date.now())) };
		} catch {
			// Each way of being wrong is the same to who sends it.
			return undefined;
		}
	}
}

function keyOf(text: string): KeyObject {
	if (text.includes("PRIVATE KEY")) throw new UsageError("expected a public key: the private one stays with who signs");
	try {
		return createPublicKey(text);
	} catch {
		throw new UsageError("expected a public key in PEM");
	}
}

function algorithmsOf(key: KeyObject): string[] {
	const { asymmetricKeyDetails, asymmetricKeyType } = key;
	const { modulusLength = 0, namedCurve } = asymmetricKeyDetails ?? {};
	if (asymmetricKeyType === "rsa" && modulusLength >= 2048) return ["RS256", "PS256"];
	if (asymmetricKeyType === "ec" && namedCurve === "prime256v1") return ["ES256"];
	if (asymmetricKeyType === "ec" && namedCurve === "secp384r1") return ["ES384"];
	if (asymmetricKeyType === "ed25519") return ["EdDSA"];
	throw new UsageError("expected a key of RSA with 2048 bits or more, P-256, P-384 or Ed25519");
}

function keySetOf(text: string): JSONWebKeySet {
	try {
		const set = JSON.parse(text) as JSONWebKeySet;
		const keys = set.keys.map(({ kty }) => kty);
		if (keys.length > 0 && keys.every(kty => kty === "RSA" || kty === "EC" || kty === "OKP")) return set;
	} catch {
		// As any other that is none.
	}
	throw new UsageError("expected a JSON Web Key Set of public keys");
}
