import { describe, expect, it } from "vitest";
import { describeEndpoint, parseEndpoint, probeEndpoint } from "../../../host-sim/cli/endpoint.js";
import { UsageError } from "../../../host-sim/fleet/scenario.js";

describe("broker URLs", () => {
	it.each([
		["mqtt://h", { host: "h", port: 1883 }],
		["mqtt://h:1884/", { host: "h", port: 1884 }],
		["mqtt://u@h", { host: "h", port: 1883, userName: "u" }],
		["mqtt://u:p%40ss@h", { host: "h", port: 1883, userName: "u", password: "p@ss" }],
		["mqtt://[::1]:1885", { host: "::1", port: 1885 }],
	])("%s", (text, expected) => {
		expect(parseEndpoint(text)).toEqual(expected);
	});

	it.each([
		"",
		"h",
		"mqtts://h",
		"mqtt://",
		"mqtt://h/topic",
		"mqtt://h:99999",
		"mqtt://:secret@h",
		"mqtt://u:sec#ret@h",
		"mqtt://u:sec?ret@h",
		"mqtt://u:%secret@h",
	])("%s gets a sentence without the password", text => {
		expect(() => parseEndpoint(text)).toThrow(UsageError);
		try {
			parseEndpoint(text);
		} catch (error) {
			expect((error as Error).message).not.toMatch(/sec|ret/);
		}
	});

	it("are shown without the password", () => {
		expect(describeEndpoint(parseEndpoint("mqtt://a%20b:p@[::1]:1"))).toBe("mqtt://a%20b@[::1]:1");
	});

	it("are tried before boards are: nobody there, no such host", async () => {
		await expect(probeEndpoint({ host: "127.0.0.1", port: 1 })).rejects.toThrow(
			"cannot reach mqtt://127.0.0.1:1: connection refused",
		);
		await expect(probeEndpoint({ host: "nosuch.invalid", port: 1883 })).rejects.toThrow(
			"cannot reach mqtt://nosuch.invalid:1883: no such host",
		);
	});
});
