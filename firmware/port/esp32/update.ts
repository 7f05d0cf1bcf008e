// What an ESP32 has for updates: the partition that does not run, and a verifier. This module goes by the name
// thimble/port/update, which does not mirror its folder, so it imports by name.
//
// There is no way back: the SDK knows nothing of ESP-IDF's rollback, neither whether what runs has been confirmed, nor how to
// confirm it. So confirm() and rollBack() are absent, and update.ts refuses every offer with "no-rollback" until the SDK has them,
// or somebody derives a class from this one that has.

import FlashStorage, { type Flash } from "embedded:storage/flash";
import Update from "embedded:update";
import { BoardVerifier } from "thimble/port/verifier";
import type { Updater, Verifier } from "../../io.js";

export class BoardUpdater implements Updater {
	readonly capacity: number;
	readonly blockBytes: number;
	readonly isPending: boolean = false;
	readonly #flash: Flash;

	constructor(flash: Flash) {
		const { blockLength, size } = flash.status();
		this.capacity = size;
		this.blockBytes = blockLength;
		this.#flash = flash;
	}

	erase(at: number): void {
		this.#flash.eraseBlock(at / this.blockBytes);
	}

	write(bytes: Uint8Array, at: number): void {
		this.#flash.write(bytes, at);
	}

	read(bytes: Uint8Array, at: number): void {
		this.#flash.read(bytes, at);
	}

	/**
	 * The SDK's update erases what it begins with, which would make every power cut begin anew; so the image is written without
	 * it, and it gets the first block once more. Its complete() has ESP-IDF look at the whole image, and then at the boot partition.
	 */
	apply(size: number): void {
		const first = this.#flash.read(Math.min(size, this.blockBytes), 0);
		const update = Update.open({ partition: this.#flash, mode: "a" });
		try {
			update.write(first);
			update.complete();
		} finally {
			update.close();
		}
	}
}

Object.freeze(BoardUpdater.prototype);

/** What this board has; a build with a single partition for firmware has no updater. */
export function updateParts(): { updater?: Updater; verifier?: Verifier } {
	const verifier = new BoardVerifier();
	try {
		return { verifier, updater: new BoardUpdater(FlashStorage.open({ path: "nextota" })) };
	} catch {
		return { verifier };
	}
}
