// MQTT 5.0, chapter 4: sessions, the three qualities of service, order, topics, flow control, errors.

import { describe, expect, it } from "vitest";
import { type Incoming, Misuse, QOS_1, QOS_2 } from "../../../firmware/mqtt/client.js";
import { MESSAGE_EXPIRY_INTERVAL, properties } from "../../../firmware/mqtt/property.js";
import { online } from "../../support/five.js";
import { bytesOf, expectBroken, hex, Peer, packet, publish, utf8 } from "../../support/peer.js";
import { asString } from "../../support/strings.js";

const one = utf8("one");

it("[MQTT-4.1.0-1] session state is kept as long as the connection stands, whatever its expiry interval", () => {
	const peer = online({ keepAlive: 0, timeouts: { ackMs: 86_400_000 }, cleanSession: true, sessionExpiry: 0 });
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

describe("QoS 1, sending", () => {
	it("[MQTT-4.3.2-1] [MQTT-4.3.2-2] [MQTT-4.3.2-3] a free id, DUP 0, unacknowledged until its PUBACK", () => {
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
		peer.send({ cmd: "puback", messageId: ids[2]! }, { cmd: "puback", messageId: ids[0]!, reasonCode: 0x10 });
		expect(peer.told()).toEqual([`end ${ids[2]} settled 0`, `end ${ids[0]} settled 10`]);
		peer.socket.fail();
		peer.online(true);
		expect(peer.brief()).toEqual([]);
	});

	it("[MQTT-4.3.2-3] [MQTT-4.3.3-3] [MQTT-4.3.3-5] an acknowledgement of the wrong kind ends nothing, and closes", () => {
		for (const [qos, wrong] of [
			[1, ["pubrec", "pubcomp"]],
			[2, ["puback", "pubcomp"]],
		] as const)
			for (const cmd of wrong) {
				const peer = online();
				const id = peer.client.publish("a", "x", { qos });
				peer.take();
				peer.send({ cmd, messageId: id });
				expectBroken(peer, "57", "82");
				expect(peer.brief()).toEqual([`publish a x q${qos} d1 r0 #${id}`]);
			}
	});
});

describe("QoS 1, receiving", () => {
	it("[MQTT-4.3.2-4] PUBACK has its id, and goes out when the handler has returned, or the application says so", () => {
		const seen: number[] = [];
		const peer = online({ onMessage: () => seen.push(peer.socket.written.length) });
		const before = peer.socket.written.length;
		peer.send(publish("a", "x", 1, 7));
		expect(seen).toEqual([before]);
		expect(peer.brief()).toEqual(["puback #7"]);
		const tokens: number[] = [];
		const held = online({ onMessage: message => tokens.push(message.hold()) });
		held.send(publish("a", "x", 1, 8));
		held.time.run(1000);
		expect(held.brief()).toEqual([]);
		expect(held.client.acknowledge(tokens[0]!)).toBe(true);
		expect(held.brief()).toEqual(["puback #8"]);
	});

	it("[MQTT-4.3.2-5] after PUBACK the same id is a new message, whatever DUP says", () => {
		const peer = online();
		for (const dup of [false, true, true, false]) {
			peer.send(publish("a", dup ? "again" : "x", 1, 7, dup));
			expect(peer.told()).toEqual([`message a ${dup ? "again" : "x"} 1`]);
			expect(peer.brief()).toEqual(["puback #7"]);
		}
	});
});

describe("QoS 2, sending", () => {
	it("[MQTT-4.3.3-1] [MQTT-4.3.3-2] [MQTT-4.3.3-4] a free id and DUP 0, then PUBREC, PUBREL and PUBCOMP, each once", () => {
		const peer = online();
		const topic = peer.client.topic("a");
		const ids = [0, 1].map(() => peer.client.publish(topic, one, 3, QOS_2));
		expect(new Set(ids).size).toBe(2);
		expect(peer.brief()).toEqual(ids.map(id => `publish a one q2 d0 r0 #${id}`));
		for (const [i, id] of ids.entries()) {
			peer.send({ cmd: "pubrec", messageId: id, reasonCode: i === 0 ? 0 : 0x10 });
			expect(peer.brief()).toEqual([`pubrel #${id}`]);
			expect(peer.told()).toEqual([]);
			peer.send({ cmd: "pubcomp", messageId: id });
			expect(peer.brief()).toEqual([]);
			expect(peer.told()).toEqual([`end ${id} settled 0`]);
		}
	});

	it("[MQTT-4.3.3-3] the PUBLISH is unacknowledged until its PUBREC", () => {
		const peer = online();
		const id = peer.client.publish("a", "x", { qos: 2 });
		peer.take();
		for (let i = 0; i < 3; i += 1) {
			peer.socket.fail();
			peer.online(true);
			expect(peer.brief()).toEqual([`publish a x q2 d1 r0 #${id}`]);
		}
		peer.send({ cmd: "pubrec", messageId: id });
		peer.socket.fail();
		peer.online(true);
		expect(peer.brief()).toEqual([`pubrel #${id}`]);
	});

	it.each([0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99])(
		"[MQTT-4.3.3-4] PUBREC with %d is answered by nothing",
		reasonCode => {
			const peer = online();
			const id = peer.client.publish("a", "x", { qos: 2 });
			peer.take();
			peer.send({ cmd: "pubrec", messageId: id, reasonCode });
			expect(peer.brief()).toEqual([]);
			expect(peer.told()).toEqual([`end ${id} refused ${reasonCode.toString(16)}`]);
		},
	);

	it("[MQTT-4.3.3-5] [MQTT-4.3.3-6] once PUBREL is owed the PUBLISH never goes out again, PUBREL does until PUBCOMP", () => {
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
		peer.socket.fail();
		peer.online(true);
		expect(peer.brief()).toEqual([]);
	});

	it("[MQTT-4.3.3-7] a message that was sent does not expire: it goes out again, and PUBREL follows, long after", () => {
		const peer = online({ keepAlive: 0, timeouts: { ackMs: 86_400_000 } });
		const block = properties([MESSAGE_EXPIRY_INTERVAL, 1]);
		const first = peer.client.publish("a", "x", { qos: 2, properties: block });
		const second = peer.client.publish("a", "y", { qos: 2, properties: block });
		peer.send({ cmd: "pubrec", messageId: second });
		peer.take();
		peer.time.run(3_600_000);
		peer.socket.fail();
		peer.online(true);
		expect(peer.brief()).toEqual([`pubrel #${second}`, `publish a x q2 d1 r0 #${first}`]);
		peer.time.run(3_600_000);
		peer.send({ cmd: "pubrec", messageId: first });
		expect(peer.brief()).toEqual([`pubrel #${first}`]);
		expect(peer.client.unsettled).toBe(2);
	});
});

describe("QoS 2, receiving", () => {
	it("[MQTT-4.3.3-8] PUBREC has its id, and goes out when the handler has returned, or the application says so", () => {
		const tokens: number[] = [];
		const seen: number[] = [];
		const peer = online({
			onMessage: message => {
				seen.push(peer.socket.written.length);
				if (message.text() === "held") tokens.push(message.hold());
			},
		});
		peer.send(publish("a", "x", 2, 7));
		expect(seen).toEqual([0]);
		expect(peer.brief()).toEqual(["pubrec #7"]);
		peer.send(publish("a", "held", 2, 8));
		peer.time.run(1000);
		expect(peer.brief()).toEqual([]);
		expect(peer.client.acknowledge(tokens[0]!)).toBe(true);
		expect(peer.brief()).toEqual(["pubrec #8"]);
	});

	it("[MQTT-4.3.3-10] [MQTT-4.3.3-11] [MQTT-4.3.3-12] repeats get PUBREC until PUBREL, and PUBREL gets PUBCOMP; then the id is a new message's", () => {
		const peer = online();
		for (const round of ["first", "second"]) {
			peer.send(publish("a", round, 2, 7, round === "second"));
			expect(peer.told()).toEqual([`message a ${round} 2`]);
			peer.send(publish("a", round, 2, 7, true), publish("a", round, 2, 7, false));
			expect(peer.told()).toEqual([]);
			expect(peer.brief()).toEqual(["pubrec #7", "pubrec #7", "pubrec #7"]);
			peer.send({ cmd: "pubrel", messageId: 7 });
			expect(peer.frames()).toEqual([hex("7002 0007")]);
			// What is unknown by now is answered as well.
			peer.send({ cmd: "pubrel", messageId: 7 });
			expect(peer.frames()).toEqual([hex("7003 0007 92")]);
		}
	});

	it("[MQTT-4.3.3-10] [MQTT-4.3.3-12] a link that goes at any point delivers each message once", () => {
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
			peer.send(publish("a", "new", 2, 7, true));
			expect(peer.told()).toEqual(["message a new 2"]);
		}
	});

	it("[MQTT-4.3.3-13] a message that has expired is acknowledged to the end", () => {
		const peer = online();
		const expired = { ...publish("a", "x", 2, 7), properties: { messageExpiryInterval: 1 } };
		peer.send(expired);
		expect(peer.brief()).toEqual(["pubrec #7"]);
		peer.time.run(10_000);
		peer.send({ ...expired, dup: true }, { cmd: "pubrel", messageId: 7 });
		expect(peer.brief()).toEqual(["pubrec #7", "pubcomp #7"]);
		peer.send({ ...expired, messageId: 8, properties: { messageExpiryInterval: 0 } }, { cmd: "pubrel", messageId: 8 });
		expect(peer.brief()).toEqual(["pubrec #8", "pubcomp #8"]);
	});
});

it("[MQTT-4.4.0-1] nothing is sent again on a live connection: an acknowledgement that does not come closes it", () => {
	const peer = online({ timeouts: { ackMs: 5000 }, keepAlive: 0 });
	const topic = peer.client.topic("a");
	const first = peer.client.publish(topic, one, 3, QOS_1);
	const second = peer.client.publish(topic, one, 3, QOS_2);
	peer.send({ cmd: "pubrec", messageId: second });
	peer.client.subscribe("f", () => {});
	peer.take();
	peer.time.run(4999);
	expect([peer.brief(), peer.told()]).toEqual([[], []]);
	peer.time.run(1);
	expect(peer.told()).toEqual(["offline 37"]);
	peer.online(true);
	// SUBSCRIBE is no resend: it is asked anew.
	expect(peer.brief().slice(0, 1)).toEqual([`pubrel #${second}`]);
	peer.socket.fail();
	peer.online(true);
	const sent = peer.brief();
	expect(sent).toContain(`publish a one q1 d1 r0 #${first}`);
	expect(sent).toContain(`pubrel #${second}`);
	// And nothing of it where the session is gone.
	peer.socket.fail();
	peer.online(false);
	expect(peer.brief().filter(line => !line.startsWith("subscribe"))).toEqual([]);
});

it("[MQTT-4.4.0-2] a PUBACK or PUBREC with a reason from 0x80 up ends the message: it is not sent again", () => {
	for (const [qos, cmd] of [
		[1, "puback"],
		[2, "pubrec"],
	] as const)
		for (const reasonCode of [0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]) {
			const peer = online();
			const id = peer.client.publish("a", "x", { qos });
			peer.send({ cmd, messageId: id, reasonCode });
			expect(peer.told()).toEqual([`end ${id} refused ${reasonCode.toString(16)}`]);
			expect(peer.client.unsettled).toBe(0);
			peer.take();
			peer.socket.fail();
			peer.online(true);
			expect(peer.brief()).toEqual([]);
		}
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
		peer.socket.deliver(Buffer.concat(ids.map(id => bytesOf(publish("a", "x", id % 2 === 0 ? 2 : 1, id), 5))));
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

	it("[MQTT-4.7.0-1] wildcards belong into filters: those are asked for, and no name has any", () => {
		const peer = online({ limits: { topics: 20 } });
		for (const filter of WILD) {
			expect(peer.client.subscribe(filter, () => {})).toBeGreaterThan(0);
			expect(peer.answer().subarray(4).toString("hex")).toBe(`00${asString(filter)}00`);
			expect(() => peer.client.topic(filter)).toThrow(Misuse);
			expect(() => peer.client.publish(filter, "x")).toThrow(Misuse);
		}
		peer.told();
		for (const name of WILD) {
			peer.send(packet("30", asString(name), "00"));
			expectBroken(peer, "55", "82");
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

	it("[MQTT-4.7.1-1] # stands alone in the last level", () => {
		expectMisuse(["a#", "#a", "a/b#", "a/#b", "a/#/", "#/", "#/a", "a/#/b", "##", "/##", "+#"]);
		const peer = online({ limits: { topics: 20 } });
		for (const filter of ["#", "/#", "a/#", "a/b/#", "//#"])
			expect(peer.client.subscribe(filter, () => {})).toBeGreaterThan(0);
	});

	it("[MQTT-4.7.1-2] + takes a whole level, at any place", () => {
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
		peer.send("3003 0000 00");
		expectBroken(peer, "55", "82");
	});

	it("[MQTT-4.7.3-2] neither has U+0000", () => {
		expectMisuse(["\0", "a/\0", "\0/#", "+/\0"]);
		const peer = online();
		for (const text of ["\0", "a\0b"]) {
			expect(() => peer.client.topic(text)).toThrow(Misuse);
			expect(() => peer.client.publish(text, "x")).toThrow(Misuse);
			peer.send(packet("30", asString(text), "00"));
			expectBroken(peer, "54", "81");
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

describe("shared subscriptions", () => {
	it("[MQTT-4.8.2-1] [MQTT-4.8.2-2] begin with $share/, a name without /, + and #, and a filter behind it", () => {
		const peer = online({ limits: { topics: 20 } });
		for (const filter of ["$share", "$share/", "$share//", "$share//a", "$share/g", "$share/g/"])
			if (filter !== "$share") expect(() => peer.client.subscribe(filter, () => {}), filter).toThrow(Misuse);
		for (const filter of ["$share/+/a", "$share/#/a", "$share/g+/a", "$share/g#/a", "$share/+g/a", "$share/g/a#"])
			expect(() => peer.client.subscribe(filter, () => {}), filter).toThrow(Misuse);
		expect(peer.hex()).toBe("");
		for (const filter of ["$share/g/a", "$share/g//", "$share/ü/#", "$share/g/+/b", "$share/$share/$share/x"]) {
			expect(peer.client.subscribe(filter, () => {})).toBeGreaterThan(0);
			expect(peer.answer().subarray(5, -1).toString("hex")).toBe(asString(filter));
		}
	});

	it("[MQTT-4.8.2-2] what matches the filter behind the name goes to the handler", () => {
		const peer = online();
		for (const filter of ["$share/g/a/b", "$share/g/x/#"])
			peer.client.subscribe(filter, message => peer.log.push(`${filter} ${message.topic}`));
		for (const topic of ["a/b", "x", "x/y", "g/a/b"]) peer.send(publish(topic, ""));
		expect(peer.told()).toEqual(["$share/g/a/b a/b", "$share/g/x/# x", "$share/g/x/# x/y", "message g/a/b  0"]);
	});
});

describe("flow control", () => {
	it.each([[undefined], [1], [2], [20], [65_535]])(
		"[MQTT-4.9.0-1] [MQTT-4.9.0-2] with a Receive Maximum of %s so many messages leave at once, and not one more",
		receiveMaximum => {
			const peer = online(
				{ limits: { messages: 40, outbox: 4000 } },
				receiveMaximum === undefined ? {} : { receiveMaximum },
			);
			const topic = peer.client.topic("a");
			const ids = Array.from({ length: 30 }, (_, i) => peer.client.publish(topic, one, 3, i % 2 === 0 ? QOS_1 : QOS_2));
			const most = Math.min(receiveMaximum ?? 65_535, 30);
			expect(peer.take().map(({ messageId }) => messageId)).toEqual(ids.slice(0, most));
			peer.time.run(1000);
			expect(peer.hex()).toBe("");
			// A new connection begins with the whole quota, whatever became of the old one.
			peer.socket.fail();
			peer.online(true, 10_000, receiveMaximum === undefined ? {} : { receiveMaximum });
			expect(peer.take().map(({ messageId }) => messageId)).toEqual(ids.slice(0, most));
		},
	);

	it("[MQTT-4.9.0-2] an answer gives one place back, a second one for the same message none", () => {
		const peer = online({ limits: { messages: 20 } }, { receiveMaximum: 1 });
		const ids = [0, 1, 2].map(() => peer.client.publish("a", "x", { qos: 1 }));
		expect(peer.take()).toHaveLength(1);
		peer.send(
			{ cmd: "puback", messageId: ids[0]! },
			{ cmd: "puback", messageId: ids[0]! },
			{ cmd: "puback", messageId: 4711 },
		);
		expect(peer.take().map(({ messageId }) => messageId)).toEqual([ids[1]]);
	});

	it("[MQTT-4.9.0-1] a Receive Maximum of 0 closes: there is no such quota", () => {
		const peer = new Peer({ protocolVersion: 5 });
		peer.connect();
		peer.send("2006 0000 03 21 0000");
		expectBroken(peer, "5d", "82");
	});

	it("[MQTT-4.9.0-3] without quota all other packets are sent, handled and answered", () => {
		const peer = online({}, { receiveMaximum: 1 });
		const first = peer.client.publish("a", "x", { qos: 2 });
		peer.client.publish("a", "waits", { qos: 1 });
		peer.take();
		peer.client.subscribe("f", () => {});
		expect(peer.answer()[0]).toBe(0x82);
		peer.told();
		expect(peer.client.publish("b", "zero")).toBe(0);
		peer.client.ping();
		peer.send(publish("f", "1", 1, 7), publish("g", "2", 2, 8), { cmd: "pubrel", messageId: 8 });
		peer.send({ cmd: "pingresp" }, { cmd: "pubrec", messageId: first });
		expect(peer.told()).toEqual(["message g 2 2", "ping 0"]);
		expect(peer.brief()).toEqual([
			"publish b zero q0 d0 r0",
			"pingreq",
			"puback #7",
			"pubrec #8",
			"pubcomp #8",
			`pubrel #${first}`,
		]);
	});
});

it("[MQTT-4.12.0-7] without an authentication method in CONNECT the client sends no AUTH, also where it gets one", () => {
	for (const bytes of ["f000", "f001 18", "f002 1800", "f001 19", "f008 18 06 15 0003 616263"]) {
		const peer = online();
		peer.send(bytes);
		const sent = peer.frames();
		expect(sent.map(([first]) => first! >> 4)).toEqual([14]);
		expect(peer.socket.closed).toBe(true);
		// Nor before CONNACK.
		const early = new Peer({ protocolVersion: 5 });
		early.connect();
		early.send(bytes);
		expect(early.frames().filter(([first]) => first! >> 4 === 15)).toEqual([]);
		expect(early.socket.closed).toBe(true);
	}
});

describe("errors", () => {
	it.each([
		["a malformed packet", "3606 000161 0001 00", "52", "81"],
		["a packet of a client: CONNECT", "1000", "57", "82"],
		["CONNACK again", "2003 000000", "57", "82"],
		["SUBSCRIBE", "8200", "57", "82"],
		["PINGREQ", "c000", "57", "82"],
		["type 0", "0000", "57", "82"],
		["a packet too large", "90ff7f", "5b", "95"],
		["PINGRESP that nobody asked for", "d000", "57", "82"],
		["SUBACK that answers nothing", "9004 0001 00 00", "57", "82"],
	])(
		"[MQTT-4.13.2-1] %s: DISCONNECT where there is room, and closed with it or without",
		(_name, bytes, code, reason) => {
			const peer = online();
			peer.send(bytes);
			expectBroken(peer, code, reason);
			// Without room for DISCONNECT, and with a packet begun in which it cannot stand.
			peer.socket.allow(0);
			peer.send(bytes);
			expect(peer.told()).toEqual([`offline ${code}`]);
			expect([peer.hex(), peer.socket.closed]).toEqual(["", true]);
			const half = online();
			half.client.publishFrom(half.client.topic("a"), { read: () => 0 }, 500, QOS_1);
			expect(half.socket.takeWritten()).toHaveLength(9);
			half.send(bytes);
			expect(half.told()).toEqual([`offline ${code}`]);
			expect([half.hex(), half.socket.closed]).toEqual(["", true]);
		},
	);

	it("[MQTT-4.13.2-1] a write of DISCONNECT that fails is an end of the connection, too, and the only one", () => {
		const peer = online();
		peer.socket.write = () => {
			throw new Error("broken");
		};
		peer.send("c000");
		expect(peer.told()).toHaveLength(1);
		expect(peer.socket.closed).toBe(true);
	});

	it("[MQTT-4.13.2-1] a CONNACK with a reason from 0x80 up ends the connection", () => {
		for (const reasonCode of [0x80, 0x87, 0x8a, 0x97, 0x9f]) {
			const peer = new Peer({ protocolVersion: 5 });
			peer.connect();
			peer.send({ cmd: "connack", reasonCode, sessionPresent: false });
			expect(peer.told()).toEqual([`offline ${reasonCode.toString(16)}`]);
			expect([peer.hex(), peer.socket.closed]).toEqual(["", true]);
		}
	});

	it("[MQTT-4.13.2-1] what was accepted before the packet that breaks the connection is acknowledged", () => {
		const peer = online();
		peer.socket.deliver(Buffer.concat([hex("3207 000161 0007 00 78"), hex("3606 000161 0001 00")]));
		expect(peer.told()).toEqual(["message a x 1", "offline 52"]);
		expect(peer.brief()).toEqual(["puback #7", "disconnect"]);
	});
});
