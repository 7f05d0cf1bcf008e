// MQTT 3.1.1, chapter 1: how strings are encoded.

import { describe, expect, it } from "vitest";
import { Misuse } from "../../../firmware/mqtt/client.js";
import { expectBroken, online, packet, utf8 } from "../../support/peer.js";
import { asString, HALVES, holds, ILL_FORMED, placesOf, WELL_FORMED } from "../../support/strings.js";

describe("UTF-8 strings", () => {
	it.each(placesOf(4))("[MQTT-1.5.3-1] %s is sent as well-formed UTF-8, or not at all", (_name, place) => {
		for (const text of WELL_FORMED) expect(holds(place(text), utf8(text)), text).toBe(true);
		for (const text of HALVES) expect(() => place(text)).toThrow(Misuse);
	});

	it("[MQTT-1.5.3-1] a topic name that is no UTF-8 closes the connection", () => {
		const peer = online();
		for (const hex of ILL_FORMED) {
			peer.send(packet("30", asString({ hex }), "78"));
			expectBroken(peer, "54");
		}
	});

	it("[MQTT-1.5.3-1] every character that UTF-8 can carry arrives as it is", () => {
		const peer = online();
		for (const text of WELL_FORMED) {
			peer.send(packet("30", asString(text), "78"));
			expect(peer.told()).toEqual([`message ${text} x 0`]);
		}
	});

	it.each(placesOf(4))("[MQTT-1.5.3-2] %s with U+0000 in it is not sent", (_name, place) => {
		for (const text of ["\0", "a\0", "\0a", "a\0b"]) expect(() => place(text)).toThrow(Misuse);
	});

	it("[MQTT-1.5.3-2] a topic name with U+0000 in it closes the connection", () => {
		const peer = online();
		for (const text of ["\0", "a\0", "\0a", "a/\0/b"]) {
			peer.send(packet("30", asString(text), "78"));
			expectBroken(peer, "54");
		}
	});

	it.each(placesOf(4))("[MQTT-1.5.3-3] %s keeps U+FEFF, wherever it stands", (_name, place) => {
		for (const text of ["\ufeff", "\ufeffa", "a\ufeff", "\ufeff\ufeffa"])
			expect(Buffer.from(place(text)).toString("hex")).toContain(asString(text));
	});

	it("[MQTT-1.5.3-3] U+FEFF is a character of the topic name that arrives, and is told from the name without it", () => {
		const peer = online();
		peer.client.subscribe("a", () => peer.log.push("without"));
		peer.client.subscribe("\ufeffa", message => peer.log.push(`with ${[...message.topic].length}`));
		for (const hex of ["efbbbf61", "61"]) peer.send(packet("30", asString({ hex })));
		expect(peer.told()).toEqual(["with 2", "without"]);
		for (const text of ["\ufeff", "a\ufeff", "\ufeff\ufeffa"]) {
			peer.send(packet("30", asString(text), "78"));
			expect(peer.told()).toEqual([`message ${text} x 0`]);
		}
	});
});
