// The shapes are those of the SDK's drivers, with the units that each of them has.

import { describe, expect, it } from "vitest";
import type { Sample } from "../../../firmware/io.js";
import { ADAPTERS, type DriverSample, emptySample } from "../../../firmware/sensor/adapters.js";

function adapted(name: string, given: DriverSample, into = emptySample()): Sample {
	ADAPTERS[name]!(given, into);
	return Object.fromEntries(Object.entries(into).filter(([, value]) => !Number.isNaN(value)));
}

describe("what the SDK's drivers say", () => {
	const thermometer = { temperature: 21.5 };
	it.each<[string, DriverSample, Sample]>([
		[
			"bme68x",
			{ thermometer, hygrometer: { humidity: 0.45 }, barometer: { pressure: 101_325 } },
			{ temperature: 21.5, humidity: 0.45, pressure: 101_325 },
		],
		["bmp280", { barometer: { pressure: 98_000 }, thermometer }, { temperature: 21.5, pressure: 98_000 }],
		// In percent, where the standard has a fraction.
		["sht3x", { thermometer, hygrometer: { humidity: 45 } }, { temperature: 21.5, humidity: 0.45 }],
		["shtc3", { thermometer, hygrometer: { humidity: 45 } }, { temperature: 21.5, humidity: 0.45 }],
		["aht10", { thermometer, hygrometer: { humidity: 45 } }, { temperature: 21.5, humidity: 0.45 }],
		["tmp102", { temperature: -3.0625 }, { temperature: -3.0625 }],
		["tmp117", { temperature: -3.0078125 }, { temperature: -3.0078125 }],
		[
			"mpu6050",
			{ accelerometer: { x: 0.1, y: -0.2, z: 9.81 } },
			{ accelerationX: 0.1, accelerationY: -0.2, accelerationZ: 9.81 },
		],
	])("%s", (name, given, expected) => {
		expect(adapted(name, given)).toEqual(expected);
	});

	it("is nothing of what a bad checksum has cost, also where there was something before", () => {
		for (const name of ["sht3x", "bme68x", "bmp280", "tmp102", "mpu6050"]) {
			const into = emptySample();
			adapted(
				name,
				{ temperature: 1, thermometer, hygrometer: { humidity: 1 }, accelerometer: { x: 1, y: 1, z: 1 } },
				into,
			);
			expect(adapted(name, { thermometer: {}, hygrometer: {} }, into)).toEqual({});
		}
	});
});
