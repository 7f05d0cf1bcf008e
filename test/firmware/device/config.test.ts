import { describe, expect, it } from "vitest";
import { deviceIdOf, parseBroker } from "../../../firmware/device/config.js";
import { Misuse } from "../../../firmware/mqtt/error.js";

describe("parseBroker", () => {
	it.each([
		["192.168.1.10", { host: "192.168.1.10", port: 1883 }],
		["broker.local:8883", { host: "broker.local", port: 8883 }],
		["mqtt://broker.local", { host: "broker.local", port: 1883 }],
		["mqtt://broker.local:1884/", { host: "broker.local", port: 1884 }],
		["mqtt://u@h", { host: "h", port: 1883, userName: "u" }],
		["mqtt://u:p@h:1", { host: "h", port: 1, userName: "u", password: "p" }],
		["u:p@ss:w@h", { host: "h", port: 1883, userName: "u", password: "p@ss:w" }],
	])("%s", (text, expected) => {
		expect(parseBroker(text)).toEqual({ userName: undefined, password: undefined, ...expected });
	});

	it.each([
		"",
		"mqtt://",
		"http://h",
		"mqtts://h",
		"h:0",
		"h:65536",
		"h:x",
		"h:",
		":1883",
		"@h",
		":secret@h",
		"u:secret@",
	])("%s is misuse, and the message keeps the password to itself", text => {
		expect(() => parseBroker(text)).toThrow(Misuse);
		try {
			parseBroker(text);
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
