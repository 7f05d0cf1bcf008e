// MQTT 5.0, section 3.10: UNSUBSCRIBE.

import { expect, it } from "vitest";
import { Misuse } from "../../../firmware/mqtt/client.js";
import { online } from "../../support/five.js";
import { hex, packet } from "../../support/peer.js";
import { asString, WELL_FORMED } from "../../support/strings.js";

it("[MQTT-3.10.1-1] [MQTT-3.10.3-1] has the flags 0010, its filters in UTF-8, one behind the other", () => {
	const peer = online();
	for (const text of [...WELL_FORMED, "$share/g/+"]) {
		const handle = peer.client.subscribe(text, () => {});
		peer.answer();
		peer.client.unsubscribe(handle);
		const bytes = peer.answer();
		expect(bytes).toEqual(hex(packet("a2", bytes.subarray(2, 4).toString("hex"), "00", asString(text))));
	}
	const handles = peer.client.subscribe(["first", "second/+"], () => {});
	peer.answer("0000");
	peer.socket.allow(0);
	for (const handle of handles) peer.client.unsubscribe(handle);
	peer.socket.allow(1000);
	const bytes = peer.answer("0000");
	const id = bytes.subarray(2, 4).toString("hex");
	const [first, second] = [asString("first"), asString("second/+")];
	expect([packet("a2", id, "00", first, second), packet("a2", id, "00", second, first)]).toContain(
		bytes.toString("hex"),
	);
});

it("[MQTT-3.10.3-2] has at least one filter: what is not subscribed to cannot be taken back", () => {
	const peer = online();
	for (const handle of [0, 1, -1, 99]) expect(() => peer.client.unsubscribe(handle)).toThrow(Misuse);
	const handle = peer.client.subscribe("a", () => {});
	peer.answer();
	peer.client.unsubscribe(handle);
	peer.client.unsubscribe(handle);
	expect(peer.frames()).toHaveLength(1);
	peer.socket.fail();
	// Without the session there is nothing to take back.
	peer.online(false);
	expect(peer.hex()).toBe("");
	expect(peer.told().at(-1)).toBe(`unsubscribed ${handle} 0`);
	expect(() => peer.client.unsubscribe(handle)).toThrow(Misuse);
	expect(peer.hex()).toBe("");
});
