import { describe, expect, it } from "vitest";
import { curve, recognition, telemetry } from "../../../host-sim/fleet/measuring.js";
import { checked, UsageError } from "../../../host-sim/fleet/schema.js";

describe("what boards measure", () => {
	it("is a constant, a shape with noise, or the weather", () => {
		expect(checked(curve, 21.5, "")).toEqual({ shape: { constant: 21.5 }, noise: 0, offset: 0 });
		expect(checked(curve, { points: [["1h", 3]], noise: 2 }, "")).toEqual({
			shape: { points: [[3_600_000, 3]] },
			noise: 2,
			offset: 0,
		});
		expect(checked(curve, "seattle", "")).toBe(undefined);
		expect(() => checked(curve, { constant: 1, points: [] }, "c.")).toThrow(UsageError);
	});

	it("is reported by a policy whose times are texts", () => {
		expect(checked(telemetry, { interval: "5s", deadband: 0.2, heartbeat: "10m", batchTime: "1m" }, "")).toEqual({
			intervalMs: 5_000,
			deadband: 0.2,
			heartbeatMs: 600_000,
			batchMs: 60_000,
		});
	});
});

describe("what boards see", () => {
	it.each([
		[true, {}],
		[false, undefined],
		[
			{ threshold: 80, every: true },
			{ threshold: 80, every: true },
		],
	])("%j is %j", (given, expected) => {
		expect(checked(recognition, given, "")).toEqual(expected);
	});

	it.each([
		[{ threshold: 101 }, "threshold: expected a whole number from 0 to 100, got 101"],
		[{ every: 1 }, "every: expected true or false, got 1"],
		[{ deadband: 1 }, "deadband: unknown; known are threshold, every"],
		["yes", 'expected true, false, or an object of threshold and every, got "yes"'],
	])("%j is refused", (given, sentence) => {
		expect(() => checked(recognition, given, "")).toThrow(sentence);
	});
});
