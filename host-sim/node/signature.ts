// firmware/io.ts's Verifier, on Node's: P-256 and Ed25519; and what signs, which no board ever does.

import {
	createHash,
	createPrivateKey,
	createPublicKey,
	generateKeyPairSync,
	type JsonWebKey,
	type KeyObject,
	sign,
	verify,
} from "node:crypto";
import type { Verifier } from "../../firmware/io.js";

export type Algorithm = "p256" | "ed25519";

export const nodeVerifier: Verifier = {
	verify(publicKey, message, signature) {
		const isEd25519 = publicKey.length === 32;
		const key = { key: keyOf(publicKey), ...(!isEd25519 && { dsaEncoding: "ieee-p1363" as const }) };
		return verify(isEd25519 ? null : "sha256", message, key, signature);
	},
	hash() {
		const hash = createHash("sha256");
		return {
			write(bytes) {
				hash.update(bytes);
			},
			close: () => new Uint8Array(hash.digest()),
		};
	},
};

/** A key that signs, from PEM. Throws where it is none, has a passphrase, or is of another kind. */
export class Signer {
	readonly publicKey: Uint8Array;
	readonly #key: KeyObject;

	constructor(pem: string) {
		this.#key = createPrivateKey(pem);
		this.publicKey = rawOf(createPublicKey(this.#key).export({ format: "jwk" }));
	}

	/** 64 bytes. */
	sign(message: Uint8Array): Uint8Array {
		if (this.publicKey.length === 32) return new Uint8Array(sign(null, message, this.#key));
		return new Uint8Array(sign("sha256", message, { key: this.#key, dsaEncoding: "ieee-p1363" }));
	}
}

/** PKCS #8 of an Ed25519 key, in front of its 32 bytes. */
const ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");

/** Who signs firmware for simulated boards: the same for the same seed, so that runs are the same to the last byte. */
export function simulatedSigner(seed: number) {
	const secret = createHash("sha256").update(`simulated firmware ${seed}`).digest();
	const key = createPrivateKey({ key: Buffer.concat([ED25519, secret]), format: "der", type: "pkcs8" });
	const raw = rawOf(createPublicKey(key).export({ format: "jwk" }));
	return {
		key: Buffer.from(raw).toString("hex"),
		verifier: nodeVerifier,
		sign: (message: Uint8Array) => new Uint8Array(sign(null, message, key)),
	};
}

/** A new private key in PEM. */
export function newKey(algorithm: Algorithm): string {
	const pair =
		algorithm === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: "P-256" });
	return pair.privateKey.export({ type: "pkcs8", format: "pem" }) as string;
}

function keyOf(raw: Uint8Array): KeyObject {
	const text = (from: number, to: number) => Buffer.from(raw.subarray(from, to)).toString("base64url");
	if (raw.length === 32) return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: text(0, 32) }, format: "jwk" });
	return createPublicKey({ key: { kty: "EC", crv: "P-256", x: text(1, 33), y: text(33, 65) }, format: "jwk" });
}

function rawOf({ crv, x, y }: JsonWebKey): Uint8Array {
	const bytes = (text: string) => Buffer.from(text, "base64url");
	if (crv === "Ed25519") return new Uint8Array(bytes(x!));
	if (crv === "P-256") return new Uint8Array(Buffer.concat([Buffer.of(4), bytes(x!), bytes(y!)]));
	throw new Error(`a key of ${crv ?? "another kind"}`);
}
