// Connections and sessions of 5.0 from CONNECT to their end, in bytes and virtual time.

import type { IConnectPacket } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { Scram, scramVerifier } from "../../../host-sim/security/scram.js";
import { makeBroker } from "../../support/raw.js";

const will = (more: object = {}, properties: object = {}) => ({
	will: { topic: "will", payload: Buffer.from("gone"), qos: 1 as const, retain: false, properties, ...more },
});

const expiry = (sessionExpiryInterval: number) => ({ properties: { sessionExpiryInterval } });

describe("CONNECT", () => {
	it("[MQTT-3.1.4-5] [MQTT-3.2.2-16] [MQTT-3.1.2-28] is answered with what the server allows, and with what was asked for", () => {
		const { client } = makeBroker({
			limits: { serverKeepAlive: 7, sessionExpiryMaximum: 60, receiveMaximum: 3 },
			responseInformation: "re/",
		});
		expect(client().connack("a", { ...expiry(60) }).properties).toEqual({
			maximumPacketSize: 16_777_216,
			receiveMaximum: 3,
			topicAliasMaximum: 16,
			serverKeepAlive: 7,
		});
		// mqtt-packet writes no empty client id without a clean start: Session Expiry 61, Request Response Information.
		const nameless = client().send("1014 0004 4d515454 05 00 0000 07 11 0000003d 19 01 0000");
		expect(nameless.packets()).toMatchObject([
			{
				reasonCode: 0,
				sessionPresent: false,
				properties: { assignedClientIdentifier: "auto-1", sessionExpiryInterval: 60, responseInformation: "re/" },
			},
		]);
		const back = client().connack("auto-1", { clean: false, ...expiry(60) });
		expect([back.sessionPresent, back.properties?.assignedClientIdentifier]).toEqual([true, undefined]);
	});

	it("[MQTT-3.1.2-4] [MQTT-3.1.2-5] [MQTT-3.1.2-6] [MQTT-3.1.2-23] [MQTT-3.2.2-3] [MQTT-4.1.0-2] finds its session until its interval has passed", () => {
		const { broker, client } = makeBroker();
		const present = (options: Partial<IConnectPacket>, at: number) => {
			broker.handleTime(at);
			const raw = client();
			const { sessionPresent } = raw.connack("a", options);
			// As long as it is connected nothing ends it [MQTT-4.1.0-1].
			broker.handleTime(at + 20);
			expect(broker.sessions.has("a")).toBe(true);
			raw.cut();
			return sessionPresent;
		};
		expect(present({ clean: false, ...expiry(10) }, 0)).toBe(false);
		expect(broker.pollDeadline()).toBe(10_020);
		expect(present({ clean: false, ...expiry(10) }, 10_019)).toBe(true);
		expect(present({ clean: false, ...expiry(10) }, 20_039)).toBe(false);
		expect(present({ clean: true, ...expiry(0xffff_ffff) }, 50_000)).toBe(false);
		expect(broker.pollDeadline()).toBeUndefined();
		expect(present({ clean: false }, 1e12)).toBe(true);
		expect(present({ clean: false }, 1e12)).toBe(false);
		expect(broker.sessions.size).toBe(0);
	});

	it("[MQTT-3.1.4-1] [MQTT-3.2.2-7] that is wrong is answered with its reason, and nothing behind it is heard", () => {
		const { broker, client } = makeBroker({
			users: { ann: "secret" },
			limits: { maximumQos: 1, retainAvailable: false },
		});
		const ann = { username: "ann", password: Buffer.from("secret") };
		const reasons: [Partial<IConnectPacket>, number][] = [
			[{}, 0x86],
			[{ ...ann, password: Buffer.from("x") }, 0x86],
			[{ ...ann, ...will({ qos: 2 }) }, 0x9b],
			[{ ...ann, ...will({ retain: true }) }, 0x9a],
			[{ ...ann, ...will({ topic: "a/#" }) }, 0x81],
			[{ ...ann, properties: { authenticationMethod: "X" } }, 0x8c],
			[ann, 0],
		];
		for (const [options, reason] of reasons) {
			const raw = client();
			raw.connect("a", options).subscribe("t", 0);
			const [connack, ...rest] = raw.packets();
			expect([connack, rest.length, raw.closed]).toMatchObject([
				{ cmd: "connack", reasonCode: reason, sessionPresent: false },
				reason === 0 ? 1 : 0,
				reason !== 0,
			]);
		}
		expect(broker.sessions.size).toBe(1);
		for (const [bytes, connacks] of [
			["100f 0004 4d515454 05 02 0000 01 00 0001 61", ["connack 81"]],
			["1010 0004 4d515454 05 03 0000 00 0001 61 0000", ["connack 81"]],
			["1010 0004 4d515454 05 02 0000 02 17 05 0001 61", ["connack 82"]],
			["c000", []],
			["e000", []],
		] as const) {
			const raw = client().send(bytes);
			expect([raw.got(), raw.closed], bytes).toEqual([connacks, true]);
		}
	});

	it("[MQTT-3.1.0-2] that comes twice ends the connection with 0x82", () => {
		const raw = makeBroker().online("a").connect("a");
		expect([raw.got(), raw.closed]).toEqual([["disconnect 82"], true]);
	});

	it("gets a reference to another server where the broker takes nobody", () => {
		for (const [forGood, reasonCode] of [
			[false, 0x9c],
			[true, 0x9d],
		] as const) {
			const { client } = makeBroker({ serverReference: { to: "b:1883", forGood } });
			const raw = client();
			expect(raw.connack("a")).toMatchObject({ reasonCode, properties: { serverReference: "b:1883" } });
			expect(raw.closed).toBe(true);
			const old = client(4).connect("a");
			expect(old.packets()).toMatchObject([{ cmd: "connack", returnCode: 3 }]);
		}
	});

	it("[MQTT-3.1.2-24] whose CONNACK is larger than it takes just loses the connection", () => {
		const raw = makeBroker()
			.client()
			.connect("", { properties: { maximumPacketSize: 10 } });
		expect([raw.got(), raw.closed]).toEqual([[], true]);
	});

	it("lives beside 3.1.1 on one broker: messages, retained ones and wills pass between them", () => {
		const { online } = makeBroker();
		const five = online("five", will());
		const four = online("four", will({ payload: Buffer.from("four") }), 4);
		for (const each of [five, four]) each.subscribe("#", 2).packets();
		five.publish("t", "5", { qos: 2, properties: { contentType: "x" } });
		four.publish("t", "4", { qos: 2 });
		expect(five.messages().map(({ payload, properties }) => [`${payload}`, properties])).toEqual([
			["5", { contentType: "x" }],
			["4", undefined],
		]);
		expect(four.got()).toEqual(["publish t 5 q2 d0 r0 #1", "publish t 4 q2 d0 r0 #2", "pubrec #1"]);
		four.cut();
		expect(five.messages().map(({ payload }) => `${payload}`)).toEqual(["four"]);
	});
});

describe("the server's DISCONNECT", () => {
	it("[MQTT-3.1.2-22] keep alive: 0x8d, after one and a half times what the server says or the client asked for", () => {
		for (const [limits, deadline] of [
			[{}, 15_000],
			[{ serverKeepAlive: 4 }, 6000],
			[{ serverKeepAlive: 0 }, undefined],
		] as const) {
			const { broker, online } = makeBroker({ limits });
			const raw = online("a", { keepalive: 10 });
			expect(broker.pollDeadline()).toBe(deadline);
			broker.handleTime(deadline ?? 1e9);
			expect(raw.got()).toEqual(deadline === undefined ? [] : ["disconnect 8d"]);
		}
	});

	it("[MQTT-3.1.4-3] taken over: 0x8e", () => {
		const { online } = makeBroker();
		const first = online("a");
		online("a");
		expect([first.got(), first.closed]).toEqual([["disconnect 8e"], true]);
	});

	it("0x8b when the broker stops", () => {
		const { broker, online, client } = makeBroker();
		const raw = online("a");
		const old = online("o", {}, 4);
		const fresh = client();
		broker.close();
		expect([raw, old, fresh].map(each => [each.got(), each.closed])).toEqual([
			[["disconnect 8b"], true],
			[[], true],
			[[], true],
		]);
	});

	it("0x95 for a packet above our maximum, before it is there", () => {
		const { online } = makeBroker({ limits: { maximumPacketSize: 100 } });
		expect(online("a").publish("t", "x".repeat(94)).got()).toEqual([]);
		expect(online("a").send("3063").got()).toEqual(["disconnect 95"]);
		expect(online("o", {}, 4).send("3063").closed).toBe(true);
		expect(online("a").send("3062").closed).toBe(false);
	});

	it.each([
		["[MQTT-2.1.3-1] a reserved flag", "c100", 0x81],
		["[MQTT-1.5.5-1] a length in five bytes", "30 8080808001", 0x81],
		["[MQTT-1.5.4-1] ill-formed UTF-8", "3005 0002 c328 00", 0x81],
		["[MQTT-3.3.4-6] a subscription identifier", "3006 0001 61 02 0b01", 0x82],
		["a server's packet", "d000", 0x82],
		["[MQTT-4.12.0-6] AUTH without a method in CONNECT", "f006 18 04 15 0001 61", 0x82],
	])("[MQTT-4.13.1-1] for %s, with a text", (_name, bytes, reasonCode) => {
		const { broker, online } = makeBroker();
		const raw = online("a", expiry(10)).send(bytes);
		const [packet] = raw.packets();
		expect(packet).toMatchObject({
			cmd: "disconnect",
			reasonCode,
			properties: { reasonString: expect.stringMatching(/.../) },
		});
		expect([raw.closed, broker.sessions.size]).toEqual([true, 1]);
	});

	it("is sent by disconnect(), with what is asked for, and [MQTT-3.14.2-3] without texts that do not fit", () => {
		const { broker, online } = makeBroker();
		const raw = online("a");
		const properties = { serverReference: "b", reasonString: "x".repeat(50), userProperties: { a: "b" } };
		expect([broker.disconnect("a", 0x9d, properties), broker.disconnect("a", 0x9d)]).toEqual([true, false]);
		expect(raw.packets()).toMatchObject([
			{ cmd: "disconnect", reasonCode: 0x9d, properties: { serverReference: "b" } },
		]);
		const small = online("a", { properties: { maximumPacketSize: 40 } });
		broker.disconnect("a", 0x9d, properties);
		expect(small.packets()).toEqual([expect.objectContaining({ properties: { serverReference: "b" } })]);
		const old = online("o", {}, 4);
		broker.disconnect("o", 0x9d);
		expect([old.got(), old.closed]).toEqual([[], true]);
	});
});

describe("the client's DISCONNECT", () => {
	it("[MQTT-3.14.4-3] with 0x00 ends the will, with another reason it does not", () => {
		for (const [reasonCode, wills] of [
			[0x00, 0],
			[0x04, 1],
			[0x80, 1],
		] as const) {
			const { online } = makeBroker();
			const s = online("s").subscribe("will", 0);
			online("a", will()).send({ cmd: "disconnect", reasonCode });
			expect(s.messages().length).toBe(wills);
		}
	});

	it("may change how long the session stays, but not from 0", () => {
		const { broker, online } = makeBroker({ limits: { sessionExpiryMaximum: 100 } });
		const bye = (seconds: number) => ({ cmd: "disconnect" as const, reasonCode: 0, ...expiry(seconds) });
		online("a", expiry(10)).send(bye(1000));
		expect(broker.pollDeadline()).toBe(100_000);
		online("a", { clean: false, ...expiry(10) }).send(bye(0));
		expect(broker.sessions.size).toBe(0);
		const raw = online("b", will()).send(bye(5));
		expect([raw.got(), broker.sessions.size]).toEqual([["disconnect 82"], 0]);
	});
});

describe("a will", () => {
	it("[MQTT-3.1.2-8] waits for its delay or the session's end, whichever comes first", () => {
		for (const [delay, session, at] of [
			[5, 10, 5000],
			[10, 5, 5000],
			[5, 0, 0],
			[0, 10, 0],
			[5, 0xffff_ffff, 5000],
		] as const) {
			const { broker, online } = makeBroker();
			const s = online("s").subscribe("will", 0);
			online("a", { ...will({}, { willDelayInterval: delay }), ...expiry(session) }).cut();
			s.packets();
			if (at === 0) continue;
			expect(broker.pollDeadline()).toBe(at);
			broker.handleTime(at - 1);
			expect(s.messages()).toEqual([]);
			broker.handleTime(at);
			expect(s.messages().length, `${delay} ${session}`).toBe(1);
			broker.handleTime(at + 100_000);
			expect(s.messages()).toEqual([]);
		}
	});

	it("[MQTT-3.1.2-8] without a delay, or a session to wait in, is published at once", () => {
		for (const [delay, session] of [
			[0, 10],
			[5, 0],
		] as const) {
			const { online } = makeBroker();
			const s = online("s").subscribe("will", 0);
			online("a", { ...will({}, { willDelayInterval: delay }), ...expiry(session) }).cut();
			expect(s.messages().length).toBe(1);
		}
	});

	it("[MQTT-3.1.3-9] is not published if the client is back before, but is if it wants a new session", () => {
		for (const [clean, wills] of [
			[false, 0],
			[true, 1],
		] as const) {
			const { broker, online } = makeBroker();
			const s = online("s").subscribe("will", 0);
			online("a", { ...will({}, { willDelayInterval: 5 }), ...expiry(10) }).cut();
			online("a", { clean, ...expiry(10) });
			broker.handleTime(100_000);
			expect(s.messages().length).toBe(wills);
		}
	});

	it("[MQTT-3.1.3-9] of a connection that is taken over: the same", () => {
		for (const [clean, delay, wills] of [
			[false, 5, 0],
			[false, 0, 1],
			[true, 5, 1],
		] as const) {
			const { broker, online } = makeBroker();
			const s = online("s").subscribe("will", 0);
			online("a", { ...will({}, { willDelayInterval: delay }), ...expiry(10) });
			online("a", { clean, ...expiry(10) });
			broker.handleTime(100_000);
			expect(s.messages().length).toBe(wills);
		}
	});

	it("[MQTT-3.1.2-15] [MQTT-3.1.3-10] has its properties, and may be retained, counted from when it is published", () => {
		const { broker, online } = makeBroker();
		const properties = {
			willDelayInterval: 5,
			messageExpiryInterval: 20,
			contentType: "c",
			userProperties: { a: ["1", "2"] },
		};
		online("a", { ...will({ retain: true }, properties), ...expiry(100) }).cut();
		broker.handleTime(6000);
		broker.handleTime(16_000);
		const [message] = online("s").subscribe("will", 0).messages();
		expect(message).toMatchObject({
			retain: true,
			properties: { messageExpiryInterval: 10, contentType: "c", userProperties: { a: ["1", "2"] } },
		});
		broker.handleTime(26_000);
		expect(broker.retained.get("will")).toBeUndefined();
	});
});

describe("messages that wait", () => {
	it("[MQTT-3.3.2-5] [MQTT-3.3.2-6] lose the time that they waited, and are gone when none is left", () => {
		const { broker, client, online } = makeBroker();
		online("s", expiry(1000)).subscribe("t", 1).cut();
		const p = online("p");
		for (const [text, messageExpiryInterval] of [
			["short", 10],
			["long", 30],
		] as const)
			p.publish("t", text, { qos: 1, properties: { messageExpiryInterval } });
		p.publish("t", "for ever", { qos: 1 });
		broker.handleTime(12_500);
		const s = client().connect("s", { clean: false, ...expiry(1000) });
		expect(s.messages().map(({ payload, properties }) => [`${payload}`, properties?.messageExpiryInterval])).toEqual([
			["long", 18],
			["for ever", undefined],
		]);
	});

	it("[MQTT-3.3.2-5] that have expired make room for new ones", () => {
		const { broker, online } = makeBroker({ maxQueued: 2 });
		online("s", expiry(1000)).subscribe("t", 1).cut();
		const p = online("p");
		const publish = (text: string) => p.publish("t", text, { qos: 1, properties: { messageExpiryInterval: 10 } });
		publish("1");
		broker.handleTime(5000);
		publish("2");
		publish("3");
		const session = broker.sessions.get("s")!;
		expect([session.owed, session.dropped]).toEqual([2, 1]);
		broker.handleTime(10_000);
		publish("4");
		expect([session.owed, session.dropped]).toEqual([2, 1]);
	});

	it("[MQTT-4.9.0-2] [MQTT-4.9.0-3] [MQTT-3.3.4-9] [MQTT-3.3.4-10] wait for the client's Receive Maximum, other packets do not", () => {
		const { online } = makeBroker();
		const s = online("s", { properties: { receiveMaximum: 2, sessionExpiryInterval: 100 } }).subscribe("t", 2);
		s.packets();
		const p = online("p");
		for (const [i, qos] of ([1, 2, 1, 0, 2] as const).entries()) p.publish("t", String(i), { qos, messageId: i + 1 });
		s.send({ cmd: "pingreq" }).subscribe("other", 0);
		expect(s.got()).toEqual([
			"publish t 0 q1 d0 r0 #1",
			"publish t 1 q2 d0 r0 #2",
			"publish t 3 q0 d0 r0",
			"pingresp",
			"suback 0",
		]);
		// PUBREC settles nothing yet, PUBCOMP does.
		expect(s.send({ cmd: "pubrec", messageId: 2 }).got()).toEqual(["pubrel #2 0"]);
		expect(s.send({ cmd: "pubcomp", messageId: 2 }).got()).toEqual(["publish t 2 q1 d0 r0 #3"]);
		expect(s.send({ cmd: "puback", messageId: 9 }).got()).toEqual([]);
		// A refusing PUBREC gives its place back; one connection later there is a new maximum.
		s.send({ cmd: "puback", messageId: 1 });
		expect(s.got()).toEqual(["publish t 4 q2 d0 r0 #4"]);
		s.cut();
		const again = online("s", { clean: false, properties: { receiveMaximum: 1, sessionExpiryInterval: 100 } });
		again.send({ cmd: "pingreq" });
		expect(again.got()).toEqual(["pingresp"]);
	});

	it("[MQTT-4.4.0-1] [MQTT-4.9.0-1] go out again as the new Receive Maximum lets them, PUBRELs at once", () => {
		const { broker, client, online } = makeBroker();
		const session = (receiveMaximum: number) => ({
			clean: false,
			properties: { receiveMaximum, sessionExpiryInterval: 100 },
		});
		const s = online("s", session(10)).subscribe("t", 2);
		const p = online("p");
		for (let id = 1; id <= 4; id += 1) p.publish("t", String(id), { qos: 2, messageId: id });
		s.send({ cmd: "pubrec", messageId: 3 }).cut();
		p.publish("t", "5", { qos: 1, messageId: 5 });
		const again = client().connect("s", session(1));
		expect(again.got()).toEqual(["connack 0", "publish t 1 q2 d1 r0 #1", "pubrel #3 0"]);
		again.send({ cmd: "pubcomp", messageId: 3 });
		expect(again.got()).toEqual([]);
		again.send({ cmd: "pubrec", messageId: 1, reasonCode: 0x80 });
		expect(again.got()).toEqual(["publish t 2 q2 d1 r0 #2"]);
		again.send({ cmd: "pubrec", messageId: 2 }).send({ cmd: "pubcomp", messageId: 2 });
		expect(again.got()).toEqual(["pubrel #2 0", "publish t 4 q2 d1 r0 #4"]);
		again.send({ cmd: "pubrec", messageId: 4 }).send({ cmd: "pubcomp", messageId: 4 });
		expect(again.got()).toEqual(["pubrel #4 0", "publish t 5 q1 d0 r0 #5"]);
		expect(broker.sessions.get("s")!.owed).toBe(1);
	});

	it("[MQTT-3.1.2-25] that are larger than the client takes are dropped as if delivered", () => {
		const { broker, online } = makeBroker();
		const s = online("s", { properties: { maximumPacketSize: 40, receiveMaximum: 1 } }).subscribe("t", 1);
		s.packets();
		const p = online("p");
		for (const [i, size] of [50, 5, 100, 6].entries()) p.publish("t", "x".repeat(size), { qos: 1, messageId: i + 1 });
		const sizes = () => s.messages().map(({ payload }) => payload.length);
		expect(sizes()).toEqual([5]);
		s.send({ cmd: "puback", messageId: 2 });
		expect([sizes(), s.closed]).toEqual([[6], false]);
		expect(broker.sessions.get("s")!.owed).toBe(1);
	});
});

describe("shared subscriptions", () => {
	it("[MQTT-4.8.2-5] what was under way at the session's end goes to another member, but not at QoS 2", () => {
		const { broker, client, online } = makeBroker({ maxInflight: 2 });
		const a = online("a", expiry(10)).subscribe("$share/g/t", 2);
		a.packets();
		const p = online("p");
		p.publish("t", "q1", { qos: 1 }).publish("t", "q2", { qos: 2 });
		p.publish("t", "waits", { qos: 2, messageId: 2 });
		expect(a.got()).toEqual(["publish t q1 q1 d0 r0 #1", "publish t q2 q2 d0 r0 #2"]);
		a.cut();
		const b = client().connect("b").subscribe("$share/g/t", 2);
		expect(b.got()).toEqual(["connack 0", "suback 2"]);
		broker.handleTime(10_000);
		expect(b.got()).toEqual(["publish t q1 q1 d0 r0 #1", "publish t waits q2 d0 r0 #2"]);
	});

	it("[MQTT-4.8.2-4] [MQTT-4.8.2-6] what was under way is finished by the same member, also by refusing it", () => {
		const { online } = makeBroker();
		const a = online("a", expiry(10)).subscribe("$share/g/t", 2);
		online("p").publish("t", "x", { qos: 2 });
		a.cut();
		const b = online("b").subscribe("$share/g/t", 2);
		const again = online("a", { clean: false, ...expiry(10) });
		b.packets();
		again.send({ cmd: "pubrec", messageId: 1, reasonCode: 0x97 }).send({ cmd: "disconnect", ...expiry(0) });
		expect(b.got()).toEqual([]);
	});

	it("are the same at 3.1.1, and bring no retained messages", () => {
		const { client, online } = makeBroker();
		const p = online("p").publish("t", "kept", { retain: true });
		p.publish("$share/g/t", "not meant", { retain: true });
		const members = ([4, 5] as const).map(version => {
			const member = client(version).connect(`m${version}`).subscribe("$share/g/t", 0);
			expect(member.messages()).toEqual([]);
			return member;
		});
		for (let i = 0; i < 4; i += 1) p.publish("t", String(i));
		expect(members.map(member => member.messages().map(({ payload }) => `${payload}`))).toEqual([
			["0", "2"],
			["1", "3"],
		]);
	});
});

describe("authentication", () => {
	const method = { authenticationMethod: "SCRAM-SHA-256" };
	const broker = () => makeBroker({ users: {}, authenticators: [new Scram({ ann: scramVerifier("secret") })] });

	it("[MQTT-3.2.0-1] [MQTT-4.12.0-5] [MQTT-4.12.0-6] is asked for before CONNACK; nobody else may in", () => {
		const { client } = broker();
		const raw = client().connect("a", { properties: { ...method } });
		expect(raw.packets()).toMatchObject([{ cmd: "auth", reasonCode: 0x18, properties: method }]);
		const data = { ...method, authenticationData: Buffer.from("n,,n=ann,r=abc") };
		raw.send({ cmd: "auth", reasonCode: 0x18, properties: data });
		const [challenge] = raw.packets();
		expect(challenge).toMatchObject({ cmd: "auth", reasonCode: 0x18 });
		raw.send({
			cmd: "auth",
			reasonCode: 0x18,
			properties: { ...method, authenticationData: Buffer.from("c=biws,r=abc,p=AAAA") },
		});
		expect([raw.got(), raw.closed]).toEqual([["connack 87"], true]);
		expect(client().connect("a").got()).toEqual(["connack 86"]);
	});

	it("[MQTT-3.1.2-30] lets nothing but AUTH and DISCONNECT through before CONNACK", () => {
		const { broker: made, client } = broker();
		const impatient = client()
			.connect("a", { properties: { ...method } })
			.publish("t", "x");
		expect([impatient.got(), impatient.closed]).toEqual([["auth 18", "connack 82"], true]);
		const leaving = client()
			.connect("a", { properties: { ...method } })
			.send({ cmd: "disconnect", reasonCode: 0 });
		expect([leaving.got(), leaving.closed]).toEqual([["auth 18"], true]);
		const twice = client()
			.connect("a", { properties: { ...method } })
			.connect("a");
		expect([twice.got(), twice.closed]).toEqual([["auth 18", "connack 82"], true]);
		const slow = client().connect("a", { properties: { ...method } });
		made.handleTime(10_000);
		expect([slow.got(), slow.closed]).toEqual([["auth 18"], true]);
		const last = client().connect("a", { properties: { ...method } });
		made.close();
		// [MQTT-3.14.0-1]
		expect([last.got(), last.closed]).toEqual([["auth 18"], true]);
		expect(made.sessions.size).toBe(0);
	});

	it("[MQTT-4.12.1-1] [MQTT-4.12.1-2] goes on later as it began: the client stays, or is told 0x87 and is out", () => {
		const talk = {
			method: "TALK",
			begin: () => ({
				handle(data: Buffer) {
					if (String(data) === "yes") return { outcome: "success" as const, data: Buffer.from("welcome") };
					return { outcome: String(data) === "no" ? ("failure" as const) : ("continue" as const) };
				},
			}),
		};
		const { client } = makeBroker({ authenticators: [talk] });
		const properties = (text?: string, authenticationMethod = "TALK") => ({
			authenticationMethod,
			...(text !== undefined && { authenticationData: Buffer.from(text) }),
		});
		const join = () => {
			const raw = client().connect("a", { properties: properties("yes") });
			expect(raw.packets()).toMatchObject([{ cmd: "connack", reasonCode: 0, properties: properties("welcome") }]);
			return raw;
		};
		const raw = join().send({ cmd: "auth", reasonCode: 0x19, properties: properties() }).send({ cmd: "pingreq" });
		expect(raw.got()).toEqual(["auth 18", "pingresp"]);
		raw.send({ cmd: "auth", reasonCode: 0x18, properties: properties("yes") });
		expect(raw.packets()).toMatchObject([{ cmd: "auth", reasonCode: 0, properties: properties("welcome") }]);
		raw.send({ cmd: "auth", reasonCode: 0x19, properties: properties("no") });
		expect([raw.got(), raw.closed]).toEqual([["disconnect 87"], true]);
		expect(
			join()
				.send({ cmd: "auth", reasonCode: 0x19, properties: properties("yes", "OTHER") })
				.got(),
		).toEqual(["disconnect 82"]);
		expect(
			join()
				.send({ cmd: "auth", reasonCode: 0x18, properties: properties("yes") })
				.got(),
		).toEqual(["disconnect 82"]);
	});
});

describe("who watches", () => {
	it("hears of every frame with its connection, from accepted() to disconnected()", () => {
		const log: string[] = [];
		const { broker, client } = makeBroker({
			on: {
				accepted: peer => log.push(`accepted ${peer}`),
				disconnected: (id, peer, why) => log.push(`disconnected ${id} ${peer}: ${why}`),
				frame: (peer, id, way, bytes) => log.push(`${way} ${peer} ${id} ${Buffer.from(bytes).toString("hex")}`),
			},
		});
		const raw = client().send("100e 0004 4d515454 05 02 0000 00 0001 61 c000 e1");
		broker.sendRaw("a", Buffer.from("d000", "hex"));
		raw.send("00");
		client().send("c000");
		expect(broker.sendRaw("a", Buffer.of(0))).toBe(false);
		const texts = log.map(line => line.replace(/ (20|e0)[0-9a-f]+$/, " $1…"));
		expect(texts).toEqual([
			"accepted test#1",
			"in test#1 undefined 100e00044d5154540502000000000161",
			"out test#1 a 20…",
			"in test#1 a c000",
			"out test#1 a d000",
			"out test#1 a d000",
			"in test#1 a e100",
			"out test#1 a e0…",
			"disconnected a test#1: malformed packet: reserved flags",
			"accepted test#2",
			"in test#2 undefined c000",
			"disconnected undefined test#2: a packet before CONNECT",
		]);
	});
});
