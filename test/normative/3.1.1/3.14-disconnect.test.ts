// MQTT 3.1.1, section 3.14: DISCONNECT.

import { expect, it } from "vitest";
import { online, publish } from "../../support/peer.js";

it("[MQTT-3.14.4-1] [MQTT-3.14.4-2] is the last packet of its connection, which we close", () => {
	const peer = online();
	const topic = peer.client.topic("a");
	peer.client.publish(topic, Uint8Array.of(120), 1, 2);
	peer.client.close();
	expect(peer.brief().at(-1)).toBe("disconnect");
	expect(peer.socket.closed).toBe(true);
	expect(peer.client.publish(topic, Uint8Array.of(120), 1, 0)).toBe(-0x13);
	peer.client.ping();
	peer.client.subscribe("b", () => {});
	peer.time.run(1_000_000);
	expect(peer.hex()).toBe("");
	expect(peer.sockets.length).toBe(1);
});

it("[MQTT-3.14.4-2] what a handler has asked for before close() goes out before it, and nothing after", () => {
	const peer = online({
		onMessage: () => {
			peer.client.publish("b", "answer");
			peer.client.close();
			peer.client.publish("b", "too late");
			peer.client.ping();
		},
	});
	peer.send(publish("a", "x", 1, 7));
	const sent = peer.brief();
	expect(sent.at(-1)).toBe("disconnect");
	expect(sent).toContain("puback #7");
	expect(sent.filter(packet => packet === "disconnect")).toHaveLength(1);
	expect(peer.socket.closed).toBe(true);
	expect(peer.told()).toContain("closed");
});

it("[MQTT-3.14.4-1] the connection is closed also where DISCONNECT finds no room, or cannot stand", () => {
	const full = online();
	full.socket.allow(0);
	full.client.close();
	expect([full.hex(), full.socket.closed]).toEqual(["", true]);
	// In the middle of another packet it would be read as a part of that.
	const half = online();
	half.client.publishFrom(half.client.topic("a"), { read: () => 0 }, 500, 2);
	expect(half.socket.takeWritten()).toHaveLength(8);
	half.client.close();
	expect([half.hex(), half.socket.closed]).toEqual(["", true]);
});
