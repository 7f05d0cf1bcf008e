import { describe, expect, it } from "vitest";
import { Measures } from "../../../host-sim/report/measures.js";

const first = { boot: 1, seq: 1 };

describe("measures", () => {
	it("take a connection from its beginning to where it is accepted, and none that has failed", () => {
		const measures = new Measures();
		measures.handleDial("a", 100);
		measures.handleOffline("a", 150);
		measures.handleDial("a", 1000);
		measures.handleOnline("a", 1030);
		expect(measures.connect.percentiles()).toMatchObject({ count: 1, max: 30 });
		expect(measures.slowest("a")).toEqual({ connect: 30, acknowledged: null, arrived: null });
	});

	it("take a publish to its acknowledgement and to its first arrival, whichever comes first", () => {
		for (const isEarly of [true, false]) {
			const measures = new Measures();
			measures.handlePublished("a", first, 1, 10);
			if (isEarly) measures.handleArrived("a", first, 14);
			measures.handleEnd("a", first, "settled", 15);
			if (!isEarly) measures.handleArrived("a", first, 18);
			measures.handleArrived("a", first, 99);
			expect(measures.acknowledged.percentiles()).toMatchObject({ count: 1, max: 5 });
			expect(measures.arrived.percentiles()).toMatchObject({ count: 1, max: isEarly ? 4 : 8 });
		}
	});

	it("do not take what ends otherwise for acknowledged, nor what nobody has published for arrived", () => {
		const measures = new Measures();
		measures.handlePublished("a", first, 1, 10);
		measures.handleEnd("a", first, "lost", 15);
		measures.handleArrived("a", { boot: 2, seq: 1 }, 20);
		measures.handleEnd("b", first, "settled", 15);
		expect(measures.acknowledged.count + measures.arrived.count).toBe(0);
	});

	it("forget what never arrives at QoS 0 when there is too much of it", () => {
		const measures = new Measures();
		for (let seq = 1; seq <= 3000; seq += 1) measures.handlePublished("a", { boot: 1, seq }, 0, seq);
		measures.handleArrived("a", { boot: 1, seq: 1 }, 5000);
		measures.handleArrived("a", { boot: 1, seq: 2999 }, 5000);
		expect(measures.arrived.percentiles()).toMatchObject({ count: 1, max: 2001 });
	});

	it("count who is online over time, once for each board, and mark faults", () => {
		const measures = new Measures();
		for (const device of ["a", "b"]) measures.handleOnline(device, 10);
		measures.handleOnline("a", 20);
		measures.handleFault("cut", 120);
		measures.handleOffline("a", 120);
		measures.handleOffline("a", 130);
		measures.series.close(250);
		expect(measures.series.slices.map(({ online }) => online)).toEqual([0, 1, 1]);
		expect(measures.series.marks).toEqual([{ atMs: 120, what: "cut", count: 1 }]);
	});
});
