// MQTT 3.1.1, section 3.3: PUBLISH.

import { describe, expect, it } from "vitest";
import { Misuse, QOS_1, QOS_2, RETAIN } from "../../../firmware/mqtt/client.js";
import { byteHex, expectBroken, online, Peer, packet, publish, utf8 } from "../../support/peer.js";
import { asString, HALVES, WELL_FORMED } from "../../support/strings.js";

const one = utf8("one");
const two = utf8("two");

describe("DUP", () => {
	it("[MQTT-3.3.1-1] [MQTT-3.3.1-2] is 0 the first time, 1 on every later one, and 0 at QoS 0", () => {
		const peer = online();
		const topic = peer.client.topic("a");
		peer.client.publish(topic, one, 3, 0);
		const first = peer.client.publish(topic, two, 3, QOS_1);
		const second = peer.client.publish(topic, two, 3, QOS_2 | RETAIN);
		expect(peer.brief()).toEqual([
			"publish a one q0 d0 r0",
			`publish a two q1 d0 r0 #${first}`,
			`publish a two q2 d0 r1 #${second}`,
		]);
		for (let i = 0; i < 2; i += 1) {
			peer.socket.fail();
			peer.online(true);
			expect(peer.brief()).toEqual([`publish a two q1 d1 r0 #${first}`, `publish a two q2 d1 r1 #${second}`]);
		}
	});

	it("[MQTT-3.3.1-1] what never left is no resend: DUP 0", () => {
		const peer = online();
		peer.socket.fail();
		const id = peer.client.publish(peer.client.topic("a"), one, 3, QOS_1);
		peer.online(true);
		expect(peer.brief()).toEqual([`publish a one q1 d0 r0 #${id}`]);
	});

	it("[MQTT-3.3.1-1] what left in part may have arrived: DUP 1", () => {
		const peer = new Peer().online(false, 20);
		const id = peer.client.publish(peer.client.topic("a"), new Uint8Array(50).fill(65), 50, QOS_1);
		peer.socket.fail();
		peer.online(true);
		expect(peer.brief()).toEqual([`publish a ${"A".repeat(50)} q1 d1 r0 #${id}`]);
	});

	it("[MQTT-3.3.1-1] a payload from a source is sent again with DUP 1, too", () => {
		const peer = online();
		const source = { read: (bytes: Uint8Array, at: number) => bytes.set(one, at) ?? 3 };
		const id = peer.client.publishFrom(peer.client.topic("a"), source, 3, QOS_2);
		expect(peer.brief()).toEqual([`publish a one q2 d0 r0 #${id}`]);
		peer.socket.fail();
		peer.online(true);
		expect(peer.brief()).toEqual([`publish a one q2 d1 r0 #${id}`]);
	});

	it("[MQTT-3.3.1-2] a QoS 0 message that had to wait has DUP 0, and one from the server with DUP 1 closes", () => {
		const peer = online();
		peer.socket.allow(3);
		peer.client.publish("a", "one");
		peer.client.publish("a", "two", { retain: true });
		peer.socket.allow(100);
		expect(peer.brief()).toEqual(["publish a one q0 d0 r0", "publish a two q0 d0 r1"]);
		peer.told();
		for (const first of ["38", "39"]) {
			peer.send(packet(first, asString("a"), "78"));
			expectBroken(peer, "51");
		}
	});
});

it("[MQTT-3.3.1-4] QoS 3 is never sent, and closes the connection where it comes", () => {
	const peer = online();
	const topic = peer.client.topic("a");
	for (const flags of [6, 7, 14, 15]) expect(() => peer.client.publish(topic, one, 3, flags)).toThrow(Misuse);
	expect(() => peer.client.publish("a", "x", { qos: 3 })).toThrow(Misuse);
	expect(() => peer.client.publishFrom(topic, { read: () => 1 }, 1, 6)).toThrow(Misuse);
	expect(peer.hex()).toBe("");
	for (const flags of [6, 7, 14, 15]) {
		peer.send(packet(byteHex(0x30 | flags), asString("a"), "0001", "78"));
		expectBroken(peer, "52");
	}
	// Also where it is larger than the receive buffer, and as soon as that is known.
	const small = online({ limits: { receive: 128 } });
	small.send(`36ff7f 0001 61 0001 ${"78".repeat(200)}`);
	expectBroken(small, "52");
});

describe("the topic name", () => {
	it("[MQTT-3.3.2-1] is the first field behind the fixed header, in UTF-8", () => {
		const peer = online({ limits: { topics: 40 } });
		for (const text of WELL_FORMED)
			for (const flags of [0, QOS_1, QOS_2]) {
				peer.client.publish(peer.client.topic(text), one, 3, flags);
				expect(peer.hex().slice(4)).toMatch(new RegExp(`^${asString(text)}${flags > 0 ? "[0-9a-f]{4}" : ""}6f6e65$`));
				peer.socket.fail();
				peer.online(false);
				peer.take();
			}
		for (const text of HALVES) expect(() => peer.client.topic(text)).toThrow(Misuse);
	});

	it.each([
		["longer than the packet", "3003 0005 61"],
		["with a length cut short", "3001 00"],
		["without a length", "3000"],
		["with no room for the packet id behind it", "3203 0001 61"],
	])("[MQTT-3.3.2-1] %s closes the connection", (_name, bytes) => {
		const peer = online();
		peer.send(bytes);
		expectBroken(peer, "56");
	});

	it("[MQTT-3.3.2-2] has no wildcards: misuse where we send it, the end of the connection where it comes", () => {
		const peer = online();
		for (const text of ["#", "+", "a/#", "+/a", "a/+/b", "a#", "a+b", "/#", "$SYS/+"]) {
			expect(() => peer.client.topic(text)).toThrow(Misuse);
			expect(() => peer.client.publish(text, "x")).toThrow(Misuse);
			expect(() => new Peer({ will: { topic: text } })).toThrow(Misuse);
			expect(peer.hex()).toBe("");
			for (const first of ["30", "32"]) {
				peer.send(packet(first, asString(text), first === "32" ? "0007" : "", "78"));
				expectBroken(peer, "55");
			}
		}
	});
});

it("[MQTT-3.3.4-1] QoS 0 is not answered, QoS 1 by PUBACK, QoS 2 by PUBREC", () => {
	const peer = online();
	for (const payload of ["", "x", "y".repeat(300)]) {
		peer.send(publish("a", payload, 0));
		expect(peer.brief()).toEqual([]);
		peer.send(publish("a", payload, 1, 5));
		expect(peer.brief()).toEqual(["puback #5"]);
		peer.send(publish("a", payload, 2, 6));
		expect(peer.brief()).toEqual(["pubrec #6"]);
		peer.send({ cmd: "pubrel", messageId: 6 });
		expect(peer.brief()).toEqual(["pubcomp #6"]);
		expect(peer.told()).toEqual([0, 1, 2].map(qos => `message a ${payload} ${qos}`));
	}
	// Also what comes in pieces, or larger than the receive buffer.
	const bytes = packet("34", asString("a"), "0007", "78".repeat(1000));
	for (let at = 0; at < bytes.length; at += 100) peer.send(bytes.slice(at, at + 100));
	expect(peer.brief()).toEqual(["pubrec #7"]);
});
