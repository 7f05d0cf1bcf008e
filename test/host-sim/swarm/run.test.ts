// The swarm itself: a few hundred seeds here, ten thousand in the soak. The same seed gives the same bytes.

import { describe, expect, it } from "vitest";
import { FAULT_KINDS, partOf, planOf } from "../../../host-sim/swarm/plan.js";
import { runPlan } from "../../../host-sim/swarm/run.js";

describe("a run", () => {
	it("200 seeds, with every kind of fault: no promise is broken", { timeout: 60_000 }, () => {
		const struck = new Set<string>();
		let published = 0;
		for (let seed = 1; seed <= 200; seed += 1) {
			const outcome = runPlan(planOf(seed));
			expect(outcome.broken, `seed ${seed}`).toBeUndefined();
			published += outcome.published;
			for (const kind of Object.keys(outcome.struck)) struck.add(kind);
		}
		expect([...struck].sort()).toEqual([...FAULT_KINDS].sort());
		expect(published).toBeGreaterThan(20_000);
	});

	it("repeats to the byte, and differs from another", () => {
		for (const seed of [7, 15, 259]) expect(runPlan(planOf(seed))).toEqual(runPlan(planOf(seed)));
		expect(runPlan(planOf(7)).digest).not.toBe(runPlan(planOf(8)).digest);
	});

	it("is the same whether somebody looks on or not, and tells what happens", () => {
		const lines: string[] = [];
		const plan = partOf(planOf(1), { chaosMs: 10_000 });
		const outcome = runPlan(plan, { trace: (atMs, board, text) => lines.push(`${atMs} ${board} ${text}`) });
		expect(outcome).toEqual(runPlan(plan));
		for (const what of [
			"boot 1",
			"online, session new",
			"publish 0 at QoS",
			"> PUBLISH",
			"< PUBACK",
			"office: 0 at QoS",
		])
			expect(
				lines.some(line => line.includes(what)),
				what,
			).toBe(true);
	});

	it("without faults nothing is lost, dropped or sent again", () => {
		const outcome = runPlan(partOf(planOf(3), { faults: [] }));
		expect(outcome).toMatchObject({ broken: undefined, struck: {} });
		expect(outcome.boots).toBe(planOf(3).boards.length);
	});
});
