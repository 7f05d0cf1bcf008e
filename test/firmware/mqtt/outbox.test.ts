import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Arena } from "../../../firmware/mqtt/arena.js";
import { Inflight, inflightWords } from "../../../firmware/mqtt/inflight.js";
import { DEAD, ENDED, LENGTH_MASK, Outbox, QUEUED, RELEASED, SENT, STATE_MASK } from "../../../firmware/mqtt/outbox.js";
import { SeededRandom } from "../../../host-sim/world/random.js";

function make(bytes = 256, messages = 8) {
	// Four words in front, so that no entry lies at index 0, which means "none".
	const arena = new Arena(4 + inflightWords(messages) + bytes / 4, 64, 64);
	arena.claim(4);
	const inflight = new Inflight(arena, messages, new SeededRandom(7));
	return { arena, inflight, outbox: new Outbox(arena, bytes, inflight) };
}

describe("outbox", () => {
	it("keeps messages in order and intact through any mix of appends, ends and squeezes", () => {
		const step = fc.tuple(
			fc.constantFrom("append", "send", "release", "end", "remove"),
			fc.nat(20),
			fc.integer({ min: 1, max: 90 }),
		);
		fc.assert(
			fc.property(fc.array(step, { maxLength: 120 }), steps => {
				const { arena, inflight, outbox } = make();
				interface Message {
					id: number;
					length: number;
					fill: number;
					state: number;
				}
				let model: Message[] = [];
				let fill = 0;
				for (const [what, n, length] of steps) {
					const message = model[n % Math.max(1, model.length)];
					const entry = message === undefined ? 0 : inflight.find(message.id);
					if (what === "append" && !inflight.isFull) {
						const added = outbox.append(length);
						if (added === 0) {
							// Full means full: even squeezed, the live entries and this one are more than there is.
							const size = (m: { length: number; state: number }) =>
								3 + (m.state === RELEASED || m.state === ENDED ? 0 : Math.ceil(m.length / 4));
							const live = model.reduce((sum, m) => sum + size(m), 0);
							expect((live + 3 + Math.ceil(length / 4)) * 4).toBeGreaterThan(256);
							continue;
						}
						fill = (fill + 1) & 0xff;
						arena.bytes.fill(fill, outbox.packetAt(added), outbox.packetAt(added) + length);
						model.push({ id: outbox.packetId(added), length, fill, state: outbox.state(added) });
					} else if (message === undefined) continue;
					else if (what === "send" && message.state === QUEUED) {
						outbox.words[entry] = (outbox.words[entry]! & ~STATE_MASK) | SENT;
						message.state = SENT;
						if (outbox.unsent === entry) outbox.unsent = outbox.behind(entry);
					} else if (what === "release" && message.state === SENT) {
						outbox.release(entry);
						message.state = RELEASED;
					} else if (what === "end" && message.state !== ENDED) {
						outbox.setEnded(entry, 2, 0x9a);
						message.state = ENDED;
						expect([outbox.endOf(entry), outbox.codeOf(entry)]).toEqual([2, 0x9a]);
					} else if (what === "remove") {
						if (message.state === ENDED) outbox.removeEnded(entry);
						else outbox.remove(entry);
						model = model.filter(m => m !== message);
					}
					// The live entries, in order, are the model's.
					const seen: Message[] = [];
					for (let at = outbox.first(); at !== 0; at = outbox.after(at)) {
						const state = outbox.state(at);
						if (state === DEAD) continue;
						const id = outbox.packetId(at);
						expect(inflight.find(id)).toBe(at);
						const kept = model.find(m => m.id === id)!;
						if (state !== RELEASED && state !== ENDED) {
							expect(outbox.words[at]! & LENGTH_MASK).toBe(kept.length);
							const bytes = arena.bytes.slice(outbox.packetAt(at), outbox.packetAt(at) + kept.length);
							expect(bytes.every(byte => byte === kept.fill)).toBe(true);
						}
						expect(state).toBe(kept.state);
						seen.push(kept);
					}
					expect(seen).toEqual(model);
					expect(inflight.held).toBe(model.length);
					expect(outbox.ended).toBe(model.filter(m => m.state === ENDED).length);
				}
			}),
			{ numRuns: 200 },
		);
	});

	it("squeezes the dead out, so that one message that stays does not pin the rest", () => {
		const { outbox } = make(256);
		const ids: number[] = [];
		for (let i = 0; i < 3; i += 1) ids.push(outbox.append(60));
		outbox.remove(ids[1]!);
		outbox.remove(ids[2]!);
		expect(outbox.append(120)).toBeGreaterThan(0);
	});

	it("holds nothing larger than itself, and costs nothing when it refuses", () => {
		const { inflight, outbox } = make(256);
		expect(outbox.canEverHold(244)).toBe(true);
		expect(outbox.canEverHold(245)).toBe(false);
		outbox.append(200);
		const held = outbox.heldBytes;
		expect(outbox.append(60)).toBe(0);
		expect([outbox.heldBytes, inflight.held]).toEqual([held, 1]);
	});

	it("[MQTT-4.6.0-4] gives released messages in the order of their PUBREC packets, over the stamp's wrap", () => {
		const { outbox } = make(512);
		for (let i = 0; i < 0x8000 - 2; i += 1) {
			const entry = outbox.append(4);
			outbox.release(entry);
			outbox.remove(entry);
		}
		const entries = [0, 1, 2, 3].map(() => outbox.append(4));
		const order = [entries[2]!, entries[0]!, entries[3]!, entries[1]!];
		for (const entry of order) outbox.release(entry);
		const given: number[] = [];
		for (let entry = outbox.nextReleased(0); entry !== 0; entry = outbox.nextReleased(entry)) given.push(entry);
		expect(given).toEqual(order);
	});
});
