// CONNACK and what becomes of sessions; and enhanced authentication: which AUTH packets are sent and taken, at CONNECT and on a
// connection that stands, with a mechanism that only counts. Virtual time, a scripted peer.

import type { Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { type Authentication, Misuse, QOS_1, QOS_2 } from "../../../../firmware/mqtt/client.js";
import { online, Peer, type PeerOptions, utf8 } from "../../../support/peer.js";

const one = utf8("one");
const two = utf8("two");

describe("session", () => {
	it("[MQTT-3.2.2-1] a session where we asked for a clean one closes", () => {
		const peer = new Peer({ cleanSession: true });
		peer.connect();
		peer.send("20020100");
		expect(peer.told()).toEqual(["offline 59"]);
	});

	it("[MQTT-3.2.2-15] a server that could not take an acknowledgement has accepted us: its session may be new", () => {
		const peer = new Peer({ protocolVersion: 5, sessionExpiry: 60 });
		peer.client.subscribe("a", () => {}, { qos: 1 });
		peer.online(false).answer("01");
		peer.socket.fail();
		peer.online(false, 1000, { maximumPacketSize: 4 });
		expect(peer.told().slice(-1)).toEqual(["offline 95"]);
		peer.online(true);
		expect(peer.brief()).toEqual([expect.stringMatching(/^subscribe a:1 #/)]);
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

	it("with the session present nothing is asked for again; without it, all subscriptions are", () => {
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

/** Says first, second, third; wants "done" in the end. Notes what it hears. */
class Counting implements Authentication {
	readonly method = "COUNT";
	heard: string[] = [];
	#count = 0;
	start(): Uint8Array | undefined {
		this.#count = 1;
		return utf8("first");
	}
	next(data: Uint8Array | undefined): Uint8Array | undefined {
		this.heard.push(String(data && Buffer.from(data)));
		this.#count += 1;
		if (String(this.heard.at(-1)) === "wrong") throw new Error("not my server");
		return utf8(["", "first", "second", "third"][this.#count] ?? "more");
	}
	finish(data: Uint8Array | undefined): void {
		this.heard.push(`end ${data && Buffer.from(data)}`);
		if (data !== undefined && String(Buffer.from(data)) !== "done") throw new Error("not my server");
	}
}

function make(options: PeerOptions = {}): { peer: Peer; mechanism: Counting } {
	const mechanism = new Counting();
	return { mechanism, peer: new Peer({ protocolVersion: 5, authentication: mechanism, ...options }) };
}

function auth(reasonCode: number, data?: string, authenticationMethod = "COUNT"): Packet {
	const properties = { authenticationMethod, ...(data !== undefined && { authenticationData: Buffer.from(data) }) };
	return { cmd: "auth", reasonCode, properties };
}

function connack(data?: string, authenticationMethod = "COUNT"): Packet {
	const properties = { authenticationMethod, ...(data !== undefined && { authenticationData: Buffer.from(data) }) };
	return { cmd: "connack", reasonCode: 0, sessionPresent: false, properties };
}

function started(options: PeerOptions = {}): { peer: Peer; mechanism: Counting } {
	const made = make(options);
	made.peer.connect();
	made.peer.send(connack("done"));
	made.peer.take();
	made.peer.told();
	made.mechanism.heard = [];
	return made;
}

function expectClosed(peer: Peer, code: string, reasonCode: number): void {
	expect(peer.take().at(-1)).toMatchObject({ cmd: "disconnect", reasonCode });
	expect(peer.told()).toEqual([`offline ${code}`]);
	expect(peer.socket.closed).toBe(true);
}

describe("the exchange at CONNECT", () => {
	it("[MQTT-4.12.0-2] [MQTT-4.12.0-3] [MQTT-4.12.0-5] goes to and fro until CONNACK, with the same method", () => {
		const { mechanism, peer } = make();
		expect(peer.connect().properties).toMatchObject({
			authenticationMethod: "COUNT",
			authenticationData: Buffer.from("first"),
		});
		peer.send(auth(0x18, "one"));
		expect(peer.take()).toMatchObject([auth(0x18, "second")]);
		peer.send(auth(0x18, "two"));
		expect(peer.take()).toMatchObject([auth(0x18, "third")]);
		peer.send(connack("done"));
		expect(peer.told()).toEqual(["online false"]);
		expect(mechanism.heard).toEqual(["one", "two", "end done"]);
	});

	it("begins anew with each connection", () => {
		const { peer } = make();
		peer.connect();
		peer.send(auth(0x18, "one"));
		peer.socket.fail();
		expect(peer.connect().properties?.authenticationData).toEqual(Buffer.from("first"));
		peer.send(auth(0x18, "one"));
		expect(peer.take()).toMatchObject([auth(0x18, "second")]);
	});

	it("waits for room on the socket", () => {
		const { peer } = make();
		peer.connect(60);
		peer.send(auth(0x18, "one"));
		expect(peer.take()).toEqual([]);
		peer.socket.allow(100);
		expect(peer.take()).toMatchObject([auth(0x18, "second")]);
	});

	it("[MQTT-3.1.2-30] sends nothing but AUTH before CONNACK", () => {
		const { peer } = make();
		peer.client.publish("a", "early", { qos: 1 });
		peer.client.subscribe("b", () => {});
		peer.connect();
		peer.client.ping();
		peer.send(auth(0x18, "one"));
		peer.time.run(5000);
		expect(peer.take().map(({ cmd }) => cmd)).toEqual(["auth"]);
		peer.send(connack("done"));
		expect(peer.take().map(({ cmd }) => cmd)).toEqual(["subscribe", "publish"]);
	});

	it.each([
		["[MQTT-4.12.0-5] another method in AUTH", auth(0x18, "one", "OTHER"), "61", 0x82],
		["[MQTT-4.12.0-5] another method in CONNACK", connack("done", "OTHER"), "61", 0x82],
		["a CONNACK without the method", { cmd: "connack", reasonCode: 0, sessionPresent: false } as Packet, "61", 0x82],
		["success before CONNACK", auth(0x00), "57", 0x82],
		["a reason that is the client's", auth(0x19), "5f", 0x81],
		["data that the mechanism does not take", auth(0x18, "wrong"), "3a", 0x80],
		["an end that it does not take", connack("not done"), "3a", 0x80],
		["AUTH without a method", "f0 02 18 00", "61", 0x82],
		["AUTH with reserved flags", "f1 02 18 00", "57", 0x82],
		["a property that AUTH has not", "f0 04 18 02 01 00", "5c", 0x81],
	])("%s closes", (_title, packet, code, reason) => {
		const { peer } = make();
		peer.connect();
		peer.send(packet);
		expectClosed(peer, code, reason);
	});

	it("ends where it takes too long, and where the mechanism fails, with the next attempt to come", () => {
		const { mechanism, peer } = make();
		peer.connect();
		peer.send(auth(0x18, "one"));
		peer.time.run(10_000);
		expect(peer.told()).toEqual(["offline 34"]);
		mechanism.start = () => {
			throw new Error("no key");
		};
		peer.time.runUntil(() => peer.sockets.length > 1);
		peer.socket.allow(1000);
		expect([peer.told(), peer.hex()]).toEqual([["offline 3a"], ""]);
		mechanism.start = () => new Uint8Array(600);
		peer.time.runUntil(() => peer.sockets.length > 2);
		peer.socket.allow(1000);
		expect([peer.told(), peer.hex()]).toEqual([["offline 3a"], ""]);
	});

	it("[MQTT-4.12.0-6] [MQTT-4.12.0-7] AUTH, or a method in CONNACK, that nobody has asked for closes", () => {
		for (const [packet, code] of [
			[auth(0x18, "one"), "57"],
			[connack("done"), "61"],
		] as const) {
			const peer = new Peer({ protocolVersion: 5 });
			peer.connect();
			peer.send(packet);
			expectClosed(peer, code, 0x82);
		}
	});

	it("is misuse in 3.1.1, and without all of a mechanism", () => {
		const mechanism = new Counting();
		expect(() => new Peer({ authentication: mechanism })).toThrow(Misuse);
		const parts = { method: "X", start: () => undefined, next: () => undefined, finish: () => undefined };
		for (const name of Object.keys(parts))
			expect(
				() => new Peer({ protocolVersion: 5, authentication: { ...parts, [name]: undefined } as never }),
				name,
			).toThrow(Misuse);
	});
});

describe("authenticating again", () => {
	it("[MQTT-4.12.1-1] goes on while messages flow, and is told when both are content", () => {
		const told: string[] = [];
		const { mechanism, peer } = started({ onAuthenticated: () => told.push("authenticated") });
		expect(peer.client.authenticate()).toBe(true);
		expect(peer.take()).toMatchObject([auth(0x19, "first")]);
		// One exchange at a time.
		expect(peer.client.authenticate()).toBe(false);
		peer.client.publish("a", "meanwhile");
		peer.send(auth(0x18, "one"));
		expect(peer.take().map(({ cmd }) => cmd)).toEqual(["publish", "auth"]);
		expect(told).toEqual([]);
		peer.send(auth(0x00, "done"));
		expect([told, mechanism.heard]).toEqual([["authenticated"], ["one", "end done"]]);
		expect(peer.client.authenticate()).toBe(true);
	});

	it("[MQTT-4.12.1-2] ends the connection where the server refuses, says nothing, or is not who it says", () => {
		for (const [answer, code] of [
			["e0 01 87", "87"],
			[undefined, "37"],
			[auth(0x00, "not done"), "3a"],
		] as const) {
			const { peer } = started();
			peer.client.authenticate();
			if (answer === undefined) peer.time.run(10_000);
			else peer.send(answer);
			expect(peer.told()).toEqual([`offline ${code}`]);
		}
	});

	it("an AUTH that belongs to no exchange closes", () => {
		for (const packet of [auth(0x18, "one"), auth(0x00, "done")]) {
			const { peer } = started();
			peer.send(packet);
			expectClosed(peer, "57", 0x82);
		}
	});

	it("is not for a client that is offline, and misuse without a mechanism", () => {
		const { peer } = make();
		expect(peer.client.authenticate()).toBe(false);
		peer.connect();
		expect(peer.client.authenticate()).toBe(false);
		const without = new Peer({ protocolVersion: 5 }).online();
		expect(() => without.client.authenticate()).toThrow(Misuse);
		expect(without.client.isOnline).toBe(true);
	});
});

describe("credentials that a function makes", () => {
	/** A peer whose nth CONNECT has the password that `make` gives for n. */
	function fresh(make: (attempt: number) => unknown, options: PeerOptions = {}): { peer: Peer; made: () => number } {
		let attempt = 0;
		const password = () => {
			attempt += 1;
			return make(attempt) as string;
		};
		return { peer: new Peer({ userName: "ann", password, ...options }), made: () => attempt };
	}

	function refuse(peer: Peer, returnCode: number): void {
		peer.send({ cmd: "connack", returnCode, reasonCode: returnCode, sessionPresent: false });
	}

	it.each([4, 5] as const)(
		"are made once for each CONNECT, in version %i, also by a function for the name",
		protocolVersion => {
			let names = 0;
			const userName = () => {
				names += 1;
				return `name ${names}`;
			};
			const { peer, made } = fresh(attempt => utf8(`token ${attempt}`), { protocolVersion, userName });
			expect(made()).toBe(0);
			for (let attempt = 1; attempt <= 3; attempt += 1) {
				const connect = peer.connect();
				expect([connect.username, String(connect.password)]).toEqual([`name ${attempt}`, `token ${attempt}`]);
				peer.send({ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: false });
				peer.time.run(5000);
				expect([made(), names]).toEqual([attempt, attempt]);
				peer.socket.fail();
			}
		},
	);

	it("are made with the options as `this`, like all that the client calls", () => {
		function password(this: unknown): string {
			return String((this as { target: unknown }).target);
		}
		const peer = new Peer({ userName: "ann", password, target: "of the target" });
		expect(String(peer.connect().password)).toBe("of the target");
	});

	it("an empty one is one; one without a name is for 5.0 alone [MQTT-3.1.2-22]", () => {
		expect(String(fresh(() => "").peer.connect().password)).toBe("");
		const nameless = { userName: undefined } as unknown as PeerOptions;
		expect(() => fresh(() => "token", nameless)).toThrow(Misuse);
		expect(String(fresh(() => "token", { ...nameless, protocolVersion: 5 }).peer.connect().password)).toBe("token");
	});

	it.each([
		["makes none", () => undefined],
		["makes what is none", () => 7],
		[
			"throws",
			() => {
				throw new Error("no key");
			},
		],
	])(
		"a function that %s ends the attempt before CONNECT with a code of its own, and the next one comes slowly",
		(_what, fail) => {
			const { peer } = fresh(attempt => (attempt === 1 ? fail() : "token"), { backoff: { slowMs: 60_000 } });
			expect(peer.connect()).toBe(undefined);
			expect(peer.told()).toEqual(["offline 3c"]);
			expect(peer.socket.closed).toBe(true);
			const since = peer.time.now;
			expect(String(peer.connect().password)).toBe("token");
			expect(peer.time.now - since).toBeGreaterThanOrEqual(30_000);
			peer.send("20020000");
			expect(peer.told()).toEqual(["online false"]);
		},
	);

	it("a name that MQTT cannot carry is none [MQTT-1.5.3-2]", () => {
		for (const name of ["a\u0000b", "\ud800", "n".repeat(65_536), 7]) {
			const { peer } = fresh(() => "token", { userName: () => name as string, limits: { send: 65_535 } });
			expect(peer.connect()).toBe(undefined);
			expect(peer.told()).toEqual(["offline 3c"]);
		}
	});

	it("the longest that CONNECT has room for leaves, one byte more does not, and never runs over", () => {
		// A fixed header of 2 bytes, 13 up to the client id's end, 5 of the name, and 2 before the password.
		const most = 128 - 2 - 13 - 5 - 2;
		for (const [length, code] of [
			[most, undefined],
			[most + 1, "3d"],
			[65_535, "3d"],
			[70_000, "3d"],
		] as const) {
			const { peer } = fresh(() => new Uint8Array(length).fill(0x41), { limits: { send: 128 } });
			const connect = peer.connect();
			if (code === undefined) expect(connect.password?.length).toBe(length);
			else expect([connect, peer.told(), peer.socket.closed]).toEqual([undefined, [`offline ${code}`], true]);
		}
	});

	it("a name that the server has given makes room for them where both are too long", () => {
		const token = "t".repeat(70);
		const { peer } = fresh(attempt => (attempt === 1 ? "short" : token), {
			protocolVersion: 5,
			clientId: "",
			cleanSession: true,
			limits: { send: 128 },
		});
		peer.online(false, 1000, { assignedClientIdentifier: "a".repeat(60) });
		peer.socket.fail();
		peer.told();
		expect(peer.connect()).toBe(undefined);
		expect(peer.told()).toEqual(["offline 3d"]);
		expect(peer.connect()).toMatchObject({ clientId: "", password: Buffer.from(token) });
	});

	it("waits for room in the socket, and what leaves is whole", () => {
		const { peer } = fresh(attempt => `token ${attempt}`);
		expect(peer.connect(5)).toBe(undefined);
		peer.socket.allow(1000);
		expect(String((peer.take()[0] as { password?: Buffer }).password)).toBe("token 2");
		peer.send("20020000");
		expect(peer.told()).toEqual(["online false"]);
	});

	it("what it publishes, subscribes or closes while one is made is done afterwards", () => {
		const { peer } = fresh(attempt => {
			if (attempt === 1) {
				peer.client.publish("a", "one", { qos: 1 });
				peer.client.subscribe("b", () => {});
			} else peer.client.close();
			return "token";
		});
		expect(peer.connect()).toMatchObject({ cmd: "connect", password: Buffer.from("token") });
		peer.send("20020000");
		expect(peer.brief()).toEqual([expect.stringMatching(/^subscribe b:0/), expect.stringMatching(/^publish a one q1/)]);
		peer.socket.fail();
		expect(peer.connect()).toMatchObject({ cmd: "connect" });
		expect(peer.told().at(-1)).toBe("closed");
	});

	it.each([
		["3.1.1 code 4, bad user name or password", 4, 4, "86"],
		["3.1.1 code 5, not authorized", 4, 5, "87"],
		["5.0 0x86, bad user name or password", 5, 0x86, "86"],
		["5.0 0x87, not authorized", 5, 0x87, "87"],
	] as const)("a refusal with %s is retried slowly, with a fresh one", (_name, protocolVersion, code, told) => {
		const { peer } = fresh(attempt => `token ${attempt}`, { protocolVersion });
		for (let attempt = 1; attempt <= 4; attempt += 1) {
			const before = peer.time.now;
			expect(String(peer.connect().password)).toBe(`token ${attempt}`);
			// Half of five minutes to five minutes, and not a moment sooner, however often.
			if (attempt > 1) expect(peer.time.now - before).toBeGreaterThanOrEqual(150_000);
			expect(peer.time.now - before).toBeLessThanOrEqual(300_000);
			refuse(peer, code);
			expect(peer.told()).toEqual([`offline ${told}`]);
		}
	});
});
