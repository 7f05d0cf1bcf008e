// What the server sent and we have not finished: packet ids of QoS 2 messages between PUBLISH and PUBREL, and messages
// whose acknowledgement waits for the application.
//
// Two slabs of one word an entry. The table remembers a QoS 2 id until its PUBREL, over reconnects, so that a second
// PUBLISH with the id is answered and not delivered [MQTT-4.3.3-2]. The queue holds acknowledgements back while an
// earlier message is still with the application: they leave in the order in which the messages came [MQTT-4.6.0-2].

import type { Arena } from "./arena.js";

// A word of either slab: packet id, then these flags, then 13 bits of sequence number that tell an old token from a new.
const ID_MASK = 0xffff;
export const IS_QOS_2 = 0x10000;
const ACCEPTED = 0x20000;
const SEQUENCE_SHIFT = 18;
const SEQUENCE_MASK = 0x1fff;

// What begin() found.
export const NEW = 0;
/** Delivered and accepted before: acknowledge again, do not deliver again. */
export const REPEATED = 1;
/** Still with the application: neither deliver nor acknowledge. */
export const WITH_APPLICATION = 2;
export const FULL = 3;

export function receivedWords(capacity: number): number {
	return capacity * 2;
}

export class Received {
	/** A hold or a message behind one found no room: the link has to be closed. */
	overflow = false;
	readonly #words: Int32Array;
	readonly #table: number;
	readonly #queue: number;
	readonly #capacity: number;
	#head = 0;
	/** Acknowledgements that wait, for the application or behind one that does. */
	queued = 0;
	#sequence = 0;
	/** Table entries that are not where their id points: 0 makes every look-up one comparison. */
	#strays = 0;

	constructor(arena: Arena, capacity: number) {
		this.#words = arena.words;
		this.#table = arena.claim(capacity);
		this.#queue = arena.claim(capacity);
		this.#capacity = capacity;
	}

	/** A QoS 2 PUBLISH with this id has come: NEW (and remembered now), REPEATED, WITH_APPLICATION or FULL. */
	begin(packetId: number): number {
		const words = this.#words;
		const at = this.#find(packetId);
		if (at >= 0) {
			const word = words[at];
			if ((word & ACCEPTED) !== 0) return REPEATED;
			// Sent again on a new connection: its acknowledgement takes its place in the new order.
			if (!this.#isQueued(word)) this.#enqueue(word);
			return WITH_APPLICATION;
		}
		let free = this.#table + (packetId % this.#capacity);
		if (words[free] !== 0) {
			free = this.#table;
			const stop = free + this.#capacity;
			while (free < stop && words[free] !== 0) free += 1;
			if (free === stop) return FULL;
			this.#strays += 1;
		}
		words[free] = packetId | IS_QOS_2;
		return NEW;
	}

	/** The message never became whole: its id is as good as new. */
	abandon(packetId: number): void {
		const at = this.#find(packetId);
		if (at >= 0) this.#free(at);
	}

	/** PUBREL. True where the id is free now (or was), false where the message is still with the application. */
	release(packetId: number): boolean {
		const at = this.#find(packetId);
		if (at < 0) return true;
		if ((this.#words[at] & ACCEPTED) === 0) return false;
		this.#free(at);
		return true;
	}

	/** The handlers have returned and nobody holds the message: true where it may be acknowledged right now. */
	accept(packetId: number, qos: number): boolean {
		const word = qos === 2 ? packetId | IS_QOS_2 : packetId;
		if (this.queued !== 0) {
			// Without room to wait in, it is accepted all the same: answered when the server sends it again.
			if (!this.#enqueue(word | ACCEPTED) && qos === 2) this.#setAccepted(packetId);
			return false;
		}
		if (qos === 2) this.#setAccepted(packetId);
		return true;
	}

	/** Keeps the acknowledgement back. Returns the token, or 0 where the queue is full. */
	hold(packetId: number, qos: number): number {
		this.#sequence = (this.#sequence + 1) & SEQUENCE_MASK;
		const token = packetId | (qos === 2 ? IS_QOS_2 : 0) | (this.#sequence << SEQUENCE_SHIFT);
		if (!this.#enqueue(token)) return 0;
		if (qos === 2) this.#words[this.#find(packetId)] = token;
		return token;
	}

	/** The application has the message safe. False for a token that is used up, or died with its connection. */
	acknowledge(token: number): boolean {
		const words = this.#words;
		if (token <= 0 || (token & ACCEPTED) !== 0) return false;
		for (let i = 0, at = this.#head; i < this.queued; i += 1) {
			if (words[this.#queue + at] === token) {
				words[this.#queue + at] = token | ACCEPTED;
				return true;
			}
			at = at + 1 === this.#capacity ? 0 : at + 1;
		}
		// A QoS 2 message of an earlier connection: it is answered when the server sends it again.
		const at = (token & IS_QOS_2) !== 0 ? this.#find(token & ID_MASK) : -1;
		if (at < 0 || words[at] !== token) return false;
		words[at] = token | ACCEPTED;
		return true;
	}

	/** The next acknowledgement that may leave, packet id and perhaps IS_QOS_2, or 0. */
	pollAcknowledgement(): number {
		if (this.queued === 0) return 0;
		const word = this.#words[this.#queue + this.#head];
		if ((word & ACCEPTED) === 0) return 0;
		this.#head = this.#head + 1 === this.#capacity ? 0 : this.#head + 1;
		this.queued -= 1;
		if ((word & IS_QOS_2) !== 0) this.#setAccepted(word & ID_MASK);
		return word & (ID_MASK | IS_QOS_2);
	}

	/** Acknowledgements belong to their connection; QoS 2 ids, and whether they were accepted, outlive it. */
	handleLinkDown(): void {
		const words = this.#words;
		for (; this.queued > 0; this.queued -= 1) {
			const word = words[this.#queue + this.#head];
			if ((word & ACCEPTED) !== 0 && (word & IS_QOS_2) !== 0) this.#setAccepted(word & ID_MASK);
			this.#head = this.#head + 1 === this.#capacity ? 0 : this.#head + 1;
		}
		this.overflow = false;
	}

	/** The session is gone, with all its ids. */
	clear(): void {
		this.#words.fill(0, this.#table, this.#table + this.#capacity);
		this.queued = 0;
		this.#strays = 0;
	}

	#find(packetId: number): number {
		const words = this.#words;
		const home = this.#table + (packetId % this.#capacity);
		if ((words[home] & ID_MASK) === packetId) return home;
		if (this.#strays === 0) return -1;
		const stop = this.#table + this.#capacity;
		for (let at = this.#table; at < stop; at += 1) if ((words[at] & ID_MASK) === packetId) return at;
		return -1;
	}

	/** Unless it has been released since: a repeat waits in the queue once more. */
	#setAccepted(packetId: number): void {
		const at = this.#find(packetId);
		if (at >= 0) this.#words[at] |= ACCEPTED;
	}

	#free(at: number): void {
		if (at !== this.#table + ((this.#words[at] & ID_MASK) % this.#capacity)) this.#strays -= 1;
		this.#words[at] = 0;
	}

	#enqueue(word: number): boolean {
		if (this.queued === this.#capacity) {
			this.overflow = true;
			return false;
		}
		const end = this.#head + this.queued;
		this.#words[this.#queue + (end < this.#capacity ? end : end - this.#capacity)] = word;
		this.queued += 1;
		return true;
	}

	#isQueued(word: number): boolean {
		const end = this.#head + this.queued;
		for (let i = this.#head; i < end; i += 1) {
			const at = i < this.#capacity ? i : i - this.#capacity;
			if ((this.#words[this.#queue + at] & ~ACCEPTED) === word) return true;
		}
		return false;
	}
}

Object.freeze(Received.prototype);
