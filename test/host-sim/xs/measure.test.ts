// The client's budgets: bytes of RAM and flash, bytes made, instructions, on the engine with the object sizes of a board.

import { readFileSync } from "node:fs";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { buildEngine } from "../../../host-sim/xs/build.js";
import { chipFigures, type Measurement, measure } from "../../../host-sim/xs/measure.js";
import { ON_CHIP } from "../../../host-sim/xs/recognition.js";
import { linesOf, readBudgets } from "../../../host-sim/xs/size.js";
import { describeWith } from "../../support/need.js";

describeWith(["gcc", "gcc -m32"], "what the client costs", () => {
	let measured: Measurement;
	beforeAll(async () => {
		measured = await measure();
	}, 240_000);

	it.for(Object.keys(readBudgets()))("%s: within its budget", (name, { skip }) => {
		const why = measured.skipped[name];
		skip(why !== undefined, why);
		const { value, budget, unit } = linesOf(measured.figures, readBudgets(), measured.skipped).find(
			line => line.name === name,
		)!;
		const over = value > budget ? `${Math.round((value - budget) * 10) / 10} ${unit} over ${budget}` : "";
		expect(over, `${name} is ${value}`).toBe("");
	});

	it("is measured with exactly what the manifest preloads", () => {
		const { preload } = JSON.parse(readFileSync("firmware/manifest.json", "utf8")) as { preload: string[] };
		expect(measured.modules.map(({ name }) => name).sort()).toEqual([...preload].sort());
	});
});

describeWith(["gcc", "gcc -m32"], "what is measured on the chip", () => {
	let engine: string;
	beforeAll(async () => {
		engine = await buildEngine("32");
	}, 240_000);
	afterEach(() => {
		vi.unstubAllEnvs();
	});

	it("is skipped with the reason where the chip's compiler or QEMU is missing, and refused in CI", async () => {
		vi.stubEnv("PATH", "");
		vi.stubEnv("CI", "");
		const { figures, skipped } = await chipFigures(engine);
		expect([figures, Object.keys(skipped)]).toEqual([{}, [ON_CHIP]]);
		expect(skipped[ON_CHIP]).toMatch(/^the (engine|chip) needs .*: as root, apt-get install /);
		vi.stubEnv("CI", "true");
		await expect(chipFigures(engine)).rejects.toThrow(skipped[ON_CHIP]);
	});
});

describe("budgets", () => {
	it("of the goals that are reached have no goal of their own any more", () => {
		for (const [name, { budget, goal }] of Object.entries(readBudgets()))
			expect(goal === undefined || goal < budget, `${name}: the goal is reached`).toBe(true);
	});
});
