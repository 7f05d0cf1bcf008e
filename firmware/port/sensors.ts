// The SDK's sensor drivers by the names of the configuration. None is linked into the firmware for this: a driver is there
// where the manifest of the build includes its own, `$(MODULES)/drivers/sensors/tmp102/manifest.json` for tmp102.

import Modules from "modules";
import type { Sensor } from "../io.js";
import { AdaptedSensor, type DriverConstructor } from "../sensor/adapted.js";
import { ADAPTERS } from "../sensor/adapters.js";
import { AnalogSensor } from "../sensor/analog.js";
import { ANALOG, type SensorPlan, SYNTHETIC } from "../sensor/registry.js";
import { SyntheticSensor } from "../sensor/synthetic.js";
import { BoardClock } from "./clock.js";

/** Module of each driver. */
const DRIVERS: Readonly<Record<string, string>> = Object.freeze({
	bme68x: "embedded:sensor/Barometer-Humidity-Temperature/BME68x",
	bmp280: "embedded:sensor/Barometer-Temperature/BMP280",
	sht3x: "embedded:sensor/Humidity-Temperature/SHT3x",
	shtc3: "embedded:sensor/Humidity-Temperature/SHTC3",
	aht10: "embedded:sensor/Humidity-Temperature/AHT10",
	tmp102: "embedded:sensor/Temperature/TMP102",
	tmp117: "embedded:sensor/Temperature/TMP117",
	mpu6050: "embedded:sensor/Accelerometer-Gyroscope/MPU6050",
});
/** Those that want the bus as SMBus; the others as I2C. */
const ON_SMBUS: readonly string[] = Object.freeze(["tmp102", "tmp117", "mpu6050"]);

/** Makes the sensor, or throws. */
export function makeSensor({ address, high, low, name, quantity }: SensorPlan): Sensor {
	if (name === SYNTHETIC) return new SyntheticSensor(new BoardClock());
	if (name === ANALOG) {
		const pin = address ?? device.Analog?.default.pin;
		if (pin === undefined) throw new Error("the board has no usual analog input: name a pin");
		return new AnalogSensor(new device.io.Analog({ pin }), quantity, low, high);
	}
	const module = DRIVERS[name]!;
	if (!Modules.has(module)) throw new Error(`the manifest includes no ${module}`);
	const Driver = Modules.importNow(module) as DriverConstructor;
	const sensor = {
		...device.I2C.default,
		io: device.io[ON_SMBUS.includes(name) ? "SMBus" : "I2C"],
		...(address !== undefined && { address }),
	};
	return new AdaptedSensor(Driver, sensor, ADAPTERS[name]!);
}
