// CONNACK and what becomes of sessions. Virtual time, a scripted peer.

import { describe, expect, it } from "vitest";
import { QOS_1, QOS_2 } from "../../../../firmware/mqtt/client.js";
import { online, Peer, utf8 } from "../../../support/peer.js";

const one = utf8("one");
const two = utf8("two");

describe("session", () => {
	it("[MQTT-3.2.2-1] a session where we asked for a clean one closes", () => {
		const peer = new Peer({ cleanSession: true });
		peer.connect();
		peer.send("20020100");
		expect(peer.told()).toEqual(["offline 59"]);
	});

	it("section 3.2.2.2: Session Present 0 ends what was in flight before anything is sent; what never left goes out", () => {
		const peer = online();
		const topic = peer.client.topic("a");
		const sent = peer.client.publish(topic, one, 3, QOS_1);
		const released = peer.client.publish(topic, one, 3, QOS_2);
		peer.send({ cmd: "pubrec", messageId: released });
		peer.socket.fail();
		const fresh = peer.client.publish(topic, two, 3, QOS_2);
		peer.told();
		peer.online(false);
		expect(peer.told()).toEqual([`end ${sent} lost 1a`, `end ${released} lost 1a`, "online false"]);
		expect(peer.brief()).toEqual([`publish a two q2 d0 r0 #${fresh}`]);
	});

	it("with the session present nothing is asked for again; without it, all subscriptions are", () => {
		const peer = online();
		peer.client.subscribe(["a", "b/#"], () => {}, { qos: 1 });
		const id = peer.take()[0]!.messageId!;
		peer.send({ cmd: "suback", messageId: id, granted: [1, 1] });
		peer.socket.fail();
		peer.online(true);
		expect(peer.brief()).toEqual([]);
		peer.socket.fail();
		peer.online(false);
		expect(peer.brief()).toEqual([expect.stringMatching(/^subscribe a:1 b\/#:1 #/)]);
	});

	it("a CONNACK before our CONNECT has left closes", () => {
		const peer = new Peer();
		peer.connect(5);
		peer.send("20020000");
		expect(peer.told()).toEqual(["offline 57"]);
	});

	it("no CONNACK: closed at its own deadline", () => {
		const peer = new Peer({ timeouts: { connackMs: 3000 } });
		peer.connect();
		peer.time.run(2999);
		expect(peer.told()).toEqual([]);
		peer.time.run(1);
		expect(peer.told()).toEqual(["offline 34"]);
	});
});
