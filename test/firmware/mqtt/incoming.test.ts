// The record that handlers see.

import { describe, expect, it } from "vitest";
import { Arena } from "../../../firmware/mqtt/arena.js";
import { takePublish } from "../../../firmware/mqtt/decode.js";
import { Misuse } from "../../../firmware/mqtt/error.js";
import { Incoming, NOT_DELIVERED } from "../../../firmware/mqtt/incoming.js";
import { Received, receivedWords } from "../../../firmware/mqtt/received.js";
import { hex } from "../../support/peer.js";

function incoming(body: string, first: number): Incoming {
	const arena = new Arena(receivedWords(4), 256, 64);
	const packet = new Incoming(arena.bytes, new Received(arena, 4));
	const bytes = hex(body);
	arena.bytes.set(bytes, arena.receiveAt);
	packet.first = first;
	packet.at = arena.receiveAt;
	packet.stop = packet.at + bytes.length;
	return packet;
}

describe("a message", () => {
	it("has text only where it is UTF-8", () => {
		const packet = incoming("0001 61 c328", 0x30);
		takePublish(packet);
		expect(packet.text()).toBeUndefined();
		expect([...packet.payload()]).toEqual([0xc3, 0x28]);
	});

	it("can be held only while it is with a handler", () => {
		const packet = incoming("0001 61 0007", 0x32);
		takePublish(packet);
		expect(packet.token).toBe(NOT_DELIVERED);
		expect(() => packet.hold()).toThrow(Misuse);
		packet.token = 0;
		const token = packet.hold();
		expect(token).toBeGreaterThan(0);
		expect(packet.hold()).toBe(token);
	});
});
