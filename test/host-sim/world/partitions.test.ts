// Two slots and a boot loader, and what a power cut leaves of them.

import { describe, expect, it } from "vitest";
import { CUT_MODES, type CutMode, PowerCut } from "../../../host-sim/world/flash.js";
import type { Machine } from "../../../host-sim/world/machine.js";
import { Partitions, type PartitionsOptions } from "../../../host-sim/world/partitions.js";
import { World } from "../../../host-sim/world/world.js";

const OLD = Uint8Array.of(1, 1, 1, 1);
const NEW = Uint8Array.of(2, 2, 2, 2, 2);

/** A board that notes what it boots; `run` is its firmware. */
function board(
	options: Partial<PartitionsOptions> = {},
	run: (partitions: Partitions, machine: Machine) => void = () => {},
) {
	const world = new World();
	const partitions = new Partitions({ image: OLD, capacity: 64, blockBytes: 16, ...options });
	const booted: string[] = [];
	const machine = world.machine("b", machine => {
		booted.push([...partitions.boot(machine)].join(""));
		run(partitions, machine);
	});
	const restart = () => {
		machine.reset();
		world.run(1000);
	};
	machine.on();
	world.run(1000);
	return { world, machine, partitions, booted, restart };
}

function install(partitions: Partitions, image = NEW): void {
	partitions.erase(0);
	partitions.write(image, 0);
	partitions.apply(image.length);
}

describe("partitions", () => {
	it("run what was applied from the next boot on, and go back where nobody has confirmed it", () => {
		const { booted, partitions, restart } = board();
		expect(partitions.isPending).toBe(false);
		install(partitions);
		expect(partitions.isPending).toBe(false);
		restart();
		expect(partitions.isPending).toBe(true);
		restart();
		expect(partitions.isPending).toBe(false);
		restart();
		expect(booted).toEqual(["1111", "22222", "1111", "1111"]);
	});

	it("keep what was confirmed, and take the next one into the other slot", () => {
		const { booted, partitions, restart } = board();
		for (const image of [NEW, Uint8Array.of(3), Uint8Array.of(4, 4)]) {
			install(partitions, image);
			restart();
			partitions.confirm();
			expect(partitions.isPending).toBe(false);
			restart();
		}
		expect(booted).toEqual(["1111", "22222", "22222", "3", "3", "44", "44"]);
	});

	it("go back at once where the firmware wants it, and can be tried again", () => {
		const { booted, partitions, restart } = board();
		install(partitions);
		restart();
		partitions.rollBack();
		restart();
		install(partitions);
		restart();
		partitions.confirm();
		restart();
		expect(booted).toEqual(["1111", "22222", "1111", "22222", "22222"]);
		// What is confirmed, or runs already, has nothing to go back from.
		const { operations } = partitions;
		partitions.rollBack();
		partitions.confirm();
		expect(partitions.operations).toBe(operations);
	});

	it("give new firmware as many boots as they are told", () => {
		const { booted, partitions, restart } = board({ boots: 3 });
		install(partitions);
		for (let i = 0; i < 4; i += 1) restart();
		expect(booted).toEqual(["1111", "22222", "22222", "22222", "1111"]);
	});

	it("turn bits off, and on only by erasing; know nothing beyond the slot's end", () => {
		const { partitions } = board();
		const bytes = new Uint8Array(2);
		partitions.write(Uint8Array.of(0xf0, 0xff), 0);
		partitions.write(Uint8Array.of(0x3c, 0x00), 0);
		partitions.read(bytes, 0);
		expect([...bytes]).toEqual([0x30, 0]);
		partitions.erase(0);
		partitions.read(bytes, 0);
		expect([...bytes]).toEqual([0xff, 0xff]);
		expect(() => partitions.write(bytes, 63)).toThrow(RangeError);
		expect(() => partitions.erase(8)).toThrow(RangeError);
		expect(() => partitions.erase(64)).toThrow(RangeError);
	});

	it("refuse what is no firmware", () => {
		const { booted, partitions, restart } = board({ isFirmware: image => image.length === 5 });
		expect(() => install(partitions, Uint8Array.of(1))).toThrow("no firmware");
		restart();
		install(partitions);
		restart();
		expect(booted).toEqual(["1111", "1111", "22222"]);
	});

	it.each<[CutMode, number[], number[]]>([
		["before", [9, 9, 9, 9], [255, 255]],
		["torn", [255, 255, 9, 9], [2, 255]],
		["lost", [0x5a, 0x5a, 0x5a, 0x5a], [0x5a & 2, 0x5a & 2]],
		["after", [255, 255, 255, 255], [2, 2]],
	])("a power cut %s an erasure and a write leaves what it may", (mode, erased, written) => {
		const { partitions, world } = board({ blockBytes: 4 });
		const look = (at: number, length: number) => {
			const bytes = new Uint8Array(length);
			partitions.read(bytes, at);
			return [...bytes];
		};
		partitions.write(Uint8Array.of(9, 9, 9, 9), 0);
		let cuts = 0;
		const cut = (run: () => void) => {
			partitions.offAtOperation(1, mode, 100, () => {
				cuts += 1;
			});
			expect(run).toThrow(PowerCut);
			expect(() => look(0, 1)).toThrow(PowerCut);
			expect(() => partitions.erase(0)).toThrow(PowerCut);
			world.run(1000);
		};
		cut(() => partitions.erase(0));
		expect(look(0, 4)).toEqual(erased);
		cut(() => partitions.write(Uint8Array.of(2, 2), 8));
		expect(look(8, 2)).toEqual(written);
		expect(cuts).toBe(2);
	});

	it("boot something whole wherever the power goes while they apply, boot, confirm or go back", () => {
		for (const mode of CUT_MODES)
			for (let operation = 1; operation <= 10; operation += 1)
				for (const wanted of ["confirm", "rollBack"] as const) {
					let installed = false;
					const { booted, restart, world } = board({}, (partitions, machine) => {
						if (partitions.isPending) partitions[wanted]();
						else if (!installed) {
							partitions.offAtOperation(operation, mode, 100);
							install(partitions);
							installed = true;
							machine.reset();
						}
					});
					world.run(5000);
					for (let i = 0; i < 3; i += 1) restart();
					expect(new Set(["1111", "22222", ...booted]).size).toBe(2);
				}
	});
});
