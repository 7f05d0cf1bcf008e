// Topic aliases, both ways: what goes over the wire means what was published, and what arrives is known by its topic.

import fc from "fast-check";
import type { IPublishPacket, Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { QOS_1, QOS_2 } from "../../../firmware/mqtt/client.js";
import { CONTENT_TYPE, properties } from "../../../firmware/mqtt/property.js";
import { expectBroken, online, Peer, publish, utf8 } from "../../support/peer.js";

const aliasing = { protocolVersion: 5, limits: { aliases: 3 } } as const;

/** Online, with a server that takes so many aliases. */
function start(topicAliasMaximum: number, room = 100_000, limits: object = {}): Peer {
	const options = { ...aliasing, limits: { ...aliasing.limits, ...limits } };
	return online(options, room, topicAliasMaximum > 0 ? { topicAliasMaximum } : undefined);
}

/** Topics of the PUBLISH packets, and their aliases: "a=1" where a topic comes with one, "=1" for the alias alone. */
function topicsOf(packets: Packet[]): string[] {
	return packets
		.filter(packet => packet.cmd === "publish")
		.map(({ topic, properties }) =>
			properties?.topicAlias === undefined ? topic : `${topic}=${properties.topicAlias}`,
		);
}

describe("our aliases", () => {
	it("[MQTT-3.3.2-8] [MQTT-3.2.2-17] are said once with the topic, then alone; the least recently used is taken over", () => {
		const peer = start(2);
		const [a, b, c] = ["topic/a", "topic/b", "topic/c"].map(name => peer.client.topic(name));
		for (const topic of [a, a, b, b, a, c, a, b, c]) peer.client.publish(topic!, utf8("x"), 1);
		expect(topicsOf(peer.take())).toEqual([
			"topic/a=1",
			"=1",
			"topic/b=2",
			"=2",
			"=1",
			"topic/c=2",
			"=1",
			"topic/b=2",
			"topic/c=1",
		]);
	});

	it("are as many as `limits.aliases`, whatever the server would take", () => {
		const peer = start(1000);
		const topics = ["a", "b", "c", "d"].map(name => peer.client.topic(name));
		for (const topic of topics) peer.client.publish(topic, utf8("x"), 1);
		expect(topicsOf(peer.take())).toEqual(["a=1", "b=2", "c=3", "d=1"]);
	});

	it("[MQTT-3.2.2-18] are none where the server takes none, in 3.1.1, for topics without a handle, and without limits.aliases", () => {
		for (const peer of [start(0), start(5, 100_000, { aliases: 0 }), online({ limits: { aliases: 3 } }), start(5)]) {
			const byName = peer.client.publish("by/name", utf8("x"));
			expect(byName).toBeGreaterThanOrEqual(0);
			expect(topicsOf(peer.take())).toEqual(["by/name"]);
		}
	});

	it("[MQTT-3.3.2-7] die with the connection; what is sent again has its topic in full", () => {
		const peer = start(2);
		const topic = peer.client.topic("topic/a");
		for (const flags of [QOS_1, QOS_2]) peer.client.publish(topic, utf8("x"), 1, flags);
		expect(topicsOf(peer.take())).toEqual(["topic/a=1", "=1"]);
		peer.socket.fail();
		peer.online(true, 100_000, { topicAliasMaximum: 1 });
		const again = peer.take();
		expect(topicsOf(again)).toEqual(["topic/a=1", "=1"]);
		expect(again.every(packet => (packet as IPublishPacket).dup)).toBe(true);
		peer.socket.fail();
		peer.online(true);
		expect(topicsOf(peer.take())).toEqual(["topic/a", "topic/a"]);
	});

	it("keep the other properties, stand in streamed messages, and are left out where the packet would grow too large", () => {
		const peer = online(aliasing, 100_000, { topicAliasMaximum: 5, maximumPacketSize: 60 });
		const topic = peer.client.topic("a/b");
		const block = properties([CONTENT_TYPE, "text/plain"]);
		peer.client.publishWith(block, topic, utf8("x"), 1, QOS_1);
		const source = {
			read(bytes: Uint8Array, at: number, count: number): number {
				bytes.fill(65, at, at + count);
				return count;
			},
		};
		peer.client.publishFrom(topic, source, 20, QOS_1, block);
		const sent = peer.take() as IPublishPacket[];
		expect(topicsOf(sent)).toEqual(["a/b=1", "=1"]);
		expect(sent.map(({ payload }) => String(payload))).toEqual(["x", "A".repeat(20)]);
		expect(sent.map(({ properties }) => properties?.contentType)).toEqual(["text/plain", "text/plain"]);
		// 60 bytes with the topic alone, 63 with an alias beside it: those go as they are, whether it is known or not.
		const other = peer.client.topic("other");
		peer.client.publish(other, new Uint8Array(50), 50);
		peer.client.publish(other, new Uint8Array(47), 47);
		peer.client.publish(other, new Uint8Array(50), 50);
		expect(topicsOf(peer.take())).toEqual(["other", "other=2", "other"]);
	});

	it("mean what was published, whatever the socket takes at a time", () => {
		const message = fc.record({
			topic: fc.nat(5),
			length: fc.oneof(fc.nat(40), fc.constantFrom(110, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 200)),
			flags: fc.constantFrom(0, QOS_1, QOS_2),
			streamed: fc.boolean(),
			room: fc.integer({ min: 1, max: 300 }),
		});
		fc.assert(
			fc.property(fc.array(message, { maxLength: 12 }), fc.nat(6), (messages, maximum) => {
				const peer = start(maximum, 100, { aliases: 2, outbox: 4000, messages: 20 });
				const names = ["a", "b/c", "", "x".repeat(30), "été", "q"].map((name, i) => name || `empty/${i}`);
				const topics = names.map(name => peer.client.topic(name));
				const known = new Map<number, string>();
				const arrived: string[] = [];
				const expected: string[] = [];
				const look = () => {
					for (const packet of peer.take()) {
						if (packet.cmd !== "publish") continue;
						const alias = packet.properties?.topicAlias;
						if (alias !== undefined) {
							expect(alias).toBeLessThanOrEqual(Math.min(maximum, 2));
							if (packet.topic !== "") known.set(alias, packet.topic);
						}
						arrived.push(`${packet.topic || known.get(alias!)} ${packet.qos} ${packet.payload.length}`);
					}
				};
				for (const { flags, length, room, streamed, topic } of messages) {
					const source = { read: (_: Uint8Array, _at: number, count: number) => count };
					const ticket = streamed
						? peer.client.publishFrom(topics[topic]!, source, length, flags)
						: peer.client.publish(topics[topic]!, new Uint8Array(length), length, flags);
					if (ticket >= 0) expected.push(`${names[topic]} ${flags >> 1} ${length}`);
					peer.socket.allow(room);
					look();
				}
				for (let i = 0; i < 400 && arrived.length < expected.length; i += 1) {
					peer.socket.allow(100);
					look();
				}
				expect(arrived).toEqual(expected);
			}),
			{ numRuns: 150 },
		);
	});
});

/** Each message by its topic, as handlers see it. */
function receiver(limits: object = {}): Peer {
	const peer = start(0, 100_000, { aliasBytes: 64, ...limits });
	peer.client.subscribe("exact/topic", ({ topic }) => peer.log.push(`exact ${topic}`));
	peer.client.subscribe("wild/+", ({ topic }) => peer.log.push(`wild ${topic}`));
	peer.client.subscribe("large/#", ({ topic, position, last }) => peer.log.push(`${topic} ${position} ${last}`), {
		stream: true,
	});
	peer.take();
	return peer;
}

function aliased(topic: string, topicAlias: number, payload: string | Buffer = "x"): IPublishPacket {
	return { ...publish(topic, payload), properties: { topicAlias } };
}

describe("the server's aliases", () => {
	it("[MQTT-3.1.2-26] [MQTT-3.1.2-27] are as many as we say in CONNECT, and none where we say nothing", () => {
		expect(new Peer(aliasing).connect().properties?.topicAliasMaximum).toBe(3);
		expect(new Peer({ protocolVersion: 5 }).connect().properties?.topicAliasMaximum).toBeUndefined();
	});

	it("stand for their topics, for exact filters, wildcards and streamed messages, until they stand for others", () => {
		const peer = receiver();
		peer.send(aliased("exact/topic", 1), aliased("wild/card", 2), aliased("", 1), aliased("", 2));
		expect(peer.told()).toEqual(["exact exact/topic", "wild wild/card", "exact exact/topic", "wild wild/card"]);
		peer.send(aliased("wild/other", 1), aliased("", 2), aliased("", 1));
		expect(peer.told()).toEqual(["wild wild/other", "wild wild/card", "wild wild/other"]);
		peer.send(aliased("large/x", 3, Buffer.alloc(600)), aliased("", 3, Buffer.alloc(600)));
		const spans = peer.told();
		expect(spans.every(span => span.startsWith("large/x "))).toBe(true);
		expect(spans.filter(span => span.startsWith("large/x 0 "))).toHaveLength(2);
		expect(spans.filter(span => span.endsWith("true"))).toHaveLength(2);
	});

	it("[MQTT-3.3.2-7] die with the connection", () => {
		const peer = receiver();
		peer.send(aliased("exact/topic", 1));
		peer.socket.fail();
		peer.online(true);
		peer.told();
		peer.send(aliased("", 1));
		expect(peer.take().at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x82 });
		expectBroken(peer, "55");
	});

	it.each([
		["[MQTT-3.3.2-9] above our maximum", aliased("exact/topic", 4), "5e", 0x94],
		["that stands for nothing", aliased("", 1), "55", 0x82],
		["with a topic that is none", aliased("wild/#", 1), "55", 0x82],
	])("%s closes the connection", (_name, packet, code, reasonCode) => {
		const peer = receiver();
		peer.send(packet);
		expect(peer.take().at(-1)).toMatchObject({ cmd: "disconnect", reasonCode });
		expectBroken(peer, code);
	});

	it("close the connection where their topics need more than limits.aliasBytes, and from then on none are allowed", () => {
		const peer = receiver();
		// 64 bytes hold two topics of 30 with their lengths, and nothing besides.
		peer.send(aliased(`wild/${"a".repeat(25)}`, 1), aliased(`wild/${"b".repeat(25)}`, 2));
		peer.send(aliased(`wild/${"c".repeat(25)}`, 1), aliased(`wild/${"d".repeat(24)}`, 2));
		expect(peer.told()).toHaveLength(4);
		peer.send(aliased("wild/e", 3));
		expect(peer.take().at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x97 });
		expect(peer.told()).toEqual(["offline 1c"]);
		expect(peer.connect().properties?.topicAliasMaximum).toBeUndefined();
		peer.send(
			{ cmd: "connack", reasonCode: 0, sessionPresent: true },
			publish("wild/e", "x"),
			publish("exact/topic", "x"),
		);
		expect(peer.told()).toEqual(["online true", "wild wild/e", "exact exact/topic"]);
	});

	it("are kept apart, however often they are taken over", () => {
		const topic = fc.constantFrom("a", "bb", "c/c", "été", "long/".repeat(3));
		const use = fc.record({ alias: fc.integer({ min: 1, max: 3 }), topic: fc.option(topic, { nil: "" }) });
		fc.assert(
			fc.property(fc.array(use, { maxLength: 30 }), uses => {
				const peer = start(0, 100_000, { aliasBytes: 64 });
				peer.client.subscribe("#", message => peer.log.push(message.topic));
				const known = new Map<number, string>();
				for (const { alias, topic } of uses) {
					if (topic !== "") known.set(alias, topic);
					const expected = known.get(alias);
					if (expected === undefined) continue;
					peer.send(aliased(topic, alias));
					expect(peer.told()).toEqual([expected]);
				}
			}),
			{ numRuns: 100 },
		);
	});
});
