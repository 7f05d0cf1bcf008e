// The decoder alone, on bytes that a framer has found to be whole.

import fc from "fast-check";
import { generate, type Packet, parser } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import {
	publishHeadLength,
	takeAck,
	takeConnack,
	takeDisconnect,
	takeEmpty,
	takePublish,
	takeSuback,
} from "../../../firmware/mqtt/decode.js";
import type { Incoming } from "../../../firmware/mqtt/incoming.js";
import { REASON_STRING, USER_PROPERTY } from "../../../firmware/mqtt/property.js";
import { OF_SUBACK, OF_UNSUBACK } from "../../../firmware/mqtt/reason.js";
import { incoming } from "../../support/incoming.js";
import { makeSession } from "../../support/session.js";

/** A record that speaks 5.0. */
const incomingFive = (body: string, first: number) => incoming(body, first, makeSession({}, { protocolVersion: 5 }));
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** The record of a packet that mqtt-packet has written. */
function written(packet: Packet): Incoming {
	const bytes = generate(packet, { protocolVersion: 5 });
	const at = bytes.findIndex((byte, i) => i > 0 && byte < 128) + 1;
	return incomingFive(hexOf(bytes.subarray(at)), bytes[0]!);
}

/** All that bytes mean to mqtt-packet, as one packet; undefined where it makes nothing of them. */
function reference(first: number, body: Uint8Array): Packet | undefined {
	const packets: Packet[] = [];
	let failed = false;
	const codec = parser({ protocolVersion: 5 });
	codec.on("packet", packet => packets.push(packet));
	codec.on("error", () => {
		failed = true;
	});
	try {
		expect(body.length).toBeLessThan(128);
		codec.parse(Buffer.concat([Buffer.of(first, body.length), body]));
	} catch {
		return undefined;
	}
	return failed ? undefined : packets[0];
}

describe("PUBLISH", () => {
	it("at QoS 0 has no packet id, above it has; the rest is payload", () => {
		const zero = incoming("0003 612f62 0005 68", 0x31);
		expect(takePublish(zero)).toBe(0);
		expect([zero.topic, zero.packetId, zero.qos, zero.retain, zero.duplicate]).toEqual(["a/b", 0, 0, true, false]);
		expect([...zero.payload()]).toEqual([0, 5, 0x68]);
		const two = incoming("0003 612f62 0005 68", 0x3c);
		expect(takePublish(two)).toBe(0);
		expect([two.packetId, two.qos, two.retain, two.duplicate, two.text(), two.last]).toEqual([
			5,
			2,
			false,
			true,
			"h",
			true,
		]);
	});

	it("[MQTT-2.2.2-1] in 5.0 has properties between packet id and payload, at least their length", () => {
		const none = incomingFive("0001 61 00 68", 0x30);
		expect(takePublish(none)).toBe(0);
		expect([none.topic, none.text(), none.userProperties(), none.property(1)]).toEqual(["a", "h", [], undefined]);
		const some = incomingFive("0001 61 0005 0b 0101 0200000007 03 0001 78 68 69", 0x32);
		expect(takePublish(some)).toBe(0);
		expect([some.packetId, some.text(), some.property(1), some.property(2), some.property(3)]).toEqual([
			5,
			"hi",
			1,
			7,
			"x",
		]);
		expect([some.total, some.payloadLength, some.position]).toEqual([2, 2, 0]);
		// Without a payload.
		const empty = incomingFive("0001 61 02 0101", 0x30);
		expect([takePublish(empty), empty.payloadLength, empty.propertiesStop]).toEqual([0, 0, empty.stop]);
	});

	it.each([
		["no length of properties", "0001 61", 0x5c],
		["properties longer than the packet", "0001 61 03 0101", 0x5c],
		["a length of properties that does not end", "0001 61 80", 0x5c],
		["[MQTT-1.5.5-1] one in more bytes than it needs", "0001 61 8000", 0x5c],
		["one of five bytes", "0001 61 8080808001", 0x5c],
		["a property that has no place here", "0001 61 05 1100000000", 0x5c],
		["a property cut off by the end of the block, though not of the packet", "0001 61 04 02000000 07", 0x5c],
		["a property twice", "0001 61 04 0101 0100", 0x5d],
		["subscription identifier 0", "0001 61 02 0b00", 0x5d],
	])("section 3.3.2.3: in 5.0, %s is refused", (_name, body, code) => {
		expect(takePublish(incomingFive(body, 0x30))).toBe(code);
	});

	it("knows the length of its head from the first two bytes", () => {
		const zero = incoming("0003 612f62 0005", 0x30);
		expect([0, 1, 2, 3, 7].map(length => publishHeadLength(zero, zero.at + length))).toEqual([-2, -2, 5, 5, 5]);
		const one = incoming("0103 61", 0x32);
		expect(publishHeadLength(one, one.stop)).toBe(263);
	});

	it("in 5.0 only from the length of its properties", () => {
		const lengths = (body: string, first: number) => {
			const packet = incomingFive(body, first);
			// What is not known yet is minus the least that it can be: more than has come, and no more than it will be.
			return Array.from({ length: packet.stop - packet.at + 1 }, (_, n) => {
				const length = publishHeadLength(packet, packet.at + n);
				if (length < 0) {
					expect(-length).toBeGreaterThan(n);
					expect(-length).toBeLessThanOrEqual(Math.max(publishHeadLength(packet, packet.stop), -length));
				}
				return Math.max(0, length);
			});
		};
		expect(lengths("0001 61 00 68", 0x30)).toEqual([0, 0, 0, 0, 4, 4]);
		expect(lengths("0001 61 0007 05 01", 0x32)).toEqual([0, 0, 0, 0, 0, 0, 11, 11]);
		expect(lengths("0001 61 8001 01", 0x30)).toEqual([0, 0, 0, 0, 0, 5 + 128, 5 + 128]);
		expect(lengths("0001 61 ffffff7f", 0x30)).toEqual([0, 0, 0, 0, 0, 0, 0, 7 + 268_435_455]);
		// What is no length is somewhere in the head that takePublish gets to see.
		const bad = lengths("0001 61 ffffffff 01", 0x30);
		expect(bad.slice(0, 7)).toEqual([0, 0, 0, 0, 0, 0, 0]);
		for (const length of bad.slice(7)) expect(length).toBeGreaterThan(6);
	});
});

it("PINGRESP is empty", () => {
	expect(takeEmpty(incoming("", 0xd0))).toBe(0);
	expect(takeEmpty(incoming("00", 0xd0))).toBe(0x56);
});

/** The codes that an answer may hold, one of them in each packet. */
function codesOf(make: (code: string) => Incoming, codes: number): number[] {
	return Array.from({ length: 256 }, (_, code) => code).filter(code => {
		const result = takeSuback(make(code.toString(16).padStart(2, "0")), codes);
		expect([0, 0x5a]).toContain(result);
		return result === 0;
	});
}

describe("SUBACK and UNSUBACK", () => {
	it("[MQTT-3.9.3-2] SUBACK codes are 0, 1, 2 and 0x80 in 3.1.1", () => {
		expect(codesOf(code => incoming(`0007 ${code}`, 0x90), OF_SUBACK)).toEqual([0, 1, 2, 0x80]);
		// The last of many as well as the first.
		expect(takeSuback(incoming("0007 000102 80 03", 0x90), OF_SUBACK)).toBe(0x5a);
	});

	it("[MQTT-3.9.3-2] [MQTT-3.11.3-2] in 5.0 each has reasons of its own", () => {
		expect(codesOf(code => incomingFive(`0007 00 ${code}`, 0x90), OF_SUBACK)).toEqual([
			0, 1, 2, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2,
		]);
		expect(codesOf(code => incomingFive(`0007 00 ${code}`, 0xb0), OF_UNSUBACK)).toEqual([
			0, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91,
		]);
		expect(takeSuback(incomingFive("0007 00 00 01 02 03", 0x90), OF_SUBACK)).toBe(0x5a);
		expect(takeSuback(incomingFive("0007 00 00 11 01", 0xb0), OF_UNSUBACK)).toBe(0x5a);
	});

	it("have the codes of all filters behind their properties", () => {
		const packet = incomingFive("0007 04 1f000178 0102", 0x90);
		expect(takeSuback(packet, OF_SUBACK)).toBe(0);
		expect([packet.packetId, packet.property(REASON_STRING), hexOf(packet.payload())]).toEqual([7, "x", "0102"]);
		const old = incoming("0007 0102", 0x90);
		expect(takeSuback(old, OF_SUBACK)).toBe(0);
		expect([old.packetId, hexOf(old.payload())]).toEqual([7, "0102"]);
	});

	it.each([
		["a 3.1.1 SUBACK without a code", 4, "0007", OF_SUBACK, 0x56],
		["a 3.1.1 UNSUBACK with one", 4, "0007 00", OF_UNSUBACK, 0x56],
		["half a packet id", 4, "00", OF_SUBACK, 0x56],
		["packet id 0", 4, "0000 00", OF_SUBACK, 0x53],
		["half a packet id in 5.0", 5, "00", OF_SUBACK, 0x56],
		["no properties", 5, "0007", OF_SUBACK, 0x5c],
		["no code in 5.0", 5, "0007 00", OF_SUBACK, 0x56],
		["no code in an UNSUBACK", 5, "0007 00", OF_UNSUBACK, 0x56],
		["packet id 0 in 5.0", 5, "0000 00 00", OF_SUBACK, 0x53],
		["properties that run over", 5, "0007 05 1f000178 00", OF_SUBACK, 0x5c],
		["properties of other packets", 5, "0007 02 0101 00", OF_SUBACK, 0x5c],
	] as const)("with %s are refused", (_name, version, body, codes, code) => {
		const make = version === 5 ? incomingFive : incoming;
		expect(takeSuback(make(body, codes === OF_SUBACK ? 0x90 : 0xb0), codes)).toBe(code);
	});

	it("a 3.1.1 UNSUBACK is a packet id", () => {
		const packet = incoming("0007", 0xb0);
		expect([takeSuback(packet, OF_UNSUBACK), packet.packetId, packet.payloadLength]).toEqual([0, 7, 0]);
	});
});

const acks = ["puback", "pubrec", "pubrel", "pubcomp"] as const;
const FIRST = { puback: 0x40, pubrec: 0x50, pubrel: 0x62, pubcomp: 0x70 };
const REASONS = {
	puback: [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99],
	pubrec: [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99],
	pubrel: [0x00, 0x92],
	pubcomp: [0x00, 0x92],
};
const text = fc.stringMatching(/^[a-zé😀]{0,9}$/u);
// mqtt-packet writes no packet for an object without properties.
const userProperties = fc.dictionary(fc.stringMatching(/^[a-zé]{1,5}$/), text, { minKeys: 1, maxKeys: 2 });
const notes = fc.record({ reasonString: text, userProperties }, { requiredKeys: [] });

const ackPacket = fc
	.tuple(
		fc.constantFrom(...acks),
		fc.integer({ min: 1, max: 65_535 }),
		fc.nat(20),
		fc.option(notes, { nil: undefined }),
	)
	.map(([cmd, messageId, n, properties]): Packet => {
		const reasonCode = REASONS[cmd][n % REASONS[cmd].length]!;
		return { cmd, messageId, reasonCode, ...(properties && { properties }) };
	});

/** What an acknowledgement, or a DISCONNECT, says. */
function meaningOf(packet: Incoming): unknown[] {
	return [packet.packetId, packet.reason, packet.property(REASON_STRING), packet.userProperties()];
}

function meaningOfReference(packet: Packet): unknown[] {
	const read = packet as { reasonCode?: number; properties?: { reasonString?: string; userProperties?: object } };
	const pairs = Object.entries(read.properties?.userProperties ?? {}).flatMap(([name, values]) =>
		[values].flat().map(value => [name, value]),
	);
	return [packet.messageId ?? 0, read.reasonCode ?? 0, read.properties?.reasonString, pairs];
}

describe("PUBACK, PUBREC, PUBREL and PUBCOMP", () => {
	it.each(acks)(
		"[MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1] %s: a packet id, a reason, properties",
		cmd => {
			const first = FIRST[cmd];
			const code = REASONS[cmd].at(-1)!;
			const reason = code.toString(16);
			for (const [body, meaning] of [
				["0007", [7, 0, undefined, []]],
				["0007 00", [7, 0, undefined, []]],
				[`0007 ${reason}`, [7, code, undefined, []]],
				[`0007 ${reason} 00`, [7, code, undefined, []]],
				[`0007 ${reason} 04 1f000178`, [7, code, "x", []]],
				[
					"0007 00 10 26 0001 61 0001 62 1f 0000 26 0000 0000".replace(" 10 ", " 0f "),
					[
						7,
						0,
						"",
						[
							["a", "b"],
							["", ""],
						],
					],
				],
			] as const) {
				const packet = incomingFive(body, first);
				// What the record has of the packet before means nothing.
				packet.reason = 0x99;
				packet.propertiesAt = packet.at;
				packet.propertiesStop = packet.stop;
				expect([body, takeAck(packet), ...meaningOf(packet)]).toEqual([body, 0, ...meaning]);
			}
			for (const [body, wrong] of [
				["", 0x56],
				["00", 0x56],
				["0000", 0x53],
				["0000 00", 0x53],
				["0000 00 00", 0x53],
				["0007 00 00 00", 0x56],
				["0007 00 05 1f000178", 0x5c],
				["0007 00 03 1f000178", 0x5c],
				["0007 00 80", 0x5c],
				["0007 00 8000", 0x5c],
				["0007 00 02 0101", 0x5c],
				["0007 00 06 1f0000 1f0000", 0x5d],
				["0007 01", 0x5f],
				["0007 04 00", 0x5f],
			] as const)
				expect([body, takeAck(incomingFive(body, first))]).toEqual([body, wrong]);
			const reasons = Array.from({ length: 256 }, (_, each) => each).filter(
				each => takeAck(incomingFive(`0007 ${each.toString(16).padStart(2, "0")}`, first)) === 0,
			);
			expect(reasons).toEqual(REASONS[cmd]);
		},
	);

	it("in 3.1.1 are a packet id and nothing else", () => {
		for (const cmd of acks) {
			const packet = incoming("0007", FIRST[cmd]);
			expect([takeAck(packet), packet.packetId, packet.reason, packet.userProperties()]).toEqual([0, 7, 0, []]);
			for (const body of ["", "00", "0007 00", "0007 00 00"])
				expect([body, takeAck(incoming(body, FIRST[cmd]))]).toEqual([body, 0x56]);
			expect(takeAck(incoming("0000", FIRST[cmd]))).toBe(0x53);
		}
	});

	it("mean what mqtt-packet wrote, and cut anywhere nothing at all but where a shorter form ends", () => {
		fc.assert(
			fc.property(ackPacket, given => {
				const packet = written(given);
				expect(takeAck(packet)).toBe(0);
				expect(meaningOf(packet)).toEqual(meaningOfReference(given));
				const body = packet.bytes.slice(packet.at, packet.stop);
				for (let length = 0; length < body.length; length += 1) {
					const part = incomingFive(hexOf(body.subarray(0, length)), packet.first);
					const code = takeAck(part);
					if (length === 2 || length === 3) expect(code).toBe(0);
					else expect(code).toBeGreaterThan(0x4f);
				}
			}),
			{ numRuns: 300 },
		);
	});

	it("whatever one byte is changed to: accepted only with the meaning that mqtt-packet sees", () => {
		fc.assert(
			fc.property(ackPacket, fc.nat(), fc.integer({ min: 1, max: 255 }), (given, place, change) => {
				const { first, bytes, at, stop } = written(given);
				const body = bytes.slice(at, stop);
				body[place % body.length]! ^= change;
				const packet = incomingFive(hexOf(body), first);
				const code = takeAck(packet);
				if (code !== 0) {
					expect(code).toBeGreaterThan(0x4f);
					return;
				}
				const theirs = reference(first, body);
				expect(theirs).toBeDefined();
				// The same user properties: mqtt-packet has those of one name together, and loses an empty value before another.
				const sorted = ([id, reason, text, pairs]: unknown[]) => [
					id,
					reason,
					text,
					(pairs as string[][]).map(pair => pair.join("=")).sort(),
				];
				if (new Set(packet.userProperties().map(([name]) => name)).size === packet.userProperties().length)
					expect(sorted(meaningOf(packet))).toEqual(sorted(meaningOfReference(theirs!)));
			}),
			{ numRuns: 3000 },
		);
	});
});

describe("CONNACK", () => {
	it("[MQTT-3.2.2-6] in 3.1.1 is two bytes", () => {
		expect(
			["0000", "0100", "0001", "0005", "0006", "0101", "0200", "00", "000000"].map(body =>
				takeConnack(incoming(body, 0x20)),
			),
		).toEqual([0, 0, 0x84, 0x87, 0x58, 0x58, 0x58, 0x56, 0x56]);
	});

	it.each([
		["0000 00", 0],
		["0100 00", 0],
		["0000 03 210001", 0],
		["0000", 0x56],
		["0080", 0x56],
		["00", 0x56],
		["", 0x56],
		["0087 00", 0x87],
		["0097 04 1f000178", 0x97],
		// [MQTT-3.2.2-6] A refusal has no session.
		["0187 00", 0x58],
		// [MQTT-3.2.2-1] Reserved flags.
		["0200 00", 0x58],
		["8000 00", 0x58],
		// [MQTT-3.2.2-8] Reasons that it cannot have.
		["0001 00", 0x5f],
		["0010 00", 0x5f],
		["008e 00", 0x5f],
		["00ff 00", 0x5f],
		["0000 00 00", 0x56],
		["0000 03 2100", 0x5c],
		["0000 02 0101", 0x5c],
		["0000 03 210000", 0x5d],
		["0000 02 2402", 0x5d],
		["0000 06 220001 220001", 0x5d],
		// A server that knows no 5.0 says it in 3.1.1, and one that does may say it either way.
		["0001", 0x84],
		["0084 00", 0x84],
		["0101", 0x58],
		// Whatever else it says in 3.1.1 makes no sense.
		["0005", 0x56],
	])("section 3.2: in 5.0 %s is 0x%x", (body, code) => {
		const wanted = code;
		const result = takeConnack(incomingFive(body, 0x20));
		// In 5.0 two bytes are no CONNACK: which of the two ways they are wrong in is no matter.
		if (body === "0005") expect([0x56, 0x5f]).toContain(result);
		else expect(result).toBe(wanted);
	});

	it("says whether there is a session, why not, and what else there is to know", () => {
		const packet = incomingFive("0100 04 1f000178", 0x20);
		expect([takeConnack(packet), packet.position, packet.reason, packet.property(REASON_STRING)]).toEqual([
			0,
			1,
			0,
			"x",
		]);
		const refused = incomingFive("0086 04 1f000178", 0x20);
		expect([takeConnack(refused), refused.position, refused.reason, refused.property(REASON_STRING)]).toEqual([
			0x86,
			0,
			0x86,
			"x",
		]);
	});

	it("of any server that mqtt-packet can write is taken", () => {
		const connack = fc
			.record(
				{
					sessionExpiryInterval: fc.nat(),
					receiveMaximum: fc.integer({ min: 1, max: 65_535 }),
					maximumQoS: fc.nat(1),
					retainAvailable: fc.boolean(),
					maximumPacketSize: fc.integer({ min: 1, max: 0xffff_ffff }),
					assignedClientIdentifier: text,
					topicAliasMaximum: fc.nat(65_535),
					reasonString: text,
					userProperties,
					wildcardSubscriptionAvailable: fc.boolean(),
					subscriptionIdentifiersAvailable: fc.boolean(),
					sharedSubscriptionAvailable: fc.boolean(),
					serverKeepAlive: fc.nat(65_535),
					responseInformation: text,
					serverReference: text,
					authenticationMethod: text,
				},
				{ requiredKeys: [] },
			)
			.map((properties): Packet => ({ cmd: "connack", reasonCode: 0, sessionPresent: false, properties }));
		fc.assert(
			fc.property(connack, given => {
				const packet = written(given);
				expect(takeConnack(packet)).toBe(0);
				const properties = (given as { properties: Record<string, unknown> }).properties;
				for (const [name, id] of [
					["sessionExpiryInterval", 17],
					["receiveMaximum", 33],
					["maximumQoS", 36],
					["maximumPacketSize", 39],
					["assignedClientIdentifier", 18],
					["serverKeepAlive", 19],
					["serverReference", 28],
				] as const)
					expect(packet.property(id)).toEqual(properties[name]);
				expect(packet.userProperties()).toEqual(Object.entries((properties["userProperties"] as object) ?? {}));
			}),
			{ numRuns: 300 },
		);
	});
});

describe("DISCONNECT", () => {
	it.each([
		["", 0, [0, undefined, []]],
		["00", 0, [0, undefined, []]],
		["8e", 0, [0x8e, undefined, []]],
		["9d 00", 0, [0x9d, undefined, []]],
		["9c 04 1f000178", 0, [0x9c, "x", []]],
		["9c 09 1c 0001 68 2600000000", 0, [0x9c, undefined, [["", ""]]]],
	])("[MQTT-3.14.2-1] %s", (body, code, meaning) => {
		const packet = incomingFive(body, 0xe0);
		packet.reason = 0x99;
		packet.packetId = 0;
		expect([takeDisconnect(packet), ...meaningOf(packet).slice(1)]).toEqual([code, ...meaning]);
	});

	it.each([
		["04", 0x5f],
		["01", 0x5f],
		["86 00", 0x5f],
		["8e 01", 0x5c],
		["8e 0000", 0x56],
		["8e 02 0101", 0x5c],
		["8e 80", 0x5c],
		["8e 06 1c0000 1c0000", 0x5d],
	])("%s is refused", (body, code) => {
		expect(takeDisconnect(incomingFive(body, 0xe0))).toBe(code);
	});

	it("has a user property of the server's", () => {
		const packet = incomingFive("8b 07 26 0001 61 0001 62", 0xe0);
		expect(takeDisconnect(packet)).toBe(0);
		expect([packet.property(USER_PROPERTY), packet.userProperties()]).toEqual(["a", [["a", "b"]]]);
	});
});
