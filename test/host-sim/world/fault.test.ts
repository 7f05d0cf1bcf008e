// Faults as data: each does what it says, and is over when it is taken back.

import { describe, expect, it } from "vitest";
import { type BoardFault, type BrokerFault, Faults } from "../../../host-sim/world/fault.js";
import { clientIo } from "../../../host-sim/world/machine.js";
import { TestWorld } from "../../support/world.js";

/** A board that is online, and what it tells from then on. */
function make() {
	const world = new TestWorld({ seed: 3 });
	const log: string[] = [];
	const say = (text: string) => log.push(`${Math.round(world.time.now / 100) / 10} ${text}`);
	const machine = world.machine("m", (machine, io) => {
		const client = world.client("m", {
			...clientIo(io),
			cleanSession: false,
			keepAlive: 5,
			timeouts: { pingMs: 1000, connectMs: 2000, resolveMs: 2000 },
			backoff: { baseMs: 100, capMs: 200, slowMs: 200 },
			onOnline: present => say(`online${present ? " again" : ""}`),
			onOffline: code => say(`offline ${code.toString(16)}`),
		});
		client.open();
		if (machine.boots > 1) say("boot");
	});
	machine.on();
	world.run(10_000);
	log.splice(0);
	const faults = new Faults(world);
	/** From 10 s to 20 s it is in force; until 40 s things go on. What is told, the times left out. */
	const befall = (strike: () => () => void) => {
		const end = strike();
		world.run(10_000);
		const during = log.splice(0).map(line => line.replace(/^\S+ /, ""));
		end();
		world.run(20_000);
		const after = log.splice(0).map(line => line.replace(/^\S+ /, ""));
		return { during: new Set(during), after: after.at(-1) };
	};
	return { world, machine, faults, befall };
}

describe("faults of a board", () => {
	const cases: [BoardFault, string[], string | undefined][] = [
		[{ fault: "cut" }, ["offline 38", "online again"], undefined],
		[{ fault: "hang" }, ["offline 35", "online again"], undefined],
		[{ fault: "partition" }, ["offline 35", "offline 31", "offline 30"], "online again"],
		[{ fault: "wifi-loss" }, ["offline 38", "offline 30"], "online again"],
		[{ fault: "captive" }, ["offline 35", "offline 57"], "online again"],
		[{ fault: "low-memory" }, [], undefined],
		[{ fault: "sensor-fails" }, [], undefined],
		[{ fault: "power-cut" }, [], "online again"],
		[{ fault: "flash-full" }, [], undefined],
		[{ fault: "flash-worn" }, [], undefined],
		[{ fault: "reset" }, ["boot", "online again"], undefined],
		[{ fault: "clock-set", byMs: -3_600_000 }, [], undefined],
		[{ fault: "clock-drift", ppm: 50_000 }, [], undefined],
		[{ fault: "slow-link", latencyMs: 300, jitterMs: 50, bandwidth: 100, slice: 2 }, [], undefined],
	];
	for (const [fault, during, after] of cases)
		it(JSON.stringify(fault), () => {
			const { machine, faults, befall } = make();
			const told = befall(() => faults.strike(fault, machine));
			for (const line of told.during) expect(during).toContain(line);
			if (during.length > 0) expect(told.during).toContain(during[0]);
			else expect(told.during.size).toBe(0);
			expect(told.after).toBe(after);
			expect(faults.struck).toEqual(new Map([[fault.fault, 1]]));
		});

	it("names and memory are wanted by who connects", () => {
		for (const [fault, code] of [
			["dns-fails", "offline 30"],
			["dns-silent", "offline 31"],
			["low-memory", "offline 30"],
		] as const) {
			const { machine, faults, befall, world } = make();
			const told = befall(() => {
				const end = faults.strike({ fault }, machine);
				world.link("m").cut();
				return end;
			});
			expect([...told.during]).toContain(code);
			expect(told.after).toBe("online again");
		}
	});

	it("a power cut at a write, and a clock that skips", () => {
		const { machine, faults, befall } = make();
		const cut = befall(() => {
			const end = faults.strike({ fault: "power-cut-at-write", operation: 1, mode: "after" }, machine);
			expect(() => machine.flash.write("k", new ArrayBuffer(1))).toThrow();
			return end;
		});
		expect([...cut.during]).toEqual(["boot", "online again"]);
		const skip = befall(() => faults.strike({ fault: "clock-skip", byMs: 86_400_000 }, machine));
		expect([...skip.during].at(-1)).toBe("online again");
	});

	it("that overlap are over with the last", () => {
		const { machine, faults } = make();
		const first = faults.strike({ fault: "wifi-loss" }, machine);
		const second = faults.strike({ fault: "wifi-loss" }, machine);
		first();
		expect(machine.path.isJoined).toBe(false);
		second();
		expect(machine.path.isJoined).toBe(true);
	});

	it("of those that overlap and are about the same, the one that struck last of those in force counts", () => {
		const { machine, faults } = make();
		const { path } = machine;
		const ends = [
			faults.strike({ fault: "slow-link", latencyMs: 300 }, machine),
			faults.strike({ fault: "slow-link", latencyMs: 900 }, machine),
			faults.strike({ fault: "dns-fails" }, machine),
			faults.strike({ fault: "dns-silent" }, machine),
		];
		expect([path.options.latencyMs, path.names]).toEqual([900, "silent"]);
		ends[1]!();
		ends[2]!();
		expect([path.options.latencyMs, path.names]).toEqual([300, "silent"]);
		ends[0]!();
		ends[3]!();
		expect([path.options.latencyMs, path.names]).toEqual([1, "answers"]);
	});

	it("a power cut goes on when that at a write is over, and the other way round", () => {
		const { machine, faults, world } = make();
		faults.strike({ fault: "power-cut-at-write", operation: 1, mode: "after" }, machine);
		expect(() => machine.flash.write("k", new ArrayBuffer(1))).toThrow();
		world.run(500);
		const end = faults.strike({ fault: "power-cut" }, machine);
		world.run(10_000);
		expect(machine.isOn).toBe(false);
		end();
		world.run(300);
		expect(machine.isOn).toBe(true);
		faults.strike({ fault: "power-cut-at-write", operation: 1, mode: "after" }, machine);
		expect(() => machine.flash.write("l", new ArrayBuffer(1))).toThrow();
		faults.strike({ fault: "power-cut" }, machine)();
		world.run(999);
		expect(machine.isOn).toBe(false);
		world.run(301);
		expect([machine.isOn, machine.boots]).toEqual([true, 3]);
	});

	it("a full flash takes something again when it is over, a worn one never", () => {
		const { machine, faults } = make();
		const end = faults.strike({ fault: "flash-full" }, machine);
		expect(() => machine.flash.write("k", new ArrayBuffer(1))).toThrow("flash is full");
		end();
		machine.flash.write("k", new ArrayBuffer(1));
		faults.strike({ fault: "flash-worn" }, machine)();
		expect(() => machine.flash.write("k", new ArrayBuffer(2))).toThrow("flash is worn");
		expect(machine.flash.read("k")!.byteLength).toBe(1);
	});
});

describe("faults of the broker", () => {
	const cases: [BrokerFault, string, string | undefined][] = [
		[{ fault: "broker-stop" }, "offline 32", "online again"],
		[{ fault: "broker-forgets" }, "offline 32", "online"],
		[{ fault: "broker-refuses", reason: 0x88 }, "offline 88", "online again"],
	];
	for (const [fault, during, after] of cases)
		it(JSON.stringify(fault), () => {
			const { world, faults, befall } = make();
			const told = befall(() => {
				const end = faults.strikeBroker(fault);
				world.network.links[0]?.cut();
				return end;
			});
			expect(told.during).toContain(during);
			expect(told.after).toBe(after);
		});

	it("one that is gone for several reasons is back with the end of the last, and has forgotten if one of them made it", () => {
		const run = (kinds: BrokerFault["fault"][], order: number[]) => {
			const { world, faults } = make();
			const { broker } = world;
			const ends = kinds.map(fault => faults.strikeBroker({ fault } as BrokerFault));
			for (const [i, which] of order.entries()) {
				const { address, port } = world.address;
				expect(world.network.acceptor(address, port), String(i)).toBe(undefined);
				ends[which]!();
			}
			world.run(10_000);
			expect(world.link("m")).not.toBe(undefined);
			return world.broker === broker;
		};
		expect(run(["broker-stop", "broker-stop"], [0, 1])).toBe(true);
		expect(run(["broker-stop", "broker-forgets"], [0, 1])).toBe(false);
		expect(run(["broker-forgets", "broker-stop"], [0, 1])).toBe(false);
		expect(run(["broker-forgets", "broker-stop"], [1, 0])).toBe(false);
		// What one has forgotten is no matter of the next.
		const { world, faults } = make();
		faults.strikeBroker({ fault: "broker-forgets" })();
		const { broker } = world;
		faults.strikeBroker({ fault: "broker-stop" })();
		expect(world.broker).toBe(broker);
	});

	it("answers without manners, and mends them", () => {
		const { world, faults } = make();
		const end = faults.strikeBroker({ fault: "broker-answers", lateMs: 100, wrong: 10 });
		expect(world.manners).toEqual({ lateMs: 100, twice: 0, wrong: 10 });
		end();
		expect(world.manners).toEqual({ lateMs: 0, twice: 0, wrong: 0 });
	});
});
