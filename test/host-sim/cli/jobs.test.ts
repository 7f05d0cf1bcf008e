// thimble run --jobs: the same run in several processes of this machine.

import { describe, expect, it } from "vitest";
import { parseJobs, partArguments } from "../../../host-sim/cli/jobs.js";
import { checkScenario, UsageError } from "../../../host-sim/fleet/scenario.js";
import { eventsOf, thimble } from "../../support/command.js";
import { until } from "../../support/mosquitto.js";

describe("the command line of a part", () => {
	const given = [
		"run",
		"air",
		"--jobs",
		"2",
		"--seed=4",
		"--report",
		"a.json",
		"--report=b.html",
		"--port",
		"0",
		"--json",
	];

	it("is that of the whole without what is the whole's, and says which part of which run", () => {
		expect(partArguments(given, { number: 1, jobs: 2, run: "r", broker: "mqtt://h:1" }).join(" ")).toBe(
			"run air --seed=4 --report a.json --report=b.html --json --shard 1/2 --run r --broker mqtt://h:1",
		);
	});

	it("has reports for the first alone, and the broker of the whole where that has one", () => {
		const outside = ["run", "--broker", "mqtt://h", "--jobs=3", "--run", "mine", "--report", "a.json"];
		expect(partArguments(outside, { number: 2, jobs: 3, run: "mine", broker: undefined }).join(" ")).toBe(
			"run --broker mqtt://h --shard 2/3 --run mine",
		);
	});

	it("is made for a whole number of parts, each with a board", () => {
		const whole = checkScenario({ devices: 3 }, "");
		expect(parseJobs(3, whole)).toBe(3);
		for (const wrong of [0, 65, 1.5, "many", 4])
			expect(() => parseJobs(wrong, whole), String(wrong)).toThrow(UsageError);
	});
});

describe("thimble run --jobs", () => {
	it("has a broker for all of its processes, and one summary of the whole", async () => {
		const args = ["--devices", "5", "--interval", "50ms", "--duration", "2s", "--port", "0", "--json"];
		const run = thimble(["run", "--jobs", "2", ...args]);
		expect([await run.code, run.err()]).toEqual([0, ""]);
		const summaries = eventsOf(run).filter(({ event }) => event === "summary") as Record<string, number>[];
		expect(summaries).toHaveLength(1);
		expect(summaries[0]).toMatchObject({ devices: 5, seenOnline: 5, parts: 2, missing: [], lost: 0, refused: 0 });
		expect(summaries[0]!["settled"]).toBe(summaries[0]!["published"]);
		expect(summaries[0]).toMatchObject({ arrived: summaries[0]!["published"], gaps: 0, duplicatesQos1: 0 });
		expect(summaries[0]!["published"]).toBeGreaterThan(100);
	});

	it("ends in good order at one Ctrl-C", async () => {
		const run = thimble(["run", "--jobs", "2", "--devices", "2", "--interval", "50ms", "--port", "0", "--json"]);
		await until("a reading", () => `${run.out()}`.includes('"event":"settled"'));
		run.child.kill("SIGINT");
		expect(await run.code).toBe(0);
		expect(eventsOf(run).at(-1)).toMatchObject({ event: "summary", devices: 2, missing: [] });
	});

	it("says in a sentence what it cannot do", async () => {
		for (const [args, why] of [
			[["--jobs", "4"], "4 parts of a run with 3 boards"],
			[["--jobs", "2", "--shard", "1/2"], "--shard is one part"],
			[["--jobs", "2", "--until", "1m"], "--until"],
			[["bad-night", "--jobs", "2"], "for one process"],
			[["--jobs", "two"], "--jobs: expected"],
		] as const) {
			const run = thimble(["run", ...args]);
			expect([await run.code, run.err().split("\n").length]).toEqual([2, 2]);
			expect(run.err()).toContain(why);
		}
	});
});
