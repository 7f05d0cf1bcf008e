// The decoder alone, on bytes that a framer has found to be whole.

import { describe, expect, it } from "vitest";
import { isSubackCode, publishHeadLength, takeEmpty, takePublish } from "../../../firmware/mqtt/decode.js";
import { incoming } from "../../support/incoming.js";
import { hex } from "../../support/peer.js";

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

	it("knows the length of its head from the first two bytes", () => {
		expect(publishHeadLength(hex("0003"), 0x30, 0)).toBe(5);
		expect(publishHeadLength(hex("0103"), 0x32, 0)).toBe(263);
	});
});

it("PINGRESP is empty", () => {
	expect(takeEmpty(incoming("", 0xd0))).toBe(0);
	expect(takeEmpty(incoming("00", 0xd0))).toBe(0x56);
});

it("[MQTT-3.9.3-2] SUBACK codes are 0, 1, 2 and 0x80", () => {
	expect(Array.from({ length: 256 }, (_, code) => code).filter(isSubackCode)).toEqual([0, 1, 2, 0x80]);
});
