// What Home Assistant is told of a board: one payload for the device and all that it has, as its MQTT discovery takes it from
// 2024.11 on (homeassistant/components/mqtt, "device discovery payload"), with its abbreviations. It is longer than a board's
// outbox, so it is made in pieces while it is sent, and again from the beginning where it has to be sent again.
//
// Options that all components share, such as the topic of the readings and of the status, stand once, at the top. What a board
// does not have is named with its platform alone: that takes away what an earlier build had announced.

import type { Source } from "../mqtt/options.js";
import { putUtf8, utf8Length } from "../mqtt/wire.js";
import { ANALOG, type SensorPlan } from "../sensor/registry.js";
import { QUANTITIES, type Quantity, WEATHER } from "../telemetry/quantity.js";
import type { TelemetryOptions } from "../telemetry/reporter.js";

/** Commands of a board that Home Assistant may have as a button. */
export const BUTTONS = Object.freeze(["identify", "restart"] as const);

export type Button = (typeof BUTTONS)[number];

/** What of its own state, as thimble/<deviceId>/diagnostics tells it, Home Assistant may have as a sensor. */
export const DIAGNOSTICS = Object.freeze(["uptime", "ping", "rssi", "reconnects"] as const);

export type Diagnostic = (typeof DIAGNOSTICS)[number];

/** What is announced. */
export interface Announced {
	readonly deviceId: string;
	/** What people call it. */
	readonly name: string;
	readonly statusTopic: string;
	readonly telemetryTopic: string;
	readonly quantities: readonly Quantity[];
	readonly diagnostics: readonly Diagnostic[];
	readonly buttons: readonly Button[];
}

/** What Home Assistant has to know of each quantity: its class there, unit, and a name where there is no class to name it. */
const ENTITIES = Object.freeze([
	'"dev_cla":"temperature","unit_of_meas":"°C"',
	'"dev_cla":"humidity","unit_of_meas":"%"',
	'"dev_cla":"atmospheric_pressure","unit_of_meas":"hPa"',
	'"name":"Acceleration X","unit_of_meas":"m/s²"',
	'"name":"Acceleration Y","unit_of_meas":"m/s²"',
	'"name":"Acceleration Z","unit_of_meas":"m/s²"',
	'"name":"Position"',
	'"dev_cla":"voltage","unit_of_meas":"V"',
]);

/** The same of its own state. */
const STATES = Object.freeze([
	'"name":"Uptime","dev_cla":"duration","unit_of_meas":"s","stat_cla":"total_increasing"',
	'"name":"Ping","dev_cla":"duration","unit_of_meas":"ms","stat_cla":"measurement"',
	'"dev_cla":"signal_strength","unit_of_meas":"dBm","stat_cla":"measurement"',
	'"name":"Reconnects","stat_cla":"total_increasing"',
]);

/**
 * Of a quantity in a message as the README describes them: behind the name its last value. `ms` marks a message of several
 * readings, whose values are lists, with null for a reading that does not say it; a value that is a list is a window, whose
 * last value stands first. Nothing at all leaves the state as it was.
 */
const VALUE =
	"|default('')%}{%if value_json.ms is defined%}{%set v=v|reject('none')|list|last|default('')%}{%endif%}" +
	"{{v if v is number else v|first|default('')}}";

/** Which quantities the drivers of the SDK give that a configuration may name. */
const GIVEN: Readonly<Record<string, readonly Quantity[]>> = Object.freeze({
	synthetic: Object.freeze(["temperature", "humidity", "pressure"] as const),
	bme68x: Object.freeze(["temperature", "humidity", "pressure"] as const),
	bmp280: Object.freeze(["temperature", "pressure"] as const),
	sht3x: Object.freeze(["temperature", "humidity"] as const),
	shtc3: Object.freeze(["temperature", "humidity"] as const),
	aht10: Object.freeze(["temperature", "humidity"] as const),
	tmp102: Object.freeze(["temperature"] as const),
	tmp117: Object.freeze(["temperature"] as const),
	mpu6050: Object.freeze(["accelerationX", "accelerationY", "accelerationZ"] as const),
});

/** What sensors give; undefined where that of one of them is not known. */
export function quantitiesOf(plans: readonly SensorPlan[]): Quantity[] | undefined {
	const given: Quantity[] = [];
	for (const { name, quantity } of plans) {
		// Nothing but an analog input says for itself what it stands for.
		const quantities = name === ANALOG ? [quantity] : GIVEN[name];
		if (quantities === undefined) return undefined;
		given.push(...quantities);
	}
	return given;
}

/** Which quantities a board's readings may have: what they speak of, as far as its sensors give it. */
export function announcedQuantities(
	telemetry: TelemetryOptions | undefined,
	given: readonly Quantity[] | undefined,
): Quantity[] {
	const spokenOf = telemetry?.quantities;
	return QUANTITIES.filter(
		(quantity, i) =>
			(spokenOf === undefined ? i < WEATHER : spokenOf[quantity] !== undefined) &&
			(given === undefined || given.includes(quantity)),
	);
}

export class Announcement implements Source {
	/** In bytes. */
	readonly length: number;
	readonly #announced: Announced;
	/** The piece at hand, its number, and where it begins in the payload. */
	#bytes = new Uint8Array(0);
	#number = -1;
	#start = 0;

	constructor(announced: Announced) {
		this.#announced = announced;
		let length = 0;
		for (let i = 0; i <= LAST_PIECE; i += 1) length += utf8Length(this.piece(i));
		this.length = length;
	}

	read(bytes: Uint8Array, at: number, count: number, position: number): number {
		if (position < this.#start) {
			this.#bytes = new Uint8Array(0);
			this.#number = -1;
			this.#start = 0;
		}
		while (position >= this.#start + this.#bytes.length) {
			this.#start += this.#bytes.length;
			this.#number += 1;
			const piece = this.piece(this.#number);
			this.#bytes = new Uint8Array(utf8Length(piece));
			putUtf8(this.#bytes, 0, piece);
		}
		const from = position - this.#start;
		const length = Math.min(count, this.#bytes.length - from);
		for (let i = 0; i < length; i += 1) bytes[at + i] = this.#bytes[from + i]!;
		return length;
	}

	private piece(number: number): string {
		const { deviceId, name, statusTopic, telemetryTopic } = this.#announced;
		if (number === 0) return `{"dev":{"ids":["thimble_${deviceId}"],"name":${JSON.stringify(name)},"mf":"Thimble"},`;
		if (number === 1)
			return `"o":{"name":"Thimble"},"avty_t":"${statusTopic}","pl_avail":"online","pl_not_avail":"offline",`;
		if (number === 2) return `"stat_t":"${telemetryTopic}","cmps":{`;
		if (number === LAST_PIECE) return "}}";
		if (number < FIRST_DIAGNOSTIC)
			return (number === FIRST_QUANTITY ? "" : ",") + this.quantity(number - FIRST_QUANTITY);
		return `,${number < FIRST_BUTTON ? this.diagnostic(number - FIRST_DIAGNOSTIC) : this.button(number - FIRST_BUTTON)}`;
	}

	private quantity(i: number): string {
		const { deviceId, quantities } = this.#announced;
		const quantity = QUANTITIES[i]!;
		if (!quantities.includes(quantity)) return `"${quantity}":{"p":"sensor"}`;
		return (
			`"${quantity}":{"p":"sensor","uniq_id":"thimble_${deviceId}_${quantity}",${ENTITIES[i]},` +
			`"stat_cla":"measurement","val_tpl":"{%set v=value_json.${quantity}${VALUE}"}`
		);
	}

	/** A report leaves out what a board does not know. */
	private diagnostic(i: number): string {
		const { deviceId, diagnostics } = this.#announced;
		const diagnostic = DIAGNOSTICS[i]!;
		if (!diagnostics.includes(diagnostic)) return `"${diagnostic}":{"p":"sensor"}`;
		return (
			`"${diagnostic}":{"p":"sensor","uniq_id":"thimble_${deviceId}_${diagnostic}",${STATES[i]},"ent_cat":"diagnostic",` +
			`"stat_t":"thimble/${deviceId}/diagnostics","val_tpl":"{{value_json.${diagnostic}|default('')}}"}`
		);
	}

	/** A command takes an object in JSON, and one without an id is done each time. */
	private button(i: number): string {
		const { buttons, deviceId } = this.#announced;
		const button = BUTTONS[i]!;
		if (!buttons.includes(button)) return `"${button}":{"p":"button"}`;
		return (
			`"${button}":{"p":"button","uniq_id":"thimble_${deviceId}_${button}","dev_cla":"${button}",` +
			`"ent_cat":"${button === "identify" ? "diagnostic" : "config"}",` +
			`"cmd_t":"thimble/${deviceId}/command/${button}","pl_prs":"{}"}`
		);
	}
}

Object.freeze(Announcement.prototype);

const FIRST_QUANTITY = 3;
const FIRST_DIAGNOSTIC = FIRST_QUANTITY + QUANTITIES.length;
const FIRST_BUTTON = FIRST_DIAGNOSTIC + DIAGNOSTICS.length;
const LAST_PIECE = FIRST_BUTTON + BUTTONS.length;
