// Who makes room for whom when the outbox is full: both policies, at both versions, on virtual time.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { END_DROPPED, Misuse, QOS_1, type Source } from "../../../firmware/mqtt/client.js";
import { Overflow } from "../../../firmware/optional/overflow.js";
import { FlashStore } from "../../../firmware/optional/store.js";
import { MemoryKeyValue } from "../../../host-sim/node/keyvalue.js";
import { Flash } from "../../../host-sim/world/flash.js";
import { Peer, type PeerOptions } from "../../support/peer.js";

const OUTBOX_FULL = 0x10;
const IN_FLIGHT_FULL = 0x11;
const TOO_LARGE = 0x12;
const STORE_FAILED = 0x1d;

describe.each([4, 5] as const)("when the outbox is full (version %s)", protocolVersion => {
	function make(policy: "drop-oldest" | "latest-per-topic", options: PeerOptions = {}, tickets?: number) {
		const overflow = new Overflow(policy, tickets);
		const peer = new Peer({ protocolVersion, whenFull: overflow, limits: { messages: 3 }, ...options });
		/** Publishes "topic payload", at QoS 1 unless it says more. */
		const put = (text: string, more = {}) => {
			const [topic, payload] = text.split(" ");
			return peer.client.publish(topic!, payload!, { qos: 1, ...more });
		};
		const sent = () => peer.take().flatMap(packet => (packet.cmd === "publish" ? [String(packet.payload)] : []));
		return { overflow, peer, put, sent };
	}

	it("drop-oldest: the oldest that has never left makes room, and ends once, when publish() has returned", () => {
		const { overflow, peer, put, sent } = make("drop-oldest");
		const tickets = ["a 1", "b 2", "c 3", "d 4", "e 5"].map(text => put(text));
		expect(tickets.every(ticket => ticket > 0)).toBe(true);
		expect([peer.told(), peer.client.unsettled, overflow.dropped]).toEqual([[], 5, 2]);
		peer.client.open();
		peer.time.run(0);
		expect(peer.told()).toEqual([`end ${tickets[0]} dropped 1e`, `end ${tickets[1]} dropped 1e`]);
		expect([peer.client.unsettled, overflow.untold]).toEqual([3, 0]);
		peer.socket.allow(1000);
		peer.take();
		peer.send({ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: false });
		expect(sent()).toEqual(["3", "4", "5"]);
		for (const messageId of tickets.slice(2)) peer.send({ cmd: "puback", messageId });
		expect(peer.told()).toEqual(["online false", ...tickets.slice(2).map(ticket => `end ${ticket} settled 0`)]);
	});

	it("drop-oldest: as many as are needed, where bytes are short, and no more", () => {
		const { overflow, peer, put, sent } = make("drop-oldest", { limits: { messages: 8, outbox: 256 } });
		for (let i = 0; i < 5; i += 1) put(`a ${i}${"x".repeat(20)}`);
		expect(overflow.dropped).toBe(0);
		put(`a long${"x".repeat(120)}`);
		expect(overflow.dropped).toBe(3);
		peer.online();
		expect(sent().map(text => text.slice(0, 2))).toEqual(["3x", "4x", "lo"]);
	});

	it("drop-oldest: what could never fit, or not even then, is refused, and nothing is let go for it", () => {
		const { overflow, peer, put, sent } = make("drop-oldest", { limits: { messages: 3, outbox: 256 } });
		put(`a ${"x".repeat(60)}`);
		peer.online();
		peer.take();
		peer.socket.fail();
		put("a 2");
		put("a 3");
		expect(put(`a ${"x".repeat(300)}`)).toBe(-IN_FLIGHT_FULL);
		expect(put(`a ${"x".repeat(200)}`)).toBe(-IN_FLIGHT_FULL);
		expect(put(`a 4${"x".repeat(20)}`)).toBeGreaterThan(0);
		expect(overflow.dropped).toBe(1);
		peer.online(true);
		expect(sent().map(text => text[0])).toEqual(["x", "3", "4"]);
		const other = make("drop-oldest", { limits: { messages: 3, outbox: 256 } });
		other.put("a 1");
		expect(other.put(`a ${"x".repeat(300)}`)).toBe(-TOO_LARGE);
		expect(other.overflow.dropped).toBe(0);
	});

	it("where flash then does not take the new message, the end of the one let go is told all the same, and at once", () => {
		const flash = new Flash();
		const { overflow, peer, put } = make("drop-oldest", { store: new FlashStore(flash), cleanSession: false });
		peer.client.open();
		const [oldest] = ["a 1", "a 2", "a 3"].map(text => put(text));
		peer.time.run(0);
		flash.isFull = true;
		expect([put("a 4"), overflow.dropped]).toEqual([-STORE_FAILED, 1]);
		peer.time.run(0);
		expect(peer.told()).toEqual([`end ${oldest} dropped 1e`]);
		// The place that it has left is free: nothing else has to go.
		expect([put("a 5"), overflow.dropped, peer.client.unsettled]).toEqual([-STORE_FAILED, 1, 2]);
	});

	it("what has been sent is never let go: not while it waits for its end, nor on the way to being sent again", () => {
		for (const qos of [1, 2]) {
			const { overflow, peer, put, sent } = make("drop-oldest");
			peer.online();
			const tickets = ["a 1", "a 2", "a 3"].map(text => put(text, { qos }));
			expect(put("a 4")).toBe(-IN_FLIGHT_FULL);
			if (qos === 2) peer.send({ cmd: "pubrec", messageId: tickets[0]! });
			expect(put("a 4")).toBe(-IN_FLIGHT_FULL);
			peer.socket.fail();
			expect(put("a 4")).toBe(-IN_FLIGHT_FULL);
			peer.online(true);
			expect([sent(), overflow.dropped]).toEqual([qos === 2 ? ["2", "3"] : ["1", "2", "3"], 0]);
		}
	});

	it("nor is what has left before in a session that the server has lost, where that goes out once more", () => {
		const { overflow, peer, put, sent } = make("drop-oldest", { onSessionLost: "republish" });
		peer.online();
		const long = "x".repeat(60);
		put(`a ${long}`);
		put("a 2");
		peer.socket.fail();
		// Room for CONNECT, and a part of the first.
		peer.online(false, 60);
		put("a 3");
		put("a 4");
		peer.socket.allow(1000);
		expect([sent(), overflow.dropped]).toEqual([[long, "2", "4"], 1]);
	});

	it("nor one that is just leaving, nor one with FIRST", () => {
		for (const qos of [0, 1]) {
			const { peer, put, sent } = make("drop-oldest");
			peer.online();
			peer.take();
			peer.socket.allow(20);
			const long = "x".repeat(60);
			put(`a ${long}`, { qos });
			put("a 2", { first: true });
			const third = put("a 3");
			put("a 4");
			peer.time.run(0);
			expect(peer.told()).toEqual(["online false", `end ${third} dropped 1e`]);
			expect(put("a 5", { first: true })).toBeGreaterThan(0);
			expect(put("a 6")).toBe(-IN_FLIGHT_FULL);
			peer.socket.allow(1000);
			expect(sent()).toEqual([long, "2", "5"]);
		}
	});

	it("a streamed message makes room as any other, and lets its source go; and room is made for one", () => {
		const { overflow, peer, put, sent } = make("drop-oldest");
		const source: Source = {
			read(bytes, at, count) {
				bytes.fill(0x73, at, at + count);
				return count;
			},
		};
		const topic = peer.client.topic("s");
		const first = peer.client.publishFrom(topic, source, 5, QOS_1);
		for (const text of ["a 1", "a 2", "a 3"]) put(text);
		expect(overflow.dropped).toBe(1);
		// Its source was busy until then.
		expect(peer.client.publishFrom(topic, source, 4, QOS_1)).toBeGreaterThan(0);
		expect(overflow.dropped).toBe(2);
		peer.online();
		expect([peer.told()[0], sent()]).toEqual([`end ${first} dropped 1e`, ["2", "3", "ssss"]]);
	});

	it("latest-per-topic: what waits is the latest of each topic; a topic more than there is room for is refused", () => {
		const { overflow, peer, put, sent } = make("latest-per-topic");
		const tickets = ["a 1", "b 2", "a 3", "aa 4", "b 5"].map(text => put(text));
		expect(overflow.dropped).toBe(2);
		expect(put("c 6")).toBe(-IN_FLIGHT_FULL);
		peer.online();
		expect(peer.told()).toEqual([`end ${tickets[0]} dropped 1e`, `end ${tickets[1]} dropped 1e`, "online false"]);
		expect(sent()).toEqual(["3", "4", "5"]);
		// Sent: these stay, whatever comes.
		expect(put("a 7")).toBe(-IN_FLIGHT_FULL);
	});

	it("latest-per-topic: one that would not fit in its place displaces nothing", () => {
		const { overflow, peer, put, sent } = make("latest-per-topic", { limits: { messages: 3, outbox: 256 } });
		put("a 1");
		put(`b ${"x".repeat(100)}`);
		expect(put(`a ${"y".repeat(150)}`)).toBe(-OUTBOX_FULL);
		expect(overflow.dropped).toBe(0);
		peer.online();
		expect(sent()[0]).toBe("1");
	});

	it("latest-per-topic: online, with nothing before it, every message goes out", () => {
		const { overflow, peer, put, sent } = make("latest-per-topic");
		peer.online();
		for (const text of ["a 1", "a 2", "a 3"]) put(text);
		expect([sent(), overflow.dropped]).toEqual([["1", "2", "3"], 0]);
	});

	it("latest-per-topic: by handle and by name it is one topic, and FIRST stays", () => {
		const { overflow, peer, put, sent } = make("latest-per-topic");
		put("a 1", { first: true });
		put("a 2");
		peer.client.publish(peer.client.topic("a"), Uint8Array.of(0x33), 1, QOS_1);
		expect(overflow.dropped).toBe(1);
		peer.online();
		expect(sent()).toEqual(["1", "3"]);
	});

	it("kept QoS 0 makes room as any other, and room is made for it", () => {
		const { overflow, peer, put, sent } = make("drop-oldest", { qos0WhileOffline: "keep" });
		for (const text of ["a 1", "a 2", "a 3", "a 4", "a 5"]) put(text, { qos: 0 });
		expect(overflow.dropped).toBe(2);
		peer.online();
		expect(sent()).toEqual(["3", "4", "5"]);
	});

	it("in a callback: ends are told when it has returned, and whoever publishes on being told starves nobody", () => {
		let left = 40;
		const inside: string[] = [];
		const { overflow, peer, put } = make("drop-oldest", {
			onPublishEnd: (ticket, end) => {
				peer.log.push(`end ${ticket} ${end}`);
				inside.push("in");
				if (left > 0) put(`a ${left}`);
				left -= 1;
				inside.push("out");
			},
		});
		for (const text of ["a 1", "a 2", "a 3", "a 4"]) put(text);
		peer.client.open();
		peer.time.runUntil(() => left <= 0);
		expect(inside.every((what, i) => what === (i % 2 === 0 ? "in" : "out"))).toBe(true);
		const told = peer.told();
		expect([new Set(told).size, told.every(line => line.endsWith(` ${END_DROPPED}`))]).toEqual([told.length, true]);
		expect(overflow.dropped).toBe(told.length + overflow.untold);
		expect(told.length).toBeGreaterThan(38);
	});

	it("more than it has tickets for are not let go before their ends are told: then publish() is refused", () => {
		const { overflow, peer, put } = make("drop-oldest", {}, 2);
		const tickets = ["a 1", "a 2", "a 3", "a 4", "a 5"].map(text => put(text));
		expect(put("a 6")).toBe(-IN_FLIGHT_FULL);
		expect(overflow.untold).toBe(2);
		peer.client.open();
		peer.time.run(0);
		expect(peer.told()).toEqual(tickets.slice(0, 2).map(ticket => `end ${ticket} dropped 1e`));
		expect(put("a 6")).toBeGreaterThan(0);
		peer.time.run(0);
		expect(peer.told()).toEqual([`end ${tickets[2]} dropped 1e`]);
	});

	it("close() and drain() tell the ends of those let go as well, before they are done", () => {
		const { peer, put } = make("drop-oldest");
		peer.online();
		peer.told();
		peer.socket.fail();
		const tickets = ["a 1", "a 2", "a 3", "a 4"].map(text => put(text));
		peer.client.close();
		expect(peer.told()).toEqual([
			"offline 38",
			`end ${tickets[0]} dropped 1e`,
			...tickets.slice(1).map(ticket => `end ${ticket} dropped 19`),
			"closed",
		]);
		const other = make("drop-oldest");
		const others = ["a 1", "a 2", "a 3", "a 4"].map(text => other.put(text));
		other.peer.online();
		other.peer.client.drain(10_000);
		for (const messageId of others.slice(1)) other.peer.send({ cmd: "puback", messageId });
		const told = other.peer.told();
		expect([told[0], told.at(-1), told.length]).toEqual([`end ${others[0]} dropped 1e`, "drained 0", 6]);
	});

	it("a message let go is forgotten in flash, too", () => {
		const keyValue = new MemoryKeyValue();
		const options = { store: new FlashStore(keyValue) };
		const { put } = make("drop-oldest", options);
		for (const text of ["a 1", "a 2", "a 3", "a 4"]) put(text);
		const next = new Peer({ protocolVersion, store: new FlashStore(keyValue), limits: { messages: 3 } }).online(true);
		expect(next.take().map(packet => packet.cmd === "publish" && String(packet.payload))).toEqual(["2", "3", "4"]);
	});

	it("whatever is published in whatever order: nothing sent is let go, every ticket ends once, the counter is right", () => {
		const step = fc.tuple(
			fc.constantFrom("publish", "publish", "publish", "first", "stream", "online", "fail", "ack", "room", "run"),
			fc.nat(2),
			fc.nat(120),
		);
		const policies = fc.constantFrom("drop-oldest" as const, "latest-per-topic" as const);
		fc.assert(
			fc.property(policies, fc.array(step, { maxLength: 80 }), (policy, steps) => {
				const underWay = new Map<number, string>();
				const begun = new Set<string>();
				let dropped = 0;
				const { overflow, peer } = make(policy, {
					limits: { messages: 4, outbox: 320 },
					qos0WhileOffline: "keep",
					onPublishEnd: (ticket, end, code) => {
						const key = underWay.get(ticket);
						expect(key).toBeDefined();
						underWay.delete(ticket);
						if (code !== 0x1e) return;
						dropped += 1;
						expect([end, begun.has(key!), key!.startsWith("first")]).toEqual([END_DROPPED, false, false]);
					},
				});
				let number = 0;
				let open = false;
				/** Those that the server has seen. */
				const note = () => {
					if (peer.sockets.length === 0) return [];
					const packets = peer.take();
					for (const packet of packets) if (packet.cmd === "publish") begun.add(String(packet.payload).split(":")[0]!);
					return packets;
				};
				const unanswered = new Set<number>();
				for (const [what, n, length] of steps) {
					if (what === "publish" || what === "first") {
						number += 1;
						const key = `${what}${number}`;
						const payload = `${key}:${"x".repeat(length)}`;
						const ticket = peer.client.publish(`t/${n}`, payload, { qos: n & 1, first: what === "first" });
						if (ticket > 0) underWay.set(ticket, key);
					} else if (what === "stream") {
						number += 1;
						const text = new TextEncoder().encode(`stream${number}:`);
						const source = {
							read(bytes: Uint8Array, at: number, count: number, position: number) {
								const piece = Math.min(count, text.length - position);
								bytes.set(text.subarray(position, position + piece), at);
								return piece;
							},
						};
						const ticket = peer.client.publishFrom(peer.client.topic(`t/${n}`), source, text.length, QOS_1);
						if (ticket > 0) underWay.set(ticket, `stream${number}`);
					} else if (what === "online" && !peer.client.isOnline) {
						peer.online(open, length + 30);
						open = true;
					} else if (what === "fail" && open) peer.socket.fail();
					else if (what === "room" && peer.client.isOnline) peer.socket.allow(length);
					else if (what === "ack" && peer.client.isOnline) {
						for (const messageId of unanswered) peer.send({ cmd: "puback", messageId });
						unanswered.clear();
					} else if (what === "run" && open) peer.time.run(0);
					for (const packet of note())
						if (packet.cmd === "publish" && packet.qos === 1) unanswered.add(packet.messageId!);
					if (!peer.client.isOnline) unanswered.clear();
					expect(peer.client.unsettled).toBe(underWay.size);
					expect(overflow.dropped).toBe(dropped + overflow.untold);
				}
				if (!peer.client.isOnline) {
					peer.online(open);
					unanswered.clear();
				}
				for (const messageId of unanswered) peer.send({ cmd: "puback", messageId });
				peer.socket.allow(100_000);
				for (let i = 0; i < 10; i += 1)
					for (const packet of note())
						if (packet.cmd === "publish" && packet.qos === 1)
							peer.send({ cmd: "puback", messageId: packet.messageId! });
				peer.time.run(0);
				expect([underWay.size, peer.client.unsettled]).toEqual([0, 0]);
				peer.client.close();
			}),
			{ numRuns: 200 },
		);
	});
});

it("a policy that nobody knows, or a table that cannot be, is misuse", () => {
	expect(() => new Overflow("drop-newest" as "drop-oldest")).toThrow(Misuse);
	expect(() => new Overflow("drop-oldest", 0)).toThrow(Misuse);
});
