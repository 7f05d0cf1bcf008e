// A weather station's sensor: an average year in Seattle (NOAA's hourly normals), interpolated to the moment, with the
// noise and the slow drift of a real part, and a small offset of its own. The same seed and times give the same values.

import { readFileSync } from "node:fs";
import type { Clock, Sample, Sensor } from "../../firmware/io.js";
import type { SeededRandom } from "../world/random.js";

const HOUR_MS = 3_600_000;
const HOURS = 365 * 24;
/** The normals are in Pacific Standard Time. */
const ZONE_MS = -8 * HOUR_MS;

interface Year {
	/** °C and hPa of each hour of 365 days. */
	readonly temperature: Float64Array;
	readonly pressure: Float64Array;
	/** Dew point in °C, see dewPoints(). */
	readonly dewPoint: Float64Array;
}

let year: Year | undefined;

export class WeatherSensor implements Sensor {
	readonly #clock: Clock;
	readonly #random: SeededRandom;
	readonly #offset: number;
	#drift = 0;

	/** `clock.wall()` says the moment of the year. */
	constructor(clock: Clock, random: SeededRandom) {
		this.#clock = clock;
		this.#random = random;
		this.#offset = random.gauss(1);
		year ??= load();
	}

	configure(): void {}

	/** Celsius, a fraction, pascal: the units of ECMA-419. */
	sample(): Sample {
		const { temperature, pressure, dewPoint } = year!;
		const random = this.#random;
		const hour = hourOfYear(this.#clock.wall());
		this.#drift = this.#drift * 0.999 + random.gauss(0.01);
		const celsius = at(temperature, hour) + this.#offset + this.#drift + random.gauss(0.05);
		const humid = relativeHumidity(celsius, at(dewPoint, hour) + this.#offset) + random.gauss(0.005);
		return {
			temperature: celsius,
			humidity: Math.min(1, Math.max(0.1, humid)),
			pressure: (at(pressure, hour) + random.gauss(0.05)) * 100,
		};
	}

	close(): void {}
}

/**
 * Relative humidity as a fraction, from temperature and dew point in °C (Magnus formula with the constants of Alduchov
 * and Eskridge 1996).
 */
export function relativeHumidity(celsius: number, dewPoint: number): number {
	return Math.min(1, saturation(dewPoint) / saturation(celsius));
}

function saturation(celsius: number): number {
	return 6.1094 * Math.exp((17.625 * celsius) / (celsius + 243.04));
}

function load(): Year {
	const text = readFileSync(new URL("../data/seattle-weather-hourly-normals.csv", import.meta.url), "utf8");
	const [header, ...rows] = text.trimEnd().split("\n");
	const columns = header!.split(",");
	// The file begins at 01:00 on 1 January: the hour before is taken to be like the year's last.
	rows.unshift(rows.at(-1)!);
	const column = (name: string) => Float64Array.from(rows, row => Number(row.split(",")[columns.indexOf(name)]));
	const temperature = column("temperature");
	return { temperature, pressure: column("pressure"), dewPoint: dewPoints(temperature) };
}

/**
 * The file has no humidity. Where nights are damp, air cools until it is nearly saturated: the dew point is taken to be
 * half a degree below the lowest temperature of the 24 hours around.
 */
function dewPoints(temperature: Float64Array): Float64Array {
	const hours = temperature.length;
	return temperature.map((_, hour) => {
		let lowest = Number.POSITIVE_INFINITY;
		for (let i = -12; i <= 12; i += 1) lowest = Math.min(lowest, temperature[(hour + i + hours) % hours]!);
		return lowest - 0.5;
	});
}

function hourOfYear(wall: number): number {
	const local = wall + ZONE_MS;
	const hour = (local - Date.UTC(new Date(local).getUTCFullYear(), 0, 1)) / HOUR_MS;
	// The last day of a leap year is like the day before.
	return hour >= HOURS ? hour - 24 : hour;
}

/** The value between two hours; the year is a circle. */
function at(values: Float64Array, hour: number): number {
	const before = Math.floor(hour);
	const a = values[before]!;
	const b = values[(before + 1) % HOURS]!;
	return a + (b - a) * (hour - before);
}
