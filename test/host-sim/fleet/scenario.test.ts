import { describe, expect, it } from "vitest";
import { checkScenario, parseDuration, readScenario, UsageError } from "../../../host-sim/fleet/scenario.js";

describe("scenario", () => {
	it("fills in what is not said, and turns durations into ms", () => {
		expect(checkScenario({}, "")).toEqual({
			devices: 3,
			seed: 1,
			qos: 1,
			protocol: "3.1.1",
			interval: 1000,
			keepAlive: 60,
		});
		expect(checkScenario({ interval: "2.5s", duration: "1h" }, "")).toMatchObject({
			interval: 2500,
			duration: 3_600_000,
		});
		expect(checkScenario(readScenario("first-light"), "")).toMatchObject({ devices: 3 });
	});

	it.each([
		[{ devices: 0 }, "x: devices: expected a whole number from 1 to 10000, got 0"],
		[{ devices: 1.5 }, "x: devices: expected a whole number from 1 to 10000, got 1.5"],
		[{ devices: "3" }, 'x: devices: expected a whole number from 1 to 10000, got "3"'],
		[{ qos: 3 }, "x: qos: expected 0, 1 or 2, got 3"],
		[{ interval: "soon" }, /^x: interval: expected a duration from 10ms to 24h, such as .*, got "soon"$/],
		[{ interval: "1ms" }, /^x: interval: expected a duration/],
		[{ device: 3 }, "x: device: unknown; known are devices, seed, qos, protocol, interval, duration, keepAlive"],
	])("names the path and what was expected: %j", (value, message) => {
		expect(() => checkScenario(value, "x: ")).toThrow(UsageError);
		expect(() => checkScenario(value, "x: ")).toThrow(message);
	});

	it("unknown names and files that are no JSON get a sentence", () => {
		expect(() => readScenario("nosuch")).toThrow(
			'there is no scenario "nosuch"; known are first-light, and paths of JSON files',
		);
		expect(() => readScenario("./README.md")).toThrow(UsageError);
	});

	it.each([
		["500ms", 500],
		["1s", 1000],
		["1.5m", 90_000],
		["24h", 86_400_000],
		["", undefined],
		["5", undefined],
		["-1s", undefined],
		["1 s", undefined],
	])("duration %s", (text, expected) => {
		expect(parseDuration(text)).toBe(expected);
	});
});
