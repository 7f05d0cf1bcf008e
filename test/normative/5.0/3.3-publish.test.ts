// MQTT 5.0, section 3.3: PUBLISH.

import type { IPublishPacket } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { Misuse, QOS_1, QOS_2, RETAIN } from "../../../firmware/mqtt/client.js";
import { CONTENT_TYPE, properties, RESPONSE_TOPIC, SUBSCRIPTION_IDENTIFIER } from "../../../firmware/mqtt/property.js";
import { online } from "../../support/five.js";
import { byteHex, expectBroken, Peer, packet, publish, utf8, wordHex } from "../../support/peer.js";
import { asString, HALVES, ILL_FORMED, WELL_FORMED } from "../../support/strings.js";

const one = utf8("one");
const two = utf8("two");

describe("topic aliases", () => {
	const aliasing = { limits: { aliases: 3 } };
	const incoming = (topic: string, alias: number) => packet("30", asString(topic), "0323", wordHex(alias), "78");

	it("[MQTT-3.3.2-7] of ours mean nothing on the next connection: the topic is said again", () => {
		const peer = online(aliasing, { topicAliasMaximum: 3 });
		const topic = peer.client.topic("some/topic");
		for (let i = 0; i < 2; i += 1) {
			for (let j = 0; j < 2; j += 1) peer.client.publish(topic, one, 3, 0);
			expect(peer.hex()).toBe(
				`${packet("30", asString("some/topic"), "03230001", "6f6e65")}${packet("30", "0000", "03230001", "6f6e65")}`,
			);
			peer.socket.fail();
			peer.online(true, 1000, { topicAliasMaximum: 3 });
			peer.take();
		}
	});

	it("[MQTT-3.3.2-7] of the server mean nothing on the next connection", () => {
		const peer = online(aliasing);
		peer.send(incoming("a", 1), incoming("", 1));
		expect(peer.told()).toEqual(["message a x 0", "message a x 0"]);
		peer.socket.fail();
		peer.online(true);
		peer.told();
		peer.send(incoming("", 1));
		expectBroken(peer, "55", "82");
	});

	it("[MQTT-3.3.2-8] [MQTT-3.3.2-9] are from 1 to the server's maximum, however many topics there are", () => {
		for (const topicAliasMaximum of [1, 2, 3, 4, 100]) {
			const peer = online(aliasing, { topicAliasMaximum });
			const topics = ["a", "b", "c", "d", "e"].map(name => peer.client.topic(name));
			for (const topic of [...topics, ...topics]) peer.client.publish(topic, one, 3, 0);
			const used = (peer.take() as IPublishPacket[]).map(({ properties }) => properties!.topicAlias!);
			expect([Math.min(...used), Math.max(...used)]).toEqual([1, Math.min(3, topicAliasMaximum)]);
		}
	});

	it("[MQTT-3.3.2-8] an alias of zero closes", () => {
		const peer = online(aliasing);
		peer.send(incoming("a", 0));
		expectBroken(peer, "5e", "94");
	});

	it("[MQTT-3.3.2-10] each one up to the maximum that we have said in CONNECT is taken, and none above", () => {
		const peer = online(aliasing);
		for (const alias of [3, 1, 2]) peer.send(incoming(`topic/${alias}`, alias));
		for (const alias of [1, 2, 3]) peer.send(incoming("", alias));
		expect(peer.told()).toEqual([3, 1, 2, 1, 2, 3].map(alias => `message topic/${alias} x 0`));
		peer.send(incoming("topic/4", 4));
		expectBroken(peer, "5e", "94");
	});
});

it("[MQTT-3.3.2-14] a Response Topic has no wildcards: misuse where we send it, the end of the connection where it comes", () => {
	const peer = online();
	for (const name of ["#", "a/+", "+", "a/#/b", ""]) {
		expect(() => peer.client.publish("a", "x", { properties: properties([RESPONSE_TOPIC, name]) })).toThrow(Misuse);
		const block = `08${asString(name)}`;
		peer.send(packet("30", asString("a"), byteHex(block.length / 2), block));
		expectBroken(peer, "5d", "82");
	}
	peer.client.publish("a", "x", { properties: properties([RESPONSE_TOPIC, "b/c"]) });
	peer.send(packet("30", asString("a"), "06", `08${asString("b/c")}`));
	expect(peer.told()).toEqual(["message a  0"]);
});

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

	it("[MQTT-3.3.1-1] what never left is no resend, and what left in part may have arrived", () => {
		const peer = online();
		peer.socket.fail();
		const first = peer.client.publish("a", "one", { qos: 1 });
		peer.online(true, 60);
		expect(peer.brief()).toEqual([`publish a one q1 d0 r0 #${first}`]);
		peer.send({ cmd: "puback", messageId: first });
		peer.socket.allow(10);
		const second = peer.client.publish("a", "A".repeat(50), { qos: 2 });
		peer.socket.fail();
		peer.online(true);
		expect(peer.brief()).toEqual([`publish a ${"A".repeat(50)} q2 d1 r0 #${second}`]);
	});

	it("[MQTT-3.3.1-1] the properties go with it again", () => {
		const peer = online();
		const block = properties([CONTENT_TYPE, "text"]);
		peer.client.publish("a", "x", { qos: 1, properties: block });
		const [first] = peer.frames();
		peer.socket.fail();
		peer.online(true);
		const [again] = peer.frames();
		expect([again![0], again!.subarray(1)]).toEqual([first![0]! | 8, first!.subarray(1)]);
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
			peer.send(packet(first, asString("a"), "00", "78"));
			expectBroken(peer, "51", "81");
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
		peer.send(packet(byteHex(0x30 | flags), asString("a"), "0001", "00", "78"));
		expectBroken(peer, "52", "81");
	}
});

describe("the topic name", () => {
	it("[MQTT-3.3.2-1] is the first field behind the fixed header, in UTF-8", () => {
		for (const text of WELL_FORMED)
			for (const flags of [0, QOS_1, QOS_2]) {
				const peer = online();
				peer.client.publish(peer.client.topic(text), one, 3, flags);
				expect(peer.hex().slice(4)).toMatch(new RegExp(`^${asString(text)}${flags > 0 ? "[0-9a-f]{4}" : ""}006f6e65$`));
			}
		const peer = online();
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
		expectBroken(peer, "56", "81");
	});

	it("[MQTT-3.3.2-2] has no wildcards: misuse where we send it, the end of the connection where it comes", () => {
		const peer = online();
		for (const text of ["#", "+", "a/#", "+/a", "a/+/b", "a#", "a+b", "/#", "$SYS/+"]) {
			expect(() => peer.client.topic(text)).toThrow(Misuse);
			expect(() => peer.client.publish(text, "x")).toThrow(Misuse);
			expect(() => new Peer({ protocolVersion: 5, will: { topic: text } })).toThrow(Misuse);
			expect(peer.hex()).toBe("");
			for (const first of ["30", "32"]) {
				peer.send(packet(first, asString(text), first === "32" ? "0007" : "", "00", "78"));
				expectBroken(peer, "55", "82");
				peer.take();
			}
		}
	});
});

describe("strings among its properties", () => {
	it.each([
		["[MQTT-3.3.2-13] the response topic", RESPONSE_TOPIC],
		["[MQTT-3.3.2-19] the content type", CONTENT_TYPE],
	])("%s is UTF-8, sent and received", (_name, id) => {
		const peer = online({ onMessage: message => peer.log.push(String(message.property(id))) });
		for (const text of WELL_FORMED) {
			peer.client.publish("a", "", { properties: properties([id, text]) });
			expect(peer.hex().slice(12)).toBe(byteHex(id) + asString(text));
			const block = byteHex(id) + asString(text);
			peer.send(packet("30", asString("a"), byteHex(block.length / 2), block));
			expect(peer.told()).toEqual([text]);
		}
		for (const text of [...HALVES, "\0"]) expect(() => properties([id, text])).toThrow(Misuse);
		for (const hex of ILL_FORMED) {
			const block = byteHex(id) + asString({ hex });
			const own = Buffer.from(block, "hex");
			expect(() => peer.client.publish("a", "x", { properties: own })).toThrow(Misuse);
			peer.send(packet("30", asString("a"), byteHex(block.length / 2), block));
			expectBroken(peer, "5c", "81");
		}
	});
});

describe("what it is answered with", () => {
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
		const bytes = packet("34", asString("a"), "0007", "00", "78".repeat(1000));
		for (let at = 0; at < bytes.length; at += 100) peer.send(bytes.slice(at, at + 100));
		expect(peer.brief()).toEqual(["pubrec #7"]);
	});
});

it("[MQTT-3.3.4-6] ours have no subscription identifier: misuse", () => {
	const peer = online();
	for (const id of [1, 127, 128, 268_435_455]) {
		const block = properties([SUBSCRIPTION_IDENTIFIER, id]);
		expect(() => peer.client.publish("a", "x", { properties: block })).toThrow(Misuse);
		expect(() => peer.client.publishWith(block, peer.client.topic("a"), one)).toThrow(Misuse);
		const second = properties([CONTENT_TYPE, "text"], [SUBSCRIPTION_IDENTIFIER, id]);
		expect(() => peer.client.publish("a", "x", { properties: second })).toThrow(Misuse);
	}
	expect(peer.hex()).toBe("");
});

describe("Receive Maximum", () => {
	it.each([1, 2, 3, 7])("[MQTT-3.3.4-7] never more than %d of QoS 1 and 2 are unacknowledged", receiveMaximum => {
		const peer = online({ limits: { messages: 30, outbox: 4000 } }, { receiveMaximum });
		const topic = peer.client.topic("a");
		const tickets = Array.from({ length: 20 }, (_, i) =>
			peer.client.publish(topic, one, 3, i % 2 === 0 ? QOS_1 : QOS_2),
		);
		const order: number[] = [];
		const underWay = new Set<number>();
		for (let i = 0; order.length < 20 || underWay.size > 0; i += 1) {
			for (const { cmd, messageId } of peer.take()) {
				if (cmd !== "publish") continue;
				order.push(messageId!);
				underWay.add(messageId!);
			}
			expect(underWay.size).toBeLessThanOrEqual(receiveMaximum);
			// The window is used, too.
			expect(underWay.size).toBe(Math.min(receiveMaximum, 20 - order.length + underWay.size));
			// The youngest or the oldest of them ends, in one of the ways in which messages do.
			const id = [...underWay].at(i % 2 === 0 ? 0 : -1)!;
			if (tickets.indexOf(id) % 2 === 0)
				peer.send({ cmd: "puback", messageId: id, reasonCode: i % 3 === 0 ? 0x97 : 0 });
			else if (i % 3 === 0) peer.send({ cmd: "pubrec", messageId: id, reasonCode: 0x97 });
			else {
				peer.send({ cmd: "pubrec", messageId: id });
				// PUBREC alone gives nothing back.
				expect(peer.brief()).toEqual([`pubrel #${id}`]);
				peer.send({ cmd: "pubcomp", messageId: id });
			}
			underWay.delete(id);
		}
		expect(order).toEqual(tickets);
	});

	it("[MQTT-3.3.4-7] what is sent again on the next connection counts, PUBREL too", () => {
		const peer = online({ limits: { messages: 30, outbox: 4000 } });
		const topic = peer.client.topic("a");
		const ids = Array.from({ length: 5 }, () => peer.client.publish(topic, one, 3, QOS_2));
		peer.send({ cmd: "pubrec", messageId: ids[1]! });
		peer.socket.fail();
		peer.online(true, 1000, { receiveMaximum: 2 });
		expect(peer.brief()).toEqual([`pubrel #${ids[1]}`, `publish a one q2 d1 r0 #${ids[0]}`]);
		peer.send({ cmd: "pubcomp", messageId: ids[1]! });
		expect(peer.brief()).toEqual([`publish a one q2 d1 r0 #${ids[2]}`]);
		// Another server takes them all at once.
		peer.socket.fail();
		peer.online(true);
		expect(peer.take()).toHaveLength(4);
	});

	it("[MQTT-3.3.4-8] a full window holds back no other packet", () => {
		const peer = online({ keepAlive: 10, limits: { messages: 30 } }, { receiveMaximum: 1 });
		const first = peer.client.publish("a", "one", { qos: 2 });
		const second = peer.client.publish("a", "two", { qos: 1 });
		expect(peer.brief()).toEqual([`publish a one q2 d0 r0 #${first}`]);
		const handle = peer.client.subscribe("f", message => peer.log.push(message.text()!));
		expect(peer.answer()[0]).toBe(0x82);
		peer.client.publish("b", "zero");
		peer.client.ping();
		expect(peer.brief()).toEqual(["publish b zero q0 d0 r0", "pingreq"]);
		peer.send({ cmd: "pingresp" }, publish("f", "x", 1, 7), publish("f", "y", 2, 8), { cmd: "pubrel", messageId: 8 });
		expect(peer.brief()).toEqual(["puback #7", "pubrec #8", "pubcomp #8"]);
		peer.send({ cmd: "pubrec", messageId: first });
		expect(peer.brief()).toEqual([`pubrel #${first}`]);
		peer.client.unsubscribe(handle);
		expect(peer.answer()[0]).toBe(0xa2);
		peer.time.run(9000);
		expect(peer.brief()).toEqual(["pingreq"]);
		peer.send({ cmd: "pubcomp", messageId: first });
		expect(peer.brief()).toEqual([`publish a two q1 d0 r0 #${second}`]);
		peer.client.publish("a", "three", { qos: 1 });
		peer.client.close();
		expect(peer.brief()).toEqual(["disconnect"]);
	});
});
