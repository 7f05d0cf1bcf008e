// Whom a board trusts: is the certificate that a server shows signed, over as many others as it takes, by an authority that
// we were given, in its time, and for the name that we mean? The code of what does not hold says which. The SDK asks less than
// that: it goes on to the next certificate where one is badly signed, so that anybody who shows the authority's own behind
// one made up, which is no secret, passes for anybody.

import type { Clock } from "../io.js";
import { OK, TLS_FAILED } from "../mqtt/error.js";
import {
	BadCertificate,
	type Certificate,
	DER,
	hex,
	type KeyKind,
	magnitude,
	parseCertificate,
} from "./certificate.js";

/** The certificate is no longer valid, or not yet; or our clock is wrong, or nobody has set it. */
export const CERTIFICATE_EXPIRED = 0x41;
/** Nobody whom we trust has signed it, or it is not made for a server. */
export const CERTIFICATE_REFUSED = 0x42;
/** It is for another name. */
export const CERTIFICATE_NAME = 0x43;

/** What it takes from outside: is that a signature of these bytes by the key of that certificate? */
export interface Signatures {
	/** `hash` is "SHA256", "SHA384" or "SHA512"; a signature of an elliptic curve is in DER, with both numbers in their range. */
	verify(by: Certificate, hash: string, signed: Uint8Array, signature: Uint8Array): boolean;
}

export interface TrustOptions {
	/** In DER: who may have signed a server's certificate; or such a certificate itself. */
	authorities: readonly Uint8Array[];
	signatures: Signatures;
	clock: Clock;
}

/** Signatures by object identifier; those with MD5 and SHA-1 can be made up, and are not among them. */
const ALGORITHMS: Readonly<Record<string, { readonly hash: string; readonly ofCurve: boolean } | undefined>> =
	Object.freeze({
		"2a864886f70d01010b": Object.freeze({ hash: "SHA256", ofCurve: false }),
		"2a864886f70d01010c": Object.freeze({ hash: "SHA384", ofCurve: false }),
		"2a864886f70d01010d": Object.freeze({ hash: "SHA512", ofCurve: false }),
		"2a8648ce3d040302": Object.freeze({ hash: "SHA256", ofCurve: true }),
		"2a8648ce3d040303": Object.freeze({ hash: "SHA384", ofCurve: true }),
		"2a8648ce3d040304": Object.freeze({ hash: "SHA512", ofCurve: true }),
	});
/** Orders of the curves. */
const ORDERS: Readonly<Record<string, string | undefined>> = Object.freeze({
	p256: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
	p384: "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
});
/** Certificates between a server's and the authority's. */
const MOST_BETWEEN = 4;

export class Trust {
	readonly #authorities: Certificate[];
	readonly #options: TrustOptions;

	/** Throws BadCertificate where an authority's is none. */
	constructor(options: TrustOptions) {
		this.#options = options;
		this.#authorities = options.authorities.map(parseCertificate);
	}

	/** What a server shows, its own first, held against the name, or address, that we mean: OK, or a code. Throws nothing. */
	check(shown: readonly Uint8Array[], name: string): number {
		try {
			return this.#check(shown.map(parseCertificate), name);
		} catch (error) {
			return error instanceof BadCertificate ? CERTIFICATE_REFUSED : TLS_FAILED;
		}
	}

	#check(shown: readonly Certificate[], name: string): number {
		const [own] = shown;
		if (own === undefined || !own.servesServers) return CERTIFICATE_REFUSED;
		const path = this.#pathOf(own, shown);
		if (path === undefined) return CERTIFICATE_REFUSED;
		const wall = this.#options.clock.wall();
		for (const { from, to } of path) if (wall < from || wall > to) return CERTIFICATE_EXPIRED;
		return isFor(own, name) ? OK : CERTIFICATE_NAME;
	}

	/** From a server's certificate to one that we were given; undefined where there is no way. */
	#pathOf(own: Certificate, shown: readonly Certificate[]): readonly Certificate[] | undefined {
		const path = [own];
		for (let between = 0; between <= MOST_BETWEEN; between += 1) {
			const last = path.at(-1)!;
			for (const authority of this.#authorities) {
				// One that was given to us for itself needs no signature.
				if (isSame(authority.bytes, last.bytes)) return path;
				if (between <= authority.pathLength && this.#hasSigned(authority, last)) return [...path, authority];
			}
			const next = shown.find(one => !path.includes(one) && between <= one.pathLength && this.#hasSigned(one, last));
			if (next === undefined) return undefined;
			path.push(next);
		}
		return undefined;
	}

	#hasSigned(by: Certificate, one: Certificate): boolean {
		if (!by.isAuthority || !isSame(by.subject, one.issuer)) return false;
		const algorithm = ALGORITHMS[one.algorithm];
		if (algorithm === undefined || by.keyKind === "unknown" || algorithm.ofCurve !== (by.keyKind !== "rsa"))
			return false;
		if (algorithm.ofCurve && !isInRange(one.signature, by.keyKind)) return false;
		return this.#options.signatures.verify(by, algorithm.hash, one.signed, one.signature);
	}
}

Object.freeze(Trust.prototype);

/**
 * Are the two numbers of a signature from 1 to the order of the curve less one? With others anything passes for signed where,
 * as in the SDK, nobody looks.
 */
export function isInRange(signature: Uint8Array, kind: KeyKind): boolean {
	const order = ORDERS[kind];
	if (order === undefined) return false;
	try {
		const outer = new DER(signature);
		const both = outer.inside(0x30);
		const isWhole = isBelow(both.take(0x02), order) && isBelow(both.take(0x02), order);
		return isWhole && both.isDone && outer.isDone;
	} catch {
		return false;
	}
}

function isBelow(number: Uint8Array, order: string): boolean {
	if (number.length === 0 || number[0]! >= 0x80) return false;
	const digits = hex(magnitude(number));
	return digits !== "" && (digits.length < order.length || (digits.length === order.length && digits < order));
}

/** As RFC 6125 has it: an asterisk stands for the whole first part of a name, and what is no name has to be there as address. */
function isFor({ addresses, names }: Certificate, name: string): boolean {
	if (addresses.includes(name)) return true;
	if (isAddress(name)) return false;
	const wanted = name.toLowerCase();
	const dot = wanted.indexOf(".");
	const rest = dot > 0 ? wanted.slice(dot) : "";
	return names.some(
		one => one === wanted || (one.startsWith("*.") && one.indexOf(".", 2) > 0 && rest !== "" && one.slice(1) === rest),
	);
}

/** No name consists of digits and dots alone, or has a colon. */
export function isAddress(name: string): boolean {
	if (name.includes(":")) return true;
	for (const character of name) if ((character < "0" || character > "9") && character !== ".") return false;
	return true;
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
	if (one.length !== other.length) return false;
	for (let i = 0; i < one.length; i += 1) if (one[i] !== other[i]) return false;
	return true;
}
