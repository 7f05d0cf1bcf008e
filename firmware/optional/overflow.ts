// What happens when the outbox is full, by name. Given to a client as `options.whenFull`:
//
//     whenFull: new Overflow("drop-oldest")
//
// Only messages that have never left are let go, and none with FIRST: what has been sent has been promised, and what is just
// leaving cannot be called back. They end as dropped with DISPLACED, told when publish() has returned. Whether enough
// can be let go is looked at before any is; where it cannot, publish() is refused as it is without a policy.
//
// The ticket of a message let go is kept until its end has been told, in a table of its own: its place in the outbox is
// somebody else's by then.

import type { OverflowPolicy } from "../mqtt/client.js";
import { BAD_OPTION, Misuse } from "../mqtt/error.js";
import { checked } from "../mqtt/limits.js";
import {
	AHEAD,
	DEAD,
	ENDED,
	ENTRY_WORDS,
	entryAfter,
	firstEntry,
	forget,
	isBegun,
	QUEUED,
	RELEASED,
	remove,
	STATE_MASK,
	sizeOf,
	UNUSUAL,
} from "../mqtt/outbox.js";
import type { Session } from "../mqtt/session.js";
import { ENDED as ENDED_TODO } from "../mqtt/todo.js";
import { skipVarint } from "../mqtt/wire.js";
import { ENDED_COUNT, OUTBOX_AT, OUTBOX_LIMIT } from "../mqtt/words.js";

export class Overflow implements OverflowPolicy {
	/** Messages let go so far. */
	dropped = 0;
	readonly #isLatest: boolean;
	/** Tickets of those that have not been told: a ring, and where its oldest stands. */
	readonly #tickets: Uint16Array;
	#first = 0;
	#untold = 0;

	/**
	 * "drop-oldest": where there is no room, the oldest messages make some. "latest-per-topic": a message takes the place of
	 * one to the same topic that still waits, whether there is room or not, so what waits is the latest of each topic. In a
	 * callback messages wait for its end.
	 *
	 * `tickets`, 1 to 1,024, is how many messages may be let go before onPublishEnd has been called for the first of them;
	 * after that none are until it has, and publish() is refused when full. Default 32. Throws Misuse.
	 */
	constructor(policy: "drop-oldest" | "latest-per-topic", tickets = 32) {
		if (policy !== "drop-oldest" && policy !== "latest-per-topic")
			throw new Misuse(BAD_OPTION, `whenFull: expected "drop-oldest" or "latest-per-topic", got "${policy}"`);
		this.#isLatest = policy === "latest-per-topic";
		this.#tickets = new Uint16Array(checked("tickets", tickets, 1, 1024));
	}

	get untold(): number {
		return this.#untold;
	}

	takeDisplaced(): number {
		if (this.#untold === 0) return 0;
		const ticket = this.#tickets[this.#first]!;
		this.#first = (this.#first + 1) % this.#tickets.length;
		this.#untold -= 1;
		return ticket;
	}

	makeRoom(session: Session, nameAt: number, length: number): void {
		const { outboxEnd, words } = session;
		const start = session.unsent;
		// What is missing: a place among the messages, and words of the outbox. Nothing, where they are not above zero.
		let places = session.held + 2 - session.rows;
		let room = wordsInUse(session) + ENTRY_WORDS + ((length + 3) >> 2) - (words[OUTBOX_LIMIT]! - words[OUTBOX_AT]!);
		let tickets = this.#tickets.length - this.#untold;
		let stop = start;
		for (let at = start; at < outboxEnd; at += sizeOf(words[at]!)) {
			if (!this.#isLatest && places <= 0 && room <= 0) break;
			if (!this.#yields(session, at, nameAt)) continue;
			places -= 1;
			room -= sizeOf(words[at]!);
			tickets -= 1;
			stop = at + sizeOf(words[at]!);
		}
		// Nobody is let go for nothing.
		if (places > 0 || room > 0 || tickets < 0) return;
		for (let at = start; at < stop; at += sizeOf(words[at]!))
			if (this.#yields(session, at, nameAt)) this.#displace(session, at);
	}

	/** Whether this message may be let go for one to the topic whose name lies at `nameAt`. */
	#yields(session: Session, entry: number, nameAt: number): boolean {
		const { bytes, words } = session;
		if ((words[entry]! & (STATE_MASK | AHEAD)) !== QUEUED || isBegun(session, entry)) return false;
		if (!this.#isLatest) return true;
		const topicAt = skipVarint(bytes, ((entry + ENTRY_WORDS) << 2) + 1);
		const end = ((bytes[nameAt]! << 8) | bytes[nameAt + 1]!) + 2;
		for (let i = 0; i < end; i += 1) if (bytes[topicAt + i] !== bytes[nameAt + i]) return false;
		return true;
	}

	#displace(session: Session, entry: number): void {
		const { words } = session;
		this.#tickets[(this.#first + this.#untold) % this.#tickets.length] = words[entry + 1]! & 0xffff;
		this.#untold += 1;
		this.dropped += 1;
		if ((words[entry]! & UNUSUAL) !== 0) forget(session, entry);
		remove(session, entry);
		words[ENDED_COUNT]! += 1;
		session.todo |= ENDED_TODO;
	}
}

Object.freeze(Overflow.prototype);

/** What messages would take up if the outbox were squeezed now. */
function wordsInUse(session: Session): number {
	let count = 0;
	for (let entry = firstEntry(session); entry !== 0; entry = entryAfter(session, entry)) {
		const head = session.words[entry]!;
		const state = head & STATE_MASK;
		if (state === RELEASED || state === ENDED) count += ENTRY_WORDS;
		else if (state !== DEAD) count += sizeOf(head);
	}
	return count;
}
