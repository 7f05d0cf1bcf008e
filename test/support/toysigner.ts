// Hash and signature of a toy, so that updates run on any engine: nobody here forges anything but on purpose.

import { toHex } from "../../firmware/device/offer.js";
import type { Hash, Verifier } from "../../firmware/io.js";
import { putUint32 } from "../../firmware/mqtt/wire.js";

export const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);

export class ToyHash implements Hash {
	#sums = new Uint32Array(8);

	write(bytes: Uint8Array): void {
		for (const byte of bytes)
			for (let i = 0; i < 8; i += 1) this.#sums[i] = (Math.imul(this.#sums[i]! ^ byte, 16_777_619) + i * 77) >>> 0;
	}

	close(): Uint8Array {
		const bytes = new Uint8Array(32);
		for (let i = 0; i < 8; i += 1) putUint32(bytes, i * 4, this.#sums[i]!);
		return bytes;
	}
}

export const toyVerifier: Verifier = {
	verify: (publicKey, message, signature) => toHex(toySignature(publicKey, message)) === toHex(signature),
	hash: () => new ToyHash(),
};

export function toySignature(key: Uint8Array, message: Uint8Array): Uint8Array {
	const hash = new ToyHash();
	hash.write(key);
	hash.write(message);
	const half = hash.close();
	const signature = new Uint8Array(64);
	signature.set(half);
	signature.set(half, 32);
	return signature;
}

/** For simulated boards. */
export const toySigner = {
	key: toHex(KEY),
	verifier: toyVerifier,
	sign: (message: Uint8Array) => toySignature(KEY, message),
};
