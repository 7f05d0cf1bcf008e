// A JSON Web Token (RFC 7519) as a password, signed by the board itself with HS256, a fresh one for each attempt to connect:
//
//     const token = new Token({ secret, digest, clock, subject: deviceId });
//     new Client({ userName: deviceId, password: () => token.sign(), … });
//
// The server has the same secret, and no list of passwords; a token that somebody has seen is of no use once it has expired. For
// as long as the board does not know the time there is none, since it could not say when it expires: then the client's attempt ends
// with NO_CREDENTIALS, and the next one comes slowly. The hash comes from outside: a board has it in hardware or in C.

import type { Clock, Digest } from "../io.js";
import { BAD_OPTION, Misuse } from "../mqtt/error.js";
import { checked } from "../mqtt/limits.js";
import { putUtf8, utf8Bytes, utf8Length } from "../mqtt/wire.js";

export interface TokenOptions {
	/** What the server knows as well: at least 32 bytes, as HS256 wants it (RFC 7518 section 3.2). */
	secret: Uint8Array;
	digest: Digest;
	/** Its wall() says when the token is signed, and so when it expires. */
	clock: Pick<Clock, "wall">;
	/** `iss`, `sub` and `aud`: who has signed it, whom it is about, whom it is for. Default: not said. */
	issuer?: string;
	subject?: string;
	audience?: string;
	/** From `iat` to `exp`, 1 to 1,440. Default 60. */
	minutes?: number;
}

/** Of HS256, in bytes (RFC 7518 section 3.2). */
export const LEAST_SECRET = 32;
const MOST_MINUTES = 1440;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** {"alg":"HS256","typ":"JWT"} in base64url: it never changes. */
const HEADER = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
const SIGNATURE_BYTES = 32;
/** A full stop, which parts them. */
const DOT = 0x2e;

export class Token {
	readonly #options: TokenOptions;

	/** Throws Misuse where an option is wrong. */
	constructor(options: TokenOptions) {
		if (!(options.secret?.length >= LEAST_SECRET))
			throw new Misuse(BAD_OPTION, `secret: expected at least ${LEAST_SECRET} bytes`);
		checked("minutes", options.minutes ?? 60, 1, MOST_MINUTES);
		this.#options = options;
	}

	/** A token of now, or undefined where nobody has told the time. */
	sign(): Uint8Array | undefined {
		const { audience, clock, digest, issuer, minutes = 60, secret, subject } = this.#options;
		const milliseconds = clock.wall();
		if (milliseconds <= 0) return undefined;
		const issued = Math.floor(milliseconds / 1000);
		// What is undefined JSON leaves out.
		const claims = { iss: issuer, sub: subject, aud: audience, iat: issued, exp: issued + minutes * 60 };
		return signed(HEADER, utf8Bytes(JSON.stringify(claims)), secret, digest);
	}
}

Object.freeze(Token.prototype);

/** A token in its compact form (RFC 7515 section 7.1), of a header that is in base64url already. */
export function signed(header: string, payload: Uint8Array, secret: Uint8Array, digest: Digest): Uint8Array {
	// All that is signed lies where it leaves from.
	const bytes = new Uint8Array(
		utf8Length(header) + 1 + lengthInBase64(payload.length) + 1 + lengthInBase64(SIGNATURE_BYTES),
	);
	let at = putUtf8(bytes, 0, header);
	bytes[at] = DOT;
	at = putBase64(bytes, at + 1, payload);
	const signature = digest.hmac(secret, bytes.subarray(0, at));
	bytes[at] = DOT;
	putBase64(bytes, at + 1, signature);
	return bytes;
}

/** How many digits so many bytes have in base64url, which is without padding. */
function lengthInBase64(count: number): number {
	return Math.ceil((count * 4) / 3);
}

/** `from` in base64url; the offset behind it. */
function putBase64(bytes: Uint8Array, at: number, from: Uint8Array): number {
	const stop = at + lengthInBase64(from.length);
	for (let i = 0; at < stop; i += 3) {
		const bits = (from[i]! << 16) | ((from[i + 1] ?? 0) << 8) | (from[i + 2] ?? 0);
		for (let shift = 18; shift >= 0 && at < stop; shift -= 6) {
			bytes[at] = ALPHABET.charCodeAt((bits >> shift) & 63);
			at += 1;
		}
	}
	return stop;
}
