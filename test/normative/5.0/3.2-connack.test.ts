// MQTT 5.0, section 3.2: CONNACK, and what a server allows with it.

import type { IPublishPacket } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { QOS_1, QOS_2, RETAIN } from "../../../firmware/mqtt/client.js";
import { properties, REASON_STRING } from "../../../firmware/mqtt/property.js";
import { online } from "../../support/five.js";
import { Peer, publish, utf8 } from "../../support/peer.js";

const one = utf8("one");

it("[MQTT-3.2.2-5] Session Present 0 ends what we hold of the session, before anything is sent", () => {
	const peer = online({ cleanSession: false });
	const topic = peer.client.topic("a");
	const sent = peer.client.publish(topic, one, 3, QOS_1);
	const released = peer.client.publish(topic, one, 3, QOS_2);
	peer.send({ cmd: "pubrec", messageId: released }, publish("f", "x", 2, 7));
	peer.socket.fail();
	// What has never left belongs to no session yet.
	const fresh = peer.client.publish(topic, one, 3, QOS_2);
	peer.told();
	peer.online(false);
	expect(peer.told()).toEqual([`end ${sent} lost 1a`, `end ${released} lost 1a`, "online false"]);
	expect(peer.brief()).toEqual([`publish a one q2 d0 r0 #${fresh}`]);
	peer.send(publish("f", "new", 2, 7, true));
	expect(peer.told()).toEqual(["message f new 2"]);
	expect(peer.brief()).toEqual(["pubrec #7"]);
});

describe("Maximum QoS and Retain Available", () => {
	const FLAGS = [0, RETAIN, QOS_1, QOS_1 | RETAIN, QOS_2, QOS_2 | RETAIN];

	it.each([
		[2, true],
		[1, true],
		[0, true],
		[2, false],
		[1, false],
		[0, false],
	])("[MQTT-3.2.2-11] [MQTT-3.2.2-14] QoS %d, retain %s: no PUBLISH goes beyond", (maximumQoS, retainAvailable) => {
		const allowed = { ...(maximumQoS < 2 && { maximumQoS }), ...(retainAvailable ? {} : { retainAvailable }) };
		const isFine = (flags: number) => flags >> 1 <= maximumQoS && (retainAvailable || (flags & 1) === 0);
		const source = { read: (bytes: Uint8Array, at: number) => bytes.set(one, at) ?? 3 };
		for (const flags of FLAGS) {
			const peer = online({}, allowed);
			const topic = peer.client.topic("a");
			const results = [
				peer.client.publish(topic, one, 3, flags),
				peer.client.publish("a", "x", { qos: flags >> 1, retain: (flags & 1) === 1 }),
				peer.client.publishFrom(topic, source, 3, flags),
			];
			expect(results.every(result => result >= 0)).toBe(isFine(flags));
			if (!isFine(flags)) expect(new Set(results)).toEqual(new Set([flags >> 1 > maximumQoS ? -0x9b : -0x9a]));
			expect(peer.frames().map(([first]) => first! & 7)).toEqual(isFine(flags) ? [flags, flags, flags] : []);
		}
		// What was published before the server was known goes out or ends, and what went to another server, too.
		const early = new Peer({ protocolVersion: 5, cleanSession: false });
		const tickets = FLAGS.filter(flags => flags > RETAIN).map(flags => [
			flags,
			early.client.publish("a", "x", { qos: flags >> 1, retain: (flags & 1) === 1 }),
		]);
		early.online(false);
		expect(early.take()).toHaveLength(4);
		early.socket.fail();
		early.told();
		early.online(true, 1000, allowed);
		const fine = tickets.filter(([flags]) => isFine(flags!));
		expect(early.frames().map(([first]) => first! & 7)).toEqual(fine.map(([flags]) => flags));
		expect(early.told().filter(line => line.includes("refused"))).toHaveLength(4 - fine.length);
	});

	it("[MQTT-3.2.2-11] [MQTT-3.2.2-14] another server may allow what this one does not", () => {
		const peer = online({}, { maximumQoS: 0, retainAvailable: false });
		expect(peer.client.publish("a", "x", { qos: 1 })).toBe(-0x9b);
		expect(peer.client.publish("a", "x", { retain: true })).toBe(-0x9a);
		peer.socket.fail();
		peer.online(false);
		expect(peer.client.publish("a", "x", { qos: 2, retain: true })).toBeGreaterThan(0);
		expect(peer.take()).toHaveLength(1);
	});
});

describe("Session Present", () => {
	it("[MQTT-3.2.2-4] of 1 closes after a clean start; a client that keeps its session has one from the first, which may be empty", () => {
		const clean = new Peer({ protocolVersion: 5, cleanSession: true });
		clean.connect();
		clean.send({ cmd: "connack", reasonCode: 0, sessionPresent: true });
		expect([clean.told(), clean.hex(), clean.socket.closed]).toEqual([["offline 59"], "e00182", true]);
		const kept = new Peer({ protocolVersion: 5, cleanSession: false }).online(true);
		expect(kept.told()).toEqual(["online true"]);
	});
});

describe("Topic Alias Maximum", () => {
	/** Aliases that leave when two topics are published to twice each. */
	function aliases(topicAliasMaximum: number | undefined): (number | undefined)[] {
		const allowed = topicAliasMaximum === undefined ? {} : { topicAliasMaximum };
		const peer = online({ limits: { aliases: 5 } }, allowed);
		const topics = [peer.client.topic("a"), peer.client.topic("b")];
		for (const topic of [...topics, ...topics]) peer.client.publish(topic, new Uint8Array(1));
		return (peer.take() as IPublishPacket[]).map(({ properties }) => properties?.topicAlias);
	}

	it("[MQTT-3.2.2-17] no alias is larger", () => {
		expect(aliases(1)).toEqual([1, 1, 1, 1]);
		expect(aliases(2)).toEqual([1, 2, 1, 2]);
		expect(aliases(65_535)).toEqual([1, 2, 1, 2]);
	});

	it("[MQTT-3.2.2-18] of zero, or absent, means none", () => {
		expect([aliases(0), aliases(undefined)]).toEqual([Array(4).fill(undefined), Array(4).fill(undefined)]);
	});
});

describe("Maximum Packet Size", () => {
	it("[MQTT-3.2.2-15] nothing larger leaves, whatever it is, down to the five bytes of an acknowledgement", () => {
		for (let most = 5; most < 40; most += 1) {
			const peer = online({}, { maximumPacketSize: most }, 1000);
			peer.client.publish("topic", "x".repeat(most), { qos: 1 });
			peer.client.publish("topic", "x", { qos: 2 });
			const handle = peer.client.subscribe("a/filter/of/some/length", () => {});
			peer.client.ping();
			peer.send(publish("a", "x", 1, 1), publish("a", "x", 2, 2), { cmd: "pubrel", messageId: 2 });
			// For ids that are not known.
			peer.send({ cmd: "pubrel", messageId: 9 }, { cmd: "pubrec", messageId: 9 });
			if (handle > 0) peer.client.unsubscribe(handle);
			peer.client.close({ reason: 4, properties: properties([REASON_STRING, "x".repeat(20)]) });
			const sizes = peer.frames().map(frame => frame.length);
			expect(sizes.length).toBeGreaterThan(6);
			expect(Math.max(...sizes)).toBeLessThanOrEqual(most);
		}
	});

	it("[MQTT-3.2.2-15] a server that cannot take an acknowledgement is none for us", () => {
		for (let maximumPacketSize = 1; maximumPacketSize < 5; maximumPacketSize += 1) {
			const peer = new Peer({ protocolVersion: 5 });
			peer.connect();
			peer.send({ cmd: "connack", reasonCode: 0, sessionPresent: false, properties: { maximumPacketSize } });
			expect([peer.told(), peer.hex(), peer.socket.closed]).toEqual([["offline 95"], "", true]);
		}
	});

	it("[MQTT-3.2.2-15] a filter that was asked for before, and whose UNSUBSCRIBE is too large, holds nothing up", () => {
		const peer = online();
		const early = peer.client.subscribe("a/filter/of/some/length", () => {});
		peer.answer();
		const late = peer.client.subscribe("another/filter/of/length", () => {});
		peer.answer();
		peer.socket.fail();
		expect(peer.client.unsubscribe(early)).toBe(0);
		peer.told();
		peer.online(true, 1000, { maximumPacketSize: 20 });
		expect(peer.told()).toEqual(["online true", `unsubscribed ${early} ${0x95}`]);
		expect(peer.client.unsubscribe(late)).toBe(-0x95);
		peer.client.subscribe("b", () => {});
		peer.client.publish("c", "x", { qos: 1 });
		expect(peer.take().map(({ cmd }) => cmd)).toEqual(["subscribe", "publish"]);
	});
});

it("[MQTT-3.2.2-21] the server's keep-alive goes before ours, as long as the connection stands", () => {
	const peer = online({ keepAlive: 60 }, { serverKeepAlive: 8 });
	for (let i = 0; i < 3; i += 1) {
		peer.time.run(7999);
		expect(peer.brief()).toEqual(["pingreq"]);
		peer.send({ cmd: "pingresp" });
	}
	const off = online({ keepAlive: 60 }, { serverKeepAlive: 0 });
	off.time.run(600_000);
	expect([off.brief(), off.told()]).toEqual([[], []]);
	// The next server says nothing: ours again.
	off.socket.fail();
	off.online(true);
	off.take();
	off.time.run(30_000);
	expect(off.brief()).toEqual([]);
	off.time.run(30_000);
	expect(off.brief()).toEqual(["pingreq"]);
});
