// firmware/io.ts's Digest, on the SDK's hash: for the mechanisms of firmware/optional.

import { Digest as Hash } from "crypt";
import type { Digest } from "../io.js";

const BLOCK_BYTES = 64;

export class BoardDigest implements Digest {
	readonly #hash = new Hash("SHA256");

	sha256(data: Uint8Array): Uint8Array {
		return this.#both(data, undefined);
	}

	hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
		const short = key.length > BLOCK_BYTES ? this.sha256(key) : key;
		const inner = this.#both(padded(short, 0x36), data);
		return this.#both(padded(short, 0x5c), inner);
	}

	/** The SDK's types speak of whole buffers; its hash takes views as well. */
	#both(first: Uint8Array, second: Uint8Array | undefined): Uint8Array {
		this.#hash.reset();
		this.#hash.write(first as unknown as ArrayBuffer);
		if (second !== undefined) this.#hash.write(second as unknown as ArrayBuffer);
		return new Uint8Array(this.#hash.close());
	}
}

Object.freeze(BoardDigest.prototype);

/** A key as long as a block, every byte of it changed. */
function padded(key: Uint8Array, value: number): Uint8Array {
	const block = new Uint8Array(BLOCK_BYTES);
	for (let i = 0; i < BLOCK_BYTES; i += 1) block[i] = (key[i] ?? 0) ^ value;
	return block;
}
