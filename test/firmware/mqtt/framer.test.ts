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
import type { Session } from "../../../firmware/mqtt/session.js";
import { isTopicName } from "../../../firmware/mqtt/topic.js";
import { hex } from "../../support/peer.js";
import { makeSession } from "../../support/session.js";

/** A framer over a receive area of that many bytes, fed by hand. */
class Feed {
	readonly packet: Incoming;
	readonly session: Session;

	constructor(receive = 128, send = 64) {
		this.session = makeSession({ receive, send });
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

/** What a stream of bytes means, as text; streamed messages are put together again. */
function meaning(chunks: Uint8Array[], receive = 128): string[] {
	const feed = new Feed(receive);
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
				lines.push(code === 0 ? `publish ${packet.first} ${packet.topic} #${packet.packetId} ${body}` : `bad ${code}`);
			} else if (kind === PACKET) lines.push(`packet ${packet.first} ${feed.body()}`);
			else if (kind === HEAD) {
				const code = takeValidPublish(packet);
				if (code !== 0) lines.push(`bad ${code}`);
				head = code !== 0 ? "" : `publish ${packet.first} ${packet.topic} #${packet.packetId}`;
				payload = "";
				packet.total = feed.session.streamLeft;
			} else if (kind === SPAN) {
				expect(packet.position).toBe(payload.length / 2);
				payload += Buffer.from(packet.payload()).toString("hex");
				// The topic can be read beside every span.
				if (head === "") return;
				expect(head).toContain(` ${packet.topic} #`);
				if (packet.last) lines.push(`${head} ${payload}`);
			}
		});
		if (broken !== 0) return [...lines, `broken ${broken}`];
	}
	return lines;
}

const topicName = fc.stringMatching(/^[a-zé😀]{1,9}(\/[a-z]{0,5}){0,2}$/u);

const publishPacket = fc
	.record({
		topic: topicName,
		payload: fc.uint8Array({ maxLength: 400 }),
		qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
		messageId: fc.integer({ min: 1, max: 65_535 }),
		retain: fc.boolean(),
	})
	.map(({ payload, ...rest }): Packet => ({ cmd: "publish", dup: false, payload: Buffer.from(payload), ...rest }));

const ackPacket = fc
	.tuple(fc.constantFrom("puback", "pubrec", "pubrel", "pubcomp", "unsuback"), fc.integer({ min: 1, max: 65_535 }))
	.map(([cmd, messageId]) => ({ cmd, messageId, ...(cmd === "unsuback" && { granted: [] }) }) as Packet);

const subackPacket = fc
	.record({
		messageId: fc.integer({ min: 1, max: 65_535 }),
		granted: fc.array(fc.constantFrom(0, 1, 2, 128), { minLength: 1, maxLength: 8 }),
	})
	.map((packet): Packet => ({ cmd: "suback", ...packet }));

const serverPacket = fc.oneof(
	{ weight: 3, arbitrary: publishPacket },
	ackPacket,
	subackPacket,
	fc.constant<Packet>({ cmd: "pingresp" }),
);

/** Cuts bytes into pieces at these places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
	const at = [...new Set(places.map(place => place % (bytes.length + 1)))].sort((a, b) => a - b);
	return [0, ...at].map((start, i) => bytes.subarray(start, at[i] ?? bytes.length)).filter(piece => piece.length > 0);
}

function encode(packets: readonly Packet[]): Buffer {
	return Buffer.concat(packets.map(packet => generate(packet, { protocolVersion: 4 })));
}

function expected(packets: readonly Packet[]): string[] {
	return packets.map(packet => {
		if (packet.cmd !== "publish") {
			const bytes = generate(packet, { protocolVersion: 4 });
			return `packet ${bytes[0]} ${bytes.subarray(2).toString("hex")}`;
		}
		const first = 0x30 | (packet.qos << 1) | Number(packet.retain);
		return `publish ${first} ${packet.topic} #${packet.qos === 0 ? 0 : packet.messageId} ${Buffer.from(packet.payload).toString("hex")}`;
	});
}

describe("framer and decoder", () => {
	it("means the same however the stream is cut, and what mqtt-packet wrote", () => {
		fc.assert(
			fc.property(
				fc.array(serverPacket, { minLength: 1, maxLength: 6 }),
				fc.array(fc.nat(), { maxLength: 12 }),
				fc.integer({ min: 64, max: 600 }).map(size => size & ~3),
				(packets, places, receive) => {
					expect(meaning(cut(encode(packets), places), receive)).toEqual(expected(packets));
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
		const bytes = encode(packets);
		expect(meaning([...bytes].map(byte => Uint8Array.of(byte)))).toEqual(expected(packets));
	});

	it("every truncation of a packet is 'need more', never a packet, never an error", () => {
		fc.assert(
			fc.property(serverPacket, packet => {
				const bytes = encode([packet]);
				for (let length = 0; length < bytes.length; length += 1)
					expect(meaning([bytes.subarray(0, length)])).toEqual([]);
			}),
			{ numRuns: 60 },
		);
	});

	it("every corruption of one byte ends in 'need more', a named error, or what those bytes really say", () => {
		fc.assert(
			fc.property(serverPacket, fc.nat(), fc.integer({ min: 1, max: 255 }), (packet, place, change) => {
				const bytes = encode([packet]);
				bytes[place % bytes.length]! ^= change;
				const ours = meaning([bytes]);
				for (const line of ours) expect(line).toMatch(/^(publish|packet|bad [1-9]|broken [1-9])/);
				compareWithReference(bytes, ours);
			}),
			{ numRuns: 3000 },
		);
	});

	it("arbitrary bytes neither hang nor throw, and leave the buffer as large as it was", () => {
		fc.assert(
			fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 90 }), { maxLength: 6 }), chunks => {
				meaning(chunks);
			}),
			{ numRuns: 3000 },
		);
	});

	it.each([
		["section 2.2.3: fifth length byte", "30ffffffff01", 0x50],
		["section 2.2.3: last length byte 0", "308000", 0x50],
		["a packet that is no PUBLISH and larger than the receive area", "90ff01", 0x5b],
		["a topic larger than the receive area", "30ff0200ff", 0x5b],
	])("%s: %s", (_name, bytes, code) => {
		expect(new Feed().push(hex(bytes), () => {})).toBe(code);
	});

	it("forgets with its link what has come, and begins the next one with a packet", () => {
		const large = encode([
			{ cmd: "publish", topic: "a", payload: Buffer.alloc(500), qos: 1, dup: false, retain: false, messageId: 7 },
		]);
		for (const part of [large.subarray(0, 1), large.subarray(0, 100), large.subarray(0, 300), hex("90ff01")]) {
			const feed = new Feed();
			feed.push(part, () => {});
			rewindFramer(feed.session);
			const seen: string[] = [];
			expect(feed.push(hex("4002000a"), kind => seen.push(`${kind} ${feed.packet.first} ${feed.body()}`))).toBe(0);
			expect(seen).toEqual([`${PACKET} 64 000a`]);
		}
	});

	it("decodes acknowledgements, SUBACK and CONNACK only in their exact length", () => {
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
		expect(decode("9002000a", takeSuback)).toBe(0x56);
		expect(decode("9004000a0180", takeSuback)).toBe(0);
		expect(decode("20020000", takeConnack)).toBe(0);
		expect(decode("20020005", takeConnack)).toBe(0x87);
		expect(decode("20020100", takeConnack)).toBe(0);
		expect(feed.packet.position).toBe(1);
	});
});

/** Where mqtt-packet accepts a PUBLISH, and so do we, both mean the same. It is laxer, so only that way round. */
function compareWithReference(bytes: Buffer, ours: readonly string[]): void {
	const theirs: IPublishPacket[] = [];
	const codec = parser({ protocolVersion: 4 });
	codec.on("packet", packet => {
		if (packet.cmd === "publish") theirs.push(packet);
	});
	codec.on("error", () => {});
	try {
		codec.parse(Buffer.from(bytes));
	} catch {
		return;
	}
	const accepted = ours.filter(line => line.startsWith("publish"));
	for (const [i, line] of accepted.entries()) {
		const packet = theirs[i];
		if (packet === undefined) continue;
		const topic = Buffer.from(packet.topic);
		if (!isTopicName(topic, 0, topic.length) || packet.topic.includes("\ufffd")) continue;
		const first = 0x30 | (packet.dup ? 8 : 0) | (packet.qos << 1) | Number(packet.retain);
		expect(line).toBe(
			`publish ${first} ${packet.topic} #${packet.messageId ?? 0} ${Buffer.from(packet.payload).toString("hex")}`,
		);
	}
}
