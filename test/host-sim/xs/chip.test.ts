// Small programs on the bare chip: what they print and how they end, and what they count.

import { afterEach, beforeAll, expect, it, vi } from "vitest";
import { buildEngine } from "../../../host-sim/xs/build.js";
import { runOnChip } from "../../../host-sim/xs/chip.js";
import { describeWith } from "../../support/need.js";

const PROGRAMS = ["gcc", "riscv64-unknown-elf-gcc", "picolibc", "qemu-system-riscv32"] as const;

/** What the start takes, and turns of a loop, with nothing of what comes before and after. */
const LOOP = `export default () => {
	const spent = turns => {
		retired();
		for (let i = 0; i < turns; i += 1);
		return retired();
	};
	print([retired(), spent(0), spent(1000), spent(2000)].join());
	finish(0);
}`;

describeWith(PROGRAMS, "a program on rv32imac in QEMU", () => {
	let engine: string;
	beforeAll(async () => {
		engine = await buildEngine("64");
	}, 240_000);
	afterEach(() => {
		vi.unstubAllEnvs();
	});

	function run(source: string, config: object, counted = false) {
		return runOnChip(engine, {
			memory: { ram: 128 * 1024, stack: 16 * 1024 },
			modules: [{ name: "program", source, preload: false }],
			main: "program",
			heapBytes: 32 * 1024,
			stackSlots: 400,
			durationMs: 60_000,
			config,
			counted,
		});
	}

	it("gets its configuration, commas and all, and gives what it prints and its status", async () => {
		const source = "export default () => { print(config()); finish(3); }";
		expect(await run(source, { a: 1, b: [2, 3] })).toEqual({ output: '{"a":1,"b":[2,3]}\n', status: 3 });
	}, 240_000);

	it("counts machine instructions: the same in every run, and a turn of a loop as much as the next", async () => {
		const first = await run(LOOP, {}, true);
		for (let i = 0; i < 3; i += 1) expect(await run(LOOP, {}, true)).toEqual(first);
		const [, none, thousand, twice] = first.output.split(",").map(Number) as [number, number, number, number];
		expect(none).toBeGreaterThan(0);
		expect(thousand - none).toBeGreaterThan(1000 * 10);
		expect(thousand - none).toBeLessThan(1000 * 1000);
		expect((twice - thousand) / (thousand - none)).toBeCloseTo(1, 2);
	}, 240_000);

	it("is refused with the package's name where QEMU is missing", async () => {
		const source = "export default () => finish(0)";
		await run(source, {});
		vi.stubEnv("PATH", "");
		await expect(run(source, {})).rejects.toThrow("the chip needs QEMU: as root, apt-get install qemu-system-misc");
	}, 240_000);
});
