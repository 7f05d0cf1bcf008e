import { describe, expect, it } from "vitest";
import { checked } from "../../../host-sim/fleet/schema.js";
import { FAULTS, type Incident, incident, Timeline } from "../../../host-sim/fleet/timeline.js";
import { SeededRandom, World } from "../../../host-sim/testing.js";
import { Faults } from "../../../host-sim/world/fault.js";

const check = (given: object): Incident => checked(incident, { at: "1s", ...given }, "");

describe("what a timeline says", () => {
	it.each([
		[{ fault: "cut" }, { fault: "cut" }],
		[{ fault: "hang" }, { fault: "hang" }],
		[{ fault: "partition", for: "1s" }, { fault: "partition" }],
		[{ fault: "wifi-loss", for: "1s" }, { fault: "wifi-loss" }],
		[{ fault: "dns-fails", for: "1s" }, { fault: "dns-fails" }],
		[{ fault: "dns-silent", for: "1s" }, { fault: "dns-silent" }],
		[
			{ fault: "slow-link", for: "1s", latency: "300ms", jitter: "1s", bandwidth: 100, slice: 3 },
			{ fault: "slow-link", latencyMs: 300, jitterMs: 1000, bandwidth: 100, slice: 3 },
		],
		[{ fault: "low-memory", for: "1s" }, { fault: "low-memory" }],
		[{ fault: "power-cut", for: "1s" }, { fault: "power-cut" }],
		[{ fault: "power-cut-at-write" }, { fault: "power-cut-at-write", operation: 1, mode: "torn" }],
		[
			{ fault: "power-cut-at-write", operation: 4, mode: "after" },
			{ fault: "power-cut-at-write", operation: 4, mode: "after" },
		],
		[{ fault: "flash-full", for: "1s" }, { fault: "flash-full" }],
		[{ fault: "flash-worn" }, { fault: "flash-worn" }],
		[{ fault: "reset" }, { fault: "reset" }],
		[
			{ fault: "clock-skip", by: "2h" },
			{ fault: "clock-skip", byMs: 7_200_000 },
		],
		[
			{ fault: "clock-set", by: "-2h" },
			{ fault: "clock-set", byMs: -7_200_000 },
		],
		[
			{ fault: "clock-drift", ppm: -40.5, for: "1s" },
			{ fault: "clock-drift", ppm: -40.5 },
		],
		[{ fault: "broker-stop", for: "1s" }, { fault: "broker-stop" }],
		[{ fault: "broker-forgets", for: "1s" }, { fault: "broker-forgets" }],
		[
			{ fault: "broker-refuses", for: "1s", reason: 137 },
			{ fault: "broker-refuses", reason: 137 },
		],
		[
			{ fault: "broker-answers", for: "1s", late: "3s", wrong: 7 },
			{ fault: "broker-answers", lateMs: 3000, twice: 0, wrong: 7 },
		],
	])("%j is a fault of the world", (given, fault) => {
		expect(check(given).fault).toEqual(fault);
	});

	it("knows every fault that there is", () => {
		expect(FAULTS.length).toBe(22);
	});

	it("says when, whom, how long and how often", () => {
		expect(check({ fault: "cut" })).toEqual({ fault: { fault: "cut" }, at: 1000, boards: "all", spread: 0 });
		expect(
			check({ fault: "partition", at: "0s", for: "30s", every: "10m", spread: "20s", boards: ["a", "b"] }),
		).toEqual({
			fault: { fault: "partition" },
			at: 0,
			for: 30_000,
			every: 600_000,
			spread: 20_000,
			boards: ["a", "b"],
		});
	});

	it.each([
		[{ fault: "wifi" }, /^fault: expected cut, hang, partition, .* or broker-answers, got "wifi"$/],
		[{}, /^fault: expected cut, hang/],
		[{ fault: "wifi-loss" }, /^for: missing; expected a duration from 1ms to 8760h/],
		[{ fault: "cut", for: "1s" }, "for: cut is over at once: leave it out"],
		[{ fault: "power-cut-at-write", for: "1s" }, "for: power-cut-at-write is over at once: leave it out"],
		[{ fault: "flash-full" }, /^for: missing; expected a duration/],
		[{ fault: "flash-worn", for: "1s" }, "for: flash-worn is for good: leave it out"],
		[{ fault: "flash-worn", every: "1h" }, "every: flash-worn is for good: leave it out"],
		[{ fault: "broker-stop", for: "1s", boards: "all" }, /^boards: broker-stop befalls the broker.*leave it out$/],
		[{ fault: "broker-stop", for: "1s", spread: "1s" }, /^spread: broker-stop befalls the broker/],
		[{ fault: "cut", at: "-1s" }, /^at: expected a duration from 0ms/],
		[{ fault: "cut", boards: [] }, /^boards: expected a board, a group, "all", or a list/],
		[{ fault: "cut", boards: 3 }, 'boards: expected a board, a group, "all", or a list of boards and groups, got 3'],
		[{ fault: "cut", board: "x" }, "board: unknown; known are fault, at, every, boards, spread"],
		[{ fault: "clock-skip", by: "-2h" }, /^by: expected a duration from 1ms to 24h/],
		[{ fault: "broker-refuses", for: "1s", reason: 3 }, "reason: expected a whole number from 128 to 255, got 3"],
		[{ fault: "power-cut-at-write", mode: "half" }, 'mode: expected before, torn, lost or after, got "half"'],
		[{ fault: "clock-drift", for: "1s" }, "ppm: missing; expected a number from -100000 to 100000"],
	])("%j: one sentence, with the path", (given, message) => {
		expect(() => check(given)).toThrow(message);
	});
});

describe("a timeline in a world", () => {
	function play(incidents: object[], during: (world: World, timeline: Timeline) => void, seed = 1) {
		const world = new World({ seed });
		const machines = ["a", "b", "c"].map(name => world.machine(name, () => {}));
		for (const machine of machines) machine.on();
		const told: string[] = [];
		const timeline = new Timeline(incidents.map(check), {
			time: world.time,
			faults: new Faults(world),
			random: new SeededRandom(seed),
			machines: whom => machines.filter(({ name }) => whom === "all" || whom.includes(name)),
			told: (event, { fault }, machine) => told.push(`${world.time.now} ${event} ${fault} ${machine?.name ?? "-"}`),
		});
		during(world, timeline);
		return { world, told, machines };
	}

	it("strikes at its time, for its time, whom it says", () => {
		const { told, machines } = play([{ fault: "power-cut", at: "2s", for: "3s", boards: ["b"] }], world =>
			world.run(4000),
		);
		expect(told).toEqual(["2000 fault power-cut b"]);
		expect(machines.map(({ isOn }) => isOn)).toEqual([true, false, true]);
	});

	it("takes back what lasts, and strikes again and again", () => {
		const { told, machines } = play([{ fault: "power-cut", for: "1s", every: "10s", boards: "a" }], world =>
			world.run(25_000),
		);
		expect(told).toEqual(
			[1000, 11_000, 21_000].flatMap(at => [`${at} fault power-cut a`, `${at + 1000} mended power-cut a`]),
		);
		expect(machines[0]!.boots).toBe(4);
	});

	it("hits each board at a moment of its own within the spread, by the seed alone", () => {
		const times = (seed: number) =>
			play([{ fault: "cut", spread: "10s" }], world => world.run(20_000), seed).told.map(line => line.split(" ")[0]);
		expect(new Set(times(1)).size).toBe(3);
		for (const time of times(1)) expect(Number(time)).toBeLessThanOrEqual(11_000);
		expect(times(1)).toEqual(times(1));
		expect(times(1)).not.toEqual(times(2));
	});

	it("strikes the broker once for all", () => {
		const { told } = play([{ fault: "broker-stop", for: "2s" }], world => world.run(5000));
		expect(told).toEqual(["1000 fault broker-stop -", "3000 mended broker-stop -"]);
	});

	it("at its end mends what is wrong, and nothing goes wrong any more", () => {
		const incidents = [
			{ fault: "power-cut", for: "1h", boards: "a" },
			{ fault: "broker-stop", for: "1h" },
			{ fault: "cut", every: "1s", spread: "3s" },
		];
		const { told, machines } = play(incidents, (world, timeline) => {
			world.run(3500);
			timeline.end();
			world.run(60_000);
		});
		const late = told.filter(line => Number(line.split(" ")[0]) >= 3500);
		expect(late).toEqual(["3500 mended power-cut a", "3500 mended broker-stop -"]);
		expect(machines[0]!.isOn).toBe(true);
	});
});
