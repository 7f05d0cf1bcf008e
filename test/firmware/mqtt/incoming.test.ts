// The record that handlers see.

import { describe, expect, it } from "vitest";
import { takePublish } from "../../../firmware/mqtt/decode.js";
import { Misuse } from "../../../firmware/mqtt/error.js";
import { NOT_DELIVERED } from "../../../firmware/mqtt/incoming.js";
import { incoming } from "../../support/incoming.js";

describe("a message", () => {
	it("has text only where it is UTF-8", () => {
		const packet = incoming("0001 61 c328", 0x30);
		takePublish(packet);
		expect(packet.text()).toBeUndefined();
		expect([...packet.payload()]).toEqual([0xc3, 0x28]);
	});

	it("can be held only while it is with a handler", () => {
		const packet = incoming("0001 61 0007", 0x32);
		takePublish(packet);
		expect(packet.token).toBe(NOT_DELIVERED);
		expect(() => packet.hold()).toThrow(Misuse);
		packet.token = 0;
		const token = packet.hold();
		expect(token).toBeGreaterThan(0);
		expect(packet.hold()).toBe(token);
	});
});
