import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import {
	describeEndpoint,
	lookOn,
	parseEndpoint,
	parseEndpoints,
	parseTopicUrl,
	probeEndpoint,
} from "../../../host-sim/cli/endpoint.js";
import { UsageError } from "../../../host-sim/fleet/scenario.js";

describe("broker URLs", () => {
	it.each([
		["mqtt://h", { host: "h", port: 1883 }],
		["mqtt://h:1884/", { host: "h", port: 1884 }],
		["mqtt://u@h", { host: "h", port: 1883, userName: "u" }],
		["mqtt://u:p%40ss@h", { host: "h", port: 1883, userName: "u", password: "p@ss" }],
		["mqtt://[::1]:1885", { host: "::1", port: 1885 }],
		["mqtts://h", { host: "h", port: 8883, scheme: "mqtts" }],
		["mqtts://u:p@h:1", { host: "h", port: 1, scheme: "mqtts", userName: "u", password: "p" }],
		["ws://h", { host: "h", port: 80, scheme: "ws", path: "/mqtt" }],
		["wss://[::1]/", { host: "::1", port: 443, scheme: "wss", path: "/mqtt" }],
		["wss://u:p%2F@h:9001/a/b", { host: "h", port: 9001, scheme: "wss", path: "/a/b", userName: "u", password: "p/" }],
	])("%s", (text, expected) => {
		expect(parseEndpoint(text)).toEqual(expected);
	});

	it.each([
		"",
		"h",
		"http://h",
		"constructor://h",
		"mqtt://",
		"mqtt://h/topic",
		"mqtt://h:99999",
		"mqtt://:secret@h",
		"mqtt://u:sec#ret@h",
		"mqtt://u:sec?ret@h",
		"mqtt://u:%secret@h",
		"mqtts://u:sec/ret@h",
		"wss://u:1/secret@h",
		"ws://u:sec?ret@h",
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
		expect(describeEndpoint(parseEndpoint("mqtts://a:p@h"))).toBe("mqtts://a@h:8883");
		expect(describeEndpoint(parseEndpoint("wss://a:p@h"))).toBe("wss://a@h:443/mqtt");
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

describe("URLs of several brokers", () => {
	const servers = [
		{ host: "a", port: 1883 },
		{ host: "::1", port: 1884 },
	];

	it("are one scheme, one account and one path for hosts with commas between them", () => {
		expect(parseEndpoints("mqtt://u:p%2Cw@a,[::1]:1884")).toEqual({
			...{ host: "a", port: 1883, userName: "u", password: "p,w" },
			servers,
		});
		expect(parseEndpoints("wss://a,b:1/x")).toMatchObject({
			...{ host: "a", port: 443, scheme: "wss", path: "/x" },
			servers: [
				{ host: "a", port: 443 },
				{ host: "b", port: 1 },
			],
		});
	});

	it("with one of them are as those of one broker", () => {
		expect(parseEndpoints("mqtt://u:p@a")).toEqual(parseEndpoint("mqtt://u:p@a"));
	});

	it("take a comma in the password for what it is", () => {
		expect(parseEndpoints("mqtt://u:p,q@a")).toEqual({ host: "a", port: 1883, userName: "u", password: "p,q" });
	});

	it.each([
		["mqtt://u:secret@a,,b", "--broker: expected"],
		["mqtt://u:secret@a,b:99999", "--broker: expected"],
		["mqtt://u:secret@a,mqtt://b", "what stands before the first host is for all of them"],
		[`mqtt://u:secret@${"a,".repeat(16)}a`, "expected 16 brokers at most"],
		["mqtt://a,b/topic", "got a URL with a path"],
	])("%s gets a sentence without the password", (text, why) => {
		expect(() => parseEndpoints(text)).toThrow(why);
		expect(() => parseEndpoints(text)).not.toThrow("secret");
	});

	it("are shown with all of them; who looks on does so at the first", () => {
		const endpoint = parseEndpoints("mqtt://u:p@a,[::1]:1884");
		expect(describeEndpoint(endpoint)).toBe("mqtt://u@a:1883,[::1]:1884");
		expect(lookOn(endpoint)).toContain("-h a -p 1883 ");
		expect(lookOn(parseEndpoints("wss://a,b"))).toContain("wss://a:443/mqtt");
	});

	it("are there as soon as one of them is", async () => {
		const server = createServer();
		await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
		const { port } = server.address() as { port: number };
		await probeEndpoint(parseEndpoints(`mqtt://127.0.0.1:1,127.0.0.1:${port}`));
		await new Promise(resolve => server.close(resolve));
		await expect(probeEndpoint(parseEndpoints("mqtt://127.0.0.1:1,127.0.0.1:2"))).rejects.toThrow(
			"cannot reach mqtt://127.0.0.1:1: connection refused",
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
		["mqtts://h/a/b", { endpoint: { host: "h", port: 8883, scheme: "mqtts" }, topic: "a/b" }],
		["ws://h:1/a/b", { endpoint: { host: "h", port: 1, scheme: "ws", path: "/a/b" } }],
		["WSS://h", { endpoint: { host: "h", port: 443, scheme: "wss", path: "/mqtt" } }],
	])("%s", (text, expected) => {
		expect(parseTopicUrl(text)).toEqual(expected);
	});

	it.each([
		["wss://u:1/secret@h", "URL: write / as %2F in user and password, and @ as %40 in the path"],
		[
			"secret:x",
			"URL: expected mqtt://[user[:password]@]host[:port][/topic], such as mqtt://192.168.1.10/lab/temperature; " +
				"or mqtts://, ws:// or wss://",
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
