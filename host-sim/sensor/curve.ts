// A sensor whose quantities follow curves that a scenario gives: a constant, lines between points, a sine, each with noise and
// with an offset of the board's own. What no curve is given for is taken from another sensor. Without Node: it runs on the
// engine as well.

import type { Sample, Sensor } from "../../firmware/io.js";
import type { SeededRandom } from "../world/random.js";

export type Quantity = "temperature" | "humidity" | "pressure";

/** What a value is at each moment, in ms since the scenario began. */
export type Shape =
	| { readonly constant: number }
	/** Times in ms and values, in order; before the first and behind the last it stays. */
	| { readonly points: readonly (readonly [number, number])[] }
	| { readonly sine: { readonly mean: number; readonly amplitude: number; readonly periodMs: number } };

export interface Curve {
	readonly shape: Shape;
	/** Standard deviation of what each reading is off by. */
	readonly noise: number;
	/** Standard deviation of what each board is off by. */
	readonly offset: number;
}

/** In °C, % and hPa. A quantity that is absent is the weather's. */
export type Curves = Readonly<Partial<Record<Quantity, Curve>>>;

interface Track {
	readonly curve: Curve;
	readonly offset: number;
	readonly random: SeededRandom;
}

export class CurveSensor implements Sensor {
	readonly #tracks: Partial<Record<Quantity, Track>> = {};
	readonly #weather: Sensor;
	readonly #elapsed: () => number;
	readonly #isWhole: boolean;

	/** `elapsed` tells the ms since the scenario began, `weather` all that has no curve. */
	constructor(curves: Curves, weather: Sensor, elapsed: () => number, random: SeededRandom) {
		this.#weather = weather;
		this.#elapsed = elapsed;
		for (const quantity of ["temperature", "humidity", "pressure"] as const) {
			const curve = curves[quantity];
			if (curve === undefined) continue;
			const own = random.fork(quantity);
			this.#tracks[quantity] = { curve, offset: gauss(own, curve.offset), random: own };
		}
		const { humidity, pressure, temperature } = this.#tracks;
		this.#isWhole = humidity !== undefined && pressure !== undefined && temperature !== undefined;
	}

	configure(): void {}

	/** Celsius, a fraction, pascal: the units of ECMA-419. */
	sample(): Sample {
		const { humidity, pressure, temperature } = this.#tracks;
		const sample: Sample = this.#isWhole ? {} : { ...this.#weather.sample() };
		if (temperature !== undefined) sample.temperature = this.#read(temperature);
		if (humidity !== undefined) sample.humidity = Math.min(1, Math.max(0, this.#read(humidity) / 100));
		if (pressure !== undefined) sample.pressure = this.#read(pressure) * 100;
		return sample;
	}

	close(): void {}

	#read({ curve, offset, random }: Track): number {
		return valueAt(curve.shape, this.#elapsed()) + offset + gauss(random, curve.noise);
	}
}

/** Draws nothing where there is nothing to draw. */
function gauss(random: SeededRandom, deviation: number): number {
	return deviation === 0 ? 0 : random.gauss(deviation);
}

export function valueAt(shape: Shape, ms: number): number {
	if ("constant" in shape) return shape.constant;
	if ("sine" in shape) {
		const { amplitude, mean, periodMs } = shape.sine;
		return mean + amplitude * Math.sin((2 * Math.PI * (ms % periodMs)) / periodMs);
	}
	const { points } = shape;
	let low = 0;
	let high = points.length;
	// The last point that is not later.
	while (high - low > 1) {
		const middle = (low + high) >> 1;
		if (points[middle]![0] <= ms) low = middle;
		else high = middle;
	}
	const [from, a] = points[low]!;
	const next = points[low + 1];
	if (ms <= from || next === undefined) return a;
	return a + ((next[1] - a) * (ms - from)) / (next[0] - from);
}
