import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	AHEAD,
	AWAITS_PUBREC,
	append,
	codeOf,
	DEAD,
	ENDED,
	ENTRY_WORDS,
	end,
	endOf,
	entryAfter,
	firstEntry,
	heldBytes,
	isBegun,
	LENGTH_MASK,
	nextReleased,
	putFirst,
	QUEUED,
	RELEASED,
	release,
	remove,
	STATE_MASK,
	STREAMED,
	sizeOf,
	takeRequestId,
} from "../../../firmware/mqtt/outbox.js";
import type { Session } from "../../../firmware/mqtt/session.js";
import { ENDED as ENDED_TODO } from "../../../firmware/mqtt/todo.js";
import { ENDED_COUNT, OUTBOX_AT, OUTBOX_LIMIT, SENDING } from "../../../firmware/mqtt/words.js";
import { SeededRandom } from "../../../host-sim/world/random.js";
import { entryOf, makeSession } from "../../support/session.js";

const OUTBOX_FULL = 0x10;
const IN_FLIGHT_FULL = 0x11;
const TOO_LARGE = 0x12;

const make = (outbox = 256, messages = 8) => makeSession({ outbox, messages });
const stateOf = (session: Session, entry: number) => session.words[entry]! & STATE_MASK;
const idOf = (session: Session, entry: number) => session.words[entry + 1]! & 0xffff;
const packetAt = (entry: number) => (entry + ENTRY_WORDS) * 4;

/** The application has been told of an entry that is ENDED. */
function removeEnded(session: Session, entry: number): void {
	session.words[ENDED_COUNT]! -= 1;
	remove(session, entry);
}

describe("outbox", () => {
	it("keeps messages in order and intact through any mix of appends, ends and squeezes", () => {
		const step = fc.tuple(
			fc.constantFrom("append", "append", "first", "send", "release", "end", "remove"),
			fc.nat(20),
			fc.integer({ min: 1, max: 90 }),
		);
		fc.assert(
			fc.property(fc.array(step, { maxLength: 120 }), fc.integer({ min: 1, max: 8 }), (steps, messages) => {
				const session = make(256, messages);
				const { bytes, words } = session;
				interface Message {
					id: number;
					length: number;
					fill: number;
					state: number;
					/** It lies before `unsent`. */
					passed: boolean;
					/** It was put first. */
					ahead: boolean;
				}
				let model: Message[] = [];
				let fill = 0;
				for (const [what, n, length] of steps) {
					const message = model[n % Math.max(1, model.length)];
					const entry = message === undefined ? 0 : entryOf(session, message.id);
					if (what === "append" || what === "first") {
						const held = [session.held, words[ENDED_COUNT]!];
						let added = append(session, length);
						if (added < 0) {
							expect([session.held, words[ENDED_COUNT]!]).toEqual(held);
							if (model.length === messages) expect(added).toBe(-IN_FLIGHT_FULL);
							else {
								// Full means full: even squeezed, the live entries and this one are more than there is.
								expect(added).toBe(-OUTBOX_FULL);
								const size = (m: { length: number; state: number }) =>
									3 + (m.state === RELEASED || m.state === ENDED ? 0 : Math.ceil(m.length / 4));
								const live = model.reduce((sum, m) => sum + size(m), 0);
								expect((live + 3 + Math.ceil(length / 4)) * 4).toBeGreaterThan(256);
							}
						} else {
							expect(model.length).toBeLessThan(messages);
							fill = (fill + 1) & 0xff;
							const ahead = what === "first";
							// Before the first that waits and was not put first itself.
							const place = ahead ? model.findIndex(m => m.state === QUEUED && !m.ahead) : -1;
							if (ahead) added = putFirst(session, added);
							bytes.fill(fill, packetAt(added), packetAt(added) + length);
							expect(stateOf(session, added)).toBe(QUEUED);
							const fresh = { id: idOf(session, added), length, fill, state: QUEUED, passed: false, ahead };
							model.splice(place < 0 ? model.length : place, 0, fresh);
						}
					} else if (message === undefined) continue;
					else if (what === "send" && message.state === QUEUED) {
						words[entry] = (words[entry]! & ~STATE_MASK) | AWAITS_PUBREC;
						message.state = AWAITS_PUBREC;
						// As it is done where messages leave: past all that need not be sent.
						while (session.unsent !== session.outboxEnd && stateOf(session, session.unsent) !== QUEUED)
							session.unsent += sizeOf(words[session.unsent]!);
						for (const m of model) m.passed = entryOf(session, m.id) < session.unsent;
					} else if (what === "release" && message.state === AWAITS_PUBREC) {
						release(session, entry);
						message.state = RELEASED;
					} else if (what === "end" && message.state !== ENDED) {
						end(session, entry, 2, 0x9a);
						message.state = ENDED;
						expect([endOf(words[entry]!), codeOf(words[entry]!)]).toEqual([2, 0x9a]);
						// In another way than was thought: still one end.
						end(session, entry, 3, 0x38);
						expect([endOf(words[entry]!), codeOf(words[entry]!)]).toEqual([3, 0x38]);
						expect(session.todo & ENDED_TODO).toBe(ENDED_TODO);
					} else if (what === "remove") {
						if (message.state === ENDED) removeEnded(session, entry);
						else remove(session, entry);
						model = model.filter(m => m !== message);
						expect(entryOf(session, message.id)).toBe(0);
					}
					// The live entries, in order, are the model's.
					const seen: Message[] = [];
					let dead = 0;
					for (let at = firstEntry(session); at !== 0; at = entryAfter(session, at)) {
						const state = stateOf(session, at);
						if (state === DEAD) {
							dead += sizeOf(words[at]!) * 4;
							continue;
						}
						const id = idOf(session, at);
						expect(entryOf(session, id)).toBe(at);
						const kept = model.find(m => m.id === id)!;
						if (state !== RELEASED && state !== ENDED) {
							expect(words[at]! & LENGTH_MASK).toBe(kept.length);
							const packet = bytes.slice(packetAt(at), packetAt(at) + kept.length);
							expect(packet.every(byte => byte === kept.fill)).toBe(true);
						}
						expect(state).toBe(kept.state);
						expect(at < session.unsent).toBe(kept.passed);
						seen.push(kept);
					}
					expect(seen).toEqual(model);
					expect(session.held).toBe(model.length);
					expect(session.words[ENDED_COUNT]!).toBe(model.filter(m => m.state === ENDED).length);
					expect(heldBytes(session)).toBe((session.outboxEnd - session.words[OUTBOX_AT]!) * 4 - dead);
					expect(session.outboxEnd).toBeLessThanOrEqual(session.words[OUTBOX_LIMIT]!);
				}
			}),
			{ numRuns: 300 },
		);
	});

	it("puts nothing before the message that is on its way, and finds that again when it had to move", () => {
		const session = make(256);
		const [one, two] = [append(session, 10), append(session, 10)];
		session.words[SENDING] = two;
		session.sendLeft = 4;
		const first = putFirst(session, append(session, 20));
		expect([first, isBegun(session, entryAfter(session, one))]).toEqual([one, false]);
		const moved = entryAfter(session, entryAfter(session, first));
		expect([session.words[SENDING]!, isBegun(session, moved)]).toEqual([moved, true]);
		session.words[SENDING] = first;
		session.unsent = first;
		session.words[first]! &= ~AHEAD;
		expect(putFirst(session, append(session, 20))).toBe(entryAfter(session, first));
		expect(session.words[SENDING]!).toBe(first);
	});

	it("squeezes the dead out, so that one message that stays does not pin the rest", () => {
		const session = make(256);
		const entries = [60, 60, 60].map(length => append(session, length));
		remove(session, entries[1]!);
		remove(session, entries[2]!);
		expect(append(session, 120)).toBeGreaterThan(0);
	});

	it("holds nothing larger than itself, and costs nothing when it refuses", () => {
		const session = make(256);
		expect(append(session, 245)).toBe(-TOO_LARGE);
		const whole = append(session, 244);
		expect(whole).toBeGreaterThan(0);
		remove(session, whole);
		append(session, 200);
		const before = [heldBytes(session), session.held, session.packetId];
		expect(append(session, 60)).toBe(-OUTBOX_FULL);
		expect(append(session, 245)).toBe(-TOO_LARGE);
		expect([heldBytes(session), session.held, session.packetId]).toEqual(before);
	});

	it("says which limit is full: messages, or bytes", () => {
		const session = make(256, 2);
		append(session, 1);
		append(session, 1);
		expect(append(session, 1)).toBe(-IN_FLIGHT_FULL);
	});

	it("the end of a streamed message lets go of its source", () => {
		const session = make();
		session.source = { read: () => 1 };
		end(session, append(session, 8), 0, 0);
		expect(session.source).toBeDefined();
		const streamed = append(session, 8);
		session.words[streamed]! |= STREAMED;
		end(session, streamed, 3, 0x1b);
		expect(session.source).toBeUndefined();
	});

	it("[MQTT-4.6.0-4] gives released messages in the order of their PUBREC packets, over the stamp's wrap", () => {
		const session = make(512);
		for (let i = 0; i < 0x8000 - 2; i += 1) {
			const entry = append(session, 4);
			release(session, entry);
			remove(session, entry);
		}
		const entries = [0, 1, 2, 3].map(() => append(session, 4));
		const order = [entries[2]!, entries[0]!, entries[3]!, entries[1]!];
		for (const entry of order) release(session, entry);
		const given: number[] = [];
		for (let entry = nextReleased(session, 0); entry !== 0; entry = nextReleased(session, entry)) given.push(entry);
		expect(given).toEqual(order);
	});
});

describe("packet ids", () => {
	it("[MQTT-2.3.1-1] [MQTT-2.3.1-2] [MQTT-2.3.1-4] are 1 to 65,535, never two at once, and requests have their own row", () => {
		// Also shortly before the counter begins again.
		const first = fc.oneof(fc.nat(65_535), fc.integer({ min: 65_300, max: 65_535 }), fc.constant(0));
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 60 }), first, fc.nat(), (messages, packetId, seed) => {
				const session = make(4096, messages);
				const random = new SeededRandom(seed);
				session.packetId = packetId;
				const inUse = new Set<number>();
				let request = 0;
				const isNew = (id: number) => id > 0 && id < 65_536 && !inUse.has(id) && id !== request;
				for (let i = 0; i < 300; i += 1) {
					if (inUse.size === messages || (inUse.size > 0 && random.next() % 2 === 0)) {
						const id = [...inUse][random.next() % inUse.size]!;
						inUse.delete(id);
						remove(session, entryOf(session, id));
						expect(entryOf(session, id)).toBe(0);
					} else {
						const entry = append(session, 1);
						const id = session.packetId;
						expect(isNew(id), `id ${id}`).toBe(true);
						expect([idOf(session, entry), entryOf(session, id)]).toEqual([id, entry]);
						inUse.add(id);
					}
					// Not after each message: the last one is in flight for a while.
					if (random.next() % 2 === 0) continue;
					const id = takeRequestId(session);
					expect(isNew(id), `id ${id} of a request`).toBe(true);
					expect(entryOf(session, id)).toBe(0);
					request = id;
				}
				expect(session.held).toBe(inUse.size);
				// Wherever squeezing has moved them.
				for (const id of inUse) expect(idOf(session, entryOf(session, id))).toBe(id);
			}),
			{ numRuns: 200 },
		);
	});

	it("run on from one to the next, past rows that are taken and past row 0, and begin again at 1", () => {
		const session = make(1024, 3);
		const take = () => idOf(session, append(session, 1));
		session.packetId = 4;
		expect([take(), take(), take()]).toEqual([5, 6, 7]);
		remove(session, entryOf(session, 6));
		// 8 is row 0's, 9 has the row of 5.
		expect(take()).toBe(10);
		for (const id of [5, 7, 10]) remove(session, entryOf(session, id));
		session.packetId = 65_534;
		expect([take(), take(), take()]).toEqual([65_535, 1, 2]);
	});

	it("[MQTT-2.3.1-1] of requests are never 0, not even behind the last id", () => {
		for (let packetId = 65_500; packetId < 65_536; packetId += 1)
			for (const messages of [1, 2, 8, 1024]) {
				const session = make(1024, messages);
				session.packetId = packetId;
				const id = takeRequestId(session);
				expect(id).toBeGreaterThan(0);
				expect(id).toBeLessThan(65_536);
				expect(id % session.rows).toBe(0);
				expect(takeRequestId(session)).not.toBe(id);
			}
	});

	it("none is found that was not given", () => {
		const session = make();
		const id = idOf(session, append(session, 1));
		for (const other of [id + session.rows, id - session.rows, id + 1, 0]) expect(entryOf(session, other)).toBe(0);
	});

	it("begin at a random place, so that a life after a restart does not use those of the one before", () => {
		const first = new Set<number>();
		for (let seed = 1; seed <= 50; seed += 1) {
			const session = makeSession({}, { random: new SeededRandom(seed) });
			first.add(idOf(session, append(session, 1)));
		}
		expect(first.size).toBeGreaterThan(40);
	});
});
