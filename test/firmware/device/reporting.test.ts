// A board with a telemetry policy, in virtual time against the in-process broker.

import { describe, expect, it } from "vitest";
import type { AgentOptions } from "../../../firmware/device/agent.js";
import { mayWait } from "../../../firmware/device/reporting.js";
import { Misuse } from "../../../firmware/mqtt/error.js";
import { Overflow } from "../../../firmware/optional/overflow.js";
import { Reporter, type TelemetryOptions } from "../../../firmware/telemetry/reporter.js";
import { TestWorld } from "../../support/world.js";

interface Message {
	time: number;
	seq: number;
	ms?: number[];
	temperature?: unknown;
}

/** A board whose temperature is what the script says, and what the broker has had of it. */
function bench(telemetry: TelemetryOptions, options: Partial<AgentOptions> = {}, temperature = () => 21.5) {
	const world = new TestWorld({ link: { latencyMs: 20 } });
	const sensor = { configure() {}, sample: () => ({ temperature: temperature() }), close() {} };
	const agent = world.agent("b1", { sensors: [sensor], intervalMs: 1000, telemetry, ...options });
	if (!(agent.telemetry instanceof Reporter)) throw new Error("expected a policy");
	const arrived = () =>
		world
			.told()
			.filter(line => line.includes("/telemetry"))
			.map(line => JSON.parse(line.split(" ")[2]!) as Message);
	return { world, agent, reporter: agent.telemetry, arrived };
}

const numbersOf = (messages: readonly Message[]) =>
	messages.flatMap(({ ms, seq }) => (ms === undefined ? [seq] : ms.map((_, i) => seq + i)));

describe("a board with a telemetry policy", () => {
	it("says what has moved, and with each heartbeat what has not", () => {
		let value = 20;
		const { world, agent, arrived } = bench({ deadband: 0.5, heartbeatMs: 30_000 }, {}, () => value);
		agent.start();
		world.time.run(100_500);
		expect(arrived().length).toBe(4);
		value = 20.5;
		world.time.run(5000);
		expect(arrived()).toEqual([]);
		value = 20.51;
		world.time.run(5000);
		expect(arrived()).toMatchObject([{ seq: 5, temperature: 20.51 }]);
	});

	it("says several readings at once, and what it has gathered before its goodbye", () => {
		const { world, agent, arrived } = bench({ batch: 5 });
		agent.start();
		world.time.run(13_000);
		agent.stop(5000);
		world.time.run(2000);
		const messages = arrived();
		expect(messages.map(({ ms }) => ms?.length)).toEqual([5, 5, 3]);
		expect(messages[0]!.ms).toEqual([0, 1000, 2000, 3000, 4000]);
		expect(numbersOf(messages)).toEqual(Array.from({ length: 13 }, (_, i) => i + 1));
		expect(agent.counts).toMatchObject({ published: 3, settled: 3, refused: 0 });
	});

	it.each([
		["QoS 0", { qos: 0 }],
		["QoS 1", { qos: 1 }],
		["QoS 1 with as few messages as may be", { qos: 1, limits: { messages: 2 } }],
		["QoS 2 with a policy for a full outbox", { qos: 2, whenFull: new Overflow("drop-oldest") }],
		["QoS 1, in batches", { qos: 1, telemetry: { ringBytes: 8000, batch: 4 } }],
		["QoS 1, the newest first", { qos: 1, telemetry: { ringBytes: 8000, newestFirst: true } }],
	] as [string, Partial<AgentOptions>][])(
		"gaps of a time away fill in: every reading arrives once, with the time at which it was taken: %s",
		(_name, options) => {
			const { world, agent, reporter, arrived } = bench({ ringBytes: 8000 }, options);
			agent.start();
			world.time.run(10_500);
			world.link("b1").cut();
			world.stopBroker();
			world.time.run(120_000);
			const waited = reporter.waiting;
			world.resumeBroker();
			world.time.run(300_000);
			agent.stop(10_000);
			world.time.run(20_000);
			const messages = arrived();
			const { published, settled, refused, lost, dropped } = agent.counts;
			expect([waited > 50 || dropped > 50, reporter.waiting, reporter.fallen]).toEqual([true, 0, 0]);
			expect([published, refused, lost]).toEqual([settled + dropped, 0, 0]);
			const seen = numbersOf(messages).sort((a, b) => a - b);
			expect(new Set(seen).size).toBe(reporter.readings - dropped);
			const first = messages[0]!;
			for (const { seq, time } of messages) expect(time - first.time).toBe((seq - first.seq) * 1000);
		},
	);
});

describe("options", () => {
	const refused = (telemetry: unknown, options: Partial<AgentOptions> = {}) => {
		try {
			bench(telemetry as TelemetryOptions, options);
		} catch (error) {
			if (error instanceof Misuse) return error.message;
			throw error;
		}
		return undefined;
	};

	it.each([
		[{ intervalMs: -1 }, "telemetry.intervalMs"],
		[{ heartbeatMs: 86_400_001 }, "telemetry.heartbeatMs"],
		[{ deadband: -0.1 }, "telemetry.deadband"],
		[{ deadband: Number.NaN }, "telemetry.deadband"],
		[{ batch: 0 }, "telemetry.batch"],
		[{ batch: 256 }, "telemetry.batch"],
		[{ batchMs: 0.5 }, "telemetry.batchMs"],
		[{ ringBytes: 1_048_577 }, "telemetry.ringBytes"],
		[{ catchUp: 0 }, "telemetry.catchUp"],
		[{ quantities: { pressure: { deadband: 2_000_000 } } }, "telemetry.quantities.pressure.deadband"],
		[{ quantities: { warmth: {} } }, "telemetry.quantities"],
	])("%o is refused by name", (telemetry, name) => {
		expect(refused(telemetry)?.split(":")[0]).toContain(name);
	});

	it("a batch that the outbox could not take is refused, and taken with a larger one", () => {
		expect(refused({ batch: 40 })).toContain("limits.outbox");
		expect(refused({ batch: 40 }, { limits: { outbox: 4096 } })).toBe(undefined);
		expect(refused({ batch: 40, quantities: { temperature: {} } }, { limits: { outbox: 2048 } })).toBe(undefined);
	});

	it("what is refused for want of room or of a connection may be taken later, and nothing else", () => {
		const codes = Array.from({ length: 256 }, (_, code) => code).filter(mayWait);
		expect(codes).toEqual([0x10, 0x11, 0x13, 0x1d]);
	});
});
