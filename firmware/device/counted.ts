// A KeyValue that counts what is written to it: flash wears by that.

import type { KeyValue } from "../io.js";

export class CountedStore implements KeyValue {
	/** Writes and deletions since the start, those that failed too. */
	writes = 0;
	readonly #store: KeyValue;

	constructor(store: KeyValue) {
		this.#store = store;
	}

	read(key: string): ArrayBuffer | undefined {
		return this.#store.read(key);
	}

	write(key: string, value: ArrayBuffer): void {
		this.writes += 1;
		this.#store.write(key, value);
	}

	delete(key: string): void {
		this.writes += 1;
		this.#store.delete(key);
	}

	close(): void {
		this.#store.close();
	}
}

Object.freeze(CountedStore.prototype);
