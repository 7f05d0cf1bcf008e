// The in-process broker, as a server of 3.1.1, in virtual time; its clients are mqtt-packet's bytes and our own client.

import { generate, type Packet, parser } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { Broker, type BrokerOptions } from "../../../host-sim/broker/broker.js";
import type { Connection } from "../../../host-sim/broker/connection.js";
import { hex } from "../../support/peer.js";
import vectors from "../../vectors/refused-by-broker.json" with { type: "json" };

/** A client made of bytes. */
class Raw {
	readonly connection: Connection;
	closed = false;
	readonly broker: Broker;
	#got: Packet[] = [];

	constructor(broker: Broker, now = 0) {
		this.broker = broker;
		const codec = parser({ protocolVersion: 4 });
		codec.on("packet", packet => this.#got.push(packet));
		const transport = {
			peer: "test",
			write: (bytes: Uint8Array) => void codec.parse(Buffer.from(bytes)),
			close: () => {
				this.closed = true;
			},
		};
		this.connection = broker.accept(transport, now) as Connection;
	}

	send(packet: Packet | string, now = 0): this {
		this.connection.handleData(
			typeof packet === "string" ? hex(packet) : generate(packet, { protocolVersion: 4 }),
			now,
		);
		return this;
	}

	connect(clientId: string, options: object = {}, now = 0): this {
		return this.send(
			{ cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clean: true, keepalive: 0, clientId, ...options },
			now,
		);
	}

	subscribe(topic: string, qos: 0 | 1 | 2): this {
		this.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic, qos }] });
		return this;
	}

	publish(topic: string, payload: string, options: object = {}): this {
		return this.send({ cmd: "publish", topic, payload, qos: 0, dup: false, retain: false, ...options });
	}

	/** Packets since the last call, in short. */
	got(): string[] {
		return this.#got.splice(0).map(packet => {
			const id = packet.messageId === undefined ? "" : ` #${packet.messageId}`;
			if (packet.cmd === "publish")
				return `publish ${packet.topic} ${packet.payload} q${packet.qos} d${Number(packet.dup)} r${Number(packet.retain)}${id}`;
			if (packet.cmd === "connack") return `connack ${packet.returnCode} ${packet.sessionPresent}`;
			if (packet.cmd === "suback") return `suback ${packet.granted}`;
			return `${packet.cmd}${id}`;
		});
	}
}

/** The vectors of a phase, with their titles. */
function titled(phase: string): [string, string][] {
	return vectors
		.filter(vector => vector.phase === phase)
		.map(({ statement, name, hex }) => [`[${statement}] ${name}: ${hex}`, hex]);
}

function make(options: BrokerOptions = {}) {
	const broker = new Broker(options);
	return { broker, client: (now = 0) => new Raw(broker, now) };
}

describe("broker", () => {
	it("[MQTT-3.1.4-2] [MQTT-3.1.2-8] a second connection of the same client id throws out the first, whose will is published", () => {
		const { client } = make();
		const watcher = client().connect("w").subscribe("will", 1);
		const first = client().connect("a", {
			will: { topic: "will", payload: Buffer.from("gone"), qos: 1, retain: false },
		});
		watcher.got();
		const second = client().connect("a");
		expect([first.closed, second.closed]).toEqual([true, false]);
		expect(watcher.got()).toEqual(["publish will gone q1 d0 r0 #1"]);
	});

	it("[MQTT-3.1.2-8] [MQTT-3.1.2-10] [MQTT-3.14.4-3] the will is published unless the client says goodbye", () => {
		for (const [how, expected] of [
			["cut", 1],
			["silence", 1],
			["error", 1],
			["goodbye", 0],
		] as const) {
			const { broker, client } = make();
			const watcher = client().connect("w").subscribe("will", 0);
			const dying = client().connect("a", {
				keepalive: 10,
				will: { topic: "will", payload: Buffer.from("x"), qos: 0, retain: true },
			});
			watcher.got();
			if (how === "cut") dying.connection.handleClose(0);
			if (how === "silence") broker.handleTime(15_000);
			if (how === "error") dying.send("36050001610001");
			if (how === "goodbye") dying.send({ cmd: "disconnect" });
			expect(watcher.got().length).toBe(expected);
			expect(broker.retained.get("will") !== undefined).toBe(expected === 1);
		}
	});

	it("[MQTT-3.1.2-24] keep-alive is one and a half times what the client said, counted from its packets", () => {
		const { broker, client } = make();
		const a = client().connect("a", { keepalive: 10 });
		a.send({ cmd: "pingreq" }, 9000);
		expect(broker.pollDeadline()).toBe(24_000);
		// The beginning of a packet is no packet.
		a.send("30", 20_000);
		expect(broker.pollDeadline()).toBe(24_000);
		broker.handleTime(23_999);
		expect(a.closed).toBe(false);
		broker.handleTime(24_000);
		expect(a.closed).toBe(true);
	});

	it("[MQTT-3.1.0-1] [MQTT-3.1.0-2] who does not begin with CONNECT, sends it twice, or not in time, is out", () => {
		const { broker, client } = make();
		expect(client().publish("a", "x").closed).toBe(true);
		expect(client().connect("a").connect("a").closed).toBe(true);
		const slow = client(1000);
		broker.handleTime(11_000);
		expect(slow.closed).toBe(true);
	});

	it("[MQTT-3.1.2-4] [MQTT-3.1.2-6] [MQTT-3.2.2-1] [MQTT-3.2.2-2] [MQTT-3.2.2-3] a session is there again if neither side wanted a clean one", () => {
		const { client } = make();
		const present = (clean: boolean) => {
			const a = client().connect("a", { clean });
			const [connack] = a.got();
			a.send({ cmd: "disconnect" });
			return connack;
		};
		expect(present(false)).toBe("connack 0 false");
		expect(present(false)).toBe("connack 0 true");
		expect(present(true)).toBe("connack 0 false");
		expect(present(false)).toBe("connack 0 false");
	});

	it("[MQTT-4.4.0-1] [MQTT-4.6.0-1] keeps QoS 1 and 2 for who is away, in order, and repeats what was under way with DUP and the old ids", () => {
		const { client } = make({ maxInflight: 2 });
		const a = client().connect("a", { clean: false }).subscribe("t", 2);
		const p = client().connect("p");
		for (const [i, qos] of [2, 1, 0, 2].entries()) p.publish("t", String(i), { qos, messageId: 10 + i });
		expect(a.got().slice(2)).toEqual(["publish t 0 q2 d0 r0 #1", "publish t 1 q1 d0 r0 #2", "publish t 2 q0 d0 r0"]);
		a.send({ cmd: "pubrec", messageId: 1 });
		expect(a.got()).toEqual(["pubrel #1"]);
		a.connection.handleClose(0);
		p.publish("t", "away0", { qos: 0 });
		p.publish("t", "away1", { qos: 1, messageId: 20 });
		const again = client().connect("a", { clean: false });
		expect(again.got()).toEqual(["connack 0 true", "pubrel #1", "publish t 1 q1 d1 r0 #2"]);
		again.send({ cmd: "pubcomp", messageId: 1 }).send({ cmd: "puback", messageId: 2 });
		expect(again.got()).toEqual(["publish t 3 q2 d0 r0 #3", "publish t away1 q1 d0 r0 #4"]);
	});

	it("[MQTT-4.3.3-2] a QoS 2 PUBLISH that comes twice before its PUBREL is routed once", () => {
		const { client } = make();
		const s = client().connect("s").subscribe("t", 0);
		const p = client().connect("p");
		s.got();
		p.got();
		p.publish("t", "x", { qos: 2, messageId: 5 }).publish("t", "x", { qos: 2, messageId: 5, dup: true });
		p.send({ cmd: "pubrel", messageId: 5 }).publish("t", "y", { qos: 2, messageId: 5 });
		expect(p.got()).toEqual(["pubrec #5", "pubrec #5", "pubcomp #5", "pubrec #5"]);
		expect(s.got()).toEqual(["publish t x q0 d0 r0", "publish t y q0 d0 r0"]);
	});

	it("[MQTT-3.3.1-5] [MQTT-3.3.1-6] [MQTT-3.3.1-8] [MQTT-3.3.1-9] [MQTT-3.3.1-10] retained messages: kept, given to new subscriptions with the flag, to old ones without, cleared by an empty one", () => {
		const { client } = make();
		const p = client().connect("p");
		const old = client().connect("old").subscribe("a/+", 1);
		old.got();
		p.publish("a/b", "1", { retain: true })
			.publish("a/b", "2", { retain: true })
			.publish("$x/b", "s", { retain: true });
		expect(old.got()).toEqual(["publish a/b 1 q0 d0 r0", "publish a/b 2 q0 d0 r0"]);
		const fresh = client().connect("fresh").subscribe("#", 1);
		expect(fresh.got().slice(2)).toEqual(["publish a/b 2 q0 d0 r1"]);
		p.publish("a/b", "", { retain: true });
		expect(client().connect("later").subscribe("#", 1).got()).toEqual(["connack 0 false", "suback 1"]);
	});

	it("[MQTT-3.3.5-1] [MQTT-3.8.4-6] overlapping subscriptions: one copy, at the highest QoS granted, never above the publisher's", () => {
		const { client } = make();
		const s = client().connect("s").subscribe("a/#", 0).subscribe("a/b", 2);
		const p = client().connect("p");
		s.got();
		p.publish("a/b", "x", { qos: 1, messageId: 1 }).publish("a/b", "y", { qos: 2, messageId: 2 });
		expect(s.got()).toEqual(["publish a/b x q1 d0 r0 #1", "publish a/b y q2 d0 r0 #2"]);
	});

	it("[MQTT-3.10.4-2] [MQTT-3.10.4-4] unsubscribing ends it, and is answered also where there was nothing", () => {
		const { client } = make();
		const s = client().connect("s").subscribe("a", 0);
		s.got();
		s.send({ cmd: "unsubscribe", messageId: 7, unsubscriptions: ["a", "never"] });
		client().connect("p").publish("a", "x");
		expect(s.got()).toEqual(["unsuback #7"]);
	});

	it("[MQTT-3.1.3-8] [MQTT-3.1.3-9] [MQTT-3.1.4-5] an empty client id gets one of its own, or is refused with 2", () => {
		const { broker, client } = make();
		client().connect("auto-1");
		expect(client().connect("").got()).toEqual(["connack 0 false"]);
		expect([...broker.sessions.keys()]).toEqual(["auto-1", "auto-2"]);
		const bad = client().send("100c 0004 4d515454 04 00 0000 0000");
		expect([bad.got(), bad.closed]).toEqual([["connack 2 false"], true]);
	});

	it("[MQTT-3.1.2-2] another version of MQTT is refused with 1", () => {
		for (const level of ["03", "06", "84"]) {
			const old = make().client().send(`100d 0004 4d515454 ${level} 02 0000 0001 61`);
			expect([old.got(), old.closed]).toEqual([["connack 1 false"], true]);
		}
	});

	it("users: the right password or none at all", () => {
		const { client } = make({ users: { ann: "secret" } });
		expect(
			client()
				.connect("a", { username: "ann", password: Buffer.from("secret") })
				.got(),
		).toEqual(["connack 0 false"]);
		for (const options of [
			{},
			{ username: "ann" },
			{ username: "ann", password: Buffer.from("x") },
			{ username: "toString", password: Buffer.from("x") },
		])
			expect(client().connect("b", options).got()).toEqual(["connack 4 false"]);
	});

	it.each(titled("online"))("[MQTT-4.8.0-1] closes on what no client may send: %s", (_title, bytes) => {
		const { broker, client } = make();
		const a = client().connect("a", { clean: false });
		a.got();
		a.send(bytes);
		expect([a.closed, a.got()]).toEqual([true, []]);
		expect(broker.sessions.get("a")!.subscriptions.size).toBe(0);
	});

	it.each(titled("connecting"))("closes on an ill-formed CONNECT: %s", (_title, bytes) => {
		const { broker, client } = make();
		expect(client().send(bytes).closed).toBe(true);
		expect(broker.sessions.size).toBe(0);
	});

	it("closes on acknowledgements of the wrong kind", () => {
		for (const wrong of ["pubrec", "pubcomp"] as const) {
			const { client } = make();
			const s = client().connect("s").subscribe("t", 1);
			client().connect("p").publish("t", "x", { qos: 1, messageId: 1 });
			s.send({ cmd: wrong, messageId: 1 });
			expect(s.closed).toBe(true);
		}
	});

	it("a topic of very many levels does no harm", () => {
		const { broker, client } = make();
		const deep = "a/".repeat(32_000);
		expect(client().connect("a").subscribe(deep, 0).closed).toBe(true);
		expect(client().connect("b").publish(deep, "x").closed).toBe(true);
		const fine = "a/".repeat(199);
		const s = client().connect("c").subscribe(fine, 0);
		client().connect("d").publish(fine, "x");
		expect(s.got().length).toBe(3);
		broker.close();
		expect(broker.sessions.size).toBe(0);
	});

	it("a queue that is full drops and counts", () => {
		const { broker, client } = make({ maxQueued: 2, maxInflight: 1 });
		client().connect("a", { clean: false }).subscribe("t", 1).connection.handleClose(0);
		const p = client().connect("p");
		for (let i = 1; i <= 5; i += 1) p.publish("t", String(i), { qos: 1, messageId: i });
		expect(broker.sessions.get("a")).toMatchObject({ owed: 2, dropped: 3 });
	});
});
