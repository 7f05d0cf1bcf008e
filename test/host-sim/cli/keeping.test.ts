// A recording and reports of the same run, in each of the ways to run boards.

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Broker } from "../../../host-sim/broker/broker.js";
import { Keeping } from "../../../host-sim/cli/keeping.js";
import { listen } from "../../../host-sim/node/listen.js";
import { entriesOf } from "../../../host-sim/record/file.js";
import { Reader } from "../../../host-sim/record/recording.js";
import { thimble } from "../../support/command.js";

let folder: string;
const path = (name: string) => join(folder, name);
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "thimble-keeping-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("what is kept of a run", () => {
	it("is nothing where nothing was asked for: nobody is measured or recorded", () => {
		const keeping = new Keeping({});
		keeping.begin(1, 0);
		expect([keeping.measures, keeping.isRecorded]).toEqual([undefined, false]);
		const told: string[] = [];
		expect(keeping.close({ json: true, print: () => told.push("event") }, () => told.push("summary"))).toBe(true);
		expect(told).toEqual(["summary"]);
	});

	it("has one recording, in a file of its own", () => {
		expect(() => new Keeping({ record: ["a", "b"] })).toThrow("--record: one file takes it all down: give it once");
		const record = path("a.json");
		expect(() => new Keeping({ record, report: [path("a.txt"), record] })).toThrow(
			`--record and --report: ${record} cannot be both: give each a file of its own`,
		);
	});
});

/** How many readings settled: as the report has it, and as acknowledgements in the recording. */
async function kept(...args: string[]) {
	const record = path("run.jsonl");
	const report = path("run.json");
	const run = thimble(["run", ...args, "--json", "--record", record, "--report", report]);
	expect([await run.code, run.err()]).toEqual([0, ""]);
	const reader = new Reader(record);
	const entries = [...entriesOf(record, reader)];
	expect(reader.isWhole).toBe(true);
	const { summary, latency } = JSON.parse(readFileSync(report, "utf8"));
	const acknowledged = entries.filter(
		entry => entry.event === "packet" && entry.from === "broker" && entry.bytes[0]! >> 4 === 4,
	).length;
	const events = `${run.out()}`
		.trimEnd()
		.split("\n")
		.slice(-2)
		.map(line => JSON.parse(line).event);
	expect(events).toEqual(["recorded", "summary"]);
	expect(latency.acknowledged.count).toBe(summary.settled);
	return { acknowledged, summary };
}

describe("thimble run --record --report", () => {
	it("on real sockets: both tell of the same readings", async () => {
		const { acknowledged, summary } = await kept("--port", "0", "--interval", "100ms", "--duration", "1s");
		expect(summary.arrived).toBe(summary.published);
		// Each board has its status acknowledged as well, in the beginning and in the end.
		expect(acknowledged).toBeGreaterThanOrEqual(summary.settled);
		expect(acknowledged - summary.settled).toBeLessThanOrEqual(6);
	});

	it("before a broker outside: both tell of the same readings", async () => {
		const listener = await listen(new Broker(), 0);
		try {
			const url = `mqtt://127.0.0.1:${listener.port}`;
			const { acknowledged, summary } = await kept("--broker", url, "--interval", "100ms", "--duration", "1s");
			expect(summary.arrived).toBe(summary.published);
			expect(acknowledged).toBeGreaterThanOrEqual(summary.settled);
			expect(acknowledged - summary.settled).toBeLessThanOrEqual(6);
		} finally {
			await listener.close();
		}
	});

	it("in virtual time: the report is the one without a recording, and the recording the one without a report", async () => {
		const args = ["run", "bad-night", "--until", "2m"];
		const runs = [
			["--record", path("both.jsonl"), "--report", path("both.csv")],
			["--record", path("one.jsonl")],
			["--report", path("one.csv")],
		];
		for (const more of runs) expect(await thimble([...args, ...more]).code).toBe(0);
		expect(readFileSync(path("both.jsonl"), "utf8")).toBe(readFileSync(path("one.jsonl"), "utf8"));
		const figures = (name: string) => readFileSync(path(name), "utf8").replaceAll(/^.*bytes.*$/gim, "");
		expect(figures("both.csv")).toBe(figures("one.csv"));
		expect(figures("one.csv")).toContain("latency");
	});

	it("tells which report could not be written in the end, and ends with 1", async () => {
		const report = path("late.txt");
		const run = thimble(["run", "--port", "0", "--duration", "2s", "--json", "--report", report]);
		await new Promise<void>(resolve => run.child.stdout!.once("data", () => resolve()));
		mkdirSync(report);
		expect(await run.code).toBe(1);
		expect(run.err()).toMatch(/^thimble: a report is not whole: .*late\.txt cannot be written: EISDIR/);
		expect(`${run.out()}`.trimEnd().split("\n").at(-1)).toContain('"summary"');
	});
});
