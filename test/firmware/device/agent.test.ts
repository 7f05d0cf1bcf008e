// A board's day, in virtual time against the in-process broker.

import { describe, expect, it } from "vitest";
import type { Agent, AgentOptions } from "../../../firmware/device/agent.js";
import { Misuse } from "../../../firmware/mqtt/error.js";
import { Overflow } from "../../../firmware/optional/overflow.js";
import { Servers } from "../../../firmware/optional/servers.js";
import { FlashStore } from "../../../firmware/optional/store.js";
import { TestWorld } from "../../support/world.js";

const STATUS = "thimble/b1/status";

describe("agent", () => {
	it("says that it is there, publishes readings at its rhythm, and says goodbye", () => {
		const world = new TestWorld();
		const stopped: number[] = [];
		const agent = world.agent("b1", { intervalMs: 1000, on: { stopped: code => stopped.push(code) } });
		agent.start();
		world.time.run(10_500);
		agent.stop(5000);
		world.time.run(1000);
		const log = world.told();
		expect(log[0]).toBe("connected b1");
		expect(log[1]).toBe(`publish ${STATUS} online retained`);
		const readings = log.filter(line => line.includes("/telemetry")).map(line => JSON.parse(line.split(" ")[2]!));
		expect(readings.map(({ seq }) => seq)).toEqual(readings.map((_, i) => i + 1));
		expect(readings.length).toBeGreaterThanOrEqual(10);
		expect(readings[0]).toEqual({
			time: expect.any(Number),
			boot: 1,
			seq: 1,
			temperature: 21.5,
			humidity: 40,
			pressure: 1013,
		});
		expect(new Set(readings.slice(1).map(({ time }, i) => time - readings[i].time))).toEqual(new Set([1000]));
		expect(log.at(-2)).toBe(`publish ${STATUS} offline retained`);
		expect(log.at(-1)).toBe("disconnected b1 said goodbye");
		expect(stopped).toEqual([0]);
		expect(agent.counts).toEqual({
			published: readings.length,
			settled: readings.length,
			refused: 0,
			lost: 0,
			dropped: 0,
			reconnects: 0,
		});
	});

	it("cut off, the broker speaks its will; back again, it says so once more, and every reading arrives", () => {
		const world = new TestWorld();
		const agent = world.agent("b1", { intervalMs: 500 });
		agent.start();
		world.time.run(3000);
		world.told();
		world.link("b1").cut();
		expect(world.told()).toEqual(["disconnected b1 connection lost", `publish ${STATUS} offline retained`]);
		world.time.run(10_000);
		agent.stop(5000);
		world.time.run(1000);
		const log = world.told();
		expect(log).toContain("connected b1 again");
		expect(log).toContain(`publish ${STATUS} online retained`);
		expect(world.broker.retained.get(STATUS)?.payload.toString()).toBe("offline");
		expect(agent.counts).toMatchObject({ lost: 0, dropped: 0, reconnects: 1 });
		expect(agent.counts.settled + agent.counts.refused).toBe(agent.counts.published);
	});

	it("a broker that forgot everything: what was in flight is lost and said so, and the birth comes again", () => {
		const world = new TestWorld();
		const agent = world.agent("b1", { intervalMs: 100 });
		agent.start();
		world.time.run(950);
		world.link("b1").hang();
		world.time.run(500);
		world.startBroker();
		world.time.run(60_000);
		expect(agent.counts.lost).toBeGreaterThan(0);
		expect(world.broker.retained.get(STATUS)?.payload.toString()).toBe("online");
		agent.stop(5000);
		world.time.run(1000);
		const { published, settled, refused, lost, dropped } = agent.counts;
		expect(settled + refused + lost + dropped).toBe(published);
	});

	it("a goodbye that does not arrive in time leaves the word to the will", () => {
		const world = new TestWorld({ link: { latencyMs: 1000 } });
		const stopped: number[] = [];
		const agent = world.agent("b1", { intervalMs: 10, on: { stopped: code => stopped.push(code) } });
		agent.start();
		world.time.run(20_000);
		agent.stop(500);
		world.time.run(20_000);
		expect(stopped).toEqual([0x18]);
		expect(world.broker.retained.get(STATUS)?.payload.toString()).toBe("offline");
	});

	it("a goodbye lost with the session is said again", () => {
		const world = new TestWorld();
		const stopped: number[] = [];
		const agent = world.agent("b1", { intervalMs: 60_000, on: { stopped: code => stopped.push(code) } });
		agent.start();
		world.time.run(1000);
		world.link("b1").hang();
		agent.stop(120_000);
		world.time.run(10);
		world.startBroker().publish({ topic: STATUS, payload: Buffer.from("online"), qos: 1, retain: true });
		world.time.run(60_000);
		expect(stopped).toEqual([0]);
		expect(world.broker.retained.get(STATUS)?.payload.toString()).toBe("offline");
	});

	it("stopped is the last thing that is heard", () => {
		const world = new TestWorld();
		world.network.listen("10.0.0.1", 1883, undefined);
		const heard: string[] = [];
		const agent = world.agent("b1", {
			intervalMs: 100,
			on: { end: () => heard.push("end"), offline: () => heard.push("offline"), stopped: () => heard.push("stopped") },
		});
		agent.start();
		world.time.run(2000);
		agent.stop(500);
		world.time.run(100_000);
		expect(heard.filter(what => what === "end").length).toBeGreaterThan(0);
		expect(heard.indexOf("stopped")).toBe(heard.length - 1);
	});

	/** A day without a broker, which then comes: what it sees in the order in which it sees it, "status" or a reading's number. */
	function afterwards(options: Partial<AgentOptions>): { agent: Agent; seen: (string | number)[]; refused: number[] } {
		const world = new TestWorld();
		const refused: number[] = [];
		const on = { reading: (ticket: number) => ticket < 0 && refused.push(ticket) };
		const agent = world.agent("b1", { intervalMs: 1000, on, ...options });
		agent.start();
		world.time.run(2500);
		world.network.listen("10.0.0.1", 1883, undefined);
		world.link("b1").cut();
		world.told();
		world.time.run(40_000);
		world.startBroker();
		world.time.run(60_000);
		const seen = world
			.told()
			.filter(line => line.startsWith("publish "))
			.map(line => (line.includes("/status") ? line.split(" ")[2]! : (JSON.parse(line.split(" ")[2]!).seq as number)));
		agent.stop(5000);
		world.time.run(6000);
		const { published, settled, lost, dropped } = agent.counts;
		expect(settled + agent.counts.refused + lost + dropped).toBe(published);
		return { agent, seen, refused };
	}

	it("back after a long time away it says first that it is there: a place is kept for that, and the birth goes first", () => {
		for (const limits of [{ messages: 4 }, { messages: 64, outbox: 512 }, { messages: 2 }]) {
			const { agent, seen, refused } = afterwards({ limits });
			const waited = seen.indexOf("online");
			expect([waited, seen.includes(4)]).toEqual([0, true]);
			expect(new Set(refused)).toEqual(new Set([limits.messages === 64 ? -0x10 : -0x11]));
			expect(agent.counts).toMatchObject({ refused: refused.length, dropped: 0, lost: 0 });
		}
	});

	it("with a policy the oldest readings make room, for later ones and for the birth", () => {
		const whenFull = new Overflow("drop-oldest");
		const { agent, seen, refused } = afterwards({ limits: { messages: 4 }, whenFull });
		expect(refused).toEqual([]);
		expect(agent.counts).toMatchObject({ refused: 0, lost: 0, dropped: whenFull.dropped });
		expect(whenFull.dropped).toBeGreaterThan(20);
		const numbers = seen.filter(what => typeof what === "number") as number[];
		expect([seen[0], numbers[0]! > 20, numbers.every((n, i) => i === 0 || n > numbers[i - 1]!)]).toEqual([
			"online",
			true,
			true,
		]);
	});

	it("readings at QoS 0 wait for a connection where they are to be kept, and are refused otherwise", () => {
		const kept = afterwards({ qos: 0, qos0WhileOffline: "keep", limits: { messages: 4 } });
		expect([kept.seen[0], kept.seen.slice(1, 4)]).toEqual(["online", [4, 5, 6]]);
		const refused = afterwards({ qos: 0, limits: { messages: 4 } });
		expect([refused.seen[0], refused.seen.includes(4)]).toEqual(["online", false]);
		expect(new Set(refused.refused)).toEqual(new Set([-0x13]));
	});

	it("refuses a device id that is no part of a topic, and other nonsense", () => {
		const world = new TestWorld();
		for (const options of [
			{ deviceId: "" },
			{ deviceId: "a/b" },
			{ deviceId: "a+" },
			{ deviceId: "x".repeat(65) },
			{ qos: 3 },
			{ intervalMs: 1 },
			{ limits: { topicBytes: 40 } },
			{ limits: { messages: 1 } },
		])
			expect(() => world.agent("b1", options)).toThrow(Misuse);
	});

	it.each([0, 1, 2])(
		"QoS %i: in the end every reading is accounted for, through faults and over the clock's wrap",
		qos => {
			for (let seed = 1; seed <= 15; seed += 1) {
				const world = new TestWorld({ seed, startMs: 0x7fff_ffff - 20_000, link: { slice: 7, latencyMs: 20 } });
				const agent = world.agent("b1", { intervalMs: 200, qos });
				const seen = new Map<number, number>();
				agent.start();
				for (let i = 0; i < 12; i += 1) {
					world.time.run(world.random.between(500, 6000));
					const link = world.network.links.find(({ name }) => name === "b1");
					if (link !== undefined && world.random.next() % 2 === 0) link.cut();
				}
				world.time.run(30_000);
				agent.stop(20_000);
				world.time.run(30_000);
				for (const line of world.told()) {
					if (!line.includes("/telemetry")) continue;
					const { seq } = JSON.parse(line.split(" ")[2]!);
					seen.set(seq, (seen.get(seq) ?? 0) + 1);
				}
				const { published, settled, refused, lost, dropped } = agent.counts;
				expect(settled + refused + lost + dropped).toBe(published);
				expect(lost).toBe(0);
				if (qos > 0) expect(seen.size).toBe(settled);
				if (qos === 2) expect([...seen.values()].every(times => times === 1)).toBe(true);
			}
		},
	);

	it("goes to another server where the first is not there, and settles its readings", () => {
		const world = new TestWorld();
		const servers = new Servers([{ host: "10.9.9.9" }, { host: "broker" }]);
		const agent = world.agent("b1", { servers, intervalMs: 1000 });
		agent.start();
		world.time.run(10_500);
		agent.stop(5000);
		world.time.run(1000);
		expect(servers.place.host).toBe("broker");
		expect(agent.counts.published).toBeGreaterThanOrEqual(10);
		expect(agent.counts).toMatchObject({ settled: agent.counts.published, lost: 0, dropped: 0 });
	});

	it("with a store, readings that wait when the power goes are published by the next life; birth and goodbye are not kept", () => {
		const world = new TestWorld();
		const agents: Agent[] = [];
		const ends: number[] = [];
		const machine = world.machine("b1", ({ boots }, io) => {
			const intervalMs = boots === 1 ? 500 : 60_000;
			const session = new FlashStore(io.store);
			const on = { end: (_ticket: number, end: number) => ends.push(end) };
			const agent = world.agent("b1", { intervalMs, io, session, ...(boots > 1 && { on }) });
			agents.push(agent);
			agent.start();
		});
		machine.on();
		world.time.run(3000);
		machine.path.setJoined(false);
		world.time.run(2000);
		const waiting = agents[0]!.client.unsettled;
		expect(waiting).toBeGreaterThanOrEqual(3);
		machine.off();
		machine.path.setJoined(true);
		world.told();
		machine.on();
		world.time.run(300);
		expect(agents[1]!.client.unsettled).toBe(waiting);
		world.time.run(2000);
		expect(ends).toEqual(Array(waiting).fill(0));
		const published = world.told().filter(line => line.startsWith("publish"));
		expect(published.filter(line => line.includes("/telemetry")).length).toBe(waiting);
		const { operations } = machine.flash;
		agents[1]!.stop(5000);
		world.time.run(2000);
		expect(world.told().filter(line => line.includes("/status"))).toEqual([`publish ${STATUS} offline retained`]);
		expect(machine.flash.operations).toBe(operations);
	});
});
