// Messages whole and in pieces: what there is room for, and what becomes of the rest.

import type { Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { withDefaults } from "../../../firmware/mqtt/limits.js";
import { Messages, problem, textOf } from "../../../firmware/optional/messages.js";
import { online, utf8 } from "../../support/peer.js";

function make() {
	const limits = withDefaults({ outbox: 1024, messages: 3 });
	const peer = online({ limits });
	let pokes = 0;
	const messages = new Messages(peer.client, limits, () => {
		pokes += 1;
	});
	peer.take();
	return { messages, peer, pokes: () => pokes };
}

const payloads = (packets: Packet[]) =>
	packets.map(packet => (packet.cmd === "publish" ? `${packet.topic} ${packet.payload}` : packet.cmd));

describe("messages", () => {
	it("have no room where as many are under way as there may be, and are known by their ids", () => {
		const { messages, peer } = make();
		expect(messages.room).toBe(1024 - 64);
		for (let id = 1; id <= 3; id += 1) messages.write(utf8("x"), { topic: "a", QoS: 1, id: 100 + id });
		expect(messages.room).toBe(0);
		expect(() => messages.write(utf8("x"), { topic: "a" })).toThrow("overflow");
		const [first] = peer.take();
		const ticket = (first as { messageId: number }).messageId;
		expect(messages.handleEnd(ticket)).toMatchObject({ id: 101, QoS: 1 });
		expect(messages.handleEnd(ticket)).toBeUndefined();
	});

	it("that fit into the outbox leave when they are whole", () => {
		const { messages, peer } = make();
		messages.write(utf8("ab"), { topic: "t", byteLength: 5 });
		expect(messages.isOpen).toBe(true);
		expect(messages.room).toBe(3);
		messages.writePiece(utf8("c"));
		expect(peer.take()).toEqual([]);
		messages.writePiece(utf8("de"));
		expect(messages.isOpen).toBe(false);
		expect(payloads(peer.take())).toEqual(["t abcde"]);
		expect(() => messages.writePiece(utf8("f"))).toThrow("no message is open");
	});

	it("that do not fit leave as they come, one at a time", () => {
		const { messages, peer, pokes } = make();
		messages.write(new Uint8Array(1000), { topic: "t", byteLength: 4000 });
		expect(pokes()).toBeGreaterThan(0);
		expect(messages.room).toBe(2048);
		for (let i = 0; i < 3; i += 1) messages.writePiece(new Uint8Array(1000).fill(i));
		expect(messages.room).toBe(0);
		expect(() => messages.write(new Uint8Array(1000), { topic: "t", byteLength: 4000 })).toThrow("overflow");
		const [packet] = peer.take();
		expect(packet).toMatchObject({ cmd: "publish", topic: "t" });
		expect((packet as { payload: Uint8Array }).payload.length).toBe(4000);
	});

	it("given up in the middle leave the next one alone", () => {
		const { messages, peer } = make();
		messages.write(utf8("ab"), { topic: "t", byteLength: 5 });
		messages.abandon();
		expect(messages.isOpen).toBe(false);
		messages.write(utf8("next"), { topic: "t" });
		expect(payloads(peer.take())).toEqual(["t next"]);
	});

	it("have topics as text or bytes, and problems have codes", () => {
		expect(textOf("é")).toBe("é");
		expect(textOf(utf8("é"))).toBe("é");
		expect(problem("overflow", 0x10)).toMatchObject({ message: "overflow: 0x10", code: 0x10 });
	});
});
