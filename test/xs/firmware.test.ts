// The firmware's own tests on the engine that boards run: the same files, on XS.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { describeWith } from "../support/need.js";
import { firstLight } from "./first-light.js";
import { testFiles } from "./program.js";
import { outcomeOf, runTests } from "./run.js";

/** Test cases written in those files, each.rows aside: at least so many must have run. */
function written(files: readonly string[]): number {
	return files.reduce((count, file) => count + [...readFileSync(file, "utf8").matchAll(/^\t*it\(/gm)].length, 0);
}

/** All of them in one program take minutes; a test is to end well within its time, also beside others. */
const PARTS = [1, 2, 3];
const partOf = (part: number) => testFiles().filter((_, i) => i % PARTS.length === part - 1);

it("knows a program that ended early from one that passed", () => {
	expect(outcomeOf("FAIL a\n3 passed, 1 failed\n")).toEqual({ passed: 3, failed: 1 });
	expect(outcomeOf("out of memory\n")).toEqual({ passed: 0, failed: -1 });
});

describeWith(["gcc"], "on the 64-bit engine", () => {
	it.each(PARTS)(
		"the vectors, all statements and all units pass, part %i",
		async part => {
			const files = partOf(part);
			const { passed, failed, output, status } = await runTests("64", files);
			expect({ failed, status, output }).toEqual({ failed: 0, status: 0, output: `${passed} passed, 0 failed\n` });
			expect(passed).toBeGreaterThanOrEqual(written(files));
		},
		240_000,
	);

	it("the first-light scenario runs", async () => {
		expect(await firstLight("64")).toMatch(/^3 boards, \d+ readings, all settled$/);
	}, 240_000);

	it("a failing test is seen", async () => {
		const { failed, status, output } = await runTests("64", ["test/xs/shim/failing.ts"]);
		expect({ failed, status }).toEqual({ failed: 2, status: 1 });
		expect(output).toMatch(/FAIL outer > 1 is no 2: Error: 1 is 2\n/);
		expect(output).toMatch(/FAIL outer > throws: Error: on purpose\n/);
	}, 240_000);
});

describeWith(["gcc", "gcc -m32"], "on the 32-bit engine, with the object sizes of a board, in a fixed arena", () => {
	it.each(PARTS)(
		"the vectors, all statements and all units pass, part %i",
		async part => {
			const { passed, failed, output, status } = await runTests("32", partOf(part));
			expect({ failed, status, output }).toEqual({ failed: 0, status: 0, output: `${passed} passed, 0 failed\n` });
		},
		240_000,
	);
});

describeWith(["gcc"], "on the engine under sanitizers", () => {
	it("sessions and qualities of service pass with a collection before every hundredth allocation", async () => {
		const files = testFiles().filter(file => /\/session\/|\/normative\/3\.1\.1\/chapter-4/.test(file));
		const { passed, failed, output, status } = await runTests("asan", files, { bytes: 4_000_000, every: 100 });
		expect({ failed, status, output }).toEqual({ failed: 0, status: 0, output: `${passed} passed, 0 failed\n` });
	}, 240_000);
});
