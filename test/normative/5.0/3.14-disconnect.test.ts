// MQTT 5.0, section 3.14: DISCONNECT.

import { describe, expect, it } from "vitest";
import { online } from "../../support/five.js";
import type { Peer } from "../../support/peer.js";
import { byteHex, expectBroken, packet, publish } from "../../support/peer.js";

/**
 * Reasons that a server's DISCONNECT may have, by the standard's table; a client's may have others. The table of section
 * 2.4 has 0x8C for it as well, which that of 3.14.2.1 leaves out.
 */
const OF_SERVER = [
	...[0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98],
	...[0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2],
];
const OF_CLIENT = [0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99];

/** Ways in which a server makes the client say DISCONNECT. */
const CAUSES: readonly (readonly [name: string, act: (peer: Peer) => unknown])[] = [
	["close()", peer => peer.client.close()],
	["reserved flags", peer => peer.send("4102 0001")],
	["QoS 3", peer => peer.send("3606 000161 0001 00")],
	["id 0", peer => peer.send("3206 000161 0000 00")],
	["a packet out of place", peer => peer.send("20 03 000000")],
	["a wildcard in a topic name", peer => peer.send("3004 000123 00")],
	["an ill-formed property", peer => peer.send("3005 000161 01 7f")],
	["a property twice", peer => peer.send("3008 000161 04 0100 0100")],
	["a reason that does not exist", peer => peer.send("4003 0001 77")],
	["a SUBACK larger than the receive buffer", peer => peer.send("90ff7f")],
	["more messages open than our Receive Maximum", peer => peer.send(...[1, 2, 3].map(id => publish("b", "x", 2, id)))],
];

it("[MQTT-3.14.1-1] other flags than 0 are malformed: DISCONNECT with 0x81", () => {
	const peer = online();
	for (let flags = 1; flags < 16; flags += 1)
		for (const body of ["", "00", "8b"]) {
			peer.send(packet(byteHex(0xe0 | flags), body));
			expectBroken(peer, "51", "81");
		}
	peer.send("e000");
	expect(peer.told()).toEqual(["offline 38"]);
});

describe("reasons", () => {
	it("[MQTT-3.14.2-1] one of the server's table is told to the application, any other closes as malformed", () => {
		const peer = online();
		for (let reason = 0; reason < 256; reason += 1) {
			peer.send(packet("e0", byteHex(reason), reason % 2 === 0 ? "" : "00"));
			if (!OF_SERVER.includes(reason)) expectBroken(peer, "5f", "81");
			else expectBroken(peer, reason === 0 ? "38" : byteHex(reason));
		}
	});

	it.each(CAUSES)(
		"[MQTT-3.14.2-1] [MQTT-3.14.2-3] [MQTT-3.14.2-4] after %s ours has a reason of the client's table, and no properties",
		(_name, act) => {
			for (const allowed of [{}, { maximumPacketSize: 20 }]) {
				const peer = online({ limits: { received: 2 } }, allowed);
				act(peer);
				const last = peer.frames().at(-1)!;
				expect(last[0]).toBe(0xe0);
				expect(last.length).toBe(last[1]! + 2);
				expect(last.length).toBeLessThan(4);
				expect(OF_CLIENT).toContain(last[1] === 0 ? 0 : last[2]);
			}
		},
	);
});

describe("the end", () => {
	it.each(CAUSES)("[MQTT-3.14.4-1] [MQTT-3.14.4-2] after %s nothing follows, and we close", (_name, act) => {
		const peer = online({ limits: { received: 2 } });
		const { socket } = peer;
		act(peer);
		expect(peer.frames().filter(([first]) => first === 0xe0)).toHaveLength(1);
		expect(socket.closed).toBe(true);
		const { writes } = socket;
		peer.client.publish("a", "x", { qos: 1 });
		peer.client.ping();
		peer.client.subscribe("b", () => {});
		socket.allow(1000);
		peer.time.run(100);
		expect(socket.writes).toBe(writes);
	});

	it("[MQTT-3.14.4-1] what a handler has asked for before close() goes out before it, and nothing after", () => {
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
	});

	it("[MQTT-3.14.4-1] a server that has said DISCONNECT hears nothing more, what is owed aside", () => {
		const peer = online();
		peer.client.publish("a", "x", { qos: 1 });
		peer.take();
		peer.send({ cmd: "disconnect", reasonCode: 0x8b });
		expect(peer.told()).toEqual(["offline 8b"]);
		expect([peer.hex(), peer.socket.closed]).toEqual(["", true]);
	});
});
