// MQTT 5.0, section 3.1: CONNECT, what its flags say of its payload, how long a session lasts, and the keep-alive.

import { describe, expect, it } from "vitest";
import { Misuse, QOS_1 } from "../../../firmware/mqtt/client.js";
import { CONTENT_TYPE, properties, USER_PROPERTY } from "../../../firmware/mqtt/property.js";
import { connectBytes, everyConnect } from "../../support/connect.js";
import { online } from "../../support/five.js";
import { Peer, type PeerOptions, publish, utf8 } from "../../support/peer.js";
import { asString, HALVES, WELL_FORMED } from "../../support/strings.js";

const one = utf8("one");

/** A peer of 5.0 that has not opened. */
function make(options: PeerOptions = {}): Peer {
	return new Peer({ protocolVersion: 5, ...options });
}

it("[MQTT-3.1.0-1] CONNECT is the first packet on every connection, whatever waits", () => {
	const peer = make();
	peer.client.publish("a", "early", { qos: 1 });
	peer.client.subscribe("b", () => {});
	for (let i = 0; i < 3; i += 1) {
		peer.connect();
		// Until CONNACK has come nothing follows it.
		peer.client.publish("a", "x", { qos: 2 });
		expect(peer.client.publish("a", "x")).toBe(-0x13);
		peer.client.ping();
		peer.time.run(1000);
		expect(peer.take()).toEqual([]);
		peer.socket.fail();
	}
	for (let i = 0; i < 3; i += 1) {
		const before = peer.sockets.length;
		peer.time.runUntil(() => peer.sockets.length > before);
		peer.socket.allow(1000);
		expect(peer.frames().map(([first]) => first)).toEqual([0x10]);
		peer.send({ cmd: "connack", reasonCode: 0, sessionPresent: i > 0 });
		expect(peer.take().length).toBeGreaterThan(0);
		peer.socket.fail();
	}
});

it("[MQTT-3.1.2-1] the protocol's name is MQTT, its version 5", () => {
	for (const options of everyConnect(5)) expect(connectBytes(options)).toMatchObject({ protocol: "MQTT", level: 5 });
	const peer = make();
	peer.client.open();
	peer.time.step();
	peer.socket.allow(1000);
	expect(peer.hex().slice(4)).toMatch(/^00044d51545405/);
	// A server that does not speak it may say so, and closes.
	peer.send("2003 008400");
	expect(peer.told()).toEqual(["offline 84"]);
	expect(peer.socket.closed).toBe(true);
});

describe("sessions", () => {
	it("[MQTT-3.1.2-4] after a clean start nothing of an earlier session is used again", () => {
		const peer = make({ cleanSession: true, sessionExpiry: 3600 }).online();
		const sent = peer.client.publish("a", "one", { qos: 1 });
		const released = peer.client.publish("a", "two", { qos: 2 });
		peer.send({ cmd: "pubrec", messageId: released }, publish("f", "x", 2, 7));
		peer.socket.fail();
		peer.told();
		expect(peer.connect()).toMatchObject({ clean: true });
		peer.send({ cmd: "connack", reasonCode: 0, sessionPresent: false });
		expect(peer.told()).toEqual([`end ${sent} lost 1a`, `end ${released} lost 1a`, "online false"]);
		expect(peer.brief()).toEqual([]);
		// The old ids of the server mean nothing any more.
		peer.send(publish("f", "new", 2, 7));
		expect(peer.told()).toEqual(["message f new 2"]);
	});

	it.each([
		["for ever", {}, 0xffff_ffff],
		["an hour", { sessionExpiry: 3600 }, 3600],
	])("[MQTT-3.1.2-23] both sides keep the session when the connection ends: %s", (_name, options, expiry) => {
		const peer = make({ cleanSession: false, ...options }).online();
		peer.client.subscribe("f", message => peer.log.push(`f ${message.text()}`), { qos: 2 });
		peer.answer("02");
		const first = peer.client.publish("a", "one", { qos: 1 });
		const second = peer.client.publish("a", "two", { qos: 2 });
		peer.send({ cmd: "pubrec", messageId: second }, publish("f", "x", 2, 7));
		peer.told();
		for (let i = 0; i < 3; i += 1) {
			peer.socket.fail();
			expect(peer.connect()).toMatchObject({ clean: false, properties: { sessionExpiryInterval: expiry } });
			peer.send({ cmd: "connack", reasonCode: 0, sessionPresent: true }, publish("f", "x", 2, 7, true));
			// Messages out and in, and what was subscribed to.
			expect(peer.brief()).toEqual([`pubrel #${second}`, `publish a one q1 d1 r0 #${first}`, "pubrec #7"]);
			expect(peer.told()).toEqual(["offline 38", "online true"]);
		}
		peer.send(publish("f", "y"));
		expect(peer.told()).toEqual(["f y"]);
	});
});

describe("flags and payload, in every combination of options", () => {
	const all = everyConnect(5).map(options => ({ options, bytes: connectBytes(options) }));

	it("[MQTT-3.1.2-9] with the will flag there are the will's properties, topic and payload", () => {
		const willed = all.filter(({ bytes }) => (bytes.flags & 4) !== 0);
		expect(willed).toHaveLength(108);
		for (const { bytes, options } of willed) {
			expect(options.will).toBeDefined();
			expect([bytes.willProperties, bytes.willTopic, bytes.willPayload, bytes.left]).toEqual([
				"",
				"will/topic",
				"gone",
				0,
			]);
		}
		const block = properties([CONTENT_TYPE, "text"], [USER_PROPERTY, "k", "v"]);
		expect(connectBytes({ protocolVersion: 5, will: { topic: "w", properties: block } })).toMatchObject({
			willProperties: Buffer.from(block).toString("latin1"),
			willTopic: "w",
			willPayload: "",
			left: 0,
		});
	});

	it("[MQTT-3.1.2-11] [MQTT-3.1.2-13] without it will QoS and will retain are 0, and no will follows", () => {
		const plain = all.filter(({ options }) => options.will === undefined);
		expect(plain).toHaveLength(18);
		for (const { bytes } of plain) {
			expect(bytes.flags & 0x3c).toBe(0);
			expect(bytes.left).toBe(0);
		}
	});

	it("[MQTT-3.1.2-12] will QoS is 0, 1 or 2; 3 is misuse", () => {
		for (const { bytes, options } of all)
			if (options.will !== undefined) expect((bytes.flags >> 3) & 3).toBe(options.will.qos);
		for (const qos of [3, -1, 1.5, 4]) expect(() => make({ will: { topic: "w", qos } })).toThrow(Misuse);
	});

	it("[MQTT-3.1.2-16] [MQTT-3.1.2-17] the user name is there if and only if its flag is", () => {
		for (const { bytes, options } of all) {
			expect((bytes.flags & 0x80) !== 0).toBe(options.userName !== undefined);
			expect([bytes.userName, bytes.left]).toEqual([options.userName, 0]);
		}
	});

	it("[MQTT-3.1.2-18] [MQTT-3.1.2-19] the password is there if and only if its flag is, with a user name or without", () => {
		const alone = all.filter(({ bytes }) => (bytes.flags & 0xc0) === 0x40);
		expect(alone).toHaveLength(28);
		for (const { bytes, options } of all) {
			expect((bytes.flags & 0x40) !== 0).toBe(options.password !== undefined);
			expect([bytes.password, bytes.left]).toEqual([options.password, 0]);
		}
	});

	it("[MQTT-3.1.3-1] [MQTT-3.1.3-3] client id first, then the will's properties, topic and payload, user name and password", () => {
		for (const { bytes, options } of all)
			expect(bytes).toEqual({
				first: 0x10,
				protocol: "MQTT",
				level: 5,
				flags: bytes.flags,
				keepAlive: 60,
				properties: bytes.properties,
				clientId: "client",
				willProperties: options.will && "",
				willTopic: options.will && "will/topic",
				willPayload: options.will && "gone",
				userName: options.userName,
				password: options.password,
				left: 0,
			});
	});
});

describe("strings of CONNECT", () => {
	it("[MQTT-3.1.3-2] the client id is the same on every connection: both sides know their session by it", () => {
		const peer = make({ clientId: "kitchen-7" });
		for (let i = 0; i < 4; i += 1) {
			expect(peer.connect().clientId).toBe("kitchen-7");
			peer.send({ cmd: "connack", reasonCode: 0, sessionPresent: i > 0 });
			if (i % 2 === 0) peer.socket.fail();
			else {
				peer.client.close();
				peer.client.open();
			}
		}
	});

	it("[MQTT-3.1.3-2] one that the server has assigned is ours from then on, and none takes the place of our own", () => {
		const peer = make({ clientId: "" });
		for (const expected of ["", "given", "given"]) {
			expect(peer.connect().clientId).toBe(expected);
			const assigned = expected === "" ? { properties: { assignedClientIdentifier: "given" } } : {};
			peer.send({ cmd: "connack", reasonCode: 0, sessionPresent: false, ...assigned });
			peer.socket.fail();
		}
		const own = make({ clientId: "own" });
		own.online(false, 1000, { assignedClientIdentifier: "auto" });
		own.socket.fail();
		expect(own.connect().clientId).toBe("own");
	});

	it("[MQTT-3.1.3-3] the client id comes first, behind the properties, and also where it is empty", () => {
		const peer = make({ clientId: "", userName: "u" });
		peer.client.open();
		peer.time.step();
		peer.socket.allow(1000);
		const bytes = peer.hex();
		const length = Number.parseInt(bytes.slice(24, 26), 16);
		expect(bytes.slice(26 + length * 2)).toBe(asString("") + asString("u"));
	});

	it("[MQTT-3.1.3-4] [MQTT-3.1.3-11] [MQTT-3.1.3-12] client id, will topic and user name are UTF-8, or misuse", () => {
		for (const text of WELL_FORMED) {
			const packet = make({ clientId: text, userName: text, will: { topic: text } }).connect();
			expect([packet.clientId, packet.username, packet.will!.topic]).toEqual([text, text, text]);
		}
		for (const text of HALVES) {
			expect(() => make({ clientId: text })).toThrow(Misuse);
			expect(() => make({ userName: text })).toThrow(Misuse);
			expect(() => make({ will: { topic: text } })).toThrow(Misuse);
		}
	});
});

describe("keep alive", () => {
	it("[MQTT-3.1.2-20] a packet goes out within every keep-alive, and traffic spares the PINGREQ", () => {
		const peer = online({ keepAlive: 10 });
		const topic = peer.client.topic("a");
		for (let i = 0; i < 20; i += 1) {
			peer.time.run(4000);
			peer.send({ cmd: "puback", messageId: peer.client.publish(topic, one, 3, QOS_1) });
		}
		expect(peer.brief().filter(packet => packet === "pingreq")).toEqual([]);
		peer.time.run(10_000);
		expect(peer.brief()).toEqual(["pingreq"]);
	});

	it("[MQTT-3.1.2-20] what we receive does not put the PINGREQ off", () => {
		const peer = online({ keepAlive: 10 });
		for (let i = 0; i < 10; i += 1) {
			peer.time.run(1000);
			peer.send(publish("a", "x"));
		}
		expect(peer.brief()).toEqual(["pingreq"]);
	});

	it("[MQTT-3.1.2-20] a keep-alive of 0 asks for no PINGREQ", () => {
		const peer = online({ keepAlive: 0 });
		peer.time.run(100_000_000);
		expect([peer.brief(), peer.told()]).toEqual([[], []]);
	});

	it.each([
		[60, 1],
		[60, 8],
		[5, 3600],
		[0, 20],
		[60, 65_535],
	])(
		"[MQTT-3.1.2-21] asked for %d s and told %d s, gaps of a silent client stay below what was told",
		(keepAlive, serverKeepAlive) => {
			const peer = online({ keepAlive }, { serverKeepAlive });
			let last = peer.time.now;
			for (let i = 0; i < 4; i += 1) {
				let sent: string[] = [];
				const isSent = () => {
					sent = peer.brief();
					return sent.length > 0;
				};
				expect(peer.time.runUntil(isSent, serverKeepAlive * 1000)).toBe(true);
				expect(sent).toEqual(["pingreq"]);
				const gap = peer.time.now - last;
				expect(gap).toBeLessThan(serverKeepAlive * 1000);
				// Not by being hasty either.
				expect(gap).toBeGreaterThan(serverKeepAlive * 400);
				last = peer.time.now;
				peer.send({ cmd: "pingresp" });
			}
			expect(peer.told().filter(line => line.startsWith("offline"))).toEqual([]);
		},
	);

	it("[MQTT-3.1.2-21] told 0 it asks for no PINGREQ; a server that says nothing gets our own keep-alive again", () => {
		const peer = online({ keepAlive: 60 }, { serverKeepAlive: 0 });
		peer.time.run(10_000_000);
		expect([peer.brief(), peer.told()]).toEqual([[], []]);
		peer.socket.fail();
		peer.online(true);
		peer.take();
		peer.time.run(60_000);
		expect(peer.brief()).toEqual(["pingreq"]);
	});
});
