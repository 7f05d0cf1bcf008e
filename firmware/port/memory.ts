// What an engine uses of its memory, in bytes, by the SDK's instrumentation. That is there in builds with `-d` or `-i`; in others
// everything here is undefined.

import Instrumentation from "instrumentation";

/** Slots, chunks and stack of the engine, and, on ESP32, what is free beside it. */
export class BoardMemory {
	readonly #slots = Instrumentation.map("XS Slot Heap Used");
	readonly #chunks = Instrumentation.map("XS Chunk Heap Used");
	readonly #stack = Instrumentation.map("XS Stack Used");
	readonly #free = Instrumentation.map("System Free Memory");

	get slots(): number | undefined {
		return Instrumentation.get(this.#slots);
	}

	get chunks(): number | undefined {
		return Instrumentation.get(this.#chunks);
	}

	/** The most that was used between the last two samples of the instrumentation, which it takes once a second. */
	get stack(): number | undefined {
		return Instrumentation.get(this.#stack);
	}

	get free(): number | undefined {
		return Instrumentation.get(this.#free);
	}
}

Object.freeze(BoardMemory.prototype);
