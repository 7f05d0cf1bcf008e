import { describe, expect, it } from "vitest";
import { Lane } from "../../../host-sim/swarm/lane.js";

describe("a lane", () => {
	it("knows what is new, what comes again, and what comes too late", () => {
		const lane = new Lane();
		lane.count = 4;
		expect([0, 1, 1, 3, 2, 0].map(number => lane.arrive(number))).toEqual([
			"new",
			"new",
			"again",
			"new",
			"out of order",
			"again",
		]);
		expect([lane.arrived, lane.hasArrived(3), lane.hasArrived(4)]).toEqual([4, true, false]);
	});

	it("excuses one message, or all up to now", () => {
		const lane = new Lane();
		lane.count = 3;
		lane.excuse(1);
		expect([0, 1, 2].map(number => lane.mayMiss(number))).toEqual([false, true, false]);
		lane.excuseRepeats();
		lane.count = 4;
		expect([0, 1, 2, 3].map(number => lane.mayRepeat(number))).toEqual([true, true, true, false]);
		expect(lane.mayMiss(2)).toBe(false);
		lane.excuseMissing();
		expect([3, 4].map(number => lane.mayMiss(number))).toEqual([true, false]);
	});
});
