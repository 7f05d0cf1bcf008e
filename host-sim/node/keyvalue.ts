// firmware/io.ts's KeyValue as a folder with one file a key. A value is written beside its file, synced, then renamed
// over it, so that a crash leaves the old value or the new one.

import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { KeyValue } from "../../firmware/io.js";

export class FolderKeyValue implements KeyValue {
	readonly #folder: string;

	/** Makes the folder where it is missing. */
	constructor(folder: string) {
		mkdirSync(folder, { recursive: true });
		this.#folder = folder;
	}

	read(key: string): ArrayBuffer | undefined {
		try {
			const file = readFileSync(this.#path(key));
			return file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer;
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
			throw error;
		}
	}

	write(key: string, value: ArrayBuffer): void {
		const path = this.#path(key);
		const file = openSync(`${path}.new`, "w");
		try {
			writeSync(file, new Uint8Array(value));
			fsyncSync(file);
		} finally {
			closeSync(file);
		}
		renameSync(`${path}.new`, path);
	}

	delete(key: string): void {
		rmSync(this.#path(key), { force: true });
	}

	close(): void {}

	#path(key: string): string {
		return join(this.#folder, encodeURIComponent(key).replaceAll(".", "%2E"));
	}
}

/** The same in memory: forgotten with the process. */
export class MemoryKeyValue implements KeyValue {
	readonly #values = new Map<string, ArrayBuffer>();

	read(key: string): ArrayBuffer | undefined {
		return this.#values.get(key)?.slice(0);
	}

	write(key: string, value: ArrayBuffer): void {
		this.#values.set(key, value.slice(0));
	}

	delete(key: string): void {
		this.#values.delete(key);
	}

	close(): void {}
}
