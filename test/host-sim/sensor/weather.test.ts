import { describe, expect, it } from "vitest";
import { relativeHumidity, WeatherSensor } from "../../../host-sim/sensor/weather.js";
import { SeededRandom } from "../../../host-sim/world/random.js";

const HOUR_MS = 3_600_000;

function station(seed: number, start: number) {
	let wall = start;
	const sensor = new WeatherSensor({ now: () => 0, wall: () => wall }, new SeededRandom(seed));
	return (at: number) => {
		wall = at;
		return sensor.sample();
	};
}

describe("weather", () => {
	it("is Seattle's: cool in January, warm in July, within what the normals say", () => {
		const mean = (month: number) => {
			const sample = station(1, 0);
			let sum = 0;
			for (let hour = 0; hour < 240; hour += 1) sum += sample(Date.UTC(2026, month, 10) + hour * HOUR_MS).temperature!;
			return sum / 240;
		};
		const [january, july] = [mean(0), mean(6)];
		expect(july - january).toBeGreaterThan(10);
		expect(july - january).toBeLessThan(18);
	});

	it("gives plausible values all year, and does not jump at any hour, new year and leap day included", () => {
		for (const year of [2024, 2025]) {
			const sample = station(7, 0);
			let last = sample(Date.UTC(year, 0, 1));
			for (let at = Date.UTC(year, 0, 1); at < Date.UTC(year + 1, 0, 3); at += HOUR_MS / 4) {
				const { temperature, humidity, pressure } = sample(at) as Required<ReturnType<typeof sample>>;
				expect(temperature).toBeGreaterThan(-8);
				expect(temperature).toBeLessThan(36);
				expect(humidity).toBeGreaterThanOrEqual(0.1);
				expect(humidity).toBeLessThanOrEqual(1);
				expect(pressure).toBeGreaterThan(100_000);
				expect(pressure).toBeLessThan(103_500);
				expect(Math.abs(temperature - last.temperature!)).toBeLessThan(1.6);
				expect(Math.abs(pressure - last.pressure!)).toBeLessThan(150);
				last = { temperature, humidity, pressure };
			}
		}
	});

	it("is the same from the same seed, and another board's from another", () => {
		const now = Date.UTC(2026, 5, 1);
		expect(station(3, now)(now)).toEqual(station(3, now)(now));
		expect(station(3, now)(now)).not.toEqual(station(4, now)(now));
	});

	it("Magnus: saturated air has 100 %, and 20 °C over a dew point of 9.3 °C has 50 %", () => {
		expect(relativeHumidity(15, 15)).toBe(1);
		expect(relativeHumidity(20, 9.27)).toBeCloseTo(0.5, 2);
		expect(relativeHumidity(10, 12)).toBe(1);
	});
});
