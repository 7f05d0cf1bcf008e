import { expect, it } from "vitest";
import { seattle } from "../../../host-sim/sensor/air.js";
import { WeatherSensor } from "../../../host-sim/sensor/weather.js";
import { SeededRandom } from "../../../host-sim/world/random.js";

const clock = { now: () => 0, wall: () => Date.UTC(2026, 5, 1) };

it("is Seattle's weather as it always was, where a scenario says nothing", () => {
	const same = new WeatherSensor(clock, new SeededRandom(5)).sample();
	expect(seattle({}, clock, () => 0, new SeededRandom(5)).sample()).toEqual(same);
});

it("has a curve in the place of one quantity, and Seattle's weather for the others", () => {
	const same = new WeatherSensor(clock, new SeededRandom(5)).sample();
	const curves = { temperature: { shape: { constant: 3 }, noise: 0, offset: 0 } };
	expect(seattle(curves, clock, () => 0, new SeededRandom(5)).sample()).toEqual({ ...same, temperature: 3 });
});
