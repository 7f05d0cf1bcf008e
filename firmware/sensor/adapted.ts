// A driver of the SDK as a Sensor. Some drivers throw, others only tell `onError` what is wrong, and go on with half of a
// sample, or with none ever: both are a throw here.

import type { Sample, Sensor } from "../io.js";
import { type Adapter, type DriverSample, emptySample } from "./adapters.js";

export interface Driver {
	configure(options: Record<string, unknown>): void;
	sample(): DriverSample | undefined;
	close(): void;
}

export type DriverConstructor = new (options: { sensor: unknown; onError(what?: unknown): void }) => Driver;

export class AdaptedSensor implements Sensor {
	readonly #driver: Driver;
	readonly #adapter: Adapter;
	readonly #sample = emptySample();
	readonly #trouble: { what: unknown } = { what: undefined };

	/** `sensor` is what the driver is told of its bus: `io`, pins, address. Throws what the driver throws. */
	constructor(Driver: DriverConstructor, sensor: unknown, adapter: Adapter) {
		const trouble = this.#trouble;
		const onError = (what?: unknown) => {
			trouble.what = what ?? "failed";
		};
		this.#adapter = adapter;
		this.#driver = new Driver({ sensor, onError });
		// It has closed itself.
		if (trouble.what !== undefined) throw new Error(String(trouble.what));
	}

	configure(options: Record<string, unknown>): void {
		this.#driver.configure(options);
		this.#check();
	}

	sample(): Sample | undefined {
		const given = this.#driver.sample();
		this.#check();
		if (given === undefined) return undefined;
		this.#adapter(given, this.#sample);
		return this.#sample;
	}

	close(): void {
		this.#driver.close();
	}

	#check(): void {
		const { what } = this.#trouble;
		this.#trouble.what = undefined;
		if (what !== undefined) throw new Error(String(what));
	}
}

Object.freeze(AdaptedSensor.prototype);
