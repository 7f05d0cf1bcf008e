import { describe, expect, it } from "vitest";
import { Client } from "../../../firmware/mqtt/client.js";
import { properties, REQUEST_PROBLEM_INFORMATION, USER_PROPERTY } from "../../../firmware/mqtt/property.js";
import { Flags } from "../../../host-sim/cli/flags.js";
import { LINK_FLAGS, linkOf } from "../../../host-sim/cli/link.js";
import { UsageError } from "../../../host-sim/fleet/scenario.js";

const link = (...args: string[]) => linkOf(new Flags(LINK_FLAGS, args), ["CONNECT", "PUBLISH", "WILL", "DISCONNECT"]);

describe("a link from flags", () => {
	it("goes to localhost at 3.1.1 with a client id that every broker takes [MQTT-3.1.3-5]", () => {
		const { options, url } = link();
		expect(options).toMatchObject({ host: "localhost", port: 1883, protocolVersion: 4, cleanSession: true });
		expect(options.clientId).toMatch(/^[0-9a-zA-Z]{1,23}$/);
		expect(options.clientId).not.toBe(link().options.clientId);
		expect(url).toBe("mqtt://localhost:1883");
		expect(() => new Client(options)).not.toThrow();
	});

	it("takes what flags say", () => {
		const { options, url } = link(
			..."-h h -p 1 -u u -P secret -i me -c -k 7 --will-topic w --will-payload p --will-qos 2 --will-retain".split(" "),
		);
		expect(options).toMatchObject({
			host: "h",
			port: 1,
			userName: "u",
			password: "secret",
			clientId: "me",
			cleanSession: false,
			keepAlive: 7,
			will: { topic: "w", payload: "p", qos: 2, retain: true },
		});
		expect(url).toBe("mqtt://u@h:1");
	});

	it("takes what a URL says, with -L or without", () => {
		const expected = { host: "h", port: 2, userName: "u", password: "p" };
		expect(link("mqtt://u:p@h:2/a/b")).toMatchObject({ options: expected, topic: "a/b" });
		expect(link("-L", "mqtt://u:p@h:2/a/b")).toMatchObject({ options: expected, topic: "a/b" });
	});

	it("goes over TLS and WebSocket where the URL says so, with the topic in -t", () => {
		expect(link("mqtts://h/a")).toMatchObject({ options: { port: 8883 }, url: "mqtts://h:8883", topic: "a" });
		const { topic, url } = link("-L", "ws://h/mqtt");
		expect([url, topic]).toEqual(["ws://h:80/mqtt", undefined]);
	});

	it("speaks 5.0 where it is asked to, or where there are properties", () => {
		expect(link("-V", "mqttv5").options).toMatchObject({ protocolVersion: 5, clientId: "" });
		expect(link("-V", "4").options.protocolVersion).toBe(4);
		expect(link("-V", "5", "-x", "-1", "-i", "a").options.sessionExpiry).toBe(0xffff_ffff);
		expect(link("-V", "5", "-x", "60").options.sessionExpiry).toBe(60);
		const { blocks, options } = link(
			..."-D CONNECT request-problem-information 0 -D PUBLISH user-property a b --will-topic w".split(" "),
			..."-D WILL user-property c d".split(" "),
		);
		expect(options.protocolVersion).toBe(5);
		expect(options.properties).toEqual(properties([REQUEST_PROBLEM_INFORMATION, 0]));
		expect(options.will?.properties).toEqual(properties([USER_PROPERTY, "c", "d"]));
		expect(blocks.PUBLISH).toEqual(properties([USER_PROPERTY, "a", "b"]));
	});

	it("has options for what CONNECT says of us", () => {
		const { options } = link(
			..."-D CONNECT maximum-packet-size 1001 -D CONNECT receive-maximum 7".split(" "),
			..."-D CONNECT topic-alias-maximum 4 -D CONNECT session-expiry-interval 60".split(" "),
		);
		expect(options).toMatchObject({
			maximumPacketSize: 1001,
			sessionExpiry: 60,
			limits: { receive: 1000, received: 7, aliases: 4, aliasBytes: 65_535 },
		});
		// What the client makes of it is allowed.
		expect(new Client(options).isOnline).toBe(false);
		expect(link("-D", "CONNECT", "maximum-packet-size", "1000000").options.limits?.receive).toBeGreaterThan(65_000);
	});

	it("makes a client id of a prefix and the process id", () => {
		expect(link("-I", "lab-").options.clientId).toBe(`lab-${process.pid}`);
	});

	it.each([
		[["-h", ""], "-h: expected a host"],
		[["a", "b"], "there is more than one word that belongs to no flag"],
		[["-L", "mqtt://h", "mqtt://h"], "-L and a URL without it do not go together"],
		[["mqtt://h", "-h", "h"], "-h and a URL do not go together"],
		[["mqtt://h", "-P", "h"], "-P and a URL do not go together"],
		[["-p", "0"], "-p: expected a whole number from 1 to 65535"],
		[["-P", "secret"], "a password needs a user name in MQTT 3.1.1: give -u too, or -V 5"],
		[["-c"], "a session that outlives the connection needs a client id: give -i too"],
		[["-V", "5", "-x", "-1"], "a session that outlives the connection needs a client id: give -i too"],
		[["-x", "5"], "-x is of MQTT 5.0: give -V 5 too"],
		[["-i", "a", "-I", "b"], "-i and -I do not go together"],
		[["-i", ""], "-i: may not be empty in MQTT 3.1.1"],
		[["--insecure"], "--insecure is for TLS: give a URL with mqtts:// or wss://"],
		[["--cafile", "f", "mqtt://h"], "--cafile is for TLS: give a URL with mqtts:// or wss://"],
		[["--cafile", "nosuch.pem"], "--cafile: nosuch.pem: there is no such file"],
		[["--cert", "nosuch.pem", "-h", "h"], "--cert needs --key"],
		[["-V", "31"], "-V: MQTT 3.1 is not supported; 311 and 5 are"],
		[["-V", "6"], "-V: expected mqttv311, 311 or 4, or mqttv5 or 5"],
		[["-V", "4", "-D", "CONNECT", "user-property", "a", "b"], "-D is of MQTT 5.0: leave -V out, or give -V 5"],
		[["--will-topic", "w", "--will-payload", "x".repeat(4097)], "--will-payload: at most 4096 bytes"],
		[
			["-x", "5", "-V", "5", "-i", "a", "-D", "CONNECT", "session-expiry-interval", "6"],
			"-x and -D CONNECT session-expiry-interval say the same",
		],
		[
			["-D", "DISCONNECT", "session-expiry-interval", "6"],
			"-D DISCONNECT session-expiry-interval: there is no session to be kept; give -c or -x too",
		],
		[["--will-payload", "a"], "--will-payload needs --will-topic"],
		[["--will-retain"], "--will-retain needs --will-topic"],
		[["-D", "WILL", "user-property", "a", "b"], "-D WILL needs --will-topic"],
	])("%.70j: one sentence", (args, message) => {
		expect(() => link(...args)).toThrow(new UsageError(message));
	});
});
