// MQTT 5.0, chapter 2: fixed header, packet identifiers and the length of properties.

import { describe, expect, it } from "vitest";
import { QOS_1, QOS_2 } from "../../../firmware/mqtt/client.js";
import { connectBytes } from "../../support/connect.js";
import { conversation } from "../../support/conversation.js";
import { online } from "../../support/five.js";
import { byteHex, expectBroken, hex, Peer, packet, publish, utf8, wordHex } from "../../support/peer.js";
import { asString } from "../../support/strings.js";

const one = utf8("one");

describe("fixed header", () => {
	it("[MQTT-2.1.3-1] every packet that a client sends has the flags that the table says", () => {
		const { sent } = conversation(5);
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
		["PUBREC", 5, 0, "0001 00"],
		["PUBREL", 6, 2, "0001"],
		["PUBCOMP", 7, 0, "0001 00 00"],
		["SUBACK", 9, 0, "0001 00 00"],
		["UNSUBACK", 11, 0, "0001 00 00"],
		["PINGRESP", 13, 0, ""],
		["DISCONNECT", 14, 0, "00"],
	])("[MQTT-2.1.3-1] %s with any other flags closes the connection", (_name, type, right, body) => {
		const peer = online();
		for (let flags = 0; flags < 16; flags += 1) {
			if (flags === right) continue;
			peer.send(packet(byteHex((type << 4) | flags), body));
			expectBroken(peer, "51", "81");
		}
	});

	it("[MQTT-2.1.3-1] CONNACK with any other flags closes the connection", () => {
		for (let flags = 1; flags < 16; flags += 1) {
			const peer = new Peer({ protocolVersion: 5 });
			peer.connect();
			peer.send(packet(byteHex(0x20 | flags), "000000"));
			expect(peer.told()).toEqual(["offline 57"]);
			expect(peer.socket.closed).toBe(true);
		}
	});
});

describe("packet ids", () => {
	it("[MQTT-2.2.1-2] a PUBLISH of QoS 0 has none: its properties follow the topic", () => {
		const peer = online({ onMessage: message => peer.log.push(`id ${message.packetId} ${message.text()}`) });
		const topic = peer.client.topic("a");
		peer.client.publish(topic, one, 3, 0);
		peer.client.publish("a", "one");
		peer.client.publishFrom(topic, { read: (bytes, at) => bytes.set(one, at) ?? 3 }, 3, 0);
		expect(peer.frames()).toEqual([1, 2, 3].map(() => hex("3007 000161 00 6f6e65")));
		peer.send("3006 000161 00 4142");
		expect(peer.told().filter(line => line.startsWith("id"))).toEqual(["id 0 AB"]);
	});

	it("[MQTT-2.2.1-3] a new PUBLISH, SUBSCRIBE or UNSUBSCRIBE has an id that is free, and never 0, over many turns of the counter", () => {
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
				const asked = peer.answer().readUInt16BE(2);
				peer.client.unsubscribe(handle);
				const taken = peer.answer().readUInt16BE(2);
				for (const other of [asked, taken]) if (other === 0 || inUse.has(other)) throw new Error(`id ${other}`);
			}
			if (isFirst) peer.send(packet("40", wordHex(id)));
			// A refusal frees the id as well.
			else if (i % 3 === 0) peer.send(packet("50", wordHex(id), "87"));
			else peer.send(packet("50", wordHex(id)), packet("70", wordHex(id)));
			inUse.delete(id);
		}
		expect(turns).toBeGreaterThan(2);
		expect(peer.client.unsettled).toBe(most - 1);
	});

	it.each(["3206 000161 0000 00", "3406 000161 0000 00", "4002 0000", "5003 0000 00", "6202 0000", "7002 0000"])(
		"[MQTT-2.2.1-3] id 0 closes the connection: %s",
		bytes => {
			const peer = online();
			peer.send(bytes);
			expectBroken(peer, "53", "82");
		},
	);

	it("[MQTT-2.2.1-5] PUBACK, PUBREC, PUBREL and PUBCOMP have the id of their PUBLISH", () => {
		const peer = online({ limits: { received: 40 } });
		for (const id of [1, 0xff, 0x100, 0x7fff, 0x8000, 0xffff]) {
			peer.send(publish("a", "x", 1, id), publish("a", "x", 2, id), { cmd: "pubrel", messageId: id });
			expect(peer.brief()).toEqual([`puback #${id}`, `pubrec #${id}`, `pubcomp #${id}`]);
			const ticket = peer.client.publish("a", "x", { qos: 2 });
			peer.send({ cmd: "pubrec", messageId: ticket });
			expect(peer.brief().at(-1)).toBe(`pubrel #${ticket}`);
		}
	});
});

describe("the length of properties", () => {
	it("[MQTT-2.2.2-1] without properties there is a 0, in every packet that could have some", () => {
		const peer = online();
		const topic = peer.client.topic("t");
		peer.client.publish(topic, one, 3, 0);
		const id = wordHex(peer.client.publish(topic, one, 3, QOS_1));
		expect(peer.frames()).toEqual([hex("3007 000174 00 6f6e65"), hex(`3209 000174 ${id} 00 6f6e65`)]);
		const handle = peer.client.subscribe("f", () => {});
		expect(peer.answer().subarray(4).toString("hex")).toBe(`00${asString("f")}00`);
		peer.client.unsubscribe(handle);
		expect(peer.answer().subarray(4).toString("hex")).toBe(`00${asString("f")}`);
		expect(connectBytes({ protocolVersion: 5, will: { topic: "w", payload: "x" } })).toMatchObject({
			willProperties: "",
			willTopic: "w",
			willPayload: "x",
			left: 0,
		});
	});

	it.each([
		["PUBLISH", "30 03 000161", "5c"],
		["PUBLISH of QoS 1", "32 05 000161 0001", "5c"],
		["SUBACK", "90 02 0001", "5c"],
		["UNSUBACK", "b0 02 0001", "5c"],
	])("[MQTT-2.2.2-1] %s without that length closes the connection", (_name, bytes, code) => {
		const peer = online();
		peer.send(bytes);
		expectBroken(peer, code, "81");
	});

	it("[MQTT-2.2.2-1] CONNACK without that length closes the connection", () => {
		const peer = new Peer({ protocolVersion: 5 });
		peer.connect();
		peer.send("2002 0000");
		expectBroken(peer, "56", "81");
	});
});
