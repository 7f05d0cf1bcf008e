// Boards of a scenario that answer commands, and say how they are doing.

import { describe, expect, it } from "vitest";
import { limitsOf } from "../../../host-sim/fleet/board.js";
import { attend } from "../../../host-sim/fleet/duties.js";
import { checkScenario } from "../../../host-sim/fleet/scenario.js";
import { Simulation, type SimulationEvent } from "../../../host-sim/fleet/simulation.js";
import { Agent, Client, SeededRandom, World } from "../../../host-sim/testing.js";

const air = () => ({ configure() {}, sample: () => ({ temperature: 20 }), close() {} });

function start(scenario: Record<string, unknown>) {
	const events: SimulationEvent[] = [];
	const simulation = new Simulation(checkScenario({ devices: 1, interval: "1m", ...scenario }, "x: "), {
		air,
		on: event => events.push(event),
		quiet: true,
	});
	const { world } = simulation;
	const heard: { topic: string; body: Record<string, unknown> }[] = [];
	const client = new Client({ clientId: "desk", ...world.collaborators("desk") });
	for (const filter of ["thimble/+/answer", "thimble/+/diagnostics"])
		client.subscribe(filter, message => {
			heard.push({ topic: message.topic, body: JSON.parse(message.text()!) });
		});
	client.open();
	simulation.advance(5_000);
	const ask = (command: string, payload: unknown) => {
		const before = heard.length;
		client.publish(`thimble/board-01/command/${command}`, JSON.stringify(payload), { qos: 1 });
		simulation.advance(simulation.now + 1_000);
		return heard.slice(before).find(({ topic }) => topic === "thimble/board-01/answer")?.body;
	};
	return { ask, events, heard, simulation };
}

describe("a simulated board", () => {
	it("has no duties where its scenario wants none", () => {
		const world = new World({});
		const { io } = world.board("b");
		const options = { deviceId: "b", host: "h", port: 1883, protocolVersion: 4, qos: 1 } as const;
		const rest = { intervalMs: 1_000, keepAlive: 60, random: new SeededRandom(1) };
		expect(attend({ ...options, ...rest }, io, { identify() {} })).toBe(undefined);
		const attended = attend({ ...options, ...rest, commands: true }, io, { identify() {} })!;
		expect([attended.intervalMs, attended.keepAlive, attended.duties.length]).toEqual([1_000, 60, 3]);
	});

	it("announces itself where Home Assistant is to find it, with room for the longest prefix", () => {
		expect(limitsOf({})).toEqual({ send: 512 });
		const homeAssistant = "p".repeat(64);
		const deviceId = "x".repeat(64);
		const world = new World();
		const { host, io } = world.board(deviceId);
		const options = {
			deviceId,
			host,
			port: 1883,
			protocolVersion: 4,
			qos: 1,
			intervalMs: 1000,
			keepAlive: 60,
		} as const;
		const attended = attend({ ...options, homeAssistant, random: new SeededRandom(1) }, io, { identify() {} })!;
		expect(attended.duties).toHaveLength(1);
		new Agent({ ...options, sensors: [], limits: limitsOf({ homeAssistant }), ...attended }).start();
		world.run(1_000);
		const filter = `${homeAssistant}/device/${deviceId}/config`;
		expect([...world.broker.retained.matching(filter)]).toHaveLength(1);
	});

	it("says how it is doing, as often as its scenario wants", () => {
		const { heard, simulation } = start({ diagnostics: "10s", groups: undefined });
		simulation.advance(35_000);
		const reports = heard.filter(({ topic }) => topic === "thimble/board-01/diagnostics").map(({ body }) => body);
		expect(reports.map(({ uptime }) => uptime).slice(-3)).toEqual([10, 20, 30]);
		expect(reports.at(-1)).toMatchObject({ boot: 1, reset: "power", flashWrites: 1 });
	});

	it("makes itself known as an event, and keeps what it is set to over its restart", () => {
		const { ask, events, heard, simulation } = start({ commands: true, diagnostics: "1h" });
		expect(ask("identify", { seconds: 3 })).toEqual({ command: "identify", ok: true });
		expect(events).toContainEqual({ event: "identified", device: "board-01", seconds: 3 });
		expect(ask("set", { interval: 2_000, keepAlive: 30 })).toEqual({ command: "set", ok: true, restart: true });
		expect(ask("restart", { id: 1 })).toEqual({ command: "restart", id: 1, ok: true });
		simulation.advance(simulation.now + 10_000);
		expect(events.filter(({ event }) => event === "restarted")).toMatchObject([{ reason: "restart" }]);
		expect(events.filter(({ event }) => event === "stopped")).toEqual([]);
		const reports = heard.filter(({ topic }) => topic === "thimble/board-01/diagnostics");
		expect(reports.at(-1)!.body).toMatchObject({ boot: 2, reset: "restart" });
		expect(ask("get", { names: ["interval", "keepAlive"] })).toMatchObject({
			settings: { interval: 2_000, keepAlive: 30 },
		});
		simulation.advance(simulation.stop(), () => simulation.fleet.isStopped);
		expect(events.filter(({ event }) => event === "stopped")).toHaveLength(1);
		expect(simulation.summary().gaps).toBe(0);
	});
});
