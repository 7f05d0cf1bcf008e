// What a reading may say, in words for people, and in which units.

import type { Quantity } from "../../../firmware/telemetry/quantity.js";
import type { Language } from "../words.js";

const NAMES: Readonly<Record<Language, Readonly<Record<Quantity, string>>>> = {
	en: {
		temperature: "Temperature",
		humidity: "Humidity",
		pressure: "Pressure",
		accelerationX: "Acceleration X",
		accelerationY: "Acceleration Y",
		accelerationZ: "Acceleration Z",
		position: "Position",
		voltage: "Voltage",
	},
	zh: {
		temperature: "温度",
		humidity: "湿度",
		pressure: "气压",
		accelerationX: "加速度 X",
		accelerationY: "加速度 Y",
		accelerationZ: "加速度 Z",
		position: "位置",
		voltage: "电压",
	},
};

/** As the README has them; a position is from 0 to 1. */
export const UNITS: Readonly<Record<Quantity, string>> = {
	temperature: "°C",
	humidity: "%",
	pressure: "hPa",
	accelerationX: "m/s²",
	accelerationY: "m/s²",
	accelerationZ: "m/s²",
	position: "",
	voltage: "V",
};

export function nameOfQuantity(name: Quantity, language: Language): string {
	return NAMES[language][name];
}
