// What MQTT clients get wrong, one test a rule, by statement of the 3.1.1 standard (OASIS, 29 October 2014). Virtual
// time, a scripted peer, no sockets.

import { describe, expect, it } from "vitest";
import { type Incoming, Misuse, QOS_1, QOS_2 } from "../../../../firmware/mqtt/client.js";
import { hex, Peer, publish, utf8 } from "../../../support/peer.js";
import vectors from "../../../vectors/refused-by-client.json" with { type: "json" };

const one = utf8("one");
const two = utf8("two");

/** A peer whose client is online and has sent nothing but CONNECT. */
function online(options = {}): Peer {
	const peer = new Peer(options).online();
	peer.told();
	return peer;
}

/** The client closed the link because of `code`, delivered nothing, and comes back. */
function expectBroken(peer: Peer, code: string): void {
	expect(peer.told()).toEqual([`offline ${code}`]);
	expect(peer.socket.closed).toBe(true);
	peer.online(true);
	expect(peer.told()).toEqual(["online true"]);
}

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

describe("strings", () => {
	it("[MQTT-1.5.3-1] half a surrogate pair never leaves: misuse at the call", () => {
		const peer = online();
		expect(() => peer.client.topic("a\ud800")).toThrow(Misuse);
		expect(() => new Peer({ clientId: "\udc00" })).toThrow(Misuse);
		expect(() => peer.client.subscribe("\udbff/x", () => {})).toThrow(Misuse);
	});

	it("[MQTT-1.5.3-2] U+0000 in a topic name closes; in our own strings it is misuse", () => {
		const peer = online();
		peer.send("30 05 00 03 610062");
		expectBroken(peer, "55");
		expect(() => peer.client.topic("a\0b")).toThrow(Misuse);
	});

	it("[MQTT-1.5.3-3] a BOM is a character and stays", () => {
		const topics: string[] = [];
		const peer = online({ onMessage: (message: Incoming) => topics.push(message.topic) });
		peer.send("30 06 00 04 efbbbf61");
		expect(topics).toEqual(["\ufeffa"]);
		expect([...topics[0]!].length).toBe(2);
	});
});

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

describe("PUBLISH from the server", () => {
	it("section 3.3.3: an empty payload is a message, at every QoS", () => {
		const peer = online();
		peer.send(publish("a", "", 0), publish("a", "", 1, 5), publish("a", "", 2, 6));
		expect(peer.told()).toEqual(["message a  0", "message a  1", "message a  2"]);
		expect(peer.brief()).toEqual(["puback #5", "pubrec #6"]);
	});

	it("[MQTT-4.3.2-2] QoS 1 is acknowledged after the handler has returned, and also what nobody wants", () => {
		const seen: number[] = [];
		const peer = online({ onMessage: () => seen.push(peer.socket.written.length) });
		const before = peer.socket.written.length;
		peer.send(publish("a", "x", 1, 7));
		expect(seen).toEqual([before]);
		expect(peer.brief()).toEqual(["puback #7"]);
		const silent = online({ onMessage: undefined as never });
		silent.send(publish("a", "x", 1, 8));
		expect(silent.brief()).toEqual(["puback #8"]);
	});

	it("[MQTT-4.3.2-2] after PUBACK the same id is a new message, whatever DUP says", () => {
		const peer = online();
		peer.send(publish("a", "x", 1, 7), publish("a", "y", 1, 7, true));
		expect(peer.told()).toEqual(["message a x 1", "message a y 1"]);
		expect(peer.brief()).toEqual(["puback #7", "puback #7"]);
	});

	it("[MQTT-4.3.3-2] QoS 2: until PUBREL, a second PUBLISH is answered and not delivered", () => {
		const peer = online();
		peer.send(publish("a", "x", 2, 7), publish("a", "x", 2, 7, true));
		expect(peer.told()).toEqual(["message a x 2"]);
		expect(peer.brief()).toEqual(["pubrec #7", "pubrec #7"]);
		peer.send({ cmd: "pubrel", messageId: 7 });
		expect(peer.brief()).toEqual(["pubcomp #7"]);
		peer.send(publish("a", "new", 2, 7));
		expect(peer.told()).toEqual(["message a new 2"]);
	});

	it("[MQTT-4.3.3-2] [MQTT-4.1.0-1] QoS 2: not delivered again after a reconnect with the session", () => {
		const peer = online();
		peer.send(publish("a", "x", 2, 7));
		peer.told();
		peer.socket.fail();
		peer.online(true);
		peer.told();
		peer.send(publish("a", "x", 2, 7, true));
		expect(peer.told()).toEqual([]);
		expect(peer.brief()).toEqual(["pubrec #7"]);
	});

	it("[MQTT-4.3.3-2] PUBREL is always answered, known or not", () => {
		const peer = online();
		peer.send({ cmd: "pubrel", messageId: 99 });
		expect(peer.brief()).toEqual(["pubcomp #99"]);
	});

	it("section 3.2.2.2: without the session the old ids mean nothing", () => {
		const peer = online();
		peer.send(publish("a", "x", 2, 7));
		peer.socket.fail();
		peer.online(false);
		peer.told();
		peer.send(publish("a", "other", 2, 7));
		expect(peer.told()).toEqual(["message a other 2"]);
	});

	it("[MQTT-4.6.0-2] acknowledgements keep the order of the messages, also where the application acknowledges by hand", () => {
		const tokens: number[] = [];
		const peer = online({
			onMessage: (message: Incoming) => {
				if (message.text() !== "auto") tokens.push(message.hold());
			},
		});
		peer.send(publish("a", "1", 1, 1), publish("a", "2", 2, 2), publish("a", "auto", 1, 3), publish("a", "4", 1, 4));
		expect(peer.brief()).toEqual([]);
		expect(peer.client.acknowledge(tokens[1]!)).toBe(true);
		expect(peer.brief()).toEqual([]);
		expect(peer.client.acknowledge(tokens[0]!)).toBe(true);
		expect(peer.brief()).toEqual(["puback #1", "pubrec #2", "puback #3"]);
		expect(peer.client.acknowledge(tokens[0]!)).toBe(false);
		expect(peer.client.acknowledge(tokens[2]!)).toBe(true);
		expect(peer.brief()).toEqual(["puback #4"]);
	});

	it("more QoS 2 messages open than there is room for: closes with a named error, and resumes", () => {
		const peer = online({ limits: { received: 2 } });
		peer.send(publish("a", "1", 2, 1), publish("a", "2", 2, 2));
		peer.told();
		peer.send(publish("a", "3", 2, 3));
		expectBroken(peer, "16");
	});
});

describe("packet ids", () => {
	it("[MQTT-2.3.1-5] QoS 0 has none", () => {
		const peer = online();
		peer.client.publish(peer.client.topic("a"), one, 3, 0);
		expect(peer.hex()).toBe("30060001616f6e65".replace("6116", "61"));
	});

	it("[MQTT-2.3.1-1] [MQTT-2.3.1-2] [MQTT-2.3.1-3] [MQTT-2.3.1-4] never 0, never in use twice, one space for PUBLISH, SUBSCRIBE and UNSUBSCRIBE, over the wrap", () => {
		const peer = online({ limits: { messages: 3 } });
		const topic = peer.client.topic("a");
		const inUse = new Set<number>();
		const kept = peer.client.publish(topic, one, 3, QOS_1);
		inUse.add(kept);
		peer.take();
		let wraps = 0;
		let last = 0;
		for (let i = 0; i < 70_000; i += 1) {
			const ticket = peer.client.publish(topic, two, 3, QOS_1);
			if (ticket < last) wraps += 1;
			last = ticket;
			if (ticket < 1 || ticket > 65_535 || inUse.has(ticket)) throw new Error(`id ${ticket}`);
			if (i % 1000 === 0) {
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

	it("[MQTT-3.3.2-2] [MQTT-4.7.3-1] [MQTT-4.7.3-2] [MQTT-4.7.3-3] topic names with wildcards, NUL, nothing, or more than 65,535 bytes are misuse", () => {
		const { client } = online({ limits: { topicBytes: 65_000 } });
		for (const name of ["", "a/+", "#", "a\0", "é".repeat(40_000)]) expect(() => client.topic(name)).toThrow(Misuse);
		expect(client.topic("/")).toBeGreaterThan(0);
		expect(client.topic(" with spaces/é")).toBeGreaterThan(0);
	});
});

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

	it("[MQTT-4.1.0-1] with the session present nothing is asked for again; without it, all subscriptions are", () => {
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

describe("keep alive", () => {
	it("[MQTT-3.1.2-23] counts what we send: a packet goes out within every keep-alive, and traffic spares the PINGREQ", () => {
		const peer = online({ keepAlive: 10 });
		const topic = peer.client.topic("a");
		for (let i = 0; i < 20; i += 1) {
			peer.time.run(4000);
			const id = peer.client.publish(topic, one, 3, QOS_1);
			peer.send({ cmd: "puback", messageId: id });
		}
		expect(peer.brief().filter(packet => packet === "pingreq")).toEqual([]);
		peer.time.run(10_000);
		expect(peer.brief()).toEqual(["pingreq"]);
	});

	it("[MQTT-3.1.2-23] what we receive does not put the PINGREQ off", () => {
		const peer = online({ keepAlive: 10 });
		for (let i = 0; i < 10; i += 1) {
			peer.time.run(1000);
			peer.send(publish("a", "x"));
		}
		expect(peer.brief()).toEqual(["pingreq"]);
	});

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

	it("keep-alive 0 sends no PINGREQ and never times out", () => {
		const peer = online({ keepAlive: 0 });
		peer.time.run(100_000_000);
		expect(peer.brief()).toEqual([]);
		expect(peer.told()).toEqual([]);
	});
});

describe("subscriptions", () => {
	it("[MQTT-4.7.1-2] [MQTT-4.7.1-3] [MQTT-4.7.3-1] ill-formed filters are misuse", () => {
		const { client } = online();
		for (const filter of ["", "#/a", "a/#/b", "a#", "+a", "a+/b", "a/b+", "\0"])
			expect(() => client.subscribe(filter, () => {})).toThrow(Misuse);
	});

	it("[MQTT-4.7.2-1] a leading wildcard does not match topics that begin with $", () => {
		const seen: string[] = [];
		const peer = online({ onMessage: (message: Incoming) => seen.push(`nobody ${message.topic}`) });
		peer.client.subscribe("#", message => seen.push(`# ${message.topic}`));
		peer.client.subscribe("+/monitor", message => seen.push(`+ ${message.topic}`));
		peer.client.subscribe("$SYS/#", message => seen.push(`$ ${message.topic}`));
		peer.send(publish("$SYS/monitor", "x"), publish("a/monitor", "x"), publish("$other", "x"));
		expect(seen).toEqual(["$ $SYS/monitor", "# a/monitor", "+ a/monitor", "nobody $other"]);
	});

	it("[MQTT-3.8.3-3] [MQTT-3.9.3-1] [MQTT-3.8.4-4] several filters in one SUBSCRIBE, one answer each, in order", () => {
		const peer = online();
		const handles = peer.client.subscribe(["a", "b", "c", "d"], () => {}, { qos: 2 });
		const [packet] = peer.take();
		peer.send({ cmd: "suback", messageId: packet!.messageId!, granted: [2, 0x80, 1, 0] });
		expect(peer.told()).toEqual([
			`subscribed ${handles[0]} 2`,
			`subscribed ${handles[1]} 128`,
			`subscribed ${handles[2]} 1`,
			`subscribed ${handles[3]} 0`,
		]);
	});

	it.each([
		["too few codes", "00"],
		["too many codes", "000000"],
		["[MQTT-3.9.3-2] a reserved code", "0003"],
		["no code", ""],
	])("[MQTT-3.9.3-1] a SUBACK that does not fit closes: %s", (_name, codes) => {
		const peer = online();
		peer.client.subscribe(["a", "b"], () => {});
		const id = peer.take()[0]!.messageId!;
		peer.send(
			`90 ${(2 + codes.length / 2).toString(16).padStart(2, "0")} ${id.toString(16).padStart(4, "0")} ${codes}`,
		);
		expect(peer.told()).toEqual([expect.stringMatching(/^offline (5a|56)$/)]);
	});

	it("SUBACK and UNSUBACK out of the blue, or with another id, close", () => {
		const peer = online();
		peer.send({ cmd: "suback", messageId: 5, granted: [0] });
		expectBroken(peer, "57");
		const handle = peer.client.subscribe("a", () => {});
		const id = peer.take()[0]!.messageId!;
		peer.send({ cmd: "unsuback", messageId: id, granted: [] });
		expect(peer.told()).toEqual(["offline 57"]);
		expect(handle).toBeGreaterThan(0);
	});

	it("[MQTT-3.10.3-1] [MQTT-3.10.4-1] UNSUBSCRIBE names the filter, and its UNSUBACK ends it", () => {
		const peer = online();
		const handle = peer.client.subscribe("a/+", () => {});
		peer.send({ cmd: "suback", messageId: peer.take()[0]!.messageId!, granted: [0] });
		peer.client.unsubscribe(handle);
		const [packet] = peer.take();
		expect(packet).toMatchObject({ cmd: "unsubscribe", unsubscriptions: ["a/+"] });
		peer.told();
		peer.send({ cmd: "unsuback", messageId: packet!.messageId!, granted: [] });
		expect(peer.told()).toEqual([`unsubscribed ${handle} 0`]);
		expect(() => peer.client.unsubscribe(handle)).toThrow(Misuse);
	});
});

describe("CONNECT and DISCONNECT", () => {
	it("[MQTT-3.1.0-1] [MQTT-3.1.2-1] [MQTT-3.1.3-1] CONNECT is the first packet, its payload in order", () => {
		const peer = new Peer({
			clientId: "id",
			cleanSession: true,
			keepAlive: 300,
			userName: "ü",
			password: "p",
			will: { topic: "w", payload: "gone", qos: 2, retain: true },
		});
		peer.client.open();
		peer.time.step();
		peer.socket.allow(1000);
		expect(peer.hex()).toBe(
			[
				"101e",
				"0004",
				"4d515454",
				"04",
				"f6",
				"012c",
				"0002",
				"6964",
				"0001",
				"77",
				"0004",
				"676f6e65",
				"0002",
				"c3bc",
				"0001",
				"70",
			].join(""),
		);
	});

	it("[MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-15] without a will its bits are zero", () => {
		const peer = new Peer({ cleanSession: false, keepAlive: 0 });
		peer.client.open();
		peer.time.step();
		peer.socket.allow(1000);
		expect(peer.hex()).toBe("100d00044d5154540400000000 0163".replace(" ", ""));
	});

	it("[MQTT-3.1.2-14] will QoS 3 is misuse", () => {
		expect(() => new Peer({ will: { topic: "w", qos: 3 } })).toThrow(Misuse);
		expect(() => new Peer({ will: { topic: "w/#" } })).toThrow(Misuse);
	});

	it("[MQTT-3.1.2-22] a password without a user name is misuse", () => {
		expect(() => new Peer({ password: "p" })).toThrow(Misuse);
	});

	it("[MQTT-3.1.3-7] an empty client id goes only with a clean session", () => {
		expect(() => new Peer({ clientId: "", cleanSession: false })).toThrow(Misuse);
		expect(new Peer({ clientId: "", cleanSession: true }).connect()).toMatchObject({ clientId: "", clean: true });
	});

	it("[MQTT-3.14.4-1] [MQTT-3.14.4-2] DISCONNECT is the last packet, then the connection is closed", () => {
		const peer = online();
		const topic = peer.client.topic("a");
		peer.client.publish(topic, one, 3, QOS_1);
		peer.client.close();
		expect(peer.brief().at(-1)).toBe("disconnect");
		expect(peer.socket.closed).toBe(true);
		const length = peer.socket.written.length;
		expect(peer.client.publish(topic, one, 3, 0)).toBe(-0x13);
		peer.time.run(1_000_000);
		expect(peer.socket.written.length).toBe(length);
		expect(peer.sockets.length).toBe(1);
	});

	it("[MQTT-4.8.0-1] a protocol error closes, and loses nothing that was accepted before it", () => {
		const peer = online();
		peer.socket.deliver(Buffer.concat([hex("32 06 0001 61 0007 78"), hex("36 05 0001 61 0001")]));
		expect(peer.told()).toEqual(["message a x 1", "offline 52"]);
		expect(peer.brief()).toEqual(["puback #7"]);
	});
});
