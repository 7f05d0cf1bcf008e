// What we write, mqtt-packet reads as it was meant.

import fc from "fast-check";
import { type Packet, parser } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import {
	connectRemaining,
	HEAD_MOST,
	packetLength,
	putConnect,
	putEmpty,
	putRequestFilter,
	putRequestHead,
} from "../../../firmware/mqtt/encode.js";
import type { ClientOptions } from "../../../firmware/mqtt/options.js";
import { ENTRY_WORDS, entryOf, LENGTH_MASK, STATE_MASK, STATE_SHIFT } from "../../../firmware/mqtt/outbox.js";
import { SUBSCRIBE, UNSUBSCRIBE } from "../../../firmware/mqtt/packet.js";
import { owe, pollLane } from "../../../firmware/mqtt/received.js";
import { requestPublish } from "../../../firmware/mqtt/session/outbound.js";
import { pollRequest } from "../../../firmware/mqtt/session/subscription.js";
import type { Session } from "../../../firmware/mqtt/session.js";
import {
	ANSWERED,
	addFilter,
	addName,
	filterAt,
	nameAt,
	QOS_SHIFT,
	stateAt,
	UNWANTED,
} from "../../../firmware/mqtt/topics.js";
import { putUint16, putUtf8 } from "../../../firmware/mqtt/wire.js";
import { utf8 } from "../../support/peer.js";
import { makeOnline, makeSession, staged } from "../../support/session.js";

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

	interface Message {
		topic: string;
		payload: Uint8Array;
		/** How many bytes there are around it in the view that is given. */
		before: number;
		behind: number;
		qos: number;
		retain: boolean;
	}
	const message: fc.Arbitrary<Message> = fc.record({
		topic: word,
		payload: fc.uint8Array({ maxLength: 300 }),
		before: fc.constantFrom(0, 0, 1, 7),
		behind: fc.constantFrom(0, 0, 5, 2000),
		qos: fc.constantFrom(0, 1, 2),
		retain: fc.boolean(),
	});

	/** The name goes behind the stage's first HEAD_MOST bytes, or into the table. Nothing received is written over. */
	function publishTo(session: Session, given: Message, where: "stage" | "table"): number {
		const { topic, payload, before, behind, qos, retain } = given;
		let at = session.stageAt + HEAD_MOST;
		if (where === "table") at = nameAt(session, addName(session, topic));
		else putUint16(session.bytes, at, putUtf8(session.bytes, at + 2, topic) - at - 2);
		const view = new Uint8Array(before + payload.length + behind).fill(0xee);
		view.set(payload, before);
		session.bytes.fill(0xaa, session.receiveAt, session.stageAt);
		const ticket = requestPublish(session, at, view, before, payload.length, (qos << 1) | Number(retain));
		expect(session.bytes.subarray(session.receiveAt, session.stageAt).every(byte => byte === 0xaa)).toBe(true);
		return ticket;
	}

	function expectPublish(bytes: Uint8Array, { topic, payload, qos, retain }: Message, messageId: number): void {
		const remaining = 2 + utf8(topic).length + (qos === 0 ? 0 : 2) + payload.length;
		expect(bytes.length).toBe(packetLength(remaining));
		const [packet] = decode(bytes);
		expect(packet).toMatchObject({ cmd: "publish", topic, qos, retain, dup: false, ...(qos > 0 && { messageId }) });
		expect(new Uint8Array((packet as { payload: Buffer }).payload)).toEqual(payload);
	}

	it.each(["stage", "table"] as const)("PUBLISH, with a name that lies where the packet goes: %s", where => {
		fc.assert(
			fc.property(message, given => {
				const session = makeOnline();
				const ticket = publishTo(session, given, where);
				expectPublish(staged(session), given, ticket);
				if (given.qos === 0) {
					expect([ticket, session.held]).toEqual([0, 0]);
					return;
				}
				// Above QoS 0 the same bytes are kept until they are acknowledged.
				const entry = entryOf(session, ticket);
				expect(session.words[entry]! & LENGTH_MASK).toBe(staged(session).length);
				expect(session.words[entry]! & STATE_MASK).toBe(given.qos << (STATE_SHIFT + 1));
				expectPublish(outboxPacket(session, ticket), given, ticket);
			}),
			{ numRuns: 500 },
		);
	});

	it.each(["stage", "table"] as const)("PUBLISH that has to wait is whole in the outbox: %s", where => {
		fc.assert(
			fc.property(message, given => {
				const session = makeOnline({}, 0);
				const ticket = publishTo(session, given, where);
				expect(ticket).toBeGreaterThan(0);
				expect(session.staged).toBe(0);
				expectPublish(outboxPacket(session, ticket), given, ticket);
			}),
			{ numRuns: 500 },
		);
	});

	it("PUBLISH of any length, to the last byte that there is room for, and of the session's own bytes", () => {
		// Where the remaining length takes a byte more, and where outbox and stage are full.
		for (const qos of [0, 1, 2])
			for (const size of [0, 1, 119, 120, 121, 122, 123, 124, 125, 126, 400, 16_375, 16_380, 16_384, 20_000]) {
				const payload = Uint8Array.from({ length: size }, (_, i) => i * 7);
				const given = { topic: "a", payload, before: 0, behind: 0, qos, retain: false };
				const length = packetLength(3 + (qos === 0 ? 0 : 2) + size);
				const limits = { send: Math.max(64, length), outbox: Math.max(64, length + 12), receive: 20_000 };
				expectPublish(publishTight(limits, length, given), given, 1);
			}
		const session = makeOnline();
		session.bytes.set(utf8("..echo.."), session.receiveAt);
		const at = nameAt(session, addName(session, "a"));
		requestPublish(session, at, session.bytes, session.receiveAt + 2, 4, 0);
		expect(decode(staged(session))).toMatchObject([{ payload: Buffer.from("echo") }]);
		requestPublish(session, at, session.area.subarray(1), 1, 4, 0);
		expect(decode(staged(session))).toMatchObject([{ payload: Buffer.from("echo") }]);
	});

	/** The packet that goes to a socket with room for just that. */
	function publishTight(limits: Parameters<typeof makeOnline>[0], room: number, given: Message): Uint8Array {
		const session = makeOnline(limits, room);
		session.packetId = 0;
		const ticket = publishTo(session, given, "table");
		expect(ticket).toBe(given.qos === 0 ? 0 : 1);
		return staged(session);
	}

	function outboxPacket(session: Session, ticket: number): Uint8Array {
		const entry = entryOf(session, ticket);
		const at = (entry + ENTRY_WORDS) * 4;
		return session.bytes.slice(at, at + (session.words[entry]! & LENGTH_MASK));
	}

	it("acknowledgements, PINGREQ and DISCONNECT", () => {
		const session = makeSession();
		session.room = 100;
		for (const first of [0x40, 0x50, 0x62, 0x70]) owe(session, first, 0xabcd);
		let at = session.stageAt + pollLane(session);
		at = putEmpty(session.bytes, at, 0xc0);
		at = putEmpty(session.bytes, at, 0xe0);
		expect(decode(staged(session, at - session.stageAt)).map(packet => [packet.cmd, packet.messageId])).toEqual([
			["puback", 0xabcd],
			["pubrec", 0xabcd],
			["pubrel", 0xabcd],
			["pubcomp", 0xabcd],
			["pingreq", undefined],
			["disconnect", undefined],
		]);
	});

	it("[MQTT-3.8.3-3] [MQTT-3.10.3-2] SUBSCRIBE and UNSUBSCRIBE for the filters in flight", () => {
		const session = makeOnline({ topics: 4, topicBytes: 200, send: 200 });
		const { bytes, stageAt, words } = session;
		const filters = [addFilter(session, "a/+", 1 << QOS_SHIFT)];
		addName(session, "not/me");
		const skipped = addFilter(session, "b", 0);
		words[stateAt(session, skipped)] = ANSWERED;
		filters.push(addFilter(session, "été/#", 2 << QOS_SHIFT));
		const remaining = 2 + 3 + 3 + 3 + utf8("été/#").length;
		let stop = putRequestHead(bytes, stageAt, SUBSCRIBE, remaining, 513);
		for (const [i, handle] of filters.entries()) stop = putRequestFilter(bytes, stop, filterAt(session, handle), i + 1);
		expect(stop - stageAt).toBe(packetLength(remaining));
		const subscriptions = [
			{ topic: "a/+", qos: 1 },
			{ topic: "été/#", qos: 2 },
		];
		expect(decode(bytes.slice(stageAt, stop))).toMatchObject([{ cmd: "subscribe", messageId: 513, subscriptions }]);
		stop = putRequestHead(bytes, stageAt, UNSUBSCRIBE, remaining - 2, 514);
		for (const handle of filters) stop = putRequestFilter(bytes, stop, filterAt(session, handle), -1);
		expect(stop - stageAt).toBe(packetLength(remaining - 2));
		const unsubscriptions = ["a/+", "été/#"];
		expect(decode(bytes.slice(stageAt, stop))).toMatchObject([{ cmd: "unsubscribe", messageId: 514, unsubscriptions }]);
		// The same, as the session makes them from its table.
		let length = pollRequest(session);
		let messageId = session.requestId;
		expect(decode(staged(session, length))).toMatchObject([{ cmd: "subscribe", messageId, subscriptions }]);
		session.requestId = 0;
		for (const handle of filters) words[stateAt(session, handle)] = UNWANTED | (2 << QOS_SHIFT);
		length = pollRequest(session);
		expect(session.requestId).not.toBe(messageId);
		messageId = session.requestId;
		expect(decode(staged(session, length))).toMatchObject([{ cmd: "unsubscribe", messageId, unsubscriptions }]);
	});
});
