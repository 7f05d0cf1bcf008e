// Bytes to packets: arbitrary chunks, every truncation, every corruption; and what both mqtt-packet and we accept means
// the same.

import fc from "fast-check";
import { generate, type IPublishPacket, type Packet, parser } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import type { Socket } from "../../../firmware/io.js";
import { takeAck, takeConnack, takePublish, takeSuback } from "../../../firmware/mqtt/decode.js";
import { BAD_PUBLISH_TOPIC } from "../../../firmware/mqtt/error.js";
import { fill, HEAD, NOTHING, next, PACKET, rewindFramer, SPAN } from "../../../firmware/mqtt/framer.js";
import type { Incoming } from "../../../firmware/mqtt/incoming.js";
import { TYPE_MASK } from "../../../firmware/mqtt/packet.js";
import { OF_SUBACK } from "../../../firmware/mqtt/reason.js";
import type { Session } from "../../../firmware/mqtt/session.js";
import { isTopicName } from "../../../firmware/mqtt/topic.js";
import { hex } from "../../support/peer.js";
import { makeSession } from "../../support/session.js";

type Version = 4 | 5;

/** A framer over a receive area of that many bytes, fed by hand. */
class Feed {
	readonly packet: Incoming;
	readonly session: Session;

	constructor(receive = 128, version: Version = 4) {
		this.session = makeSession({ receive, send: 64 }, { protocolVersion: version });
		this.packet = this.session.packet;
	}

	/** Feeds the chunk; `found` hears of everything next() finds. Returns the first error code, or 0. */
	push(chunk: Uint8Array, found: (kind: number) => void): number {
		const { session } = this;
		let waiting = chunk;
		const socket: Socket = {
			read(view) {
				if (view.length === 0 || view.length > waiting.length) throw new Error("invalid");
				view.set(waiting.subarray(0, view.length));
				waiting = waiting.subarray(view.length);
			},
			write: () => 0,
			close() {},
		};
		for (;;) {
			const kind = next(session);
			if (kind < 0) return -kind;
			if (kind !== NOTHING) {
				found(kind);
				continue;
			}
			if (waiting.length === 0) return 0;
			const before = waiting.length;
			const count = fill(session, socket, before);
			if (count <= 0 || count !== before - waiting.length) throw new Error("fill made no progress");
			if (session.buffer.byteLength !== session.total) throw new Error("fill left the buffer short");
		}
	}

	/** The packet's body. */
	body(): string {
		return Buffer.from(this.packet.bytes.slice(this.packet.at, this.packet.stop)).toString("hex");
	}
}

/** As the session does: PUBLISH, then the characters of its topic. */
function takeValidPublish(packet: Incoming): number {
	const code = takePublish(packet);
	if (code !== 0) return code;
	return isTopicName(packet.bytes, packet.topicAt, packet.topicLength) ? 0 : BAD_PUBLISH_TOPIC;
}

function headOf(packet: Incoming): string {
	const block = Buffer.from(packet.bytes.slice(packet.propertiesAt, packet.propertiesStop)).toString("hex");
	return `publish ${packet.first} ${packet.topic} #${packet.packetId} [${block}]`;
}

/** What a stream of bytes means, as text; streamed messages are put together again. */
function meaning(chunks: Uint8Array[], receive = 128, version: Version = 4): string[] {
	const feed = new Feed(receive, version);
	const { packet } = feed;
	const lines: string[] = [];
	let head = "";
	let payload = "";
	let broken = 0;
	for (const chunk of chunks) {
		broken = feed.push(chunk, kind => {
			if (kind === PACKET && (packet.first & TYPE_MASK) === 0x30) {
				const code = takeValidPublish(packet);
				const body = Buffer.from(packet.payload()).toString("hex");
				lines.push(code === 0 ? `${headOf(packet)} ${body}` : `bad ${code}`);
			} else if (kind === PACKET) lines.push(`packet ${packet.first} ${feed.body()}`);
			else if (kind === HEAD) {
				const code = takeValidPublish(packet);
				if (code !== 0) lines.push(`bad ${code}`);
				head = code !== 0 ? "" : headOf(packet);
				payload = "";
				packet.total = feed.session.streamLeft;
			} else if (kind === SPAN) {
				expect(packet.position).toBe(payload.length / 2);
				payload += Buffer.from(packet.payload()).toString("hex");
				// Topic and properties can be read beside every span.
				if (head === "") return;
				expect(headOf(packet)).toBe(head);
				if (packet.last) lines.push(`${head} ${payload}`);
			}
		});
		if (broken !== 0) return [...lines, `broken ${broken}`];
	}
	return lines;
}

const topicName = fc.stringMatching(/^[a-zé😀]{1,9}(\/[a-z]{0,5}){0,2}$/u);

const messageId = fc.integer({ min: 1, max: 65_535 });
const text = fc.stringMatching(/^[a-zé]{0,6}$/u);
// mqtt-packet writes no packet for an empty object of user properties.
const userProperties = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), text, { minKeys: 1, maxKeys: 2 });

/** Nothing for 3.1.1. */
function propertiesFor<T>(version: Version, given: fc.Arbitrary<T>): fc.Arbitrary<{ properties?: T }> {
	return version === 4
		? fc.constant({})
		: fc.option(given, { nil: undefined }).map(properties => (properties === undefined ? {} : { properties }));
}

function publishPacket(version: Version): fc.Arbitrary<Packet> {
	const properties = fc.record(
		{
			payloadFormatIndicator: fc.boolean(),
			messageExpiryInterval: fc.nat(),
			responseTopic: text.map(topic => topic.replaceAll(/[+#]/g, "-") || "answers"),
			correlationData: fc.uint8Array({ maxLength: 8 }).map(bytes => Buffer.from(bytes)),
			userProperties,
			subscriptionIdentifier: fc.integer({ min: 1, max: 268_435_455 }),
		},
		{ requiredKeys: [] },
	);
	return fc
		.tuple(
			fc.record({
				topic: topicName,
				payload: fc.uint8Array({ maxLength: 400 }),
				qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
				messageId,
				retain: fc.boolean(),
			}),
			propertiesFor(version, properties),
		)
		.map(
			([{ payload, ...rest }, more]): Packet => ({
				cmd: "publish",
				dup: false,
				payload: Buffer.from(payload),
				...rest,
				...more,
			}),
		);
}

const notes = fc.record({ reasonString: text, userProperties }, { requiredKeys: [] });

function ackPacket(version: Version): fc.Arbitrary<Packet> {
	const reasonCode = version === 4 ? fc.constant({}) : fc.constantFrom({ reasonCode: 0 }, { reasonCode: 0x92 });
	return fc
		.tuple(
			fc.constantFrom("puback", "pubrec", "pubrel", "pubcomp", "unsuback"),
			messageId,
			reasonCode,
			propertiesFor(version, notes),
		)
		.map(
			([cmd, messageId, reason, more]) =>
				({ cmd, messageId, ...reason, ...more, ...(cmd === "unsuback" && { granted: [0] }) }) as Packet,
		);
}

function subackPacket(version: Version): fc.Arbitrary<Packet> {
	return fc
		.tuple(
			fc.record({
				messageId,
				granted: fc.array(fc.constantFrom(0, 1, 2, 128), { minLength: 1, maxLength: 8 }),
			}),
			propertiesFor(version, notes),
		)
		.map(([packet, more]): Packet => ({ cmd: "suback", ...packet, ...more }));
}

function serverPacket(version: Version): fc.Arbitrary<Packet> {
	return fc.oneof(
		{ weight: 3, arbitrary: publishPacket(version) },
		ackPacket(version),
		subackPacket(version),
		fc.constant<Packet>({ cmd: "pingresp" }),
		...(version === 4 ? [] : [fc.constantFrom<Packet>({ cmd: "disconnect", reasonCode: 0x8e })]),
	);
}

/** Cuts bytes into pieces at these places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
	const at = [...new Set(places.map(place => place % (bytes.length + 1)))].sort((a, b) => a - b);
	return [0, ...at].map((start, i) => bytes.subarray(start, at[i] ?? bytes.length)).filter(piece => piece.length > 0);
}

function encode(packets: readonly Packet[], version: Version = 4): Buffer {
	return Buffer.concat(packets.map(packet => generate(packet, { protocolVersion: version })));
}

/** The offset behind a fixed header, or behind any other variable byte integer that ends so. */
function behindVarint(bytes: Uint8Array, at: number): number {
	while (bytes[at]! > 127) at += 1;
	return at + 1;
}

function expected(packets: readonly Packet[], version: Version = 4): string[] {
	return packets.map(packet => {
		const bytes = generate(packet, { protocolVersion: version });
		const at = behindVarint(bytes, 1);
		if (packet.cmd !== "publish") return `packet ${bytes[0]} ${bytes.subarray(at).toString("hex")}`;
		const first = 0x30 | (packet.qos << 1) | Number(packet.retain);
		const payload = Buffer.from(packet.payload);
		const properties = at + 2 + Buffer.byteLength(packet.topic) + (packet.qos === 0 ? 0 : 2);
		const block =
			version === 4
				? ""
				: bytes.subarray(behindVarint(bytes, properties), bytes.length - payload.length).toString("hex");
		const id = packet.qos === 0 ? 0 : packet.messageId;
		return `publish ${first} ${packet.topic} #${id} [${block}] ${payload.toString("hex")}`;
	});
}

describe.each([4, 5] as const)("framer and decoder of version %d", version => {
	it("means the same however the stream is cut, and what mqtt-packet wrote", () => {
		fc.assert(
			fc.property(
				fc.array(serverPacket(version), { minLength: 1, maxLength: 6 }),
				fc.array(fc.nat(), { maxLength: 12 }),
				fc.integer({ min: version === 4 ? 64 : 160, max: 600 }).map(size => size & ~3),
				(packets, places, receive) => {
					const chunks = cut(encode(packets, version), places);
					expect(meaning(chunks, receive, version)).toEqual(expected(packets, version));
				},
			),
			{ numRuns: 1000 },
		);
	});

	it("byte by byte, too", () => {
		const packets: Packet[] = [
			{
				cmd: "publish",
				topic: "a/b",
				payload: Buffer.alloc(500, "x"),
				qos: 1,
				dup: false,
				retain: false,
				messageId: 7,
			},
			{ cmd: "puback", messageId: 9 },
			{ cmd: "publish", topic: "c", payload: "", qos: 0, dup: false, retain: true },
		];
		const bytes = encode(packets, version);
		const chunks = [...bytes].map(byte => Uint8Array.of(byte));
		expect(meaning(chunks, 128, version)).toEqual(expected(packets, version));
	});

	it("every truncation of a packet is 'need more', never a packet, never an error", () => {
		fc.assert(
			fc.property(serverPacket(version), packet => {
				const bytes = encode([packet], version);
				for (let length = 0; length < bytes.length; length += 1)
					expect(meaning([bytes.subarray(0, length)], 160, version)).toEqual([]);
			}),
			{ numRuns: 60 },
		);
	});

	it("every corruption of one byte ends in 'need more', a named error, or what those bytes really say", () => {
		fc.assert(
			fc.property(serverPacket(version), fc.nat(), fc.integer({ min: 1, max: 255 }), (packet, place, change) => {
				const bytes = encode([packet], version);
				bytes[place % bytes.length]! ^= change;
				const ours = meaning([bytes], 128, version);
				for (const line of ours) expect(line).toMatch(/^(publish|packet|bad [1-9]|broken [1-9])/);
				compareWithReference(bytes, ours, version);
			}),
			{ numRuns: 3000 },
		);
	});

	it("arbitrary bytes neither hang nor throw, and leave the buffer as large as it was", () => {
		fc.assert(
			fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 90 }), { maxLength: 6 }), chunks => {
				meaning(chunks, 128, version);
			}),
			{ numRuns: 3000 },
		);
	});

	it.each([
		["section 2.2.3: fifth length byte", "30ffffffff01", 0x50],
		["section 2.2.3: last length byte 0", "308000", 0x50],
		["a packet that is no PUBLISH and larger than the receive area", "90ff01", 0x5b],
	])("%s: %s", (_name, bytes, code) => {
		expect(new Feed(128, version).push(hex(bytes), () => {})).toBe(code);
	});

	(version === 5 ? it : it)("a topic larger than the receive area", () => {
		expect(new Feed(128, version).push(hex("30ff0200ff"), () => {})).toBe(0x5b);
	});

	it("forgets with its link what has come, and begins the next one with a packet", () => {
		const large = encode(
			[{ cmd: "publish", topic: "a", payload: Buffer.alloc(500), qos: 1, dup: false, retain: false, messageId: 7 }],
			version,
		);
		for (const part of [large.subarray(0, 1), large.subarray(0, 100), large.subarray(0, 300), hex("90ff01")]) {
			const feed = new Feed(128, version);
			feed.push(part, () => {});
			rewindFramer(feed.session);
			const seen: string[] = [];
			expect(feed.push(hex("4002000a"), kind => seen.push(`${kind} ${feed.packet.first} ${feed.body()}`))).toBe(0);
			expect(seen).toEqual([`${PACKET} 64 000a`]);
		}
	});
});

it("in 3.1.1 decodes acknowledgements, SUBACK and CONNACK only in their exact length", () => {
	const feed = new Feed();
	const decode = (bytes: string, take: (packet: Incoming) => number): number => {
		let code = -1;
		feed.push(hex(bytes), () => {
			code = take(feed.packet);
		});
		return code;
	};
	expect(decode("4002000a", takeAck)).toBe(0);
	expect(feed.packet.packetId).toBe(10);
	expect(decode("40020000", takeAck)).toBe(0x53);
	expect(decode("400100", takeAck)).toBe(0x56);
	expect(decode("4003000a00", takeAck)).toBe(0x56);
	expect(decode("9002000a", packet => takeSuback(packet, OF_SUBACK))).toBe(0x56);
	expect(decode("9004000a0180", packet => takeSuback(packet, OF_SUBACK))).toBe(0);
	expect(decode("20020000", takeConnack)).toBe(0);
	expect(decode("20020005", takeConnack)).toBe(0x87);
	expect(decode("20020100", takeConnack)).toBe(0);
	expect(feed.packet.position).toBe(1);
});

describe("a PUBLISH of 5.0 that comes in spans", () => {
	const { payload, block } = {
		payload: Buffer.from(Array.from({ length: 300 }, (_, i) => i & 255)),
		block: { messageExpiryInterval: 7, contentType: "c".repeat(60), userProperties: { name: "v".repeat(70) } },
	};
	const packets: Packet[] = [
		{ cmd: "puback", messageId: 9 },
		{ cmd: "publish", topic: "a/b", payload, qos: 1, dup: false, retain: false, messageId: 7, properties: block },
		{ cmd: "pubrel", messageId: 11, reasonCode: 0x92 },
	];

	it("has its properties beside every span, wherever the stream is cut", () => {
		const bytes = encode(packets, 5);
		// Its head is longer than 127 bytes, so that the length of its properties can be cut, too.
		for (const receive of [176, 200, 256, 320])
			for (let first = 0; first < 180; first += 1)
				for (const second of [1, 2, 50, 200])
					expect(meaning(cut(bytes, [first, first + second]), receive, 5), `${receive} ${first}`).toEqual(
						expected(packets, 5),
					);
	});

	it("is too large where its head leaves no room for spans, as soon as that is known", () => {
		const bytes = encode(packets.slice(1, 2), 5);
		// Fixed header, topic, packet id, and the length of the properties.
		const known = 3 + 5 + 2 + 2;
		for (const receive of [64, 104, 128, 160]) {
			for (let length = 0; length < known; length += 1)
				expect(meaning([bytes.subarray(0, length)], receive, 5), String(length)).toEqual([]);
			expect(meaning([bytes.subarray(0, known)], receive, 5)).toEqual(["broken 91"]);
		}
	});

	it("is too large with a topic longer than the receive area, before it has come", () => {
		expect(new Feed(128, 5).push(hex("30ff7f 1000"), () => {})).toBe(0x5b);
	});

	it.each([
		["properties", "30ff7f 0001 61 8010"],
		["the longest properties that there are", "30ffffff7f 0001 61 ffffff7e"],
	])("is too large with %s longer than the receive area, before they have come", (_name, bytes) => {
		const feed = new Feed(128, 5);
		expect(feed.push(hex(bytes), () => {})).toBe(0x5b);
	});

	it("and is never waited for in vain: whatever comes, a full area has been understood", () => {
		// The server goes on sending: a framer that still wanted more would have no room for it.
		for (const head of ["30ff7f 1000", "30ff7f 0078", "30ff7f 007e", "32ff7f 007b", "30ff7f 0001 61 8010"]) {
			const bytes = Buffer.concat([hex(head), Buffer.alloc(400, "a")]);
			expect(
				new Feed(128, 5).push(bytes, () => {}),
				head,
			).toBe(0x5b);
		}
	});

	it.each([
		["longer than the packet", "30ff02 0001 61 ff03", 0x56],
		["of five bytes", "30ff02 0001 61 8080808001", 0x5c],
		["in more bytes than it needs", "30ff02 0001 61 8000", 0x5c],
	])("with a length of properties %s is refused, now or by its decoder", (_name, bytes, code) => {
		const lines = meaning([Buffer.concat([hex(bytes), Buffer.alloc(60)])], 128, 5);
		expect(lines.length).toBe(1);
		expect([`broken ${code}`, `bad ${code}`, "broken 91"]).toContain(lines[0]);
	});
});

/**
 * Where mqtt-packet accepts a PUBLISH, and so do we, both mean the same. It is laxer, so only that way round; what both
 * see as a PUBLISH has the same place for both, since it stops at the first error.
 */
function compareWithReference(bytes: Buffer, ours: readonly string[], version: Version): void {
	const theirs: IPublishPacket[] = [];
	const codec = parser({ protocolVersion: version });
	codec.on("packet", packet => {
		if (packet.cmd === "publish") theirs.push(packet);
	});
	codec.on("error", () => {});
	try {
		codec.parse(Buffer.from(bytes));
	} catch {
		return;
	}
	const publishes = ours.filter(line => /^(publish|bad)/.test(line));
	for (const [i, line] of publishes.entries()) {
		const packet = theirs[i];
		if (packet === undefined || line.startsWith("bad")) continue;
		const topic = Buffer.from(packet.topic);
		if (!isTopicName(topic, 0, topic.length) || packet.topic.includes("\ufffd")) continue;
		const first = 0x30 | (packet.dup ? 8 : 0) | (packet.qos << 1) | Number(packet.retain);
		const payload = Buffer.from(packet.payload).toString("hex");
		// What the properties say is compared in property.test.ts.
		const seen = line.replace(/ \[\w*\] /, " ");
		expect(seen).toBe(`publish ${first} ${packet.topic} #${packet.messageId ?? 0} ${payload}`);
	}
}
