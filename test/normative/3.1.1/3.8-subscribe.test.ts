// MQTT 3.1.1, section 3.8: SUBSCRIBE.

import { describe, expect, it } from "vitest";
import { Misuse } from "../../../firmware/mqtt/client.js";
import { online, packet, wordHex } from "../../support/peer.js";
import { asString, HALVES, WELL_FORMED } from "../../support/strings.js";

describe("SUBSCRIBE", () => {
	it("[MQTT-3.8.1-1] has the flags 0010, on every connection", () => {
		const peer = online();
		peer.client.subscribe(["a", "b"], () => {});
		peer.client.subscribe("c", () => {}, { qos: 2 });
		expect(peer.frames()[0]![0]).toBe(0x82);
		peer.socket.fail();
		peer.online(false);
		expect(peer.frames()[0]![0]).toBe(0x82);
	});

	it("[MQTT-3.8.3-1] has its filters in UTF-8; half a surrogate pair is misuse", () => {
		const peer = online();
		for (const text of WELL_FORMED) {
			const handle = peer.client.subscribe(text, () => {}, { qos: 1 });
			expect(peer.answer().subarray(4).toString("hex")).toBe(`${asString(text)}01`);
			peer.client.unsubscribe(handle);
			peer.answer();
		}
		for (const text of HALVES) expect(() => peer.client.subscribe(text, () => {})).toThrow(Misuse);
		expect(peer.hex()).toBe("");
	});

	it("[MQTT-3.8.3-3] has at least one filter with its QoS, and nothing else behind its id", () => {
		const peer = online();
		expect(peer.client.subscribe([], () => {})).toEqual([]);
		peer.time.run(1000);
		expect(peer.hex()).toBe("");
		for (const qos of [0, 1, 2]) {
			peer.client.subscribe([`a${qos}`, `b/${qos}/#`], () => {}, { qos });
			const [bytes] = peer.frames();
			const id = bytes!.readUInt16BE(2);
			const body = `${wordHex(id)}${asString(`a${qos}`)}0${qos}${asString(`b/${qos}/#`)}0${qos}`;
			// One row may come before another: which is ours to say.
			const turned = `${wordHex(id)}${asString(`b/${qos}/#`)}0${qos}${asString(`a${qos}`)}0${qos}`;
			expect([packet("82", body), packet("82", turned)]).toContain(bytes!.toString("hex"));
			peer.send(packet("90", wordHex(id), "0000"));
		}
		for (const qos of [3, -1, 0.5]) expect(() => peer.client.subscribe("a", () => {}, { qos })).toThrow(Misuse);
	});

	it("[MQTT-3.8.3-3] nothing wanted on a new connection is no SUBSCRIBE", () => {
		const peer = online();
		for (const sessionPresent of [true, false]) {
			peer.socket.fail();
			peer.online(sessionPresent);
			expect(peer.hex()).toBe("");
		}
	});
});
