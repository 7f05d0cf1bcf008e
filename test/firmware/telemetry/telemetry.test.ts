import { describe, expect, it } from "vitest";
import type { Sample, Sensor } from "../../../firmware/io.js";
import { Telemetry } from "../../../firmware/telemetry/telemetry.js";

const sensor = (sample: () => Sample | undefined): Sensor => ({ configure() {}, sample, close() {} });
const clock = { now: () => 0, wall: () => 1_700_000_000_000 };

function read(sensors: Sensor[], wall = clock): [Telemetry, unknown] {
	const telemetry = new Telemetry(sensors, wall, 7);
	if (!telemetry.read()) return [telemetry, undefined];
	return [telemetry, JSON.parse(Buffer.from(telemetry.report.bytes.subarray(0, telemetry.report.length)).toString())];
}

describe("telemetry", () => {
	it("puts several sensors into one reading, in the documented units", () => {
		const [, reading] = read([
			sensor(() => ({ temperature: 21.534 })),
			sensor(() => ({ humidity: 0.4567, pressure: 101_325.4 })),
		]);
		expect(reading).toEqual({
			time: 1_700_000_000_000,
			boot: 7,
			seq: 1,
			temperature: 21.53,
			humidity: 45.7,
			pressure: 1013.25,
		});
	});

	it("has no time as long as nobody has set the clock", () => {
		const [, reading] = read([sensor(() => ({ temperature: 1 }))], { now: () => 0, wall: () => 0 });
		expect(reading).toEqual({ boot: 7, seq: 1, temperature: 1 });
	});

	it("goes on without a sensor that throws, has nothing, or says nonsense", () => {
		const [telemetry, reading] = read([
			sensor(() => ({ temperature: 5 })),
			sensor(() => {
				throw new Error("bus");
			}),
			sensor(() => undefined),
			sensor(() => ({ temperature: Number.NaN, pressure: Number.POSITIVE_INFINITY })),
		]);
		expect(reading).toEqual({ time: 1_700_000_000_000, boot: 7, seq: 1, temperature: 5 });
		expect(telemetry.sensorErrors).toBe(1);
	});

	it("is no reading where nobody has anything to say", () => {
		const [telemetry, reading] = read([sensor(() => undefined)]);
		expect([reading, telemetry.sequence]).toEqual([undefined, 0]);
	});
});
