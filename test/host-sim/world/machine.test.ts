// A board's hardware: what is left of its firmware without power, and what its clock makes of time.

import { describe, expect, it } from "vitest";
import { clientIo, type Machine, type MachineIo, type MachineOptions } from "../../../host-sim/world/machine.js";
import { TestWorld } from "../../support/world.js";

function make(run: (io: MachineIo, machine: Machine, log: string[]) => void, options?: MachineOptions) {
	const world = new TestWorld();
	const log: string[] = [];
	const machine = world.machine("m", (machine, io) => run(io, machine, log), options);
	return { world, machine, log };
}

/** Ticks every 100 ms of its own, and says what its clock shows. */
function ticking(io: MachineIo, machine: Machine, log: string[]): void {
	const boot = machine.boots;
	const timer = new io.timer({
		onTimer() {
			log.push(`${boot}: ${io.clock.now()}`);
			timer.schedule(100);
		},
	});
	timer.schedule(100);
}

describe("a machine", () => {
	it("runs its firmware from power to power: nothing of an earlier boot is called again", () => {
		const { world, machine, log } = make(ticking);
		machine.on();
		machine.on();
		world.run(550);
		machine.off();
		world.run(1000);
		expect([log, machine.isOn, machine.boots]).toEqual([["1: 100", "1: 200"], false, 1]);
		machine.on();
		world.run(450);
		expect([log.slice(2), machine.isOn]).toEqual([["2: 100"], true]);
		machine.reset();
		expect(machine.isOn).toBe(false);
		world.run(450);
		expect([log.slice(3), machine.isAlive(2), machine.isAlive(3)]).toEqual([["3: 100"], false, true]);
	});

	it("turns itself off for a sleep, and starts anew after it, with its flash and without its RAM; nothing else wakes it", () => {
		const { world, machine, log } = make((io, machine, log) => {
			log.push(`${world.time.now} ${io.power.resetReason}`);
			if (machine.boots === 1) {
				const timer = new io.timer({ onTimer: () => log.push("called after it") });
				timer.schedule(50);
				io.power.sleep?.(10_000);
				// It is off already.
				io.power.restart?.();
			} else if (machine.boots === 2) io.power.restart?.();
		});
		machine.on();
		world.run(5000);
		machine.on();
		expect([machine.isOn, machine.boots]).toEqual([false, 1]);
		world.run(20_000);
		expect(log).toEqual(["300 power", "10600 sleep", "10900 restart"]);
		machine.reset();
		world.run(1000);
		expect(log.at(-1)).toMatch(/watchdog$/);
	});

	it("a power cut ends its sleep: the power that comes back starts it", () => {
		const { world, machine, log } = make((io, machine, log) => {
			log.push(`${world.time.now} ${io.power.resetReason}`);
			if (machine.boots === 1) io.power.sleep?.(10_000);
		});
		machine.on();
		world.run(1000);
		const end = machine.outage();
		world.run(60_000);
		end();
		world.run(60_000);
		expect(log).toEqual(["300 power", "61300 power"]);
	});

	it("a power cut in the middle of a write ends the firmware there, even where it goes on and catches the error", () => {
		const { world, machine, log } = make((io, machine, log) => {
			log.push(`boot ${machine.boots} has ${io.store.read("k")?.byteLength}`);
			const timer = new io.timer({
				onTimer() {
					try {
						io.store.write("k", new ArrayBuffer(8));
						log.push("written");
					} catch {
						log.push("caught");
						// What is left of it may still set its timer: it is dead.
						timer.schedule(10);
					}
				},
			});
			timer.schedule(50);
		});
		machine.on();
		world.run(320);
		machine.offAtWrite(1, "after", 500, () => log.push("dark"));
		world.run(2000);
		expect(log).toEqual(["boot 1 has undefined", "dark", "caught", "boot 2 has 8", "written"]);
	});

	it("a power cut may be planned for a write of the next boot, from its first one on; once", () => {
		const { world, machine, log } = make((io, machine, log) => {
			for (const key of ["a", "b"]) {
				io.store.write(key, new ArrayBuffer(machine.boots));
				log.push(`${machine.boots} ${key}`);
			}
		});
		machine.offAtWrite(1, "before", 500, () => log.push("dark"));
		machine.on();
		world.run(2000);
		machine.off();
		machine.on();
		// On its way up it is off as yet.
		world.run(100);
		machine.offAtWrite(2, "after", 500, () => log.push("dark"));
		world.run(2000);
		expect(log).toEqual(["dark", "2 a", "2 b", "3 a", "dark", "4 a", "4 b"]);
		expect(machine.flash.read("b")?.byteLength).toBe(4);
		// What was planned while it was on goes with the power.
		machine.offAtWrite(1, "before", 500, () => log.push("never"));
		machine.reset();
		world.run(2000);
		expect([machine.boots, log.slice(7)]).toEqual([5, ["5 a", "5 b"]]);
	});

	it("without power for several reasons, starts when the last of them is over", () => {
		const { world, machine } = make((io, machine) => {
			if (machine.boots === 1) new io.timer({ onTimer: () => io.store.write("k", new ArrayBuffer(8)) }).schedule(50);
		});
		machine.on();
		world.run(310);
		// Dark from 350 to 850 by the one, from 600 to 2,000 by the other.
		machine.offAtWrite(1, "after", 500, () => {});
		world.run(290);
		expect(machine.isOn).toBe(false);
		const end = machine.outage();
		world.run(1400);
		machine.on();
		expect([machine.isOn, machine.boots]).toEqual([false, 1]);
		end();
		world.run(299);
		expect(machine.isOn).toBe(false);
		world.run(1);
		expect([machine.isOn, machine.boots]).toEqual([true, 2]);
	});

	it("a reset in the dark brings no power", () => {
		const { world, machine } = make(() => {});
		machine.on();
		world.run(500);
		const ends = [machine.outage(), machine.outage()];
		machine.reset();
		ends[0]!();
		world.run(5000);
		expect(machine.isOn).toBe(false);
		ends[1]!();
		world.run(300);
		expect([machine.isOn, machine.boots]).toEqual([true, 2]);
	});

	it("its connection is half open for the broker when the power goes; back again it takes the session over", () => {
		const told: string[] = [];
		const { world, machine } = make(io => {
			world.client("m", clientIo(io)).open();
		});
		machine.on();
		world.run(1000);
		machine.off();
		world.run(1000);
		told.push(...world.told());
		machine.on();
		world.run(1000);
		told.push(...world.told());
		expect(told).toEqual(["connected m", "disconnected m taken over", "connected m"]);
	});

	it("its clock begins where it is told, drifts, and skips: timers come when it says so", () => {
		const { world, machine, log } = make(ticking, { startMs: 0x7fff_ffff - 149, driftPpm: 100_000 });
		machine.on();
		world.run(300 + 91);
		// Through the wrap, and ten per cent too fast.
		expect(log).toEqual(["1: 2147483598"]);
		world.run(91);
		expect(log.slice(1)).toEqual(["1: -2147483598"]);
		machine.setDrift(0);
		world.run(99);
		expect(log.length).toBe(2);
		world.run(1);
		expect(log.length).toBe(3);
		machine.skip(3_600_000);
		world.run(0);
		expect(log.length).toBe(4);
		expect(Number(log[3]!.slice(3)) - Number(log[2]!.slice(3))).toBe(3_600_000);
	});

	it("has a time of day that somebody may set", () => {
		let wall = () => 0;
		const { world, machine } = make(io => (wall = () => io.clock.wall()), { wallMs: 1_000_000 });
		machine.on();
		world.run(1000);
		expect(wall()).toBe(1_001_000);
		machine.setWall(-5000);
		expect(wall()).toBe(996_000);
	});
});
