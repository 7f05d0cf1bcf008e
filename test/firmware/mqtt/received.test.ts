import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Arena } from "../../../firmware/mqtt/arena.js";
import {
	FULL,
	IS_QOS_2,
	NEW,
	REPEATED,
	Received,
	receivedWords,
	WITH_APPLICATION,
} from "../../../firmware/mqtt/received.js";

function make(capacity = 4): Received {
	return new Received(new Arena(receivedWords(capacity), 64, 64), capacity);
}

describe("received", () => {
	it("[MQTT-4.3.3-2] remembers QoS 2 ids like a set of limited size, wherever they land in the table", () => {
		const step = fc.tuple(fc.constantFrom("begin", "release", "abandon"), fc.integer({ min: 1, max: 24 }));
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 200 }), (capacity, steps) => {
				const received = make(capacity);
				const model = new Set<number>();
				for (const [what, id] of steps) {
					if (what === "begin") {
						const found = received.begin(id);
						if (model.has(id)) expect(found).toBe(REPEATED);
						else if (model.size === capacity) expect(found).toBe(FULL);
						else {
							expect(found).toBe(NEW);
							expect(received.accept(id, 2)).toBe(true);
							model.add(id);
						}
					} else if (what === "release") {
						expect(received.release(id)).toBe(true);
						model.delete(id);
					} else {
						received.abandon(id);
						model.delete(id);
					}
				}
			}),
		);
	});

	it("[MQTT-4.6.0-2] lets acknowledgements out in the order of the messages", () => {
		const received = make();
		const first = received.hold(1, 1);
		received.begin(2);
		const second = received.hold(2, 2);
		expect(received.accept(3, 1)).toBe(false);
		expect(received.pollAcknowledgement()).toBe(0);
		expect(received.acknowledge(second)).toBe(true);
		expect(received.pollAcknowledgement()).toBe(0);
		expect(received.acknowledge(first)).toBe(true);
		expect([1, 2, 3, 4].map(() => received.pollAcknowledgement())).toEqual([1, 2 | IS_QOS_2, 3, 0]);
		expect(received.accept(4, 1)).toBe(true);
	});

	it("takes a token once, and no token that it did not give", () => {
		const received = make();
		const token = received.hold(1, 1);
		for (const other of [0, -1, 1, 2, token + 1, token | 0x20000]) expect(received.acknowledge(other)).toBe(false);
		expect(received.acknowledge(token)).toBe(true);
		expect(received.acknowledge(token)).toBe(false);
		received.pollAcknowledgement();
		expect(received.acknowledge(token)).toBe(false);
	});

	it("a QoS 1 token dies with its connection, a QoS 2 token does not", () => {
		const received = make();
		const one = received.hold(1, 1);
		received.begin(2);
		const two = received.hold(2, 2);
		received.handleLinkDown();
		expect(received.acknowledge(one)).toBe(false);
		expect(received.acknowledge(two)).toBe(true);
		expect(received.pollAcknowledgement()).toBe(0);
		expect(received.begin(2)).toBe(REPEATED);
	});

	it("a message still with the application is neither delivered nor answered when it comes again", () => {
		const received = make();
		received.begin(2);
		const token = received.hold(2, 2);
		received.handleLinkDown();
		expect(received.begin(2)).toBe(WITH_APPLICATION);
		expect(received.release(2)).toBe(false);
		expect(received.acknowledge(token)).toBe(true);
		expect(received.pollAcknowledgement()).toBe(2 | IS_QOS_2);
		expect(received.release(2)).toBe(true);
	});

	it("says when it cannot hold any more", () => {
		const received = make(1);
		expect(received.hold(1, 1)).toBeGreaterThan(0);
		expect(received.overflow).toBe(false);
		expect(received.hold(2, 1)).toBe(0);
		expect(received.overflow).toBe(true);
		received.handleLinkDown();
		expect(received.overflow).toBe(false);
	});
});
