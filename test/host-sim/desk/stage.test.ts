// Stages without a server: what goes wrong by order, and who is told. By virtual time where nothing else is the point.

import { describe, expect, it } from "vitest";
import { Feed } from "../../../host-sim/desk/feed.js";
import { liveStage, Stage, type StageEvent } from "../../../host-sim/desk/stage.js";
import { checkScenario } from "../../../host-sim/fleet/scenario.js";

function staged(given: object) {
	const scenario = checkScenario(given, "");
	const { stage } = liveStage(scenario, { title: "test", where: { url: "mqtt://broker:1883" } });
	const told: StageEvent[] = [];
	stage.listeners.add(event => told.push(event));
	const pass = (ms: number) => stage.simulation.advance(stage.simulation.now + ms);
	return { pass, scenario, stage, told };
}

describe("a stage in a world", () => {
	it("says what it is: boards, faults, both clocks", () => {
		const { pass, stage } = staged({ devices: 2, protocol: "5", qos: 2, interval: "5s" });
		expect(stage.title).toBe("test");
		expect(stage.broker).toEqual({ url: "mqtt://broker:1883", embedded: true });
		expect(stage.boards).toEqual(
			["board-01", "board-02"].map(device => ({ device, engine: "node", qos: 2, protocol: "5.0", interval: 5000 })),
		);
		expect(stage.faults).toContain("wifi-loss");
		pass(1234);
		expect(stage.now).toBe(1234);
		expect(Math.abs(stage.wall - 1234 - Date.now())).toBeLessThan(5000);
	});

	it("what lasts and is given no time lasts until it is mended, by its number", () => {
		const { pass, stage, told } = staged({ devices: 2 });
		pass(5000);
		stage.strike({ fault: "wifi-loss", boards: ["board-02"] });
		pass(600_000);
		const trouble = { id: 1, fault: "wifi-loss", device: "board-02", since: 5000 };
		expect(stage.troubles).toEqual([trouble]);
		expect(stage.simulation.fleet.boards.map(({ isOnline }) => isOnline)).toEqual([true, false]);
		stage.mend(1);
		expect(stage.troubles).toEqual([]);
		pass(120_000);
		expect(stage.simulation.fleet.boards[1]!.isOnline).toBe(true);
		expect(told).toEqual([
			{ event: "trouble", trouble },
			{ event: "mended", id: 1, fault: "wifi-loss", device: "board-02", at: 605_000 },
		]);
		expect(() => stage.mend(1)).toThrow("id: nothing that is wrong now has the number 1");
	});

	it("what is given a time is over after that, and is not mended twice", () => {
		const { pass, stage, told } = staged({ devices: 1 });
		pass(5000);
		stage.strike({ fault: "power-cut", for: "2s" });
		stage.strike({ fault: "sensor-fails", for: "1m" });
		pass(10_000);
		stage.mend();
		pass(120_000);
		expect(told).toEqual([
			{ event: "trouble", trouble: { id: 1, fault: "power-cut", device: "board-01", since: 5000, until: 7000 } },
			{ event: "trouble", trouble: { id: 2, fault: "sensor-fails", device: "board-01", since: 5000, until: 65_000 } },
			{ event: "mended", id: 1, fault: "power-cut", device: "board-01", at: 7000 },
			{ event: "restarted", device: "board-01", reason: "power cut", at: 7300 },
			{ event: "mended", id: 2, fault: "sensor-fails", device: "board-01", at: 15_000 },
		]);
	});

	it("what is over at once is over when it is told, and what is for good cannot be mended", () => {
		const { pass, stage, told } = staged({ devices: 1 });
		pass(5000);
		stage.strike({ fault: "cut" });
		stage.strike({ fault: "flash-worn" });
		expect(told.map(event => event.event === "trouble" && event.trouble)).toEqual([
			{ id: 1, fault: "cut", device: "board-01", since: 5000, until: 5000 },
			{ id: 2, fault: "flash-worn", device: "board-01", since: 5000 },
		]);
		expect(stage.troubles.map(({ id }) => id)).toEqual([2]);
		expect(() => stage.mend(2)).toThrow("id: that is for good, and cannot be mended");
		stage.mend();
		expect(stage.troubles.map(({ id }) => id)).toEqual([2]);
	});

	it("the faults of its timeline are told as well, and are not mended with those that were ordered", () => {
		const { pass, stage, told } = staged({ devices: 1, timeline: [{ at: "1s", fault: "broker-stop", for: "1h" }] });
		pass(2000);
		stage.strike({ fault: "slow-link", latency: "300ms" });
		stage.mend();
		expect(told.map(event => event.event === "trouble" && event.trouble.fault)).toEqual([
			"broker-stop",
			"slow-link",
			false,
		]);
		expect(stage.troubles).toEqual([{ id: 1, fault: "broker-stop", since: 1000, until: 3_601_000 }]);
		stage.mend(1);
		expect(stage.troubles).toEqual([]);
	});

	it("boards go by their names, their groups or all", () => {
		const groups = [
			{ name: "attic", devices: 2 },
			{ name: "cellar", devices: 2 },
		];
		const { stage } = staged({ groups });
		const struck = (boards?: unknown) => {
			stage.strike({ fault: "wifi-loss", ...(boards !== undefined && { boards }) });
			const devices = stage.troubles.map(({ device }) => device);
			stage.mend();
			return devices;
		};
		expect(struck(["attic", "cellar-02"])).toEqual(["attic-01", "attic-02", "cellar-02"]);
		expect(struck("cellar")).toEqual(["cellar-01", "cellar-02"]);
		expect(struck("all").length).toBe(4);
		expect(struck().length).toBe(4);
	});

	it.each([
		[
			{ fault: "wifi-loss", boards: ["board-9"] },
			'boards[0]: there is no board or group "board-9"; boards are board-01',
		],
		[{ fault: "wifi" }, /^fault: expected cut, hang, .*, got "wifi"$/],
		[{}, /^fault: expected cut/],
		[{ fault: "wifi-loss", for: "soon" }, /^for: expected a duration from 1ms to 8760h/],
		[{ fault: "cut", for: "1s" }, "for: cut is over at once: leave it out"],
		[{ fault: "wifi-loss", at: "1s" }, "at: what is ordered happens once, and now: leave it out"],
		[{ fault: "cut", every: "1s" }, "every: what is ordered happens once, and now: leave it out"],
		[{ fault: "cut", spread: "1s" }, "spread: what is ordered happens once, and now: leave it out"],
		[{ fault: "broker-stop", boards: "all" }, /^boards: broker-stop befalls the broker/],
		[{ fault: "clock-drift" }, /^ppm: missing; expected a number/],
		[{ fault: "wifi-loss", boards: 7 }, /^boards: expected a board, a group/],
		[{ fault: "wifi-loss", boards: ["__proto__"] }, /^boards\[0\]: there is no board or group/],
	])("%j is refused with one sentence, and nothing happens", (order, message) => {
		const { stage, told } = staged({ devices: 1 });
		expect(() => stage.strike(order as Record<string, unknown>)).toThrow(message);
		expect(told).toEqual([]);
	});

	it("at some time enough is wrong", () => {
		const { stage } = staged({ devices: 5000 });
		for (let i = 0; i < 4; i += 1) stage.strike({ fault: "wifi-loss" });
		expect(() => stage.strike({ fault: "wifi-loss" })).toThrow("fault: so much is wrong already");
		stage.mend();
		stage.strike({ fault: "wifi-loss" });
	});
});

describe("boards on real sockets", () => {
	it("have no faults by order; their restarts are told", () => {
		let now = 7;
		const told: StageEvent[] = [];
		const stage = new Stage({
			title: "xs",
			broker: () => ({ url: "mqtt://127.0.0.1:1883", embedded: true }),
			scenario: checkScenario({ devices: 1 }, ""),
			engine: "xs",
			feed: new Feed(),
			wallMs: 1000,
			now: () => now,
			carry() {},
		});
		stage.listeners.add(event => told.push(event));
		expect(stage.boards).toMatchObject([{ device: "board-01", engine: "xs", protocol: "3.1.1" }]);
		expect([stage.faults, stage.troubles, stage.wall]).toEqual([[], [], 1007]);
		expect(() => stage.strike({ fault: "cut" })).toThrow("fault: boards on real sockets have no faults by order");
		expect(() => stage.mend()).toThrow("mend: boards on real sockets have no faults by order");
		now = 9;
		stage.handleEvent({ event: "online", device: "board-01", sessionPresent: false });
		stage.handleEvent({ event: "restarted", device: "board-01", reason: "out of memory", lost: 0 });
		expect(told).toEqual([{ event: "restarted", device: "board-01", reason: "out of memory", at: 9 }]);
	});
});
