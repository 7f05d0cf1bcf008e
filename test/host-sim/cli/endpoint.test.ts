import { describe, expect, it } from "vitest";
import { describeEndpoint, parseEndpoint, parseTopicUrl, probeEndpoint } from "../../../host-sim/cli/endpoint.js";
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

describe("broker URLs with a topic", () => {
	it.each([
		["mqtt://h", { endpoint: { host: "h", port: 1883 } }],
		["mqtt://h/", { endpoint: { host: "h", port: 1883 } }],
		["MQTT://h:1/a/b", { endpoint: { host: "h", port: 1 }, topic: "a/b" }],
		["mqtt://h//a", { endpoint: { host: "h", port: 1883 }, topic: "/a" }],
		["mqtt://h/+/a/#", { endpoint: { host: "h", port: 1883 }, topic: "+/a/#" }],
		["mqtt://h/a%20b%2Fc?d", { endpoint: { host: "h", port: 1883 }, topic: "a b/c?d" }],
		[
			"mqtt://u%40:p%2F%23@[::1]:2/a@b",
			{ endpoint: { host: "::1", port: 2, userName: "u@", password: "p/#" }, topic: "a@b" },
		],
		["mqtt://:p@h/a", { endpoint: { host: "h", port: 1883, password: "p" }, topic: "a" }],
	])("%s", (text, expected) => {
		expect(parseTopicUrl(text)).toEqual(expected);
	});

	it.each([
		["mqtts://u:secret@h/a", "URL: mqtts:// is not supported yet, since there is no TLS; only mqtt:// is"],
		["ws://u:secret@h/a", "URL: ws:// is not supported yet, since there is no WebSocket; only mqtt:// is"],
		[
			"secret:x",
			"URL: expected mqtt://[user[:password]@]host[:port][/topic], such as mqtt://192.168.1.10/lab/temperature",
		],
		["mqtt://u:secret/x@h/a", "URL: write / as %2F in user and password, and @ as %40 in the topic"],
		["mqtt://u:1/secret@h/a", "URL: write / as %2F in user and password, and @ as %40 in the topic"],
		["mqtt://u:secret@h/a%", "URL: the topic has a % that begins no escape; write it as %25"],
		["mqtt://u:secret%@h/a", "URL: user or password has a % that begins no escape; write it as %25"],
		[
			"mqtt://u:secret@h:port/a",
			"URL: expected mqtt://[user[:password]@]host[:port], such as mqtt://192.168.1.10:1883",
		],
		["mqtt:///a", "URL: expected mqtt://[user[:password]@]host[:port], got a URL without a host"],
	])("%s: one sentence that holds nothing of it", (text, message) => {
		expect(() => parseTopicUrl(text)).toThrow(new UsageError(message));
	});
});
