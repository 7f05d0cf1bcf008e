// A sensor without hardware: slow waves around a pleasant day, so that a bare board has something to publish.

import type { Clock, Sample, Sensor } from "../io.js";

/** Periods of the waves in ms. */
const TEMPERATURE_MS = 600_000;
const HUMIDITY_MS = 900_000;
const PRESSURE_MS = 3_600_000;

export class SyntheticSensor implements Sensor {
	readonly #clock: Clock;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	configure(): void {}

	sample(): Sample {
		const now = this.#clock.now();
		return {
			temperature: 21 + 3 * wave(now, TEMPERATURE_MS),
			humidity: 0.45 + 0.1 * wave(now, HUMIDITY_MS),
			pressure: 101_325 + 800 * wave(now, PRESSURE_MS),
		};
	}

	close(): void {}
}

Object.freeze(SyntheticSensor.prototype);

/** A triangle from -1 to 1 with that period: the same on every engine, which a sine is not. */
function wave(now: number, period: number): number {
	const phase = (now >>> 0) % period;
	const half = period / 2;
	return phase < half ? (phase * 2) / half - 1 : 3 - (phase * 2) / half;
}
