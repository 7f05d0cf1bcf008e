// What 5.0 has and 3.1.1 has not, beyond the statements of the standard, on the wire. Virtual time, a scripted peer.

import type { ISubscribePacket, Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { type Incoming, Misuse, QOS_1, QOS_2 } from "../../../firmware/mqtt/client.js";
import {
	AUTHENTICATION_METHOD,
	CONTENT_TYPE,
	CORRELATION_DATA,
	MAXIMUM_PACKET_SIZE,
	MESSAGE_EXPIRY_INTERVAL,
	properties,
	REASON_STRING,
	RECEIVE_MAXIMUM,
	RESPONSE_TOPIC,
	SERVER_REFERENCE,
	SESSION_EXPIRY_INTERVAL,
	SUBSCRIPTION_IDENTIFIER,
	TOPIC_ALIAS,
	USER_PROPERTY,
	WILL_DELAY_INTERVAL,
} from "../../../firmware/mqtt/property.js";
import { hex, Peer, type PeerOptions, publish, online as start, utf8 } from "../../support/peer.js";

const one = utf8("one");

function online(options: PeerOptions = {}, allowed?: Parameters<Peer["online"]>[2], room = 100_000): Peer {
	return start({ protocolVersion: 5, ...options }, room, allowed);
}

/** A refusal is told in one DISCONNECT with this reason, then the link is closed with our code. */
function expectRefused(peer: Peer, code: string, reason: number): void {
	expect(peer.told()).toEqual([`offline ${code}`]);
	const sent = peer.take();
	expect(sent.at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: reason });
	expect(sent.filter(packet => packet.cmd === "disconnect")).toHaveLength(1);
	expect(peer.socket.closed).toBe(true);
}

describe("CONNECT", () => {
	it("[MQTT-3.1.3-1] protocol version 5, session expiry and receive maximum, then the rest in its order", () => {
		const peer = new Peer({
			protocolVersion: 5,
			cleanSession: false,
			limits: { received: 7 },
			password: Uint8Array.of(1, 2),
			properties: properties([USER_PROPERTY, "site", "roof"]),
			maximumPacketSize: 1000,
			will: {
				topic: "gone",
				payload: "bye",
				qos: 1,
				retain: true,
				properties: properties([WILL_DELAY_INTERVAL, 30], [USER_PROPERTY, "why", "power"]),
			},
		});
		expect(peer.connect()).toMatchObject({
			protocolId: "MQTT",
			protocolVersion: 5,
			clean: false,
			clientId: "c",
			// [MQTT-3.1.2-18] A password without a user name is allowed.
			password: Buffer.of(1, 2),
			properties: {
				sessionExpiryInterval: 0xffff_ffff,
				receiveMaximum: 7,
				maximumPacketSize: 1000,
				userProperties: { site: "roof" },
			},
			will: {
				topic: "gone",
				payload: Buffer.from("bye"),
				qos: 1,
				retain: true,
				properties: { willDelayInterval: 30, userProperties: { why: "power" } },
			},
		});
	});

	it("says how long the session is to be kept: for ever, not at all, or as asked", () => {
		const expiry = (options: PeerOptions) =>
			new Peer({ protocolVersion: 5, ...options }).connect().properties!.sessionExpiryInterval;
		expect(expiry({ cleanSession: false })).toBe(0xffff_ffff);
		expect(expiry({ cleanSession: true })).toBe(0);
		expect(expiry({ cleanSession: false, sessionExpiry: 3600 })).toBe(3600);
	});

	it("takes no properties that are wrong there, or ours to say, or any in 3.1.1", () => {
		const wrong: PeerOptions[] = [
			{ properties: properties([TOPIC_ALIAS, 1]) },
			{ properties: properties([RECEIVE_MAXIMUM, 1]) },
			{ properties: properties([MAXIMUM_PACKET_SIZE, 1000]) },
			{ properties: properties([AUTHENTICATION_METHOD, "x"]) },
			{ maximumPacketSize: 511 },
			{ maximumPacketSize: 268_435_461 },
			{ redirects: 11 },
			{ properties: properties([SESSION_EXPIRY_INTERVAL, 1]) },
			{ properties: Uint8Array.of(1) },
			{ will: { topic: "a", properties: properties([TOPIC_ALIAS, 1]) } },
			{ protocolVersion: 4, properties: properties([USER_PROPERTY, "a", "b"]) },
			{ protocolVersion: 3 as never },
			{ sessionExpiry: -1 },
		];
		for (const options of wrong) expect(() => new Peer({ protocolVersion: 5, ...options })).toThrow(Misuse);
	});

	it("[MQTT-3.2.2-16] an empty client id takes the one that the server assigns, and keeps it for the resume", () => {
		const peer = new Peer({ protocolVersion: 5, clientId: "" });
		expect(peer.connect().clientId).toBe("");
		peer.send({
			cmd: "connack",
			reasonCode: 0,
			sessionPresent: false,
			properties: { assignedClientIdentifier: "auto-7" },
		});
		peer.socket.fail();
		expect(peer.connect().clientId).toBe("auto-7");
	});
});

describe("CONNACK", () => {
	it("a refusal is told with its reason, and its reason string can be read there", () => {
		const said: unknown[] = [];
		const peer: Peer = new Peer({
			protocolVersion: 5,
			onOffline: code => said.push(code, peer.client.packet.property(REASON_STRING)),
		});
		peer.connect();
		peer.send({ cmd: "connack", reasonCode: 0x87, sessionPresent: false, properties: { reasonString: "not you" } });
		expect(said).toEqual([0x87, "not you"]);
		expect(peer.take()).toEqual([]);
	});

	it("a server that speaks 3.1.1 only says so as 3.1.1 does", () => {
		const peer = new Peer({ protocolVersion: 5 });
		peer.connect();
		peer.send("20020001");
		expect(peer.told()).toEqual(["offline 84"]);
	});

	it.each([
		["[MQTT-3.2.2-1] reserved flags", "2003 020000", "58", 0x82],
		["[MQTT-3.2.2-6] a refusal with Session Present", "2003 018700", "58", 0x82],
		["a reason that it cannot have", "2003 000100", "5f", 0x81],
		["no property length", "2002 0000", "56", 0x81],
		["section 3.2.2.3.3: Receive Maximum 0", "2006 0000 03 21 0000", "5d", 0x82],
		["section 3.2.2.3.6: Maximum Packet Size 0", "2008 0000 05 27 00000000", "5d", 0x82],
		["section 3.2.2.3.4: Maximum QoS 2", "2005 0000 02 24 02", "5d", 0x82],
		["section 2.2.2.2: a property twice", "2007 0000 04 25 01 25 01", "5d", 0x82],
		["section 2.2.2.2: a property of another packet", "2008 0000 05 02 00000001", "5c", 0x81],
		["[MQTT-1.5.4-1] an ill-formed string", "2007 0000 04 1f 0001 ff", "5c", 0x81],
		["[MQTT-1.5.4-2] U+0000 in a string", "2007 0000 04 1f 0001 00", "5c", 0x81],
		["properties that reach past the packet", "2004 0000 02 25", "5c", 0x81],
		["bytes behind the properties", "2005 0000 00 2501", "56", 0x81],
	])("%s", (_title, bytes, code, reason) => {
		const peer = new Peer({ protocolVersion: 5 });
		peer.connect();
		peer.send(bytes);
		expectRefused(peer, code, reason);
	});
});

describe("PUBLISH", () => {
	it("[MQTT-2.2.2-1] an empty block of properties is a zero, a full one goes behind the id", () => {
		const peer = online();
		const topic = peer.client.topic("a");
		expect(peer.client.publish(topic, one, 3, 0)).toBe(0);
		expect(peer.hex()).toBe("30 07 0001 61 00 6f6e65".replaceAll(" ", ""));
		const block = properties([RESPONSE_TOPIC, "re"], [CORRELATION_DATA, Uint8Array.of(9)], [USER_PROPERTY, "k", "v"]);
		const ticket = peer.client.publishWith(block, topic, one, 3, QOS_1);
		peer.client.publish("b", "two", { properties: properties([MESSAGE_EXPIRY_INTERVAL, 60]), retain: true });
		expect(peer.take()).toMatchObject([
			{
				topic: "a",
				qos: 1,
				messageId: ticket,
				payload: Buffer.from("one"),
				properties: { responseTopic: "re", correlationData: Buffer.of(9), userProperties: { k: "v" } },
			},
			{ topic: "b", retain: true, payload: Buffer.from("two"), properties: { messageExpiryInterval: 60 } },
		]);
		// The block was for one message.
		peer.client.publish(topic, one, 3, 0);
		expect(peer.hex()).toBe("300700016100 6f6e65".replaceAll(" ", ""));
	});

	it("takes no properties that PUBLISH cannot have", () => {
		const peer = online();
		const topic = peer.client.topic("a");
		expect(() => peer.client.publishWith(properties([SESSION_EXPIRY_INTERVAL, 1]), topic, one)).toThrow(Misuse);
		expect(() => peer.client.publish("a", "b", { properties: Uint8Array.of(2) })).toThrow(Misuse);
		expect(peer.take()).toEqual([]);
	});

	it("kept with its properties for another connection", () => {
		const peer = online();
		const ticket = peer.client.publish("a", "x", { qos: 1, properties: properties([USER_PROPERTY, "k", "v"]) });
		peer.socket.fail();
		peer.online(true);
		expect(peer.take()).toMatchObject([{ dup: true, messageId: ticket, properties: { userProperties: { k: "v" } } }]);
	});

	it("incoming properties are the handler's to read, and the payload begins behind them", () => {
		const peer = online();
		const seen: unknown[] = [];
		peer.client.subscribe("b", message => {
			seen.push(message.text(), message.property(RESPONSE_TOPIC), message.property(CORRELATION_DATA));
			seen.push(message.property(MESSAGE_EXPIRY_INTERVAL), message.userProperties());
		});
		peer.send({
			cmd: "publish",
			topic: "b",
			payload: "hello",
			qos: 0,
			dup: false,
			retain: false,
			properties: {
				responseTopic: "re",
				correlationData: Buffer.of(1, 2),
				messageExpiryInterval: 70_000,
				userProperties: { a: "1", b: "2" },
			},
		});
		expect(seen).toEqual([
			"hello",
			"re",
			Uint8Array.of(1, 2),
			70_000,
			[
				["a", "1"],
				["b", "2"],
			],
		]);
	});

	it.each([
		["[MQTT-3.3.2-8] alias 0", "3007 0001 62 03 23 0000", "5e", 0x94],
		["an alias where we allow none", "3007 0001 62 03 23 0001", "5e", 0x94],
		["an empty topic without an alias", "3003 0000 00", "55", 0x82],
		["[MQTT-3.3.2-2] a wildcard in the topic", "3004 0001 23 00", "55", 0x82],
		["[MQTT-3.3.4-6] subscription identifier 0", "3006 0001 62 02 0b 00", "5d", 0x82],
		["a reason string, which is of other packets", "3008 0001 62 04 1f 0001 61", "5c", 0x81],
		["properties that reach past the packet", "3005 0001 62 05 01", "5c", 0x81],
		["[MQTT-1.5.5-1] a property length in too many bytes", "3005 0001 62 80 00", "5c", 0x81],
		["[MQTT-3.3.1-4] QoS 3", "3606 0001 62 0001 00", "52", 0x81],
		["[MQTT-2.2.1-3] packet id 0", "3206 0001 62 0000 00", "53", 0x82],
	])("%s closes with a DISCONNECT, and nothing is delivered", (_title, bytes, code, reason) => {
		const peer = online();
		peer.client.subscribe("b", () => peer.log.push("delivered"));
		peer.take();
		peer.send(bytes);
		expectRefused(peer, code, reason);
	});

	it("larger than the receive buffer it streams, its properties read beside every span", () => {
		const peer = online({ limits: { receive: 128 } });
		const seen: string[] = [];
		peer.client.subscribe(
			"b",
			message => seen.push(`${message.position} ${message.property(USER_PROPERTY)} ${message.last}`),
			{ stream: true },
		);
		peer.take();
		const bytes = Buffer.from(
			`32 AC02 0001 62 0007 0b 26 0003 6b6579 0003 76616c ${"78".repeat(283)}`.replaceAll(" ", ""),
			"hex",
		);
		for (const byte of bytes) peer.socket.deliver(Buffer.of(byte));
		expect(seen[0]).toBe("0 key false");
		expect(seen.at(-1)).toMatch(/ key true$/);
		expect(peer.brief()).toEqual(["puback #7"]);
	});
});

describe("reasons", () => {
	const refusal: [string, (id: number) => Packet, number][] = [
		["PUBACK", id => ({ cmd: "puback", messageId: id, reasonCode: 0x87, properties: { reasonString: "no" } }), QOS_1],
		["PUBREC", id => ({ cmd: "pubrec", messageId: id, reasonCode: 0x87, properties: { reasonString: "no" } }), QOS_2],
	];
	it.each(refusal)(
		"[MQTT-4.3.3-4] [MQTT-4.4.0-2] %s from 0x80 up ends the message as refused, and it is not sent again",
		(_name, answer, flags) => {
			const said: unknown[] = [];
			const peer: Peer = online({
				onPublishEnd: (ticket, end, code) => said.push(ticket, end, code, peer.client.packet.property(REASON_STRING)),
			});
			const ticket = peer.client.publish(peer.client.topic("a"), one, 3, flags);
			peer.take();
			peer.send(answer(ticket));
			expect(said).toEqual([ticket, 1, 0x87, "no"]);
			expect(peer.client.unsettled).toBe(0);
			peer.socket.fail();
			peer.online(true);
			expect(peer.brief()).toEqual([]);
		},
	);

	it("[MQTT-3.4.2-1] acknowledgements of two, three and more bytes say the same", () => {
		const peer = online();
		const topic = peer.client.topic("a");
		for (const rest of ["", "00", "0000", "10", "1000", "00 07 26 0001 61 0001 62"]) {
			const ticket = peer.client.publish(topic, one, 3, QOS_1);
			const body = ticket.toString(16).padStart(4, "0") + rest.replaceAll(" ", "");
			peer.send(`40 ${(body.length / 2).toString(16).padStart(2, "0")} ${body}`);
			expect(peer.told()).toEqual([`end ${ticket} settled ${rest.startsWith("10") ? "10" : "0"}`]);
		}
	});

	it.each([
		["PUBACK with a reason of another packet", "4003 0001 92", "5f", 0x81],
		["PUBACK with a session expiry", "4009 0001 00 05 11 00000001", "5c", 0x81],
		["PUBACK with id 0", "4003 0000 00", "53", 0x82],
		["[MQTT-2.1.3-1] reserved flags", "4102 0001", "51", 0x81],
		["a second CONNACK", "2003 000000", "57", 0x82],
		["AUTH that nobody asked for", "f000", "57", 0x82],
		["SUBACK that answers nothing", "9004 0001 00 00", "57", 0x82],
		["DISCONNECT with a client's reason", "e001 04", "5f", 0x81],
		["DISCONNECT with reserved flags", "e100", "51", 0x81],
	])("%s closes", (_title, bytes, code, reason) => {
		const peer = online();
		peer.send(bytes);
		expectRefused(peer, code, reason);
	});

	it("[MQTT-4.3.3-11] PUBREL for an id that nothing is known of: PUBCOMP says so", () => {
		const peer = online();
		peer.send("6202 0009");
		expect(peer.take()).toMatchObject([{ cmd: "pubcomp", messageId: 9, reasonCode: 0x92 }]);
		peer.send({ cmd: "pubrec", messageId: 8, reasonCode: 0 });
		expect(peer.take()).toMatchObject([{ cmd: "pubrel", messageId: 8, reasonCode: 0x92 }]);
		// A refusal of what is not there needs no answer.
		peer.send({ cmd: "pubrec", messageId: 8, reasonCode: 0x97 });
		expect(peer.take()).toEqual([]);
	});

	it("a server that closes says why, and hears nothing more of us", () => {
		const peer = online();
		peer.send({ cmd: "disconnect", reasonCode: 0x8b, properties: { reasonString: "restart" } });
		expect(peer.told()).toEqual(["offline 8b"]);
		expect(peer.take()).toEqual([]);
		expect(peer.socket.closed).toBe(true);
		peer.online(true);
		peer.told();
		peer.send("e000");
		expect(peer.told()).toEqual(["offline 38"]);
	});

	it("taken over: no reason to hurry back", () => {
		const peer = online({ backoff: { baseMs: 100, capMs: 1000, slowMs: 60_000 } });
		peer.send({ cmd: "disconnect", reasonCode: 0x8e });
		peer.time.run(29_000);
		expect(peer.sockets).toHaveLength(1);
		peer.time.run(32_000);
		expect(peer.sockets).toHaveLength(2);
	});

	it("[MQTT-3.14.4-1] close() says goodbye in two bytes, and nothing follows", () => {
		const peer = online();
		peer.client.close();
		expect(peer.hex()).toBe("e000");
	});
});

describe("subscriptions", () => {
	it("[MQTT-3.8.3-5] options as asked for, an empty block of properties, a code each", () => {
		const peer = online();
		const handles = [
			peer.client.subscribe("a", () => {}, { qos: 1, noLocal: true }),
			peer.client.subscribe("b/#", () => {}, { qos: 2, retainAsPublished: true, retainHandling: 2 }),
		];
		const requests = peer.take();
		expect(requests).toMatchObject([
			{ cmd: "subscribe", subscriptions: [{ topic: "a", qos: 1, nl: true, rap: false, rh: 0 }] },
		]);
		peer.send({ cmd: "suback", messageId: requests[0]!.messageId!, granted: [0x87] });
		const second = peer.take();
		expect(second).toMatchObject([{ subscriptions: [{ topic: "b/#", qos: 2, nl: false, rap: true, rh: 2 }] }]);
		peer.send({ cmd: "suback", messageId: second[0]!.messageId!, granted: [1] });
		expect(peer.told()).toEqual([`subscribed ${handles[0]} ${0x87}`, `subscribed ${handles[1]} 1`]);
		peer.client.unsubscribe(handles[1]!);
		const third = peer.take();
		expect(third).toMatchObject([{ cmd: "unsubscribe", unsubscriptions: ["b/#"] }]);
		peer.send({ cmd: "unsuback", messageId: third[0]!.messageId!, granted: [0x11] });
		expect(peer.told()).toEqual([`unsubscribed ${handles[1]} ${0x11}`]);
	});

	it("[MQTT-3.9.3-1] [MQTT-3.11.3-1] more or fewer codes than filters close, and none that it cannot have", () => {
		for (const [codes, code, reason] of [
			["0000", "5a", 0x81],
			["", "56", 0x81],
			["03", "5a", 0x81],
		] as const) {
			const peer = online();
			peer.client.subscribe("a", () => {});
			const id = peer.take()[0]!.messageId!.toString(16).padStart(4, "0");
			peer.send(`90 0${3 + codes.length / 2} ${id} 00 ${codes}`);
			expectRefused(peer, code, reason);
		}
	});

	it("[MQTT-3.8.3-4] options of 5.0 are misuse in 3.1.1, and noLocal is with a share", () => {
		const peer = start();
		expect(() => peer.client.subscribe("a", () => {}, { noLocal: true })).toThrow(Misuse);
		expect(() => peer.client.subscribe("a", () => {}, { retainHandling: 1 })).toThrow(Misuse);
		const five = online();
		expect(() => five.client.subscribe("$share/g/a", () => {}, { noLocal: true })).toThrow(Misuse);
		expect(() => five.client.subscribe("a", () => {}, { retainHandling: 3 as never })).toThrow(Misuse);
	});
});

describe("what the server allows", () => {
	it("[MQTT-3.2.2-15] nothing larger than its Maximum Packet Size, however it is published", () => {
		const peer = online({}, { maximumPacketSize: 30 });
		const topic = peer.client.topic("a");
		expect(peer.client.publish(topic, new Uint8Array(24), 24, 0)).toBe(0);
		expect(peer.client.publish(topic, new Uint8Array(25), 25, 0)).toBe(-0x95);
		expect(peer.client.publish(topic, new Uint8Array(25), 25, QOS_1)).toBe(-0x95);
		expect(peer.client.publishFrom(topic, { read: () => 0 }, 100, QOS_1)).toBe(-0x95);
		expect(peer.take()).toHaveLength(1);
	});

	it("what was published before the server was known, and is not for it, ends refused; the rest goes out", () => {
		const peer = new Peer({ protocolVersion: 5 });
		const topic = peer.client.topic("a");
		const exactlyOnce = peer.client.publish(topic, one, 3, QOS_2);
		const large = peer.client.publish(topic, new Uint8Array(80), 80, QOS_1);
		const fine = peer.client.publish(topic, one, 3, QOS_1);
		peer.online(false, 1000, { maximumQoS: 1, maximumPacketSize: 50 });
		expect(peer.told()).toEqual([`end ${exactlyOnce} refused 9b`, `end ${large} refused 95`, "online false"]);
		expect(peer.take()).toMatchObject([{ messageId: fine }]);
	});

	it("[MQTT-3.2.2-12] [MQTT-3.2.2-13] wildcards and shares that it does not support: refused at the call, or when it is known", () => {
		const allowed = { wildcardSubscriptionAvailable: false, sharedSubscriptionAvailable: false };
		const peer = new Peer({ protocolVersion: 5 });
		const early = peer.client.subscribe("a/#", () => {});
		const plain = peer.client.subscribe("a", () => {});
		peer.online(false, 1000, allowed);
		expect(peer.told()).toEqual(["online false", `subscribed ${early} ${0xa2}`]);
		expect(peer.brief()).toEqual([expect.stringMatching(/^subscribe a:0 #/)]);
		expect(peer.client.subscribe("b/+", () => {})).toBe(-0xa2);
		expect(peer.client.subscribe("$share/g/b", () => {})).toBe(-0x9e);
		expect(plain).toBeGreaterThan(0);
		// Declared once more it is refused once more, and stays declared.
		expect(peer.client.subscribe("a/#", () => {})).toBe(-0xa2);
		// Another server may take it.
		peer.socket.fail();
		peer.online(false);
		expect(peer.brief()).toEqual([expect.stringMatching(/^subscribe a\/#:0 a:0 #/)]);
	});

	it("[MQTT-3.3.4-9] more than our Receive Maximum from the server closes with 0x93", () => {
		const peer = online({ limits: { received: 2 } });
		for (const id of [1, 2, 3])
			peer.send({ cmd: "publish", topic: "b", payload: "x", qos: 2, messageId: id, dup: false, retain: false });
		const sent = peer.take();
		expect(sent.slice(0, 2)).toMatchObject([{ cmd: "pubrec" }, { cmd: "pubrec" }]);
		expect(sent.at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x93 });
		expect(peer.socket.closed).toBe(true);
	});
});

describe("subscription identifiers", () => {
	it("[MQTT-3.8.3-3] go with their filters, a SUBSCRIBE for each, again on every connection, and come back with messages", () => {
		const peer = new Peer({ protocolVersion: 5 });
		const seen: number[][] = [];
		const subscribe = (filters: string[], block?: Uint8Array) =>
			peer.client.subscribe(filters, message => seen.push(message.subscriptionIdentifiers()), {
				...(block && { properties: block }),
			});
		const roof = properties([SUBSCRIPTION_IDENTIFIER, 268_435_455], [USER_PROPERTY, "site", "roof"]);
		subscribe(["a", "b"], roof);
		subscribe(["c"]);
		subscribe(["d"], roof);
		for (const connection of [1, 2]) {
			peer.online();
			const [first] = peer.take() as ISubscribePacket[];
			expect(first!.subscriptions.map(({ topic }) => topic)).toEqual(["a", "b", "d"]);
			expect(first!.properties).toEqual({ subscriptionIdentifier: 268_435_455, userProperties: { site: "roof" } });
			peer.send({ cmd: "suback", messageId: first!.messageId!, granted: [0, 0, 0] });
			const [second] = peer.take() as ISubscribePacket[];
			expect(second!.subscriptions.map(({ topic }) => topic)).toEqual(["c"]);
			expect(second!.properties?.subscriptionIdentifier).toBeUndefined();
			peer.send({ cmd: "suback", messageId: second!.messageId!, granted: [0] });
			if (connection === 1) peer.socket.fail();
		}
		// [MQTT-3.3.4-4] Two of ours match: both are named.
		peer.send("30 0e 0001 61 0a 0b ff ff ff 7f 0b 01 0b 80 01", publish("a", "x"));
		expect(seen).toEqual([[268_435_455, 1, 128], []]);
	});

	it("are replaced with their filter, and leave with it: UNSUBSCRIBE has properties of its own", () => {
		const peer = online();
		const handle = peer.client.subscribe("a", () => {}, { properties: properties([SUBSCRIPTION_IDENTIFIER, 1]) });
		const [first] = peer.take() as ISubscribePacket[];
		peer.send({ cmd: "suback", messageId: first!.messageId!, granted: [0] });
		peer.client.subscribe("a", () => {}, { properties: properties([SUBSCRIPTION_IDENTIFIER, 2]) });
		const [second] = peer.take() as ISubscribePacket[];
		expect(second!.properties).toEqual({ subscriptionIdentifier: 2 });
		peer.send({ cmd: "suback", messageId: second!.messageId!, granted: [0] });
		peer.client.unsubscribe(handle, properties([USER_PROPERTY, "why", "done"]));
		expect(peer.take()).toMatchObject([{ cmd: "unsubscribe", properties: { userProperties: { why: "done" } } }]);
		expect(() => peer.client.subscribe("b", () => {}, { properties: properties([CONTENT_TYPE, "x"]) })).toThrow(Misuse);
	});

	it("[MQTT-3.2.2-13] are refused where the server has none: at the call, or when that is known", () => {
		const block = properties([SUBSCRIPTION_IDENTIFIER, 5]);
		const peer = new Peer({ protocolVersion: 5 });
		const early = peer.client.subscribe("a", () => {}, { properties: block });
		peer.online(false, 1000, { subscriptionIdentifiersAvailable: false });
		expect(peer.told()).toEqual(["online false", `subscribed ${early} ${0xa1}`]);
		expect(peer.client.subscribe("b", () => {}, { properties: block })).toBe(-0xa1);
		expect(peer.client.subscribe("b", () => {})).toBeGreaterThan(0);
		expect(peer.client.subscribe("c", () => {}, { properties: properties([USER_PROPERTY, "a", "b"]) })).toBeGreaterThan(
			0,
		);
	});
});

describe("our Maximum Packet Size", () => {
	it("[MQTT-3.1.2-24] a larger packet closes with 0x95 before its payload is there; one that is as large is streamed", () => {
		const peer = online({ maximumPacketSize: 600 });
		let length = 0;
		const count = ({ payloadLength }: Incoming) => {
			length += payloadLength;
		};
		peer.client.subscribe("b", count, { stream: true });
		peer.take();
		// 600 bytes: a fixed header of 3, a topic of 3, no properties.
		peer.send(publish("b", Buffer.alloc(593)));
		expect(length).toBe(593);
		peer.send("30 d6 04 0001 62");
		expectRefused(peer, "5b", 0x95);
		expect(length).toBe(593);
	});
});

describe("a streamed publish", () => {
	it("has properties as well", () => {
		const peer = online();
		const source = {
			read(bytes: Uint8Array, at: number, count: number): number {
				bytes.fill(120, at, at + count);
				return count;
			},
		};
		const block = properties([CONTENT_TYPE, "text/plain"]);
		const ticket = peer.client.publishFrom(peer.client.topic("a"), source, 700, QOS_1, block);
		expect(peer.take()).toMatchObject([
			{ messageId: ticket, payload: Buffer.alloc(700, "x"), properties: { contentType: "text/plain" } },
		]);
		expect(() => peer.client.publishFrom(1, source, 7, 0, properties([WILL_DELAY_INTERVAL, 1]))).toThrow(Misuse);
	});
});

describe("a goodbye", () => {
	it("[MQTT-3.14.2-1] has a reason and properties, such as the end of the session", () => {
		const peer = online();
		peer.client.close({ reason: 4, properties: properties([SESSION_EXPIRY_INTERVAL, 0], [REASON_STRING, "off"]) });
		expect(peer.take()).toMatchObject([
			{ cmd: "disconnect", reasonCode: 4, properties: { sessionExpiryInterval: 0, reasonString: "off" } },
		]);
		expect(peer.told()).toEqual(["closed"]);
	});

	it("[MQTT-3.14.2-3] leaves its properties out where the server would not take a packet of that size", () => {
		const peer = online({}, { maximumPacketSize: 20 });
		peer.client.close({ reason: 0x98, properties: properties([REASON_STRING, "x".repeat(20)]) });
		expect(peer.hex()).toBe("e00198");
	});

	it("is misuse in 3.1.1, with a reason of the server's, and where it would keep a session that was to end", () => {
		const keep = { properties: properties([SESSION_EXPIRY_INTERVAL, 5]) };
		const three = start();
		for (const goodbye of [{ reason: 4 }, keep]) expect(() => three.client.close(goodbye)).toThrow(Misuse);
		const five = online();
		for (const reason of [0x8e, 0x9c, 1, -1, 1.5, 256]) expect(() => five.client.close({ reason })).toThrow(Misuse);
		expect(() => five.client.close({ properties: properties([SERVER_REFERENCE, "b"]) })).toThrow(Misuse);
		const clean = online({ cleanSession: true });
		expect(() => clean.client.close(keep)).toThrow(/cannot be kept/);
		expect(five.client.isOnline).toBe(true);
		three.client.close({});
		expect(three.hex()).toBe("e000");
	});
});

it("speaks 3.1.1 where nothing else is said", () => {
	const peer = new Peer();
	expect(peer.connect().protocolVersion).toBe(4);
	peer.send(hex("20020000").toString("hex"));
	expect(peer.told()).toEqual(["online false"]);
});
