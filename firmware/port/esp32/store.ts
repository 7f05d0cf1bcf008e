// firmware/io.ts's KeyValue in NVS, the flash partition for small values. The SDK writes each value as a blob and commits it
// before it returns, deletions too; host-sim/world/wear.ts knows what that costs.

import Storage from "embedded:storage/key-value";
import type { KeyValue } from "../../io.js";

export class BoardStore implements KeyValue {
	readonly #storage = Storage.open({ path: "thimble", format: "buffer" });

	read(key: string): ArrayBuffer | undefined {
		return this.#storage.read(key) as ArrayBuffer | undefined;
	}

	write(key: string, value: ArrayBuffer): void {
		this.#storage.write(key, value as unknown as ByteBuffer);
	}

	delete(key: string): void {
		this.#storage.delete(key);
	}

	close(): void {
		this.#storage.close();
	}
}
