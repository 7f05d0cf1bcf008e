// What we write, mqtt-packet reads as it was meant.

import fc from "fast-check";
import { type Packet, parser } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { Arena } from "../../../firmware/mqtt/arena.js";
import {
	connectRemaining,
	HEAD_MOST,
	packetLength,
	putAck,
	putConnect,
	putEmpty,
	putPublishHead,
	putRequest,
} from "../../../firmware/mqtt/encode.js";
import type { ClientOptions } from "../../../firmware/mqtt/options.js";
import { SUBSCRIBE, UNSUBSCRIBE } from "../../../firmware/mqtt/packet.js";
import { Topics, topicWords } from "../../../firmware/mqtt/topic.js";
import { putUint16, putUtf8 } from "../../../firmware/mqtt/wire.js";
import { utf8 } from "../../support/peer.js";

function decode(bytes: Uint8Array): Packet[] {
	const packets: Packet[] = [];
	const codec = parser({ protocolVersion: 4 });
	codec.on("packet", packet => packets.push(packet));
	codec.on("error", error => {
		throw error;
	});
	expect(codec.parse(Buffer.from(bytes))).toBe(0);
	return packets;
}

function bytesOf(value: string | Uint8Array | undefined): Uint8Array | undefined {
	return typeof value === "string" ? utf8(value) : value;
}

const word = fc.stringMatching(/^[a-zé😀]{1,20}$/u);

describe("encode", () => {
	it("CONNECT in all its forms", () => {
		const payload = fc.oneof(word, fc.constant("a\0b"), fc.uint8Array({ maxLength: 200 }));
		const will = fc.record({ topic: word, qos: fc.constantFrom(0, 1, 2), retain: fc.boolean(), payload });
		fc.assert(
			fc.property(
				fc.record({
					clientId: fc.oneof(word, fc.constant("")),
					cleanSession: fc.boolean(),
					keepAlive: fc.integer({ min: 0, max: 65_535 }),
					userName: fc.option(word, { nil: undefined }),
					password: fc.option(payload, { nil: undefined }),
					will: fc.option(will, { nil: undefined }),
				}),
				given => {
					const fields = given.userName === undefined ? { ...given, password: undefined } : given;
					const clean = fields.clientId === "" || fields.cleanSession;
					const checked = { ...fields, cleanSession: clean } as ClientOptions;
					const remaining = connectRemaining(checked);
					const bytes = new Uint8Array(1000);
					const stop = putConnect(bytes, 3, checked, remaining);
					expect(stop - 3).toBe(packetLength(remaining));
					const [packet] = decode(bytes.subarray(3, stop));
					expect(packet).toMatchObject({
						cmd: "connect",
						protocolId: "MQTT",
						protocolVersion: 4,
						clientId: fields.clientId,
						clean,
						keepalive: fields.keepAlive,
					});
					const read = packet as {
						username?: string;
						password?: Buffer;
						will?: { topic: string; qos: number; retain: boolean; payload: Buffer };
					};
					expect(read.username).toBe(fields.userName);
					expect(read.password && new Uint8Array(read.password)).toEqual(bytesOf(fields.password));
					expect(
						read.will && {
							topic: read.will.topic,
							qos: read.will.qos,
							retain: read.will.retain,
							payload: new Uint8Array(read.will.payload),
						},
					).toEqual(fields.will && { ...fields.will, payload: bytesOf(fields.will.payload) });
				},
			),
			{ numRuns: 500 },
		);
	});

	it("PUBLISH, with a name that lies where the packet goes", () => {
		fc.assert(
			fc.property(
				word,
				fc.uint8Array({ maxLength: 300 }),
				fc.constantFrom(0, 1, 2),
				fc.boolean(),
				(topic, payload, qos, retain) => {
					const bytes = new Uint8Array(600);
					const nameLength = putUtf8(bytes, HEAD_MOST + 2, topic) - HEAD_MOST;
					putUint16(bytes, HEAD_MOST, nameLength - 2);
					const remaining = nameLength + (qos === 0 ? 0 : 2) + payload.length;
					const first = 0x30 | (qos << 1) | Number(retain);
					const at = putPublishHead(bytes, 0, first, remaining, HEAD_MOST, nameLength, qos === 0 ? 0 : 4711);
					bytes.set(payload, at);
					expect(at + payload.length).toBe(packetLength(remaining));
					const [packet] = decode(bytes.subarray(0, at + payload.length));
					expect(packet).toMatchObject({
						cmd: "publish",
						topic,
						qos,
						retain,
						dup: false,
						...(qos > 0 && { messageId: 4711 }),
					});
					expect(new Uint8Array((packet as { payload: Buffer }).payload)).toEqual(payload);
				},
			),
			{ numRuns: 500 },
		);
	});

	it("acknowledgements, PINGREQ and DISCONNECT", () => {
		const bytes = new Uint8Array(32);
		let at = 0;
		for (const first of [0x40, 0x50, 0x62, 0x70]) at = putAck(bytes, at, first, 0xabcd);
		at = putEmpty(bytes, at, 0xc0);
		at = putEmpty(bytes, at, 0xe0);
		expect(decode(bytes.subarray(0, at)).map(packet => [packet.cmd, packet.messageId])).toEqual([
			["puback", 0xabcd],
			["pubrec", 0xabcd],
			["pubrel", 0xabcd],
			["pubcomp", 0xabcd],
			["pingreq", undefined],
			["disconnect", undefined],
		]);
	});

	it("[MQTT-3.8.3-3] [MQTT-3.10.3-2] SUBSCRIBE and UNSUBSCRIBE for the filters in flight", () => {
		const arena = new Arena(topicWords(4, 200), 64, 200);
		const topics = new Topics(arena, 4, 200);
		topics.addFilter("a/+", 1, false);
		topics.addName("not/me");
		const skipped = topics.addFilter("b", 0, false);
		topics.addFilter("été/#", 2, true);
		for (const handle of [1, 4]) topics.setInFlight(handle, true);
		const remaining = 2 + 3 + 3 + 3 + utf8("été/#").length;
		let stop = putRequest(arena.bytes, arena.stageAt, SUBSCRIBE, remaining, 513, topics);
		expect(stop - arena.stageAt).toBe(packetLength(remaining));
		expect(decode(arena.bytes.slice(arena.stageAt, stop))).toMatchObject([
			{
				cmd: "subscribe",
				messageId: 513,
				subscriptions: [
					{ topic: "a/+", qos: 1 },
					{ topic: "été/#", qos: 2 },
				],
			},
		]);
		stop = putRequest(arena.bytes, arena.stageAt, UNSUBSCRIBE, remaining - 2, 514, topics);
		expect(decode(arena.bytes.slice(arena.stageAt, stop))).toMatchObject([
			{ cmd: "unsubscribe", messageId: 514, unsubscriptions: ["a/+", "été/#"] },
		]);
		expect(skipped).toBe(3);
	});
});
