// Flash as a power cut leaves it: a KeyValue in memory whose power can go at any operation, before it, after it, or in the
// middle of a write. What was written before is safe. The value being written is then the old one, the new one, or torn:
// its beginning with what flash has where nothing was written.
//
// It counts what NVS would write (wear.ts), and may be full, or worn. Behind a cache, what is written is safe only after
// sync(), and a power cut loses the last of the rest; one that lies loses what it has called safe.

import type { KeyValue } from "../../firmware/io.js";
import { blobEntries } from "./wear.js";

/** What becomes of the operation during which the power goes. */
export type CutMode = "before" | "torn" | "lost" | "after";

export const CUT_MODES: readonly CutMode[] = ["before", "torn", "lost", "after"];

/** Thrown out of the operation, and out of all that follow until the power is back. */
export class PowerCut extends Error {}

export interface FlashOptions {
	/**
	 * Entries of NVS that values can take in all; a write that finds too few throws, and the old value counts until the new
	 * one is there. Default: no end.
	 */
	capacity?: number;
	/** Writes and deletions that it takes; all that follow throw, and reading goes on. Default: no end. */
	endurance?: number;
	/** What is written waits in a cache until sync(). Default false: it is safe when write() returns, as in NVS. */
	cached?: boolean;
	/** It lies: a power cut undoes what was made safe last, too, and keeps what came later. For mutants. Default false. */
	lossy?: boolean;
}

const ERASED = 0xff;

type Bytes = Uint8Array<ArrayBuffer>;

/** What a key had before and has after; undefined where it is not in use. */
interface Change {
	readonly key: string;
	readonly before: Bytes | undefined;
	readonly after: Bytes | undefined;
}

export class Flash implements KeyValue {
	/** Writes and deletions so far, over all lives; and how many of them were deletions. */
	operations = 0;
	deletions = 0;
	/** Entries that NVS would have written for them. */
	entries = 0;
	/** No room for anything new: a write that changes something throws. */
	isFull = false;
	/** Worn out: writes and deletions throw. */
	isWorn = false;
	/** Keys that are in use, and their values. */
	readonly values = new Map<string, Bytes>();
	readonly #options: FlashOptions;
	#powered = true;
	#cutAt = 0;
	#mode: CutMode = "before";
	#onCut: () => void = () => {};
	#kept = 0;
	/** Changes that wait in the cache, and the last one that was said to be safe. */
	#waiting: Change[] = [];
	#safe: Change | undefined = undefined;

	constructor(options: FlashOptions = {}) {
		this.#options = options;
	}

	/**
	 * The power goes at the operation with that number, counted from now on, the next being 1. Behind a cache, so many of the
	 * changes that wait (`kept`) have reached flash by then.
	 */
	cutAt(operation: number, mode: CutMode, onCut: () => void, kept = 0): void {
		this.#cutAt = this.operations + operation;
		this.#mode = mode;
		this.#onCut = onCut;
		this.#kept = kept;
	}

	/** The power goes now. Behind a cache the first changes that wait may have reached flash, never one without those before. */
	cut(kept = 0): void {
		if (!this.#powered) return;
		this.#powered = false;
		for (const { before, key } of this.#waiting.splice(kept).reverse()) this.#put(key, before);
		const lie = this.#options.lossy === true ? this.#safe : undefined;
		if (lie !== undefined && this.values.get(lie.key) === lie.after) this.#put(lie.key, lie.before);
		this.#waiting = [];
		this.#safe = undefined;
	}

	/** The power is back. */
	restore(): void {
		this.#powered = true;
		this.#cutAt = 0;
	}

	/** What waits in the cache is safe from here on. */
	sync(): void {
		if (!this.#powered) throw new PowerCut();
		this.#safe = this.#waiting.at(-1) ?? this.#safe;
		this.#waiting = [];
	}

	/** Entries of NVS that the values take. */
	get usedEntries(): number {
		let used = 0;
		for (const value of this.values.values()) used += blobEntries(value.length);
		return used;
	}

	read(key: string): ArrayBuffer | undefined {
		if (!this.#powered) throw new PowerCut();
		return this.values.get(key)?.slice().buffer;
	}

	/** "torn" keeps half of the new value, "lost" nothing of either. */
	write(key: string, value: ArrayBuffer): void {
		if (!this.#powered) throw new PowerCut();
		const bytes = new Uint8Array(value.slice(0));
		const before = this.values.get(key);
		const isSame = before?.length === bytes.length && bytes.every((byte, i) => byte === before[i]);
		const entries = isSame ? 0 : blobEntries(bytes.length);
		// Only a value that changes is written; the old one goes when the new one is there.
		const { capacity } = this.#options;
		const isTooMuch = capacity !== undefined && this.usedEntries + entries > capacity;
		if (entries > 0 && (this.isFull || isTooMuch)) throw new Error("flash is full");
		const half = bytes.length >> 1;
		this.#operate(key, {
			whole: bytes,
			torn: bytes.slice().fill(ERASED, half),
			lost: bytes.slice().fill(ERASED),
		});
		this.entries += entries;
	}

	/** A deletion is torn where the key is gone and the value is not: both are the same to who reads. */
	delete(key: string): void {
		this.#operate(key, { whole: undefined, torn: undefined, lost: undefined });
		this.deletions += 1;
	}

	close(): void {}

	#operate(key: string, { lost, torn, whole }: Record<"whole" | "torn" | "lost", Bytes | undefined>): void {
		if (!this.#powered) throw new PowerCut();
		const { cached = false, endurance = Number.POSITIVE_INFINITY } = this.#options;
		if (this.isWorn || this.operations >= endurance) throw new Error("flash is worn");
		this.operations += 1;
		const isCut = this.operations === this.#cutAt;
		if (!isCut || this.#mode !== "before") {
			const after = !isCut || this.#mode === "after" ? whole : this.#mode === "torn" ? torn : lost;
			this.#waiting.push({ key, before: this.values.get(key), after });
			this.#put(key, after);
		}
		// What the power cut meets has not been said to be safe, whatever has become of it.
		if (isCut) {
			this.cut(cached ? this.#kept : this.#waiting.length);
			this.#onCut();
			throw new PowerCut();
		}
		if (!cached) this.sync();
	}

	#put(key: string, value: Bytes | undefined): void {
		if (value === undefined) this.values.delete(key);
		else this.values.set(key, value);
	}
}
