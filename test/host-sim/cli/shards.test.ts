// thimble run --shard: parts of one run, each a process, that meet at mosquitto.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Broker, type BrokerOptions } from "../../../host-sim/broker/broker.js";
import { planShard } from "../../../host-sim/cli/shards.js";
import { checkScenario, UsageError } from "../../../host-sim/fleet/scenario.js";
import { listen } from "../../../host-sim/node/listen.js";
import type { Report } from "../../../host-sim/report/report.js";
import { type Command, eventsOf, thimble } from "../../support/command.js";
import { Mosquitto, sleep, spawnClient, until } from "../../support/mosquitto.js";
import { describeWith } from "../../support/need.js";

describe("the plan of a part", () => {
	const whole = checkScenario({ devices: 4 }, "");

	it("is none where nobody asks for one, and else has a name that all parts make alike, or are given", () => {
		expect(planShard({}, whole)).toBe(undefined);
		const [one, two] = ["1/2", "2/2"].map(shard => planShard({ shard }, whole)!.plan);
		expect([one!.run, one!.waitMs]).toEqual([two!.run, 60_000]);
		expect(planShard({ shard: "1/4" }, whole)!.plan.run).not.toBe(one!.run);
		const named = planShard({ shard: "1/2", run: "night", wait: "5s" }, whole)!.plan;
		expect([named.run, named.waitMs, named.fingerprint]).toEqual(["night", 5000, one!.fingerprint]);
	});

	it("refuses what is none", () => {
		for (const flags of [
			{ shard: "5/4" },
			{ shard: "1/5" },
			{ shard: "1/2", run: "a/b" },
			{ shard: "1/2", wait: "soon" },
			{ run: "night" },
			{ wait: "1s" },
			{ shard: "1/2", jobs: 2 },
		])
			expect(() => planShard(flags, whole), JSON.stringify(flags)).toThrow(UsageError);
	});
});

describe("thimble run --shard", () => {
	it("says in a sentence what it cannot do", async () => {
		for (const [args, why] of [
			[["--shard", "1/2"], "give its --broker"],
			[["--shard", "9", "--broker", "mqtt://h"], "--shard: expected NUMBER/COUNT"],
			[["--shard", "2/2", "--broker", "mqtt://h", "--report", "a.json"], "the first part writes the report"],
			[["--shard", "1/2", "--broker", "mqtt://h", "--record", "a.jsonl"], "no --record"],
			[["--shard", "1/2", "--broker", "mqtt://h", "--page", "0"], "no --page"],
		] as const) {
			const run = thimble(["run", ...args]);
			expect([await run.code, run.err().split("\n").length]).toEqual([2, 2]);
			expect(run.err()).toContain(why);
		}
	});
});

describe("what arrives of a run in parts", () => {
	async function parts(options: BrokerOptions, ...more: string[]) {
		const broker = new Broker(options);
		const listener = await listen(broker, 0);
		const url = `mqtt://127.0.0.1:${listener.port}`;
		const args = ["--broker", url, "--devices", "4", "--interval", "50ms", "--json", "--duration", "1s", ...more];
		const runs = ["1/2", "2/2"].map(shard => thimble(["run", "--shard", shard, ...args]));
		return { broker, listener, runs };
	}

	it("is looked at by each part for its own boards alone; what is settled and not there breaks a promise", async () => {
		// To a client of 3.1.1 the broker says that all is well, and tells nobody of the reading.
		const { broker, listener, runs } = await parts({ refusedTopics: { "thimble/board-02/telemetry": 0x87 } });
		const filters = () =>
			[...broker.sessions.values()]
				.filter(({ clientId }) => clientId.startsWith("thimble-observer-"))
				.map(({ subscriptions }) => [...subscriptions.keys()].sort())
				.sort();
		await until("observers", () => filters().flat().length === 4);
		expect(filters()).toEqual([
			["thimble/board-01/telemetry", "thimble/board-03/telemetry"],
			["thimble/board-02/telemetry", "thimble/board-04/telemetry"],
		]);
		expect(await Promise.all(runs.map(run => run.code))).toEqual([1, 1]);
		await until("nobody left", () => filters().length === 0);
		await listener.close();
		const whole = eventsOf(runs[0]!).at(-1) as Record<string, number>;
		const lost = eventsOf(runs[1]!).filter(({ device, event }) => device === "board-02" && event === "settled").length;
		expect(lost).toBeGreaterThan(5);
		expect(whole).toMatchObject({ gaps: lost, arrived: whole["published"]! - lost, missing: [] });
		expect(runs[0]!.err()).toContain(`a promise was broken: ${lost} settled readings have not arrived, 0 came twice`);
	});

	it("is unknown where the broker does not let one of them look, and no promise is broken by that", async () => {
		const { listener, runs } = await parts({ refusedFilters: ["thimble/board-04/telemetry"] });
		expect(await Promise.all(runs.map(run => run.code))).toEqual([0, 0]);
		await listener.close();
		const whole = eventsOf(runs[0]!).at(-1)!;
		expect(whole).not.toHaveProperty("gaps");
		expect(whole["unseen"]).toBe("the broker refuses our observer's subscription (refused)");
	});
});

describeWith(["mosquitto", "mosquitto_sub"], "the parts of a run at mosquitto", () => {
	let mosquitto: Mosquitto;
	let folder: string;
	beforeAll(async () => {
		mosquitto = await Mosquitto.start();
		folder = mkdtempSync(join(tmpdir(), "thimble-shards-"));
	});
	afterAll(async () => {
		await mosquitto.close();
		rmSync(folder, { recursive: true, force: true });
	});

	function part(shard: string, ...more: string[]): Command {
		const url = `mqtt://127.0.0.1:${mosquitto.port}`;
		const boards = ["--devices", "5", "--interval", "50ms", "--qos", "2"];
		return thimble(["run", "--shard", shard, "--broker", url, ...boards, "--json", ...more]);
	}

	function summaryOf(run: Command): Record<string, number> {
		return eventsOf(run).at(-1) as Record<string, number>;
	}

	it("make one report, which is the sum of theirs, and leave nothing at the broker", async () => {
		const file = join(folder, "whole.json");
		const second = part("2/2", "--duration", "2s");
		await sleep(500);
		const first = part("1/2", "--duration", "2s", "--report", file);
		expect([await first.code, await second.code, first.err(), second.err()]).toEqual([0, 0, "", ""]);
		const devices = [first, second].map(
			run => new Set(eventsOf(run).flatMap(({ device }) => (device ? [device] : []))),
		);
		expect([...devices[0]!].sort()).toEqual(["board-01", "board-03", "board-05"]);
		expect([...devices[1]!].sort()).toEqual(["board-02", "board-04"]);
		const whole = summaryOf(first);
		const other = summaryOf(second);
		expect(whole).toMatchObject({ event: "summary", devices: 5, seenOnline: 5, lost: 0, parts: 2, missing: [] });
		const own = eventsOf(first).filter(({ event }) => event === "reading").length;
		expect(whole["published"]).toBe(own + other["published"]!);
		const report = JSON.parse(readFileSync(file, "utf8")) as Report;
		expect(report.summary).toMatchObject({ published: whole["published"], settled: whole["settled"], devices: 5 });
		expect(report.boards.map(({ device }) => device)).toEqual([1, 2, 3, 4, 5].map(i => `board-0${i}`));
		expect(report.latency.acknowledged.count).toBe(whole["settled"]);
		expect(report.latency.connect.count).toBe(5);
		// What arrives is looked at by each part, as a run of one part does.
		const { published } = report.summary;
		expect(whole).toMatchObject({ arrived: published, gaps: 0, duplicatesQos1: 0, duplicatesQos2: 0 });
		expect(report.latency.arrived.count).toBe(published);
		expect(report.boards.map(({ gaps }) => gaps)).toEqual([0, 0, 0, 0, 0]);
		expect(report.judgements.slice(0, 4).map(({ verdict }) => verdict)).toEqual(["kept", "kept", "kept", "kept"]);
		const left = spawnClient("mosquitto_sub", ["-p", String(mosquitto.port), "-t", "thimble-run/#", "-W", "1"]);
		await new Promise(resolve => left.child.once("close", resolve));
		expect(left.lines).toEqual([]);
	});

	it("begin without one that does not come: the report says so, and all end with 1", async () => {
		const runs = [part("1/3", "--wait", "2s", "--duration", "1s"), part("3/3", "--wait", "9s", "--duration", "1s")];
		expect(await Promise.all(runs.map(run => run.code))).toEqual([1, 1]);
		expect(summaryOf(runs[0]!)).toMatchObject({ devices: 3, missing: ["part 2/3 did not come"] });
	});

	it("tell of one that dies in between", async () => {
		const first = part("1/2");
		const second = part("2/2");
		for (const run of [first, second]) await until("a reading", () => `${run.out()}`.includes('"event":"settled"'));
		second.child.kill("SIGKILL");
		first.child.kill("SIGINT");
		expect(await first.code).toBe(1);
		expect(summaryOf(first)).toMatchObject({ devices: 3, missing: ["part 2/2 died"] });
	});

	it("stop all at the Ctrl-C of one, and that of the first who waits ends it", async () => {
		const runs = [part("1/2"), part("2/2")];
		for (const run of runs) await until("a reading", () => `${run.out()}`.includes('"event":"settled"'));
		runs[1]!.child.kill("SIGINT");
		expect(await Promise.all(runs.map(run => run.code))).toEqual([0, 0]);
		expect(summaryOf(runs[0]!)).toMatchObject({ devices: 5, missing: [] });
		const alone = part("1/2");
		await until("its broker", () => `${alone.out()}`.includes('"event":"broker"'));
		await sleep(300);
		alone.child.kill("SIGINT");
		expect(await alone.code).toBe(1);
	});

	it("do not meet with another scenario under the same name", async () => {
		const first = part("1/2", "--run", "mine", "--seed", "1", "--wait", "4s", "--duration", "1s");
		const second = part("2/2", "--run", "mine", "--seed", "2", "--duration", "1s");
		expect(await second.code).toBe(2);
		expect(second.err()).toContain("runs another scenario");
		expect(await first.code).toBe(1);
	});
});
