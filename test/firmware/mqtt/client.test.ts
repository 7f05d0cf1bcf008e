// The public class: what it promises beyond the protocol. Virtual time, a scripted peer.

import type { Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { type Incoming, Misuse, QOS_1, QOS_2, RETAIN, type Source } from "../../../firmware/mqtt/client.js";
import { bytesOf, online, Peer, publish, utf8 } from "../../support/peer.js";

const one = utf8("one");

describe("publish", () => {
	it("returns a ticket, and ends each exactly once", () => {
		const peer = online();
		const topic = peer.client.topic("a");
		const first = peer.client.publish(topic, one, 3, QOS_1);
		const second = peer.client.publish(topic, one, 3, QOS_2 | RETAIN);
		expect(peer.brief()).toEqual([`publish a one q1 d0 r0 #${first}`, `publish a one q2 d0 r1 #${second}`]);
		expect(peer.client.unsettled).toBe(2);
		peer.send({ cmd: "puback", messageId: first }, { cmd: "puback", messageId: first });
		peer.send({ cmd: "pubrec", messageId: second }, { cmd: "pubcomp", messageId: second });
		expect(peer.told()).toEqual([`end ${first} settled 0`, `end ${second} settled 0`]);
		expect(peer.client.unsettled).toBe(0);
	});

	it("QoS 0 goes straight to the socket: 0, and no callback; without a connection it is refused", () => {
		const peer = online();
		const topic = peer.client.topic("a");
		expect(peer.client.publish(topic, one, 3, 0)).toBe(0);
		expect(peer.socket.writes).toBe(2);
		peer.socket.fail();
		expect(peer.client.publish(topic, one, 3, 0)).toBe(-0x13);
		expect(peer.told()).toEqual(["offline 38"]);
	});

	it("QoS 0 that finds the socket full waits its turn, then ends settled; or dropped with the connection", () => {
		const peer = online({}, 40);
		const topic = peer.client.topic("a");
		peer.socket.allow(2);
		const first = peer.client.publish(topic, one, 3, 0);
		const second = peer.client.publish(topic, one, 3, 0);
		expect(first).toBeGreaterThan(0);
		expect(peer.told()).toEqual([]);
		peer.socket.allow(8);
		expect(peer.brief()).toEqual(["publish a one q0 d0 r0"]);
		expect(peer.told()).toEqual([`end ${first} settled 0`]);
		peer.socket.fail();
		expect(peer.told()).toEqual(["offline 38", `end ${second} dropped 38`]);
	});

	it.each([0, QOS_1, QOS_2])("goes out in one write where the socket has just the room, flags %d", flags => {
		// With a remaining length of one byte, and of two.
		for (const size of [3, 200])
			for (let spare = -1; spare < 6; spare += 1) {
				const peer = online();
				const topic = peer.client.topic("a");
				const length = size + 3 + (flags > 0 ? 2 : 0);
				peer.socket.allow(length + (length < 128 ? 2 : 3) + spare);
				const writes = peer.socket.writes;
				const ticket = peer.client.publish(topic, new Uint8Array(size).fill(0x78), size, flags);
				const whole = `publish a ${"x".repeat(size)} q${flags >> 1} d0 r0${flags > 0 ? ` #${ticket}` : ""}`;
				expect([spare, peer.socket.writes - writes]).toEqual([spare, 1]);
				if (spare < 0) peer.socket.allow(1);
				expect(peer.brief()).toEqual([whole]);
			}
	});

	it("writes nothing of what it refuses, though the socket has room", () => {
		for (const [limits, code] of [
			[{ messages: 1 }, 0x11],
			[{ outbox: 64 }, 0x10],
		] as const) {
			const peer = online({ limits });
			const topic = peer.client.topic("a");
			const first = peer.client.publish(topic, new Uint8Array(30), 30, QOS_1);
			expect(first).toBeGreaterThan(0);
			const writes = peer.socket.writes;
			expect([-code, peer.client.publish(topic, new Uint8Array(30), 30, QOS_2)]).toEqual([-code, -code]);
			expect([peer.socket.writes, peer.client.unsettled]).toEqual([writes, 1]);
		}
	});

	it("takes an acknowledgement for the message whose id it has, and that has left as a whole", () => {
		const peer = online({ limits: { messages: 8 } });
		const topic = peer.client.topic("a");
		const ticket = peer.client.publish(topic, one, 3, QOS_1);
		// An id with the same row.
		peer.send({ cmd: "puback", messageId: ticket + 9 });
		expect([peer.told(), peer.client.unsettled]).toEqual([[], 1]);
		peer.send({ cmd: "puback", messageId: ticket });
		expect(peer.told()).toEqual([`end ${ticket} settled 0`]);
		peer.socket.allow(5);
		peer.send({ cmd: "puback", messageId: peer.client.publish(topic, one, 3, QOS_1) });
		expect([peer.told(), peer.client.unsettled]).toEqual([["offline 57"], 1]);
	});

	it("waits for each acknowledgement from when that message was sent", () => {
		const peer = online({ keepAlive: 0, timeouts: { ackMs: 20_000 } });
		const topic = peer.client.topic("a");
		peer.send({ cmd: "puback", messageId: peer.client.publish(topic, one, 3, QOS_1) });
		peer.time.run(15_000);
		peer.client.publish(topic, one, 3, QOS_1);
		peer.time.run(19_000);
		expect(peer.client.isOnline).toBe(true);
		peer.time.run(2000);
		expect(peer.client.isOnline).toBe(false);
	});

	it("refuses handles below 0, whatever lies in front of the table of topics", () => {
		const peer = online();
		peer.socket.allow(0);
		// Their acknowledgements wait there.
		for (let id = 1; id < 9; id += 1) peer.send(publish("a", "one", 1, id));
		for (let handle = -100; handle < 0; handle += 1)
			expect(() => peer.client.publish(handle, one, 3, QOS_1)).toThrow(`${handle} is not the handle of a topic name`);
		expect(peer.client.unsettled).toBe(0);
	});

	it("takes a part of a buffer, and bytes of its own buffer", () => {
		const peer = online({
			onMessage: (message: Incoming) => {
				peer.client.publish(echo, message.bytes, message.payloadLength, QOS_1, message.payloadAt);
			},
		});
		const echo = peer.client.topic("echo");
		const buffer = utf8("0123456789");
		peer.client.publish(echo, buffer, 4, QOS_1, 3);
		peer.client.publish(echo, buffer, 2, 0, 8);
		peer.client.publish(echo, buffer, 2, 0);
		peer.send(publish("a", "ping"));
		expect(peer.take().map(packet => String((packet as { payload: Buffer }).payload))).toEqual([
			"3456",
			"89",
			"01",
			"ping",
		]);
	});

	it("is back-pressure by name: full in bytes, full in messages, too large for ever", () => {
		const peer = online({ limits: { outbox: 100, messages: 3 } });
		const topic = peer.client.topic("a");
		expect(peer.client.publish(topic, new Uint8Array(90), 90, QOS_1)).toBe(-0x12);
		expect(peer.client.publish(topic, new Uint8Array(60), 60, QOS_1)).toBeGreaterThan(0);
		expect(peer.client.publish(topic, new Uint8Array(60), 60, QOS_1)).toBe(-0x10);
		expect(peer.client.publish(topic, one, 1, QOS_1)).toBeGreaterThan(0);
		expect(peer.client.publish(topic, one, 1, QOS_1)).toBe(-0x10);
	});

	it("misuse throws at the call", () => {
		const { client } = online();
		const topic = client.topic("a");
		const filter = client.subscribe("b", () => {});
		for (const wrong of [
			() => client.publish(99, one, 3, 0),
			() => client.publish(filter, one, 3, 0),
			() => client.publish(topic, one, 4, 0),
			() => client.publish(topic, one, -1, 0),
			() => client.publish(topic, one, 2, 0, 2),
			() => client.publish(topic, one, 3, 6),
			() => client.publish(topic, one, 3, 8),
			() => client.publish("a/#", "x"),
			() => client.publish("a", "x", { qos: 3 }),
			() => client.unsubscribe(topic),
			() => client.subscribe("a", () => {}, { qos: -1 }),
			() => client.open(),
			() => client.drain(-1),
		])
			expect(wrong).toThrow(Misuse);
	});

	it("by name: strings become UTF-8", () => {
		const peer = online();
		const id = peer.client.publish("é/😀", "grüße 😀", { qos: 1, retain: true });
		peer.client.publish("b", utf8("x"));
		expect(peer.brief()).toEqual([`publish é/😀 grüße 😀 q1 d0 r1 #${id}`, "publish b x q0 d0 r0"]);
	});

	it("larger than the send buffer, and through a socket that takes two bytes at a time", () => {
		const peer = online({ limits: { outbox: 4000, send: 64 } });
		const payload = Buffer.from(Array.from({ length: 3000 }, (_, i) => i & 0xff));
		peer.socket.allow(0);
		const id = peer.client.publish("big", payload, { qos: 1 });
		for (let i = 0; i < 1600; i += 1) peer.socket.allow(2);
		const [packet] = peer.take() as unknown as [{ payload: Buffer; messageId: number }];
		expect(packet.messageId).toBe(id);
		expect(packet.payload.equals(payload)).toBe(true);
	});
});

describe("acknowledgements and the control lane", () => {
	it("go before messages at every packet boundary", () => {
		const peer = online({ limits: { outbox: 2000 } });
		const topic = peer.client.topic("a");
		peer.socket.allow(10);
		peer.client.publish(topic, new Uint8Array(100).fill(65), 100, QOS_1);
		peer.client.publish(topic, one, 3, QOS_1);
		peer.send(publish("b", "x", 1, 7));
		peer.socket.allow(1000);
		expect(peer.take().map(packet => packet.cmd)).toEqual(["publish", "puback", "publish"]);
	});

	it("several leave in one write", () => {
		const peer = online();
		const before = peer.socket.writes;
		peer.socket.deliver(Buffer.concat([1, 2, 3].map(id => bytesOf(publish("b", "x", 1, id)))));
		expect(peer.brief()).toEqual(["puback #1", "puback #2", "puback #3"]);
		expect(peer.socket.writes).toBe(before + 1);
	});

	it("a full lane stops the reading, and loses nothing", () => {
		const seen: string[] = [];
		const peer = online({ limits: { messages: 1 }, onMessage: (message: Incoming) => seen.push(message.text()!) });
		peer.socket.allow(0);
		for (let i = 1; i <= 60; i += 1) peer.send(publish("b", String(i), 1, i));
		expect(seen.length).toBe(9);
		for (let i = 0; i < 40; i += 1) peer.socket.allow(8);
		expect(seen).toEqual(Array.from({ length: 60 }, (_, i) => String(i + 1)));
		expect(peer.brief()).toEqual(Array.from({ length: 60 }, (_, i) => `puback #${i + 1}`));
	});
});

describe("messages", () => {
	it("go to every handler whose filter matches, once each, and to onMessage where none does", () => {
		const seen: string[] = [];
		const peer = online();
		peer.client.subscribe("home/kitchen", message => seen.push(`exact ${message.topic} ${message.text()}`));
		peer.client.subscribe("home/+", message => seen.push(`plus ${message.qos} ${message.retain} ${message.duplicate}`));
		peer.client.subscribe("x", message => seen.push(`short ${message.text()}`));
		peer.send({ ...publish("home/kitchen", "21"), retain: true }, publish("x", "y"), publish("else", "z"));
		expect(seen).toEqual(["exact home/kitchen 21", "plus 0 true false", "short y"]);
		expect(peer.told()).toEqual(["message else z 0"]);
	});

	it("larger than the receive buffer come in spans to a handler that wants them, and are acknowledged after the last", () => {
		const spans: Buffer[] = [];
		const positions: number[] = [];
		let acknowledged = -1;
		const peer = online({ limits: { receive: 128 } });
		peer.client.subscribe(
			"big/+",
			message => {
				expect(message.topic).toBe("big/one");
				expect([message.total, message.last]).toEqual([1000, message.position + message.payloadLength === 1000]);
				positions.push(message.position);
				spans.push(Buffer.from(message.payload()));
				acknowledged = peer.socket.written.length;
			},
			{ stream: true },
		);
		peer.send({ cmd: "suback", messageId: peer.take()[0]!.messageId!, granted: [0] });
		const payload = Buffer.from(Array.from({ length: 1000 }, (_, i) => (i * 7) & 0xff));
		const bytes = Buffer.concat([
			bytesOf(publish("big/one", payload, 2, 9)),
			bytesOf(publish("small", "after", 1, 10)),
		]);
		for (let at = 0; at < bytes.length; at += 77) peer.socket.deliver(bytes.subarray(at, at + 77));
		expect(Buffer.concat(spans).equals(payload)).toBe(true);
		expect(positions[0]).toBe(0);
		expect(spans.length).toBeGreaterThan(5);
		expect(acknowledged).toBe(0);
		expect(peer.brief()).toEqual(["pubrec #9", "puback #10"]);
		expect(peer.told()).toContain("message small after 1");
	});

	it("a streamed message that ends in the middle is reported as aborted, never acknowledged, and comes again", () => {
		const seen: string[] = [];
		const peer = online({ limits: { receive: 128 } });
		peer.client.subscribe(
			"b",
			message =>
				seen.push(message.aborted ? `aborted at ${message.position}` : `${message.position}+${message.payloadLength}`),
			{ stream: true },
		);
		peer.send({ cmd: "suback", messageId: peer.take()[0]!.messageId!, granted: [2] });
		const bytes = bytesOf(publish("b", Buffer.alloc(300), 2, 9));
		peer.socket.deliver(bytes.subarray(0, 100));
		peer.socket.fail();
		expect(seen.at(-1)).toBe("aborted at 92");
		peer.online(true);
		expect(peer.brief()).toEqual([]);
		seen.length = 0;
		peer.socket.deliver(bytes);
		expect(seen[0]).toMatch(/^0\+/);
		expect(peer.brief()).toEqual(["pubrec #9"]);
		// And again: a repeat is skipped to its end and answered.
		seen.length = 0;
		peer.socket.deliver(bytes);
		expect(seen).toEqual([]);
		expect(peer.brief()).toEqual(["pubrec #9"]);
	});

	it("larger than the receive buffer without such a handler: skipped by name, and acknowledged all the same", () => {
		const seen: string[] = [];
		const peer = online({ limits: { receive: 128 } });
		peer.client.subscribe("b", message => seen.push(message.topic));
		peer.send({ cmd: "suback", messageId: peer.take()[0]!.messageId!, granted: [1] });
		peer.told();
		peer.send(publish("b", Buffer.alloc(300), 1, 9), publish("b", "small", 1, 10));
		expect(peer.told()).toEqual(["error 17"]);
		expect(seen).toEqual(["b"]);
		expect(peer.brief()).toEqual(["puback #9", "puback #10"]);
	});

	it("a handler that throws is reported, and changes nothing else", () => {
		const peer = online();
		peer.client.subscribe("boom", () => {
			throw new Error("oops");
		});
		peer.take();
		peer.send(publish("boom", "x", 1, 5), publish("calm", "y", 1, 6));
		expect(peer.told()).toEqual(["error f Error: oops", "message calm y 1"]);
		expect(peer.brief()).toEqual(["puback #5", "puback #6"]);
	});

	it("without onError what a handler throws comes out, after all is settled", () => {
		const peer = online({ onError: undefined as never });
		peer.client.subscribe("boom", () => {
			throw new Error("oops");
		});
		peer.take();
		expect(() => peer.send(publish("boom", "x", 1, 5))).toThrow("oops");
		expect(peer.brief()).toEqual(["puback #5"]);
		peer.send(publish("calm", "y"));
		expect(peer.told()).toEqual(["message calm y 0"]);
	});

	it("held at QoS 1 over a reconnect: the token is dead, and the message comes again", () => {
		const tokens: number[] = [];
		const peer = online({ onMessage: (message: Incoming) => tokens.push(message.hold()) });
		peer.send(publish("a", "x", 1, 5));
		peer.socket.fail();
		peer.online(true);
		expect(peer.client.acknowledge(tokens[0]!)).toBe(false);
		peer.send(publish("a", "x", 1, 5, true));
		expect(peer.client.acknowledge(tokens[1]!)).toBe(true);
		expect(peer.brief()).toEqual(["puback #5"]);
	});

	it("held at QoS 2 over a reconnect: not delivered twice, answered when it comes again", () => {
		const tokens: number[] = [];
		const peer = online({ onMessage: (message: Incoming) => tokens.push(message.hold()) });
		peer.send(publish("a", "x", 2, 5));
		peer.socket.fail();
		peer.online(true);
		expect(peer.client.acknowledge(tokens[0]!)).toBe(true);
		peer.send(publish("a", "x", 2, 5, true));
		expect(tokens.length).toBe(1);
		expect(peer.brief()).toEqual(["pubrec #5"]);
	});
});

describe("callbacks meet a settled state", () => {
	it("publish, subscribe, unsubscribe and close inside any of them are taken note of", () => {
		let handle = 0;
		let first: Packet[] = [];
		const peer: Peer = new Peer({
			onOnline: () => {
				handle = peer.client.subscribe("a", message => {
					peer.client.publish("reply", message.payload(), { qos: 1 });
					peer.client.unsubscribe(handle);
				});
				peer.client.publish("hello", "x", { qos: 1 });
			},
			onPublishEnd: ticket => {
				if (ticket === first[1]?.messageId) peer.client.publish("ended", "x");
			},
			onUnsubscribed: () => peer.client.close(),
		});
		peer.online();
		first = peer.take();
		expect(first.map(packet => packet.cmd)).toEqual(["subscribe", "publish"]);
		peer.send({ cmd: "suback", messageId: first[0]!.messageId!, granted: [0] }, publish("a", "x", 1, 3));
		const second = peer.take();
		expect(second.map(packet => packet.cmd)).toEqual(["puback", "unsubscribe", "publish"]);
		peer.send({ cmd: "puback", messageId: first[1]!.messageId! });
		expect(peer.brief()).toEqual(["publish ended x q0 d0 r0"]);
		peer.send({ cmd: "unsuback", messageId: second[1]!.messageId!, granted: [] });
		expect(peer.brief()).toEqual(["disconnect"]);
		expect(peer.socket.closed).toBe(true);
	});
});

describe("streamed publish", () => {
	/** A payload of counted bytes that may run dry. */
	class Counter implements Source {
		reads: number[] = [];
		dry = false;
		read(bytes: Uint8Array, at: number, count: number, position: number): number {
			if (this.dry) return 0;
			this.reads.push(position);
			for (let i = 0; i < count; i += 1) bytes[at + i] = position + i;
			return count;
		}
	}

	it("sends any length through the send buffer, and from the beginning on a resend", () => {
		const peer = online();
		const source = new Counter();
		const topic = peer.client.topic("big");
		const id = peer.client.publishFrom(topic, source, 5000, QOS_2);
		expect(peer.client.publishFrom(topic, source, 10, QOS_1)).toBe(-0x15);
		const expected = Buffer.from(Array.from({ length: 5000 }, (_, i) => i & 0xff));
		const [packet] = peer.take() as unknown as [{ payload: Buffer; dup: boolean }];
		expect(packet.payload.equals(expected)).toBe(true);
		peer.socket.fail();
		source.reads = [];
		peer.online(true);
		const [again] = peer.take() as unknown as [{ payload: Buffer; dup: boolean; messageId: number }];
		expect([again.payload.equals(expected), again.dup, again.messageId, source.reads[0]]).toEqual([true, true, id, 0]);
		peer.send({ cmd: "pubrec", messageId: id });
		expect(peer.client.publishFrom(topic, source, 10, QOS_1)).toBeGreaterThan(0);
		peer.send({ cmd: "pubcomp", messageId: id });
		expect(peer.told()).toContain(`end ${id} settled 0`);
	});

	it("waits for a source that has run dry, and goes on where it stood", () => {
		const peer = online();
		const source = new Counter();
		const topic = peer.client.topic("big");
		source.dry = true;
		const id = peer.client.publishFrom(topic, source, 600, QOS_1);
		// In the middle of a packet nothing else can be sent.
		peer.send(publish("x", "y", 1, 4));
		expect(peer.brief()).toEqual([]);
		source.dry = false;
		peer.client.resume();
		expect(peer.take().map(packet => packet.cmd)).toEqual(["publish", "puback"]);
		peer.send({ cmd: "puback", messageId: id });
		expect(peer.told().at(-1)).toBe(`end ${id} settled 0`);
	});

	it("a source that stays dry closes the link at its deadline, and the message goes out on the next", () => {
		const peer = online({ timeouts: { sourceMs: 3000 } });
		const source = new Counter();
		source.dry = true;
		const id = peer.client.publishFrom(peer.client.topic("big"), source, 600, QOS_1);
		peer.time.run(3000);
		expect(peer.told()).toEqual(["offline 39"]);
		source.dry = false;
		peer.online(true);
		expect(peer.take()[0]).toMatchObject({ cmd: "publish", messageId: id, dup: true });
	});

	it("a source that throws gives its message up, by name", () => {
		const peer = online();
		const id = peer.client.publishFrom(
			peer.client.topic("big"),
			{
				read: () => {
					throw new Error("gone");
				},
			},
			600,
			QOS_1,
		);
		// The end is told when publishFrom() has returned: its caller must know the ticket.
		expect(peer.told()).toEqual(["offline 1b"]);
		peer.time.run(0);
		expect(peer.told()).toEqual([`end ${id} dropped 1b`]);
		peer.online(true);
		expect(peer.brief()).toEqual([]);
		expect(peer.client.publishFrom(peer.client.topic("big"), new Counter(), 6, QOS_1)).toBeGreaterThan(0);
	});

	it("an empty payload is a message", () => {
		const peer = online();
		const id = peer.client.publishFrom(peer.client.topic("a"), new Counter(), 0, QOS_1);
		expect(peer.brief()).toEqual([`publish a  q1 d0 r0 #${id}`]);
	});
});

describe("the link", () => {
	it("comes back for ever, later and later, and at once after a stable while", () => {
		const peer = new Peer({ backoff: { baseMs: 1000, capMs: 8000, stableMs: 5000 } });
		peer.client.open();
		const gaps: number[] = [];
		let last = 0;
		for (let i = 0; i < 40; i += 1) {
			const before = peer.sockets.length;
			expect(peer.time.runUntil(() => peer.sockets.length > before)).toBe(true);
			gaps.push(peer.time.now - last);
			last = peer.time.now;
			peer.socket.fail();
		}
		expect(gaps[0]).toBe(0);
		expect(Math.max(...gaps)).toBeGreaterThan(4000);
		expect(Math.max(...gaps)).toBeLessThanOrEqual(8000);
		peer.told();
		peer.online();
		peer.time.run(5000);
		last = peer.time.now;
		peer.socket.fail();
		const before = peer.sockets.length;
		peer.time.runUntil(() => peer.sockets.length > before);
		expect(peer.time.now - last).toBeLessThanOrEqual(1000);
	});

	it("accepted and thrown out at once does not reset the delays", () => {
		const peer = new Peer({ backoff: { baseMs: 100, capMs: 10_000, stableMs: 5000 }, cleanSession: true });
		const gaps: number[] = [];
		for (let i = 0; i < 60; i += 1) {
			peer.online();
			const last = peer.time.now;
			peer.socket.fail();
			const before = peer.sockets.length;
			peer.time.runUntil(() => peer.sockets.length > before);
			gaps.push(peer.time.now - last);
			peer.socket.fail();
		}
		expect(Math.max(...gaps)).toBeGreaterThan(5000);
	});

	it("a socket that cannot be made, or never stands, is an attempt that failed", () => {
		let made = 0;
		const peer = new Peer({
			socket: {
				io: class {
					constructor() {
						made += 1;
						throw new Error("no network");
					}
				} as never,
			},
		});
		peer.client.open();
		peer.time.run(20_000);
		expect(made).toBeGreaterThan(2);
		expect(new Set(peer.told())).toEqual(new Set(["offline 32"]));
		const slow = new Peer({ timeouts: { connectMs: 4000 } });
		slow.client.open();
		slow.time.run(4000);
		expect(slow.told()).toEqual(["offline 33"]);
		expect(slow.sockets[0]!.closed).toBe(true);
	});

	it("what a socket knows of its end is told as it says, at any time; what is no code of ours is not", () => {
		for (const code of [0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x4f]) {
			const peer = new Peer();
			peer.client.open();
			peer.time.run(0);
			peer.socket.fail({ code });
			expect(peer.told()).toEqual([`offline ${code.toString(16)}`]);
			const later = online();
			later.socket.fail({ code });
			expect(later.told()).toEqual([`offline ${code.toString(16)}`]);
		}
		for (const error of [null, "reset", new Error("reset"), { code: "ECONNRESET" }, { code: 0x3f }, { code: 0x50 }]) {
			const peer = online();
			peer.socket.fail(error);
			expect(peer.told()).toEqual(["offline 38"]);
			const early = new Peer();
			early.client.open();
			early.time.run(0);
			early.socket.fail(error);
			expect(early.told()).toEqual(["offline 32"]);
		}
	});

	it("resolves names each time, with a deadline, and takes answers only from the question it waits for", () => {
		const questions: {
			host: string;
			onResolved(host: string, address: string): void;
			onError(): void;
			closed: boolean;
		}[] = [];
		const peer = new Peer({
			host: "broker.local",
			timeouts: { resolveMs: 1000 },
			resolver: {
				io: class {
					#question: (typeof questions)[number] | undefined;
					resolve(options: never) {
						this.#question = Object.assign(options, { closed: false });
						questions.push(this.#question!);
					}
					close() {
						if (this.#question) this.#question.closed = true;
					}
				} as never,
			},
		});
		peer.client.open();
		peer.time.run(1000);
		expect(peer.told()).toEqual(["offline 31"]);
		expect(questions[0]).toMatchObject({ host: "broker.local", closed: true });
		peer.time.runUntil(() => questions.length === 2);
		questions[0]!.onResolved("broker.local", "10.0.0.1");
		expect(peer.sockets.length).toBe(0);
		questions[1]!.onError();
		expect(peer.told()).toEqual(["offline 30"]);
		peer.time.runUntil(() => questions.length === 3);
		questions[2]!.onResolved("broker.local", "10.0.0.2");
		expect(peer.socket.options.address).toBe("10.0.0.2");
	});

	it("an address is not looked up", () => {
		for (const host of ["127.0.0.1", "::1"]) {
			const peer = new Peer({
				host,
				resolver: {
					io: class {
						constructor() {
							throw new Error("asked");
						}
					} as never,
				},
			});
			peer.connect();
			expect(peer.socket.options).toMatchObject({ address: host, port: 1883 });
		}
	});

	it("works across the wrap of the 32-bit clock, and where ticks are negative", () => {
		for (const startMs of [0x7fff_fff0, -0x8000_0000, -5, 0xffff_fff0 | 0]) {
			const peer = new Peer({ startMs, keepAlive: 10, timeouts: { ackMs: 3000 } }).online();
			peer.take();
			peer.time.run(9000);
			expect(peer.brief()).toEqual(["pingreq"]);
			peer.send({ cmd: "pingresp" });
			peer.told();
			peer.client.publish("a", "x", { qos: 1 });
			peer.time.run(2999);
			expect(peer.told()).toEqual([]);
			peer.time.run(1);
			expect(peer.told()).toEqual(["offline 37"]);
			peer.online(true);
			expect(peer.told()).toEqual(["online true"]);
		}
	});

	it("after weeks online it still pings", () => {
		const peer = online({ keepAlive: 3600 });
		let pings = 0;
		while (peer.time.now < 60 * 86_400_000 && peer.time.step())
			for (const packet of peer.take()) {
				if (packet.cmd !== "pingreq") continue;
				pings += 1;
				peer.send({ cmd: "pingresp" });
			}
		expect(pings).toBeGreaterThan(60 * 24);
		expect(peer.told().filter(line => line.startsWith("offline"))).toEqual([]);
		expect(peer.client.isOnline).toBe(true);
	});
});

describe("drain and close", () => {
	it("drain tells when every publish has ended, or that time is up", () => {
		const peer = online();
		const id = peer.client.publish("a", "x", { qos: 1 });
		peer.client.drain(1000);
		expect(peer.told()).toEqual([]);
		peer.send({ cmd: "puback", messageId: id });
		expect(peer.told()).toEqual([`end ${id} settled 0`, "drained 0"]);
		peer.client.drain(1000);
		expect(peer.told()).toEqual(["drained 0"]);
		peer.client.publish("a", "x", { qos: 1 });
		peer.client.drain(1000);
		peer.socket.fail();
		peer.time.run(1000);
		expect(peer.told().filter(line => line.startsWith("drained"))).toEqual(["drained 18"]);
	});

	it("close ends every publish: lost if it may have left, dropped if not; then nothing is called any more", () => {
		const peer = online();
		const sent = peer.client.publish("a", "x", { qos: 1 });
		peer.socket.fail();
		const unsent = peer.client.publish("a", "x", { qos: 2 });
		peer.told();
		peer.client.drain(5000);
		peer.client.close();
		expect(peer.told()).toEqual([`end ${sent} lost 19`, `end ${unsent} dropped 19`, "drained 19", "closed"]);
		peer.time.run(10_000_000);
		peer.client.close();
		expect(peer.told()).toEqual([]);
		expect(peer.client.heldBytes).toBe(0);
	});

	it("close in the middle of a packet cannot say DISCONNECT, and cuts", () => {
		const peer = online({ limits: { outbox: 2000 } });
		peer.socket.allow(10);
		peer.client.publish("a", new Uint8Array(500), { qos: 1 });
		const written = peer.socket.written.length;
		peer.client.close();
		expect(peer.socket.written.length).toBe(written);
		expect(peer.socket.closed).toBe(true);
	});

	it("can be opened again, with its subscriptions", () => {
		const peer = online();
		peer.client.subscribe("a", () => {});
		peer.send({ cmd: "suback", messageId: peer.take()[0]!.messageId!, granted: [0] });
		peer.client.close();
		peer.client.open();
		peer.online(false);
		expect(peer.brief()).toEqual([expect.stringMatching(/^subscribe a:0 #/)]);
	});
});

describe("subscriptions in motion", () => {
	it("changed while a SUBSCRIBE is in flight: the change follows its answer", () => {
		const peer = online();
		const handle = peer.client.subscribe("a", () => {}, { qos: 0 });
		const [first] = peer.take();
		expect(peer.client.subscribe("a", () => {}, { qos: 2 })).toBe(handle);
		const gone = peer.client.subscribe("b", () => {});
		peer.client.unsubscribe(gone);
		expect(peer.brief()).toEqual([]);
		peer.send({ cmd: "suback", messageId: first!.messageId!, granted: [0] });
		const next = peer.take();
		expect(next.map(packet => packet.cmd)).toEqual(["unsubscribe"]);
		peer.send({ cmd: "unsuback", messageId: next[0]!.messageId!, granted: [] });
		expect(peer.brief()).toEqual([expect.stringMatching(/^subscribe a:2 #/)]);
	});

	it("asked for while offline, or unanswered when the link went: asked for on the next, also with the session", () => {
		const peer = new Peer();
		peer.client.subscribe("a", () => {});
		peer.online(true);
		expect(peer.brief()).toEqual([expect.stringMatching(/^subscribe a:0 #/)]);
		peer.socket.fail();
		peer.online(true);
		expect(peer.brief()).toEqual([expect.stringMatching(/^subscribe a:0 #/)]);
	});

	it("more filters than one packet holds go in several, one at a time", () => {
		const peer = online({ limits: { send: 64, topics: 40, topicBytes: 2000 } });
		const filters = Array.from({ length: 20 }, (_, i) => `filter/number/${i}`);
		peer.client.subscribe(filters, () => {});
		const asked: string[] = [];
		for (let packets = peer.take(); packets.length > 0; packets = peer.take()) {
			expect(packets.length).toBe(1);
			const [packet] = packets as unknown as [{ subscriptions: { topic: string }[]; messageId: number }];
			asked.push(...packet.subscriptions.map(({ topic }) => topic));
			peer.send({ cmd: "suback", messageId: packet.messageId, granted: packet.subscriptions.map(() => 0) });
		}
		expect(asked).toEqual(filters);
	});
});

describe("what has gone wrong once", () => {
	it("acknowledge() inside a callback is sent, and blocks nothing behind it", () => {
		const peer = online({
			onMessage: (message: Incoming) => {
				expect(peer.client.acknowledge(message.hold())).toBe(true);
			},
		});
		for (let id = 1; id <= 30; id += 1) peer.send(publish("a", "x", id % 2 === 0 ? 2 : 1, id));
		expect(peer.brief().length).toBe(30);
		expect(peer.client.isOnline).toBe(true);
	});

	it("a QoS 2 message that found no room to be held comes again, and is delivered", () => {
		const tokens: number[] = [];
		const peer = online({ limits: { received: 2 }, onMessage: (message: Incoming) => tokens.push(message.hold()) });
		peer.send(publish("a", "1", 1, 1), publish("a", "2", 1, 2), publish("a", "3", 2, 3));
		expect(peer.told()).toEqual(["offline 16"]);
		expect(tokens[2]).toBe(0);
		peer.online(true);
		peer.send(publish("a", "3", 2, 3, true));
		expect(peer.client.acknowledge(tokens[3]!)).toBe(true);
		expect(peer.brief()).toEqual(["pubrec #3"]);
	});

	it("a QoS 2 message that was delivered but found no room to wait is answered when it comes again", () => {
		const seen: string[] = [];
		const peer = online({
			limits: { received: 2 },
			onMessage: (message: Incoming) => {
				seen.push(message.text()!);
				if (message.qos === 1) message.hold();
			},
		});
		peer.send(publish("a", "1", 1, 1), publish("a", "2", 1, 2), publish("a", "3", 2, 3));
		expect(peer.told()).toEqual(["offline 16"]);
		peer.online(true);
		peer.send(publish("a", "3", 2, 3, true));
		expect(seen).toEqual(["1", "2", "3"]);
		expect(peer.brief()).toEqual(["pubrec #3"]);
	});

	it("a QoS 0 write that fails leads to a reconnect, not to a wait for the next ping", () => {
		const peer = online({ keepAlive: 0 });
		peer.socket.room = 0;
		expect(peer.client.publish(peer.client.topic("a"), one, 3, 0)).toBe(-0x13);
		expect(peer.told()).toEqual(["offline 38"]);
		peer.online(true);
		expect(peer.time.now).toBeLessThan(2000);
	});

	it("a queued QoS 0 message that the socket throws back has not settled", () => {
		const peer = online();
		peer.socket.allow(1);
		const id = peer.client.publish(peer.client.topic("a"), one, 3, 0);
		peer.socket.takeWritten();
		peer.socket.write = () => {
			throw new Error("broken");
		};
		peer.socket.allow(100);
		expect(peer.told()).toEqual(["offline 38", `end ${id} dropped 38`]);
	});

	it("… and nothing else is taken for it when a handler, told of the end of a stream, publishes and the outbox is squeezed", () => {
		const ids: number[] = [];
		const peer = online({ limits: { receive: 128, outbox: 200, messages: 16 } });
		const topic = peer.client.topic("a");
		const large = new Uint8Array(60).fill(65);
		peer.client.subscribe(
			"b",
			message => {
				if (message.aborted) ids.push(peer.client.publish(topic, large, 60, QOS_1));
			},
			{ stream: true },
		);
		peer.send({ cmd: "suback", messageId: peer.take()[0]!.messageId!, granted: [2] });
		const first = peer.client.publish(topic, large, 40, QOS_1);
		const second = peer.client.publish(topic, large, 40, QOS_1);
		peer.send({ cmd: "puback", messageId: first });
		peer.socket.deliver(bytesOf(publish("b", Buffer.alloc(300), 2, 9)).subarray(0, 100));
		peer.socket.allow(0);
		const id = peer.client.publish(topic, one, 3, 0);
		peer.told();
		peer.socket.write = () => {
			throw new Error("broken");
		};
		peer.socket.allow(100);
		expect(peer.told()).toEqual(["offline 38", `end ${id} dropped 38`]);
		peer.online(true);
		expect(peer.brief()).toEqual([
			`publish a ${"A".repeat(40)} q1 d1 r0 #${second}`,
			`publish a ${"A".repeat(60)} q1 d0 r0 #${ids[0]}`,
		]);
	});

	it("packets that wait in the receive area behind a full lane go on when it has room", () => {
		const peer = online({ limits: { messages: 1 }, keepAlive: 0 });
		peer.socket.allow(0);
		peer.socket.deliver(Buffer.concat(Array.from({ length: 20 }, (_, i) => bytesOf(publish("b", "x", 1, i + 1)))));
		expect(peer.told().length).toBe(9);
		peer.socket.allow(1000);
		expect(peer.told().length).toBe(11);
		expect(peer.brief().length).toBe(20);
	});

	it("a source may not publish, and loses its message if it tries", () => {
		const peer = online();
		const topic = peer.client.topic("a");
		const source = {
			read() {
				peer.client.publish(topic, one, 3, QOS_1);
				return 1;
			},
		};
		const id = peer.client.publishFrom(topic, source, 1, QOS_1);
		peer.time.run(0);
		expect(peer.told()).toEqual(["offline 1b", `end ${id} dropped 1b`]);
	});

	it("close() in a callback of a close is that close, and not the next one", () => {
		const peer: Peer = new Peer({ onPublishEnd: () => peer.client.close() }).online();
		peer.client.publish("a", "x", { qos: 1 });
		peer.client.close();
		peer.client.open();
		peer.online(true);
		expect(peer.client.isOnline).toBe(true);
	});

	it("a large PUBLISH that is broken aborts no message that never began, and frees no other message's id", () => {
		const seen: string[] = [];
		const peer = online({ limits: { receive: 128 } });
		peer.client.subscribe("here", message => seen.push(`${message.topic} ${message.aborted}`), { stream: true });
		peer.send({ cmd: "suback", messageId: peer.take()[0]!.messageId!, granted: [2] });
		peer.send(publish("here", "x", 2, 9));
		peer.send("36 ff01 0004 68657265 0000".concat("00".repeat(100)));
		peer.online(true);
		peer.take();
		peer.send(`34 ff01 0004 68657265 0000${"00".repeat(100)}`);
		peer.online(true);
		peer.send(publish("here", "x", 2, 9, true));
		expect(seen).toEqual(["here false"]);
	});

	it("hold() before the last span, or after the handler, is misuse", () => {
		const errors: string[] = [];
		let kept: Incoming | undefined;
		const peer = online({
			limits: { receive: 128 },
			onError: (_code: number, error: unknown) => errors.push(String(error)),
		});
		peer.client.subscribe(
			"b",
			message => {
				kept = message;
				message.hold();
			},
			{ stream: true },
		);
		peer.take();
		peer.socket.deliver(bytesOf(publish("b", Buffer.alloc(300), 1, 9)));
		expect(errors.length).toBeGreaterThan(0);
		expect(errors[0]).toContain("hold");
		expect(peer.brief()).toEqual([]);
		expect(() => kept!.hold()).toThrow(Misuse);
	});

	it("a stream of SUBSCRIBE packets does not push the deadline of an unacknowledged message away", () => {
		const peer = online({ timeouts: { ackMs: 5000 }, limits: { topics: 30, topicBytes: 1000 } });
		peer.client.publish("a", "x", { qos: 1 });
		for (let i = 0; i < 4; i += 1) {
			peer.client.subscribe(`f/${i}`, () => {});
			const [packet] = peer.take().filter(packet => packet.cmd === "subscribe");
			peer.time.run(1200);
			peer.send({ cmd: "suback", messageId: packet!.messageId!, granted: [0] });
		}
		peer.told();
		peer.time.run(200);
		expect(peer.told()).toEqual(["offline 37"]);
	});

	it("one link, one onOffline: also where the farewell of a broken one fails", () => {
		const peer = online({ onMessage: () => {} });
		peer.socket.write = () => {
			throw new Error("broken");
		};
		peer.socket.deliver(Buffer.concat([bytesOf(publish("a", "x", 1, 1)), Buffer.from("2000", "hex")]));
		expect(peer.told().length).toBe(1);
	});

	it("a message stuck half sent has a deadline, without any keep-alive", () => {
		const peer = online({ keepAlive: 0, timeouts: { ackMs: 5000 } });
		peer.socket.allow(10);
		peer.client.publish("a", "x".repeat(100), { qos: 1 });
		peer.time.run(5000);
		expect(peer.told()).toEqual(["offline 37"]);
	});

	it("an acknowledgement for what is yet to be resent ends it, and it is not resent", () => {
		const other = online();
		const resent = other.client.publish("a", "x", { qos: 2 });
		other.socket.fail();
		other.connect();
		other.socket.allow(0);
		other.send({ cmd: "connack", returnCode: 0, sessionPresent: true }, { cmd: "pubrec", messageId: resent });
		other.socket.allow(100);
		expect(other.brief()).toEqual([`pubrel #${resent}`]);
	});

	it("round trips longer than the keep-alive: PINGREQ still leaves in time, or the link is given up", () => {
		const peer = online({ keepAlive: 4, timeouts: { pingMs: 60_000 } });
		peer.time.run(3500);
		expect(peer.brief()).toEqual(["pingreq"]);
		peer.time.run(3900);
		peer.send({ cmd: "pingresp" });
		peer.time.run(0);
		expect(peer.brief()).toEqual(["pingreq"]);
		peer.time.run(4000);
		expect(peer.told().at(-1)).toBe("offline 35");
	});

	it("what was lost with a session makes room before onOnline publishes", () => {
		const tickets: number[] = [];
		const peer: Peer = new Peer({
			limits: { messages: 2 },
			onOnline: () => tickets.push(peer.client.publish("birth", "x", { qos: 1 })),
		});
		peer.online();
		peer.client.publish("a", "x", { qos: 1 });
		peer.socket.fail();
		peer.online(false);
		expect(tickets.every(ticket => ticket > 0)).toBe(true);
	});

	it("things that are no Uint8Array, no whole numbers, no functions and no classes are misuse", () => {
		const { client } = online();
		const topic = client.topic("a");
		for (const wrong of [
			() => client.publish(topic, new ArrayBuffer(4) as never, 4, QOS_1),
			() => client.publish(topic, "hello" as never, 5, QOS_1),
			() => client.publish(topic, new Uint16Array(4) as never, 4, QOS_1),
			() => client.publish(topic, one, 1.5, QOS_1),
			() => client.publish(topic, one, 1, QOS_1, 0.5),
			() => client.subscribe("x", undefined as never),
			() => client.subscribe(["good", "bad/#/x"], () => {}),
			() => client.publishFrom(topic, undefined as never, 3, QOS_1),
			() => new Peer({ socket: undefined as never }),
			() => new Peer({ timer: {} as never }),
		])
			expect(wrong).toThrow(Misuse);
		expect(client.subscribe("next", () => {})).toBe(2);
	});

	it("drain() inside onDrained is answered once a turn", () => {
		let drained = 0;
		const peer: Peer = new Peer({
			onDrained: () => {
				drained += 1;
				if (drained < 1000) peer.client.drain(10);
			},
		}).online();
		peer.client.drain(10);
		expect(drained).toBe(1);
		peer.time.run(0);
		expect(drained).toBeGreaterThan(1);
	});

	it("a streaming handler beside one that takes whole messages: the latter's loss is reported", () => {
		const spans: number[] = [];
		const peer = online({ limits: { receive: 128 } });
		peer.client.subscribe("b/+", message => spans.push(message.payloadLength), { stream: true });
		peer.client.subscribe("b/c", () => spans.push(-1));
		peer.take();
		peer.send(publish("b/c", Buffer.alloc(300)));
		expect(spans.reduce((sum, n) => sum + n, 0)).toBe(300);
		expect(peer.told()).toEqual(["error 17"]);
	});

	it("a full table of QoS 2 ids: the acknowledgements leave before the link is closed, so that the next one gets further", () => {
		const peer = online({ limits: { received: 2, outbox: 2000 } });
		peer.socket.allow(10);
		peer.client.publish("a", new Uint8Array(100), { qos: 1 });
		for (const id of [1, 2, 3]) peer.send(publish("b", "x", 2, id));
		expect(peer.told().filter(line => line.startsWith("offline"))).toEqual([]);
		peer.send(publish("b", "unread", 0));
		peer.socket.allow(1000);
		expect(peer.brief().slice(1)).toEqual(["pubrec #1", "pubrec #2"]);
		expect(peer.told()).toEqual(["offline 16"]);
	});

	it("acknowledgements given in handlers leave while a long read goes on", () => {
		const peer = online({
			onMessage: (message: Incoming) => {
				if (message.text() === "hold") expect(peer.client.acknowledge(message.hold())).toBe(true);
			},
		});
		const burst = Array.from({ length: 60 }, (_, i) => bytesOf(publish("a", i % 3 === 0 ? "hold" : "x", 1, i + 1)));
		peer.socket.deliver(Buffer.concat(burst));
		expect(peer.brief()).toEqual(Array.from({ length: 60 }, (_, i) => `puback #${i + 1}`));
	});

	it("close() in an onOffline that a publish has caused closes at once", () => {
		const peer: Peer = new Peer({ onOffline: () => peer.client.close() }).online();
		peer.socket.write = () => {
			throw new Error("broken");
		};
		expect(peer.client.publish("a", "x", { qos: 1 })).toBeGreaterThan(0);
		peer.time.run(0);
		expect(peer.told().at(-1)).toBe("closed");
		peer.time.run(100_000);
		expect(peer.sockets.length).toBe(1);
	});

	it("what an onOffline throws during a publish comes out of the timer, before another attempt", () => {
		const peer = online({
			onError: undefined as never,
			onOffline: () => {
				throw new Error("oops");
			},
		});
		peer.socket.write = () => {
			throw new Error("broken");
		};
		expect(peer.client.publish("a", "x", { qos: 1 })).toBeGreaterThan(0);
		expect(() => peer.time.run(0)).toThrow("oops");
		expect(peer.sockets.length).toBe(1);
	});

	it("close() and acknowledge() in Source.read take effect when it has returned", () => {
		let token = 0;
		const peer = online({
			onMessage: (message: Incoming) => {
				token = message.hold();
			},
		});
		peer.send(publish("x", "y", 1, 9));
		const source = {
			read(_bytes: Uint8Array, _at: number, count: number) {
				peer.client.acknowledge(token);
				return count;
			},
		};
		const id = peer.client.publishFrom(peer.client.topic("a"), source, 10, QOS_1);
		peer.time.run(0);
		expect(peer.brief().at(-1)).toBe("puback #9");
		peer.send({ cmd: "puback", messageId: id });
		const closing = {
			read(_bytes: Uint8Array, _at: number, count: number) {
				peer.client.close();
				return count;
			},
		};
		peer.client.publishFrom(peer.client.topic("b"), closing, 10, 0);
		peer.time.run(0);
		expect(peer.socket.closed).toBe(true);
	});

	it("open() while close() is still telling is misuse; in onClosed it opens", () => {
		const thrown: unknown[] = [];
		let closed = 0;
		const peer: Peer = new Peer({
			onPublishEnd: () => {
				try {
					peer.client.open();
				} catch (error) {
					thrown.push(error);
				}
			},
			onClosed: () => {
				closed += 1;
				if (closed === 1) peer.client.open();
			},
		}).online();
		peer.client.publish("a", "x", { qos: 1 });
		peer.client.close();
		expect([thrown.length, thrown[0] instanceof Misuse, closed]).toEqual([1, true, 1]);
		peer.online(true);
		expect(peer.client.isOnline).toBe(true);
	});

	it("open() and close() at once make no socket", () => {
		const peer = new Peer();
		peer.client.open();
		peer.client.close();
		peer.time.run(10_000);
		expect([peer.sockets.length, peer.told()]).toEqual([0, ["closed"]]);
	});

	it("waiting for the last acknowledgements to leave has an end, also without a keep-alive", () => {
		const peer = online({ keepAlive: 0, limits: { received: 2 }, timeouts: { pingMs: 3000 } });
		peer.socket.allow(0);
		for (const id of [1, 2, 3]) peer.send(publish("b", "x", 2, id));
		peer.told();
		peer.time.run(2999);
		expect(peer.told()).toEqual([]);
		peer.time.run(1);
		expect(peer.told()).toEqual(["offline 35"]);
	});
});
