// Sessions through power cuts: the power goes at every write to flash, before, in the middle of and after it, and at every
// packet, in either direction; and what was promised is looked at in the end. The board's program is this file's: it
// publishes what it has on its list, and counts what it gets.

import { describe, expect, it } from "vitest";
import type { Socket, SocketOptions, TimerOptions } from "../../../firmware/io.js";
import { Client, type ClientOptions, Misuse, QOS_1, QOS_2 } from "../../../firmware/mqtt/client.js";
import { FlashStore } from "../../../firmware/optional/store.js";
import type { Message } from "../../../host-sim/broker/message.js";
import { CUT_MODES, type CutMode, Flash } from "../../../host-sim/world/flash.js";
import { Peer, type PeerOptions, publish } from "../../support/peer.js";
import { TestWorld } from "../../support/world.js";

type Version = 4 | 5;

/** A board between two power cuts: when the power has gone, nothing that it does has an effect any more. */
class Life {
	readonly store: FlashStore;
	readonly client: Client;
	/** Packets sent and read so far. */
	packets = 0;
	isAlive = true;
	readonly #world: TestWorld;
	readonly #flash: Flash;

	constructor(world: TestWorld, flash: Flash, options: Partial<ClientOptions>, cutAtPacket = 0) {
		this.#world = world;
		this.#flash = flash;
		this.store = new FlashStore(flash, { effectBytes: 8 });
		const life = this;
		const { socket, timer, ...rest } = world.collaborators("board");
		const step = () => {
			this.packets += 1;
			if (this.packets === cutAtPacket) this.cut();
		};
		this.client = new Client({
			clientId: "board",
			cleanSession: false,
			backoff: { baseMs: 100, capMs: 500 },
			...rest,
			socket: {
				io: class extends socket.io {
					constructor(given: SocketOptions) {
						if (!life.isAlive) throw new Error("no power");
						super({
							...given,
							onReadable(this: Socket, count: number) {
								if (life.isAlive) step();
								if (life.isAlive) given.onReadable?.call(this, count);
							},
							onWritable(this: Socket, count: number) {
								if (life.isAlive) given.onWritable?.call(this, count);
							},
							onError(this: Socket) {
								if (life.isAlive) given.onError?.call(this);
							},
						});
					}
					override write(view: Uint8Array): number {
						if (life.isAlive) step();
						if (!life.isAlive) throw new Error("no power");
						const room = super.write(view);
						step();
						return room;
					}
				},
			},
			timer: {
				io: class extends timer.io {
					constructor(given: TimerOptions) {
						super({
							...given,
							onTimer() {
								if (life.isAlive) given.onTimer.call(this);
							},
						});
					}
				},
			},
			...options,
			store: this.store,
		});
	}

	cut(): void {
		if (!this.isAlive) return;
		this.isAlive = false;
		this.#flash.cut();
		this.#world.network.links.find(link => link.name === "board")?.cut();
	}
}

interface Cut {
	operation?: number;
	packet?: number;
	mode?: CutMode;
}

interface Outcome {
	/** How often each message of the board arrived, and each one for the board was taken, by its number. */
	up: Map<string, number>;
	effects: number[];
	/** Names of messages that were accepted by publish() and its life went on. */
	accepted: string[];
	ends: string[];
	operations: number;
	packets: number;
	log: string[];
}

const COUNT = 3;

/** The board's list goes up at that QoS, as many messages come down, and the power is cut once. */
function play(
	protocolVersion: Version,
	qos: 1 | 2,
	cut: Cut,
	durability: ClientOptions["durability"] = "flash",
): Outcome {
	const world = new TestWorld({ link: { latencyMs: 7 } });
	const flash = new Flash();
	const outcome: Outcome = {
		up: new Map(),
		effects: [],
		accepted: [],
		ends: [],
		operations: 0,
		packets: 0,
		log: world.log,
	};
	const listener = world.client("listener");
	listener.subscribe("up/#", message => outcome.up.set(message.topic, (outcome.up.get(message.topic) ?? 0) + 1), {
		qos: 2,
	});
	listener.open();
	world.run(200);
	// A life: it resumes what is left of its list, which is in its program; that it has published is in flash.
	let done = 0;
	const live = (cutAtPacket = 0) => {
		const life: Life = new Life(
			world,
			flash,
			{
				protocolVersion,
				durability,
				onPublishEnd: (ticket, end, code) => outcome.ends.push(`${ticket} ${end} ${code}`),
			},
			cutAtPacket,
		);
		life.client.subscribe(
			"down/#",
			message => {
				const at = Number(message.topic.slice(5));
				life.store.effect[at]! += 1;
			},
			{ qos: 2 },
		);
		life.client.open();
		world.run(300);
		return life;
	};
	const publish = (life: Life) => {
		while (done < COUNT && life.isAlive) {
			const name = `up/${done}`;
			const bytes = new TextEncoder().encode(name);
			const ticket = life.client.publish(life.client.topic(name), bytes, bytes.length, qos === 1 ? QOS_1 : QOS_2);
			if (life.isAlive) {
				expect(ticket).toBeGreaterThan(0);
				outcome.accepted.push(name);
			}
			done += 1;
			world.run(3);
		}
	};
	let first = live(cut.packet);
	// What is cut while it connects begins anew.
	if (!first.isAlive) {
		flash.restore();
		first = live();
	}
	if (cut.operation !== undefined) flash.cutAt(cut.operation, cut.mode!, () => first.cut());
	const before = flash.operations;
	const down = (i: number): Message =>
		({ topic: `down/${i}`, payload: Buffer.from("x"), qos: 2, retain: false }) as Message;
	for (let i = 0; i < COUNT; i += 1) world.broker.publish(down(i));
	publish(first);
	world.run(3000);
	outcome.operations = flash.operations - before;
	outcome.packets = first.packets;
	first.cut();
	world.run(500);
	flash.restore();
	const second = live();
	publish(second);
	world.run(5000);
	outcome.effects = [...second.store.effect.subarray(0, COUNT)];
	expect(second.client.unsettled, "all has ended").toBe(0);
	expect(
		[...flash.values.keys()].filter(key => !/s[01]$/.test(key)),
		"nothing is left over",
	).toEqual([]);
	second.client.close();
	listener.close();
	return outcome;
}

/** Each accepted message once (or more, at QoS 1), each effect once, and no statement broken. */
function expectPromises(outcome: Outcome, qos: 1 | 2, what: string): void {
	for (const name of outcome.accepted) {
		const times = outcome.up.get(name) ?? 0;
		if (qos === 2) expect(times, `${name} ${what}`).toBe(1);
		else expect(times, `${name} ${what}`).toBeGreaterThanOrEqual(1);
	}
	// The one whose publish() the power cut into may have been kept, or not; never twice at QoS 2.
	if (qos === 2) for (const [name, times] of outcome.up) expect(times, `${name} ${what}`).toBe(1);
	expect(outcome.effects, what).toEqual(Array(COUNT).fill(1));
	expect(
		outcome.log.filter(line => line.startsWith("violated")),
		what,
	).toEqual([]);
	expect(
		outcome.ends.filter(end => !/ 0 (0|16|146)$/.test(end)),
		what,
	).toEqual([]);
}

const versions: Version[] = [4, 5];

describe.each(versions)("a power cut, with protocol version %d", version => {
	describe.each([1, 2] as const)("at QoS %d up and 2 down", qos => {
		it("[MQTT-4.3.3-1] [MQTT-4.1.0-1] at every write to flash, before, in the middle of and after it, loses nothing and repeats nothing", () => {
			const { operations } = play(version, qos, {});
			expect(operations).toBeGreaterThan(COUNT * 3);
			for (let operation = 1; operation <= operations; operation += 1)
				for (const mode of CUT_MODES)
					expectPromises(play(version, qos, { operation, mode }), qos, `operation ${operation} ${mode}`);
		});

		it("[MQTT-4.3.3-1] [MQTT-4.1.0-1] at every packet, sent or received, loses nothing and repeats nothing", () => {
			const { packets } = play(version, qos, {});
			expect(packets).toBeGreaterThan(COUNT * 4);
			for (let packet = 1; packet <= packets; packet += 1)
				expectPromises(play(version, qos, { packet }), qos, `packet ${packet}`);
		});
	});
});

/** A client with a store over this flash, with a scripted server; what it says is in `peer.told()`. */
function boot(flash: Flash, options: PeerOptions = {}, effectBytes = 0): { peer: Peer; store: FlashStore } {
	flash.restore();
	const store = new FlashStore(flash, { effectBytes });
	return { store, peer: new Peer({ clientId: "c", store, ...options }) };
}

describe("what is kept", () => {
	it("[MQTT-3.3.1-1] messages taken offline are sent for the first time after the restart, in their order", () => {
		const flash = new Flash();
		const { peer } = boot(flash);
		for (const name of ["one", "two", "three"]) peer.client.publish("a", name, { qos: name === "two" ? 2 : 1 });
		const again = boot(flash).peer;
		expect(again.client.unsettled).toBe(3);
		again.online(false);
		expect(again.brief().map(line => line.replace(/ #.*/, ""))).toEqual([
			"publish a one q1 d0 r0",
			"publish a two q2 d0 r0",
			"publish a three q1 d0 r0",
		]);
		// That they may have been sent is known to the next life.
		const third = boot(flash).peer.online(true);
		expect(third.brief()[0]).toMatch(/^publish a one q1 d1 r0 /);
	});

	it("what was sent in a session that the server has lost is reported, and what was not goes out", () => {
		const flash = new Flash();
		const first = boot(flash).peer.online();
		const sent = first.client.publish("a", "sent", { qos: 1 });
		const released = first.client.publish("a", "released", { qos: 2 });
		first.send({ cmd: "pubrec", messageId: released });
		const second = boot(flash).peer;
		const waiting = second.client.publish("a", "waiting", { qos: 2 });
		second.online(false);
		expect(second.told()).toEqual([`end ${sent} lost 1a`, `end ${released} lost 1a`, "online false"]);
		expect(second.brief()).toEqual([`publish a waiting q2 d0 r0 #${waiting}`]);
		expect(second.client.unsettled).toBe(1);
		// The power goes before either was told: now it is this life that has to tell.
		const third = boot(flash).peer.online(false);
		expect(third.told()).toEqual([`end ${waiting} lost 1a`, "online false"]);
		expect([...flash.values.keys()].filter(key => key.startsWith("mqttm"))).toEqual([]);
	});

	it("a cut while the loss of a session is taken note of never sends its messages in the new one", () => {
		const lose = (operation: number, mode: CutMode) => {
			const flash = new Flash();
			const first = boot(flash).peer.online();
			const ids = [1, 2, 2].map(qos => first.client.publish("a", "x", { qos: qos as 1 | 2 }));
			first.send({ cmd: "pubrec", messageId: ids[2]! });
			first.socket.fail();
			first.connect();
			first.told();
			let wasCut = false;
			flash.cutAt(operation, mode, () => {
				wasCut = true;
			});
			first.send({ cmd: "connack", returnCode: 0, sessionPresent: false });
			// Where nothing of the loss is in flash, the server has not been used since: it says 0 once more, or another loss.
			const isNoted = operation > 1 || mode === "after";
			const second = boot(flash).peer.online(isNoted);
			expect(
				second.brief().filter(line => /^pub(lish|rel)/.test(line)),
				`${operation} ${mode}`,
			).toEqual([]);
			return wasCut;
		};
		let operation = 1;
		while (CUT_MODES.map(mode => lose(operation, mode)).every(Boolean)) operation += 1;
		// The state, three messages and a release.
		expect(operation).toBe(6);
	});

	it("writes as often as it says: 2 and 4 times for a message out, 2 for one in, once for a connection that changes anything", () => {
		const flash = new Flash();
		const { peer, store } = boot(flash);
		const writes = (act: () => void) => {
			const before = store.writes;
			act();
			return store.writes - before;
		};
		expect(writes(() => peer.online())).toBe(1);
		peer.take();
		const out = (qos: 1 | 2) => () => {
			const messageId = peer.client.publish("a", "x", { qos });
			if (qos === 1) peer.send({ cmd: "puback", messageId });
			else peer.send({ cmd: "pubrec", messageId }, { cmd: "pubcomp", messageId });
		};
		expect([writes(out(1)), writes(out(2))]).toEqual([2, 4]);
		expect(writes(() => peer.send(publish("b", "x", 2, 5), { cmd: "pubrel", messageId: 5 }))).toBe(2);
		expect(writes(() => peer.send(publish("b", "x", 1, 6)))).toBe(0);
		peer.socket.fail();
		expect(writes(() => peer.online(true))).toBe(0);
		// Nor does a new life that finds all as it was.
		const next = boot(flash);
		next.peer.online(true);
		expect(next.store.writes).toBe(0);
	});

	it('with "republish" what was sent at QoS 1 goes out once more, in any life', () => {
		const flash = new Flash();
		const options = { onSessionLost: "republish" } as const;
		const first = boot(flash, options).peer.online();
		const one = first.client.publish("a", "one", { qos: 1 });
		const two = first.client.publish("a", "two", { qos: 2 });
		const second = boot(flash, options).peer.online(false);
		expect(second.told()).toEqual([`end ${two} lost 1a`, "online false"]);
		expect(second.brief()).toEqual([`publish a one q1 d0 r0 #${one}`]);
		const third = boot(flash, options).peer.online(true);
		expect(third.told()).toEqual(["online true"]);
		expect(third.brief()).toEqual([`publish a one q1 d1 r0 #${one}`]);
	});

	it("[MQTT-4.6.0-4] PUBREL packets go out in the order of their PUBREC, in the next life as well", () => {
		const flash = new Flash();
		const first = boot(flash).peer.online();
		const ids = [1, 2, 3].map(() => first.client.publish("a", "x", { qos: 2 }));
		for (const messageId of [ids[2]!, ids[0]!, ids[1]!]) first.send({ cmd: "pubrec", messageId });
		const second = boot(flash).peer.online(true);
		expect(second.brief()).toEqual([ids[2], ids[0], ids[1]].map(id => `pubrel #${id}`));
		second.send(...ids.map(messageId => ({ cmd: "pubcomp", messageId }) as const));
		expect([second.client.unsettled, second.told().length]).toEqual([0, 4]);
	});

	it("what flash has no room for is not taken, and costs nothing; and what was received is not promised", () => {
		const flash = new Flash();
		const { peer } = boot(flash);
		peer.online();
		peer.take();
		peer.told();
		flash.cut();
		expect(peer.client.publish("a", "x", { qos: 1 })).toBe(-0x1d);
		expect(peer.client.publish("a", "x")).toBe(0);
		expect([peer.client.unsettled, peer.client.heldBytes]).toEqual([0, 0]);
		peer.take();
		peer.send(publish("b", "x", 2, 7));
		expect([peer.told(), peer.hex(), peer.socket.closed]).toEqual([["message b x 2", "offline 1d"], "", true]);
		flash.restore();
		peer.online(true);
		peer.send(publish("b", "x", 2, 7, true));
		// It is with us since, and is answered now.
		expect([peer.told(), peer.brief()]).toEqual([["online true"], ["pubrec #7"]]);
	});

	it('"flash-when-offline" writes nothing as long as there is a connection, and all that is under way when it ends', () => {
		const flash = new Flash();
		const { peer, store } = boot(flash, { durability: "flash-when-offline" });
		peer.online();
		const before = store.writes;
		const [one, two, three] = [1, 2, 2].map(qos => peer.client.publish("a", `q${qos}`, { qos: qos as 1 | 2 }));
		peer.send({ cmd: "pubrec", messageId: three! });
		expect(store.writes).toBe(before);
		peer.socket.fail();
		expect(store.writes).toBe(before + 3);
		const late = peer.client.publish("a", "late", { qos: 1 });
		const second = boot(flash, { durability: "flash-when-offline" }).peer.online(true);
		expect(second.brief()).toEqual([
			`pubrel #${three}`,
			`publish a q1 q1 d1 r0 #${one}`,
			`publish a q2 q2 d1 r0 #${two}`,
			`publish a late q1 d0 r0 #${late}`,
		]);
	});

	it("[MQTT-3.2.2-16] an assigned client id, and ids of messages between PUBREC and PUBREL", () => {
		const flash = new Flash();
		const options = { protocolVersion: 5, clientId: "" } as const;
		const first = boot(flash, options).peer;
		first.connect();
		const properties = { assignedClientIdentifier: "auto-7" };
		first.send({ cmd: "connack", reasonCode: 0, sessionPresent: false, properties }, publish("b", "x", 2, 5));
		const second = boot(flash, options).peer;
		expect(second.connect().clientId).toBe("auto-7");
		second.send({ cmd: "connack", reasonCode: 0, sessionPresent: true }, publish("b", "x", 2, 5, true));
		expect([second.told(), second.brief()]).toEqual([["online true"], ["pubrec #5"]]);
		second.send({ cmd: "pubrel", messageId: 5 }, publish("b", "y", 2, 5));
		expect(second.told()).toEqual(["message b y 2"]);
	});

	it("stays where close() ends it, and is dropped, and counted, where it is of another version or has no place", () => {
		const flash = new Flash();
		const first = boot(flash).peer;
		for (let i = 0; i < 4; i += 1) first.client.publish("a", "x".repeat(100), { qos: 1 });
		first.client.open();
		first.client.close();
		const small = boot(flash, { limits: { outbox: 240 } });
		expect([small.peer.client.unsettled, small.store.dropped]).toEqual([2, 2]);
		const five = boot(flash, { protocolVersion: 5 });
		expect(five.peer.client.unsettled).toBe(0);
		expect(five.store.dropped).toBeGreaterThan(0);
		expect([...flash.values.keys()]).toEqual([]);
	});

	it("needs a session that is kept, and a name that NVS takes", () => {
		expect(() => boot(new Flash(), { cleanSession: true })).toThrow(Misuse);
		expect(() => new FlashStore(new Flash(), { name: "far too long" })).toThrow(Misuse);
		expect(() => new FlashStore(new Flash(), { effectBytes: -1 })).toThrow(Misuse);
	});

	it("two clients of one KeyValue do not know of each other", () => {
		const flash = new Flash();
		const make = (name: string) => new Peer({ store: new FlashStore(flash, { name }) });
		make("a").client.publish("a", "from a", { qos: 1 });
		make("b").client.publish("b", "from b", { qos: 1 });
		expect(make("b").online().brief()[0]).toMatch(/^publish b from b /);
	});
});
