import { describe, expect, it } from "vitest";
import {
	deviceIdOf,
	parseBrokers,
	parseDurability,
	parseSensors,
	parseTelemetry,
	parseUpdateKey,
} from "../../../firmware/device/config.js";
import { Misuse } from "../../../firmware/mqtt/error.js";

describe("parseBrokers", () => {
	const h = { host: "h", port: 1883 };
	it.each([
		["192.168.1.10", { servers: [{ host: "192.168.1.10", port: 1883 }] }],
		["broker.local:8883", { servers: [{ host: "broker.local", port: 8883 }] }],
		["mqtt://broker.local", { servers: [{ host: "broker.local", port: 1883 }] }],
		["mqtt://broker.local:1884/", { servers: [{ host: "broker.local", port: 1884 }] }],
		["mqtt://u@h", { servers: [h], userName: "u" }],
		["mqtt://u:p@h:1", { servers: [{ host: "h", port: 1 }], userName: "u", password: "p" }],
		["u:p@ss:w@h", { servers: [h], userName: "u", password: "p@ss:w" }],
		[
			"a,b:1884",
			{
				servers: [
					{ host: "a", port: 1883 },
					{ host: "b", port: 1884 },
				],
			},
		],
		[
			"mqtt://u:p,w@h,h:2,c/",
			{ servers: [h, { host: "h", port: 2 }, { host: "c", port: 1883 }], userName: "u", password: "p,w" },
		],
	])("%s", (text, expected) => {
		const rest = { scheme: "mqtt", path: "/mqtt", userName: undefined, password: undefined };
		expect(parseBrokers(text)).toEqual({ ...rest, ...expected });
	});

	it.each([
		["mqtts://a,b:1", "mqtts", "/mqtt", [8883, 1]],
		["ws://a", "ws", "/mqtt", [80]],
		["ws://a:8080/", "ws", "/mqtt", [8080]],
		["wss://u:p/w@a,b:1/broker/x?y=z", "wss", "/broker/x?y=z", [443, 1]],
	])("%s goes over %s", (text, scheme, path, ports) => {
		const brokers = parseBrokers(text);
		expect([brokers.scheme, brokers.path, brokers.servers.map(({ port }) => port)]).toEqual([scheme, path, ports]);
	});

	it.each([
		"",
		"mqtt://",
		"http://h",
		"MQTTS://h",
		"toString://h",
		"mqtts://",
		"mqtts://h/path",
		"h/path",
		"ws://h/a b",
		"ws://h/a\r\nX: y",
		"ws://u:secret@/path",
		"h:0",
		"h:65536",
		"h:x",
		"h:",
		":1883",
		"@h",
		":secret@h",
		"u:secret@",
		"a,",
		",b",
		"a,,b",
		"a,b:0",
		"u:secret@a,b:x",
		"a,mqtt://b",
	])("%s is misuse, and the message keeps the password to itself", text => {
		expect(() => parseBrokers(text)).toThrow(Misuse);
		try {
			parseBrokers(text);
		} catch (error) {
			expect((error as Error).message).not.toContain("secret");
		}
	});
});

describe("deviceIdOf", () => {
	it("is the MAC address in a form that fits a topic", () => {
		expect(deviceIdOf("A4:D1:8C:DB:C0:20")).toBe("thimble-a4d18cdbc020");
		expect(deviceIdOf(undefined)).toBe("thimble");
	});
});

describe("parseDurability", () => {
	it.each(["ram", "flash", "flash-when-offline"] as const)("takes %s", text => {
		expect(parseDurability(text)).toBe(text);
	});

	it("says what it knows of anything else", () => {
		expect(() => parseDurability("disk")).toThrow(Misuse);
		expect(() => parseDurability("")).toThrow("expected ram, flash or flash-when-offline");
	});
});

describe("sensors and telemetry of a build", () => {
	it("are taken apart, and refused by name where they are none", () => {
		expect(parseSensors("bme68x,tmp102@0x49").map(({ address, name }) => [name, address])).toEqual([
			["bme68x", undefined],
			["tmp102", 0x49],
		]);
		for (const text of ["", "bme68x,,", "warmth"]) expect(() => parseSensors(text)).toThrow(Misuse);
		expect(parseTelemetry("")).toBe(undefined);
		expect(parseTelemetry('{"batch":5}')).toEqual({ batch: 5 });
		for (const text of ["{", "[]", "5", "null"]) expect(() => parseTelemetry(text)).toThrow(Misuse);
	});
});

describe("the key for updates", () => {
	it("is hexadecimal digits of one of two lengths, and refused where it is none", () => {
		expect(parseUpdateKey("")).toBe(undefined);
		expect(parseUpdateKey("0f".repeat(32))).toEqual(new Uint8Array(32).fill(15));
		expect(parseUpdateKey(`04${"00".repeat(64)}`)?.length).toBe(65);
		for (const text of ["0f", "0f".repeat(65), `04${"0g".repeat(64)}`, "0F".repeat(32)])
			expect(() => parseUpdateKey(text), text).toThrow(Misuse);
	});
});
