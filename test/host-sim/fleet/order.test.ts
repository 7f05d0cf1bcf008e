import { describe, expect, it } from "vitest";
import { isOrder, order } from "../../../host-sim/fleet/order.js";
import { checkScenario, needsWorld } from "../../../host-sim/fleet/scenario.js";
import { checked } from "../../../host-sim/fleet/schema.js";

const check = (value: object) => checked(order, value, "");

describe("what boards are told in a timeline", () => {
	it("is a command or new firmware, when, to whom, and how often", () => {
		expect(check({ at: "1m", command: "sample" })).toEqual({
			at: 60_000,
			command: "sample",
			fields: {},
			boards: "all",
			spread: 0,
		});
		expect(check({ at: "1h", command: "set", with: { qos: 2 }, boards: ["a"], every: "2h", spread: "5m" })).toEqual({
			at: 3_600_000,
			command: "set",
			fields: { qos: 2 },
			boards: ["a"],
			every: 7_200_000,
			spread: 300_000,
		});
		expect(check({ at: "0s", update: "1.1.0", broken: true })).toEqual({
			at: 0,
			update: "1.1.0",
			isBroken: true,
			boards: "all",
			spread: 0,
		});
		expect([{ command: "x" }, { update: "1.0.0" }, { fault: "cut" }, 3, null].map(isOrder)).toEqual([
			true,
			true,
			false,
			false,
			false,
		]);
	});

	it.each([
		[{ at: "1s", command: "a/b" }, "command: expected the name of a command, such as set"],
		[{ at: "1s", command: "set", with: 3 }, "with: expected an object, got 3"],
		[{ at: "1s", update: "new" }, "update: expected a version, such as 1.1.0"],
		[{ command: "set" }, "at: missing; expected a duration"],
		[{ at: "1s", update: "1.1.0", with: {} }, "with: unknown; known are at, every, boards, spread, update, broken"],
	])("%j: one sentence, with the path", (given, message) => {
		expect(() => check(given)).toThrow(message);
	});

	it("is for boards that listen to it, and those never sleep; and it takes a world", () => {
		const timeline = [{ at: "1s", command: "sample", boards: "board-02" }];
		expect(() => checkScenario({ timeline }, "")).toThrow(
			'timeline[0].boards: board-02 does not listen to that; expected "commands": true for it',
		);
		const scenario = checkScenario({ timeline, commands: true }, "");
		expect([scenario.timeline.length, scenario.orders.length, needsWorld(scenario)]).toEqual([0, 1, true]);
		expect(() => checkScenario({ timeline: [{ at: "1s", update: "1.1.0" }], commands: true }, "")).toThrow(
			'expected "updates": true for it',
		);
		expect(() => checkScenario({ sleep: true, commands: true }, "")).toThrow("board-01 would sleep through commands");
		expect(needsWorld(checkScenario({ sleep: true }, ""))).toBe(true);
		expect(needsWorld(checkScenario({ commands: true }, ""))).toBe(false);
	});
});
