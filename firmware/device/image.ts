// An image in the flash that is not run from: how its bytes get there, and how they are hashed when they are all there.

import type { Hash, Updater } from "../io.js";

/** Hashed in one turn, so that readings come in between. */
const SLICE_BYTES = 1024;

/** Puts `length` bytes, from `from` on, into flash at `at`. Each block is erased when its first byte comes. */
export function writeBlocks(updater: Updater, at: number, bytes: Uint8Array, from: number, length: number): void {
	const stop = from + length;
	while (from < stop) {
		const inBlock = at % updater.blockBytes;
		if (inBlock === 0) updater.erase(at);
		const count = Math.min(stop - from, updater.blockBytes - inBlock);
		updater.write(bytes.subarray(from, from + count), at);
		at += count;
		from += count;
	}
}

export class Image {
	/** Bytes that have been hashed. */
	at = 0;
	readonly #updater: Updater;
	readonly #hash: Hash;
	readonly #slice = new Uint8Array(SLICE_BYTES);

	constructor(updater: Updater, hash: Hash) {
		this.#updater = updater;
		this.#hash = hash;
	}

	/** The next slice of an image of that size. Throws where flash does not give it. */
	hash(size: number): void {
		const count = Math.min(size - this.at, SLICE_BYTES);
		const slice = count === SLICE_BYTES ? this.#slice : this.#slice.subarray(0, count);
		this.#updater.read(slice, this.at);
		this.#hash.write(slice);
		this.at += count;
	}

	/** The SHA-256 of all of it. */
	close(): Uint8Array {
		return this.#hash.close();
	}
}

Object.freeze(Image.prototype);
