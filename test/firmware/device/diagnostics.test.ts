import { describe, expect, it } from "vitest";
import type { AgentOptions } from "../../../firmware/device/agent.js";
import { CountedStore } from "../../../firmware/device/counted.js";
import { Diagnostics, type DiagnosticsOptions } from "../../../firmware/device/diagnostics.js";
import { Settings } from "../../../firmware/device/settings.js";
import { LINK_LOST, Misuse } from "../../../firmware/mqtt/error.js";
import { Overflow } from "../../../firmware/optional/overflow.js";
import { MemoryKeyValue } from "../../../host-sim/node/keyvalue.js";
import { TestWorld } from "../../support/world.js";

function boardOf(
	given: Record<string, string>,
	options: Partial<DiagnosticsOptions> = {},
	agentOptions: Partial<AgentOptions> = {},
) {
	const world = new TestWorld({ link: { latencyMs: 10 } });
	const settings = new Settings(new MemoryKeyValue(), given);
	const diagnostics = new Diagnostics({ settings, ...options });
	const agent = world.agent("b1", { duties: [diagnostics], intervalMs: 10_000, ...agentOptions });
	const reports = () =>
		world
			.told()
			.filter(line => line.startsWith("publish thimble/b1/diagnostics "))
			.map(line => JSON.parse(line.split(" ")[2]!) as Record<string, unknown>);
	return { agent, diagnostics, reports, settings, world };
}

describe("diagnostics", () => {
	it.each([
		["3.1.1", 4],
		["5.0", 5],
	] as const)("say at each connection and at their interval how the board is, MQTT %s", (_name, protocolVersion) => {
		const store = new CountedStore(new MemoryKeyValue());
		const memory = { slots: 100, chunks: 2_000, largest: 300, stack: 40 };
		const network = { rssi: -67 };
		const { agent, diagnostics, reports, world } = boardOf(
			{ diagnostics: "60", qos: "7", sensors: "?" },
			{ power: { resetReason: "watchdog" }, memory, network, flash: store },
			{ protocolVersion },
		);
		store.write("a", new ArrayBuffer(1));
		diagnostics.sensorFailures = 2;
		agent.start();
		world.time.run(59_000);
		expect(reports()).toEqual([
			{
				time: expect.any(Number),
				uptime: 0,
				boot: 1,
				reset: "watchdog",
				reconnects: 0,
				rssi: -67,
				...memory,
				outbox: expect.any(Number),
				unsettled: 1,
				published: 0,
				settled: 0,
				refused: 0,
				lost: 0,
				dropped: 0,
				flashWrites: 1,
				sensorFailures: 2,
				problems: ["qos", "sensors"],
			},
		]);
		world.time.run(130_000);
		const later = reports();
		expect(later.map(({ uptime }) => uptime)).toEqual([60, 120, 180]);
		expect(later.at(-1)).toMatchObject({ ping: 20, published: 18, settled: 18, reconnects: 0 });
		world.link("b1").cut();
		world.time.run(30_000);
		const [again] = reports();
		expect([again!["reconnects"], again!["offline"]]).toEqual([1, LINK_LOST]);
		agent.stop(1_000);
		world.time.run(200_000);
		expect(reports()).toEqual([]);
		const { published, settled } = agent.counts;
		expect(settled).toBe(published);
	});

	it("leave out what the board does not know", () => {
		const { agent, reports, world } = boardOf({});
		agent.start();
		world.time.run(1_000);
		const [report] = reports();
		for (const field of ["reset", "rssi", "slots", "stack", "flashWrites", "problems", "fallen", "ping", "offline"])
			expect(Object.hasOwn(report!, field), field).toBe(false);
	});

	it("are none at 0, and their interval counts at once", () => {
		const { agent, reports, settings, world } = boardOf({ diagnostics: "0" });
		agent.start();
		world.time.run(200_000);
		expect(reports()).toEqual([]);
		settings.change({ diagnostics: 10 });
		world.time.run(35_000);
		expect(reports().map(({ uptime }) => uptime)).toEqual([210, 220, 230]);
		settings.change({ diagnostics: 0 });
		world.time.run(100_000);
		expect(reports()).toEqual([]);
	});

	it("at QoS 1 are no readings in the counts, and what a policy let go is told", () => {
		const { agent, reports, world } = boardOf(
			{ diagnostics: "5" },
			{ qos: 1 },
			{ intervalMs: 500, whenFull: new Overflow("drop-oldest"), limits: { messages: 4 } },
		);
		agent.start();
		world.time.run(10_000);
		const link = world.link("b1");
		link.hang();
		world.time.run(120_000);
		const last = reports().at(-1)!;
		expect(last["displaced"]).toBeGreaterThan(0);
		// A report may be among them, and is no reading.
		expect(Number(last["displaced"])).toBeGreaterThanOrEqual(Number(last["dropped"]));
		agent.stop(10_000);
		world.time.run(20_000);
		const { published, settled, dropped, lost, refused } = agent.counts;
		expect(published).toBe(settled + dropped + lost + refused);
	});

	it("that find no room are sent when there is some", () => {
		const { agent, reports, settings, world } = boardOf({ diagnostics: "0" }, {}, { qos: 1, limits: { messages: 2 } });
		agent.start();
		world.time.run(5_000);
		settings.change({ diagnostics: 1 });
		world.time.run(700);
		agent.sample();
		world.time.run(10_000);
		expect(reports().length).toBeGreaterThan(5);
	});

	it("refuse a QoS that they have not, and a client without room for their topic", () => {
		const settings = new Settings(new MemoryKeyValue());
		expect(() => new Diagnostics({ settings, qos: 2 })).toThrow(Misuse);
		const world = new TestWorld();
		const duties = [new Diagnostics({ settings })];
		expect(() => world.agent("b1", { duties, limits: { topics: 2 } })).toThrow("diagnostics");
	});
});
