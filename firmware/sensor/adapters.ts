// What the SDK's ECMA-419 drivers say, as a Sample. The standard has each kind of sensor speak for itself (a thermometer,
// a hygrometer), but a driver of one kind leaves that out; and where the standard has humidity as a fraction, some of the
// SDK's drivers say percent.

import type { Sample } from "../io.js";

/** What `sample()` of a driver gives: with the name of each kind, or of one kind without it. */
export interface DriverSample {
	readonly temperature?: number;
	readonly thermometer?: { readonly temperature?: number };
	readonly hygrometer?: { readonly humidity?: number };
	readonly barometer?: { readonly pressure?: number };
	readonly accelerometer?: { readonly x?: number; readonly y?: number; readonly z?: number };
}

/** Puts what a driver says into a sample; NaN is what it does not say. */
export type Adapter = (given: DriverSample, into: Required<Sample>) => void;

/** One for each sensor that the configuration may name and that has a driver in the SDK. */
export const ADAPTERS: Readonly<Record<string, Adapter>> = Object.freeze({
	bme68x: weather,
	bmp280: weather,
	sht3x: weatherInPercent,
	shtc3: weatherInPercent,
	aht10: weatherInPercent,
	tmp102: temperature,
	tmp117: temperature,
	mpu6050: acceleration,
});

/** A sample without anything in it, to be used again and again. */
export function emptySample(): Required<Sample> {
	return {
		temperature: Number.NaN,
		humidity: Number.NaN,
		pressure: Number.NaN,
		accelerationX: Number.NaN,
		accelerationY: Number.NaN,
		accelerationZ: Number.NaN,
		position: Number.NaN,
		voltage: Number.NaN,
	};
}

function weather({ thermometer, hygrometer, barometer }: DriverSample, into: Required<Sample>): void {
	into.temperature = thermometer?.temperature ?? Number.NaN;
	into.humidity = hygrometer?.humidity ?? Number.NaN;
	into.pressure = barometer?.pressure ?? Number.NaN;
}

function weatherInPercent(given: DriverSample, into: Required<Sample>): void {
	weather(given, into);
	into.humidity /= 100;
}

function temperature(given: DriverSample, into: Required<Sample>): void {
	into.temperature = given.temperature ?? Number.NaN;
}

function acceleration({ accelerometer }: DriverSample, into: Required<Sample>): void {
	into.accelerationX = accelerometer?.x ?? Number.NaN;
	into.accelerationY = accelerometer?.y ?? Number.NaN;
	into.accelerationZ = accelerometer?.z ?? Number.NaN;
}
