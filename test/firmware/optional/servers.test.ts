// Several servers: which one is tried, when, and what becomes of the session. Scripted servers, virtual time; and two strict
// brokers that fail in turn while the power goes at every write to flash.

import type { IConnackPacket } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { Client, Misuse } from "../../../firmware/mqtt/client.js";
import { Servers, type ServersOptions } from "../../../firmware/optional/servers.js";
import { FlashStore } from "../../../firmware/optional/store.js";
import { Broker } from "../../../host-sim/broker/broker.js";
import { CUT_MODES, type CutMode, Flash } from "../../../host-sim/world/flash.js";
import { Network } from "../../../host-sim/world/network.js";
import { SeededRandom } from "../../../host-sim/world/random.js";
import { VirtualTime } from "../../../host-sim/world/time.js";
import { Peer, type PeerOptions, publish } from "../../support/peer.js";
import { makeSession } from "../../support/session.js";

const A = "10.0.0.1:1883";
const B = "10.0.0.2:1884";
const C = "10.0.0.3:1883";
const LIST = [{ host: "10.0.0.1" }, { host: "10.0.0.2", port: 1884 }, { host: "10.0.0.3" }];
const TWO = LIST.slice(0, 2);
/** Reasons of a 3.1.1 CONNACK. */
const UNAVAILABLE = 3;
const BAD_CREDENTIALS = 4;

function make(options: PeerOptions = {}, list = LIST, settings: ServersOptions = {}): Peer {
	return new Peer({ servers: new Servers(list, settings), ...options });
}

/** The server of the attempt that is being made, or of the connection. */
function address(peer: Peer): string {
	const { address, port } = peer.socket.options;
	return `${address}:${port}`;
}

/** Waits for the next attempt: where it goes, and for how long it has waited. */
function next(peer: Peer): { to: string; waitedMs: number } {
	const [before, since] = [peer.sockets.length, peer.time.now];
	if (before === 0) peer.client.open();
	expect(peer.time.runUntil(() => peer.sockets.length > before)).toBe(true);
	return { to: address(peer), waitedMs: peer.time.now - since };
}

/** The next attempt finds nobody. */
function fail(peer: Peer): { to: string; waitedMs: number } {
	const attempt = next(peer);
	peer.socket.fail();
	return attempt;
}

function refuse(peer: Peer, code: number): string {
	peer.connect();
	peer.send({ cmd: "connack", returnCode: code, reasonCode: code, sessionPresent: false });
	return address(peer);
}

/** The attempt that is being made is answered so; accepted, if nothing else is said. */
function answer(peer: Peer, bytes = "20020000"): void {
	peer.socket.allow(1000);
	peer.send(bytes);
}

/** Waits for the next attempt, and accepts: its CONNECT's server, and whether that asked for a clean session. */
function accept(peer: Peer, sessionPresent = false): { to: string; clean: boolean | undefined } {
	const { clean } = peer.connect();
	peer.send({ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent });
	return { to: address(peer), clean };
}

/** A connection with the second server that has stood for 31 s; the first one found nobody. */
function onSecond(options: PeerOptions = {}, settings: ServersOptions = {}): Peer {
	const peer = make(options, TWO, settings);
	fail(peer);
	expect(accept(peer)).toEqual({ to: B, clean: settings.sharedSessions !== true });
	peer.time.run(31_000);
	peer.take();
	peer.told();
	return peer;
}

describe("the order of servers", () => {
	it("is that of the list: the next within baseMs, and the backoff after a whole round", () => {
		const peer = make({ backoff: { baseMs: 1000, capMs: 8000 } });
		const within: number[] = [];
		const between: number[] = [];
		for (let round = 0; round < 40; round += 1) {
			const attempts = [fail(peer), fail(peer), fail(peer)];
			expect(attempts.map(({ to }) => to)).toEqual([A, B, C]);
			between.push(attempts[0]!.waitedMs);
			within.push(attempts[1]!.waitedMs, attempts[2]!.waitedMs);
		}
		expect(between[0]).toBe(0);
		for (const [round, waitedMs] of between.entries())
			expect(waitedMs).toBeLessThanOrEqual(Math.min(1000 * 2 ** Math.max(round - 1, 0), 8000));
		expect(Math.max(...between)).toBeGreaterThan(6000);
		expect(Math.max(...within)).toBeLessThanOrEqual(1000);
		expect(Math.max(...within)).toBeGreaterThan(900);
		expect(Math.min(...within)).toBeLessThan(100);
	});

	it.each<[string, (peer: Peer) => void]>([
		["the connection is refused", peer => peer.socket.fail()],
		["it does not come about", peer => peer.time.run(15_000)],
		["the server refuses", peer => answer(peer, "20020003")],
		["the server refuses for good", peer => answer(peer, "20020005")],
		["something else answers", peer => answer(peer, "d000")],
		[
			"CONNACK does not come",
			peer => {
				answer(peer, "");
				peer.time.run(10_000);
			},
		],
		[
			"the connection does not last",
			peer => {
				answer(peer);
				peer.socket.fail();
			},
		],
	])("goes on where %s", (_title, happens) => {
		const peer = make();
		expect(next(peer).to).toBe(A);
		happens(peer);
		expect(peer.told().at(-1)).toMatch(/^offline /);
		const { to, waitedMs } = next(peer);
		expect([to, waitedMs <= 1000]).toEqual([B, true]);
	});

	it("goes on where a name is unknown, or a resolver says nothing; an address needs none", () => {
		let silent = false;
		const asked: string[] = [];
		const peer = make(
			{
				resolver: {
					io: class {
						resolve({ host, onError }: { host: string; onError(): void }) {
							asked.push(host);
							if (!silent) onError();
						}
						close() {}
					} as never,
				},
			},
			[{ host: "broker.lan" }, { host: "10.0.0.3" }],
		);
		expect([next(peer).to, peer.told()]).toEqual([C, ["offline 30"]]);
		silent = true;
		peer.socket.fail();
		expect([next(peer).to, peer.told()]).toEqual([C, ["offline 32", "offline 31"]]);
		expect(asked).toEqual(["broker.lan", "broker.lan"]);
	});

	it("a refusal that hurrying cannot mend slows down only where all of a round say so", () => {
		const peer = make({}, TWO);
		expect([refuse(peer, BAD_CREDENTIALS), refuse(peer, UNAVAILABLE)]).toEqual([A, B]);
		expect(next(peer).waitedMs).toBeLessThanOrEqual(1000);
		peer.socket.fail();
		expect(refuse(peer, BAD_CREDENTIALS)).toBe(B);
		expect(next(peer).waitedMs).toBeLessThanOrEqual(2000);
		peer.socket.fail();
		peer.time.runUntil(() => peer.sockets.length > 5);
		peer.socket.fail();
		for (let round = 0; round < 3; round += 1) {
			expect([refuse(peer, BAD_CREDENTIALS), refuse(peer, BAD_CREDENTIALS)]).toEqual([A, B]);
			const { to, waitedMs } = next(peer);
			expect([to, waitedMs >= 150_000, waitedMs <= 300_000]).toEqual([A, true, true]);
			peer.socket.fail();
			expect(fail(peer).to).toBe(B);
		}
	});

	it("comes home at the next reconnect after a connection that lasted, and begins a new round", () => {
		const peer = onSecond();
		peer.socket.fail();
		const { to, waitedMs } = fail(peer);
		expect([to, waitedMs <= 1000]).toEqual([A, true]);
		expect(accept(peer, true)).toEqual({ to: B, clean: false });
		// One that did not last is another failure of this round, which is then over.
		peer.socket.fail();
		expect(next(peer).to).toBe(A);
		// The preferred one itself: the same again.
		answer(peer);
		peer.time.run(31_000);
		peer.socket.fail();
		expect(next(peer).to).toBe(A);
	});

	it("a server that has served well and then is done with us is the first that failed in the new round", () => {
		const peer = make({ protocolVersion: 5 }, TWO);
		accept(peer);
		peer.time.run(31_000);
		peer.send({ cmd: "disconnect", reasonCode: 0x97 });
		const since = peer.time.now;
		expect([accept(peer).to, peer.time.now - since <= 1000]).toEqual([B, true]);
		peer.time.run(31_000);
		peer.send({ cmd: "disconnect", reasonCode: 0x97 });
		expect(next(peer).to).toBe(A);
	});

	it("who is ousted by another client comes back slowly, to the preferred server", () => {
		for (const stableMs of [0, 31_000]) {
			const peer = make({ protocolVersion: 5 });
			fail(peer);
			accept(peer);
			peer.time.run(stableMs);
			peer.send({ cmd: "disconnect", reasonCode: 0x8e });
			const { to, waitedMs } = next(peer);
			expect([to, waitedMs >= 150_000]).toEqual([A, true]);
		}
	});

	it("one server in a list is as one without", () => {
		const five = (options: PeerOptions) => {
			const peer = new Peer({ protocolVersion: 5, ...options });
			accept(peer);
			peer.time.run(31_000);
			peer.send({ cmd: "disconnect", reasonCode: 0x97 });
			return Array.from({ length: 8 }, () => fail(peer).waitedMs);
		};
		const waits = (options: PeerOptions) => {
			const peer = new Peer(options);
			const all = Array.from({ length: 12 }, () => fail(peer).waitedMs);
			peer.connect();
			peer.send("20020000");
			peer.time.run(31_000);
			peer.socket.fail();
			all.push(...Array.from({ length: 5 }, () => fail(peer).waitedMs));
			peer.connect();
			peer.send("20020000");
			peer.time.run(31_000);
			// The end of a connection that lasted, from a server that is not what it was: slowly in both cases.
			peer.socket.fail();
			refuse(peer, BAD_CREDENTIALS);
			all.push(...Array.from({ length: 5 }, () => fail(peer).waitedMs));
			// Thrown out again and again.
			for (let i = 0; i < 20; i += 1) {
				all.push(next(peer).waitedMs);
				answer(peer);
				peer.socket.fail();
			}
			return all;
		};
		const host = "10.0.0.1";
		expect(waits({ servers: new Servers([{ host }]) })).toEqual(waits({ host }));
		expect(five({ servers: new Servers([{ host }]) })).toEqual(five({ host }));
	});

	it("open() after close() begins with the preferred server", () => {
		const peer = onSecond();
		peer.client.close();
		peer.client.open();
		expect(next(peer).to).toBe(A);
	});

	it("after a connection elsewhere that lasted the delays begin anew", () => {
		const peer = make({ protocolVersion: 5, redirects: 1 }, TWO);
		for (let i = 0; i < 20; i += 1) fail(peer);
		peer.connect();
		peer.send({ cmd: "connack", reasonCode: 0x9c, sessionPresent: false, properties: { serverReference: "10.0.0.9" } });
		accept(peer);
		peer.time.run(31_000);
		peer.socket.fail();
		for (const most of [1000, 1000, 2000, 1000, 4000]) expect(fail(peer).waitedMs).toBeLessThanOrEqual(most);
	});

	it("a 5.0 server that sends us elsewhere is followed, and the list goes on when that one fails", () => {
		const peer = make({ protocolVersion: 5, redirects: 1 }, TWO);
		peer.connect();
		const properties: IConnackPacket["properties"] = { serverReference: "10.0.0.9:1999" };
		peer.send({ cmd: "connack", reasonCode: 0x9c, sessionPresent: false, properties: properties! });
		expect(peer.connect().clean).toBe(false);
		expect(address(peer)).toBe("10.0.0.9:1999");
		peer.socket.fail();
		expect(next(peer).to).toBe(B);
	});
});

describe("a session", () => {
	it.each([4, 5] as const)(
		"[MQTT-3.1.2-4] [MQTT-3.1.2-6] with protocol version %d begins anew on another server, and all under way is lost",
		protocolVersion => {
			const peer = make({ protocolVersion }, TWO);
			expect(accept(peer)).toEqual({ to: A, clean: false });
			const filter = peer.client.subscribe("in", () => {}, { qos: 1 });
			peer.answer("01");
			const sent = peer.client.publish("a", "sent", { qos: 1 });
			const released = peer.client.publish("a", "released", { qos: 2 });
			peer.send({ cmd: "pubrec", messageId: released }, publish("in", "x", 2, 7));
			peer.socket.fail();
			const queued = peer.client.publish("a", "queued", { qos: 2 });
			peer.told();
			const connect = peer.connect();
			expect([address(peer), connect.clean]).toEqual([B, true]);
			if (protocolVersion === 5) expect(connect.properties?.sessionExpiryInterval).toBe(0xffff_ffff);
			peer.send({ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: false });
			expect(peer.told()).toEqual([`end ${sent} lost 1a`, `end ${released} lost 1a`, "online false"]);
			expect(peer.brief().map(line => line.replace(/^subscribe (.*) #.*/, "subscribe $1"))).toEqual([
				"subscribe in:1",
				`publish a queued q2 d0 r0 #${queued}`,
			]);
			expect(filter).toBeGreaterThan(0);
		},
	);

	it.each([4, 5] as const)("[MQTT-3.2.2-4] with protocol version %d a session where none was asked for closes", v => {
		const peer = make({ protocolVersion: v }, TWO);
		fail(peer);
		expect(accept(peer, true).clean).toBe(true);
		expect(peer.told()).toEqual(["offline 32", "offline 59"]);
		expect(peer.socket.closed).toBe(true);
	});

	it("of 5.0 is kept from then on, where it is; the former one is stale", () => {
		const peer = onSecond({ protocolVersion: 5, timeouts: { ackMs: 600_000 } });
		const sent = peer.client.publish("a", "sent", { qos: 2 });
		peer.socket.fail();
		fail(peer);
		peer.take();
		expect(accept(peer, true)).toEqual({ to: B, clean: false });
		expect(peer.brief()).toEqual([`publish a sent q2 d1 r0 #${sent}`]);
		peer.time.run(31_000);
		peer.told();
		peer.socket.fail();
		expect(accept(peer)).toEqual({ to: A, clean: true });
		expect(peer.told()).toEqual(["offline 38", `end ${sent} lost 1a`, "online false"]);
	});

	it("[MQTT-3.1.2-6] of 3.1.1 ends with its first connection, which is said at once; the next one lasts", () => {
		const peer = onSecond({ onSessionLost: "republish" });
		const first = peer.client.publish("a", "one", { qos: 1 });
		const second = peer.client.publish("a", "two", { qos: 2 });
		peer.client.subscribe("in", () => {});
		peer.answer();
		peer.socket.fail();
		expect(peer.told().slice(1)).toEqual(["offline 38", `end ${second} lost 1a`]);
		fail(peer);
		// A CONNACK that never arrived may have begun the session that this one speaks of: it knows nothing of ours.
		expect(accept(peer, true)).toEqual({ to: B, clean: false });
		const again = peer.take();
		expect(again.map(({ cmd }) => cmd)).toEqual(["subscribe", "publish"]);
		expect(again[1]).toMatchObject({ messageId: first, dup: false });
		peer.send({ cmd: "suback", messageId: again[0]!.messageId!, granted: [0] });
		peer.socket.fail();
		peer.told();
		fail(peer);
		accept(peer, true);
		expect(peer.told()).toEqual(["offline 32", "online true"]);
		expect(peer.brief()).toEqual([`publish a one q1 d1 r0 #${first}`]);
	});

	it("of 3.1.1 that ended with its connection has no QoS 2 ids left that could swallow a message", () => {
		const heard: string[] = [];
		const peer = onSecond({ onMessage: message => heard.push(`${message.text()}`) });
		peer.send(publish("in", "first", 2, 7));
		peer.socket.fail();
		fail(peer);
		accept(peer, true);
		peer.send(publish("in", "second", 2, 7));
		expect(heard).toEqual(["first", "second"]);
	});

	it("is one and the same where servers share them", () => {
		const peer = onSecond({}, { sharedSessions: true });
		const sent = peer.client.publish("a", "sent", { qos: 2 });
		peer.take();
		peer.socket.fail();
		expect(accept(peer, true)).toEqual({ to: A, clean: false });
		expect(peer.brief()).toEqual([`publish a sent q2 d1 r0 #${sent}`]);
	});

	it("that the options want clean stays so, and is nobody's to remember", () => {
		const peer = make({ cleanSession: true }, TWO);
		expect([accept(peer).clean, peer.socket.fail(), accept(peer).clean]).toEqual([true, undefined, true]);
	});

	it("after a restart with nothing to remember is looked for on the preferred server, and only there", () => {
		expect(accept(make(), true)).toEqual({ to: A, clean: false });
		const peer = make();
		fail(peer);
		expect(accept(peer)).toEqual({ to: B, clean: true });
	});

	it("that went on elsewhere is stale at home", () => {
		const peer = make({ protocolVersion: 5, redirects: 1 }, TWO);
		accept(peer);
		peer.time.run(31_000);
		peer.send({ cmd: "disconnect", reasonCode: 0x9c, properties: { serverReference: "10.0.0.9" } });
		expect(accept(peer)).toEqual({ to: "10.0.0.9:1883", clean: false });
		peer.time.run(31_000);
		peer.socket.fail();
		expect(accept(peer)).toEqual({ to: A, clean: true });
	});
});

describe("with a store", () => {
	function boot(flash: Flash, list = TWO, protocolVersion: 4 | 5 = 5): Peer {
		flash.restore();
		return make({ store: new FlashStore(flash), protocolVersion }, list);
	}

	it("who holds the session is known to the next life, also where the list has another order", () => {
		const flash = new Flash();
		const first = boot(flash);
		fail(first);
		expect(accept(first)).toEqual({ to: B, clean: true });
		const sent = first.client.publish("a", "sent", { qos: 2 });
		const second = boot(flash);
		expect(next(second).to).toBe(A);
		second.socket.allow(1000);
		expect(second.take()[0]).toMatchObject({ clean: true });
		second.socket.fail();
		expect(accept(second, true)).toEqual({ to: B, clean: false });
		expect(second.brief()).toEqual([`publish a sent q2 d1 r0 #${sent}`]);
		const third = boot(flash, [TWO[1]!, TWO[0]!]);
		expect(accept(third, true)).toEqual({ to: B, clean: false });
	});

	it("a server that is not in the list any more leaves its session behind", () => {
		const flash = new Flash();
		const first = boot(flash);
		fail(first);
		accept(first);
		const sent = first.client.publish("a", "sent", { qos: 2 });
		const second = boot(flash, [LIST[0]!, LIST[2]!]);
		expect(accept(second)).toEqual({ to: A, clean: true });
		expect(second.told()).toEqual([`end ${sent} lost 1a`, "online false"]);
	});

	it("what was under way in a session of 3.1.1 that ended with the power is lost", () => {
		const flash = new Flash();
		const first = boot(flash, TWO, 4);
		fail(first);
		accept(first);
		const sent = first.client.publish("a", "sent", { qos: 2 });
		const second = boot(flash, TWO, 4);
		fail(second);
		second.told();
		expect(accept(second)).toEqual({ to: B, clean: false });
		expect(second.told()).toEqual([`end ${sent} lost 1a`, "online false"]);
	});
});

describe("returnMs", () => {
	const settings = { returnMs: 60_000 };

	it("[MQTT-3.14.4-1] says goodbye to a lesser server, and tries the preferred one", () => {
		const peer = onSecond({ keepAlive: 0 }, settings);
		peer.time.run(28_000);
		expect(peer.told()).toEqual([]);
		peer.time.run(1500);
		expect(peer.told()).toEqual(["offline 3b"]);
		expect(peer.hex()).toBe("e000");
		const { to, waitedMs } = fail(peer);
		expect([to, waitedMs <= 1000]).toEqual([A, true]);
		// Who finds nobody there is back where it was, for as long again.
		expect(accept(peer, true)).toEqual({ to: B, clean: false });
		peer.time.run(59_000);
		expect(peer.client.isOnline).toBe(true);
		peer.time.run(1000);
		expect(next(peer).to).toBe(A);
	});

	it("waits as long as anything is under way", () => {
		const tokens: number[] = [];
		const handler = (message: { hold(): number }) => tokens.push(message.hold());
		const peer = onSecond({ keepAlive: 0, timeouts: { ackMs: 600_000 } }, settings);
		const ticket = peer.client.publish("a", "x", { qos: 1 });
		peer.time.run(90_000);
		expect(peer.client.isOnline).toBe(true);
		peer.client.subscribe("in", handler as never, { qos: 1 });
		const request = peer.frames().at(-1)!;
		peer.send({ cmd: "puback", messageId: ticket });
		peer.time.run(5000);
		expect(peer.client.isOnline).toBe(true);
		peer.send({ cmd: "suback", messageId: request.readUInt16BE(2), granted: [1] }, publish("in", "x", 1, 3));
		peer.time.run(5000);
		expect(peer.client.isOnline).toBe(true);
		peer.send(publish("other", "x", 2, 4));
		peer.client.acknowledge(tokens[0]!);
		peer.time.run(5000);
		expect(peer.client.isOnline).toBe(true);
		peer.send("62020004", "3003");
		peer.time.run(5000);
		expect(peer.client.isOnline).toBe(true);
		// The rest of it, and most of a message that is larger than the buffer.
		const large = Buffer.concat([Buffer.from("30d40f000161", "hex"), Buffer.alloc(2001)]);
		peer.socket.deliver(Buffer.concat([Buffer.from("000161", "hex"), large.subarray(0, 1500)]));
		peer.time.run(5000);
		expect(peer.client.isOnline).toBe(true);
		peer.client.ping();
		peer.socket.deliver(large.subarray(1500));
		peer.time.run(5000);
		expect(peer.client.isOnline).toBe(true);
		peer.send("d000");
		peer.time.run(1000);
		expect(peer.told().at(-1)).toBe("offline 3b");
	});

	it("is never by default, never for the preferred server, and never where another server has sent us", () => {
		const home = make({ keepAlive: 0 }, TWO, settings);
		accept(home);
		const away = onSecond({ keepAlive: 0 });
		const sent = make({ protocolVersion: 5, redirects: 1, keepAlive: 0 }, TWO, settings);
		accept(sent);
		sent.send({ cmd: "disconnect", reasonCode: 0x9c, properties: { serverReference: "10.0.0.9" } });
		expect(accept(sent).to).toBe("10.0.0.9:1883");
		for (const peer of [home, away, sent]) {
			peer.time.run(86_400_000);
			expect(peer.client.isOnline).toBe(true);
		}
	});
});

describe("a list", () => {
	it("is misuse where it is none", () => {
		for (const wrong of [
			() => new Servers([]),
			() => new Servers([{ host: "" }]),
			() => new Servers([{ host: "a", port: 0 }]),
			() => new Servers([{ host: "a", port: 65_536 }]),
			() => new Servers(Array.from({ length: 17 }, (_, i) => ({ host: `h${i}` }))),
			() => new Servers(LIST, { returnMs: -1 }),
		])
			expect(wrong).toThrow(Misuse);
		expect(new Servers(Array.from({ length: 16 }, (_, i) => ({ host: `h${i}` }))).place.host).toBe("h0");
	});

	it("has a byte for each server that no other has, whatever their names add up to", () => {
		const session = makeSession();
		const idOf = (servers: Servers) => {
			servers.handleOpening(false);
			servers.handleAccepted(session);
			return servers.holder;
		};
		const hosts = Array.from({ length: 300 }, (_, i) => `h${i}`);
		const ids = hosts.map(host => idOf(new Servers([{ host }])));
		expect([Math.min(...ids) > 0, Math.max(...ids) < 255]).toEqual([true, true]);
		// Two whose bytes are the same, alone: in one list the second has another.
		const first = ids.findIndex((id, i) => ids.indexOf(id) < i);
		const pair = [hosts[ids.indexOf(ids[first]!)]!, hosts[first]!].map(host => ({ host }));
		const servers = new Servers(pair);
		expect(idOf(servers)).toBe(ids[first]);
		servers.handleOpening(false);
		servers.handleDown(session, 0x32);
		expect(idOf(servers)).not.toBe(ids[first]);
		expect(servers.place.host).toBe(pair[1]!.host);
	});
});

/** Two brokers that fail in turn; the power goes once, at that operation of flash. What was not as promised. */
function play(protocolVersion: 4 | 5, operation: number, mode: CutMode): { wrong: string[]; operations: number } {
	const time = new VirtualTime();
	const network = new Network(time, new SeededRandom(1), { latencyMs: 7 });
	const arrived = new Map<string, number>();
	const wrong: string[] = [];
	const hosts = ["10.0.0.1", "10.0.0.2"];
	const brokers = hosts.map(
		() =>
			new Broker({
				on: {
					published: ({ topic }) => arrived.set(topic, (arrived.get(topic) ?? 0) + 1),
					violated: ({ statement, sentence }) => wrong.push(`${statement} ${sentence}`),
				},
			}),
	);
	const serve = (i: number) => network.listen(hosts[i]!, 1883, (transport, now) => brokers[i]!.accept(transport, now));
	const stop = (i: number) => {
		network.listen(hosts[i]!, 1883, undefined);
		for (const link of [...network.links]) link.cut();
	};
	serve(0);
	serve(1);
	const flash = new Flash();
	const names = new Map<number, string>();
	const ended = new Map<string, number>();
	const unsure = new Set<string>();
	let life = 0;
	const live = () => {
		life += 1;
		const mine = life;
		flash.restore();
		const client: Client = new Client({
			servers: new Servers(hosts.map(host => ({ host }))),
			clientId: "board",
			protocolVersion,
			cleanSession: false,
			socket: { io: network.socketFor("board") },
			timer: {
				io: class extends time.Timer {
					constructor(options: ConstructorParameters<typeof time.Timer>[0]) {
						super({
							...options,
							onTimer() {
								if (mine === life) options.onTimer.call(this);
							},
						});
					}
				},
			},
			clock: time.clock,
			random: new SeededRandom(life),
			limits: { messages: 4 },
			backoff: { baseMs: 100, capMs: 500, slowMs: 1000, stableMs: 400 },
			store: new FlashStore(flash),
			onPublishEnd: (ticket, end) => mine === life && ended.set(names.get(ticket)!, end),
			onError: () => {},
		});
		client.open();
		return client;
	};
	let client = live();
	let isCut = false;
	flash.cutAt(operation, mode, () => {
		isCut = true;
	});
	const pass = (ms: number) => {
		for (let left = ms; left > 0; left -= 1) {
			time.run(1);
			for (const broker of brokers) broker.handleTime(time.now);
			if (!isCut) continue;
			// Between the cut and the end of this millisecond nothing of the board reaches anybody.
			isCut = false;
			for (const link of [...network.links]) link.cut();
			client = live();
		}
	};
	for (let i = 0; i < 6; i += 1) {
		pass(i % 2 === 0 ? 900 : 9);
		const name = `up/${i}`;
		const ticket = client.publish(name, "x", { qos: 2 });
		if (isCut) unsure.add(name);
		if (ticket > 0) names.set(ticket, name);
		else unsure.add(name);
		pass(i % 2 === 0 ? 20 : 16);
		if (i === 1) stop(0);
		if (i === 3) {
			serve(0);
			stop(1);
		}
	}
	pass(6000);
	for (let i = 0; i < 6; i += 1) {
		const name = `up/${i}`;
		const times = arrived.get(name) ?? 0;
		if (times > 1) wrong.push(`${name} arrived ${times} times`);
		if (times === 0 && ended.get(name) !== 2 && !unsure.has(name)) wrong.push(`${name} is lost in silence`);
	}
	if (client.unsettled !== 0) wrong.push(`${client.unsettled} have not ended`);
	return { wrong, operations: flash.operations };
}

describe.each([4, 5] as const)("a power cut while servers fail in turn, with protocol version %d", version => {
	it("[MQTT-4.3.3-1] at every write to flash: nothing arrives twice, and nothing is lost in silence", () => {
		const { operations, wrong } = play(version, 10_000, "before");
		expect([wrong, operations > 20]).toEqual([[], true]);
		for (let operation = 1; operation <= operations; operation += 1)
			for (const mode of CUT_MODES) expect(play(version, operation, mode).wrong, `${operation} ${mode}`).toEqual([]);
	});
});
