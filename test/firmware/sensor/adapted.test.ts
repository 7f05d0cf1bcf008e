import { describe, expect, it } from "vitest";
import { AdaptedSensor, type Driver } from "../../../firmware/sensor/adapted.js";
import { ADAPTERS, type DriverSample } from "../../../firmware/sensor/adapters.js";

interface Given {
	sensor: unknown;
	onError(what?: unknown): void;
}

/** A driver, with what it was given and told. */
function bench(sample: (given: Given) => DriverSample | undefined, made: (given: Given) => void = () => {}) {
	const calls: unknown[] = [];
	class Thermometer implements Driver {
		readonly #given: Given;
		constructor(given: Given) {
			this.#given = given;
			calls.push(given.sensor);
			made(given);
		}
		configure(options: Record<string, unknown>) {
			calls.push(options);
			if (options["bad"] === true) this.#given.onError("bad option");
		}
		sample = () => sample(this.#given);
		close = () => void calls.push("close");
	}
	return { make: () => new AdaptedSensor(Thermometer, { address: 0x49 }, ADAPTERS["tmp102"]!), calls };
}

describe("a driver of the SDK as a sensor", () => {
	it("is made with its bus, configured, asked and closed; its sample is used again", () => {
		let temperature = 20;
		const { make, calls } = bench(() => ({ temperature }));
		const sensor = make();
		sensor.configure({ shutdownMode: true });
		const first = sensor.sample();
		expect(first?.temperature).toBe(20);
		temperature = 21;
		expect(sensor.sample()).toBe(first);
		expect(first?.temperature).toBe(21);
		sensor.close();
		expect(calls).toEqual([{ address: 0x49 }, { shutdownMode: true }, "close"]);
	});

	it("has nothing to say where its driver has not", () => {
		expect(
			bench(() => undefined)
				.make()
				.sample(),
		).toBe(undefined);
	});

	it("throws where its driver only tells what is wrong, and once for each time", () => {
		expect(() =>
			bench(
				() => undefined,
				({ onError }) => onError("unexpected sensor"),
			).make(),
		).toThrow("unexpected sensor");
		let isBad = true;
		const sensor = bench(({ onError }) => {
			if (isBad) onError();
			return { temperature: 1 };
		}).make();
		expect(() => sensor.sample()).toThrow("failed");
		isBad = false;
		expect(sensor.sample()?.temperature).toBe(1);
		expect(() => sensor.configure({ bad: true })).toThrow("bad option");
	});
});
