import { describe, expect, it } from "vitest";
import { FAULT_KINDS, type Plan, partOf, planOf } from "../../../host-sim/swarm/plan.js";

describe("a plan", () => {
	it("is the same for the same seed, and another for another", () => {
		expect(planOf(5)).toEqual(planOf(5));
		expect(planOf(5)).not.toEqual(planOf(6));
	});

	it("among a few hundred has every kind of fault, every durability and both versions", () => {
		const plans = Array.from({ length: 300 }, (_, seed) => planOf(seed));
		const kinds = new Set(plans.flatMap(({ strikes }) => strikes.map(({ fault }) => fault.fault)));
		expect([...kinds].sort()).toEqual([...FAULT_KINDS].sort());
		const boards = plans.flatMap(({ boards }) => boards);
		expect(new Set(boards.map(({ durability }) => durability)).size).toBe(3);
		expect(new Set(boards.map(({ protocolVersion }) => protocolVersion))).toEqual(new Set([4, 5]));
		for (const { chaosMs, strikes } of plans) for (const { atMs } of strikes) expect(atMs).toBeLessThanOrEqual(chaosMs);
	});

	it("has parts, whose faults befall the same boards", () => {
		const [board] = planOf(1).boards;
		const plan: Plan = {
			...planOf(1),
			boards: ["a", "b", "c"].map(name => ({ ...board!, name })),
			strikes: [0, 2, -1, 1, 2].map((whom, i) => ({
				atMs: i * 100,
				forMs: 50,
				board: whom,
				fault: whom < 0 ? { fault: "broker-stop" } : { fault: "clock-skip", byMs: i },
			})),
		};
		const part = partOf(plan, { boards: [2], chaosMs: 5000 });
		expect(part.boards).toEqual([plan.boards[2]]);
		expect(part.chaosMs).toBe(5000);
		expect(part.strikes.map(({ fault }) => fault)).toEqual(
			plan.strikes.filter(({ board }) => board === 2 || board === -1).map(({ fault }) => fault),
		);
		expect(new Set(part.strikes.map(({ board }) => board))).toEqual(new Set([0, -1]));
		expect(partOf(plan, { faults: [1] }).strikes).toEqual([plan.strikes[1]]);
		expect(partOf(plan, {})).toEqual(plan);
	});
});
