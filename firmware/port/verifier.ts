// firmware/io.ts's Verifier, on the SDK's: ECDSA on P-256, which it has in JavaScript on big integers written in C. Ed25519 it
// has not.

import { Digest } from "crypt";
import Curve from "curve";
import ECDSA from "ecdsa";
import ECPoint from "ecp";
import type { Hash, Verifier } from "../io.js";

const KEY_BYTES = 65;
const HALF = 32;
/** The order of P-256, most significant byte first. */
const ORDER = Object.freeze([
	0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7,
	0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
]);

export class BoardVerifier implements Verifier {
	verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
		if (publicKey.length !== KEY_BYTES) throw new Error("only P-256");
		// The SDK does not look whether they are in range, and with zeros it comes to no end.
		if (signature.length !== 2 * HALF || !isInOrder(signature, 0) || !isInOrder(signature, HALF)) return false;
		const hash = new BoardHash();
		hash.write(message);
		const ecdsa = new ECDSA(ECPoint.fromOctetString(publicKey), new Curve("secp256r1"));
		return ecdsa.verify(hash.close().buffer as ArrayBuffer, signature.slice().buffer as ArrayBuffer);
	}

	hash(): Hash {
		return new BoardHash();
	}
}

Object.freeze(BoardVerifier.prototype);

class BoardHash implements Hash {
	readonly #digest = new Digest("SHA256");

	/** The SDK's types speak of whole buffers; its hash takes views as well. */
	write(bytes: Uint8Array): void {
		this.#digest.write(bytes as unknown as ArrayBuffer);
	}

	close(): Uint8Array {
		return new Uint8Array(this.#digest.close());
	}
}

Object.freeze(BoardHash.prototype);

/** Above 0 and below the order, as r and s have to be. */
function isInOrder(bytes: Uint8Array, at: number): boolean {
	let isZero = true;
	for (let i = 0; i < HALF; i += 1) if (bytes[at + i] !== 0) isZero = false;
	if (isZero) return false;
	for (let i = 0; i < HALF; i += 1) if (bytes[at + i] !== ORDER[i]) return bytes[at + i]! < ORDER[i]!;
	return false;
}
