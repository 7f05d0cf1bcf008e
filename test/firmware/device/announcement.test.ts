import { describe, expect, it } from "vitest";
import {
	type Announced,
	Announcement,
	announcedQuantities,
	BUTTONS,
	DIAGNOSTICS,
	quantitiesOf,
} from "../../../firmware/device/announcement.js";
import { parseSensors } from "../../../firmware/device/config.js";
import { takeUtf8 } from "../../../firmware/mqtt/wire.js";
import { ADAPTERS, emptySample } from "../../../firmware/sensor/adapters.js";
import { QUANTITIES, type Quantity, reportedValue } from "../../../firmware/telemetry/quantity.js";

const ANNOUNCED: Announced = {
	deviceId: "attic-1",
	name: "attic-1",
	statusTopic: "thimble/attic-1/status",
	telemetryTopic: "thimble/attic-1/telemetry",
	quantities: ["temperature", "accelerationY"],
	diagnostics: ["rssi"],
	buttons: ["restart"],
};

function textOf(announced: Announced): string {
	const announcement = new Announcement(announced);
	const bytes = new Uint8Array(announcement.length);
	for (let at = 0; at < bytes.length; ) at += announcement.read(bytes, at, bytes.length - at, at);
	return takeUtf8(bytes, 0, bytes.length);
}

describe("an announcement", () => {
	it("says once what all share, then each component, and takes away those that are none", () => {
		const { cmps, ...rest } = JSON.parse(textOf(ANNOUNCED));
		expect(rest).toEqual({
			dev: { ids: ["thimble_attic-1"], name: "attic-1", mf: "Thimble" },
			o: { name: "Thimble" },
			avty_t: "thimble/attic-1/status",
			pl_avail: "online",
			pl_not_avail: "offline",
			stat_t: "thimble/attic-1/telemetry",
		});
		expect(Object.keys(cmps)).toEqual([...QUANTITIES, ...DIAGNOSTICS, ...BUTTONS]);
		expect({ ...cmps.temperature, val_tpl: "" }).toEqual({
			p: "sensor",
			uniq_id: "thimble_attic-1_temperature",
			dev_cla: "temperature",
			unit_of_meas: "°C",
			stat_cla: "measurement",
			val_tpl: "",
		});
		expect(cmps.accelerationY.name).toBe("Acceleration Y");
		expect(cmps.voltage).toEqual({ p: "sensor" });
		expect(cmps.rssi).toEqual({
			p: "sensor",
			uniq_id: "thimble_attic-1_rssi",
			dev_cla: "signal_strength",
			unit_of_meas: "dBm",
			stat_cla: "measurement",
			ent_cat: "diagnostic",
			stat_t: "thimble/attic-1/diagnostics",
			val_tpl: "{{value_json.rssi|default('')}}",
		});
		expect(cmps.uptime).toEqual({ p: "sensor" });
		expect(cmps.identify).toEqual({ p: "button" });
		expect(cmps.restart).toEqual({
			p: "button",
			uniq_id: "thimble_attic-1_restart",
			dev_cla: "restart",
			ent_cat: "config",
			cmd_t: "thimble/attic-1/command/restart",
			pl_prs: "{}",
		});
	});

	it("gives the same bytes in pieces of any size, and from the beginning again wherever it was left", () => {
		const whole = textOf({ ...ANNOUNCED, name: "Dächle 😀", quantities: QUANTITIES });
		const announcement = new Announcement({ ...ANNOUNCED, name: "Dächle 😀", quantities: QUANTITIES });
		for (const size of [1, 7, 64, 500, 10_000]) {
			const bytes = new Uint8Array(announcement.length);
			for (let at = 0; at < bytes.length; ) {
				const length = announcement.read(bytes, at, Math.min(size, bytes.length - at), at);
				expect(length > 0 && length <= size).toBe(true);
				at += length;
				// A link breaks in the middle, and the payload is read again.
				if (at > 600 && at < 600 + size) announcement.read(new Uint8Array(size), 0, 1, 0);
			}
			expect(takeUtf8(bytes, 0, bytes.length)).toBe(whole);
		}
	});

	it("writes nothing behind what was asked for", () => {
		const announcement = new Announcement(ANNOUNCED);
		const bytes = new Uint8Array(10).fill(0x21);
		expect(announcement.read(bytes, 2, 5, 0)).toBe(5);
		expect(takeUtf8(bytes, 0, 10)).toBe('!!{"dev!!!');
	});

	it("needs no piece that is longer than a board's buffers", () => {
		const announced = {
			...ANNOUNCED,
			deviceId: "x".repeat(64),
			quantities: QUANTITIES,
			diagnostics: DIAGNOSTICS,
			buttons: BUTTONS,
			name: '"'.repeat(64),
		};
		const announcement = new Announcement(announced);
		let longest = 0;
		for (let at = 0; at < announcement.length; ) {
			const length = announcement.read(new Uint8Array(4096), 0, 4096, at);
			longest = Math.max(longest, length);
			at += length;
		}
		expect(longest).toBeLessThan(512);
	});

	it.each(['say "hi"', "back\\slash", "Küche °C 😀", "tab\tand\nline", "\u0001"])("has the name %j as it is", name => {
		expect(JSON.parse(textOf({ ...ANNOUNCED, name })).dev.name).toBe(name);
	});
});

describe("what is announced", () => {
	it("is what readings speak of, as far as the sensors give it", () => {
		const weather: Quantity[] = ["temperature", "humidity", "pressure"];
		expect(announcedQuantities(undefined, undefined)).toEqual(weather);
		expect(announcedQuantities({ batch: 5 }, undefined)).toEqual(weather);
		expect(announcedQuantities({ quantities: { voltage: {}, temperature: {} } }, undefined)).toEqual([
			"temperature",
			"voltage",
		]);
		expect(announcedQuantities(undefined, ["pressure", "voltage"])).toEqual(["pressure"]);
		expect(announcedQuantities({ quantities: { voltage: {} } }, ["pressure"])).toEqual([]);
	});

	it("is known of each driver and of analog inputs, and of all sensors together", () => {
		const of = (text: string) => quantitiesOf(parseSensors(text));
		expect(of("bmp280,sht3x@0x45,analog@34:voltage=0..3.3")).toEqual([
			"temperature",
			"pressure",
			"temperature",
			"humidity",
			"voltage",
		]);
		expect(of("analog@3")).toEqual(["position"]);
		expect(quantitiesOf([{ ...parseSensors("tmp102")[0]!, name: "new" }])).toBe(undefined);
		for (const name of [...Object.keys(ADAPTERS), "synthetic"]) expect(of(name)?.length, name).toBeGreaterThan(0);
	});

	it.each(Object.entries(ADAPTERS))("of %s is nothing but what its driver can say", (name, adapt) => {
		const into = emptySample();
		const some = { temperature: 1, humidity: 1, pressure: 1 };
		adapt(
			{
				...some,
				thermometer: some,
				hygrometer: some,
				barometer: some,
				accelerometer: { x: 1, y: 1, z: 1 },
			},
			into,
		);
		for (const quantity of quantitiesOf(parseSensors(name))!)
			expect(reportedValue(into, QUANTITIES.indexOf(quantity)), quantity).toBeGreaterThan(0);
	});
});
