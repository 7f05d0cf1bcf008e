// Conversations that break nothing, from short to long, in which the checker must find nothing; and how it tells what it
// finds.

import { describe, expect, it } from "vitest";
import { Checker, type Violation } from "../../../host-sim/checker/checker.js";
import { bytes, Conversation, four, PUBACK, PUBCOMP, PUBREC, PUBREL, packet, two } from "../../support/watched.js";

const dup = { dup: true };
const alias = (number: number) => ({ properties: bytes(35, two(number)) });
const METHOD = bytes(21, "M");

/** AUTH with a method; `more` are further properties. */
const auth = (reason: number) => packet(0xf0, reason, METHOD.length, METHOD);

describe.each(["3.1.1", "5.0"] as const)("the checker, of %s, finds nothing", version => {
	const begin = (options?: { atClient: boolean }) => new Conversation(version, options);
	const kept = (talk: Conversation) => talk.online({ clean: false });

	it("where all goes well: every QoS both ways, requests, pings, a goodbye", () => {
		const talk = begin().online({ keepAlive: 10, flags: 0xc4, more: [begin().block(), "w", "gone", "u", "p"] });
		talk.subscribe(1, ["a/+/#", "+", "#", "/"], 2).server(packet(0x90, two(1), talk.block(), 2, 2, 2, 2));
		for (let round = 0; round < 5; round += 1) {
			talk.wait(9000).ping().publish("größe/😀", 0).publish("a", 1, 7, { retain: true }).publish("b", 2, 8);
			talk.serverAck(PUBACK, 7).serverAck(PUBREC, 8).ack(PUBREL, 8).serverAck(PUBCOMP, 8);
			talk.serverPublish("x", 0).serverPublish("x", 1, 1).serverPublish("x", 2, 2).serverPublish("x", 1, 3);
			talk.ack(PUBACK, 1).ack(PUBREC, 2).ack(PUBACK, 3).serverAck(PUBREL, 2).ack(PUBCOMP, 2);
		}
		talk.unsubscribe(1, ["+"]).server(packet(0xb0, two(1), talk.block(), ...(talk.five ? [0] : [])));
		talk.disconnect().wait(9999).cut();
		expect(talk.found).toEqual([]);
	});

	it("where a session goes on over many connections, with what is open sent again in order", () => {
		for (const atClient of [true, false]) {
			const talk = kept(begin({ atClient }));
			talk.publish("a", 1, 1).publish("b", 2, 2).publish("c", 2, 3).publish("d", 1, 4);
			talk.serverAck(PUBREC, 2).serverAck(PUBREC, 3).ack(PUBREL, 2).ack(PUBREL, 3).serverAck(PUBCOMP, 2);
			for (let round = 0; round < 3; round += 1) {
				talk.resume().ack(PUBREL, 3).publish("a", 1, 1, dup).publish("e", 0).publish("d", 1, 4, dup).wait(30_001);
				talk
					.serverPublish("x", 2, 9, { dup: round > 0 })
					.ack(PUBREC, 9)
					.serverPublish("y", 1, 8)
					.ack(PUBACK, 8);
			}
			talk.serverAck(PUBACK, 1).serverAck(PUBACK, 4).serverAck(PUBCOMP, 3).serverAck(PUBREL, 9).ack(PUBCOMP, 9);
			// All ids are free again.
			talk.publish("f", 2, 1).publish("f", 1, 3).publish("f", 1, 4).subscribe(2, ["a"]);
			talk.resume().publish("f", 2, 1, dup).publish("f", 1, 3, dup).publish("f", 1, 4, dup).wait(60_000);
			expect(talk.found).toEqual([]);
		}
	});

	it("where what the link lost explains it: packets that never arrived, in either direction", () => {
		// A PUBACK: sent again, or not, or its id used for another message.
		for (const [topic, parts] of [
			["a", dup],
			["b", {}],
			["", undefined],
		] as const) {
			const talk = kept(begin({ atClient: false }))
				.publish("a", 1)
				.serverAck(PUBACK, 1)
				.resume();
			if (parts !== undefined) talk.publish(topic, 1, 1, parts);
			expect(talk.wait(60_000).ping().found).toEqual([]);
		}
		// A PUBLISH: it comes with DUP when we see it first.
		const lost = kept(begin({ atClient: false }))
			.publish("a", 1, 1)
			.resume();
		expect(lost.publish("a", 1, 1, dup).publish("b", 2, 2, dup).found).toEqual([]);
		// A PUBREC: the PUBLISH again, and its PUBREL after those that came first.
		const again = kept(begin({ atClient: false }))
			.publish("a", 2, 1)
			.publish("b", 2, 2);
		again.serverAck(PUBREC, 1).resume().publish("a", 2, 1, dup).publish("b", 2, 2, dup);
		again.serverAck(PUBREC, 2).serverAck(PUBREC, 1).ack(PUBREL, 2).ack(PUBREL, 1);
		expect(again.found).toEqual([]);
		// A PUBCOMP: the PUBREL again.
		const released = kept(begin({ atClient: false }))
			.publish("a", 2)
			.serverAck(PUBREC, 1)
			.ack(PUBREL, 1);
		expect(released.serverAck(PUBCOMP, 1).resume().ack(PUBREL, 1).found).toEqual([]);
		// A CONNACK with Session Present 0: to the client the old session goes on.
		const unheard = kept(begin({ atClient: false }))
			.publish("a", 1, 1)
			.publish("b", 2, 2);
		unheard.serverAck(PUBREC, 2).ack(PUBREL, 2).resume({ present: false }).resume();
		expect(unheard.publish("a", 1, 1, dup).ack(PUBREL, 2).found).toEqual([]);
		// A link that is dead: silence, and nothing behind it.
		const dead = begin({ atClient: false }).online({ keepAlive: 5 }).serverPublish("a", 1);
		expect(dead.wait(100_000).server(packet(0xd0)).cut().found).toEqual([]);
	});

	it("where a PUBREC came before the end, and its PUBREL on the next connection", () => {
		const talk = kept(begin()).publish("a", 2).serverAck(PUBREC, 1).resume().ack(PUBREL, 1);
		expect(talk.serverAck(PUBCOMP, 1).publish("b", 2).found).toEqual([]);
	});

	it("where the client is silent behind its goodbye, and long before a message comes", () => {
		expect(begin().online({ keepAlive: 5 }).disconnect().wait(9000).found).toEqual([]);
		const talk = begin().online().pass(20_000).serverPublish("a", 1).wait(20_000).ack(PUBACK, 1).wait(60_000);
		expect(talk.found).toEqual([]);
	});

	it("of a session that is older than what it has seen", () => {
		const talk = begin().online({ clean: false, present: true });
		talk.ack(PUBREL, 9).publish("a", 1, 4, dup).ack(PUBACK, 3);
		expect(talk.found).toEqual([]);
	});

	it("where the session was lost and its messages are sent as new ones, or it has expired", () => {
		const talk = kept(begin()).publish("a", 1, 1).publish("b", 2, 2).resume({ present: false });
		talk.publish("b", 2, 1).publish("a", 1, 2).wait(60_000);
		expect(talk.found).toEqual([]);
		if (version === "3.1.1") return;
		const expired = kept(begin()).publish("a", 1).cut().wait(3_600_001);
		expect(expired.online({ clean: false, present: true }).wait(60_000).found).toEqual([]);
	});

	it("where the client comes back before its old connection has ended", () => {
		const talk = kept(begin()).publish("a", 1).another().online({ clean: false, present: true });
		talk.publish("a", 1, 1, dup).clientBefore(talk.publishBytes("b", 1, 1), packet(0xe0));
		expect(talk.serverAck(PUBACK, 1).publish("c", 1, 1).wait(60_000).found).toEqual([]);
	});

	it("where messages go out behind CONNECT, before its answer", () => {
		const talk = begin().connect({ clean: false }).publish("a", 1, 1).publish("b", 2, 2).subscribe(3, ["a"]);
		talk.server(talk.connackBytes()).serverAck(PUBREC, 2).ack(PUBREL, 2).serverAck(PUBACK, 1).publish("a", 1, 1);
		expect(talk.found).toEqual([]);
	});

	it("where they go out behind one that has no answer, or is refused, and then again: with DUP, or as new ones", () => {
		for (const atClient of [true, false]) {
			const ahead = () =>
				kept(begin({ atClient })).cut().connect({ clean: false }).publish("a", 1, 1).publish("b", 2, 2);
			expect(ahead().resume().publish("a", 1, 1, dup).publish("b", 2, 2, dup).found).toEqual([]);
			expect(ahead().resume({ present: false }).publish("c", 1, 1).found).toEqual([]);
			const refusal = begin().connackBytes(false, undefined, version === "5.0" ? 0x88 : 3);
			expect(ahead().server(refusal).resume().publish("a", 1, 1).publish("b", 2, 2).wait(60_000).found).toEqual([]);
			// A client that was there before we were.
			const first = begin({ atClient }).connect({ clean: false }).publish("a", 1, 1);
			expect(first.server(first.connackBytes(true)).publish("z", 1, 9, dup).found).toEqual([]);
		}
	});

	it("where the client leaves for the server's fault in time, or is refused", () => {
		expect(begin().online().server(packet(0xd1)).wait(9999).cut().wait(60_000).found).toEqual([]);
		expect(
			begin()
				.connect()
				.server(begin().connackBytes(false, undefined, version === "5.0" ? 0x87 : 5))
				.cut().found,
		).toEqual([]);
	});

	it("where acknowledgements take their time, and a PUBREL is answered that nobody knows", () => {
		const talk = begin().online().serverPublish("a", 1, 1).wait(29_999).serverAck(PUBREL, 7);
		expect(talk.ack(PUBACK, 1).ack(PUBCOMP, 7).serverAck(PUBREC, 8).ack(PUBREL, 8).wait(60_000).found).toEqual([]);
	});
});

describe("the checker, of 3.1.1, finds nothing", () => {
	it("where a message is sent again on a live connection, or to a server that has lost the session", () => {
		const talk = new Conversation("3.1.1").online({ clean: false }).publish("a", 1, 1).publish("b", 2, 2);
		talk.publish("a", 1, 1, dup).publish("b", 2, 2, dup).serverAck(PUBREC, 2).ack(PUBREL, 2).ack(PUBREL, 2);
		talk.resume({ present: false }).ack(PUBREL, 2).publish("a", 1, 1, dup).wait(60_000);
		expect(talk.found).toEqual([]);
	});
});

describe("the checker, of 5.0, finds nothing", () => {
	const begin = () => new Conversation("5.0");
	const limits = bytes(34, two(2), 33, two(2), 36, 1, 37, 0, 39, four(60), 19, two(20), 40, 0, 41, 0, 42, 0);

	it("where what a server allows is heeded to the last", () => {
		const talk = begin()
			.online({ keepAlive: 5, clean: false, limits })
			.publish("t", 1, 1, alias(2))
			.publish("", 1, 2, alias(2));
		talk.wait(21_000).serverAck(PUBACK, 2).publish("u", 1, 3, alias(2)).publish("", 0, 0, alias(2));
		talk.publish("v", 0, 0, { payload: "x".repeat(54) }).subscribe(4, ["a"]);
		expect(talk.found).toEqual([]);
	});

	it("where messages wait that the server has no room for, or does not take", () => {
		const talk = begin().online({ clean: false }).publish("q", 2, 1).publish("r", 1, 2, { retain: true });
		talk
			.publish("l", 1, 3, { payload: "x".repeat(60) })
			.publish("a", 1, 4)
			.publish("b", 1, 5)
			.publish("c", 1, 6);
		talk.publish("e", 1, 7, { properties: bytes(2, four(10)) });
		talk.resume({ limits }).publish("a", 1, 4, dup).publish("b", 1, 5, dup).wait(16_000).ping().wait(16_000).ping();
		talk.serverAck(PUBACK, 4).publish("c", 1, 6, dup).wait(15_000).ping().serverAck(PUBACK, 5).wait(16_000).ping();
		talk.wait(16_000).ping();
		expect(talk.found).toEqual([]);
	});

	it("where a message was given up since the server took it no longer, and would take it again", () => {
		const talk = new Conversation("5.0", {}).online({ clean: false }).publish("q", 2, 1).serverAck(PUBREC, 1);
		talk
			.resume({ limits: bytes(36, 1) })
			.resume()
			.wait(60_000)
			.ping();
		expect(talk.found).toEqual([]);
	});

	it("where the server wants no keep alive, or takes its time to say yes", () => {
		expect(
			begin()
				.online({ keepAlive: 5, limits: bytes(19, two(0)) })
				.wait(60_000)
				.ping().found,
		).toEqual([]);
		const slow = begin().connect({ keepAlive: 5 }).wait(5000).server(begin().connackBytes());
		expect(slow.wait(5000).ping().found).toEqual([]);
	});

	it("where refused messages leave room, and their ids are used again", () => {
		const talk = begin().online({ limits: bytes(33, two(1)) });
		for (let id = 1; id < 5; id += 1) talk.publish("a", 2, 1).serverAck(PUBREC, 1, 0x97);
		for (let id = 1; id < 5; id += 1) talk.publish("a", 1, 1).serverAck(PUBACK, 1, 0x87);
		talk.publish("a", 2, 9).serverAck(PUBREC, 9, 0).ack(PUBREL, 9, 0x92, 0).serverAck(PUBCOMP, 9, 0);
		expect(talk.found).toEqual([]);
	});

	it("where authentication takes its turns, at first and once more", () => {
		const talk = begin().connect({ properties: METHOD });
		talk
			.server(auth(0x18))
			.client(auth(0x18))
			.server(auth(0x18))
			.client(auth(0x18))
			.server(talk.connackBytes(false, METHOD));
		talk
			.publish("a", 1)
			.client(auth(0x19))
			.server(auth(0x18))
			.serverAck(PUBACK, 1)
			.client(auth(0x18))
			.server(auth(0x00));
		expect(talk.client(auth(0x19)).server(auth(0x00)).wait(60_000).found).toEqual([]);
	});

	it("where a session begins with an id that the server gives, or ends with DISCONNECT", () => {
		const kept = bytes(17, four(60));
		const talk = begin()
			.online({ clientId: "", clean: false, properties: kept, limits: bytes(18, "s-1") })
			.publish("a", 1);
		talk.cut().online({ clientId: "s-1", clean: false, properties: kept, present: true }).publish("a", 1, 1, dup);
		talk.disconnect(4, 5, 17, four(0)).cut().online({ clientId: "s-1", clean: false, properties: kept }).wait(60_000);
		expect(talk.found).toEqual([]);
	});

	it("where a property stands twice that may, and a DISCONNECT says what was said before", () => {
		const pairs = { properties: bytes(38, "n", "v", 38, "n", "v") };
		expect(begin().online().publish("a", 0, 0, pairs).disconnect(0, 5, 17, four(0)).cut().found).toEqual([]);
	});

	it("where a topic alias of the server is 0 or too high, and the client leaves for it", () => {
		const zero = begin()
			.online({ properties: bytes(34, two(5)) })
			.serverPublish("a", 0, 0, alias(0));
		expect(zero.disconnect(0x94).cut().found).toEqual([]);
		const talk = begin()
			.online({ properties: bytes(34, two(5)) })
			.serverPublish("a", 0, 0, alias(6));
		expect(talk.disconnect(0x94).cut().found).toEqual([]);
	});
});

describe("what the checker tells", () => {
	it("names the client, the connection, the packet and the time", () => {
		const talk = new Conversation("5.0").online({ clientId: "board-7" }).cut().wait(5).online({ clientId: "board-7" });
		talk.wait(10).publish("a/#", 0);
		expect(talk.found).toEqual([
			{
				statement: "MQTT-3.3.2-2",
				version: "5.0",
				clientId: "board-7",
				peer: "peer",
				connection: 2,
				packet: "PUBLISH",
				sentence: 'the topic name "a/#" has a wildcard',
				atMs: 1015,
			},
		]);
	});

	it("holds no secret: neither passwords, nor authentication data, nor payloads", () => {
		const secret = "hunter2";
		const data = bytes(METHOD, 22, secret);
		const talk = new Conversation("5.0").online({ properties: data, flags: 0xc1, more: ["u", secret, secret] });
		talk.publish("a", 3, 1, { payload: secret }).client(packet(0xf1, 0x18, data.length + 2, 21, "N", 22, secret));
		talk.publish("a", 1, 0, { payload: secret }).publish("a", 1, 0, { payload: secret, dup: true });
		expect(talk.found.length).toBeGreaterThan(4);
		expect(JSON.stringify(talk.found)).not.toContain(secret);
	});

	it("does not depend on how bytes are cut", () => {
		const talk = new Conversation("3.1.1");
		const all = bytes(
			talk.connectBytes(),
			talk.publishBytes("a", 0, 0, { payload: "x".repeat(300) }),
			talk.publishBytes("a", 1, 1, dup),
			packet(0xe0),
			packet(0xc0),
		);
		const connack = talk.connackBytes();
		for (const piece of [1, 2, 7, 1000]) {
			const found: Violation[] = [];
			const watched = new Checker({ report: violation => found.push(violation) }).watch("p");
			watched.handleClientBytes(all.subarray(0, talk.connectBytes().length), 0);
			for (const byte of connack) watched.handleServerBytes(Uint8Array.of(byte), 0);
			for (let at = talk.connectBytes().length; at < all.length; at += piece)
				watched.handleClientBytes(all.subarray(at, at + piece), 0);
			watched.handleEnd(0);
			expect(found.map(({ statement }) => statement)).toEqual(["MQTT-4.3.2-1", "MQTT-3.14.4-2"]);
		}
	});
});
