import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Commentary } from "../../../host-sim/cli/commentary.js";
import { exitCode, WorldEnding, type WorldEndingOptions } from "../../../host-sim/cli/ending.js";
import { Gauge } from "../../../host-sim/cli/gauge.js";
import { Keeping } from "../../../host-sim/cli/keeping.js";
import { scenarioOf } from "../../../host-sim/cli/scenario.js";
import type { Board } from "../../../host-sim/fleet/board.js";
import { Simulation } from "../../../host-sim/fleet/simulation.js";
import type { Summary } from "../../../host-sim/fleet/summary.js";
import { seattle } from "../../../host-sim/sensor/air.js";

const folder = mkdtempSync(join(tmpdir(), "thimble-ending-"));
afterAll(() => rmSync(folder, { recursive: true }));

let out = "";
let err = "";
beforeEach(() => {
	out = "";
	err = "";
	vi.spyOn(process.stdout, "write").mockImplementation(text => {
		out += text;
		return true;
	});
	vi.spyOn(console, "error").mockImplementation(text => {
		err += `${text}\n`;
	});
});
afterEach(() => vi.restoreAllMocks());

/** How a run of ten seconds ends, of which that is known. */
function ended(json: boolean, more: Partial<WorldEndingOptions> = {}, report?: string) {
	const simulation = new Simulation(scenarioOf(undefined, { devices: 2 }), { air: seattle, on: () => {} });
	simulation.run(10_000);
	const commentary = new Commentary({ json, check: true, now: () => 0 });
	const keeping = new Keeping(report === undefined ? {} : { report });
	const options = { keeping, commentary, gauge: new Gauge(), clock: "real", ...more } as const;
	return { commentary, ending: new WorldEnding(simulation, options), simulation };
}

describe("how a run in a world ends", () => {
	it("well: with 0, and the summary is of the moment when it was made", () => {
		const { ending, simulation } = ended(true);
		const { arrived } = simulation.summary();
		simulation.handleArrival("thimble/board-01/telemetry", Buffer.from('{"boot":99,"seq":1}'), 1);
		expect(simulation.summary().arrived).toBe(arrived + 1);
		expect(ending.tell()).toBe(0);
		expect(JSON.parse(out)).toMatchObject({ event: "summary", arrived, gaps: 0, duplicatesQos2: 0 });
		expect(out).not.toContain("mostLagMs");
	});

	it("with 1 where a statement was broken", () => {
		const { commentary, ending } = ended(true);
		commentary.checks.violated?.({ clientId: "b", version: "5.0", statement: "x", sentence: "y" } as never);
		expect(ending.tell()).toBe(1);
	});

	it("with 1 where a promise was broken, which is told", () => {
		const { simulation } = ended(true);
		vi.spyOn(simulation, "summary").mockReturnValue({ ...simulation.summary(), gaps: 2, duplicatesQos2: 1 });
		const commentary = new Commentary({ json: true, check: false });
		const ending = new WorldEnding(simulation, {
			keeping: new Keeping({}),
			commentary,
			gauge: new Gauge(),
			clock: "virtual",
		});
		expect(ending.tell()).toBe(1);
		expect(err).toBe("thimble: a promise was broken: 2 settled readings have not arrived, 1 came twice at QoS 2\n");
	});

	it("in real time tells how late it was; what nobody has seen is told, and not counted", () => {
		const more = { mostLagMs: 12.4, unseen: "it was dark" };
		const report = join(folder, "dark.json");
		expect(ended(true, more, report).ending.tell()).toBe(0);
		const summary = JSON.parse(out);
		expect(summary).toMatchObject({ mostLagMs: 12, unseen: "it was dark" });
		for (const name of ["arrived", "gaps", "duplicatesQos1", "duplicatesQos2"])
			expect(summary).not.toHaveProperty(name);
		expect(JSON.parse(readFileSync(report, "utf8"))).toMatchObject({ clock: "real" });
		expect(JSON.stringify(JSON.parse(readFileSync(report, "utf8")).judgements)).toContain("unknown");
		out = "";
		ended(false, more).ending.tell();
		expect(out).toContain("what has arrived is not known: it was dark");
		expect(out).toMatch(/\nlate {6}12 ms at most\n$/);
	});

	it("reports at once, before the world's time goes on", () => {
		const report = join(folder, "early.json");
		const { ending } = ended(true, {}, report);
		expect(JSON.parse(readFileSync(report, "utf8")).summary.settled).toBeGreaterThan(10);
		expect(ending.tell()).toBe(0);
	});
});

describe("the exit code", () => {
	const boards = [{ offlineCode: 0 }, { offlineCode: 0x86 }] as Board[];
	const nobody = { seenOnline: 0 } as Summary;

	it("is 1 where no board came online, and why is told: what boards say, or what is known otherwise", () => {
		expect(exitCode(true, nobody, boards)).toBe(1);
		expect(exitCode(true, nobody, boards, 0x87)).toBe(1);
		expect(exitCode(true, nobody, [])).toBe(1);
		expect(err).toBe(
			[
				"thimble: no board ever came online: bad user name or password\n",
				"thimble: no board ever came online: not authorised\n",
				"thimble: no board ever came online\n",
			].join(""),
		);
	});

	it("is 1 without a word where it is not well otherwise, and 0 where it is", () => {
		expect(exitCode(false, { ...nobody, seenOnline: 1 }, boards)).toBe(1);
		expect(exitCode(true, { ...nobody, seenOnline: 1 }, boards)).toBe(0);
		expect(err).toBe("");
	});
});
