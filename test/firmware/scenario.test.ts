// A scenario with faults from its text to its summary, on whatever engine runs the tests.

import { expect, it } from "vitest";
import { checkScenario } from "../../host-sim/fleet/scenario.js";
import { Simulation } from "../../host-sim/fleet/simulation.js";
import type { Air } from "../../host-sim/sensor/air.js";

const SCENARIO = {
	seed: 5,
	duration: "1m",
	interval: "500ms",
	durability: "flash",
	link: { latency: "30ms", jitter: "20ms", slice: 60 },
	groups: [
		{ name: "attic", devices: 1, qos: 2, clock: { driftPpm: 80 } },
		{ name: "cellar", devices: 1, qos: 2, protocol: "5" },
	],
	timeline: [
		{ at: "8s", fault: "power-cut", for: "3s", spread: "2s", every: "25s" },
		{ at: "15s", fault: "power-cut-at-write", operation: 3, mode: "torn" },
		{ at: "20s", fault: "wifi-loss", for: "5s", spread: "3s" },
		{ at: "40s", fault: "broker-stop", for: "4s" },
		{ at: "50s", fault: "flash-full", for: "2s", boards: "cellar" },
	],
};

/** What boards measure is no matter here. */
const air: Air = () => ({ configure() {}, sample: () => ({ temperature: 20.5 }), close() {} });

it("[MQTT-4.1.0-1] [MQTT-4.3.3-1] two boards through a minute of power cuts, lost Wi-Fi and a broker that restarts: nothing is missing, nothing comes twice", () => {
	const scenario = checkScenario(SCENARIO, "");
	const told: Record<string, number> = {};
	const simulation = new Simulation(scenario, {
		air,
		on: ({ event }) => {
			told[event] = (told[event] ?? 0) + 1;
		},
	});
	simulation.run(scenario.duration!);
	const summary = simulation.summary();
	expect(simulation.fleet.isStopped).toBe(true);
	expect([summary.gaps, summary.duplicatesQos1, summary.duplicatesQos2, summary.waiting]).toEqual([0, 0, 0, 0]);
	expect(summary.faults).toEqual({
		"broker-stop": 1,
		"flash-full": 1,
		"power-cut": 6,
		"power-cut-at-write": 2,
		"wifi-loss": 2,
	});
	expect(summary.restarts).toBe(8);
	const { dropped, lost, published, refused, settled } = summary;
	expect(settled + refused + lost + dropped).toBe(published);
	expect(settled).toBeGreaterThan(100);
	expect(summary.arrived >= settled).toBe(true);
	// Whose end was cut off from the board by its power: one for a power cut in the middle of a write, at most.
	expect(lost + dropped <= 2).toBe(true);
	expect([told["restarted"], told["stopped"], told["settled"]]).toEqual([8, 2, settled]);
	expect(told["gap"]).toBe(undefined);
});
