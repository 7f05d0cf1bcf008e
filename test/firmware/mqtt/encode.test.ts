// What we write, mqtt-packet reads as it was meant.

import fc from "fast-check";
import { type Packet, parser } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import {
	connectRemaining,
	disconnectLength,
	HEAD_MOST,
	isFive,
	packetLength,
	propertiesLength,
	putConnect,
	putDisconnect,
	putEmpty,
	putProperties,
} from "../../../firmware/mqtt/encode.js";
import type { ClientOptions } from "../../../firmware/mqtt/options.js";
import { ENTRY_WORDS, LENGTH_MASK, STATE_MASK, STATE_SHIFT } from "../../../firmware/mqtt/outbox.js";
import {
	CORRELATION_DATA,
	MESSAGE_EXPIRY_INTERVAL,
	type Property,
	properties,
	REASON_STRING,
	RESPONSE_TOPIC,
	SESSION_EXPIRY_INTERVAL,
	USER_PROPERTY,
} from "../../../firmware/mqtt/property.js";
import { owe, pollLane } from "../../../firmware/mqtt/received.js";
import { requestPublish } from "../../../firmware/mqtt/session/outbound.js";
import { pollRequest } from "../../../firmware/mqtt/session/subscription.js";
import type { Session } from "../../../firmware/mqtt/session.js";
import { ANSWERED, addName, nameAt, OPTIONS_SHIFT, stateAt, UNWANTED } from "../../../firmware/mqtt/topics.js";
import { putUint16, putUtf8 } from "../../../firmware/mqtt/wire.js";
import { REQUEST_ID } from "../../../firmware/mqtt/words.js";
import { utf8 } from "../../support/peer.js";
import { addFilter, entryOf, makeOnline, makeSession, staged } from "../../support/session.js";

function decode(bytes: Uint8Array, protocolVersion: 4 | 5 = 4): Packet[] {
	const packets: Packet[] = [];
	const codec = parser({ protocolVersion });
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

/** Ids of section 2.2.2.2 by mqtt-packet's names. */
const IDS: Record<string, number> = {
	topicAliasMaximum: 34,
	maximumPacketSize: 39,
	requestResponseInformation: 25,
	requestProblemInformation: 23,
	authenticationMethod: 21,
	authenticationData: 22,
	willDelayInterval: 24,
	payloadFormatIndicator: 1,
	contentType: 3,
	responseTopic: 8,
};

const word = fc.stringMatching(/^[a-zé😀]{1,20}$/u);

describe("encode", () => {
	const payload = fc.oneof(word, fc.constant("a\0b"), fc.uint8Array({ maxLength: 200 }));
	const will = fc.record({ topic: word, qos: fc.constantFrom(0, 1, 2), retain: fc.boolean(), payload });
	const connect = fc.record({
		clientId: fc.oneof(word, fc.constant("")),
		cleanSession: fc.boolean(),
		keepAlive: fc.integer({ min: 0, max: 65_535 }),
		userName: fc.option(word, { nil: undefined }),
		password: fc.option(payload, { nil: undefined }),
		will: fc.option(will, { nil: undefined }),
	});

	interface ReadConnect {
		username?: string;
		password?: Buffer;
		properties?: Record<string, unknown>;
		will?: { topic: string; qos: number; retain: boolean; payload: Buffer; properties?: Record<string, unknown> };
	}

	/** The CONNECT for these options, as mqtt-packet reads it. */
	function readConnect(options: ClientOptions, clientId = options.clientId, received = 20): ReadConnect {
		const session = makeSession({ received, send: 4000, aliases: options.limits?.aliases ?? 0 }, options);
		session.clientId = clientId;
		const userName = options.userName as string | undefined;
		const password = options.password as string | Uint8Array | undefined;
		const remaining = connectRemaining(session, userName, password);
		const bytes = session.bytes.fill(0);
		const stop = putConnect(session, 3, remaining, userName, password);
		expect(stop - 3).toBe(packetLength(remaining));
		// Nothing before, nothing behind.
		expect([...bytes.subarray(0, 3), ...bytes.subarray(stop)].every(byte => byte === 0)).toBe(true);
		const packets = decode(bytes.subarray(3, stop), isFive(options) === 1 ? 5 : 4);
		expect(packets.length).toBe(1);
		return packets[0] as ReadConnect;
	}

	function expectRest(read: ReadConnect, given: ClientOptions): void {
		expect(read.username).toBe(given.userName);
		expect(read.password && new Uint8Array(read.password)).toEqual(
			bytesOf(given.password as string | Uint8Array | undefined),
		);
		const { topic, qos, retain, payload } = read.will ?? {};
		const wanted = given.will;
		if (wanted === undefined) expect(read.will).toBeUndefined();
		else
			expect({ topic, qos, retain, payload: new Uint8Array(payload!) }).toEqual({
				topic: wanted.topic,
				qos: wanted.qos,
				retain: wanted.retain,
				payload: bytesOf(wanted.payload),
			});
	}

	it("CONNECT in all its forms", () => {
		fc.assert(
			fc.property(connect, given => {
				const fields = given.userName === undefined ? { ...given, password: undefined } : given;
				const clean = fields.clientId === "" || fields.cleanSession;
				const options = { ...fields, cleanSession: clean } as ClientOptions;
				const read = readConnect(options);
				expect(read).toMatchObject({
					cmd: "connect",
					protocolId: "MQTT",
					protocolVersion: 4,
					clientId: fields.clientId,
					clean,
					keepalive: fields.keepAlive,
				});
				expectRest(read, options);
			}),
			{ numRuns: 500 },
		);
	});

	it("[MQTT-3.1.2-9] [MQTT-3.1.3-1] [MQTT-2.2.2-1] CONNECT of 5.0 in all its forms", () => {
		const connectProperties = fc.record(
			{
				topicAliasMaximum: fc.nat(65_535),
				maximumPacketSize: fc.integer({ min: 1, max: 0xffff_ffff }),
				requestResponseInformation: fc.boolean(),
				requestProblemInformation: fc.boolean(),
				authenticationMethod: word,
				authenticationData: payload.filter(value => typeof value !== "string"),
				// Longer than a byte can say, sometimes.
				name: fc.stringMatching(/^[a-z]{1,200}$/),
			},
			{ requiredKeys: [] },
		);
		const willProperties = fc.record(
			{ willDelayInterval: fc.nat(), payloadFormatIndicator: fc.boolean(), contentType: word, responseTopic: word },
			{ requiredKeys: [] },
		);
		const more = fc.record({
			properties: fc.option(connectProperties, { nil: undefined }),
			willProperties: fc.option(willProperties, { nil: undefined }),
			sessionExpiry: fc.option(fc.integer({ min: 0, max: 0xffff_ffff }), { nil: undefined }),
			receiveMaximum: fc.integer({ min: 1, max: 1024 }),
			assigned: fc.option(word, { nil: undefined }),
		});
		fc.assert(
			fc.property(connect, more, (given, { properties, willProperties, sessionExpiry, receiveMaximum, assigned }) => {
				const options = {
					...given,
					protocolVersion: 5,
					...(sessionExpiry !== undefined && { sessionExpiry }),
					...(properties && { properties: blockOf(properties) }),
					...(given.will && {
						will: { ...given.will, ...(willProperties && { properties: blockOf(willProperties) }) },
					}),
				} as ClientOptions;
				const read = readConnect(options, assigned ?? given.clientId, receiveMaximum);
				expect(read).toMatchObject({
					cmd: "connect",
					protocolId: "MQTT",
					protocolVersion: 5,
					// The server's name for us, where it has given us one.
					clientId: assigned ?? given.clientId,
					clean: given.cleanSession,
					keepalive: given.keepAlive,
				});
				expectRest(read, options);
				expect(read.properties).toEqual({
					sessionExpiryInterval: sessionExpiry ?? (given.cleanSession ? 0 : 0xffff_ffff),
					receiveMaximum,
					...readable(properties),
				});
				const wanted = readable(willProperties);
				expect(read.will?.properties ?? {}).toEqual(given.will ? wanted : {});
			}),
			{ numRuns: 500 },
		);
	});

	/** What mqtt-packet reads of properties given so. */
	function readable(given: Record<string, unknown> | undefined): Record<string, unknown> {
		const { name, authenticationData, ...rest } = given ?? {};
		return {
			...rest,
			...(authenticationData !== undefined && { authenticationData: Buffer.from(authenticationData as Uint8Array) }),
			...(name !== undefined && { userProperties: Object.assign(Object.create(null), { [name as string]: "value" }) }),
		};
	}

	function blockOf(given: Record<string, unknown>): Uint8Array {
		return properties(
			...Object.entries(given).map(([name, value]): Property => {
				if (name === "name") return [USER_PROPERTY, value as string, "value"];
				return [IDS[name]!, typeof value === "boolean" ? Number(value) : (value as number | string | Uint8Array)];
			}),
		);
	}

	it("[MQTT-2.2.2-1] the length of a block of properties stands before it, and there is none in 3.1.1", () => {
		const bytes = new Uint8Array(20_000);
		for (const length of [0, 1, 127, 128, 16_383, 16_384]) {
			const block = new Uint8Array(length).fill(7);
			const head = length < 128 ? 1 : length < 16_384 ? 2 : 3;
			expect(propertiesLength(1, block)).toBe(head + length);
			expect(putProperties(1, bytes, 10, block)).toBe(10 + head + length);
			expect(bytes.slice(10 + head, 10 + head + length)).toEqual(block);
			expect([propertiesLength(0, block), putProperties(0, bytes, 10, block)]).toEqual([0, 10]);
		}
		bytes[10] = 7;
		expect([propertiesLength(1, undefined), putProperties(1, bytes, 10, undefined), bytes[10]]).toEqual([1, 11, 0]);
		expect([propertiesLength(0, undefined), putProperties(0, bytes, 10, undefined)]).toEqual([0, 10]);
	});

	it("[MQTT-3.14.2-1] DISCONNECT gives its reason and properties in 5.0 only, and what says nothing is left out", () => {
		const bytes = new Uint8Array(200);
		const sent = (five: number, reason: number, block?: Uint8Array) => {
			bytes.fill(0xaa);
			const length = disconnectLength(five, reason, block);
			const stop = putDisconnect(bytes, 1, length, reason, block);
			expect([stop, bytes[0], bytes[stop]]).toEqual([1 + length, 0xaa, 0xaa]);
			return Buffer.from(bytes.subarray(1, stop)).toString("hex");
		};
		expect([sent(0, 0), sent(0, 0x81), sent(1, 0), sent(1, 0x93)]).toEqual(["e000", "e000", "e000", "e00193"]);
		expect(sent(1, 0, new Uint8Array())).toBe("e0020000");
		expect(sent(1, 4, properties([SESSION_EXPIRY_INTERVAL, 9]))).toBe("e00704051100000009");
		const long = properties([REASON_STRING, "x".repeat(130)]);
		const [packet] = decode(Buffer.from(sent(1, 0x80, long), "hex"), 5);
		expect(packet).toMatchObject({ reasonCode: 0x80, properties: { reasonString: "x".repeat(130) } });
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

	it.each([100_000, 0])(
		"PUBLISH of 5.0 has its properties, or their length, before the payload: room for %d bytes",
		room => {
			const block = fc.option(
				fc.record({
					messageExpiryInterval: fc.nat(),
					topic: word,
					data: fc.uint8Array({ maxLength: 200 }),
					name: word,
				}),
				{ nil: undefined },
			);
			fc.assert(
				fc.property(message, block, (given, some) => {
					const session = makeOnline({}, room, { protocolVersion: 5 });
					session.block =
						some &&
						properties(
							[MESSAGE_EXPIRY_INTERVAL, some.messageExpiryInterval],
							[RESPONSE_TOPIC, some.topic],
							[CORRELATION_DATA, some.data],
							[USER_PROPERTY, some.name, "value"],
						);
					session.blockLength = propertiesLength(1, session.block);
					const length = session.block?.length ?? 0;
					const ticket = publishTo(session, given, "table");
					const bytes = room > 0 ? staged(session) : outboxPacket(session, ticket);
					const { topic, payload, qos, retain } = given;
					const head = 2 + utf8(topic).length + (qos === 0 ? 0 : 2) + (length < 128 ? 1 : 2);
					expect(bytes.length).toBe(packetLength(head + length + payload.length));
					const [packet] = decode(bytes, 5);
					expect(packet).toMatchObject({
						cmd: "publish",
						topic,
						qos,
						retain,
						dup: false,
						...(qos > 0 && { messageId: ticket }),
					});
					expect(new Uint8Array((packet as { payload: Buffer }).payload)).toEqual(payload);
					expect((packet as { properties?: unknown }).properties).toEqual(
						some && {
							messageExpiryInterval: some.messageExpiryInterval,
							responseTopic: some.topic,
							correlationData: Buffer.from(some.data),
							userProperties: Object.assign(Object.create(null), { [some.name]: "value" }),
						},
					);
				}),
				{ numRuns: 300 },
			);
		},
	);

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
		const { words } = session;
		const filters = [addFilter(session, "a/+", 1 << OPTIONS_SHIFT)];
		addName(session, "not/me");
		const skipped = addFilter(session, "b", 0);
		words[stateAt(session, skipped)] = ANSWERED;
		filters.push(addFilter(session, "été/#", 2 << OPTIONS_SHIFT));
		const subscriptions = [
			{ topic: "a/+", qos: 1 },
			{ topic: "été/#", qos: 2 },
		];
		const unsubscriptions = ["a/+", "été/#"];
		let length = pollRequest(session);
		let messageId = words[REQUEST_ID]!;
		expect(decode(staged(session, length))).toMatchObject([{ cmd: "subscribe", messageId, subscriptions }]);
		words[REQUEST_ID] = 0;
		for (const handle of filters) words[stateAt(session, handle)] = UNWANTED | (2 << OPTIONS_SHIFT);
		length = pollRequest(session);
		expect(words[REQUEST_ID]!).not.toBe(messageId);
		messageId = words[REQUEST_ID]!;
		expect(decode(staged(session, length))).toMatchObject([{ cmd: "unsubscribe", messageId, unsubscriptions }]);
	});

	it("[MQTT-3.8.3-2] [MQTT-3.10.3-2] and in 5.0, with the options of each filter", () => {
		const session = makeOnline({ topics: 4, topicBytes: 200, send: 200 }, 100_000, { protocolVersion: 5 });
		const { words } = session;
		const filters = [
			addFilter(session, "a/+", 0x1d << OPTIONS_SHIFT),
			addFilter(session, "$share/n/é", 0x22 << OPTIONS_SHIFT),
		];
		const subscriptions = [
			{ topic: "a/+", qos: 1, nl: true, rap: true, rh: 1 },
			{ topic: "$share/n/é", qos: 2, nl: false, rap: false, rh: 2 },
		];
		const length = pollRequest(session);
		expect(length).toBe(packetLength(2 + 1 + 3 + 3 + 3 + utf8("$share/n/é").length));
		const messageId = words[REQUEST_ID]!;
		expect(decode(staged(session, length), 5)).toMatchObject([{ cmd: "subscribe", messageId, subscriptions }]);
		words[REQUEST_ID] = 0;
		for (const handle of filters) words[stateAt(session, handle)] = UNWANTED | (2 << OPTIONS_SHIFT);
		const next = pollRequest(session);
		expect(next).toBe(length - 2);
		expect(decode(staged(session, next), 5)).toMatchObject([
			{ cmd: "unsubscribe", messageId: words[REQUEST_ID]!, unsubscriptions: ["a/+", "$share/n/é"] },
		]);
	});
});
