// MQTT 3.1.1, chapter 4: sessions, the three qualities of service, order, topic names and filters, errors.

import { describe, expect, it } from "vitest";
import { type Incoming, Misuse, QOS_1, QOS_2 } from "../../../firmware/mqtt/client.js";
import { bytesOf, expectBroken, hex, online, Peer, packet, publish, utf8 } from "../../support/peer.js";
import { asString } from "../../support/strings.js";

const one = utf8("one");

describe("session state", () => {
	it("[MQTT-4.1.0-1] is kept over any number of connections, as long as the server has the session", () => {
		const peer = online();
		peer.client.subscribe("f/#", message => peer.log.push(`f ${message.text()}`), { qos: 2 });
		peer.answer("02");
		const topic = peer.client.topic("a");
		const first = peer.client.publish(topic, one, 3, QOS_1);
		const released = peer.client.publish(topic, one, 3, QOS_2);
		peer.send({ cmd: "pubrec", messageId: released }, publish("f/1", "x", 2, 7));
		expect(peer.told()).toEqual(["subscribed 1 2", "f x"]);
		for (let i = 0; i < 5; i += 1) {
			peer.socket.fail();
			peer.online(true);
			peer.send(publish("f/1", "x", 2, 7, true));
			expect(peer.brief()).toEqual([`pubrel #${released}`, `publish a one q1 d1 r0 #${first}`, "pubrec #7"]);
			expect(peer.told()).toEqual(["offline 38", "online true"]);
		}
		// What the server has lost is lost here, too; what the application has declared is asked for again.
		peer.socket.fail();
		peer.online(false);
		expect(peer.told()).toEqual(["offline 38", `end ${first} lost 1a`, `end ${released} lost 1a`, "online false"]);
		expect(peer.brief()).toEqual([expect.stringMatching(/^subscribe f\/#:2 #/)]);
	});

	it("[MQTT-4.1.0-2] does not end while the connection stands", () => {
		const peer = online({ keepAlive: 0, timeouts: { ackMs: 86_400_000 } });
		const topic = peer.client.topic("a");
		const first = peer.client.publish(topic, one, 3, QOS_1);
		const second = peer.client.publish(topic, one, 3, QOS_2);
		peer.send(publish("f", "x", 2, 7));
		peer.take();
		peer.told();
		peer.time.run(86_000_000);
		expect([peer.hex(), peer.told()]).toEqual(["", []]);
		peer.send(publish("f", "x", 2, 7, true), { cmd: "pubrel", messageId: 7 });
		expect(peer.brief()).toEqual(["pubrec #7", "pubcomp #7"]);
		peer.send({ cmd: "puback", messageId: first }, { cmd: "pubrec", messageId: second });
		peer.send({ cmd: "pubcomp", messageId: second });
		expect(peer.told()).toEqual([`end ${first} settled 0`, `end ${second} settled 0`]);
	});
});

describe("QoS 0", () => {
	it("[MQTT-4.3.1-1] leaves with QoS 0 and DUP 0, once", () => {
		const peer = online();
		const topic = peer.client.topic("a");
		expect(peer.client.publish(topic, one, 3, 0)).toBe(0);
		expect(peer.client.publish(topic, one, 3, 1)).toBe(0);
		expect(peer.frames().map(([first]) => first)).toEqual([0x30, 0x31]);
		peer.socket.fail();
		peer.online(true);
		expect(peer.hex()).toBe("");
	});
});

describe("QoS 1", () => {
	it("[MQTT-4.3.2-1] has a free id and DUP 0, and is unacknowledged until its PUBACK", () => {
		const peer = online();
		const topic = peer.client.topic("a");
		const ids = [0, 1, 2].map(() => peer.client.publish(topic, one, 3, QOS_1));
		expect(new Set(ids).size).toBe(3);
		expect(peer.brief()).toEqual(ids.map(id => `publish a one q1 d0 r0 #${id}`));
		peer.send({ cmd: "puback", messageId: ids[1]! });
		expect(peer.told()).toEqual([`end ${ids[1]} settled 0`]);
		// What is no PUBACK of theirs does not end them.
		peer.send({ cmd: "puback", messageId: 4711 });
		peer.socket.fail();
		peer.online(true);
		expect(peer.brief()).toEqual([`publish a one q1 d1 r0 #${ids[0]}`, `publish a one q1 d1 r0 #${ids[2]}`]);
		peer.told();
		peer.send({ cmd: "puback", messageId: ids[2]! }, { cmd: "puback", messageId: ids[0]! });
		expect(peer.told()).toEqual([`end ${ids[2]} settled 0`, `end ${ids[0]} settled 0`]);
		peer.socket.fail();
		peer.online(true);
		expect(peer.brief()).toEqual([]);
	});

	it("[MQTT-4.3.2-1] [MQTT-4.3.3-1] an acknowledgement of the wrong kind ends nothing, and closes", () => {
		for (const [flags, wrong] of [
			[QOS_1, ["pubrec", "pubcomp"]],
			[QOS_2, ["puback", "pubcomp"]],
		] as const)
			for (const cmd of wrong) {
				const peer = online();
				const id = peer.client.publish("a", "x", { qos: flags >> 1 });
				peer.send({ cmd, messageId: id });
				expect(peer.told()).toEqual(["offline 57"]);
				peer.online(true);
				expect(peer.brief()).toEqual([`publish a x q${flags >> 1} d1 r0 #${id}`]);
			}
	});

	it("[MQTT-4.3.2-2] is acknowledged with its id when the handler has returned, and also what nobody wants", () => {
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
		for (const dup of [false, true, true, false]) {
			peer.send(publish("a", dup ? "again" : "x", 1, 7, dup));
			expect(peer.told()).toEqual([`message a ${dup ? "again" : "x"} 1`]);
			expect(peer.brief()).toEqual(["puback #7"]);
		}
	});
});

describe("QoS 2, sending", () => {
	it("[MQTT-4.3.3-1] has a free id and DUP 0, then PUBREC, PUBREL and PUBCOMP, each once", () => {
		const peer = online();
		const topic = peer.client.topic("a");
		const ids = [0, 1].map(() => peer.client.publish(topic, one, 3, QOS_2));
		expect(new Set(ids).size).toBe(2);
		expect(peer.brief()).toEqual(ids.map(id => `publish a one q2 d0 r0 #${id}`));
		for (const id of ids) {
			peer.send({ cmd: "pubrec", messageId: id });
			expect(peer.brief()).toEqual([`pubrel #${id}`]);
			expect(peer.told()).toEqual([]);
			peer.send({ cmd: "pubcomp", messageId: id });
			expect(peer.brief()).toEqual([]);
			expect(peer.told()).toEqual([`end ${id} settled 0`]);
		}
	});

	it("[MQTT-4.3.3-1] once PUBREL is owed the PUBLISH never goes out again, PUBREL does until PUBCOMP", () => {
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
});

describe("QoS 2, receiving", () => {
	it("[MQTT-4.3.3-2] until PUBREL every repeat is answered by PUBREC and not delivered; then the id is free", () => {
		const peer = online();
		for (const round of ["first", "second"]) {
			peer.send(publish("a", round, 2, 7, round === "second"));
			expect(peer.told()).toEqual([`message a ${round} 2`]);
			peer.send(publish("a", round, 2, 7, true), publish("a", round, 2, 7, false));
			expect(peer.told()).toEqual([]);
			expect(peer.brief()).toEqual(["pubrec #7", "pubrec #7", "pubrec #7"]);
			peer.send({ cmd: "pubrel", messageId: 7 }, { cmd: "pubrel", messageId: 7 });
			expect(peer.brief()).toEqual(["pubcomp #7", "pubcomp #7"]);
		}
	});

	it("[MQTT-4.3.3-2] [MQTT-4.1.0-1] not delivered again after a reconnect with the session", () => {
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

	it("[MQTT-4.3.3-2] a link that goes at any point delivers each message once", () => {
		// What the server has sent before the link goes; then it goes on with the session from the beginning of that step.
		for (const cut of ["publish", "pubrec", "pubrel", "pubcomp"]) {
			const peer = online();
			// Without room PUBREC and PUBCOMP stay here.
			peer.socket.allow(cut === "publish" ? 0 : 1000);
			peer.send(publish("a", "x", 2, 7));
			if (cut === "pubrel") peer.socket.allow(0);
			if (cut === "pubrel" || cut === "pubcomp") peer.send({ cmd: "pubrel", messageId: 7 });
			peer.socket.fail();
			peer.online(true);
			if (cut === "publish" || cut === "pubrec") {
				peer.send(publish("a", "x", 2, 7, true));
				expect(peer.brief()).toEqual(["pubrec #7"]);
			}
			peer.send({ cmd: "pubrel", messageId: 7 });
			expect(peer.brief()).toEqual(["pubcomp #7"]);
			expect(
				peer.told().filter(line => line.startsWith("message")),
				cut,
			).toEqual(["message a x 2"]);
		}
	});

	it("[MQTT-4.3.3-2] PUBREL is always answered, known or not", () => {
		const peer = online();
		for (const id of [1, 99, 65_535]) {
			peer.send({ cmd: "pubrel", messageId: id });
			expect(peer.brief()).toEqual([`pubcomp #${id}`]);
		}
	});
});

describe("after a reconnect", () => {
	it("[MQTT-4.4.0-1] [MQTT-4.6.0-1] [MQTT-4.6.0-4] PUBREL and PUBLISH go out again with their old ids, in their old order", () => {
		const peer = online();
		const topic = peer.client.topic("a");
		const ids = [1, 2, 3, 4, 5].map(i => peer.client.publish(topic, utf8(String(i)), 1, i % 2 ? QOS_2 : QOS_1));
		peer.take();
		// PUBREC packets in another order than the PUBLISH packets: PUBREL follows theirs.
		peer.send({ cmd: "pubrec", messageId: ids[4]! }, { cmd: "pubrec", messageId: ids[0]! });
		expect(peer.brief()).toEqual([`pubrel #${ids[4]}`, `pubrel #${ids[0]}`]);
		for (let i = 0; i < 2; i += 1) {
			peer.socket.fail();
			peer.online(true);
			expect(peer.brief()).toEqual([
				`pubrel #${ids[4]}`,
				`pubrel #${ids[0]}`,
				`publish a 2 q1 d1 r0 #${ids[1]}`,
				`publish a 3 q2 d1 r0 #${ids[2]}`,
				`publish a 4 q1 d1 r0 #${ids[3]}`,
			]);
		}
	});

	it("[MQTT-4.6.0-1] the order stays where some have ended in between, and new ones go behind", () => {
		const peer = online({ limits: { messages: 20, outbox: 4000 } });
		const topic = peer.client.topic("a");
		const ids = Array.from({ length: 12 }, (_, i) =>
			peer.client.publish(topic, utf8(String(i)), undefined, i % 3 === 0 ? QOS_2 : QOS_1),
		);
		peer.take();
		for (const i of [1, 4, 5, 10]) peer.send({ cmd: "puback", messageId: ids[i]! });
		peer.socket.fail();
		peer.client.publish(topic, utf8("new"), undefined, QOS_1);
		peer.online(true);
		expect(peer.brief().map(line => line.split(" ")[2])).toEqual(["0", "2", "3", "6", "7", "8", "9", "11", "new"]);
	});
});

describe("acknowledgements", () => {
	it("[MQTT-4.5.0-2] every message gets the one of its QoS, wanted or not, whatever its handler does", () => {
		const peer = online({ onMessage: undefined as never, limits: { receive: 128 } });
		peer.client.subscribe("throws", () => {
			throw new Error("on purpose");
		});
		peer.answer();
		peer.client.subscribe("ignores", () => {});
		peer.answer();
		let id = 0;
		for (const topic of ["nobody", "ignores", "throws"])
			for (const payload of ["", "x", "y".repeat(500)]) {
				peer.send(publish(topic, payload, 0), publish(topic, payload, 1, id + 1), publish(topic, payload, 2, id + 2));
				expect(peer.brief()).toEqual([`puback #${id + 1}`, `pubrec #${id + 2}`]);
				id += 2;
			}
	});

	it("[MQTT-4.6.0-2] PUBACK packets leave in the order of the PUBLISH packets, also where the application acknowledges by hand", () => {
		const tokens: number[] = [];
		const peer = online({ onMessage: (message: Incoming) => message.text() !== "auto" && tokens.push(message.hold()) });
		peer.send(publish("a", "1", 1, 9), publish("a", "2", 1, 2), publish("a", "auto", 1, 3), publish("a", "4", 1, 4));
		expect(peer.brief()).toEqual([]);
		expect(peer.client.acknowledge(tokens[1]!)).toBe(true);
		expect(peer.brief()).toEqual([]);
		expect(peer.client.acknowledge(tokens[0]!)).toBe(true);
		expect(peer.brief()).toEqual(["puback #9", "puback #2", "puback #3"]);
		expect(peer.client.acknowledge(tokens[0]!)).toBe(false);
		expect(peer.client.acknowledge(tokens[2]!)).toBe(true);
		expect(peer.brief()).toEqual(["puback #4"]);
	});

	it("[MQTT-4.6.0-2] [MQTT-4.6.0-3] a burst through a narrow socket is acknowledged in its order", () => {
		const peer = online({ limits: { received: 60 } });
		peer.socket.allow(0);
		const ids = Array.from({ length: 40 }, (_, i) => ((i * 7) % 40) + 1);
		peer.socket.deliver(Buffer.concat(ids.map(id => bytesOf(publish("a", "x", id % 2 === 0 ? 2 : 1, id)))));
		for (let i = 0; i < 60; i += 1) peer.socket.allow(5);
		expect(peer.brief()).toEqual(ids.map(id => `${id % 2 === 0 ? "pubrec" : "puback"} #${id}`));
	});

	it("[MQTT-4.6.0-3] PUBREC packets leave in the order of the PUBLISH packets, repeats behind what is still held", () => {
		const tokens: number[] = [];
		const peer = online({ onMessage: (message: Incoming) => message.text() === "held" && tokens.push(message.hold()) });
		peer.send(publish("a", "1", 2, 9), publish("a", "2", 2, 3), publish("a", "3", 2, 5));
		expect(peer.brief()).toEqual(["pubrec #9", "pubrec #3", "pubrec #5"]);
		peer.send(publish("a", "held", 2, 1), publish("a", "x", 2, 2));
		peer.socket.fail();
		peer.online(true);
		peer.send(publish("a", "held", 2, 1, true), publish("a", "x", 2, 2, true));
		expect(peer.brief()).toEqual([]);
		peer.client.acknowledge(tokens[0]!);
		expect(peer.brief()).toEqual(["pubrec #1", "pubrec #2"]);
	});

	it("[MQTT-4.6.0-4] PUBREL packets leave in the order of the PUBREC packets", () => {
		const peer = online();
		const topic = peer.client.topic("a");
		const ids = [0, 1, 2, 3].map(() => peer.client.publish(topic, one, 3, QOS_2));
		peer.take();
		const order = [2, 0, 3, 1].map(i => ids[i]!);
		peer.socket.allow(0);
		for (const id of order) peer.send({ cmd: "pubrec", messageId: id });
		for (let i = 0; i < 8; i += 1) peer.socket.allow(4);
		expect(peer.brief()).toEqual(order.map(id => `pubrel #${id}`));
	});
});

describe("topic names and filters", () => {
	const WILD = ["#", "+", "a/#", "+/a", "a/+/b", "/+", "+/+/#"];

	it("[MQTT-4.7.1-1] wildcards belong into filters: those are asked for, and no name has any", () => {
		const peer = online({ limits: { topics: 20 } });
		for (const filter of WILD) {
			expect(peer.client.subscribe(filter, () => {})).toBeGreaterThan(0);
			expect(peer.answer().subarray(4).toString("hex")).toBe(`${asString(filter)}00`);
			expect(() => peer.client.topic(filter)).toThrow(Misuse);
			expect(() => peer.client.publish(filter, "x")).toThrow(Misuse);
		}
		peer.told();
		for (const name of WILD) {
			peer.send(packet("30", asString(name)));
			expectBroken(peer, "55");
		}
	});

	/** Filters that are not asked for: misuse. */
	function expectMisuse(filters: readonly string[]): void {
		const peer = online();
		for (const filter of filters) {
			expect(() => peer.client.subscribe(filter, () => {}), filter).toThrow(Misuse);
			expect(() => peer.client.subscribe(["good", filter], () => {}), filter).toThrow(Misuse);
		}
		expect(peer.hex()).toBe("");
	}

	it("[MQTT-4.7.1-2] # stands alone in the last level", () => {
		expectMisuse(["a#", "#a", "a/b#", "a/#b", "a/#/", "#/", "#/a", "a/#/b", "##", "/##", "+#"]);
		const peer = online({ limits: { topics: 20 } });
		for (const filter of ["#", "/#", "a/#", "a/b/#", "//#"])
			expect(peer.client.subscribe(filter, () => {})).toBeGreaterThan(0);
	});

	it("[MQTT-4.7.1-3] + takes a whole level, at any place", () => {
		expectMisuse(["a+", "+a", "a/b+", "a/+b", "+a/b", "a+/b", "++", "/++/", "+/a+/b"]);
		const peer = online({ limits: { topics: 20 } });
		for (const filter of ["+", "+/", "/+", "a/+", "+/b", "a/+/c", "+/+", "+/+/#"])
			expect(peer.client.subscribe(filter, () => {})).toBeGreaterThan(0);
	});

	it("[MQTT-4.7.3-1] both have one character at least", () => {
		expectMisuse([""]);
		const peer = online();
		expect(() => peer.client.topic("")).toThrow(Misuse);
		expect(() => peer.client.publish("", "x")).toThrow(Misuse);
		for (const text of ["/", " ", "a"]) {
			expect(peer.client.topic(text)).toBeGreaterThan(0);
			expect(peer.client.subscribe(text, () => {})).toBeGreaterThan(0);
		}
		peer.send("3002 0000");
		expectBroken(peer, "55");
	});

	it("[MQTT-4.7.3-2] neither has U+0000", () => {
		expectMisuse(["\0", "a/\0", "\0/#", "+/\0"]);
		const peer = online();
		for (const text of ["\0", "a\0b"]) {
			expect(() => peer.client.topic(text)).toThrow(Misuse);
			expect(() => peer.client.publish(text, "x")).toThrow(Misuse);
			peer.send(packet("30", asString(text)));
			expectBroken(peer, "54");
		}
	});

	it("[MQTT-4.7.3-3] neither is longer than 65,535 bytes, however many characters", () => {
		const peer = online({ limits: { topicBytes: 65_535 } });
		for (const text of ["a".repeat(65_536), "é".repeat(32_768), "😀".repeat(16_384)]) {
			expect(() => peer.client.topic(text)).toThrow(Misuse);
			expect(() => peer.client.subscribe(text, () => {})).toThrow(Misuse);
			expect(() => peer.client.publish(text, "x")).toThrow(Misuse);
			expect(() => new Peer({ will: { topic: text } })).toThrow(Misuse);
		}
		expect(peer.hex()).toBe("");
	});
});

describe("errors", () => {
	it("[MQTT-4.8.0-1] a protocol violation closes, delivers nothing of itself, and loses nothing accepted before it", () => {
		const peer = online();
		peer.socket.deliver(Buffer.concat([hex("32 06 0001 61 0007 78"), hex("36 05 0001 61 0001")]));
		expect(peer.told()).toEqual(["message a x 1", "offline 52"]);
		expect(peer.brief()).toEqual(["puback #7"]);
		expect(peer.socket.closed).toBe(true);
	});

	it.each([
		["a packet of a client: CONNECT", "1000", "57"],
		["CONNACK again", "20020000", "57"],
		["SUBSCRIBE", "8200", "57"],
		["UNSUBSCRIBE", "a200", "57"],
		["PINGREQ", "c000", "57"],
		["DISCONNECT", "e000", "57"],
		["type 0", "0000", "57"],
		["type 15", "f000", "57"],
		["a length of five bytes", "308080808001", "50"],
		["PUBACK too short", "400100", "56"],
		["PUBACK too long", "4003000100", "56"],
		["PINGRESP that nobody asked for", "d000", "57"],
		["SUBACK that answers nothing", "9003000100", "57"],
		["UNSUBACK that answers nothing", "b0020001", "57"],
	])("[MQTT-4.8.0-1] so does %s", (_name, bytes, code) => {
		const peer = online();
		peer.send(bytes);
		expectBroken(peer, code);
	});

	it("[MQTT-4.8.0-2] what cannot be handled just now closes the connection, and comes again on the next", () => {
		const peer = online({ limits: { received: 2 } });
		peer.send(publish("a", "1", 2, 1), publish("a", "2", 2, 2));
		peer.told();
		peer.take();
		peer.send(publish("a", "3", 2, 3));
		expect(peer.brief()).toEqual([]);
		expectBroken(peer, "16");
		peer.send({ cmd: "pubrel", messageId: 1 }, publish("a", "3", 2, 3, true));
		expect(peer.told()).toEqual(["message a 3 2"]);
		// A socket that fails while it is read is such an error, too.
		peer.socket.read = () => {
			throw new Error("broken");
		};
		peer.send(publish("a", "4", 1, 4));
		expectBroken(peer, "38");
	});
});
