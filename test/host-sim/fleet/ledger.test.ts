// What boards say and what an observer sees, put together.

import { beforeEach, describe, expect, it } from "vitest";
import { Ledger, nameOf } from "../../../host-sim/fleet/ledger.js";

let ledger: Ledger;

beforeEach(() => {
	ledger = new Ledger();
	ledger.handleOnline("a");
});

/** Board a publishes its readings from `from` to `to`. */
function publish(from: number, to = from, qos = 1): void {
	for (let seq = from; seq <= to; seq += 1) ledger.handlePublished("a", 1, seq, qos);
}

function settle(from: number, to = from): void {
	for (let seq = from; seq <= to; seq += 1) ledger.handleEnd("a", 1, seq, "settled");
}

function arrive(from: number, to = from): void {
	for (let seq = from; seq <= to; seq += 1) ledger.handleArrived("a", 1, seq);
}

const gap = (from: number, to: number, ...restarts: object[]) => ({ device: "a", boot: 1, from, to, restarts });
const FORGOT = { number: 1, remembered: false };

describe("a ledger", () => {
	it("has nothing to tell where all arrive once, whatever comes first, end or arrival", () => {
		publish(1, 4);
		settle(1, 2);
		arrive(1, 3);
		settle(3);
		arrive(4);
		settle(4);
		expect(ledger.summary()).toEqual({
			published: 4,
			arrived: 4,
			missing: [],
			twice: [],
			repeated: 0,
			open: [],
			reported: { refused: 0, lost: 0, dropped: 0 },
			unpromised: 0,
			unannounced: 0,
			restarts: [],
		});
	});

	it("what was acknowledged and does not arrive is missing, and without a restart nothing explains it", () => {
		publish(1, 6);
		settle(1, 6);
		arrive(1);
		arrive(4, 5);
		expect(ledger.summary().missing).toEqual([gap(2, 3), gap(6, 6)]);
		expect(ledger.summary().published - ledger.summary().arrived).toBe(3);
	});

	it("a restart explains what was acknowledged before the observer was back, and says what the broker claimed", () => {
		publish(1, 5);
		settle(1, 3);
		arrive(1, 2);
		ledger.handleDown();
		settle(4);
		ledger.handleBack(false);
		expect(ledger.summary().missing).toEqual([gap(3, 4, FORGOT)]);
		expect(ledger.summary().open).toEqual([gap(5, 5)]);
		publish(6);
		settle(5, 6);
		arrive(5, 6);
		expect(ledger.summary().missing).toEqual([gap(3, 4, FORGOT)]);
		ledger.handleDown();
		ledger.handleBack(true);
		expect(ledger.summary().restarts).toEqual([FORGOT, { number: 2, remembered: true }]);
	});

	it("it explains nothing that was published after it, nor what a broker has acknowledged that runs since", () => {
		publish(1, 2);
		ledger.handleDown();
		ledger.handleBack(false);
		// One was taken before, and acknowledged on the next connection.
		ledger.handleOnline("a");
		settle(1, 2);
		publish(3);
		settle(3);
		expect(ledger.summary().missing).toEqual([gap(1, 3)]);
	});

	it("but at QoS 2 it does: PUBREC may have come before, and a broker that has forgotten completes a PUBREL", () => {
		publish(1, 1, 2);
		ledger.handleDown();
		ledger.handleBack(true);
		ledger.handleOnline("a");
		settle(1);
		publish(2, 2, 2);
		settle(2);
		const first = { number: 1, remembered: true };
		expect(ledger.summary().missing).toEqual([gap(1, 1, first), gap(2, 2)]);
		for (let i = 0; i < 2; i += 1) {
			ledger.handleDown();
			ledger.handleBack(false);
		}
		// Or it was taken on the second connection, and forgotten after that; but then not later.
		const second = { number: 2, remembered: false };
		expect(ledger.summary().missing).toEqual([gap(1, 1, first, second), gap(2, 2, second)]);
	});

	it("nor what had been passed over before it: messages keep their order", () => {
		publish(1, 3);
		settle(1, 3);
		arrive(1);
		arrive(3);
		ledger.handleDown();
		ledger.handleBack(false);
		expect(ledger.summary().missing).toEqual([gap(2, 2)]);
	});

	it("of several restarts it is the first one after the acknowledgement", () => {
		publish(1);
		settle(1);
		arrive(1);
		ledger.handleDown();
		ledger.handleBack(true);
		publish(2);
		settle(2);
		for (let i = 0; i < 2; i += 1) {
			ledger.handleDown();
			ledger.handleDown();
			ledger.handleBack(i === 0);
		}
		publish(3);
		settle(3);
		arrive(3);
		expect(ledger.summary().missing).toEqual([gap(2, 2, { number: 2, remembered: true })]);
		expect(ledger.summary().restarts.length).toBe(3);
	});

	it("gaps of different restarts, boots and devices stand apart", () => {
		publish(1, 2);
		settle(1);
		ledger.handleDown();
		ledger.handleBack(false);
		ledger.handleOnline("a");
		settle(2);
		ledger.handlePublished("a", 2, 3, 1);
		ledger.handleEnd("a", 2, 3, "settled");
		ledger.handlePublished("b", 2, 4, 1);
		ledger.handleEnd("b", 2, 4, "settled");
		expect(
			ledger.summary().missing.map(({ device, boot, from, restarts }) => [device, boot, from, restarts[0]]),
		).toEqual([
			["a", 1, 1, FORGOT],
			["a", 1, 2, undefined],
			["a", 2, 3, undefined],
			["b", 2, 4, undefined],
		]);
	});

	it("at QoS 2 what comes again is told, and explained where it was there before a restart", () => {
		publish(1, 3, 2);
		settle(1);
		arrive(1);
		arrive(1);
		arrive(2);
		ledger.handleDown();
		ledger.handleBack(true);
		arrive(2);
		arrive(3);
		arrive(3);
		settle(2, 3);
		expect(ledger.summary()).toMatchObject({
			arrived: 3,
			repeated: 0,
			twice: [
				{ device: "a", boot: 1, seq: 1, restart: undefined },
				{ device: "a", boot: 1, seq: 2, restart: { number: 1, remembered: true } },
				{ device: "a", boot: 1, seq: 3, restart: undefined },
			],
		});
	});

	it("at QoS 1 it is counted, and at QoS 0 nothing is promised", () => {
		publish(1, 2, 1);
		arrive(1);
		arrive(1);
		settle(1, 2);
		arrive(1);
		for (let seq = 1; seq <= 5; seq += 1) ledger.handlePublished("zero", 1, seq, 0);
		ledger.handleEnd("zero", 1, 1, "settled");
		for (const seq of [1, 4, 5]) ledger.handleArrived("zero", 1, seq);
		expect(ledger.summary()).toMatchObject({
			published: 7,
			arrived: 4,
			repeated: 2,
			twice: [],
			missing: [gap(2, 2)],
			unpromised: 2,
			open: [],
		});
	});

	it("what a board gives up itself is no gap, unless it has arrived all the same", () => {
		publish(1, 4);
		ledger.handleEnd("a", 1, 1, "lost");
		ledger.handleEnd("a", 1, 2, "refused");
		ledger.handleEnd("a", 1, 3, "dropped");
		ledger.handleEnd("a", 1, 4, "lost");
		arrive(4);
		expect(ledger.summary()).toMatchObject({ missing: [], open: [], reported: { lost: 1, refused: 1, dropped: 1 } });
	});

	it("what nobody has announced is counted, and ends of what nobody has published are not", () => {
		arrive(1);
		publish(1);
		arrive(2);
		ledger.handleArrived("stranger", 1, 1);
		ledger.handleEnd("stranger", 1, 1, "settled");
		ledger.handleEnd("a", 1, 7, "settled");
		ledger.handleBack(true);
		// The first was only quicker than the word of its board.
		expect(ledger.summary()).toMatchObject({ unannounced: 2, published: 1, arrived: 1, missing: [], restarts: [] });
	});

	it("what nobody has announced is known when it comes again, at the QoS at which it came", () => {
		expect(ledger.handleArrived("a", 1, 1, 2)).toBe(true);
		expect(ledger.handleArrived("a", 1, 1, 2)).toBe(false);
		expect(ledger.handleArrived("b", 1, 1, 1)).toBe(true);
		expect(ledger.handleArrived("b", 1, 1, 1)).toBe(false);
		for (let i = 0; i < 2; i += 1) expect(ledger.handleArrived("c", 1, 1, 0)).toBe(true);
		const twice = [{ device: "a", boot: 1, seq: 1, restart: undefined }];
		expect(ledger.summary()).toMatchObject({ unannounced: 4, twice, repeated: 1, open: [], missing: [] });
	});

	it("says at the end of a publish whether it has arrived, and at its arrival whether it had before", () => {
		const arrived = (seq: number) => ledger.handleArrived("a", 1, seq);
		const ended = (seq: number) => ledger.handleEnd("a", 1, seq, "settled");
		publish(1, 3, 2);
		expect([ended(1), arrived(1), arrived(1)]).toEqual([false, true, false]);
		expect([arrived(2), ended(2), arrived(2)]).toEqual([true, true, false]);
		// Told once more by the next life, and one that nobody knows.
		expect([ended(2), ended(4), ledger.handleEnd("b", 1, 1, "settled")]).toEqual([true, false, false]);
	});

	it("in each life of a board readings have names of their own, also when the observer has been away", () => {
		publish(1, 2, 2);
		arrive(1, 2);
		ledger.handlePublished("a", 2, 1, 2);
		ledger.handleDown();
		ledger.handleBack(true);
		ledger.handleArrived("a", 2, 1);
		ledger.handleArrived("a", 2, 1);
		arrive(2);
		const restart = { number: 1, remembered: true };
		expect(ledger.summary().twice).toEqual([
			{ device: "a", boot: 2, seq: 1, restart: undefined },
			{ device: "a", boot: 1, seq: 2, restart },
		]);
	});

	it("a number from nowhere takes no time", () => {
		publish(1, 1, 2);
		ledger.handleArrived("a", 1, 4_294_967_295, 2);
		arrive(1);
		publish(2, 2, 2);
		arrive(2);
		expect(ledger.summary()).toMatchObject({ unannounced: 1, arrived: 2, twice: [] });
	});

	it("keeps nothing of what is done: a million readings cost no memory", () => {
		const before = process.memoryUsage().heapUsed;
		for (let seq = 1; seq <= 1_000_000; seq += 1) {
			publish(seq, seq, 2);
			arrive(seq);
			settle(seq);
		}
		expect(process.memoryUsage().heapUsed - before).toBeLessThan(30_000_000);
		expect(ledger.summary()).toMatchObject({ published: 1_000_000, arrived: 1_000_000, missing: [], twice: [] });
	});
});

describe("the name of a reading", () => {
	const name = (text: string) => nameOf(new TextEncoder().encode(text));

	it("is found with a time and without", () => {
		expect(name('{"time":1763766285123,"boot":12,"seq":345,"temperature":21.53}')).toEqual({ boot: 12, seq: 345 });
		expect(name('{"boot":1,"seq":4294967295}')).toEqual({ boot: 1, seq: 4_294_967_295 });
	});

	it("is not found in what is no reading", () => {
		for (const text of ["", "online", '{"b', '{"boot":', '{"boot":1', '{"boot":1,"seq":}', '{"boot":x,"seq":1}'])
			expect(name(text), text).toBeUndefined();
	});

	it("looks no further than the length", () => {
		const bytes = new TextEncoder().encode('{"boot":1,"seq":23}');
		expect(nameOf(bytes, 17)).toEqual({ boot: 1, seq: 2 });
	});
});
