// Worlds full of faults, as `thimble swarm` runs them, on whatever engine runs the tests.

import { expect, it } from "vitest";
import { planOf } from "../../host-sim/swarm/plan.js";
import { runPlan } from "../../host-sim/swarm/run.js";

it("a few seeds of the swarm: power cuts, lost sessions and wrong answers, and no promise is broken", () => {
	let boots = 0;
	for (let seed = 1; seed <= 4; seed += 1) {
		const outcome = runPlan(planOf(seed));
		expect(outcome.broken).toBe(undefined);
		boots += outcome.boots;
	}
	expect(boots).toBeGreaterThan(4);
});
