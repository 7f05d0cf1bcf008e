// A certificate authority of one's own: it signs a broker's certificate and those of its clients. What is odd is refused before anything is
// made, since nobody looks at a certificate until it does not work.

import "reflect-metadata";
import { KeyObject, randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";
import { UsageError } from "../fleet/schema.js";
import { faultOfName } from "./password.js";

const P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const RSA = {
	name: "RSASSA-PKCS1-v1_5",
	hash: "SHA-256",
	modulusLength: 2048,
	publicExponent: Uint8Array.of(1, 0, 1),
} as const;
const DAY_MS = 86_400_000;
const CA_DAYS = 3650;
/** Clocks differ; a certificate that begins now has not begun yet for some. */
const EARLY_MS = 3_600_000;
/** What X.520 allows a common name. */
const MOST_NAME = 64;

// The same in Node, under another name of its types, which exists only where the types of browsers are.
(x509.cryptoProvider as { set(crypto: unknown): void }).set(webcrypto);

type CryptoKey = webcrypto.CryptoKey;

export type Keys = "p256" | "rsa";

/** A certificate and its key, in PEM. */
export interface Identity {
	readonly cert: string;
	readonly key: string;
}

/** What a certificate is for. */
export type Purpose = { readonly server: readonly string[] } | { readonly client: string };

/** How long it holds, in ms since 1970. */
export interface Term {
	readonly from: number;
	readonly to: number;
}

export class Authority {
	readonly identity: Identity;
	readonly #certificate: x509.X509Certificate;
	readonly #key: CryptoKey;

	private constructor(identity: Identity, certificate: x509.X509Certificate, key: CryptoKey) {
		this.identity = identity;
		this.#certificate = certificate;
		this.#key = key;
	}

	static async make(keys: Keys = "p256", now = Date.now()): Promise<Authority> {
		const { privateKey, publicKey } = await pairOf(keys);
		// Two of them must not have the same name: some take the one for the other.
		const name = [{ CN: [`thimble CA ${randomBytes(4).toString("hex")}`] }];
		const certificate = await x509.X509CertificateGenerator.createSelfSigned({
			serialNumber: serialNumber(),
			name,
			notBefore: new Date(now - EARLY_MS),
			notAfter: new Date(now + CA_DAYS * DAY_MS),
			keys: { privateKey, publicKey },
			signingAlgorithm: keys === "rsa" ? RSA : P256,
			extensions: [
				new x509.BasicConstraintsExtension(true, 0, true),
				new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
				await x509.SubjectKeyIdentifierExtension.create(publicKey),
			],
		});
		return new Authority({ cert: pem(certificate), key: pemOf(privateKey) }, certificate, privateKey);
	}

	/** One that was made before. Throws UsageError where these two are none. */
	static async read({ cert, key }: Identity): Promise<Authority> {
		try {
			const certificate = new x509.X509Certificate(cert);
			const isAuthority = certificate.getExtension(x509.BasicConstraintsExtension)?.ca === true;
			const algorithm = certificate.publicKey.algorithm.name === "ECDSA" ? P256 : RSA;
			const der = x509.PemConverter.decodeFirst(key);
			const privateKey = await webcrypto.subtle.importKey("pkcs8", der, algorithm, true, ["sign"]);
			if (isAuthority) return new Authority({ cert, key }, certificate, privateKey);
		} catch {
			// As one that is a certificate of another kind.
		}
		throw new UsageError("expected the certificate of an authority and its key, in PEM, as thimble certs makes them");
	}

	/** Throws UsageError where nobody could use such a certificate. */
	async issue(purpose: Purpose, { from, to }: Term, keys: Keys = "p256"): Promise<Identity> {
		const { commonName, names, usage } = meaningOf(purpose);
		const { privateKey, publicKey } = await pairOf(keys);
		const flags = x509.KeyUsageFlags;
		const certificate = await x509.X509CertificateGenerator.create({
			serialNumber: serialNumber(),
			subject: [{ CN: [commonName] }],
			issuer: this.#certificate.subjectName,
			notBefore: new Date(from),
			notAfter: new Date(to),
			publicKey,
			signingKey: this.#key,
			signingAlgorithm: this.#key.algorithm.name === "ECDSA" ? P256 : RSA,
			extensions: [
				new x509.BasicConstraintsExtension(false, undefined, true),
				new x509.KeyUsagesExtension(
					keys === "rsa" ? flags.digitalSignature | flags.keyEncipherment : flags.digitalSignature,
					true,
				),
				new x509.ExtendedKeyUsageExtension([usage]),
				...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
				await x509.SubjectKeyIdentifierExtension.create(publicKey),
				await x509.AuthorityKeyIdentifierExtension.create(this.#certificate.publicKey),
			],
		});
		return { cert: pem(certificate), key: pemOf(privateKey) };
	}
}

/** From an hour ago on, for so many days. */
export function daysFrom(now: number, days: number): Term {
	return { from: now - EARLY_MS, to: now + days * DAY_MS };
}

/** Why a broker cannot be found under that, or undefined. */
export function faultOfHost(name: string): string | undefined {
	if (isIP(name) !== 0) return undefined;
	if (/:\/\//.test(name) || /:\d+$/.test(name))
		return "expected a name or an address alone, without mqtts:// or a port";
	if (/^[\d.]+$/.test(name)) return "that is no address";
	const labels = (name.startsWith("*.") ? name.slice(2) : name).split(".");
	const isName = labels.every(label => /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?$/i.test(label)) && name.length <= 253;
	if (!isName) return "expected a host name of letters, digits and hyphens, or an address";
	return name.startsWith("*.") && labels.length < 2 ? "an asterisk needs two names or more behind it" : undefined;
}

/** Why no client can be called that, or undefined. */
export function faultOfClient(name: string): string | undefined {
	if (name.length > MOST_NAME) return `it is longer than ${MOST_NAME} characters, which is what a certificate allows`;
	return faultOfName(name);
}

function meaningOf(purpose: Purpose) {
	if ("client" in purpose) {
		const { client } = purpose;
		const fault = faultOfClient(client);
		if (fault !== undefined) throw new UsageError(`no client can have that name: ${fault}`);
		const names = faultOfHost(client) === undefined ? namesOf([client]) : [];
		return { commonName: client, names, usage: x509.ExtendedKeyUsage.clientAuth };
	}
	const { server } = purpose;
	const [first] = server;
	if (first === undefined) throw new UsageError("expected a name for the broker");
	for (const name of server) {
		const fault = faultOfHost(name);
		if (fault !== undefined) throw new UsageError(`${name}: ${fault}`);
	}
	return { commonName: first.slice(0, MOST_NAME), names: namesOf(server), usage: x509.ExtendedKeyUsage.serverAuth };
}

function namesOf(names: readonly string[]): { type: "ip" | "dns"; value: string }[] {
	return names.map(value => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value }));
}

function pairOf(keys: Keys): Promise<webcrypto.CryptoKeyPair> {
	return webcrypto.subtle.generateKey(keys === "rsa" ? RSA : P256, true, ["sign", "verify"]);
}

/** Positive, and too long to meet another. */
function serialNumber(): string {
	const bytes = randomBytes(16);
	bytes[0] = (bytes[0]! & 0x3f) | 0x40;
	return bytes.toString("hex");
}

function pem(certificate: x509.X509Certificate): string {
	return `${certificate.toString("pem").trimEnd()}\n`;
}

function pemOf(key: CryptoKey): string {
	return KeyObject.from(key).export({ type: "pkcs8", format: "pem" }) as string;
}
