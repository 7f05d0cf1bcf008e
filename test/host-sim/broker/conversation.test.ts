// PUBLISH, SUBSCRIBE, UNSUBSCRIBE and their answers at 5.0, through a broker, in bytes and virtual time.

import type { IPublishPacket } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { makeBroker } from "../../support/raw.js";

describe("PUBLISH", () => {
	it("[MQTT-3.3.4-1] [MQTT-4.3.2-4] [MQTT-4.3.3-8] [MQTT-4.3.3-11] is answered as its QoS wants, with 0x10 where nobody is interested", () => {
		const { online } = makeBroker();
		const p = online("p");
		p.publish("t", "x").publish("t", "x", { qos: 1, messageId: 3 }).publish("t", "x", { qos: 2, messageId: 4 });
		p.send({ cmd: "pubrel", messageId: 4 }).send({ cmd: "pubrel", messageId: 4 });
		expect(p.got()).toEqual(["puback #3 10", "pubrec #4 10", "pubcomp #4 0", "pubcomp #4 92"]);
		online("s").subscribe("t", 0);
		p.publish("t", "x", { qos: 1, messageId: 5 });
		expect(p.got()).toEqual(["puback #5 0"]);
	});

	it("[MQTT-4.3.3-10] [MQTT-4.3.3-12] is routed once until its PUBREL, over connections too, and anew after it", () => {
		const { online } = makeBroker();
		const s = online("s").subscribe("t", 0);
		const session = { properties: { sessionExpiryInterval: 10 } };
		const p = online("p", session);
		p.publish("t", "1", { qos: 2 }).publish("t", "1", { qos: 2, dup: true }).cut();
		const again = online("p", { ...session, clean: false });
		again.publish("t", "1", { qos: 2, dup: true }).send({ cmd: "pubrel", messageId: 1 });
		again.publish("t", "2", { qos: 2, dup: true });
		expect(again.got()).toEqual(["pubrec #1 0", "pubcomp #1 0", "pubrec #1 0"]);
		expect(s.messages().map(({ payload }) => String(payload))).toEqual(["1", "2"]);
	});

	it("[MQTT-4.3.3-9] that is refused tells why, and its id is free at once", () => {
		const { broker, online } = makeBroker({ refusedTopics: { secret: 0x87, full: 0x97 } });
		const s = online("s").subscribe("#", 2);
		s.packets();
		const p = online("p");
		p.publish("secret", "x", { qos: 1 }).publish("full", "x", { qos: 2 }).publish("secret", "x");
		p.publish("fine", "x", { qos: 2 });
		expect(p.got()).toEqual(["puback #1 87", "pubrec #1 97", "pubrec #1 0"]);
		expect(s.got()).toEqual(["publish fine x q2 d0 r0 #1"]);
		expect([...broker.sessions.get("p")!.received]).toEqual([1]);
		// 3.1.1 has no words for it.
		const old = online("o", {}, 4).publish("secret", "x", { qos: 1 });
		expect([old.got(), old.closed, s.got()]).toEqual([["puback #1"], false, []]);
	});

	it("[MQTT-3.3.2-4] whose payload is no text, though it says so, is refused with 0x99", () => {
		const { online } = makeBroker();
		const p = online("p");
		const properties = { payloadFormatIndicator: true };
		p.publish("t", "größe", { qos: 1, properties }).publish("t", Buffer.of(255), { qos: 1, properties });
		p.publish("t", Buffer.of(255), { qos: 1, properties: { payloadFormatIndicator: false } });
		expect(p.got()).toEqual(["puback #1 10", "puback #1 99", "puback #1 10"]);
		p.publish("t", Buffer.of(255), { properties });
		expect([p.got(), p.closed]).toEqual([["disconnect 99"], true]);
	});

	it("[MQTT-3.3.4-7] beyond our Receive Maximum ends the connection with 0x93, which QoS 0 and QoS 1 that is through do not take up", () => {
		const { online } = makeBroker({ limits: { receiveMaximum: 2 } });
		const p = online("p");
		for (let id = 1; id <= 5; id += 1) p.publish("t", "x", { qos: 1, messageId: id }).publish("t", "x");
		p.publish("t", "x", { qos: 2, messageId: 6 }).publish("t", "x", { qos: 2, messageId: 7 });
		// Again the same one, and none.
		p.publish("t", "x", { qos: 2, messageId: 7, dup: true }).publish("t", "x");
		expect(p.closed).toBe(false);
		p.send({ cmd: "pubrel", messageId: 6 }).publish("t", "x", { qos: 2, messageId: 8 });
		expect(p.closed).toBe(false);
		p.packets();
		p.publish("t", "x", { qos: 1, messageId: 9 });
		expect([p.got(), p.closed]).toEqual([["disconnect 93"], true]);
	});

	it("[MQTT-3.3.4-7] our Receive Maximum is new with each connection, and none at 3.1.1", () => {
		const { online } = makeBroker({ limits: { receiveMaximum: 1 } });
		const session = { properties: { sessionExpiryInterval: 10 } };
		online("p", session).publish("t", "x", { qos: 2, messageId: 1 }).cut();
		const p = online("p", { ...session, clean: false }).publish("t", "x", { qos: 2, messageId: 2 });
		expect(p.closed).toBe(false);
		expect(p.publish("t", "x", { qos: 2, messageId: 1, dup: true }).closed).toBe(true);
		// One that comes again takes its place as a new one does.
		const again = online("p", { ...session, clean: false }).publish("t", "x", { qos: 2, messageId: 1, dup: true });
		expect([again.closed, again.publish("t", "x", { qos: 1, messageId: 3 }).closed]).toEqual([false, true]);
		const old = online("o", {}, 4);
		for (let id = 1; id < 5; id += 1) old.publish("t", "x", { qos: 2, messageId: id });
		expect(old.closed).toBe(false);
	});

	it.each<[string, Partial<IPublishPacket>, number]>([
		["[MQTT-3.2.2-11] QoS above the maximum", { qos: 2 }, 0x9b],
		["[MQTT-3.2.2-14] the retain flag", { retain: true }, 0x9a],
		["[MQTT-3.3.2-9] an alias above the maximum", { properties: { topicAlias: 4 } }, 0x94],
		["[MQTT-3.3.2-2] a wildcard", { topic: "a/#" }, 0x81],
		["too many levels", { topic: "a/".repeat(200) }, 0x90],
		["section 3.3.2.3.4: an alias that stands for nothing", { topic: "", properties: { topicAlias: 3 } }, 0x82],
	])("with %s, which the server has ruled out, ends the connection", (_name, options, reason) => {
		const { online } = makeBroker({ limits: { maximumQos: 1, retainAvailable: false, topicAliasMaximum: 3 } });
		const s = online("s").subscribe("#", 0);
		s.packets();
		const p = online("p").publish("t", "x", options);
		expect([p.got(), p.closed, s.got()]).toEqual([[`disconnect ${reason.toString(16)}`], true, []]);
		if (options.qos === 2 || options.retain) expect(online("o", {}, 4).publish("t", "x", options).closed).toBe(true);
	});

	it("[MQTT-3.3.2-7] [MQTT-3.3.2-12] may have aliases, which die with the connection both ways", () => {
		const { online } = makeBroker();
		const session = { properties: { sessionExpiryInterval: 10, topicAliasMaximum: 1 } };
		const s = online("s", session).subscribe("#", 0);
		s.packets();
		const p = online("p");
		p.publish("a", "1", { properties: { topicAlias: 16 } }).publish("", "2", { properties: { topicAlias: 16 } });
		p.publish("b", "3").publish("a", "4");
		const seen = () =>
			s.messages().map(({ topic, payload, properties }) => [topic, `${payload}`, properties?.topicAlias]);
		expect(seen()).toEqual([
			["a", "1", 1],
			["", "2", 1],
			["b", "3", 1],
			["a", "4", 1],
		]);
		s.cut();
		const again = online("s", { ...session, clean: false });
		p.publish("a", "5");
		expect(again.messages()).toMatchObject([{ topic: "a", properties: { topicAlias: 1 } }]);
		expect(
			online("p")
				.publish("", "6", { properties: { topicAlias: 16 } })
				.got(),
		).toEqual(["disconnect 82"]);
	});

	it("[MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20] reaches subscribers with all of its properties, in bytes as they came", () => {
		const frames: string[] = [];
		const { online } = makeBroker({
			on: {
				frame: (_peer, id, way, bytes) =>
					id === "s" && way === "out" && frames.push(Buffer.from(bytes).toString("hex")),
			},
		});
		online("s").subscribe("t", 0);
		const user = "26 0001 62 0001 31  26 0001 31 0000  26 0001 62 0001 32".replaceAll(" ", "");
		const properties = `0101 03 0001 63 08 0001 72 09 0001 ff ${user}`.replaceAll(" ", "");
		const body = `000174 ${(properties.length / 2).toString(16)} ${properties} 78`.replaceAll(" ", "");
		const packet = `30${(body.length / 2).toString(16)}${body}`;
		online("p").send(packet);
		expect(frames.at(-1)).toHaveLength(packet.length);
		expect(frames.at(-1)).toContain(user);
		expect(frames.at(-1)).toContain("0101");
		online("old", {}, 4).subscribe("t", 0);
		expect(online("p").send(packet).closed).toBe(false);
	});
});

describe("acknowledgements", () => {
	it("[MQTT-4.4.0-2] that refuse end the message; no PUBREL follows a PUBREC that does", () => {
		const { broker, online } = makeBroker();
		const s = online("s").subscribe("t", 2);
		s.packets();
		const p = online("p");
		p.publish("t", "1", { qos: 1 }).publish("t", "2", { qos: 2 }).publish("t", "3", { qos: 2, messageId: 2 });
		s.packets();
		s.send({ cmd: "puback", messageId: 1, reasonCode: 0x83 }).send({ cmd: "pubrec", messageId: 2, reasonCode: 0x97 });
		expect([s.got(), broker.sessions.get("s")!.owed]).toEqual([[], 1]);
		s.send({ cmd: "pubrec", messageId: 3 }).send({ cmd: "pubrec", messageId: 9 });
		expect(s.got()).toEqual(["pubrel #3 0", "pubrel #9 92"]);
		s.send({ cmd: "pubcomp", messageId: 3, reasonCode: 0 });
		expect(broker.sessions.get("s")!.owed).toBe(0);
	});

	it("of the wrong kind end the connection with 0x82", () => {
		for (const wrong of ["pubrec", "pubcomp"] as const) {
			const { online } = makeBroker();
			const s = online("s").subscribe("t", 1);
			online("p").publish("t", "x", { qos: 1 });
			s.packets();
			expect(s.send({ cmd: wrong, messageId: 1 }).got()).toEqual(["disconnect 82"]);
		}
	});
});

describe("SUBSCRIBE", () => {
	it("[MQTT-3.8.4-6] [MQTT-3.9.3-1] [MQTT-3.2.2-10] is answered for each filter, in their order, with no more than the maximum QoS", () => {
		const { online } = makeBroker({ limits: { maximumQos: 1 }, refusedFilters: { "no/#": 0x87, full: 0x97 } });
		const subscriptions = (["a", "no/#", "b", "full", "c"] as const).map((topic, i) => ({
			topic,
			qos: (i % 3) as 0 | 1 | 2,
		}));
		expect(online("s").send({ cmd: "subscribe", messageId: 1, subscriptions }).got()).toEqual(["suback 0,87,1,97,1"]);
		expect(online("o", {}, 4).send({ cmd: "subscribe", messageId: 1, subscriptions }).got()).toEqual([
			"suback 0,80,1,80,1",
		]);
	});

	it("[MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11] [MQTT-3.8.4-4] retain handling: always, at the first, never", () => {
		const { online } = makeBroker();
		online("p").publish("t", "kept", { retain: true });
		const s = online("s");
		const count = (rh: number) => s.subscribe("t", 0, { rh }).messages().length;
		expect([count(2), count(1), count(0), count(0)]).toEqual([0, 0, 1, 1]);
		s.send({ cmd: "unsubscribe", messageId: 2, unsubscriptions: ["t"] });
		expect([count(1), count(1)]).toEqual([1, 0]);
	});

	it("[MQTT-3.8.3-3] no local: not what the client publishes itself, retained or not", () => {
		const { online } = makeBroker();
		const s = online("s");
		s.publish("t", "mine", { retain: true }).subscribe("t", 0, { nl: true }).publish("t", "mine");
		online("p").publish("t", "another's");
		expect(s.messages().map(({ payload }) => String(payload))).toEqual(["another's"]);
	});

	it("[MQTT-3.3.1-12] [MQTT-3.3.1-13] retain as published", () => {
		const { online } = makeBroker();
		const s = online("s").subscribe("t", 0, { rap: true });
		const plain = online("plain").subscribe("t", 0);
		online("p").publish("t", "x", { retain: true }).publish("t", "x");
		expect(s.messages().map(({ retain }) => retain)).toEqual([true, false]);
		expect(plain.messages().map(({ retain }) => retain)).toEqual([false, false]);
	});

	it("[MQTT-3.3.4-3] [MQTT-3.3.4-4] all identifiers that match come with the one copy; a later SUBSCRIBE gives another", () => {
		const { online } = makeBroker();
		const s = online("s").subscribe("a/+", 1, {}, 1).subscribe("a/#", 0, {}, 268_435_455).subscribe("#", 0);
		s.packets();
		const p = online("p").publish("a/b", "x", { qos: 1 }).publish("b", "x");
		// In no order that anybody should rely on.
		const sorted = (ids: unknown) => (Array.isArray(ids) ? ids.sort((one, other) => one - other) : ids);
		expect(s.messages().map(({ qos, properties }) => [qos, sorted(properties?.subscriptionIdentifier)])).toEqual([
			[1, [1, 268_435_455]],
			[0, undefined],
		]);
		s.subscribe("a/+", 0, {}, 2).subscribe("a/#", 0);
		s.packets();
		p.publish("a/b", "x", { qos: 1, retain: true });
		expect(s.messages().map(({ properties }) => properties?.subscriptionIdentifier)).toEqual([2]);
		// A retained message has that of the subscription which asked for it.
		expect(
			s
				.subscribe("a/b", 0, {}, 9)
				.messages()
				.map(({ properties }) => properties?.subscriptionIdentifier),
		).toEqual([9]);
	});

	it.each([
		["wildcardSubscriptions", "a/+", undefined, 0xa2],
		["sharedSubscriptions", "$share/g/a", undefined, 0x9e],
		["subscriptionIdentifiers", "a", 5, 0xa1],
	] as const)(
		"without %s ends the connection of who was told so; at 3.1.1 the filter is refused",
		(name, filter, identifier, reason) => {
			const { broker, online } = makeBroker({ limits: { [name]: false } });
			const s = online("s").subscribe(filter, 0, {}, identifier);
			expect([s.got(), s.closed]).toEqual([[`disconnect ${reason.toString(16)}`], true]);
			const old = online("o", {}, 4).subscribe(filter, 0);
			expect(old.got()).toEqual([identifier === undefined ? "suback 80" : "suback 0"]);
			expect(broker.sessions.get("o")!.subscriptions.size).toBe(identifier === undefined ? 0 : 1);
		},
	);

	it("[MQTT-4.8.2-1] [MQTT-4.8.2-2] with an ill-formed filter ends the connection with 0x81, with a deep one with 0x8f", () => {
		for (const filter of ["", "a#", "$share/g", "$share//a", "$share/g/", "$share/g+/a", "$share/#/a", "$share/g/a#"])
			expect(makeBroker().online("s").subscribe(filter, 0).got(), filter).toEqual(["disconnect 81"]);
		expect(makeBroker().online("s").subscribe("a/".repeat(200), 0).got()).toEqual(["disconnect 8f"]);
		expect(makeBroker().online("s").send("8203 0001 00").got()).toEqual(["disconnect 82"]);
	});
});

describe("UNSUBSCRIBE", () => {
	it("[MQTT-3.11.3-1] [MQTT-3.10.4-5] is answered for each filter, with 0x11 where there was nothing", () => {
		const { online } = makeBroker();
		const s = online("s").subscribe("a", 0).subscribe("$share/g/b", 0);
		s.packets();
		s.send({ cmd: "unsubscribe", messageId: 2, unsubscriptions: ["x", "a", "$share/g/b", "b"] });
		expect(s.got()).toEqual(["unsuback 11,0,0,11"]);
		online("p").publish("a", "x").publish("b", "x");
		expect(s.got()).toEqual([]);
		expect(s.send("a203 0002 00").got()).toEqual(["disconnect 82"]);
	});

	it("[MQTT-3.10.4-3] what is under way is finished", () => {
		const { online } = makeBroker();
		const s = online("s").subscribe("a", 2);
		online("p").publish("a", "x", { qos: 2 });
		s.send({ cmd: "unsubscribe", messageId: 2, unsubscriptions: ["a"] });
		s.packets();
		expect(s.send({ cmd: "pubrec", messageId: 1 }).got()).toEqual(["pubrel #1 0"]);
	});
});

it("[MQTT-3.1.2-24] an answer that is larger than the client takes ends the connection", () => {
	const { online } = makeBroker();
	const s = online("s", { properties: { maximumPacketSize: 40 } });
	const subscriptions = Array.from({ length: 40 }, (_, i) => ({ topic: `t/${i}`, qos: 0 as const }));
	s.send({ cmd: "subscribe", messageId: 1, subscriptions });
	expect([s.got(), s.closed]).toEqual([["disconnect 95"], true]);
});
