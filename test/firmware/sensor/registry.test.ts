import { describe, expect, it } from "vitest";
import { plansIn, sensorsOf } from "../../../firmware/sensor/registry.js";
import { Reporter } from "../../../firmware/telemetry/reporter.js";

describe("sensors of a configuration", () => {
	it("are named, with an address or a pin, and an analog input with what it stands for", () => {
		const plans = plansIn("bme68x,tmp102@0x49,analog:temperature,analog@34,analog@35:voltage=0..4.2,synthetic");
		const position = { quantity: "position", low: 0, high: 1 };
		expect(plans).toEqual([
			{ text: "bme68x", name: "bme68x", address: undefined, ...position },
			{ text: "tmp102@0x49", name: "tmp102", address: 0x49, ...position },
			{ text: "analog:temperature", name: "analog", address: undefined, quantity: "temperature", low: -50, high: 280 },
			{ text: "analog@34", name: "analog", address: 34, ...position },
			{ text: "analog@35:voltage=0..4.2", name: "analog", address: 35, quantity: "voltage", low: 0, high: 4.2 },
			{ text: "synthetic", name: "synthetic", address: undefined, ...position },
		]);
		expect(plansIn("analog:temperature=100..-20.5")).toMatchObject([{ low: 100, high: -20.5 }]);
		expect(plansIn("")).toEqual([]);
	});

	it.each([
		"bme680",
		"toString",
		",bme68x",
		"bme68x,",
		"tmp102@",
		"tmp102@128",
		"tmp102@-1",
		"tmp102@1.5",
		"tmp102@1@2",
		"tmp102:temperature",
		"synthetic@1",
		"analog:",
		"analog:toString",
		"analog:pressure",
		"analog:voltage=",
		"analog:voltage=1",
		"analog:voltage=1..",
		"analog:voltage=1..2..3",
		"analog:voltage=1..2=3",
		"analog:voltage=a..b",
		"analog:voltage=0..1e999",
		"analog:voltage:1",
	])("%s is none", text => {
		expect(plansIn(text)).toBe(undefined);
	});

	it("one that cannot be made is told by its name, and the others are heard", () => {
		const clock = { now: () => 0, wall: () => 0 };
		const told: unknown[] = [];
		const sensors = sensorsOf(
			plansIn("tmp102@0x49,bme68x,tmp117")!,
			({ name }) => {
				if (name === "tmp102") throw new Error("nobody answers");
				return {
					configure() {},
					sample: () => (name === "bme68x" ? { humidity: 0.5 } : { temperature: 7 }),
					close() {},
				};
			},
			clock,
			(...fault) => told.push(fault),
		);
		const reporter = new Reporter(sensors, clock, 1, {}, 1000);
		expect(reporter.read()).toBe(true);
		const { bytes, length } = reporter.report;
		expect(Buffer.from(bytes.slice(0, length)).toString()).toBe(
			'{"boot":1,"seq":1,"temperature":7.00,"humidity":50.0}',
		);
		expect(told).toEqual([["tmp102@0x49", 1, 1]]);
		expect(reporter.sensorErrors).toBe(0);
	});
});
