// Fleets in virtual time, for as long as scenarios say.

import { expect, it } from "vitest";
import { Gauge } from "../../host-sim/cli/gauge.js";
import { readScenario } from "../../host-sim/cli/scenario.js";
import { checkScenario } from "../../host-sim/fleet/scenario.js";
import { Simulation } from "../../host-sim/fleet/simulation.js";
import { isBroken } from "../../host-sim/fleet/summary.js";
import { seattle } from "../../host-sim/sensor/air.js";

function run(given: object) {
	const gauge = new Gauge();
	const scenario = checkScenario(given, "");
	const simulation = new Simulation(scenario, { air: seattle, on() {}, quiet: true });
	simulation.run(scenario.duration!);
	const summary = simulation.summary();
	return { summary, cost: gauge.read(simulation.now, summary.devices) };
}

it("a hundred boards, one hour, a reading a second: under forty seconds", { timeout: 600_000 }, () => {
	const { cost, summary } = run(readScenario("a-hundred-boards"));
	console.log(`a hundred boards, an hour, a reading a second: ${JSON.stringify(cost)}`);
	expect(cost.wallMs).toBeLessThan(40_000);
	expect(cost.bytesPerBoard).toBeLessThan(1_000_000);
	expect(summary).toMatchObject({ arrived: summary.published, settled: summary.published, seenOnline: 100, gaps: 0 });
	expect(summary.published).toBeGreaterThan(100 * 3598);
});

it("a hundred bad nights: no gap, nothing twice at QoS 2", { timeout: 1_200_000 }, () => {
	const total = { published: 0, settled: 0, lost: 0, restarts: 0 };
	for (let seed = 1; seed <= 100; seed += 1) {
		const { summary } = run({ ...readScenario("bad-night"), seed });
		expect(isBroken(summary), `seed ${seed}`).toBe(false);
		expect(summary.waiting, `seed ${seed}`).toBe(0);
		for (const name of ["published", "settled", "lost", "restarts"] as const) total[name] += summary[name];
	}
	console.log(`a hundred bad nights: ${JSON.stringify(total)}`);
});
