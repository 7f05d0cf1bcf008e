// Scenarios in a world, those that come with the package above all.

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { STORE_FAILED } from "../../../firmware/mqtt/error.js";
import type { Violation } from "../../../host-sim/checker/checker.js";
import { readScenario } from "../../../host-sim/cli/scenario.js";
import { checkScenario, parseDuration } from "../../../host-sim/fleet/scenario.js";
import { Simulation, type SimulationEvent } from "../../../host-sim/fleet/simulation.js";
import { isBroken } from "../../../host-sim/fleet/summary.js";
import { Measures } from "../../../host-sim/report/measures.js";
import { seattle } from "../../../host-sim/sensor/air.js";
import { toySigner } from "../../support/toysigner.js";

/** A run with all that happened, and a digest of all events and of all bytes on the wire. */
function play(given: object, check = false) {
	const scenario = checkScenario(given, "");
	const events: SimulationEvent[] = [];
	const violations: Violation[] = [];
	const hash = createHash("sha256");
	const simulation: Simulation = new Simulation(scenario, {
		air: seattle,
		signer: toySigner,
		on: event => {
			events.push(event);
			hash.update(`${simulation?.now} ${JSON.stringify(event)}\n`);
		},
		frame: bytes => hash.update(bytes),
		...(check && { violated: violation => violations.push(violation) }),
	});
	simulation.run(scenario.duration ?? 10_000);
	return { simulation, events, violations, digest: hash.digest("hex"), summary: simulation.summary() };
}

describe("a simulation", () => {
	it("takes the times of connections, acknowledgements and arrivals, also where nobody hears of readings", () => {
		const given = { devices: 3, duration: "2m", timeline: [{ at: "30s", fault: "power-cut", for: "20s" }] };
		const measures = new Measures();
		const scenario = checkScenario(given, "");
		const simulation = new Simulation(scenario, { air: seattle, quiet: true, measures, on() {} });
		simulation.run(120_000);
		const { arrived, settled } = simulation.summary();
		expect([measures.connect.count, measures.acknowledged.count, measures.arrived.count]).toEqual([
			6,
			settled,
			arrived,
		]);
		// There and back for TCP, and there and back for CONNECT.
		const { latencyMs } = simulation.world.network.options;
		expect(measures.connect.percentiles().min).toBeGreaterThanOrEqual(4 * latencyMs);
		expect(measures.arrived.percentiles().min).toBeGreaterThanOrEqual(latencyMs);
		expect(measures.acknowledged.percentiles().min).toBeGreaterThanOrEqual(2 * latencyMs);
		const { marks, sliceMs, slices } = measures.series;
		expect(marks).toEqual([{ atMs: 30_000, what: "power-cut", count: 3 }]);
		expect(slices[Math.floor(40_000 / sliceMs)]!.online).toBe(0);
		expect(slices[Math.floor(60_000 / sliceMs)]!.online).toBe(3);
	});

	it("has boards with a telemetry policy: what a time away has refused arrives later, in messages of several readings", () => {
		const telemetry = { batch: 2, ringBytes: 8000, catchUp: 4 };
		const timeline = [{ at: "20s", fault: "broker-stop", for: "60s" }];
		const { summary } = play({ devices: 2, duration: "5m", telemetry, timeline });
		expect(summary).toMatchObject({ refused: 0, lost: 0, gaps: 0, waiting: 0, settled: summary.published });
		expect(summary.published).toBeGreaterThanOrEqual(298);
		expect(summary.published).toBeLessThan(400);
	});

	it("runs boards, broker and all in virtual time, and everything that was settled has arrived", () => {
		const { events, summary, simulation } = play({ devices: 5, qos: 2, duration: "1m" }, true);
		expect(simulation.fleet.isStopped).toBe(true);
		expect(summary).toMatchObject({
			devices: 5,
			seenOnline: 5,
			simulatedMs: 60_000,
			arrived: summary.published,
			settled: summary.published,
			waiting: 0,
			gaps: 0,
			duplicatesQos1: 0,
			duplicatesQos2: 0,
			faults: {},
			flash: { boards: 0, operations: 0, years: null },
		});
		expect(summary.published).toBeGreaterThan(5 * 58);
		expect(events.filter(({ event }) => event === "settled").length).toBe(summary.settled);
		expect(events.filter(({ event }) => event === "stopped").length).toBe(5);
		expect(isBroken(summary)).toBe(false);
	});

	it("counts the bytes of all packets", () => {
		let bytes = 0;
		const simulation = new Simulation(checkScenario({ devices: 1 }, ""), {
			air: seattle,
			on() {},
			frame: frame => {
				bytes += frame.length;
			},
		});
		simulation.run(5000);
		expect(bytes).toBeGreaterThan(500);
		expect(simulation.summary().wireBytes).toBe(bytes);
	});

	it("tells what goes wrong with whom, and of which restarts that was the cause", () => {
		const { events, summary } = play({
			devices: 2,
			duration: "2m",
			timeline: [
				{ at: "10s", fault: "power-cut", for: "5s", boards: "board-02" },
				{ at: "30s", fault: "reset", boards: ["board-01"] },
				{ at: "50s", fault: "broker-stop", for: "10s" },
			],
		});
		const told = events.filter(({ event }) => ["fault", "mended", "restarted"].includes(event));
		expect(told).toEqual([
			{ event: "fault", fault: "power-cut", device: "board-02" },
			{ event: "mended", fault: "power-cut", device: "board-02" },
			{ event: "restarted", reason: "power cut", device: "board-02", lost: expect.any(Number) },
			{ event: "fault", fault: "reset", device: "board-01" },
			{ event: "restarted", reason: "reset", device: "board-01", lost: expect.any(Number) },
			{ event: "fault", fault: "broker-stop" },
			{ event: "mended", fault: "broker-stop" },
		]);
		expect(summary.faults).toEqual({ "broker-stop": 1, "power-cut": 1, reset: 1 });
		expect(summary.restarts).toBe(2);
	});

	it("a sensor that does not answer is tried again after growing pauses, while the board stays online", () => {
		const { events, summary } = play({
			devices: 2,
			duration: "2m",
			timeline: [{ at: "30s", fault: "sensor-fails", for: "20s", boards: "board-01" }],
		});
		const failures = events.filter(({ event }) => event === "sensor-failed");
		expect(failures).toEqual(
			// Asked at 0 s, 1 s, 3 s, 7 s and 15 s; the next time, at 31 s, it answers.
			[1, 2, 3, 4, 5].map(failures => ({ event: "sensor-failed", device: "board-01", sensor: "air", failures })),
		);
		expect(events.filter(({ event }) => event === "offline")).toEqual([]);
		const readings = (list: typeof events, board: string) =>
			list.filter(event => event.event === "reading" && event.device === board).length;
		const usual = play({ devices: 2, duration: "2m" }).events;
		expect(readings(events, "board-02")).toBe(readings(usual, "board-02"));
		expect(readings(events, "board-01")).toBe(readings(usual, "board-01") - 31);
		expect(summary.faults).toEqual({ "sensor-fails": 1 });
		expect(summary.gaps).toBe(0);
	});

	it("its boards have the links, clocks and sensors of their groups", () => {
		const { simulation, summary } = play({
			duration: "10m",
			interval: "10s",
			link: { latency: "10ms" },
			groups: [
				{ name: "near", devices: 1, curves: { temperature: 21 } },
				{
					name: "far",
					devices: 1,
					link: { latency: "200ms" },
					clock: { driftPpm: 50_000 },
					curves: { temperature: 3 },
				},
			],
		});
		const [near, far] = simulation.fleet.boards;
		expect([near!.pingMs, far!.pingMs]).toEqual([20, expect.any(Number)]);
		// 400 ms of a clock that is a twentieth too fast.
		expect(Math.abs(far!.pingMs! - 420)).toBeLessThanOrEqual(1);
		expect([near!.reading!.temperature, far!.reading!.temperature]).toEqual([21, 3]);
		expect(far!.counts.published - near!.counts.published).toBeGreaterThanOrEqual(2);
		expect(summary.gaps).toBe(0);
	});

	it("a link that was slowed down, and a clock that drifted, are what they were when it is over", () => {
		const { simulation } = play({
			devices: 1,
			duration: "3m",
			link: { latency: "100ms" },
			clock: { driftPpm: 40_000 },
			timeline: [
				{ at: "10s", fault: "slow-link", for: "30s", latency: "2s" },
				{ at: "10s", fault: "clock-drift", for: "30s", ppm: 0 },
			],
		});
		// With a fast clock of its own again.
		expect(simulation.fleet.boards[0]!.pingMs).toBe(208);
	});

	it("the broker allows what the scenario says", () => {
		const { summary } = play({ devices: 1, qos: 2, protocol: "5", broker: { maximumQos: 1 } });
		expect(summary.settled).toBe(0);
		expect(summary.refused).toBeGreaterThan(5);
	});

	it("quiet, tells no reading that went well, and the same otherwise", () => {
		const given = { devices: 3, duration: "1m", timeline: [{ at: "20s", fault: "broker-forgets", for: "30s" }] };
		const all = play(given);
		const seen: SimulationEvent[] = [];
		const simulation = new Simulation(checkScenario(given, ""), {
			air: seattle,
			quiet: true,
			on: event => seen.push(event),
		});
		simulation.run(60_000);
		expect(seen).toEqual(all.events.filter(({ event }) => event !== "reading" && event !== "settled"));
		expect(simulation.summary()).toEqual(all.summary);
	});

	it("sees a reading that was settled and has not arrived, and one that arrives twice", () => {
		const scenario = checkScenario({ devices: 1, qos: 2, interval: "1s" }, "");
		const events: SimulationEvent[] = [];
		const simulation = new Simulation(scenario, { air: seattle, on: event => events.push(event) });
		simulation.advance(5000);
		const { broker } = simulation.world;
		const [board] = simulation.fleet.boards;
		// Somebody else's message with the name of a reading to come: that one will be a duplicate.
		const { boot, seq } = board!.reading!;
		const payload = Buffer.from(JSON.stringify({ boot, seq: seq + 1 }));
		broker.publish({ topic: board!.telemetryTopic, payload, qos: 2, retain: false });
		simulation.advance(6500);
		// A broker that acknowledges what it does not take.
		broker.publish = () => true;
		simulation.advance(8500);
		const broken = events.filter(({ event }) => event === "gap" || event === "duplicate");
		expect(broken[0]).toEqual({ event: "duplicate", device: "board-01", qos: 2, boot, seq: seq + 1 });
		expect(broken.slice(1).every(({ event }) => event === "gap")).toBe(true);
		const summary = simulation.summary();
		expect(summary.gaps).toBe(broken.length - 1);
		expect(summary.gaps).toBeGreaterThanOrEqual(1);
		expect(summary.duplicatesQos2).toBe(1);
		expect(isBroken(summary)).toBe(true);
		expect(isBroken({ ...summary, gaps: 0 })).toBe(true);
		expect(isBroken({ ...summary, gaps: 0, duplicatesQos2: 0 })).toBe(false);
	});

	it.each(["flash-full", "flash-worn"])("%s: readings are refused and counted as that, and boards go on", fault => {
		for (const qos of [1, 2]) {
			const { events, simulation, summary } = play({
				devices: 3,
				qos,
				durability: "flash",
				link: { latency: "100ms" },
				interval: "2s",
				duration: "5m",
				timeline: [
					{ at: "1m", fault, ...(fault === "flash-full" && { for: "2m" }) },
					{ at: "90s", fault: "cut" },
					{ at: "100s", fault: "reset", boards: "board-03" },
				],
			});
			const refused = events.filter(({ event }) => event === "refused");
			expect(refused.filter(event => "code" in event && event.code === STORE_FAILED).length).toBeGreaterThan(80);
			expect(refused.length).toBe(summary.refused);
			expect(summary.settled + summary.refused + summary.lost + summary.waiting).toBe(summary.published);
			expect(summary).toMatchObject({ gaps: 0, duplicatesQos2: 0, lost: 0, faults: { [fault]: 3 } });
			// At QoS 2 a PUBREC that cannot be kept ends the connection, and does so again after a delay that grows.
			expect(summary.reconnects).toBeLessThan(60);
			expect(simulation.fleet.isStopped).toBe(true);
		}
	});

	it("says how long flash lasts at that: a reading at QoS 1 every ten seconds, as the sum by hand has it", () => {
		const { summary, simulation } = play({ devices: 1, interval: "10s", duration: "10m", durability: "flash" });
		expect(summary.settled).toBe(59);
		// A record of 141 bytes or one more: five entries of 32 bytes, one at the head of the data, and one for the index; to
		// delete it takes none. Beside that the count of boots, and one state for the first connection, of three entries each.
		const { boot, seq } = simulation.fleet.boards[0]!.reading!;
		expect([boot, seq, 59 * (5 + 1 + 1) + 3 + 3]).toEqual([1, 59, 419]);
		expect(summary.flash).toEqual({
			boards: 1,
			operations: 59 * 2 + 2,
			mostOfABoard: 120,
			perReading: 2.03,
			entries: 419,
			entriesPerReading: 7.1,
			// Five of six pages, with 114 of their 126 entries, 100,000 times: 57,000,000; of that 60,336 a day, as many as
			// fit 144 times ten minutes. 944.7 days.
			years: 2.59,
		});
	});

	it("a stretch may end early, and goes on where it was", () => {
		const given = { devices: 2, duration: "30s" };
		const whole = play(given);
		const hash: SimulationEvent[] = [];
		const simulation = new Simulation(checkScenario(given, ""), { air: seattle, on: event => hash.push(event) });
		let steps = 0;
		while (simulation.now < 30_000) simulation.advance(30_000, () => ++steps % 7 === 0);
		const until = simulation.stop();
		while (!simulation.fleet.isStopped)
			simulation.advance(until, () => simulation.fleet.isStopped || ++steps % 7 === 0);
		expect(hash).toEqual(whole.events);
	});
});

describe("the scenarios of the package", () => {
	const runs = [
		{ name: "first-light", until: "10m" },
		{ name: "bad-night", until: undefined },
		{ name: "broker-forgets", until: undefined },
		{ name: "a-hundred-boards", until: "2m" },
		{ name: "a-day-in-the-field", until: undefined },
	] as const;

	it.each(runs)("$name: the same seed gives the same events and bytes, another one others", ({ name, until }) => {
		const given = { ...readScenario(name), ...(until !== undefined && { duration: until }) };
		const first = play(given);
		expect(play(given).digest).toBe(first.digest);
		expect(play({ ...given, seed: 4242 }).digest).not.toBe(first.digest);
		expect(isBroken(first.summary)).toBe(false);
		expect(first.summary.waiting).toBe(0);
		expect(first.summary.seenOnline).toBe(first.summary.devices);
	});

	it("bad-night: whatever has been taken arrives, though all that can break does", () => {
		const given = readScenario("bad-night");
		const { events, summary, violations } = play(given, true);
		const { dropped, faults, lost, published, refused, settled } = summary;
		expect(summary).toMatchObject({ devices: 20, gaps: 0, duplicatesQos2: 0, waiting: 0, dropped: 0 });
		expect(settled + refused + lost + dropped).toBe(published);
		expect(summary.arrived).toBeGreaterThanOrEqual(settled);
		expect(settled / published).toBeGreaterThan(0.9);
		// Whose end was cut off from the board by its power: one for a power cut in the middle of a write, at most.
		expect(lost).toBeLessThanOrEqual(faults["power-cut-at-write"]!);
		for (const kind of ["wifi-loss", "broker-stop", "power-cut", "slow-link", "partition", "hang"])
			expect(faults[kind], kind).toBeGreaterThan(0);
		expect(summary.restarts).toBeGreaterThan(100);
		expect(summary.flash.perReading).toBeGreaterThan(2);
		// Restored readings are neither lost nor told twice.
		expect(events.filter(({ event }) => event === "duplicate").every(event => "qos" in event && event.qos === 1)).toBe(
			true,
		);
		// From outside a birth that was in RAM when the power went is one that is not sent again.
		expect(violations.filter(({ statement }) => statement !== "MQTT-4.4.0-1")).toEqual([]);
		expect(violations.length).toBeLessThan(5);
	});

	it("a-day-in-the-field: readings, commands, updates and sleep through all that a day brings", () => {
		const { events, summary, violations } = play(readScenario("a-day-in-the-field"), true);
		expect(summary).toMatchObject({ seenOnline: 8, gaps: 0, duplicatesQos2: 0, waiting: 0, refused: 0, dropped: 0 });
		expect(summary.orders).toEqual({
			commands: 11,
			answered: 9,
			refused: 2,
			unanswered: 0,
			updates: 7,
			updated: 5,
			notUpdated: 2,
		});
		expect(events).toContainEqual(expect.objectContaining({ event: "identified", device: "mast-01" }));
		expect(violations.filter(({ statement }) => statement !== "MQTT-4.4.0-1")).toEqual([]);
	});

	it("broker-forgets: what was under way in a lost session is lost, and nothing comes twice at QoS 2", () => {
		const { events, summary, violations } = play(readScenario("broker-forgets"), true);
		expect(violations).toEqual([]);
		expect(summary).toMatchObject({ gaps: 0, duplicatesQos2: 0, faults: { "broker-forgets": 3 } });
		const lost = events.filter(({ event }) => event === "lost");
		expect(lost.length).toBe(summary.lost);
		expect(lost.length).toBeGreaterThan(0);
		expect(new Set(lost.map(event => "reason" in event && event.reason))).toEqual(
			new Set(["the broker lost the session"]),
		);
		expect(events).toContainEqual(expect.objectContaining({ event: "offline", reason: expect.stringMatching(/busy/) }));
	});

	it("a-hundred-boards: two minutes, every reading there once", () => {
		const { summary, violations } = play({ ...readScenario("a-hundred-boards"), duration: "2m" }, true);
		expect(violations).toEqual([]);
		expect(summary).toMatchObject({ devices: 100, seenOnline: 100, refused: 0, lost: 0, dropped: 0, reconnects: 0 });
		expect(summary.arrived).toBe(summary.published);
		expect(summary.published).toBeGreaterThan(100 * 118);
	});

	it("say of themselves how long they take, so that they may run as fast as they go", () => {
		for (const { name } of runs.slice(1))
			expect(parseDuration(String(readScenario(name)["duration"]))).toBeGreaterThan(0);
	});
});

it("a hundred boards, an hour, a reading every ten seconds: less than five seconds of the processor", () => {
	const start = process.cpuUsage();
	const scenario = checkScenario({ ...readScenario("a-hundred-boards"), interval: "10s" }, "");
	const simulation = new Simulation(scenario, { air: seattle, on() {}, quiet: true });
	simulation.run(scenario.duration!);
	const { system, user } = process.cpuUsage(start);
	expect((system + user) / 1_000_000).toBeLessThan(5);
	expect(simulation.summary().settled).toBeGreaterThan(35_500);
});

it("what runs in the world imports nothing of Node", () => {
	const seen = new Set<string>();
	const visit = (file: string) => {
		if (seen.has(file)) return;
		seen.add(file);
		const text = readFileSync(file, "utf8");
		for (const [, types, target] of text.matchAll(/^(?:import|export)\s(type\s)?[^;]*?from\s+"([^"]+)";/gms)) {
			if (types !== undefined) continue;
			expect(target, `${file} imports ${target}`).not.toMatch(/^node:/);
			const next = join(dirname(file), target!.replace(/\.js$/, ".ts"));
			if (target!.startsWith(".") && existsSync(next)) visit(next);
		}
	};
	visit("host-sim/fleet/simulation.ts");
	expect(seen.size).toBeGreaterThan(60);
});
