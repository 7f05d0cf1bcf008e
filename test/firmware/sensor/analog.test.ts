import { describe, expect, it } from "vitest";
import { AnalogSensor } from "../../../firmware/sensor/analog.js";

describe("analog input", () => {
	it("is what it stands for, in a straight line from nothing to full scale", () => {
		let value = 0;
		let isClosed = false;
		const close = () => {
			isClosed = true;
		};
		const input = { resolution: 12, read: () => value, close };
		const sensor = new AnalogSensor(input, "temperature", -50, 280);
		const position = new AnalogSensor(input, "position", 0, 1);
		const seen = [0, 819, 4095].map(now => {
			value = now;
			return [sensor.sample().temperature, position.sample().position];
		});
		expect(seen).toEqual([
			[-50, 0],
			[16, 0.2],
			[280, 1],
		]);
		expect(Number.isNaN(sensor.sample().humidity)).toBe(true);
		sensor.close();
		expect(isClosed).toBe(true);
	});
});
