// Flash as a power cut leaves it: a KeyValue in memory whose power can go at any operation, before it, after it, or in the
// middle of a write. What was written before is safe. The value being written is then the old one, the new one, or torn:
// its beginning with what flash has where nothing was written.

import type { KeyValue } from "../../firmware/io.js";

/** What becomes of the operation during which the power goes. */
export type CutMode = "before" | "torn" | "lost" | "after";

export const CUT_MODES: readonly CutMode[] = ["before", "torn", "lost", "after"];

/** Thrown out of the operation, and out of all that follow until the power is back. */
export class PowerCut extends Error {}

const ERASED = 0xff;

export class Flash implements KeyValue {
	/** Writes and deletions so far, over all lives. */
	operations = 0;
	/** Keys that are in use, and their values. */
	readonly values = new Map<string, Uint8Array<ArrayBuffer>>();
	#powered = true;
	#cutAt = 0;
	#mode: CutMode = "before";
	#onCut: () => void = () => {};

	/** The power goes at the operation with that number, counted from now on, the next being 1. */
	cutAt(operation: number, mode: CutMode, onCut: () => void): void {
		this.#cutAt = this.operations + operation;
		this.#mode = mode;
		this.#onCut = onCut;
	}

	/** The power goes now. */
	cut(): void {
		this.#powered = false;
	}

	/** The power is back. */
	restore(): void {
		this.#powered = true;
		this.#cutAt = 0;
	}

	read(key: string): ArrayBuffer | undefined {
		if (!this.#powered) throw new PowerCut();
		return this.values.get(key)?.slice().buffer;
	}

	/** "torn" keeps half of the new value, "lost" nothing of either. */
	write(key: string, value: ArrayBuffer): void {
		const bytes = new Uint8Array(value.slice(0));
		const half = bytes.length >> 1;
		this.#operate({
			whole: () => this.values.set(key, bytes),
			torn: () => this.values.set(key, bytes.fill(ERASED, half)),
			lost: () => this.values.set(key, bytes.fill(ERASED)),
		});
	}

	/** A deletion is torn where the key is gone and the value is not: both are the same to who reads. */
	delete(key: string): void {
		const remove = () => this.values.delete(key);
		this.#operate({ whole: remove, torn: remove, lost: remove });
	}

	close(): void {}

	#operate({ lost, torn, whole }: Record<"whole" | "torn" | "lost", () => void>): void {
		if (!this.#powered) throw new PowerCut();
		this.operations += 1;
		if (this.operations !== this.#cutAt) {
			whole();
			return;
		}
		if (this.#mode === "torn") torn();
		else if (this.#mode === "lost") lost();
		else if (this.#mode === "after") whole();
		this.#powered = false;
		this.#onCut();
		throw new PowerCut();
	}
}
