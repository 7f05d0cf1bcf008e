// MQTT 5.0, section 3.2: CONNACK, and what a server allows with it.

import { describe, expect, it } from "vitest";
import { QOS_1, QOS_2, RETAIN } from "../../../firmware/mqtt/client.js";
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
