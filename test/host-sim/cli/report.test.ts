import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { checkWritable, reportFiles, titleOf, writeReports } from "../../../host-sim/cli/report.js";
import { thimble } from "../../support/command.js";
import { Mosquitto } from "../../support/mosquitto.js";
import { describeWith } from "../../support/need.js";
import { smallReport } from "../../support/report.js";

const folder = mkdtempSync(join(tmpdir(), "thimble-report-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string) => join(folder, name);

describe("--report", () => {
	it("takes none, one or several, and writes each in the form that its name ends with", () => {
		expect(reportFiles(undefined)).toEqual([]);
		expect(reportFiles(path("one.txt")).map(({ path }) => path)).toEqual([path("one.txt")]);
		const names = ["a.html", "a.json", "a.csv", "a.XML", "a.txt"];
		writeReports(reportFiles(names.map(path)), smallReport());
		const begins = ["<!doctype html>", '{\n\t"title"', "of,name,figure,value", "<?xml", "thimble run\n"];
		for (const [i, name] of names.entries()) expect(readFileSync(path(name), "utf8").startsWith(begins[i]!)).toBe(true);
	});

	it("refuses a form that there is none of, a folder, and a place that is not there, before the run", () => {
		expect(() => reportFiles(path("a.pdf"))).toThrow(
			`--report: expected a file that ends with .html, .json, .csv, .xml, .txt, got ${path("a.pdf")}`,
		);
		expect(() => checkWritable("--csv", folder)).toThrow(`--csv: ${folder} is a folder`);
		expect(() => reportFiles(path("no/a.txt"))).toThrow(`--report: ${path("no/a.txt")} cannot be written (ENOENT)`);
	});

	it("is called after its scenario", () => {
		expect(titleOf(undefined)).toBe("thimble run");
		expect(titleOf("bad-night")).toBe("thimble run bad-night");
	});
});

interface Written {
	clock: string;
	summary: Record<string, number>;
	latency: Record<string, { count: number; p50: number }>;
	judgements: { name: string; verdict: string }[];
}

async function reported(...args: string[]): Promise<Written> {
	const file = path(`${args.length}-${Math.random()}.json`);
	const run = thimble(["run", ...args, "--report", file, "--report", path("run.xml")]);
	expect([await run.code, run.err()]).toEqual([0, ""]);
	return JSON.parse(readFileSync(file, "utf8")) as Written;
}

const verdicts = ({ judgements }: Written) => judgements.map(({ verdict }) => verdict);

describe("a report of a run", () => {
	it("in virtual time measures what nobody hears of, too, and comes out the same each time", async () => {
		const args = ["bad-night", "--until", "5m"];
		const first = await reported(...args);
		expect(first.clock).toBe("virtual");
		expect(first.latency["acknowledged"]!.count).toBe(first.summary["settled"]);
		expect(first.latency["arrived"]!.count).toBe(first.summary["arrived"]);
		expect(first.latency["connect"]!.count).toBe(first.summary["reconnects"]! + 20);
		expect(verdicts(first)).toEqual(["kept", "kept", "kept", "unknown", "unknown"]);
		expect((await reported(...args)).latency).toEqual(first.latency);
	});

	it("of boards that see has the promise that they see what their model sees", async () => {
		const { judgements, summary } = await reported("recognition", "--until", "1m");
		expect(judgements.at(-1)).toEqual({
			name: "boards see what their model sees",
			verdict: "kept",
			detail: `0 of ${summary["arrived"]} answers are not what the model says of the same picture`,
		});
		expect(summary["arrived"]).toBeGreaterThan(100);
	});

	it("on real sockets with a broker of its own sees arrivals, and what --check finds", async () => {
		const report = await reported(
			"--port",
			"0",
			"--interval",
			"100ms",
			"--duration",
			"1500ms",
			"--qos",
			"2",
			"--check",
		);
		expect(report.clock).toBe("real");
		expect(report.summary["arrived"]).toBe(report.summary["published"]);
		expect(report.latency["connect"]!.count).toBe(3);
		expect(report.latency["acknowledged"]!.count).toBe(report.summary["settled"]);
		expect(report.latency["arrived"]!.p50).toBeGreaterThan(0);
		expect(verdicts(report)).toEqual(["kept", "kept", "kept", "unknown", "kept"]);
	});
});

describeWith(["mosquitto"], "a report of a run before mosquitto", () => {
	it("has an observer of its own, with faults and without", async () => {
		const mosquitto = await Mosquitto.start();
		const url = `mqtt://127.0.0.1:${mosquitto.port}`;
		const args = ["--broker", url, "--interval", "100ms", "--duration", "1500ms"];
		for (const more of [[], ["--speed", "1"]]) {
			const report = await reported(...args, ...more);
			expect(report.summary["published"]).toBeGreaterThan(30);
			expect(report.summary["arrived"]).toBe(report.summary["published"]);
			expect(report.latency["arrived"]!.count).toBe(report.summary["arrived"]);
			expect(verdicts(report).slice(0, 3)).toEqual(["kept", "kept", "kept"]);
		}
		await mosquitto.close();
	});
});
