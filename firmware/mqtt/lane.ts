// The control lane: acknowledgements waiting for the socket, in the order in which they are owed. They go before any
// message at every packet boundary, and several leave in one write. A full lane stops the reading of further packets.

import type { Arena } from "./arena.js";
import { ACK_BYTES, putAck } from "./encode.js";

export class Lane {
	readonly #words: Int32Array;
	readonly #base: number;
	/** How many may wait, and how many do. */
	readonly capacity: number;
	waiting = 0;
	#head = 0;

	constructor(arena: Arena, capacity: number) {
		this.#words = arena.words;
		this.#base = arena.claim(capacity);
		this.capacity = capacity;
	}

	/** `first` is PUBACK, PUBREC, PUBREL or PUBCOMP. The lane must not be full. */
	push(first: number, packetId: number): void {
		const end = this.#head + this.waiting;
		this.#words[this.#base + (end < this.capacity ? end : end - this.capacity)] = (first << 16) | packetId;
		this.waiting += 1;
	}

	/** Moves as many as fit into `room` to `bytes` at `at`; returns the offset behind them. */
	takeInto(bytes: Uint8Array, at: number, room: number): number {
		const words = this.#words;
		while (this.waiting > 0 && room >= ACK_BYTES) {
			const word = words[this.#base + this.#head];
			at = putAck(bytes, at, word >> 16, word & 0xffff);
			room -= ACK_BYTES;
			this.#head = this.#head + 1 === this.capacity ? 0 : this.#head + 1;
			this.waiting -= 1;
		}
		return at;
	}

	clear(): void {
		this.waiting = 0;
	}
}

Object.freeze(Lane.prototype);
