// The sender's side of QoS 0, 1 and 2 beyond the statements of the standard. Virtual time, a scripted peer.

import { describe, expect, it } from "vitest";
import { QOS_1, QOS_2 } from "../../../../firmware/mqtt/client.js";
import { expectBroken, online, utf8 } from "../../../support/peer.js";

const one = utf8("one");
const two = utf8("two");

describe("fixed header", () => {
	it("section 2.2.3: a fifth length byte, or one that says nothing, closes", () => {
		const peer = online();
		peer.send("30 80808080 01");
		expectBroken(peer, "50");
		peer.send("30 8000");
		expect(peer.told()).toEqual(["offline 50"]);
	});

	it("section 2.2.3: remaining lengths are written in the fewest bytes", () => {
		const peer = online({ limits: { outbox: 20_000 } });
		const topic = peer.client.topic("t");
		for (const [remaining, head] of [
			[127, "317f"],
			[128, "318001"],
			[16_383, "31ff7f"],
			[16_384, "31808001"],
		] as const) {
			peer.client.publish(topic, new Uint8Array(remaining - 3), remaining - 3, 1);
			expect(peer.hex().slice(0, head.length)).toBe(head);
		}
	});
});

describe("packet ids", () => {
	it("exhaustion is back-pressure: a refused publish costs nothing", () => {
		const peer = online({ limits: { messages: 2 } });
		const topic = peer.client.topic("a");
		const first = peer.client.publish(topic, one, 3, QOS_1);
		peer.client.publish(topic, one, 3, QOS_1);
		const held = peer.client.heldBytes;
		expect(peer.client.publish(topic, one, 3, QOS_1)).toBe(-0x11);
		expect(peer.client.heldBytes).toBe(held);
		peer.send({ cmd: "puback", messageId: first });
		expect(peer.client.publish(topic, one, 3, QOS_1)).toBeGreaterThan(0);
	});
});

describe("PUBLISH to the server", () => {
	it("nothing is sent again on a live link: an acknowledgement that does not come closes it", () => {
		const peer = online({ timeouts: { ackMs: 5000 } });
		const id = peer.client.publish(peer.client.topic("a"), one, 3, QOS_1);
		peer.take();
		peer.time.run(4999);
		expect(peer.brief()).toEqual([]);
		expect(peer.told()).toEqual([]);
		peer.time.run(1);
		expect(peer.told()).toEqual(["offline 37"]);
		peer.online(true);
		expect(peer.brief()).toEqual([`publish a one q1 d1 r0 #${id}`]);
	});

	it("one message unacknowledged while others come and go is still found", () => {
		const peer = online({ timeouts: { ackMs: 5000 } });
		const topic = peer.client.topic("a");
		peer.client.publish(topic, one, 3, QOS_1);
		for (let i = 0; i < 9; i += 1) {
			const id = peer.client.publish(topic, two, 3, QOS_1);
			peer.time.run(500);
			peer.send({ cmd: "puback", messageId: id });
		}
		peer.told();
		peer.time.run(500);
		expect(peer.told()).toEqual(["offline 37"]);
	});

	it("an acknowledgement of the wrong kind closes, one for an unknown id does not", () => {
		const peer = online();
		const id = peer.client.publish(peer.client.topic("a"), one, 3, QOS_2);
		peer.send({ cmd: "puback", messageId: 4711 }, { cmd: "pubcomp", messageId: 4711 });
		expect(peer.told()).toEqual([]);
		peer.send({ cmd: "puback", messageId: id });
		expect(peer.told()).toEqual(["offline 57"]);
		peer.online(true);
		peer.told();
		peer.send({ cmd: "pubcomp", messageId: id });
		expect(peer.told()).toEqual(["offline 57"]);
	});

	it("section 3.7.2.1: PUBCOMP 0x92 after a reconnect is no error: the PUBCOMP before it was lost, not the message", () => {
		const peer = online({ protocolVersion: 5 });
		const id = peer.client.publish(peer.client.topic("a"), one, 3, QOS_2);
		peer.send({ cmd: "pubrec", messageId: id, reasonCode: 0 });
		peer.socket.fail();
		peer.online(true);
		peer.told();
		expect(peer.brief()).toEqual([`pubrel #${id}`]);
		peer.send({ cmd: "pubcomp", messageId: id, reasonCode: 0x92 });
		expect(peer.told()).toEqual([`end ${id} settled 92`]);
	});
});
