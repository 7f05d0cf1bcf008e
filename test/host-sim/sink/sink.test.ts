// The way of a message through the sink, on a clock of the test: nothing is acknowledged that is not safe.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { DeadLetter, DeadLetters } from "../../../host-sim/sink/deadletter.js";
import { Sink, type SinkEvent } from "../../../host-sim/sink/sink.js";
import { type Outcome, STORED, type Storable, type Target } from "../../../host-sim/sink/target.js";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const LATER: Outcome = { kind: "later", reason: "is down" };

class Place implements Target {
	readonly name = "the place";
	readonly place = "the place";
	readonly writes: string[][] = [];
	/** What it makes of each write. */
	answer: (message: Storable) => Outcome = () => STORED;
	/** How long it takes, in ms. */
	slowMs = 0;

	open(): Promise<Outcome> {
		return Promise.resolve(STORED);
	}

	async write(messages: readonly Storable[]): Promise<Outcome[]> {
		this.writes.push(messages.map(nameOf));
		if (this.slowMs > 0) await new Promise(resolve => setTimeout(resolve, this.slowMs));
		return messages.map(this.answer);
	}

	async close(): Promise<void> {}
}

class Box {
	readonly path = "dead";
	readonly letters: DeadLetter[] = [];
	isFull = false;

	async put(letters: readonly DeadLetter[]): Promise<void> {
		if (this.isFull) throw Object.assign(new Error("no space"), { code: "ENOSPC" });
		this.letters.push(...letters);
	}
}

const nameOf = ({ content: { board, readings } }: Storable) => `${board}${readings[0]!.seq}`;

function make() {
	const place = new Place();
	const box = new Box();
	const acknowledged: number[] = [];
	const told: string[] = [];
	const events: SinkEvent[] = [];
	const rooms: number[] = [];
	const sink: Sink = new Sink({
		target: place,
		dead: box as unknown as DeadLetters,
		limits: { readings: 3, bytes: 10_000, timeMs: 100 },
		acknowledge: token => acknowledged.push(token),
		tell: text => told.push(text),
		on: event => events.push(event),
		onRoom: () => rooms.push(sink.held),
		random: () => 1,
	});
	/** The message's number is its token as well. */
	const arrive = (seq: number, more: { text?: string; token?: number; qos?: number } = {}) => {
		const payload = Buffer.from(more.text ?? JSON.stringify({ boot: 1, seq, time: 999_000 }));
		const { qos = 1, token = seq } = more;
		sink.take({ topic: "thimble/a/telemetry", payload, length: payload.length, qos, token });
	};
	return { place, box, acknowledged, told, events, rooms, sink, arrive };
}

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

describe("Sink", () => {
	it("writes a batch when its time has come, and acknowledges it when the target has it", async () => {
		const { acknowledged, arrive, events, place } = make();
		place.slowMs = 50;
		arrive(1);
		await pass(30);
		arrive(2);
		await pass(69);
		expect(place.writes).toEqual([]);
		await pass(1);
		expect(place.writes).toEqual([["a1", "a2"]]);
		await pass(49);
		expect(acknowledged).toEqual([]);
		await pass(1);
		expect(acknowledged).toEqual([1, 2]);
		expect(events).toEqual([{ event: "stored", messages: 2, readings: 2, lagMs: 1150 }]);
	});

	it("a full batch does not wait; what comes while one is under way is the next one", async () => {
		const { acknowledged, arrive, place, sink } = make();
		place.slowMs = 500;
		for (const seq of [1, 2, 3]) arrive(seq);
		await pass(0);
		for (const seq of [4, 5, 6, 7]) arrive(seq);
		await pass(499);
		expect([place.writes.length, sink.waiting, acknowledged]).toEqual([1, 7, []]);
		await pass(501);
		expect(place.writes).toEqual([["a1", "a2", "a3"], ["a4", "a5", "a6"], ["a7"]]);
		expect(acknowledged).toEqual([1, 2, 3, 4, 5, 6]);
	});

	it("a target that is down is tried again, later each time, without an end; told once a minute, and when it is back", async () => {
		const { acknowledged, arrive, place, told } = make();
		place.answer = () => LATER;
		arrive(1);
		await pass(100);
		const times: number[] = [];
		for (let count = place.writes.length, ms = 0; ms < 20_000; ms += 100) {
			await pass(100);
			if (place.writes.length > count) times.push(ms + 100);
			count = place.writes.length;
		}
		expect(times).toEqual([500, 1500, 3500, 7500, 15_500]);
		expect([acknowledged, told.length]).toEqual([[], 1]);
		await pass(600_000);
		expect(acknowledged).toEqual([]);
		expect(told.length).toBeGreaterThan(8);
		expect(told.length).toBeLessThan(12);
		expect(told[0]).toBe("the place: is down; the broker keeps the readings, trying again");
		place.answer = () => STORED;
		await pass(30_000);
		expect([acknowledged, told.at(-1)]).toEqual([[1], "the place takes readings again"]);
	});

	it("leaves it alone for as long as it asks", async () => {
		const { arrive, place } = make();
		place.answer = () => ({ ...LATER, afterMs: 9000 });
		arrive(1);
		await pass(100 + 8999);
		expect(place.writes.length).toBe(1);
		await pass(1);
		expect(place.writes.length).toBe(2);
	});

	it("of a batch, only what is not stored is written again", async () => {
		const { acknowledged, arrive, place } = make();
		place.answer = message => (nameOf(message) === "a2" ? LATER : STORED);
		for (const seq of [1, 2, 3]) arrive(seq);
		await pass(0);
		expect(acknowledged).toEqual([1, 3]);
		place.answer = () => STORED;
		await pass(500);
		expect([place.writes.at(-1), acknowledged]).toEqual([["a2"], [1, 3, 2]]);
	});

	it("what cannot be stored is acknowledged when it is with the dead letters, byte for byte, with the reason", async () => {
		const { acknowledged, arrive, box, events, place, told } = make();
		place.answer = message => (nameOf(message) === "a2" ? { kind: "refused", reason: "too cold" } : STORED);
		arrive(1, { text: "online" });
		arrive(2);
		arrive(3);
		await pass(0);
		expect(place.writes).toEqual([["a2", "a3"]]);
		expect(box.letters.map(({ payload, reason }) => [payload.toString(), reason])).toEqual([
			["online", "no JSON object, or a larger one than a board sends"],
			['{"boot":1,"seq":2,"time":999000}', "too cold"],
		]);
		expect(acknowledged).toEqual([3, 1, 2]);
		expect(events.filter(({ event }) => event === "dead").length).toBe(2);
		expect(told).toEqual(["what cannot be stored is in dead: no JSON object, or a larger one than a board sends"]);
	});

	it("where the dead letters cannot be written, what belongs there is not acknowledged, until it can; it is told", async () => {
		const { acknowledged, arrive, box, place, told } = make();
		box.isFull = true;
		arrive(1, { text: "online" });
		arrive(2);
		await pass(100);
		expect(acknowledged).toEqual([2]);
		expect(told).toEqual(["what cannot be stored cannot be written to dead either: ENOSPC; the broker keeps it"]);
		await pass(30_000);
		expect(acknowledged).toEqual([2]);
		box.isFull = false;
		await pass(30_000);
		expect([acknowledged, told.at(-1)]).toEqual([[2, 1], "dead can be written to again"]);
		expect([box.letters.length, place.writes.length]).toEqual([1, 1]);
	});

	it("more than a payload that can be kept is no reading", async () => {
		const { box, sink } = make();
		sink.take({ topic: "thimble/a/telemetry", payload: Buffer.from("{}"), length: 70_000, qos: 1, token: 1 });
		await pass(100);
		expect(box.letters).toMatchObject([{ length: 70_000, reason: "larger than anything that a board sends" }]);
	});

	it("a batch holds its places until all of it is done, since acknowledgements leave in order; then there is room", async () => {
		const { arrive, place, rooms, sink } = make();
		place.answer = message => (nameOf(message) === "a1" ? LATER : STORED);
		for (const seq of [1, 2, 3, 4]) arrive(seq);
		await pass(0);
		expect([sink.waiting, sink.held, rooms.length]).toEqual([2, 4, 0]);
		place.answer = () => STORED;
		await pass(600);
		expect([sink.waiting, sink.held]).toEqual([0, 0]);
		expect(rooms.length).toBeGreaterThan(0);
	});

	it("ending, it takes nothing more and writes what it has, at once", async () => {
		const { acknowledged, arrive, place, sink } = make();
		place.slowMs = 50;
		for (const seq of [1, 2, 3, 4]) arrive(seq);
		await pass(0);
		const ended = vi.fn();
		void sink.finish().then(ended);
		arrive(5);
		await pass(99);
		expect(ended).not.toHaveBeenCalled();
		await pass(1);
		expect(ended).toHaveBeenCalled();
		expect([acknowledged, sink.waiting]).toEqual([[1, 2, 3, 4], 0]);
		await sink.finish();
	});

	it("ending while the target is down, it tries once more and leaves the rest to the broker", async () => {
		const { acknowledged, arrive, place, sink } = make();
		place.answer = () => LATER;
		for (const seq of [1, 2, 3, 4]) arrive(seq);
		await pass(16_000);
		const before = place.writes.length;
		await sink.finish();
		expect([place.writes.length - before, acknowledged, sink.waiting]).toEqual([1, [], 4]);
	});

	it("what the broker sends again after a new connection is not kept twice; QoS 2 and QoS 0 are", async () => {
		const { acknowledged, arrive, place, sink } = make();
		place.slowMs = 1000;
		for (const seq of [1, 2, 3, 4, 5]) arrive(seq);
		arrive(6, { qos: 2 });
		arrive(7, { qos: 0, token: 0 });
		await pass(0);
		sink.handleAway();
		sink.handleBack(true);
		expect([sink.waiting, sink.held]).toEqual([5, 0]);
		for (const seq of [4, 5]) arrive(seq);
		expect(sink.held).toBe(2);
		await pass(5000);
		expect(place.writes).toEqual([["a1", "a2", "a3"], ["a6", "a7", "a4"], ["a5"]]);
		// Tokens of the old connection are none; those of QoS 2 outlive it.
		expect(acknowledged).toEqual([6, 4, 5]);
	});

	it("what the broker has forgotten is all there is, and kept", async () => {
		const { arrive, place, sink } = make();
		place.slowMs = 1000;
		for (const seq of [1, 2, 3, 4]) arrive(seq);
		await pass(0);
		sink.handleAway();
		sink.handleBack(false);
		await pass(5000);
		expect(place.writes).toEqual([["a1", "a2", "a3"], ["a4"]]);
	});

	it("QoS 0 has no window: beyond ten thousand that wait, readings are lost, and it is told", async () => {
		const { arrive, place, sink, told } = make();
		place.slowMs = 1_000_000;
		for (let seq = 1; seq <= 3; seq += 1) arrive(seq);
		await pass(0);
		for (let seq = 4; seq < 10_100; seq += 1) arrive(seq, { qos: 0, token: 0 });
		expect(sink.waiting).toBe(10_003);
		expect(told.length).toBe(1);
		expect(told[0]).toContain("QoS 0 are lost");
	});
});
