// Home Assistant as far as MQTT discovery goes, by its published rules, and stricter than it is: a key that it does not know, a unit
// that is none of its class, or anything else that it would log, is a complaint. From homeassistant/components/mqtt (discovery,
// schemas, abbreviations, sensor, button) and its documentation, "MQTT discovery", as they are since 2024.11.
//
// It is one client of a broker. What is announced it subscribes to, and keeps the states of what it has found.

import type { Client } from "../../firmware/mqtt/client.js";
import { render } from "./jinja.js";

type Json = Record<string, unknown>;

/** Of the published list, what devices, sensors and buttons may have. */
const ABBREVIATIONS: Readonly<Record<string, string>> = {
	avty: "availability",
	avty_mode: "availability_mode",
	avty_t: "availability_topic",
	avty_tpl: "availability_template",
	cmd_t: "command_topic",
	cmd_tpl: "command_template",
	cmps: "components",
	def_ent_id: "default_entity_id",
	dev: "device",
	dev_cla: "device_class",
	e: "encoding",
	en: "enabled_by_default",
	ent_cat: "entity_category",
	ent_pic: "entity_picture",
	exp_aft: "expire_after",
	frc_upd: "force_update",
	ic: "icon",
	json_attr_t: "json_attributes_topic",
	json_attr_tpl: "json_attributes_template",
	lrst_val_tpl: "last_reset_value_template",
	o: "origin",
	ops: "options",
	p: "platform",
	pl_avail: "payload_available",
	pl_not_avail: "payload_not_available",
	pl_prs: "payload_press",
	ret: "retain",
	stat_cla: "state_class",
	stat_t: "state_topic",
	sug_dsp_prc: "suggested_display_precision",
	t: "topic",
	uniq_id: "unique_id",
	unit_of_meas: "unit_of_measurement",
	val_tpl: "value_template",
};

const DEVICE_ABBREVIATIONS: Readonly<Record<string, string>> = {
	cns: "connections",
	cu: "configuration_url",
	hw: "hw_version",
	ids: "identifiers",
	mdl: "model",
	mdl_id: "model_id",
	mf: "manufacturer",
	sa: "suggested_area",
	sn: "serial_number",
	sw: "sw_version",
};

const ORIGIN_ABBREVIATIONS: Readonly<Record<string, string>> = { sw: "sw_version", url: "support_url" };

/** What may stand at the top, and of that, what components have from there. */
const SHARED = ["availability_topic", "payload_available", "payload_not_available", "command_topic", "state_topic"];
const TOP = ["device", "origin", "components", "qos", "encoding", ...SHARED];
const ENTITY = ["platform", "unique_id", "name", "device_class", "entity_category", "enabled_by_default", ...SHARED];
const KEYS: Readonly<Record<string, readonly string[]>> = {
	sensor: [
		...ENTITY,
		"unit_of_measurement",
		"state_class",
		"value_template",
		"expire_after",
		"suggested_display_precision",
	],
	button: [...ENTITY, "payload_press", "retain"],
};

/** Device classes of sensors that a board may have, with their units. */
const UNITS: Readonly<Record<string, readonly string[]>> = {
	temperature: ["°C", "°F", "K"],
	humidity: ["%"],
	atmospheric_pressure: ["mPa", "Pa", "hPa", "kPa", "bar", "cbar", "mbar", "mmHg", "inHg", "psi"],
	pressure: ["mPa", "Pa", "hPa", "kPa", "bar", "cbar", "mbar", "mmHg", "inHg", "psi"],
	voltage: ["µV", "mV", "V", "kV", "MV"],
	duration: ["d", "h", "min", "s", "ms", "µs"],
	signal_strength: ["dB", "dBm"],
};
const STATE_CLASSES = ["measurement", "measurement_angle", "total", "total_increasing"];
const BUTTON_CLASSES = ["identify", "restart", "update"];

export interface Entity {
	readonly platform: string;
	readonly device: Readonly<Json>;
	readonly config: Readonly<Json>;
	/** As its history would have it; undefined for unknown. */
	state: string | undefined;
	isAvailable: boolean;
}

export class HomeAssistant {
	/** By unique id. */
	readonly entities = new Map<string, Entity>();
	/** What it would log, and what it would better. */
	readonly complaints: string[] = [];
	/** Announcements that came, live or retained. */
	announcements = 0;
	readonly #client: Client;
	readonly #prefix: string;
	/** Unique ids by the device's part of the topic, then by component. */
	readonly #devices = new Map<string, Map<string, string>>();
	readonly #topics = new Set<string>();

	/** `client` has room for topics, and large messages. */
	constructor(client: Client, prefix = "homeassistant") {
		this.#client = client;
		this.#prefix = prefix;
		for (const filter of [`${prefix}/+/+/config`, `${prefix}/+/+/+/config`])
			this.#subscribe(filter, (topic, payload) => this.#handleConfig(topic, payload));
	}

	/** Its first connection, or one after it has been away: subscribes, then says that it has started. */
	start(): void {
		this.#client.open();
		this.sayOnline();
	}

	sayOnline(): void {
		this.#client.publish(`${this.#prefix}/status`, "online", { qos: 1 });
	}

	/** The state of an entity that is there and available; undefined for unknown. */
	state(uniqueId: string): number | undefined {
		const entity = this.entities.get(uniqueId);
		if (entity === undefined) throw new Error(`no ${uniqueId}`);
		return entity.state === undefined ? undefined : Number(entity.state);
	}

	press(uniqueId: string): void {
		const { config } = this.entities.get(uniqueId)!;
		this.#client.publish(String(config["command_topic"]), String(config["payload_press"] ?? "PRESS"));
	}

	#subscribe(filter: string, handle: (topic: string, payload: string) => void): void {
		const taken = this.#client.subscribe(filter, message => handle(message.topic, message.text() ?? "\ufffd"), {
			qos: 1,
		});
		if (taken < 0) throw new Error(`no room for ${filter}`);
	}

	/** Announcements by the topic's rules; one of a single component is none that we would make. */
	#handleConfig(topic: string, payload: string): void {
		this.announcements += 1;
		const match = /^(\w+)\/(?:([a-zA-Z0-9_-]+)\/)?([a-zA-Z0-9_-]+)\/config$/.exec(topic.slice(this.#prefix.length + 1));
		if (match === null || match[1] !== "device" || match[2] !== undefined) {
			this.complaints.push(`${topic}: not the topic of a device`);
			return;
		}
		const device = match[3]!;
		try {
			if (payload === "") this.#removeAll(device);
			else this.#takeDevice(device, expanded(objectOf(JSON.parse(payload)), ABBREVIATIONS));
		} catch (error) {
			this.complaints.push(`${topic}: ${(error as Error).message}`);
		}
	}

	#removeAll(device: string): void {
		const components = this.#devices.get(device);
		if (components === undefined) throw new Error("nothing to clean up");
		for (const uniqueId of components.values()) this.entities.delete(uniqueId);
		this.#devices.delete(device);
	}

	#takeDevice(id: string, given: Json): void {
		const device = expanded(objectOf(given["device"]), DEVICE_ABBREVIATIONS);
		const origin = expanded(objectOf(given["origin"]), ORIGIN_ABBREVIATIONS);
		onlyKnown("", given, TOP);
		onlyKnown("device.", device, ["name", ...Object.values(DEVICE_ABBREVIATIONS)]);
		onlyKnown("origin.", origin, ["name", ...Object.values(ORIGIN_ABBREVIATIONS)]);
		for (const text of [...Object.values(origin), device["name"], device["manufacturer"]]) wantText("name", text);
		if (origin["name"] === undefined) throw new Error("origin has no name");
		const identifiers = [device["identifiers"] ?? []].flat();
		if (identifiers.length === 0 || !identifiers.every(each => typeof each === "string" && each !== ""))
			throw new Error("device has no identifiers");
		for (const [name, component] of Object.entries(objectOf(given["components"]))) {
			const config = expanded(objectOf(component), ABBREVIATIONS);
			this.#takeComponent(id, name, device, config, given);
		}
	}

	#takeComponent(id: string, name: string, device: Json, config: Json, given: Json): void {
		const platform = String(config["platform"]);
		const known = KEYS[platform];
		if (known === undefined) throw new Error(`${name}: platform ${platform}`);
		if (!this.#devices.has(id)) this.#devices.set(id, new Map());
		const components = this.#devices.get(id)!;
		const before = components.get(name);
		// Its platform alone takes it away.
		if (Object.keys(config).length === 1) {
			if (before !== undefined) this.entities.delete(before);
			components.delete(name);
			return;
		}
		onlyKnown(`${name}.`, config, known);
		const uniqueId = config["unique_id"];
		if (typeof uniqueId !== "string" || uniqueId === "") throw new Error(`${name}: no unique_id`);
		if (before !== undefined && before !== uniqueId) throw new Error(`${name}: another unique_id than before`);
		const old = this.entities.get(uniqueId);
		if (old !== undefined && before !== uniqueId) throw new Error(`${uniqueId} is there twice`);
		for (const key of SHARED) if (config[key] === undefined && given[key] !== undefined) config[key] = given[key];
		for (const [key, value] of Object.entries(config)) if (key.endsWith("_topic")) wantTopic(key, value);
		if (platform === "sensor") checkSensor(name, config);
		else checkButton(name, config);
		const entity: Entity = {
			platform,
			device,
			config,
			state: old?.state,
			isAvailable: old?.isAvailable ?? config["availability_topic"] === undefined,
		};
		this.entities.set(uniqueId, entity);
		components.set(name, uniqueId);
		for (const key of ["availability_topic", "state_topic"])
			if (config[key] !== undefined && (key !== "state_topic" || platform === "sensor"))
				this.#follow(String(config[key]));
	}

	/** One subscription for a topic, however many entities are about it. */
	#follow(topic: string): void {
		if (this.#topics.has(topic)) return;
		this.#topics.add(topic);
		this.#subscribe(topic, (_, payload) => {
			for (const [uniqueId, entity] of this.entities) this.#tell(uniqueId, entity, topic, payload);
		});
	}

	#tell(uniqueId: string, entity: Entity, topic: string, payload: string): void {
		const { config, platform } = entity;
		if (config["availability_topic"] === topic) {
			if (payload === (config["payload_available"] ?? "online")) entity.isAvailable = true;
			else if (payload === (config["payload_not_available"] ?? "offline")) entity.isAvailable = false;
			else this.complaints.push(`${uniqueId}: available? ${payload}`);
		}
		if (platform !== "sensor" || config["state_topic"] !== topic) return;
		try {
			const state = render(String(config["value_template"] ?? "{{value}}"), {
				value: payload,
				value_json: JSON.parse(payload),
			});
			// A sensor of numbers takes nothing at all for no news.
			if (state === "") return;
			if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(state)) throw new Error(`no number: ${state}`);
			entity.state = state;
		} catch (error) {
			this.complaints.push(`${uniqueId}: ${(error as Error).message}, of ${payload}`);
		}
	}
}

function expanded(given: Json, abbreviations: Readonly<Record<string, string>>): Json {
	const result: Json = {};
	for (const [key, value] of Object.entries(given)) {
		const name = abbreviations[key] ?? key;
		if (result[name] !== undefined) throw new Error(`${name} twice`);
		result[name] = value;
	}
	return result;
}

function objectOf(value: unknown): Json {
	if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
	throw new Error(`expected an object, got ${JSON.stringify(value)}`);
}

function onlyKnown(where: string, given: Json, known: readonly string[]): void {
	for (const key of Object.keys(given)) if (!known.includes(key)) throw new Error(`extra key ${where}${key}`);
}

function wantText(key: string, value: unknown): void {
	if (value !== undefined && (typeof value !== "string" || value === "")) throw new Error(`${key} is no text`);
}

function wantTopic(key: string, value: unknown): void {
	if (typeof value !== "string" || value === "" || /[+#~\0]/.test(value)) throw new Error(`${key} is no topic`);
}

function checkSensor(name: string, config: Readonly<Json>): void {
	const { device_class: deviceClass, state_class: stateClass, unit_of_measurement: unit } = config as Json;
	if (config["state_topic"] === undefined) throw new Error(`${name}: no state_topic`);
	if (stateClass !== undefined && !STATE_CLASSES.includes(String(stateClass))) throw new Error(`${name}: state_class`);
	if (deviceClass === undefined) {
		if (typeof config["name"] !== "string") throw new Error(`${name}: neither a name nor a class`);
		return;
	}
	const units = UNITS[String(deviceClass)];
	if (units === undefined) throw new Error(`${name}: device_class ${String(deviceClass)}`);
	if (!units.includes(String(unit))) throw new Error(`${name}: ${String(unit)} is no unit of ${String(deviceClass)}`);
	if (stateClass === "total") throw new Error(`${name}: no total of ${String(deviceClass)}`);
}

function checkButton(name: string, config: Readonly<Json>): void {
	const { device_class: deviceClass, entity_category: category } = config as Json;
	if (config["command_topic"] === undefined) throw new Error(`${name}: no command_topic`);
	if (deviceClass !== undefined && !BUTTON_CLASSES.includes(String(deviceClass)))
		throw new Error(`${name}: device_class ${String(deviceClass)}`);
	if (category !== undefined && category !== "config" && category !== "diagnostic")
		throw new Error(`${name}: entity_category ${String(category)}`);
}
