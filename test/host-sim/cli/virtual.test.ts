// thimble run in virtual time, as processes; what it refuses is in run.test.ts.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { parseSpeed } from "../../../host-sim/cli/virtual.js";
import { until } from "../../support/mosquitto.js";

const running: ChildProcess[] = [];
const folders: string[] = [];
afterEach(() => {
	for (const child of running.splice(0)) child.kill("SIGKILL");
	for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

type Line = Record<string, unknown>;

function thimble(...args: string[]) {
	const child = spawn(process.execPath, ["--import", "tsx", "host-sim/cli/main.ts", "run", ...args], {
		stdio: ["ignore", "pipe", "pipe"],
	});
	running.push(child);
	const run = {
		child,
		out: "",
		err: "",
		events: (): Line[] =>
			run.out
				.split("\n")
				.slice(0, -1)
				.map(line => JSON.parse(line) as Line),
		code: new Promise<number | null>(resolve => child.once("close", code => resolve(code))),
	};
	child.stdout!.on("data", data => {
		run.out += data;
	});
	child.stderr!.on("data", data => {
		run.err += data;
	});
	return run;
}

/** A file with that scenario. */
function scenario(given: object): string {
	const folder = mkdtempSync(join(tmpdir(), "thimble-"));
	folders.push(folder);
	const path = join(folder, "given.json");
	writeFileSync(path, JSON.stringify(given));
	return path;
}

describe("thimble run in virtual time", () => {
	it("runs a scenario of an hour in seconds, by its path, and sums it up", async () => {
		const run = thimble("host-sim/scenarios/bad-night.json", "--speed", "max");
		expect(await run.code).toBe(0);
		expect(run.err).toBe("");
		const lines = run.out.split("\n");
		expect(lines[0]).toBe("World     virtual, as fast as it goes, seed 7, 10 faults in its timeline");
		expect(lines[1]).toBe("Boards    20 boards: 12 attic, 8 cellar");
		expect(lines[2]).toBe("Stop      after 1 h of the scenario, or Ctrl-C");
		expect(lines[3]).toMatch(/^published \d+ {2}settled \d+ .* restarts \d+ {2}ping median \d+ ms$/);
		expect(lines[4]).toMatch(/^simulated 1 h in .*times real time; CPU .* grown by .* bytes a board$/);
		expect(lines[5]).toMatch(/^broker {4}\d+ readings arrived {2}gaps 0 {2}duplicates at QoS 1 \d+, at QoS 2 0 /);
		expect(lines[6]).toMatch(
			/^flash {5}\d+ writes, \d\.?\d* a reading, \d+ at most on a board; \d+\.?\d* entries a reading; /,
		);
		expect(lines[6]).toMatch(/; NVS would last \d+ days$/);
		expect(lines[7]).toMatch(/^faults {4}broker-answers 1, broker-stop 3, .*wifi-loss \d+$/);
		expect(lines.length).toBe(9);
	});

	it("runs boards that see: each answer arrives once, and is the one that the model gives here", async () => {
		const run = thimble("recognition", "--speed", "max", "--json");
		expect(await run.code).toBe(0);
		const events = run.events();
		const summary = events.at(-1)!;
		expect(summary).toMatchObject({ event: "summary", seenOnline: 10, gaps: 0, duplicatesQos1: 0, duplicatesQos2: 0 });
		expect(summary).toMatchObject({ lost: 0, refused: 0, dropped: 0 });
		expect(summary["settled"]).toBe(summary["published"]);
		const { answers, different, right, rightHere } = summary["recognition"] as unknown as Record<string, number>;
		expect([answers, right, different]).toEqual([summary["arrived"], rightHere, 0]);
		expect(answers).toBeGreaterThan(2000);
		// As good as the model is, which is never all of them.
		expect(right! / answers!).toBeGreaterThan(0.85);
		expect(right).toBeLessThan(answers!);
		// The readings that they publish have said as much.
		const readings = events.filter(({ event }) => event === "reading").map(({ payload }) => payload as Line);
		expect(readings.length).toBe(summary["published"]);
		for (const { source, top } of readings) expect([source, (top as unknown as Line[]).length]).toEqual(["camera", 3]);
		const missed = events.filter(({ event }) => event === "fault").length;
		expect(missed).toBeGreaterThan(50);
	});

	it("--until ends it at that time of the scenario; --json tells everything by the scenario's clock, the same each time", async () => {
		const run = () => thimble("bad-night", "--until", "5m", "--json");
		const [first, second] = [run(), run()];
		expect([await first.code, await second.code]).toEqual([0, 0]);
		const events = first.events();
		expect(events[0]).toEqual({ time: 0, event: "world", seed: 7, devices: 20, speed: "max" });
		const summary = events.at(-1)!;
		expect(summary).toMatchObject({ event: "summary", simulatedMs: 300_000, gaps: 0, duplicatesQos2: 0 });
		for (const name of ["wallMs", "cpuMs", "ratio", "bytesPerBoard"]) expect(summary[name], name).toBeGreaterThan(0);
		const times = events.map(({ time }) => Number(time));
		expect(times).toEqual([...times].sort((a, b) => a - b));
		expect(events).toContainEqual(expect.objectContaining({ event: "fault", fault: "wifi-loss" }));
		const reading = events.find(({ event }) => event === "reading")!;
		expect((reading["payload"] as Line)["time"]).toBe(Date.UTC(2026, 0, 1) + Number(reading["time"]));
		expect(first.out.split("\n").slice(0, -2)).toEqual(second.out.split("\n").slice(0, -2));
	});

	it("at Ctrl-C the boards say goodbye in virtual time, and it ends with 0", async () => {
		const run = thimble("--devices", "20", "--until", "8000h", "--json");
		await until("readings", () => run.out.includes('"settled"'));
		run.child.kill("SIGINT");
		expect(await run.code).toBe(0);
		const events = run.events();
		expect(events.filter(({ event }) => event === "stopped")).toEqual(
			Array(20).fill(expect.objectContaining({ drained: true })),
		);
		const summary = events.at(-1)!;
		expect(summary["settled"]).toBe(summary["published"]);
	});

	it("keeps a pace: twenty times real time is a minute in three seconds", async () => {
		const started = performance.now();
		const run = thimble("--speed", "20", "--duration", "1m", "--json");
		expect(await run.code).toBe(0);
		const summary = run.events().at(-1)!;
		expect(summary["simulatedMs"]).toBe(60_000);
		expect(summary["wallMs"]).toBeGreaterThanOrEqual(2900);
		expect(performance.now() - started).toBeLessThan(15_000);
	});

	it("a scenario with faults and no --speed runs in real time, and shows what goes wrong", async () => {
		const path = scenario({ devices: 1, duration: "2s", timeline: [{ at: "1s", fault: "cut" }] });
		const run = thimble(path);
		expect(await run.code).toBe(0);
		expect(run.out).toContain("World     virtual, in real time, seed 1, 1 fault in its timeline");
		expect(run.out).toContain("board-01 fault: cut\nboard-01 offline: connection lost\n");
		expect(run.out).toMatch(/simulated 2 s in [2-9](\.\d)? s, /);
	});

	it("[MQTT-4.4.0-1] --check tells who breaks a statement, and ends with 1", async () => {
		// With the power goes what a session in RAM has under way: from outside, it is not sent again.
		const path = scenario({
			devices: 3,
			duration: "5m",
			qos: 2,
			link: { latency: "200ms" },
			timeline: [{ at: "32s", fault: "power-cut", for: "2s", every: "1m", spread: "1s" }],
		});
		const run = thimble(path, "--speed", "max", "--check", "--json");
		expect(await run.code).toBe(1);
		const violations = run.events().filter(({ event }) => event === "violation");
		expect(new Set(violations.map(({ statement }) => statement))).toEqual(new Set(["MQTT-4.4.0-1"]));
		const good = thimble("broker-forgets", "--until", "10m", "--check");
		expect(await good.code).toBe(0);
	});

	it("a fault that outlasts the scenario is mended at its end, so that the boards can say goodbye", async () => {
		const path = scenario({ devices: 2, duration: "1m", timeline: [{ at: "0s", fault: "dns-fails", for: "2h" }] });
		const run = thimble(path, "--speed", "max");
		expect(await run.code).toBe(0);
		expect(run.out).toContain("faults    dns-fails 2");
	});
});

it("a speed is max, or how many times faster than real time", () => {
	expect(parseSpeed("max")).toBe(Number.POSITIVE_INFINITY);
	expect(parseSpeed(0.5)).toBe(0.5);
	expect(parseSpeed("60")).toBe(60);
	for (const wrong of [0, -1, "fast", "", Number.NaN, 1e9])
		expect(() => parseSpeed(wrong)).toThrow("--speed: expected max");
});
