import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { faults, linesOf, lowered } from "../../../host-sim/xs/size.js";

const budgets = { a: { unit: "bytes", budget: 10, goal: 5, incumbent: 20 }, b: { unit: "runs", budget: 0 } };

it("puts figures and budgets side by side, and misses none", () => {
	expect(linesOf({ a: 10, b: 0 }, budgets)).toEqual([
		{ name: "a", value: 10, budget: 10, unit: "bytes", incumbent: 20, goal: 5 },
		{ name: "b", value: 0, budget: 0, unit: "runs", incumbent: null, goal: null },
	]);
	expect(() => linesOf({ a: 10, b: 0, c: 1 }, budgets)).toThrow('budgets.json has no budget for "c"');
	expect(() => linesOf({ a: 10 }, budgets)).toThrow('"b" has a budget and was not measured');
});

it("leaves a budget without its figure out, and as it is, where that figure was skipped", () => {
	const lines = linesOf({ a: 8 }, budgets, { b: "no QEMU" });
	expect(lines.map(({ name }) => name)).toEqual(["a"]);
	expect(lowered(lines, budgets)).toEqual({ a: { ...budgets.a, budget: 8 }, b: budgets.b });
	expect(() => linesOf({ b: 0 }, budgets, { b: "no QEMU" })).toThrow('"a" has a budget and was not measured');
});

it("says what is over, and what can come down", () => {
	expect(faults(linesOf({ a: 10, b: 0 }, budgets))).toEqual([]);
	expect(faults(linesOf({ a: 9, b: 2 }, budgets))).toEqual([
		"a: 9 bytes; its budget of 10 in budgets.json can come down",
		"b: 2 runs, 2 over its budget of 0",
	]);
});

it("takes improvements over, and forgets goals that are reached", () => {
	expect(lowered(linesOf({ a: 8, b: 2 }, budgets), budgets)).toEqual({ a: { ...budgets.a, budget: 8 }, b: budgets.b });
	expect(lowered(linesOf({ a: 5, b: 0 }, budgets), budgets)["a"]).toEqual({ unit: "bytes", budget: 5, incumbent: 20 });
});

it("takes --json, --lower or nothing", () => {
	const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", "host-sim/xs/size.ts", "--fast"], {
		encoding: "utf8",
	});
	expect({ status, stderr }).toEqual({ status: 2, stderr: "size: expected --json, --lower or nothing, got --fast\n" });
});
