// The sender's side of QoS 0, 1 and 2 beyond the statements of the standard. Virtual time, a scripted peer.

import { describe, expect, it } from "vitest";
import { FIRST, Misuse, QOS_1, QOS_2, RETAIN, type Source } from "../../../../firmware/mqtt/client.js";
import { expectBroken, online, Peer, utf8 } from "../../../support/peer.js";

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

/** Offline, with these published: "topic payload qos", and "first" behind it. Their tickets. */
function queue(peer: Peer, ...messages: string[]): number[] {
	return messages.map(text => {
		const [topic, payload, qos, first] = text.split(" ");
		return peer.client.publish(topic!, payload!, { qos: Number(qos), first: first === "first" });
	});
}

/** Payloads of the messages sent since the last time, a mark on those that are sent once more. */
function sentBy(peer: Peer): string[] {
	return peer
		.take()
		.flatMap(packet => (packet.cmd === "publish" ? [`${packet.payload}${packet.dup ? " again" : ""}`] : []));
}

describe.each([4, 5] as const)("what goes first (version %s)", protocolVersion => {
	const make = (options = {}) => new Peer({ protocolVersion, ...options });

	it("among what has never left, FIRST goes out before all others, in its own order", () => {
		const peer = make();
		queue(peer, "a 1 1", "a 2 2", "a 3 1 first", "b 4 1", "b 5 2 first");
		peer.online();
		expect(sentBy(peer)).toEqual(["3", "5", "1", "2", "4"]);
	});

	it("online with nothing before it, it goes at once", () => {
		const peer = make().online();
		peer.take();
		const topic = peer.client.topic("a");
		expect(peer.client.publish(topic, one, 3, FIRST | RETAIN)).toBe(0);
		expect(peer.client.publish(topic, one, 3, FIRST | QOS_1)).toBeGreaterThan(0);
		expect(sentBy(peer)).toEqual(["one", "one"]);
	});

	it("[MQTT-4.4.0-1] [MQTT-4.6.0-1] what was sent on an earlier connection goes before it, and in the order in which it was sent", () => {
		const peer = make({ limits: { messages: 8 } });
		queue(peer, "a 1 1", "a 2 2", "a 3 1 first");
		peer.online();
		peer.socket.fail();
		queue(peer, "a 4 1", "a 5 1 first");
		peer.online(true);
		expect(sentBy(peer)).toEqual(["3 again", "1 again", "2 again", "5", "4"]);
	});

	it("a message that is just leaving is not overtaken, and its bytes stay its own", () => {
		for (const qos of [0, 1]) {
			const peer = make().online();
			peer.take();
			peer.socket.allow(20);
			const long = "x".repeat(100);
			queue(peer, `a ${long} ${qos}`, "a 2 1", "a 3 1 first");
			peer.socket.allow(10_000);
			expect(sentBy(peer)).toEqual([long, "3", "2"]);
		}
	});

	it("overtakes those that wait for the server's Receive Maximum while QoS 0 is on its way past them", () => {
		if (protocolVersion === 4) return;
		const peer = new Peer({ protocolVersion });
		peer.online(false, 100_000, { receiveMaximum: 1 });
		peer.take();
		const [id] = queue(peer, "a 1 1", "a 2 1");
		peer.socket.allow(20);
		const long = "x".repeat(100);
		queue(peer, `a ${long} 0`, "a 3 1 first");
		peer.socket.allow(10_000);
		expect(sentBy(peer)).toEqual(["1", long]);
		peer.send({ cmd: "puback", messageId: id! });
		expect(sentBy(peer)).toEqual(["3"]);
	});

	it("a part of a view is published as that part, with what lies behind it in the outbox left alone", () => {
		const peer = make();
		queue(peer, "a 1 1", "a 2 1");
		const topic = peer.client.topic("b");
		peer.client.publish(topic, utf8("onlineoffline"), 6, QOS_1 | FIRST);
		peer.client.publish(topic, utf8("onlineoffline"), 7, QOS_1 | FIRST, 6);
		peer.online();
		expect(sentBy(peer)).toEqual(["online", "offline", "1", "2"]);
	});

	it("is no word for streamed messages, and none that can be said with other nonsense", () => {
		const peer = make();
		const topic = peer.client.topic("a");
		expect(() => peer.client.publishFrom(topic, { read: () => 0 }, 5, QOS_2 | FIRST)).toThrow(Misuse);
		for (const flags of [6 | FIRST, 0x80 | FIRST, 0x08 | FIRST])
			expect(() => peer.client.publish(topic, one, 3, flags)).toThrow(Misuse);
		queue(peer, "a 1 1", "a 2 1");
		peer.online();
		expect(sentBy(peer)).toEqual(["1", "2"]);
	});
});

describe.each([4, 5] as const)("QoS 0 without a connection (version %s)", protocolVersion => {
	const make = (options = {}) => new Peer({ protocolVersion, qos0WhileOffline: "keep", ...options });
	const bytes = (length: number): Source => ({
		read(into, at, count, position) {
			const piece = Math.min(count, length - position);
			into.fill(0x78, at, at + piece);
			return piece;
		},
	});

	it("is refused, unless it is to be kept", () => {
		const peer = make({ qos0WhileOffline: "refuse" });
		const topic = peer.client.topic("a");
		expect(queue(peer, "a 1 0")).toEqual([-0x13]);
		expect(peer.client.publishFrom(topic, bytes(5), 5)).toBe(-0x13);
		expect(peer.client.unsettled).toBe(0);
	});

	it("kept, it waits in its turn, and has settled with its last byte", () => {
		const peer = make();
		const tickets = queue(peer, "a 1 1", "a 2 0", "a 3 1");
		const streamed = peer.client.publishFrom(peer.client.topic("s"), bytes(5), 5);
		peer.online();
		expect(sentBy(peer)).toEqual(["1", "2", "3", "xxxxx"]);
		expect(peer.told()).toEqual(["online false", `end ${tickets[1]} settled 0`, `end ${streamed} settled 0`]);
	});

	it("what waits outlives attempts, connections and a lost session; what has left in part does not", () => {
		const peer = make({ limits: { outbox: 2048 } });
		const [waits] = queue(peer, "a 1 0");
		peer.connect();
		peer.socket.fail();
		expect(peer.told()).toEqual(["offline 38"]);
		peer.online(true, 200);
		expect(peer.told()).toEqual(["online true", `end ${waits} settled 0`]);
		peer.take();
		peer.socket.allow(50);
		const [partly, queued] = queue(peer, `a ${"x".repeat(100)} 0`, "a 3 0");
		peer.socket.fail();
		peer.time.run(0);
		expect(peer.told().sort()).toEqual([`end ${partly} dropped 38`, "offline 38"].sort());
		peer.online(false);
		expect([sentBy(peer), peer.told()]).toEqual([["3"], ["online false", `end ${queued} settled 0`]]);
	});

	it("drain() waits for it, and close() drops it", () => {
		const peer = make();
		const [first] = queue(peer, "a 1 0");
		peer.client.open();
		peer.client.drain(60_000);
		peer.time.run(0);
		expect(peer.told()).toEqual([]);
		peer.socket.allow(1000);
		peer.send({ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: false });
		expect(peer.told()).toEqual(["online false", `end ${first} settled 0`, "drained 0"]);
		peer.socket.fail();
		const [second] = queue(peer, "a 2 0");
		peer.client.close();
		expect(peer.told()).toEqual(["offline 38", `end ${second} dropped 19`, "closed"]);
	});
});
