// Batches: bounded in readings, bytes and time.

import { describe, expect, it } from "vitest";
import { Queue, readingsIn } from "../../../host-sim/sink/queue.js";
import type { Delivery } from "../../../host-sim/sink/target.js";

const message = (receivedMs: number, readings = 1, bytes = 10): Delivery => ({
	topic: "thimble/a/telemetry",
	payload: new Uint8Array(bytes),
	length: bytes,
	token: 1,
	qos: 1,
	connection: 0,
	receivedMs,
	content: {
		board: "a",
		boot: 1,
		readings: Array.from({ length: readings }, (_, i) => ({ seq: i + 1, values: {} })),
	},
});
const make = () => new Queue({ readings: 4, bytes: 100, timeMs: 50 });

describe("Queue", () => {
	it("a batch is due when its first message has waited so long", () => {
		const queue = make();
		expect(queue.dueIn(1000)).toBeUndefined();
		queue.add(message(1000));
		queue.add(message(1030));
		expect([queue.dueIn(1000), queue.dueIn(1049), queue.dueIn(1050), queue.dueIn(9000)]).toEqual([50, 1, 0, 0]);
	});

	it("a clock that was set back holds nothing for longer", () => {
		const queue = make();
		queue.add(message(1_000_000));
		expect(queue.dueIn(10)).toBe(50);
	});

	it("or when there are so many readings, in however few messages", () => {
		const queue = make();
		queue.add(message(0, 3));
		expect(queue.dueIn(0)).toBe(50);
		queue.add(message(0, 3));
		expect(queue.dueIn(0)).toBe(0);
		expect(queue.take().map(readingsIn)).toEqual([3, 3]);
		expect(queue.dueIn(0)).toBeUndefined();
	});

	it("or so many bytes; the oldest leave first, and the rest wait for their turn", () => {
		const queue = make();
		for (let i = 0; i < 5; i += 1) queue.add(message(i, 1, 60));
		expect(queue.dueIn(0)).toBe(0);
		expect(queue.take().map(({ receivedMs }) => receivedMs)).toEqual([0, 1]);
		expect([queue.length, queue.dueIn(4)]).toEqual([3, 0]);
		queue.take();
		expect([queue.length, queue.dueIn(4)]).toEqual([1, 50]);
	});

	it("what is not kept does not count any more", () => {
		const queue = make();
		for (let i = 0; i < 4; i += 1) queue.add(message(i));
		queue.keep(({ receivedMs }) => receivedMs > 1);
		expect([queue.length, queue.dueIn(2)]).toEqual([2, 50]);
		expect(queue.take().length).toBe(2);
	});

	it("a message without readings counts as one", () => {
		expect(readingsIn({ ...message(0), content: "no JSON" })).toBe(1);
	});
});
