// What no server may send, from the vectors: every one closes the connection with its code; what waits for what; and is the
// other side alive? Virtual time, a scripted peer.

import { describe, expect, it } from "vitest";
import { QOS_1 } from "../../../../firmware/mqtt/client.js";
import { arm, DRAIN, isArmed, RECONNECT } from "../../../../firmware/mqtt/deadline.js";
import { handleLinkDown, requestClose } from "../../../../firmware/mqtt/session/dispatch.js";
import { WAITS } from "../../../../firmware/mqtt/words.js";
import { expectBroken, online, Peer, utf8 } from "../../../support/peer.js";
import { makeOnline } from "../../../support/session.js";
import vectors from "../../../vectors/refused-by-client.json" with { type: "json" };

const one = utf8("one");

describe("what no server may send closes the connection, delivers nothing, and ends nothing else", () => {
	it.each(vectors.map(vector => [`[${vector.statement}] ${vector.name}: ${vector.hex}`, vector] as const))(
		"%s",
		(_title, vector) => {
			const peer = new Peer();
			if (vector.phase === "online") peer.online();
			else peer.connect();
			const kept = peer.client.publish("a", "kept", { qos: 1 });
			peer.take();
			peer.told();
			peer.send(vector.hex);
			expectBroken(peer, vector.code);
			expect(peer.brief()).toContainEqual(expect.stringMatching(new RegExp(`^publish a kept q1 d\\d r0 #${kept}$`)));
		},
	);
});

describe("deadlines go with their link", () => {
	const all = Array.from({ length: WAITS }, (_, kind) => kind);

	it("but drain() outlives it, and the next attempt has its time", () => {
		const session = makeOnline();
		for (const kind of all) arm(session, kind, 5);
		handleLinkDown(session, 0x38);
		expect(all.filter(kind => isArmed(session, kind))).toEqual([DRAIN, RECONNECT]);
	});

	it("and all of them with the client", () => {
		const session = makeOnline();
		for (const kind of all) arm(session, kind, 5);
		requestClose(session, 0x19);
		expect(all.filter(kind => isArmed(session, kind))).toEqual([]);
	});
});

describe("keep alive", () => {
	it("QoS 0 traffic does not hide a dead link: without a word from the server we ask, then close", () => {
		const peer = online({ keepAlive: 10, timeouts: { pingMs: 2000 } });
		const topic = peer.client.topic("a");
		const sent: string[] = [];
		while (peer.client.isOnline && peer.time.now < 20_000) {
			peer.client.publish(topic, one, 3, 0);
			peer.time.run(250);
			if (peer.client.isOnline) sent.push(...peer.brief());
		}
		expect(sent.filter(packet => packet === "pingreq").length).toBe(1);
		expect(peer.told()).toEqual(["offline 35"]);
		expect(peer.time.now).toBeLessThan(12_000);
	});

	it("PINGRESP has its own deadline, and its round-trip time can be read", () => {
		const peer = online({ keepAlive: 10, timeouts: { pingMs: 2000 } });
		peer.time.run(9000);
		expect(peer.brief()).toEqual(["pingreq"]);
		peer.time.run(1000);
		peer.send({ cmd: "pingresp" });
		expect(peer.told()).toEqual(["ping 1250"]);
		expect(peer.client.pingMs).toBe(1250);
		peer.time.run(9000);
		expect(peer.brief()).toEqual(["pingreq"]);
		peer.time.run(2000);
		expect(peer.told()).toEqual(["offline 35"]);
	});

	it("a PINGRESP that nobody asked for closes", () => {
		const peer = online();
		peer.send({ cmd: "pingresp" });
		expectBroken(peer, "57");
	});

	it("a socket that takes nothing any more is found by silence", () => {
		const peer = online({ keepAlive: 10, timeouts: { silenceMs: 20_000 } });
		peer.socket.allow(0);
		peer.client.publish(peer.client.topic("a"), new Uint8Array(200), 200, QOS_1);
		peer.time.run(20_000);
		expect(peer.told()).toEqual(["offline 36"]);
	});
});
