// Packet ids of what we sent and await an answer for. A slab of two words a row: the row's last id, and where its
// message lies in the outbox (0: the row is free).
//
// An id always equals its row modulo the number of rows. So an acknowledgement finds its row without a search, and two
// messages in flight can never have one id [MQTT-2.3.1-2]. Row 0 has no message: its ids are for SUBSCRIBE and
// UNSUBSCRIBE, which share the number space [MQTT-2.3.1-4] but take no message's place.

import type { Random } from "../io.js";
import type { Arena } from "./arena.js";

export function inflightWords(messages: number): number {
	return (messages + 1) * 2;
}

export class Inflight {
	/** Rows that hold a message. */
	held = 0;
	readonly #words: Int32Array;
	readonly #base: number;
	readonly #rows: number;
	#next = 1;

	/**
	 * Ids start at a random place: a device that restarts without its session must not reuse, in its first packets, the
	 * ids that its former life left open on the server.
	 */
	constructor(arena: Arena, messages: number, random: Random) {
		const rows = messages + 1;
		this.#words = arena.words;
		this.#base = arena.claim(rows * 2);
		this.#rows = rows;
		const turns = random.next() % Math.floor(65_536 / rows);
		for (let row = 0; row < rows; row += 1) this.#words[this.#base + row * 2] = turns * rows + row;
	}

	get isFull(): boolean {
		return this.held === this.#rows - 1;
	}

	/** A new id for SUBSCRIBE or UNSUBSCRIBE; there is one such packet in flight at a time. */
	takeRequestId(): number {
		return this.#nextId(0);
	}

	/** A new id for a message in the outbox at `entry`. There must be a free row. */
	take(entry: number): number {
		const words = this.#words;
		let row = this.#next;
		while (words[this.#base + row * 2 + 1] !== 0) row = row + 1 === this.#rows ? 1 : row + 1;
		this.#next = row + 1 === this.#rows ? 1 : row + 1;
		this.held += 1;
		words[this.#base + row * 2 + 1] = entry;
		return this.#nextId(row);
	}

	/** The outbox entry of the message with this id, or 0. */
	find(packetId: number): number {
		const at = this.#base + (packetId % this.#rows) * 2;
		return this.#words[at] === packetId ? this.#words[at + 1] : 0;
	}

	/** The message with this id lies at `entry` now. */
	move(packetId: number, entry: number): void {
		this.#words[this.#base + (packetId % this.#rows) * 2 + 1] = entry;
	}

	/** The message with this id has ended. */
	free(packetId: number): void {
		this.#words[this.#base + (packetId % this.#rows) * 2 + 1] = 0;
		this.held -= 1;
	}

	#nextId(row: number): number {
		const at = this.#base + row * 2;
		let id = this.#words[at] + this.#rows;
		// Zero is no id [MQTT-2.3.1-1]: row 0 starts again at the number of rows.
		if (id > 65_535) id = row === 0 ? this.#rows : row;
		this.#words[at] = id;
		return id;
	}
}

Object.freeze(Inflight.prototype);
