// The sensor of a board on the desktop: Seattle's weather, and a scenario's curves in the place of what they are given for.

import type { Clock, Sensor } from "../../firmware/io.js";
import type { SeededRandom } from "../world/random.js";
import { CurveSensor, type Curves } from "./curve.js";
import { WeatherSensor } from "./weather.js";

/** Makes the sensor of one board. `elapsed` tells the ms since the scenario began. */
export type Air = (curves: Curves, clock: Clock, elapsed: () => number, random: SeededRandom) => Sensor;

export const seattle: Air = (curves, clock, elapsed, random) => {
	const weather = new WeatherSensor(clock, random);
	return Object.keys(curves).length === 0 ? weather : new CurveSensor(curves, weather, elapsed, random);
};
