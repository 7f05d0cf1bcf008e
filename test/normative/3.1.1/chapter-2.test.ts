// MQTT 3.1.1, chapter 2: fixed header and packet identifiers.

import { describe, expect, it } from "vitest";
import { QOS_1, QOS_2 } from "../../../firmware/mqtt/client.js";
import { conversation } from "../../support/conversation.js";
import { byteHex, expectBroken, hex, online, Peer, packet, publish, utf8, wordHex } from "../../support/peer.js";

const one = utf8("one");

describe("fixed header", () => {
	it("[MQTT-2.2.2-1] every packet that a client sends has the flags that the table says", () => {
		const { sent } = conversation(4);
		// By type: PUBLISH aside, whose flags are its own.
		const flags: Record<number, number> = { 1: 0, 4: 0, 5: 0, 6: 2, 7: 0, 8: 2, 10: 2, 12: 0, 14: 0 };
		const types = sent.map(([first]) => first! >> 4);
		expect([...new Set(types)].sort((a, b) => a - b)).toEqual([1, 3, 4, 5, 6, 7, 8, 10, 12, 14]);
		for (const [first] of sent)
			if (first! >> 4 !== 3) expect(first! & 15, String(first! >> 4)).toBe(flags[first! >> 4]);
		expect(sent.filter(([first]) => first! >> 4 === 3).map(([first]) => first)).toEqual([0x30, 0x32, 0x34]);
	});

	it.each([
		["PUBACK", 4, 0, "0001"],
		["PUBREC", 5, 0, "0001"],
		["PUBREL", 6, 2, "0001"],
		["PUBCOMP", 7, 0, "0001"],
		["SUBACK", 9, 0, "0001 00"],
		["UNSUBACK", 11, 0, "0001"],
		["PINGRESP", 13, 0, ""],
	])("[MQTT-2.2.2-2] %s with any other flags closes the connection", (_name, type, right, body) => {
		const peer = online();
		for (let flags = 0; flags < 16; flags += 1) {
			if (flags === right) continue;
			peer.send(packet(byteHex((type << 4) | flags), body));
			expectBroken(peer, "51");
		}
	});

	it("[MQTT-2.2.2-2] CONNACK with any other flags closes the connection", () => {
		const peer = new Peer();
		for (let flags = 1; flags < 16; flags += 1) {
			peer.connect();
			peer.send(packet(byteHex(0x20 | flags), "0000"));
			expectBroken(peer, "57");
			peer.socket.fail();
			peer.told();
		}
	});
});

describe("packet ids", () => {
	it("[MQTT-2.3.1-1] what needs an id has one, and never 0", () => {
		// Ids begin where chance says: here just before the wrap.
		for (const start of [0, 65_533, 65_534, 65_535]) {
			const peer = online({ random: { next: () => start } });
			const topic = peer.client.topic("a");
			for (let i = 0; i < 4; i += 1) {
				peer.client.publish(topic, one, 3, i % 2 === 0 ? QOS_1 : QOS_2);
				const handle = peer.client.subscribe("f", () => {});
				const [, subscribe] = peer.take();
				peer.send({ cmd: "suback", messageId: subscribe!.messageId!, granted: [0] });
				peer.client.unsubscribe(handle);
				const [unsubscribe] = peer.take();
				expect([subscribe!.cmd, unsubscribe!.cmd]).toEqual(["subscribe", "unsubscribe"]);
				expect(Math.min(subscribe!.messageId!, unsubscribe!.messageId!)).toBeGreaterThan(0);
				peer.send({ cmd: "unsuback", messageId: unsubscribe!.messageId!, granted: [] });
			}
			peer.socket.fail();
			peer.online(true);
			for (const message of peer.take()) expect(message.messageId).toBeGreaterThan(0);
		}
	});

	it.each(["3205 0001 61 0000", "3405 0001 61 0000", "4002 0000", "5002 0000", "6202 0000", "7002 0000"])(
		"[MQTT-2.3.1-1] id 0 closes the connection: %s",
		bytes => {
			const peer = online();
			peer.send(bytes);
			expectBroken(peer, "53");
		},
	);

	it("[MQTT-2.3.1-2] a new packet gets an id that is not in use, over many turns of the counter", () => {
		const most = 512;
		const peer = online({ limits: { messages: most, outbox: 20_000 } });
		const topic = peer.client.topic("a");
		const inUse = new Set<number>();
		const take = (): number => {
			const id = peer.client.publish(topic, one, 3, inUse.size % 2 === 0 ? QOS_1 : QOS_2);
			if (id < 1 || id > 65_535 || inUse.has(id)) throw new Error(`id ${id}`);
			inUse.add(id);
			return id;
		};
		while (inUse.size < most - 1) take();
		peer.frames();
		peer.socket.allow(1_000_000);
		// With one place left the counter goes far from one id to the next: past all those in use, again and again.
		let turns = 0;
		for (let i = 0, last = 0; i < 400; i += 1) {
			const isFirst = inUse.size % 2 === 0;
			const id = take();
			if (id < last) turns += 1;
			last = id;
			if (i % 50 === 0) {
				const handle = peer.client.subscribe("f", () => {});
				const asked = peer.frames().at(-1)!.readUInt16BE(2);
				peer.send(packet("90", wordHex(asked), "00"));
				peer.client.unsubscribe(handle);
				const taken = peer.frames().at(-1)!.readUInt16BE(2);
				peer.send(packet("b0", wordHex(taken)));
				for (const other of [asked, taken]) if (other === 0 || inUse.has(other)) throw new Error(`id ${other}`);
			}
			if (isFirst) peer.send(packet("40", wordHex(id)));
			else peer.send(packet("50", wordHex(id)), packet("70", wordHex(id)));
			inUse.delete(id);
		}
		expect(turns).toBeGreaterThan(2);
		expect(peer.client.unsettled).toBe(most - 1);
	});

	it("[MQTT-2.3.1-3] an id is in use until the last acknowledgement: PUBACK, PUBCOMP, SUBACK", () => {
		// Places for two: whether an id is free is seen by whether there is one for another message.
		const peer = online({ limits: { messages: 2 } });
		const topic = peer.client.topic("a");
		const first = peer.client.publish(topic, one, 3, QOS_1);
		const second = peer.client.publish(topic, one, 3, QOS_2);
		const isFull = () => peer.client.publish(topic, one, 3, QOS_1) === -0x11;
		expect(isFull()).toBe(true);
		peer.send({ cmd: "pubrec", messageId: second });
		expect(isFull()).toBe(true);
		peer.send({ cmd: "pubcomp", messageId: second });
		const third = peer.client.publish(topic, one, 3, QOS_1);
		expect(third).toBeGreaterThan(0);
		expect([first, second]).not.toContain(third);
		expect(isFull()).toBe(true);
		peer.send({ cmd: "puback", messageId: first });
		expect(peer.client.publish(topic, one, 3, QOS_1)).toBeGreaterThan(0);
		// Before its SUBACK no other request is under way.
		peer.take();
		peer.client.subscribe("f", () => {});
		peer.client.subscribe("g", () => {});
		const [asked, ...more] = peer.take();
		expect([asked!.cmd, more]).toEqual(["subscribe", []]);
		peer.send({ cmd: "suback", messageId: asked!.messageId!, granted: [0] });
		const [next] = peer.take();
		expect(next).toMatchObject({ cmd: "subscribe" });
		expect(next!.messageId).not.toBe(asked!.messageId);
	});

	it("[MQTT-2.3.1-3] what is sent again has the id that it had", () => {
		const peer = online();
		const topic = peer.client.topic("a");
		const first = peer.client.publish(topic, one, 3, QOS_1);
		const second = peer.client.publish(topic, one, 3, QOS_2);
		const third = peer.client.publish(topic, one, 3, QOS_2);
		peer.send({ cmd: "pubrec", messageId: third });
		for (let i = 0; i < 3; i += 1) {
			peer.socket.fail();
			peer.online(true);
			expect(peer.brief()).toEqual([
				`pubrel #${third}`,
				`publish a one q1 d1 r0 #${first}`,
				`publish a one q2 d1 r0 #${second}`,
			]);
		}
	});

	it("[MQTT-2.3.1-5] a PUBLISH of QoS 0 has none: its payload follows the topic", () => {
		const peer = online({ onMessage: message => peer.log.push(`id ${message.packetId} ${message.text()}`) });
		const topic = peer.client.topic("a");
		peer.client.publish(topic, one, 3, 0);
		peer.client.publish("a", "one");
		peer.client.publishFrom(topic, { read: (bytes, at) => bytes.set(one, at) ?? 3 }, 3, 0);
		expect(peer.frames()).toEqual([1, 2, 3].map(() => hex("3006 0001 61 6f6e65")));
		// And the two bytes behind a topic of theirs are payload.
		peer.send("3005 0001 61 0007");
		peer.send("3005 0001 61 4142");
		expect(peer.told().filter(line => line.startsWith("id"))).toEqual(["id 0 undefined", "id 0 AB"]);
	});

	it("[MQTT-2.3.1-6] PUBACK, PUBREC and PUBREL have the id of their PUBLISH", () => {
		const peer = online({ limits: { received: 40 } });
		for (const id of [1, 0xff, 0x100, 0x7fff, 0x8000, 0xffff]) {
			peer.send(publish("a", "x", 1, id), publish("a", "x", 2, id));
			expect(peer.brief()).toEqual([`puback #${id}`, `pubrec #${id}`]);
			const ticket = peer.client.publish("a", "x", { qos: 2 });
			peer.send({ cmd: "pubrec", messageId: ticket });
			expect(peer.brief().at(-1)).toBe(`pubrel #${ticket}`);
		}
	});
});
