// The client's budgets: bytes of RAM and flash, bytes made, instructions, on the engine with the object sizes of a board.

import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { type Measurement, measure } from "../../../host-sim/xs/measure.js";
import { linesOf, readBudgets } from "../../../host-sim/xs/size.js";
import { describeWith } from "../../support/need.js";

describeWith(["gcc", "gcc -m32"], "what the client costs", () => {
	let measured: Measurement;
	beforeAll(async () => {
		measured = await measure();
	}, 240_000);

	it.each(Object.keys(readBudgets()))("%s: within its budget", name => {
		const { value, budget, unit } = linesOf(measured.figures).find(line => line.name === name)!;
		const over = value > budget ? `${Math.round((value - budget) * 10) / 10} ${unit} over ${budget}` : "";
		expect(over, `${name} is ${value}`).toBe("");
	});

	it("is measured with exactly what the manifest preloads", () => {
		const { preload } = JSON.parse(readFileSync("firmware/manifest.json", "utf8")) as { preload: string[] };
		expect(measured.modules.map(({ name }) => name).sort()).toEqual([...preload].sort());
	});
});

describe("budgets", () => {
	it("of the goals that are reached have no goal of their own any more", () => {
		for (const [name, { budget, goal }] of Object.entries(readBudgets()))
			expect(goal === undefined || goal < budget, `${name}: the goal is reached`).toBe(true);
	});
});
