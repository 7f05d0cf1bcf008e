import type { IConnectPacket, IPublishPacket, Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { Codec } from "../../../host-sim/broker/codec.js";
import { withDefaults } from "../../../host-sim/broker/limits.js";
import type { Copy } from "../../../host-sim/broker/message.js";
import { Outgoing } from "../../../host-sim/broker/outgoing.js";
import { termsOf } from "../../../host-sim/broker/terms.js";
import { hex } from "../../support/peer.js";

/** What goes to a 5.0 client with these properties in its CONNECT. */
function make(properties: NonNullable<IConnectPacket["properties"]> = {}) {
	const codec = new Codec();
	codec.decode(hex("100e 0004 4d515454 05 02 0000 00 0001 61"));
	const written: Packet[] = [];
	const sizes: number[] = [];
	const outgoing = new Outgoing(codec, (bytes, packet) => {
		written.push(packet);
		sizes.push(bytes.length);
	});
	outgoing.begin(termsOf({ cmd: "connect", clientId: "a", protocolVersion: 5, properties }, withDefaults()));
	const publish = (copy: Partial<Copy>, now = 0, dup = false) => {
		const whole: Copy = { topic: "topic", payload: Buffer.from("x"), qos: 0, retain: false, arrivedAt: 0, ...copy };
		const packet: IPublishPacket = {
			cmd: "publish",
			topic: whole.topic,
			payload: whole.payload,
			qos: 0,
			dup,
			retain: false,
		};
		return outgoing.publish(packet, whole, now);
	};
	return { outgoing, written, sizes, publish };
}

const explained = { reasonString: "because", userProperties: { a: "b" } };

describe("what goes to a client", () => {
	it("[MQTT-3.1.2-29] has no texts where it wants none, but in PUBLISH, CONNACK and DISCONNECT", () => {
		for (const requestProblemInformation of [true, false]) {
			const { outgoing, written } = make({ requestProblemInformation });
			outgoing.send({ cmd: "puback", messageId: 1, reasonCode: 0x87, properties: explained });
			outgoing.send({ cmd: "suback", messageId: 1, granted: [0x87], properties: explained });
			outgoing.send({ cmd: "connack", reasonCode: 0x87, sessionPresent: false, properties: explained });
			outgoing.send({ cmd: "disconnect", reasonCode: 0x87, properties: explained });
			const texts = written.map(packet => (packet as { properties?: typeof explained }).properties?.reasonString);
			const rest = requestProblemInformation ? "because" : undefined;
			expect(texts).toEqual([rest, rest, "because", "because"]);
		}
	});

	it("[MQTT-3.1.2-24] [MQTT-3.4.2-2] [MQTT-3.9.2-1] [MQTT-3.14.2-3] has texts left out that would not fit", () => {
		const { outgoing, written, sizes } = make({ maximumPacketSize: 12 });
		expect(outgoing.send({ cmd: "puback", messageId: 1, reasonCode: 0x87, properties: explained })).toBe(true);
		expect(outgoing.send({ cmd: "disconnect", reasonCode: 0x82, properties: explained })).toBe(true);
		expect(outgoing.send({ cmd: "suback", messageId: 1, granted: [0], properties: explained })).toBe(true);
		expect(written.map(packet => (packet as { properties?: object }).properties)).toEqual([{}, {}, {}]);
		expect(Math.max(...sizes)).toBeLessThanOrEqual(12);
		// Without them it does not fit either.
		expect(outgoing.send({ cmd: "suback", messageId: 1, granted: [0, 0, 0, 0, 0, 0, 0, 0] })).toBe(false);
		expect(sizes).toHaveLength(3);
	});

	it("[MQTT-3.1.2-25] is no message that it could not take, whose topic has no alias then", () => {
		const { written, publish } = make({ maximumPacketSize: 30, topicAliasMaximum: 4 });
		// All of the packet counts: 13 bytes besides the payload.
		expect(publish({ payload: Buffer.alloc(18) })).toBe(false);
		expect(publish({ topic: "other", payload: Buffer.alloc(17) })).toBe(true);
		expect(publish({})).toBe(true);
		expect(publish({})).toBe(true);
		expect(written).toMatchObject([
			{ topic: "other", properties: { topicAlias: 1 } },
			{ topic: "topic", properties: { topicAlias: 2 } },
			{ topic: "", properties: { topicAlias: 2 } },
		]);
	});

	it("[MQTT-3.3.2-5] [MQTT-3.3.2-6] [MQTT-4.3.3-7] has the rest of the interval, and is not sent at all when that is over, but again", () => {
		const { written, publish } = make();
		const properties = { messageExpiryInterval: 10 };
		expect([
			publish({ properties }, 3500),
			publish({ properties }, 10_000),
			publish({ properties }, 12_000, true),
		]).toEqual([true, false, true]);
		expect(written).toMatchObject([
			{ properties: { messageExpiryInterval: 7 } },
			{ properties: { messageExpiryInterval: 0 }, dup: true },
		]);
	});

	it("[MQTT-3.3.2-18] has the properties of the message as they were, and the subscriptions' identifiers", () => {
		const { written, publish } = make();
		const properties = {
			payloadFormatIndicator: true,
			contentType: "c",
			responseTopic: "r",
			correlationData: Buffer.of(0),
			userProperties: [
				["b", "1"],
				["1", "2"],
				["b", "3"],
				["__proto__", "4"],
			] as const,
		};
		publish({ properties, identifiers: [7, 9] });
		expect(written).toMatchObject([
			{
				properties: {
					payloadFormatIndicator: true,
					contentType: "c",
					responseTopic: "r",
					correlationData: Buffer.of(0),
					subscriptionIdentifier: [7, 9],
					userProperties: [{ b: "1" }, { 1: "2" }, { b: "3" }, { ["__proto__"]: "4" }],
				},
			},
		]);
	});
});
