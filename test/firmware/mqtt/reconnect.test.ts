// Reconnecting as an ordinary day has it: names that do not resolve, networks that want a login first, boards that have
// slept, two clients with one id, a thousand boards at once. What is counted are attempts: often enough, never a storm.

import { describe, expect, it } from "vitest";
import type { ResolveOptions, Resolver } from "../../../firmware/io.js";
import { Client } from "../../../firmware/mqtt/client.js";
import { Broker } from "../../../host-sim/broker/broker.js";
import { Network } from "../../../host-sim/world/network.js";
import { SeededRandom } from "../../../host-sim/world/random.js";
import { VirtualTime } from "../../../host-sim/world/time.js";
import { Peer, type PeerOptions } from "../../support/peer.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A peer whose questions to DNS wait in `questions` for the test to answer; closed ones are struck out. */
function asking(options: PeerOptions = {}): { peer: Peer; questions: (ResolveOptions | undefined)[] } {
	const questions: (ResolveOptions | undefined)[] = [];
	class Asked implements Resolver {
		#at = -1;
		resolve(question: ResolveOptions): void {
			this.#at = questions.push(question) - 1;
		}
		close(): void {
			questions[this.#at] = undefined;
		}
	}
	return { peer: new Peer({ host: "broker.lan", resolver: { io: Asked }, ...options }), questions };
}

describe("DNS", () => {
	it("that fails for a day is asked again with backoff, and the first answer is taken", () => {
		const { peer, questions } = asking();
		peer.client.open();
		let asked = 0;
		while (peer.time.now < DAY_MS) {
			peer.time.runUntil(() => questions.length > asked, DAY_MS);
			asked = questions.length;
			questions.at(-1)!.onError();
		}
		// Half a minute apart on average.
		expect(asked).toBeGreaterThan(2500);
		expect(asked).toBeLessThan(3300);
		expect(new Set(peer.told())).toEqual(new Set(["offline 30"]));
		peer.time.runUntil(() => questions.length > asked);
		questions.at(-1)!.onResolved("broker.lan", "10.0.0.1");
		peer.socket.allow(1000);
		peer.send("20020000");
		expect(peer.told()).toEqual(["online false"]);
	});

	it("that says nothing for a day is given up each time, and asks nobody twice at once", () => {
		const { peer, questions } = asking();
		peer.client.open();
		peer.time.run(DAY_MS);
		expect(questions.length).toBeGreaterThan(1900);
		expect(questions.length).toBeLessThan(2500);
		expect(questions.filter(question => question !== undefined).length).toBeLessThanOrEqual(1);
	});

	it("that answers late answers nobody; and each attempt asks anew, since the broker may have moved", () => {
		const { peer, questions } = asking();
		peer.client.open();
		peer.time.step();
		const late = questions[0]!;
		peer.time.runUntil(() => questions.length > 1);
		late.onResolved("broker.lan", "10.0.0.1");
		late.onError();
		expect(peer.sockets.length).toBe(0);
		for (const address of ["10.0.0.2", "10.0.0.3"]) {
			questions.at(-1)!.onResolved("broker.lan", address);
			expect(peer.socket.options.address).toBe(address);
			peer.socket.allow(1000);
			peer.send("20020000");
			peer.time.run(31_000);
			const asked = questions.length;
			peer.socket.fail();
			peer.time.runUntil(() => questions.length > asked);
		}
		expect(peer.told().filter(line => line.startsWith("online"))).toHaveLength(2);
	});
});

describe("a network that wants a login first", () => {
	it.each([
		["says nothing", "", "offline 34"],
		["speaks HTTP", `${"HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n".repeat(2)}\r\n`, "offline 57"],
		["closes", undefined, "offline 38"],
	])(
		"and accepts all connections and %s: attempts stay slow all day, and the broker is found when it is there",
		(_what, answer, code) => {
			const peer = new Peer();
			peer.client.open();
			let attempts = 0;
			while (peer.time.now < DAY_MS) {
				peer.time.runUntil(() => peer.sockets.length > attempts, DAY_MS);
				attempts = peer.sockets.length;
				peer.socket.allow(1000);
				if (answer === undefined) peer.socket.fail();
				else if (answer !== "") peer.socket.deliver(Buffer.from(answer));
			}
			expect(new Set(peer.told())).toEqual(new Set([code]));
			// Half a minute apart on average, and ten seconds more where CONNACK is waited for.
			expect(attempts).toBeGreaterThan(1900);
			expect(attempts).toBeLessThan(3300);
			peer.time.runUntil(() => peer.sockets.length > attempts);
			const since = peer.time.now;
			peer.online();
			expect(peer.time.now - since).toBeLessThanOrEqual(71_000);
		},
	);
});

/** A peer whose clock can jump, as that of a board does which has slept; its timers know nothing of that. */
function sleeper(options: PeerOptions = {}): { peer: Peer; sleep(milliseconds: number): void } {
	let sleptMs = 0;
	const peer: Peer = new Peer({ clock: { now: () => (peer.time.now + sleptMs) | 0, wall: () => 0 }, ...options });
	return {
		peer,
		sleep: milliseconds => {
			sleptMs += milliseconds;
		},
	};
}

describe("a board that has slept", () => {
	const naps = [HOUR_MS, DAY_MS, 20 * DAY_MS];

	it.each(naps)("for %d ms online ends its link once, and comes back with all that was under way", nap => {
		const { peer, sleep } = sleeper({ keepAlive: 60 });
		peer.online();
		const ticket = peer.client.publish("a", "x", { qos: 1 });
		peer.take();
		peer.told();
		sleep(nap);
		const before = peer.sockets.length;
		peer.time.runUntil(() => peer.sockets.length > before);
		expect(peer.told()).toEqual([expect.stringMatching(/^offline 3[67]$/)]);
		peer.socket.allow(1000);
		peer.take();
		peer.send("20020100");
		expect(peer.brief()).toEqual([`publish a x q1 d1 r0 #${ticket}`]);
		// From here on its rhythm is the usual one.
		peer.send({ cmd: "puback", messageId: ticket });
		peer.time.run(52_000);
		expect(peer.brief()).toEqual([]);
		peer.time.run(1000);
		expect(peer.brief()).toEqual(["pingreq"]);
	});

	it.each(naps)("for %d ms in any state has no more attempts behind it than one that was awake", nap => {
		const states: [string, (peer: Peer) => void][] = [
			["waits", peer => peer.socket.fail()],
			["connects", () => {}],
			["waits for CONNACK", peer => peer.socket.allow(1000)],
			[
				"waits for PINGRESP",
				peer => {
					peer.socket.allow(1000);
					peer.send("20020000");
					peer.client.ping();
				},
			],
		];
		for (const [state, reach] of states) {
			const { peer, sleep } = sleeper();
			peer.client.open();
			peer.time.step();
			reach(peer);
			const before = peer.sockets.length;
			peer.told();
			sleep(nap);
			peer.time.run(60_000);
			// Nobody is there: each attempt runs into its deadline of 15 s.
			const attempts = peer.sockets.length - before;
			expect([state, attempts >= 1, attempts <= 4]).toEqual([state, true, true]);
			const ends = peer.told().length;
			expect([state, ends <= attempts + 1]).toEqual([state, true]);
		}
	});

	it("for more than half the circle of its clock comes back in the end, however late: what was due seems to be to come", () => {
		const half = 2 ** 31;
		const naps = [25, 30, 37.5, 45, 49.7].map(days => Math.round(days * DAY_MS));
		for (let about = -130_000; about <= 130_000; about += 997) naps.push(half + about);
		const opened = (peer: Peer) => {
			peer.client.open();
			peer.time.step();
			return peer;
		};
		const states: [string, PeerOptions, (peer: Peer) => void][] = [
			["waits", {}, peer => opened(peer).socket.fail()],
			["connects", {}, opened],
			["waits for CONNACK", {}, peer => opened(peer).socket.allow(1000)],
			["is online", {}, peer => peer.online()],
			["is online, where silence is no matter", { timeouts: { silenceMs: 0 } }, peer => peer.online()],
			["waits for PINGRESP", {}, peer => peer.online().client.ping()],
			["waits for PUBACK", {}, peer => peer.online().client.publish("a", "x", { qos: 1 })],
			[
				"has nothing but PUBACK to wait for",
				{ keepAlive: 0 },
				peer => peer.online().client.publish("a", "x", { qos: 1 }),
			],
			["has nothing but SUBACK to wait for", { keepAlive: 0 }, peer => peer.online().client.subscribe("a", () => {})],
		];
		let lateMs = 0;
		for (const nap of naps)
			for (const [state, options, reach] of states) {
				const { peer, sleep } = sleeper(options);
				reach(peer);
				peer.time.run(200);
				const before = peer.sockets.length;
				const since = peer.time.now;
				sleep(nap);
				const isBack = peer.time.runUntil(() => peer.sockets.length > before, half + DAY_MS);
				expect(isBack, `${state} ${nap}`).toBe(true);
				lateMs = Math.max(lateMs, peer.time.now - since);
			}
		expect(lateMs).toBeGreaterThan(DAY_MS);
	});

	it("across the wrap of its clock makes the same attempts at the same times", () => {
		const attempts = (startMs: number) => {
			const peer = new Peer({ startMs });
			peer.client.open();
			const times: number[] = [];
			while (peer.time.runUntil(() => peer.sockets.length > times.length, HOUR_MS) && peer.time.now < HOUR_MS) {
				times.push(peer.time.now);
				if (times.length % 3 === 0) peer.socket.fail();
				else peer.socket.allow(1000);
			}
			return times;
		};
		const usual = attempts(0);
		expect(usual.length).toBeGreaterThan(60);
		for (const startMs of [0x7fff_ffff - HOUR_MS / 2, -HOUR_MS / 2, -0x8000_0000])
			expect(attempts(startMs)).toEqual(usual);
	});
});

/** Clients with one id, at a broker for that long: when each of them was accepted. */
function fight(protocolVersion: 4 | 5, hours: number): number[] {
	const time = new VirtualTime();
	const network = new Network(time, new SeededRandom(5), { latencyMs: 20 });
	const accepted: number[] = [];
	const broker = new Broker({ on: { connected: () => accepted.push(time.now) } });
	network.listen("10.0.0.1", 1883, (transport, now) => broker.accept(transport, now));
	for (let i = 0; i < 2; i += 1) {
		const client = new Client({
			host: "10.0.0.1",
			clientId: "twin",
			protocolVersion,
			cleanSession: false,
			socket: { io: network.socketFor(`${i}`) },
			timer: { io: time.Timer },
			clock: time.clock,
			random: new SeededRandom(i + 1),
		});
		time.after(i * 60_000, () => client.open());
	}
	time.run(hours * HOUR_MS);
	return accepted;
}

describe("somebody else with the same id", () => {
	it.each([4, 5] as const)("with protocol version %d: the two do not fight at full speed", version => {
		const hours = 12;
		const accepted = fight(version, hours);
		// A nuisance, not a load: the first minutes aside, less than one connection a minute.
		const later = accepted.filter(at => at > 600_000);
		expect(later.length).toBeGreaterThan(hours * 4);
		expect(later.length).toBeLessThan(hours * 60);
		const first = accepted.filter(at => at <= 180_000);
		expect(first.length).toBeLessThanOrEqual(18);
	});

	/** Connections that stand for so long and are closed (below 0: are refused): how long the client waits after each. */
	function waits(version: 4 | 5, ...lastMs: number[]): number[] {
		const peer = new Peer({ protocolVersion: version, keepAlive: 0 });
		peer.client.open();
		peer.time.step();
		return lastMs.map(milliseconds => {
			if (milliseconds >= 0) {
				peer.socket.allow(1000);
				peer.send(version === 5 ? "2003000000" : "20020000");
				peer.time.run(milliseconds);
			}
			const [since, before] = [peer.time.now, peer.sockets.length];
			peer.socket.fail();
			expect(peer.time.runUntil(() => peer.sockets.length > before)).toBe(true);
			return peer.time.now - since;
		});
	}

	it("is what a 3.1.1 server means that accepts and closes again and again: from the fifth in a row on the delays grow beyond the cap", () => {
		const usual = waits(4, 0, 29_000, 0, 100, 0, 31_000, 0);
		for (const [i, waitedMs] of usual.entries())
			expect(waitedMs).toBeLessThanOrEqual([1000, 2000, 4000, 8000, 16_000, 1000, 2000][i]!);
		const long = waits(4, ...Array(40).fill(0));
		expect(Math.max(...long)).toBeGreaterThan(250_000);
		expect(Math.max(...long)).toBeLessThanOrEqual(300_000);
	});

	it("is not what a bad network means: with another failure, or a connection that lasts, in between", () => {
		const four = [0, 0, 0, 0];
		const rows = Array.from({ length: 30 }, () => [...four, -1]).flat();
		expect(Math.max(...waits(4, ...rows))).toBeLessThanOrEqual(60_000);
		const lasting = Array.from({ length: 30 }, () => [...four, 31_000]).flat();
		expect(Math.max(...waits(4, ...lasting))).toBeLessThanOrEqual(16_000);
	});

	it("is not what links mean that break in another way", () => {
		const peer = new Peer();
		peer.client.open();
		peer.time.step();
		for (let i = 0; i < 40; i += 1) {
			peer.socket.allow(1000);
			// PINGRESP, unasked for.
			peer.send("20020000", "d000");
			const [since, before] = [peer.time.now, peer.sockets.length];
			peer.time.runUntil(() => peer.sockets.length > before);
			expect(peer.time.now - since).toBeLessThanOrEqual(60_000);
		}
		expect(peer.told().filter(line => line === "offline 57")).toHaveLength(40);
	});

	it("is said by a 5.0 server, which is believed, and not guessed at", () => {
		expect(Math.max(...waits(5, ...Array(40).fill(0)))).toBeLessThanOrEqual(60_000);
	});
});

describe("a thousand boards that lose their broker at once", () => {
	it("come back spread over the second that the backoff begins with, and over its minute when it is long away", () => {
		const COUNT = 1000;
		const time = new VirtualTime();
		const random = new SeededRandom(11);
		const network = new Network(time, random, { latencyMs: 1 });
		let attempts: number[] = [];
		const serve = (isThere: boolean) =>
			network.listen(
				"10.0.0.1",
				1883,
				isThere
					? transport => ({ handleData: () => transport.write(Uint8Array.of(0x20, 2, 0, 0)), handleClose() {} })
					: undefined,
			);
		serve(true);
		const clients = Array.from({ length: COUNT }, (_, i) => {
			const Link = network.socketFor(`${i}`);
			return new Client({
				host: "10.0.0.1",
				clientId: `${i}`,
				keepAlive: 0,
				limits: { receive: 64, send: 64, outbox: 64, received: 1, topics: 1, topicBytes: 16, messages: 1 },
				socket: {
					io: class extends Link {
						constructor(options: ConstructorParameters<typeof Link>[0]) {
							attempts.push(time.now);
							super(options);
						}
					},
				},
				timer: { io: time.Timer },
				clock: time.clock,
				random: random.fork(`${i}`),
			});
		});
		for (const client of clients) client.open();
		time.run(60_000);
		expect(clients.every(client => client.isOnline)).toBe(true);
		const fall = () => {
			attempts = [];
			const at = time.now;
			for (const link of [...network.links]) link.cut();
			return at;
		};
		/** How many attempts each of `count` equal parts of the time had. */
		const parts = (from: number, lengthMs: number, count: number) => {
			const found: number[] = Array(count).fill(0);
			for (const at of attempts)
				if (at >= from && at < from + lengthMs) found[Math.floor(((at - from) * count) / lengthMs)]! += 1;
			return found;
		};

		// The broker is there again at once: a tenth of them in each tenth of the first second, give or take a third.
		let at = fall();
		time.run(2000);
		expect(attempts.length).toBe(COUNT);
		for (const part of parts(at, 1000, 10)) {
			expect(part).toBeGreaterThan(66);
			expect(part).toBeLessThan(134);
		}
		time.run(60_000);

		// It is away for ten minutes: by then a second has about a thirtieth of them, and never three times as many.
		serve(false);
		at = fall();
		time.run(600_000);
		const seconds = parts(at + 300_000, 300_000, 300);
		expect(Math.max(...seconds)).toBeLessThan(COUNT / 10);
		expect(Math.min(...seconds)).toBeGreaterThan(COUNT / 100);
		serve(true);
		attempts = [];
		time.run(61_000);
		expect(clients.every(client => client.isOnline)).toBe(true);
		expect(attempts.length).toBe(COUNT);
	});
});
