// Readings: what the sensors say, as one JSON object.
//
//     {"time":1763766285123,"boot":1,"seq":12,"temperature":21.53,"humidity":45.2,"pressure":1013.25}
//
// time         ms since 1970 in UTC; absent as long as nobody has set the clock
// boot, seq    how often this board has started, and the reading's number since then from 1: together they name it
// temperature  degrees Celsius
// humidity     relative, in percent
// pressure     hectopascal
// A quantity that no sensor gave is absent.

import type { Clock, Sensor } from "../io.js";
import { JsonReport } from "./json.js";

/** What an agent publishes as its readings: all that its sensors say (Telemetry), what is worth it (Reporter), or what it sees (Recognizer). */
export interface Readings {
	/** The one to be published, as JSON: `report.length` bytes of `report.bytes`. */
	readonly report: JsonReport;
	/** Its number. */
	readonly sequence: number;
	/** Samples that a sensor threw at instead of giving them. */
	readonly sensorErrors: number;
	/** How often the board has started, this time included; 0 where flash cannot count. */
	readonly boot: number;
	/** Takes a reading. True where one is to be published, which is then in `report`; `handleTicket` says what became of it. */
	read(): boolean;
	/** Puts into `report` what has been gathered for later. False where there is nothing. */
	gather(): boolean;
	/** Puts into `report` some of what found no room. False where nothing waits. */
	pollWaiting(): boolean;
	/** A ticket of the client, or minus an error, after which it may be taken later or not. True where it waits. */
	handleTicket(ticket: number, mayWait: boolean): boolean;
}

const FIELDS = Object.freeze(["time", "boot", "seq", "temperature", "humidity", "pressure"]);
const TIME = 0;
const BOOT = 1;
const SEQUENCE = 2;
const TEMPERATURE = 3;
const HUMIDITY = 4;
const PRESSURE = 5;

export class Telemetry implements Readings {
	/** The last reading as JSON: `report.length` bytes of `report.bytes`. */
	readonly report = new JsonReport(FIELDS);
	/** Number of the last reading. */
	sequence = 0;
	/** Samples that a sensor threw at instead of giving them. */
	sensorErrors = 0;
	readonly #sensors: readonly Sensor[];
	readonly #clock: Clock;
	/** How often the board has started, this time included; 0 where flash cannot count. */
	readonly boot: number;

	constructor(sensors: readonly Sensor[], clock: Clock, boot: number) {
		this.#sensors = sensors;
		this.#clock = clock;
		this.boot = boot;
	}

	/** Nothing is gathered, nor waits: that is Reporter's. */
	gather(): boolean {
		return false;
	}

	pollWaiting(): boolean {
		return false;
	}

	handleTicket(_ticket: number, _mayWait: boolean): boolean {
		return false;
	}

	/** Takes a reading into `report`. False where no sensor had anything to say. */
	read(): boolean {
		let temperature = Number.NaN;
		let humidity = Number.NaN;
		let pressure = Number.NaN;
		for (let i = 0; i < this.#sensors.length; i += 1) {
			try {
				const sample = this.#sensors[i].sample();
				if (sample === undefined) continue;
				temperature = finite(sample.temperature, temperature);
				humidity = finite(sample.humidity, humidity);
				pressure = finite(sample.pressure, pressure);
			} catch {
				// One broken sensor must not silence the others.
				this.sensorErrors += 1;
			}
		}
		if (Number.isNaN(temperature) && Number.isNaN(humidity) && Number.isNaN(pressure)) return false;
		const report = this.report;
		const wall = this.#clock.wall();
		this.sequence += 1;
		report.begin();
		if (wall > 0) report.put(TIME, wall, 0);
		report.put(BOOT, this.boot, 0);
		report.put(SEQUENCE, this.sequence, 0);
		report.put(TEMPERATURE, temperature, 2);
		report.put(HUMIDITY, humidity * 100, 1);
		report.put(PRESSURE, pressure / 100, 2);
		report.end();
		return true;
	}
}

Object.freeze(Telemetry.prototype);

/** What a sensor gave, if it is a number to speak of; otherwise what there was before. */
function finite(value: number | undefined, before: number): number {
	return value !== undefined && Number.isFinite(value) ? value : before;
}
