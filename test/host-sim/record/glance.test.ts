// Packets at a glance.

import { generate, type Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { glanceText, Onlooker } from "../../../host-sim/record/glance.js";
import type { PacketEntry, Side } from "../../../host-sim/record/recording.js";

const entry = (from: Side, bytes: Uint8Array, more: Partial<PacketEntry> = {}): PacketEntry => ({
	time: 0,
	connection: 1,
	event: "packet",
	peer: "p",
	from,
	bytes,
	masked: false,
	partial: false,
	...more,
});

function look(protocolVersion: 4 | 5, ...packets: (readonly [from: Side, packet: Packet | string])[]): string[] {
	const onlooker = new Onlooker();
	return packets.map(([from, packet]) => {
		const bytes = typeof packet === "string" ? Buffer.from(packet, "hex") : generate(packet, { protocolVersion });
		return glanceText(onlooker.look(entry(from, new Uint8Array(bytes))));
	});
}

const connect = (protocolVersion: 4 | 5): Packet => ({
	cmd: "connect",
	protocolId: "MQTT",
	protocolVersion,
	clean: true,
	keepalive: 30,
	clientId: "c",
});
const publish = (more: object): Packet => ({
	cmd: "publish",
	topic: "a/b",
	payload: "hi",
	qos: 0,
	dup: false,
	retain: false,
	...more,
});

describe("an onlooker", () => {
	it("tells type, id, flags, topic, filters, reason and length of 3.1.1", () => {
		expect(
			look(
				4,
				["client", connect(4)],
				["broker", { cmd: "connack", returnCode: 0, sessionPresent: true }],
				[
					"client",
					{
						cmd: "subscribe",
						messageId: 7,
						subscriptions: [
							{ topic: "x/#", qos: 1 },
							{ topic: "y", qos: 0 },
						],
					},
				],
				["broker", { cmd: "suback", messageId: 7, granted: [1, 0] }],
				["client", publish({ qos: 2, dup: true, retain: true, messageId: 9 })],
				["broker", { cmd: "pubrec", messageId: 9 }],
				["client", "c000"],
				["client", "e000"],
			),
		).toEqual([
			"CONNECT      MQTT 3.1.1  clean  keep alive 30 s  15 bytes",
			"CONNACK      session present  4 bytes",
			"SUBSCRIBE    #7  x/#  y  14 bytes",
			"SUBACK       #7  6 bytes",
			"PUBLISH      #9  QoS 2  DUP  retain  a/b  11 bytes",
			"PUBREC       #9  4 bytes",
			"PINGREQ      2 bytes",
			"DISCONNECT   2 bytes",
		]);
	});

	it("knows the version, the aliases of each direction and the reasons of 5.0", () => {
		const alias = (topic: string, topicAlias: number) => publish({ topic, properties: { topicAlias } });
		expect(
			look(
				5,
				["client", connect(5)],
				["client", alias("a/b", 3)],
				["client", alias("", 3)],
				["broker", alias("", 3)],
				["broker", { cmd: "puback", messageId: 1, reasonCode: 0x87 }],
				["broker", { cmd: "disconnect", reasonCode: 0x8e }],
			),
		).toEqual([
			"CONNECT      MQTT 5.0  clean  keep alive 30 s  16 bytes",
			"PUBLISH      QoS 0  a/b  alias 3  13 bytes",
			"PUBLISH      QoS 0  a/b  alias 3  10 bytes",
			"PUBLISH      QoS 0  alias 3  10 bytes",
			"PUBACK       #1  reason 0x87  6 bytes",
			"DISCONNECT   reason 0x8e  4 bytes",
		]);
	});

	it("tells what is malformed, and what is no packet; and knows nothing of a connection that is over", () => {
		expect(look(4, ["client", "300400056162"])).toEqual(["PUBLISH      malformed  6 bytes"]);
		const onlooker = new Onlooker();
		expect(onlooker.look(entry("client", Uint8Array.of(0x30), { partial: true }))).toEqual({
			type: "bytes",
			length: 1,
		});
		onlooker.look(entry("client", new Uint8Array(generate(connect(5)))));
		onlooker.forget(1);
		const puback = Uint8Array.of(0x40, 3, 0, 1, 0x87);
		expect(onlooker.look(entry("broker", puback)).reason).toBeUndefined();
	});
});
