// Boards of a scenario that answer commands, and say how they are doing.

import { describe, expect, it } from "vitest";
import { checkScenario } from "../../../host-sim/fleet/scenario.js";
import { Simulation, type SimulationEvent } from "../../../host-sim/fleet/simulation.js";
import { configOf, isWhole, needsWholeBoard, wholeBoard } from "../../../host-sim/fleet/whole.js";
import { Client, SeededRandom, World } from "../../../host-sim/testing.js";

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
	it("is one only where its scenario wants more than readings", () => {
		const options = { deviceId: "b", host: "h", port: 1883, protocolVersion: 4, qos: 1 } as const;
		const rest = { ...options, intervalMs: 1_000, keepAlive: 60, random: new SeededRandom(1) };
		expect(isWhole(rest)).toBe(false);
		for (const more of [{ commands: true }, { diagnostics: 60 }, { homeAssistant: "ha" }, { updates: true }])
			expect([isWhole({ ...rest, ...more }), needsWholeBoard(more)]).toEqual([true, true]);
		expect([needsWholeBoard(rest), needsWholeBoard({ durability: "ram" })]).toEqual([false, false]);
		expect([needsWholeBoard({ durability: "flash" }), needsWholeBoard({ telemetry: {} })]).toEqual([true, true]);
	});

	it("knows all brokers that it is given, with one account", () => {
		const options = {
			deviceId: "b",
			host: "a",
			port: 1,
			protocolVersion: 4,
			qos: 1,
			intervalMs: 1,
			keepAlive: 1,
		} as const;
		const account = { userName: "u", password: "p", random: new SeededRandom(1) };
		const servers = [
			{ host: "a", port: 1 },
			{ host: "b", port: 2 },
		];
		expect(configOf({ ...options, ...account, servers }, "a")["broker"]).toBe("mqtt://u:p@a:1,b:2");
		expect(configOf({ ...options, ...account }, "other")["broker"]).toBe("mqtt://u:p@other:1");
	});

	it.each([
		{ userName: "a:b", password: "sesame" },
		{ userName: "a:b" },
		{ userName: "u", password: "x".repeat(250) },
		{ userName: "x".repeat(250), password: "sesame" },
	])("whose account its settings have no room for is refused, and not left without a broker: %j", account => {
		expect(() => start({ commands: true, ...account })).toThrow(
			/^board-01: .* no colon in its user name, and at most 255 bytes/,
		);
		expect(() => start(account)).not.toThrow();
	});

	it("is what its scenario says, credentials and all; the longest names have room", () => {
		const world = new World();
		const deviceId = "x".repeat(64);
		const { host, io } = world.board(deviceId);
		const options = { deviceId, host, port: 1883, protocolVersion: 5, qos: 2, intervalMs: 500, keepAlive: 30 } as const;
		const homeAssistant = "p".repeat(64);
		const board = wholeBoard(
			{ ...options, homeAssistant, userName: "u", password: "s:e@c,r/et", random: new SeededRandom(1) },
			host,
			io,
			{
				on: {},
				power: { resetReason: "power" },
				makeSensor: () => ({ configure() {}, sample: () => ({ temperature: 20 }), close() {} }),
				identify() {},
			},
		);
		board.start();
		world.run(1_000);
		expect(board.settings.problems).toEqual([]);
		expect(board.agent!.options).toMatchObject({ protocolVersion: 5, qos: 2, keepAlive: 30, intervalMs: 500 });
		expect(board.agent!.options).toMatchObject({ userName: "u", password: "s:e@c,r/et" });
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
