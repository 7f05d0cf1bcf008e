// What a reading may say, by number: the name of a quantity in Sample and in the JSON, its unit there, and its decimals.

import type { Sample } from "../io.js";

/** All quantities. Those of a reading are bits of a byte, so there are eight at most. */
export const QUANTITIES = Object.freeze([
	"temperature",
	"humidity",
	"pressure",
	"accelerationX",
	"accelerationY",
	"accelerationZ",
	"position",
	"voltage",
] as const);

export type Quantity = (typeof QUANTITIES)[number];

/** What a reading speaks of where nobody says it: the first three. */
export const WEATHER = 3;

/** Digits behind the point of each. */
export const DECIMALS = Object.freeze([2, 1, 2, 3, 3, 3, 4, 3]);

/** A quantity of a sample in the unit of the JSON: percent for humidity, hectopascal for pressure, the others as they are. */
export function reportedValue(sample: Sample, quantity: number): number | undefined {
	switch (quantity) {
		case 0:
			return sample.temperature;
		case 1:
			return sample.humidity === undefined ? undefined : sample.humidity * 100;
		case 2:
			return sample.pressure === undefined ? undefined : sample.pressure / 100;
		case 3:
			return sample.accelerationX;
		case 4:
			return sample.accelerationY;
		case 5:
			return sample.accelerationZ;
		case 6:
			return sample.position;
		default:
			return sample.voltage;
	}
}
