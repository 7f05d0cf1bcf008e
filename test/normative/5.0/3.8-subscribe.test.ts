// MQTT 5.0, section 3.8: SUBSCRIBE.

import { describe, expect, it } from "vitest";
import { Misuse } from "../../../firmware/mqtt/client.js";
import { online } from "../../support/five.js";
import { packet, wordHex } from "../../support/peer.js";
import { asString, HALVES, WELL_FORMED } from "../../support/strings.js";

describe("SUBSCRIBE", () => {
	it("[MQTT-3.8.1-1] has the flags 0010, on every connection", () => {
		const peer = online();
		peer.client.subscribe(["a", "b"], () => {});
		peer.client.subscribe("c", () => {}, { qos: 2, noLocal: true });
		expect(peer.frames()[0]![0]).toBe(0x82);
		peer.socket.fail();
		peer.online(false);
		expect(peer.frames()[0]![0]).toBe(0x82);
	});

	it("[MQTT-3.8.3-1] has its filters in UTF-8; half a surrogate pair is misuse", () => {
		const peer = online();
		for (const text of WELL_FORMED) {
			const handle = peer.client.subscribe(text, () => {}, { qos: 1 });
			expect(peer.answer().subarray(4).toString("hex")).toBe(`00${asString(text)}01`);
			peer.client.unsubscribe(handle);
			peer.answer();
		}
		for (const text of [...HALVES, "\0"]) expect(() => peer.client.subscribe(text, () => {})).toThrow(Misuse);
		expect(peer.hex()).toBe("");
	});

	it("[MQTT-3.8.3-2] has at least one filter with its options, and nothing else behind its properties", () => {
		const peer = online();
		expect(peer.client.subscribe([], () => {})).toEqual([]);
		peer.time.run(1000);
		expect(peer.hex()).toBe("");
		for (const [options, byte] of [
			[{}, "00"],
			[{ qos: 1 }, "01"],
			[{ qos: 2, noLocal: true }, "06"],
			[{ qos: 2, retainAsPublished: true }, "0a"],
			[{ qos: 1, retainHandling: 1 }, "11"],
			[{ qos: 0, retainHandling: 2, noLocal: true, retainAsPublished: true }, "2c"],
		] as const) {
			peer.client.subscribe(["a", "b/#"], () => {}, options);
			const bytes = peer.answer("0000");
			const id = wordHex(bytes.readUInt16BE(2));
			const [first, second] = [asString("a") + byte, asString("b/#") + byte];
			// One row may come before another: which is ours to say.
			expect([packet("82", id, "00", first, second), packet("82", id, "00", second, first)]).toContain(
				bytes.toString("hex"),
			);
		}
		for (const qos of [3, -1, 0.5]) expect(() => peer.client.subscribe("a", () => {}, { qos })).toThrow(Misuse);
		expect(() => peer.client.subscribe("a", () => {}, { retainHandling: 3 as never })).toThrow(Misuse);
		// Nothing wanted on a new connection is no SUBSCRIBE, nor is what the server does not take.
		const other = online();
		other.client.subscribe("#", () => {});
		other.answer();
		other.socket.fail();
		other.online(true);
		expect(other.hex()).toBe("");
		other.socket.fail();
		other.online(false, 1000, { wildcardSubscriptionAvailable: false });
		expect(other.hex()).toBe("");
	});

	it("[MQTT-3.8.3-4] No Local goes with no shared subscription: misuse", () => {
		const peer = online();
		for (const filter of ["$share/g/a", "$share/g/#", "$share/x/+/b"]) {
			expect(() => peer.client.subscribe(filter, () => {}, { noLocal: true })).toThrow(Misuse);
			expect(() => peer.client.subscribe(["a", filter], () => {}, { noLocal: true })).toThrow(Misuse);
		}
		expect(peer.hex()).toBe("");
		peer.client.subscribe("$share/g/a", () => {}, { noLocal: false });
		expect(peer.answer().at(-1)).toBe(0);
		// What only looks like one may have it.
		peer.client.subscribe("$shared/g/a", () => {}, { noLocal: true });
		expect(peer.answer().at(-1)).toBe(4);
	});
});
