// The sender's side of QoS 0, 1 and 2, by statement of the standard. Virtual time, a scripted peer.

import { describe, expect, it } from "vitest";
import { Misuse, QOS_1, QOS_2 } from "../../../../firmware/mqtt/client.js";
import { expectBroken, online, Peer, publish, utf8 } from "../../../support/peer.js";

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
	it("[MQTT-2.3.1-5] QoS 0 has none", () => {
		const peer = online();
		peer.client.publish(peer.client.topic("a"), one, 3, 0);
		expect(peer.hex()).toBe("30060001616f6e65");
	});

	it("[MQTT-2.3.1-1] [MQTT-2.3.1-2] [MQTT-2.3.1-3] [MQTT-2.3.1-4] never 0, never in use twice, one space for PUBLISH, SUBSCRIBE and UNSUBSCRIBE, over the wrap", () => {
		// Ids begin where chance says: here a little before the wrap.
		const peer = online({ limits: { messages: 3 }, random: { next: () => 64_500 } });
		const topic = peer.client.topic("a");
		const inUse = new Set<number>();
		const kept = peer.client.publish(topic, one, 3, QOS_1);
		inUse.add(kept);
		peer.take();
		let wraps = 0;
		let last = 0;
		for (let i = 0; i < 3000; i += 1) {
			const ticket = peer.client.publish(topic, two, 3, QOS_1);
			if (ticket < last) wraps += 1;
			last = ticket;
			if (ticket < 1 || ticket > 65_535 || inUse.has(ticket)) throw new Error(`id ${ticket}`);
			if (i % 100 === 0) {
				const handle = peer.client.subscribe("x", () => {});
				const id = peer.take().find(packet => packet.cmd === "subscribe")!.messageId!;
				expect(id).toBeGreaterThan(0);
				expect([kept, ticket]).not.toContain(id);
				peer.send({ cmd: "suback", messageId: id, granted: [0] });
				peer.client.unsubscribe(handle);
				const other = peer.take()[0]!.messageId!;
				expect([0, kept, ticket]).not.toContain(other);
				peer.send({ cmd: "unsuback", messageId: other, granted: [] });
			}
			peer.send({ cmd: "puback", messageId: ticket });
			peer.take();
			peer.socket.allow(100_000);
		}
		expect(wraps).toBeGreaterThan(0);
	});

	it("[MQTT-2.3.1-3] exhaustion is back-pressure: a refused publish costs nothing", () => {
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
	it("[MQTT-3.3.1-1] [MQTT-3.3.1-2] DUP is 0 the first time, 1 on every later one, and 0 at QoS 0", () => {
		const peer = online();
		const topic = peer.client.topic("a");
		peer.client.publish(topic, one, 3, 0);
		const id = peer.client.publish(topic, two, 3, QOS_1);
		expect(peer.brief()).toEqual(["publish a one q0 d0 r0", `publish a two q1 d0 r0 #${id}`]);
		for (let i = 0; i < 2; i += 1) {
			peer.socket.fail();
			peer.online(true);
			expect(peer.brief()).toEqual([`publish a two q1 d1 r0 #${id}`]);
		}
	});

	it("[MQTT-3.3.1-1] what never left is no resend: DUP 0", () => {
		const peer = online();
		peer.socket.fail();
		const id = peer.client.publish(peer.client.topic("a"), one, 3, QOS_1);
		peer.online(true);
		expect(peer.brief()).toEqual([`publish a one q1 d0 r0 #${id}`]);
	});

	it("[MQTT-3.3.1-1] what left in part may have arrived: DUP 1", () => {
		const peer = new Peer().online(false, 20);
		const id = peer.client.publish(peer.client.topic("a"), new Uint8Array(50).fill(65), 50, QOS_1);
		peer.socket.fail();
		peer.online(true);
		expect(peer.brief()).toEqual([`publish a ${"A".repeat(50)} q1 d1 r0 #${id}`]);
	});

	it("[MQTT-4.4.0-1] [MQTT-4.6.0-1] [MQTT-4.6.0-4] after a reconnect: PUBREL and PUBLISH with their old ids, in their old order", () => {
		const peer = online();
		const topic = peer.client.topic("a");
		const ids = [1, 2, 3, 4, 5].map(i => peer.client.publish(topic, utf8(String(i)), 1, i % 2 ? QOS_2 : QOS_1));
		peer.take();
		// PUBREC packets in another order than the PUBLISH packets: PUBREL follows theirs.
		peer.send({ cmd: "pubrec", messageId: ids[4]! }, { cmd: "pubrec", messageId: ids[0]! });
		expect(peer.brief()).toEqual([`pubrel #${ids[4]}`, `pubrel #${ids[0]}`]);
		peer.socket.fail();
		peer.online(true);
		expect(peer.brief()).toEqual([
			`pubrel #${ids[4]}`,
			`pubrel #${ids[0]}`,
			`publish a 2 q1 d1 r0 #${ids[1]}`,
			`publish a 3 q2 d1 r0 #${ids[2]}`,
			`publish a 4 q1 d1 r0 #${ids[3]}`,
		]);
	});

	it("[MQTT-4.6.0-3] [MQTT-4.6.0-4] PUBREC and PUBREL leave in the order of what caused them", () => {
		const peer = online();
		peer.send(publish("a", "1", 2, 9), publish("a", "2", 2, 3), publish("a", "3", 2, 5));
		expect(peer.brief()).toEqual(["pubrec #9", "pubrec #3", "pubrec #5"]);
	});

	it("[MQTT-4.3.3-1] after PUBREL was owed the PUBLISH never goes out again, PUBREL does until PUBCOMP", () => {
		const peer = online();
		const id = peer.client.publish(peer.client.topic("a"), one, 3, QOS_2);
		peer.take();
		peer.socket.allow(0);
		peer.send({ cmd: "pubrec", messageId: id });
		expect(peer.brief()).toEqual([]);
		peer.socket.fail();
		for (let i = 0; i < 2; i += 1) {
			peer.online(true);
			expect(peer.brief()).toEqual([`pubrel #${id}`]);
			peer.socket.fail();
		}
		peer.online(true);
		peer.take();
		peer.told();
		peer.send({ cmd: "pubcomp", messageId: id });
		expect(peer.told()).toEqual([`end ${id} settled 0`]);
	});

	it("[MQTT-4.3.3-1] PUBREC is answered with PUBREL each time it comes, and also for an unknown id", () => {
		const peer = online();
		const id = peer.client.publish(peer.client.topic("a"), one, 3, QOS_2);
		peer.take();
		peer.send({ cmd: "pubrec", messageId: id }, { cmd: "pubrec", messageId: id }, { cmd: "pubrec", messageId: 77 });
		expect(peer.brief()).toEqual([`pubrel #${id}`, `pubrel #${id}`, "pubrel #77"]);
	});

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

	it("[MQTT-3.3.2-2] [MQTT-4.7.3-1] [MQTT-4.7.3-2] [MQTT-4.7.3-3] topic names with wildcards, NUL, nothing, or more than 65,535 bytes are misuse", () => {
		const { client } = online({ limits: { topicBytes: 65_000 } });
		for (const name of ["", "a/+", "#", "a\0", "é".repeat(40_000)]) expect(() => client.topic(name)).toThrow(Misuse);
		expect(client.topic("/")).toBeGreaterThan(0);
		expect(client.topic(" with spaces/é")).toBeGreaterThan(0);
	});
});
