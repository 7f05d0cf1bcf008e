// What a CONNACK of 5.0 allows: which calls are refused with which reason, and what becomes of what was there before.

import { generate, type IConnackPacket } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { takeWaits } from "../../../../firmware/mqtt/deadline.js";
import { takeConnack } from "../../../../firmware/mqtt/decode.js";
import type { Limits } from "../../../../firmware/mqtt/limits.js";
import type { ClientOptions } from "../../../../firmware/mqtt/options.js";
import { filterRefusal, publishRefusal, takeServerLimits } from "../../../../firmware/mqtt/session/server.js";
import type { Session } from "../../../../firmware/mqtt/session.js";
import { LIMITED } from "../../../../firmware/mqtt/todo.js";
import { filterAt } from "../../../../firmware/mqtt/topics.js";
import { takeUint16 } from "../../../../firmware/mqtt/wire.js";
import { SERVER_MAXIMUM, WAITS } from "../../../../firmware/mqtt/words.js";
import { incoming } from "../../../support/incoming.js";
import { online, Peer, utf8 } from "../../../support/peer.js";
import { addFilter, makeSession } from "../../../support/session.js";

type Properties = NonNullable<IConnackPacket["properties"]>;

/** Gives the session this CONNACK. */
function connack(session: Session, properties: Properties = {}): Session {
	const more = Object.keys(properties).length > 0 ? { properties } : {};
	const bytes = generate({ cmd: "connack", reasonCode: 0, sessionPresent: false, ...more }, { protocolVersion: 5 });
	const at = bytes.findIndex((byte, i) => i > 0 && byte < 128) + 1;
	expect(takeConnack(incoming(bytes.subarray(at).toString("hex"), 0x20, session))).toBe(0);
	takeServerLimits(session);
	return session;
}

function make(options: Partial<ClientOptions> = {}, limits: Partial<Limits> = {}): Session {
	const session = makeSession(limits, { protocolVersion: 5, ...options });
	takeWaits(session);
	return session;
}

const OK = 0;
const TOO_LARGE = 0x95;
const NO_RETAIN = 0x9a;
const NO_QOS = 0x9b;
const NO_SHARES = 0x9e;
const NO_WILDCARDS = 0xa2;

/** Of a filter in the table. */
function refusal(session: Session, handle: number): number {
	const at = filterAt(session, handle);
	return filterRefusal(session, session.bytes, at + 2, takeUint16(session.bytes, at), session.blocks?.[handle]);
}

describe("what a server allows", () => {
	// By flags: QoS 0, retained, QoS 1, retained, QoS 2, retained.
	it.each([
		[2, true, [OK, OK, OK, OK, OK, OK]],
		[1, true, [OK, OK, OK, OK, NO_QOS, NO_QOS]],
		[0, true, [OK, OK, NO_QOS, NO_QOS, NO_QOS, NO_QOS]],
		[2, false, [OK, NO_RETAIN, OK, NO_RETAIN, OK, NO_RETAIN]],
		[1, false, [OK, NO_RETAIN, OK, NO_RETAIN, NO_QOS, NO_QOS]],
		[0, false, [OK, NO_RETAIN, NO_QOS, NO_QOS, NO_QOS, NO_QOS]],
	])("[MQTT-3.2.2-11] [MQTT-3.2.2-14] maximum QoS %d, retain %s", (maximumQoS, retainAvailable, reasons) => {
		const given = { ...(maximumQoS < 2 && { maximumQoS }), retainAvailable };
		const session = connack(make(), given);
		expect([0, 1, 2, 3, 4, 5].map(flags => publishRefusal(session, flags, 100))).toEqual(reasons);
		// The mask that the client looks at says the same.
		expect([0, 1, 2, 3, 4, 5].map(flags => ((session.allowedFlags >> flags) & 1) === 1)).toEqual(
			reasons.map(reason => reason === OK),
		);
		const peer = online({ protocolVersion: 5 }, 100_000, given);
		const topic = peer.client.topic("a");
		for (const [flags, reason] of reasons.entries()) {
			const ticket = peer.client.publish(topic, utf8("x"), 1, flags);
			if (reason === OK) expect(ticket > 0).toBe(flags > 1);
			else expect(ticket).toBe(-reason);
			// And nothing of what is refused leaves.
			expect(peer.take().length, String(flags)).toBe(reason === OK ? 1 : 0);
		}
		for (const [flags, reason] of reasons.entries())
			if (reason !== OK) expect(peer.client.publishFrom(topic, { read: () => 1 }, 1, flags)).toBe(-reason);
	});

	it("[MQTT-3.2.2-15] packets as large as it says, and no larger", () => {
		const session = connack(make(), { maximumPacketSize: 100 });
		expect([99, 100, 101, 1_000_000].map(size => publishRefusal(session, 0, size))).toEqual([
			OK,
			OK,
			TOO_LARGE,
			TOO_LARGE,
		]);
		expect(session.sendLimit).toBe(100);
		// What the stage is too small for stays so, whatever the server takes.
		expect(connack(session, { maximumPacketSize: 0xffff_ffff }).sendLimit).toBe(512);
		expect([session.largest, publishRefusal(session, 0, 268_435_460)]).toEqual([0xffff_ffff, OK]);
		// The size comes first: it is what no other flags would help against.
		connack(session, { maximumPacketSize: 10, maximumQoS: 0 });
		expect(publishRefusal(session, 4, 11)).toBe(TOO_LARGE);
	});

	it.each([0, 1, 2])("[MQTT-3.2.2-15] to the byte, at QoS %d, straight or in pieces", qos => {
		// Fixed header, topic, packet id, no properties.
		const most = 50 - 2 - 3 - (qos === 0 ? 0 : 2) - 1;
		for (const room of [100_000, 20]) {
			const peer = online({ protocolVersion: 5 }, 100_000, { maximumPacketSize: 50 });
			const topic = peer.client.topic("a");
			peer.socket.allow(room);
			expect(peer.client.publish(topic, new Uint8Array(most), most, qos << 1)).toBeGreaterThanOrEqual(0);
			expect(peer.client.publish(topic, new Uint8Array(most + 1), most + 1, qos << 1)).toBe(-TOO_LARGE);
			expect(peer.client.publishFrom(topic, { read: () => 1 }, most + 1, qos << 1)).toBe(-TOO_LARGE);
			peer.socket.allow(100_000);
			expect(peer.take().map(packet => packet.cmd)).toEqual(["publish"]);
		}
	});

	const filters = ["a/b", "a/+", "#", "$share/n/a/b", "$share/n/a/+", "$shared/x", "$share"];
	it.each([
		[{}, [0, 0, 0, 0, 0, 0, 0]],
		[{ wildcardSubscriptionAvailable: true, sharedSubscriptionAvailable: true }, [0, 0, 0, 0, 0, 0, 0]],
		[{ wildcardSubscriptionAvailable: false }, [0, NO_WILDCARDS, NO_WILDCARDS, 0, NO_WILDCARDS, 0, 0]],
		[{ sharedSubscriptionAvailable: false }, [0, 0, 0, NO_SHARES, NO_SHARES, 0, 0]],
		[
			{ wildcardSubscriptionAvailable: false, sharedSubscriptionAvailable: false },
			[0, NO_WILDCARDS, NO_WILDCARDS, NO_SHARES, NO_SHARES, 0, 0],
		],
	])("sections 3.2.2.3.11 and 3.2.2.3.13: filters with %j", (given, reasons) => {
		const session = make();
		const handles = filters.map(filter => addFilter(session, filter, 0));
		expect(Math.min(...handles)).toBeGreaterThan(0);
		connack(session, given);
		expect(handles.map(handle => refusal(session, handle))).toEqual(reasons);
		// At the call, while it is known; and told, for what was declared before.
		const peer = online({ protocolVersion: 5 }, 100_000, given);
		const results = filters.map(filter => peer.client.subscribe(filter, () => {}));
		for (const [i, reason] of reasons.entries())
			if (reason === 0) expect(results[i]).toBeGreaterThan(0);
			else expect(results[i]).toBe(-reason);
		const early = new Peer({ protocolVersion: 5 });
		const declared = filters.map(filter => early.client.subscribe(filter, () => {}));
		early.online(false, 100_000, given);
		early.time.run(1);
		const refused = declared.flatMap((handle, i) => (reasons[i] === 0 ? [] : [`subscribed ${handle} ${reasons[i]}`]));
		expect(early.told().filter(line => line.startsWith("subscribed"))).toEqual(refused);
		const asked = early.take().flatMap(packet => (packet.cmd === "subscribe" ? packet.subscriptions : []));
		expect(asked.map(({ topic }) => topic)).toEqual(filters.filter((_, i) => reasons[i] === 0));
	});

	it("a filter refused at the call is no row, and leaves the one that stands alone", () => {
		const { client } = online({ protocolVersion: 5, limits: { topics: 1 } }, 100_000, {
			wildcardSubscriptionAvailable: false,
		});
		for (let i = 0; i < 5; i += 1) expect(client.subscribe("+", () => {})).toBe(-NO_WILDCARDS);
		expect(client.subscribe("a", () => {})).toBe(1);
	});

	it.each([
		[8, 8, 65_535, false],
		[8, 9, 9, false],
		[8, 8, 8, false],
		[8, 7, 7, true],
		[8, 1, 1, true],
		[1, 1, 1, false],
		[1024, 1023, 1023, true],
	])(
		"[MQTT-3.3.4-7] with %d messages of ours, a receive maximum of %d is counted only where it is less",
		(messages, given, _limit, limited) => {
			const session = connack(make({}, { messages, outbox: 1024 }), { receiveMaximum: given });
			expect([session.words[SERVER_MAXIMUM], (session.todo & LIMITED) !== 0]).toEqual([given, limited]);
		},
	);

	it("[MQTT-3.2.2-21] [MQTT-3.1.2-21] its keep-alive goes before ours, where it gives one", () => {
		const idle = (session: Session) => session.words[WAITS + 7];
		const session = make({ keepAlive: 60 });
		expect(idle(connack(session, { serverKeepAlive: 8 }))).toBe(7000);
		expect(idle(connack(session, { serverKeepAlive: 0 }))).toBe(0);
		expect(idle(connack(session))).toBe(52_500);
		const peer = online({ protocolVersion: 5, keepAlive: 0 }, 100_000, { serverKeepAlive: 8 });
		peer.time.run(6999);
		expect(peer.brief()).toEqual([]);
		peer.time.run(1);
		expect(peer.brief()).toEqual(["pingreq"]);
	});

	it("[MQTT-3.1.3-2] a client id that it has given is ours from then on, and no other takes the place of our own", () => {
		expect(connack(make({ clientId: "" }), { assignedClientIdentifier: "auto-é" }).clientId).toBe("auto-é");
		expect(connack(make({ clientId: "own" }), { assignedClientIdentifier: "auto" }).clientId).toBe("own");
		const session = connack(make({ clientId: "" }), { assignedClientIdentifier: "first" });
		expect(connack(session).clientId).toBe("first");
		const peer = new Peer({ protocolVersion: 5, clientId: "" });
		expect(peer.connect().clientId).toBe("");
		peer.send({
			cmd: "connack",
			reasonCode: 0,
			sessionPresent: false,
			properties: { assignedClientIdentifier: "given" },
		});
		peer.socket.fail();
		expect(peer.connect().clientId).toBe("given");
	});

	it("a client id too long for the CONNECT that would give it back does not break the client", () => {
		const peer = new Peer({ protocolVersion: 5, clientId: "", limits: { send: 64 } });
		peer.connect();
		peer.send({
			cmd: "connack",
			reasonCode: 0,
			sessionPresent: false,
			properties: { assignedClientIdentifier: "x".repeat(100) },
		});
		peer.told();
		peer.socket.fail();
		const connect = peer.connect();
		expect(connect).toMatchObject({ cmd: "connect" });
		expect(peer.time.run(0)).toBeUndefined();
	});

	it("a CONNACK that says nothing takes back what the one before said", () => {
		const session = make();
		connack(session, {
			maximumQoS: 0,
			retainAvailable: false,
			maximumPacketSize: 20,
			receiveMaximum: 1,
			wildcardSubscriptionAvailable: false,
			sharedSubscriptionAvailable: false,
			serverKeepAlive: 5,
		});
		const handles = filters.map(filter => addFilter(session, filter, 0));
		connack(session);
		expect([0, 1, 2, 3, 4, 5].map(flags => publishRefusal(session, flags, 100_000))).toEqual([0, 0, 0, 0, 0, 0]);
		expect(handles.map(handle => refusal(session, handle))).toEqual([0, 0, 0, 0, 0, 0, 0]);
		expect([session.words[SERVER_MAXIMUM], session.sendLimit, session.largest]).toEqual([65_535, 512, 0xffff_ffff]);
	});

	it("a 3.1.1 server says nothing, and allows everything", () => {
		const session = makeSession();
		takeWaits(session);
		expect(takeConnack(incoming("0000", 0x20, session))).toBe(0);
		takeServerLimits(session);
		expect([0, 1, 2, 3, 4, 5].map(flags => publishRefusal(session, flags, 100_000))).toEqual([0, 0, 0, 0, 0, 0]);
		const handles = filters.map(filter => addFilter(session, filter, 0));
		expect(handles.map(handle => refusal(session, handle))).toEqual([0, 0, 0, 0, 0, 0, 0]);
		expect([session.words[SERVER_MAXIMUM], session.largest, session.todo & LIMITED]).toEqual([65_535, 0xffff_ffff, 0]);
	});
});

describe("what was published before the server was known", () => {
	it("ends where it does not take it, and leaves where it does", () => {
		const peer = new Peer({ protocolVersion: 5 });
		const topic = peer.client.topic("a");
		const publish = (flags: number, length = 1) => peer.client.publish(topic, new Uint8Array(length), length, flags);
		const one = publish(2);
		const two = publish(4);
		const retained = publish(3);
		const large = publish(2, 60);
		peer.online(false, 100_000, { maximumQoS: 1, retainAvailable: false, maximumPacketSize: 50 });
		peer.time.run(1);
		expect(peer.told()).toEqual([
			`end ${two} refused ${NO_QOS.toString(16)}`,
			`end ${retained} refused ${NO_RETAIN.toString(16)}`,
			`end ${large} refused ${TOO_LARGE.toString(16)}`,
			"online false",
		]);
		const sent = peer.take();
		expect(sent.map(packet => [packet.cmd, packet.messageId])).toEqual([["publish", one]]);
	});

	it("a source too: its whole payload counts", () => {
		for (const [length, fits] of [
			[40, true],
			[60, false],
		] as const) {
			const peer = new Peer({ protocolVersion: 5 });
			const topic = peer.client.topic("a");
			const source = {
				read: (bytes: Uint8Array, at: number, count: number) => {
					bytes.fill(0x61, at, at + count);
					return count;
				},
			};
			const ticket = peer.client.publishFrom(topic, source, length, 2);
			expect(ticket).toBeGreaterThan(0);
			peer.online(false, 100_000, { maximumPacketSize: 50 });
			peer.time.run(1);
			expect(peer.told()).toEqual(fits ? ["online false"] : [`end ${ticket} refused 95`, "online false"]);
			expect(peer.take().map(packet => packet.cmd)).toEqual(fits ? ["publish"] : []);
			// The place of the one streamed publish is free again.
			if (!fits) expect(peer.client.publishFrom(topic, source, 1, 2)).toBeGreaterThan(0);
		}
	});

	it("a subscription larger than its packets is refused, and holds up no other", () => {
		const peer = new Peer({ protocolVersion: 5 });
		const long = peer.client.subscribe("a".repeat(60), () => {});
		const short = peer.client.subscribe("b", () => {});
		peer.online(false, 100_000, { maximumPacketSize: 50 });
		peer.time.run(1);
		expect(peer.told()).toContain(`subscribed ${long} ${TOO_LARGE}`);
		expect(peer.brief()).toEqual([expect.stringMatching(/^subscribe b:0 #/)]);
		expect(short).toBeGreaterThan(0);
		// And at the call, while it is known.
		expect(peer.client.subscribe("c".repeat(60), () => {})).toBe(-TOO_LARGE);
	});
});
