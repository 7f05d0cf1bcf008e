// MQTT 3.1.1, section 3.1: CONNECT, what its flags say of its payload, clean sessions and the keep-alive.

import { describe, expect, it } from "vitest";
import { Misuse } from "../../../firmware/mqtt/client.js";
import { connectBytes, everyConnect } from "../../support/connect.js";
import { online, Peer, publish, utf8 } from "../../support/peer.js";
import { HALVES, WELL_FORMED } from "../../support/strings.js";

const one = utf8("one");

it("[MQTT-3.1.0-1] CONNECT is the first packet on every connection, whatever waits", () => {
	const peer = new Peer();
	peer.client.publish("a", "early", { qos: 1 });
	peer.client.subscribe("b", () => {});
	for (let i = 0; i < 3; i += 1) {
		peer.connect();
		expect(peer.sockets).toHaveLength(i + 1);
		// Until CONNACK has come nothing follows it.
		peer.client.publish("a", "x", { qos: 2 });
		expect(peer.client.publish("a", "x")).toBe(-0x13);
		peer.client.ping();
		peer.time.run(1000);
		expect(peer.take()).toEqual([]);
		peer.socket.fail();
	}
	const first: number[] = [];
	for (let i = 0; i < 3; i += 1) {
		const before = peer.sockets.length;
		peer.time.runUntil(() => peer.sockets.length > before);
		peer.socket.allow(1000);
		first.push(peer.frames()[0]![0]!);
		peer.send({ cmd: "connack", returnCode: 0, sessionPresent: i > 0 });
		expect(peer.take().length).toBeGreaterThan(0);
		peer.socket.fail();
	}
	expect(first).toEqual([0x10, 0x10, 0x10]);
});

describe("clean sessions", () => {
	it("[MQTT-3.1.2-4] with 0 both sides keep the session when the connection ends", () => {
		const peer = online({ cleanSession: false });
		peer.client.subscribe("f", message => peer.log.push(`f ${message.text()}`), { qos: 2 });
		peer.send({ cmd: "suback", messageId: peer.take()[0]!.messageId!, granted: [2] });
		const first = peer.client.publish("a", "one", { qos: 1 });
		const second = peer.client.publish("a", "two", { qos: 2 });
		peer.send({ cmd: "pubrec", messageId: second }, publish("f", "x", 2, 7));
		peer.told();
		for (let i = 0; i < 2; i += 1) {
			peer.socket.fail();
			expect(peer.connect()).toMatchObject({ clean: false });
			peer.send({ cmd: "connack", returnCode: 0, sessionPresent: true }, publish("f", "x", 2, 7, true));
			// Messages out and in, and what was subscribed to.
			expect(peer.brief()).toEqual([`pubrel #${second}`, `publish a one q1 d1 r0 #${first}`, "pubrec #7"]);
			expect(peer.told()).toEqual(["offline 38", "online true"]);
		}
		peer.send(publish("f", "y"));
		expect(peer.told()).toEqual(["f y"]);
	});

	it("[MQTT-3.1.2-6] with 1 nothing of an earlier session is used again", () => {
		const peer = new Peer({ cleanSession: true });
		peer.online();
		const sent = peer.client.publish("a", "one", { qos: 1 });
		const released = peer.client.publish("a", "two", { qos: 2 });
		peer.send({ cmd: "pubrec", messageId: released }, publish("f", "x", 2, 7));
		peer.socket.fail();
		peer.told();
		expect(peer.connect()).toMatchObject({ clean: true });
		peer.send({ cmd: "connack", returnCode: 0, sessionPresent: false });
		expect(peer.told()).toEqual([`end ${sent} lost 1a`, `end ${released} lost 1a`, "online false"]);
		expect(peer.brief()).toEqual([]);
		// The old ids of the server mean nothing any more.
		peer.send(publish("f", "new", 2, 7));
		expect(peer.told()).toEqual(["message f new 2"]);
		// And a server that has kept the session all the same is not followed.
		peer.socket.fail();
		peer.connect();
		peer.send({ cmd: "connack", returnCode: 0, sessionPresent: true });
		expect(peer.told().at(-1)).toBe("offline 59");
	});
});

describe("flags and payload, in every combination of options", () => {
	const all = everyConnect(4).map(options => ({ options, bytes: connectBytes(options) }));

	it("[MQTT-3.1.2-9] with the will flag there are a will topic and a will message", () => {
		const willed = all.filter(({ bytes }) => (bytes.flags & 4) !== 0);
		expect(willed).toHaveLength(84);
		for (const { bytes, options } of willed) {
			expect(options.will).toBeDefined();
			expect([bytes.willTopic, bytes.willPayload, bytes.left]).toEqual(["will/topic", "gone", 0]);
		}
		// An empty message is one.
		expect(connectBytes({ will: { topic: "w" } })).toMatchObject({ willTopic: "w", willPayload: "", left: 0 });
	});

	it("[MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-15] without it will QoS and will retain are 0, and no will follows", () => {
		const plain = all.filter(({ options }) => options.will === undefined);
		expect(plain).toHaveLength(14);
		for (const { bytes } of plain) {
			expect(bytes.flags & 0x3c).toBe(0);
			expect(bytes.left).toBe(0);
		}
	});

	it("[MQTT-3.1.2-14] will QoS is 0, 1 or 2; 3 is misuse", () => {
		for (const { bytes, options } of all)
			if (options.will !== undefined) expect((bytes.flags >> 3) & 3).toBe(options.will.qos);
		for (const qos of [3, -1, 1.5, 4]) expect(() => new Peer({ will: { topic: "w", qos } })).toThrow(Misuse);
	});

	it("[MQTT-3.1.2-18] [MQTT-3.1.2-19] the user name is there if and only if its flag is", () => {
		for (const { bytes, options } of all) {
			expect((bytes.flags & 0x80) !== 0).toBe(options.userName !== undefined);
			expect([bytes.userName, bytes.left]).toEqual([options.userName, 0]);
		}
	});

	it("[MQTT-3.1.2-20] [MQTT-3.1.2-21] the password is there if and only if its flag is", () => {
		for (const { bytes, options } of all) {
			expect((bytes.flags & 0x40) !== 0).toBe(options.password !== undefined);
			expect([bytes.password, bytes.left]).toEqual([options.password, 0]);
		}
	});

	it("[MQTT-3.1.2-22] no password without a user name: misuse", () => {
		for (const { bytes } of all) if ((bytes.flags & 0x40) !== 0) expect(bytes.flags & 0x80).toBe(0x80);
		for (const password of ["", "p", Uint8Array.of(1)]) expect(() => new Peer({ password })).toThrow(Misuse);
	});

	it("[MQTT-3.1.3-1] [MQTT-3.1.3-3] client id first, then will topic and message, user name and password", () => {
		for (const { bytes, options } of all)
			expect(bytes).toEqual({
				first: 0x10,
				protocol: "MQTT",
				level: 4,
				flags: bytes.flags,
				keepAlive: 60,
				properties: undefined,
				clientId: "client",
				willProperties: undefined,
				willTopic: options.will && "will/topic",
				willPayload: options.will && "gone",
				userName: options.userName,
				password: options.password,
				left: 0,
			});
	});
});

it("[MQTT-3.1.0-1] [MQTT-3.1.3-1] CONNECT, byte by byte", () => {
	const peer = new Peer({
		clientId: "id",
		cleanSession: true,
		keepAlive: 300,
		userName: "ü",
		password: "p",
		will: { topic: "w", payload: "gone", qos: 2, retain: true },
	});
	peer.client.open();
	peer.time.step();
	peer.socket.allow(1000);
	const payload = ["0002", "6964", "0001", "77", "0004", "676f6e65", "0002", "c3bc", "0001", "70"];
	expect(peer.hex()).toBe(["101e", "0004", "4d515454", "04", "f6", "012c", ...payload].join(""));
});

describe("strings of CONNECT", () => {
	it("[MQTT-3.1.3-2] the client id is the same on every connection: both sides know their session by it", () => {
		const peer = new Peer({ clientId: "kitchen-7" });
		for (let i = 0; i < 4; i += 1) {
			expect(peer.connect().clientId).toBe("kitchen-7");
			peer.send({ cmd: "connack", returnCode: 0, sessionPresent: i > 0 });
			if (i % 2 === 0) peer.socket.fail();
			else {
				peer.client.close();
				peer.client.open();
			}
		}
	});

	it("[MQTT-3.1.3-4] [MQTT-3.1.3-10] [MQTT-3.1.3-11] client id, will topic and user name are UTF-8, or misuse", () => {
		for (const text of WELL_FORMED) {
			const packet = new Peer({ clientId: text, userName: text, will: { topic: text } }).connect();
			expect([packet.clientId, packet.username, packet.will!.topic]).toEqual([text, text, text]);
		}
		for (const text of HALVES) {
			expect(() => new Peer({ clientId: text })).toThrow(Misuse);
			expect(() => new Peer({ userName: text })).toThrow(Misuse);
			expect(() => new Peer({ will: { topic: text } })).toThrow(Misuse);
		}
	});

	it("[MQTT-3.1.3-7] an empty client id goes only with a clean session", () => {
		expect(() => new Peer({ clientId: "", cleanSession: false })).toThrow(Misuse);
		expect(new Peer({ clientId: "", cleanSession: true }).connect()).toMatchObject({ clientId: "", clean: true });
		expect(new Peer({ clientId: "", cleanSession: undefined as never }).connect()).toMatchObject({ clean: true });
	});
});

describe("keep alive", () => {
	it("[MQTT-3.1.2-23] a packet goes out within every keep-alive, and traffic spares the PINGREQ", () => {
		const peer = online({ keepAlive: 10 });
		const topic = peer.client.topic("a");
		for (let i = 0; i < 20; i += 1) {
			peer.time.run(4000);
			peer.send({ cmd: "puback", messageId: peer.client.publish(topic, one, 3, 2) });
		}
		expect(peer.brief().filter(packet => packet === "pingreq")).toEqual([]);
		peer.time.run(10_000);
		expect(peer.brief()).toEqual(["pingreq"]);
	});

	it("[MQTT-3.1.2-23] what we receive does not put the PINGREQ off", () => {
		const peer = online({ keepAlive: 10 });
		for (let i = 0; i < 10; i += 1) {
			peer.time.run(1000);
			peer.send(publish("a", "x"));
		}
		expect(peer.brief()).toEqual(["pingreq"]);
	});

	it.each([1, 2, 5, 60, 3600, 65_535])("[MQTT-3.1.2-23] gaps of a silent client stay below %d s", keepAlive => {
		const peer = online({ keepAlive });
		let last = peer.time.now;
		for (let i = 0; i < 5; i += 1) {
			let sent: string[] = [];
			expect(
				peer.time.runUntil(() => {
					sent = peer.brief();
					return sent.length > 0;
				}, keepAlive * 1000),
			).toBe(true);
			expect(sent).toEqual(["pingreq"]);
			expect(peer.time.now - last).toBeLessThan(keepAlive * 1000);
			last = peer.time.now;
			peer.send({ cmd: "pingresp" });
		}
		expect(peer.told().filter(line => line.startsWith("offline"))).toEqual([]);
	});

	it("[MQTT-3.1.2-23] a keep-alive of 0 asks for no PINGREQ", () => {
		const peer = online({ keepAlive: 0 });
		peer.time.run(100_000_000);
		expect([peer.brief(), peer.told()]).toEqual([[], []]);
	});
});
