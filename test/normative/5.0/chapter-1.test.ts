// MQTT 5.0, chapter 1: how strings, integers of variable length and pairs of strings are encoded.

import { describe, expect, it } from "vitest";
import { Misuse } from "../../../firmware/mqtt/client.js";
import { properties, SUBSCRIPTION_IDENTIFIER, USER_PROPERTY } from "../../../firmware/mqtt/property.js";
import { online } from "../../support/five.js";
import { byteHex, expectBroken, Peer, packet, utf8 } from "../../support/peer.js";
import { asString, HALVES, holds, ILL_FORMED, placesOf, WELL_FORMED } from "../../support/strings.js";

/** Where a server's packets have strings: the packet with this one there. */
const INCOMING: readonly (readonly [name: string, bytes: (string: string) => string])[] = [
	["PUBLISH's content type", string => withProperties("30 000161", `03${string}`)],
	["PUBLISH's response topic", string => withProperties("30 000161", `08${string}`)],
	["a user property's name", string => withProperties("30 000161", `26${string}${asString("v")}`)],
	["a user property's value", string => withProperties("30 000161", `26${asString("k")}${string}`)],
	["PUBACK's reason string", string => withProperties("40 0001 00", `1f${string}`)],
	["DISCONNECT's reason string", string => withProperties("e0 00", `1f${string}`)],
];

/** A packet: its first byte and what stands before its properties, and these. */
function withProperties(head: string, block: string): string {
	return packet(head.slice(0, 2), head.slice(2), byteHex(block.length / 2), block);
}

describe("UTF-8 strings", () => {
	it.each(placesOf(5))("[MQTT-1.5.4-1] %s is sent as well-formed UTF-8, or not at all", (_name, place) => {
		for (const text of WELL_FORMED) expect(holds(place(text), utf8(text)), text).toBe(true);
		for (const text of HALVES) expect(() => place(text)).toThrow(Misuse);
	});

	it.each(INCOMING)("[MQTT-1.5.4-1] %s that is no UTF-8 closes the connection", (_name, bytes) => {
		const peer = online();
		for (const hex of ILL_FORMED) {
			peer.send(bytes(asString({ hex })));
			expectBroken(peer, "5c", "81");
		}
	});

	it("[MQTT-1.5.4-1] so do a topic name, and CONNACK's strings", () => {
		const peer = online();
		for (const hex of ILL_FORMED) {
			peer.send(packet("30", asString({ hex }), "00"));
			expectBroken(peer, "54", "81");
			peer.socket.fail();
			peer.told();
			peer.connect();
			peer.send(packet("20", "0000", byteHex(3 + hex.length / 2), "1f", asString({ hex })));
			expectBroken(peer, "5c", "81");
		}
	});

	it("[MQTT-1.5.4-1] every character that UTF-8 can carry arrives as it is", () => {
		const peer = online({
			onMessage: message =>
				peer.log.push(message.topic, String(message.property(3)), ...message.userProperties().flat()),
		});
		for (const text of WELL_FORMED) {
			const string = asString(text);
			const block = `03${string}26${string}${string}`;
			peer.send(packet("30", string, byteHex(block.length / 2), block));
			expect(peer.told()).toEqual([text, text, text, text]);
		}
	});

	it.each(placesOf(5))("[MQTT-1.5.4-2] %s with U+0000 in it is not sent", (_name, place) => {
		for (const text of ["\0", "a\0", "\0a", "a\0b"]) expect(() => place(text)).toThrow(Misuse);
	});

	it.each(INCOMING)("[MQTT-1.5.4-2] %s with U+0000 in it closes the connection", (_name, bytes) => {
		const peer = online();
		for (const text of ["\0", "a\0", "\0a", "a\0b"]) {
			peer.send(bytes(asString(text)));
			expectBroken(peer, "5c", "81");
		}
	});

	it("[MQTT-1.5.4-2] so does a topic name with U+0000 in it", () => {
		const peer = online();
		for (const text of ["\0", "a\0", "\0a", "a\0b"]) {
			peer.send(packet("30", asString(text), "00"));
			expectBroken(peer, "54", "81");
		}
	});

	it.each(placesOf(5))("[MQTT-1.5.4-3] %s keeps U+FEFF, wherever it stands", (_name, place) => {
		for (const text of ["\ufeff", "\ufeffa", "a\ufeff", "\ufeff\ufeffa"])
			expect(Buffer.from(place(text)).toString("hex")).toContain(asString(text));
	});

	it("[MQTT-1.5.4-3] U+FEFF stays in what arrives", () => {
		const peer = online({
			onMessage: message =>
				peer.log.push(message.topic, String(message.property(8)), ...message.userProperties().flat()),
		});
		for (const text of ["\ufeff", "\ufeffa", "a\ufeff", "\ufeff\ufeffa"]) {
			const string = asString(text);
			const block = `08${string}26${string}${string}`;
			peer.send(packet("30", string, byteHex(block.length / 2), block));
			expect(peer.told()).toEqual([text, text, text, text]);
		}
	});
});

describe("integers of variable length", () => {
	it("[MQTT-1.5.5-1] lengths of packets are sent in the fewest bytes", () => {
		for (const [remaining, head] of [
			[127, "30 7f"],
			[128, "30 8001"],
			[16_383, "30 ff7f"],
			[16_384, "30 808001"],
			[2_097_151, "30 ffff7f"],
			[2_097_152, "30 80808001"],
			[268_435_455, "30 ffffff7f"],
		] as const) {
			// Its payload would come from a source, and does not: the head is all that leaves.
			const peer = online();
			peer.client.publishFrom(peer.client.topic("t"), { read: () => 0 }, remaining - 4, 0);
			expect(peer.hex()).toBe(`${head.replace(" ", "")}00017400`);
		}
		const peer = online();
		expect(peer.client.publishFrom(peer.client.topic("t"), { read: () => 0 }, 268_435_452, 0)).toBe(-0x12);
	});

	it("[MQTT-1.5.5-1] lengths of properties are sent in the fewest bytes", () => {
		for (const [length, bytes] of [
			[127, "7f"],
			[128, "8001"],
			[200, "c801"],
			[16_383, "ff7f"],
			[16_384, "808001"],
		] as const) {
			const peer = online({ limits: { outbox: 20_000, send: 20_000 } });
			const block = properties([USER_PROPERTY, "", "x".repeat(length - 5)]);
			peer.client.publish("t", "", { properties: block });
			const [frame] = peer.frames();
			const topicAt = frame!.findIndex((byte, i) => i > 0 && byte < 128) + 1;
			expect(
				frame!
					.subarray(topicAt + 3)
					.toString("hex")
					.slice(0, bytes.length + 2),
			).toBe(`${bytes}26`);
		}
	});

	it.each([
		["a packet's length", "30 8400 000161 00", "50"],
		["a packet's length in five bytes", "30 84808080 00 000161 00", "50"],
		["the length of properties", "30 05 000161 8000", "5c"],
		["the length of properties in five bytes", "30 08 000161 8080808000", "5c"],
		["a subscription identifier", "30 07 000161 03 0b8100", "5c"],
		["the length of a PUBACK's properties", "40 05 0001 00 8000", "5c"],
	])("[MQTT-1.5.5-1] %s that could be written in fewer bytes closes the connection", (_name, bytes, code) => {
		const peer = online();
		peer.send(bytes);
		expectBroken(peer, code, "81");
	});

	it("[MQTT-1.5.5-1] what is written in the fewest is taken, at every border", () => {
		const peer = online({
			limits: { receive: 20_000 },
			onMessage: message => peer.log.push(`${message.property(SUBSCRIPTION_IDENTIFIER)} ${message.payloadLength}`),
		});
		for (const [id, bytes] of [
			[1, "01"],
			[127, "7f"],
			[128, "8001"],
			[16_383, "ff7f"],
			[16_384, "808001"],
			[2_097_151, "ffff7f"],
			[2_097_152, "80808001"],
			[268_435_455, "ffffff7f"],
		] as const) {
			peer.send(packet("30", "000161", byteHex(bytes.length / 2 + 1), "0b", bytes));
			expect(peer.told()).toEqual([`${id} 0`]);
		}
		for (const [remaining, bytes] of [
			[127, "7f"],
			[128, "8001"],
			[16_383, "ff7f"],
			[16_384, "808001"],
		] as const) {
			peer.send(`30 ${bytes} 000161 00 ${"78".repeat(remaining - 4)}`);
			expect(peer.told()).toEqual([`undefined ${remaining - 4}`]);
		}
	});
});

describe("pairs of strings", () => {
	it("[MQTT-1.5.7-1] name and value are sent as strings, both of them, or not at all", () => {
		for (const text of WELL_FORMED)
			expect(Buffer.from(properties([USER_PROPERTY, text, text])).toString("hex")).toBe(
				`26${asString(text)}${asString(text)}`,
			);
		for (const wrong of [...HALVES, "\0", "a\0"]) {
			expect(() => properties([USER_PROPERTY, wrong, "v"])).toThrow(Misuse);
			expect(() => properties([USER_PROPERTY, "k", wrong])).toThrow(Misuse);
		}
		// Nor in a block that somebody else has made.
		for (const pair of ["000180 000176", "00016b 000180", "000100 000176", "00016b 000100"]) {
			const peer = online();
			const block = Buffer.from(`26${pair.replace(" ", "")}`, "hex");
			expect(() => peer.client.publish("a", "x", { properties: block })).toThrow(Misuse);
			expect(() => new Peer({ protocolVersion: 5, properties: block })).toThrow(Misuse);
			expect(peer.hex()).toBe("");
		}
	});

	it("[MQTT-1.5.7-1] a name or value that is ill-formed, or missing, closes the connection", () => {
		const peer = online();
		for (const pair of [
			"000180000176",
			"00016b000180",
			"000100000176",
			"00016b000100",
			"00016b",
			"00016b0002 76",
			"00",
		]) {
			const block = `26${pair.replace(" ", "")}`;
			peer.send(packet("30", "000161", byteHex(block.length / 2), block));
			expectBroken(peer, "5c", "81");
		}
	});

	it("[MQTT-1.5.7-1] an empty name or value is a string", () => {
		const peer = online({ onMessage: message => peer.log.push(JSON.stringify(message.userProperties())) });
		peer.send(packet("30", "000161", "0b", "26 0000 0000", "26 0000 000176"));
		expect(peer.told()).toEqual(['[["",""],["","v"]]']);
	});
});
