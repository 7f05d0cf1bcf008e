// A day in the field, shortened: whole boards, and one that sleeps, through all that a day may bring, on whatever engine runs the
// tests.

import { expect, it } from "vitest";
import { checkScenario } from "../../host-sim/fleet/scenario.js";
import { Simulation } from "../../host-sim/fleet/simulation.js";
import type { Air } from "../../host-sim/sensor/air.js";
import { toySigner } from "../support/toysigner.js";

const SCENARIO = {
	seed: 3,
	duration: "40m",
	interval: "10s",
	durability: "flash",
	link: { latency: "30ms", jitter: "20ms", slice: 100 },
	telemetry: { ringBytes: 1024 },
	groups: [
		{ name: "mast", devices: 1, qos: 2, protocol: "5", commands: true, diagnostics: "2m", updates: true },
		{ name: "well", devices: 1, qos: 1, commands: true, updates: true, homeAssistant: true },
		{ name: "meadow", devices: 1, qos: 1, interval: "1m", sleep: true },
	],
	timeline: [
		{ at: "2m", fault: "wifi-loss", for: "1m" },
		{ at: "4m", fault: "broker-stop", for: "30s" },
		{ at: "6m", fault: "sensor-fails", for: "1m", boards: ["mast", "well"] },
		{ at: "8m", command: "set", with: { interval: 5000 }, boards: "mast" },
		{ at: "9m", command: "set", with: { qos: 9 }, boards: "well" },
		{ at: "10m", update: "1.1.0", boards: ["mast", "well"] },
		{ at: "10m", fault: "power-cut-at-write", operation: 5, mode: "torn", boards: ["mast", "well"] },
		{ at: "16m", update: "1.2.0", broken: true, boards: "well" },
		{ at: "35m", command: "restart", boards: "mast" },
		{ at: "36m", fault: "power-cut", for: "20s" },
	],
};

const air: Air = () => ({ configure() {}, sample: () => ({ temperature: 20.5 }), close() {} });

it("[MQTT-4.1.0-1] [MQTT-4.3.3-1] a day in the field: nothing is missing, nothing comes twice at QoS 2, all orders have their end", () => {
	const scenario = checkScenario(SCENARIO, "");
	const told: string[] = [];
	const simulation = new Simulation(scenario, {
		air,
		signer: toySigner,
		quiet: true,
		on: event => {
			if (event.event === "updated") told.push(`${event.device} ${event.version} ${event.state} ${event.reason ?? ""}`);
			else if (event.event === "answer") told.push(`${event.device} ${event.command} ${event.error ?? "done"}`);
		},
	});
	simulation.run(scenario.duration!);
	const summary = simulation.summary();
	expect(simulation.fleet.isStopped).toBe(true);
	expect([summary.gaps, summary.duplicatesQos2, summary.waiting, summary.seenOnline]).toEqual([0, 0, 0, 3]);
	expect(told.sort()).toEqual([
		"mast-01 1.1.0 confirmed ",
		"mast-01 restart done",
		"mast-01 set done",
		"well-01 1.1.0 confirmed ",
		"well-01 1.2.0 rolled-back offline",
		"well-01 set out-of-range",
	]);
	expect(summary.orders).toEqual({
		commands: 3,
		answered: 2,
		refused: 1,
		unanswered: 0,
		updates: 3,
		updated: 2,
		notUpdated: 1,
	});
	expect(Object.keys(summary.faults).sort()).toEqual([
		"broker-stop",
		"power-cut",
		"power-cut-at-write",
		"sensor-fails",
		"wifi-loss",
	]);
	const { dropped, lost, published, refused, settled } = summary;
	expect(settled + refused + lost + dropped).toBe(published);
	expect(settled).toBeGreaterThan(500);
});
