// Every statement that binds a client has a test, or a reason why it has none; and what finds that out is tested itself.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { count, coverageOf, type Gap, readCoverage, type Statement, TABLE, tableOf, titlesIn } from "./coverage.js";

describe("the statements that bind a client", () => {
	const coverage = readCoverage();

	it("are tested, or named with the reason why they are not", () => {
		for (const fault of coverage.faults) console.log(fault);
		expect(coverage.faults).toEqual([]);
	});

	it("are all of the two standards", () => {
		const all = (version: string) => {
			const { tested, untested, pending } = count(coverage, version);
			return tested + untested + pending;
		};
		expect([all("3.1.1"), all("5.0")]).toEqual([72, 133]);
	});

	it("stand in STATEMENTS.md as they are: npm run statements writes it", () => {
		expect(readFileSync(TABLE, "utf8")).toBe(tableOf(coverage));
	});
});

describe("titles", () => {
	it("are those of tests that run, with the texts of their rows", () => {
		const source = `
			// it("[MQTT-1.0.0-1] a comment", () => {});
			describe("[MQTT-1.0.0-2] no test", () => {
				it("[MQTT-1.0.0-3] plain", () => { expect("[MQTT-1.0.0-4]").toBe(1); });
				it.skip("[MQTT-1.0.0-5] left out", () => {});
				it.each([["[MQTT-1.0.0-6] first", 1], ["second", 2]])("[MQTT-1.0.0-7] %s", () => {});
				it(\`[MQTT-1.0.0-8] \${name}\`, () => {});
			});`;
		expect(titlesIn(source)).toEqual([
			"[MQTT-1.0.0-3] plain",
			"[MQTT-1.0.0-7] %s [MQTT-1.0.0-6] first second",
			"[MQTT-1.0.0-8] ",
		]);
	});
});

describe("coverage", () => {
	const statement = (id: string, binds = "client"): Statement => ({ version: "5.0", id, binds, summary: id });
	const gap = (id: string, why = "It cannot be seen from outside."): Gap => ({ version: "5.0", id, why });
	const title = (text: string, version = "5.0") => ({ version, file: `${version}/a.test.ts`, text });
	const all = [statement("MQTT-1"), statement("MQTT-2", "both"), statement("MQTT-3", "server"), statement("MQTT-4")];
	const faults = (texts: readonly string[], untested: readonly Gap[] = [], pending: readonly Gap[] = []) =>
		coverageOf(
			all,
			texts.map(text => title(text)),
			{ untested, pending },
		).faults;

	it("is whole where each is tested or has its reason", () => {
		const coverage = coverageOf(all, [title("[MQTT-1] [MQTT-2] x"), title("[MQTT-1] y")], {
			untested: [],
			pending: [gap("MQTT-4")],
		});
		expect(coverage.faults).toEqual([]);
		expect(count(coverage, "5.0")).toEqual({ tested: 2, untested: 0, pending: 1 });
		expect(tableOf(coverage)).toMatch(/^\| MQTT-1 \| MQTT-1 +\| \[a\]\(5\.0\/a\.test\.ts\) +\|$/m);
		expect(tableOf(coverage)).toMatch(/^\| MQTT-4 \| MQTT-4 +\| not yet: It cannot be seen from outside\. \|$/m);
		expect(tableOf(coverage)).toMatch(/^\| 5\.0 +\| 3 +\| 2 +\| 0 +\| 1 +\|$/m);
	});

	it("names what is neither", () => {
		expect(faults(["[MQTT-1] x"], [gap("MQTT-4")])).toEqual(["not covered: MQTT 5.0 MQTT-2"]);
		expect(
			coverageOf(all, [title("[MQTT-1] x", "3.1.1")], { untested: [gap("MQTT-2"), gap("MQTT-4")], pending: [] }).faults,
		).toEqual(["3.1.1/a.test.ts: there is no statement MQTT 3.1.1 MQTT-1", "not covered: MQTT 5.0 MQTT-1"]);
	});

	it("knows what is tested and said to be untested, or untested yet", () => {
		const tested = ["untested.json: MQTT 5.0 MQTT-1 has a test in 5.0/a.test.ts"];
		expect(faults(["[MQTT-1] [MQTT-2] [MQTT-4] x"], [gap("MQTT-1")])).toEqual(tested);
		expect(faults(["[MQTT-1] [MQTT-2] [MQTT-4] x"], [], [gap("MQTT-1")])).toEqual(tested);
	});

	it("knows ids that do not exist, that bind a server only, and tests without any", () => {
		expect(faults(["[MQTT-1] [MQTT-2] [MQTT-3] x", "[MQTT-4] [MQTT-9] y", "z"])).toEqual([
			"5.0/a.test.ts: MQTT 5.0 MQTT-3 does not bind a client",
			"5.0/a.test.ts: there is no statement MQTT 5.0 MQTT-9",
			'5.0/a.test.ts: "z" names no statement',
		]);
	});

	it("wants each gap once, with a sentence", () => {
		const tested = ["[MQTT-1] [MQTT-2] x"];
		expect(faults(tested, [gap("MQTT-4")], [gap("MQTT-4")])).toEqual([
			"untested.json: MQTT 5.0 MQTT-4 stands there twice",
		]);
		expect(faults(tested, [gap("MQTT-4", "later")])).toEqual([
			"untested.json: MQTT 5.0 MQTT-4 wants a sentence that says why",
		]);
		expect(faults(tested, [gap("MQTT-4"), gap("MQTT-3")])).toEqual([
			"untested.json: MQTT 5.0 MQTT-3 does not bind a client",
		]);
	});
});
