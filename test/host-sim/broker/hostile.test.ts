// A hostile client at both versions: packets almost right, cut anywhere. The broker throws nothing, says only what a
// server may say, and what its strict look lets through, mqtt-packet reads.

import fc from "fast-check";
import { generate, type Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { check, type Version } from "../../../host-sim/broker/check.js";
import { Codec } from "../../../host-sim/broker/codec.js";
import { fixedHeader } from "../../../host-sim/broker/frames.js";
import { Refusal } from "../../../host-sim/broker/reason.js";
import { makeBroker } from "../../support/raw.js";

const text = Buffer.from("größe");

/** What a client sends, with all that 5.0 lets it put in. */
const PACKETS: Packet[] = [
	{
		cmd: "connect",
		clientId: "c",
		clean: true,
		keepalive: 10,
		username: "u",
		password: text,
		will: {
			topic: "w",
			payload: text,
			qos: 1,
			retain: true,
			properties: {
				willDelayInterval: 1,
				payloadFormatIndicator: true,
				responseTopic: "r",
				userProperties: { a: ["b", "c"] },
			},
		},
		properties: {
			sessionExpiryInterval: 5,
			receiveMaximum: 3,
			maximumPacketSize: 200,
			topicAliasMaximum: 2,
			requestResponseInformation: true,
			requestProblemInformation: false,
			userProperties: { a: "b" },
		},
	},
	{
		cmd: "publish",
		topic: "a/b",
		payload: text,
		qos: 2,
		dup: false,
		retain: true,
		messageId: 7,
		properties: {
			payloadFormatIndicator: true,
			messageExpiryInterval: 9,
			topicAlias: 2,
			responseTopic: "re",
			correlationData: text,
			contentType: "c",
			userProperties: { a: "b" },
		},
	},
	{ cmd: "publish", topic: "a", payload: "", qos: 0, dup: false, retain: false },
	{ cmd: "puback", messageId: 1, reasonCode: 0x10, properties: { reasonString: "r" } },
	{ cmd: "pubrec", messageId: 2, reasonCode: 0 },
	{ cmd: "pubrel", messageId: 7, reasonCode: 0x92, properties: { userProperties: { a: "b" } } },
	{ cmd: "pubcomp", messageId: 2, reasonCode: 0 },
	{
		cmd: "subscribe",
		messageId: 3,
		subscriptions: [
			{ topic: "a/+", qos: 2, nl: true, rap: true, rh: 1 },
			{ topic: "$share/g/a/#", qos: 1, nl: false, rap: true, rh: 2 },
		],
		properties: { subscriptionIdentifier: 300, userProperties: { a: "b" } },
	},
	{
		cmd: "unsubscribe",
		messageId: 4,
		unsubscriptions: ["a/+", "$share/g/a/#"],
		properties: { userProperties: { a: "b" } },
	},
	{ cmd: "pingreq" },
	{ cmd: "disconnect", reasonCode: 4, properties: { sessionExpiryInterval: 6, reasonString: "r" } },
	{ cmd: "auth", reasonCode: 0x19, properties: { authenticationMethod: "m", authenticationData: text } },
];

/** A byte of a packet to be changed, inserted or taken away. */
const change = fc.record({
	what: fc.constantFrom("set", "insert", "delete"),
	at: fc.nat(120),
	byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 0x26, 0x7f, 0x80, 0xff)),
});

/** A packet, as it should be or nearly; its length is put right where it can be, most of the time. */
const packet = fc
	.record({
		which: fc.nat(PACKETS.length - 1),
		changes: fc.array(change, { maxLength: 3 }),
		keepsLength: fc.integer({ min: 0, max: 9 }),
	})
	.map(({ which, changes, keepsLength }) => (version: Version) => {
		const whole = PACKETS[which]!;
		if (version === 4 && whole.cmd === "auth") return Buffer.from("c000", "hex");
		const asked = whole.cmd === "connect" ? { ...whole, protocolVersion: version } : whole;
		const bytes = [...generate(asked, { protocolVersion: version })];
		const start = 1 + (bytes[1]! < 128 ? 1 : 2);
		for (const { what, at, byte } of changes) {
			const i = at % (bytes.length + 1);
			if (what === "set") bytes[i] = byte;
			else bytes.splice(i, what === "delete" ? 1 : 0, ...(what === "insert" ? [byte] : []));
		}
		if (keepsLength === 0) return Buffer.from(bytes);
		const body = bytes.slice(start);
		const length = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7];
		return Buffer.from([bytes[0] ?? 0xc0, ...length, ...body]);
	});

const version = fc.constantFrom<Version>(4, 5);

/** The reasons that a server's DISCONNECT may have (table 3-10). */
const DISCONNECTS = new Set([
	0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
	0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2,
]);

describe("a hostile client", () => {
	it("gets reasons, and makes the broker throw nothing", () => {
		const ends = new Set<number>();
		fc.assert(
			fc.property(version, fc.array(packet, { maxLength: 6 }), fc.boolean(), (level, packets, connects) => {
				const { broker, client } = makeBroker({ limits: { receiveMaximum: 2 } });
				const raw = client(level);
				if (connects) raw.connect("a");
				for (const each of packets) raw.connection.handleData(each(level), 0);
				broker.handleTime(9000);
				broker.close();
				for (const { cmd, ...rest } of raw.packets()) {
					if (cmd !== "disconnect") continue;
					const { reasonCode } = rest as { reasonCode: number };
					expect(DISCONNECTS.has(reasonCode)).toBe(true);
					ends.add(reasonCode);
				}
			}),
			{ numRuns: 4000 },
		);
		for (const reason of [0x81, 0x82, 0x8b]) expect(ends, reason.toString(16)).toContain(reason);
	});

	it("sends nothing that is taken for right here and not by mqtt-packet", () => {
		let taken = 0;
		fc.assert(
			fc.property(version, packet, (level, make) => {
				const frame = make(level);
				const isConnect = frame[0]! >> 4 === 1;
				const codec = new Codec();
				if (!isConnect) codec.decode(generate({ cmd: "connect", clientId: "c", protocolVersion: level }));
				try {
					const head = fixedHeader(frame);
					if (head === undefined || head.end !== frame.length) return;
					// Whichever version a CONNECT names now.
					const isNamed = frame.toString("latin1", head.at, head.at + 6) === "\0\u0004MQTT";
					if (isConnect && !(isNamed && frame[head.at + 6] === level)) return;
					check(frame, head.at, level);
				} catch (error) {
					expect(error).toBeInstanceOf(Refusal);
					return;
				}
				expect(() => codec.decode(frame)).not.toThrow();
				taken += 1;
			}),
			{ numRuns: 4000 },
		);
		expect(taken).toBeGreaterThan(800);
	});
});
