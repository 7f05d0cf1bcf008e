// Sessions through power cuts: the power goes at every write to flash, before, in the middle of and after it, and at every
// packet, in either direction; and what was promised is looked at in the end. The board's program is this file's: it
// publishes what it has on its list, and counts what it gets.

import { describe, expect, it } from "vitest";
import { FIRST, KEEP, Misuse, QOS_1, QOS_2, RAM_ONLY, type SubscribeOptions } from "../../../firmware/mqtt/client.js";
import { properties, SUBSCRIPTION_IDENTIFIER } from "../../../firmware/mqtt/property.js";
import { CHECK_BYTES, HEAD_BYTES, RELEASE, STATE, seal } from "../../../firmware/optional/record.js";
import { FlashStore } from "../../../firmware/optional/store.js";
import type { Message } from "../../../host-sim/broker/message.js";
import { CUT_MODES, type CutMode, Flash } from "../../../host-sim/world/flash.js";
import { Life } from "../../support/life.js";
import { byteHex, Peer, type PeerOptions, packet, publish, utf8 } from "../../support/peer.js";
import { TestWorld } from "../../support/world.js";

type Version = 4 | 5;

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
function play(protocolVersion: Version, qos: 1 | 2, cut: Cut, flash = new Flash()): Outcome {
	const world = new TestWorld({ link: { latencyMs: 7 } });
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

describe("flash that does not keep what it says", () => {
	it.each([
		["that loses the last write that it has called safe", { lossy: true }],
		["behind a cache that nobody empties", { cached: true }],
	])("is found out: one %s", (_name, options) => {
		const { operations } = play(4, 2, {});
		let broken = 0;
		for (let operation = 1; operation <= operations; operation += 1)
			try {
				expectPromises(play(4, 2, { operation, mode: "after" }, new Flash(options)), 2, "");
			} catch {
				broken += 1;
			}
		expect(broken).toBeGreaterThan(3);
	});
});

/** A client with a store over this flash, with a scripted server; what it says is in `peer.told()`. */
function boot(flash: Flash, options: PeerOptions = {}, effectBytes = 0): { peer: Peer; store: FlashStore } {
	flash.restore();
	const store = new FlashStore(flash, { effectBytes });
	return { store, peer: new Peer({ clientId: "c", store, ...options }) };
}

describe("what is kept", () => {
	it("[MQTT-4.3.3-2] [MQTT-3.3.1-1] ids of received messages: what is sent again is a repeat in the next life, what is not is new", () => {
		const flash = new Flash();
		const { peer } = boot(flash);
		peer.online(false).send(publish("a", "1", 2, 1), publish("a", "2", 2, 2));
		expect(peer.brief().slice(-2)).toEqual(["pubrec #1", "pubrec #2"]);
		// Its last CONNECT may have had no answer, and the session may be a new one.
		const again = boot(flash).peer.online(true);
		again.told();
		again.send(publish("a", "1", 2, 1, true));
		expect(again.told()).toEqual([]);
		again.send(publish("a", "new", 2, 2), publish("a", "other", 2, 1, true));
		expect(again.told()).toEqual(["message a new 2", "message a other 2"]);
		// And it is kept so.
		const third = boot(flash).peer.online(true);
		third.told();
		third.send(publish("a", "new", 2, 2, true), publish("a", "other", 2, 1, true));
		expect(third.told()).toEqual([]);
	});

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

	it("what the loss of a session ends is told at least once, whenever the power goes, in however many lives", () => {
		/** Cuts the power of the first two lives, at those operations; true as long as they came so far. */
		const lose = (cuts: readonly [number, number], mode: CutMode) => {
			const flash = new Flash();
			let { peer } = boot(flash);
			peer.online();
			const ids = [1, 2, 2].map(qos => peer.client.publish("a", "x", { qos: qos as 1 | 2 }));
			peer.send({ cmd: "pubrec", messageId: ids[2]! });
			peer.socket.fail();
			const ends: string[] = [];
			const reached: boolean[] = [];
			let isNoted = false;
			for (const operation of [...cuts, 0]) {
				const connections = peer.sockets.length;
				peer.connect();
				if (connections > 0) peer.told();
				let wasCut = false;
				flash.cutAt(operation, mode, () => {
					wasCut = true;
					// What is told from here on is told by nobody.
					ends.push(...peer.told());
				});
				peer.send({ cmd: "connack", returnCode: 0, sessionPresent: isNoted });
				if (!wasCut) ends.push(...peer.told());
				reached.push(wasCut || operation === 0);
				isNoted ||= operation !== 1 || mode === "after" || !wasCut;
				peer = boot(flash).peer;
			}
			for (const id of ids) expect(ends, `${cuts} ${mode}`).toContain(`end ${id} lost 1a`);
			expect([...flash.values.keys()].filter(key => /[mr]\d+$/.test(key))).toEqual([]);
			expect([peer.client.unsettled, peer.online(true).told()]).toEqual([0, ["online true"]]);
			return reached;
		};
		for (let first = 1; ; first += 1) {
			for (let second = 1; ; second += 1)
				if (!CUT_MODES.map(mode => lose([first, second], mode)[1]).some(Boolean)) break;
			if (!CUT_MODES.map(mode => lose([first, 1], mode)[0]).some(Boolean)) break;
		}
	});

	it("what a server does not take is told at least once, whenever the power goes, in however many lives, and never sent", () => {
		const properties = { maximumQoS: 1, retainAvailable: false, maximumPacketSize: 50 } as const;
		/** Cuts the power of the first two lives, at those operations; true as long as they came so far. */
		const refuse = (cuts: readonly [number, number], mode: CutMode) => {
			const flash = new Flash();
			let { peer } = boot(flash, { protocolVersion: 5 });
			const ids = [
				peer.client.publish("a", "x", { qos: 2 }),
				peer.client.publish("a", "x", { qos: 1, retain: true }),
				peer.client.publish("a", "x".repeat(60), { qos: 1 }),
			];
			const fits = peer.client.publish("a", "fits", { qos: 1 });
			const ends: string[] = [];
			const reached: boolean[] = [];
			for (const operation of [...cuts, 0]) {
				peer.connect();
				let wasCut = false;
				flash.cutAt(operation, mode, () => {
					wasCut = true;
					ends.push(...peer.told());
				});
				peer.send({ cmd: "connack", reasonCode: 0, sessionPresent: reached.length > 0, properties });
				peer.time.run(1);
				if (!wasCut) ends.push(...peer.told());
				for (const line of peer.brief()) expect(line).toContain("a fits q1 d");
				reached.push(wasCut);
				if (operation > 0) peer = boot(flash, { protocolVersion: 5 }).peer;
			}
			for (const [i, code] of [0x9b, 0x9a, 0x95].entries())
				expect(ends, `${cuts} ${mode}`).toContain(`end ${ids[i]} refused ${code.toString(16)}`);
			peer.send({ cmd: "puback", messageId: fits, reasonCode: 0 });
			expect([...flash.values.keys()].filter(key => /[mr]\d+$/.test(key))).toEqual([]);
			return reached;
		};
		for (let first = 1; ; first += 1) {
			for (let second = 1; ; second += 1)
				if (!CUT_MODES.map(mode => refuse([first, second], mode)[1]).some(Boolean)) break;
			if (!CUT_MODES.map(mode => refuse([first, 1], mode)[0]).some(Boolean)) break;
			expect(first).toBeLessThan(9);
		}
	});

	it("what is published while a loss is told takes nothing from it, and is not taken with it, however full the outbox is", () => {
		const flash = new Flash();
		const tickets: number[] = [];
		const { peer } = boot(flash, {
			limits: { outbox: 240, messages: 4 },
			onPublishEnd() {
				tickets.push(peer.client.publish("a", "again ".repeat(6), { qos: 1 }));
			},
		});
		peer.online();
		const lost = ["one ", "two ", "six "].map(text => peer.client.publish("a", text.repeat(9), { qos: 2 }));
		peer.socket.fail();
		peer.online(false);
		expect(lost.every(ticket => ticket > 0)).toBe(true);
		const taken = tickets.filter(ticket => ticket > 0);
		expect(tickets).toHaveLength(3);
		expect(taken.length).toBeGreaterThan(0);
		const next = boot(flash, { limits: { outbox: 240, messages: 4 } });
		expect([next.peer.client.unsettled, next.store.dropped]).toEqual([taken.length, 0]);
		const ids = next.peer
			.online(true)
			.take()
			.map(({ messageId }) => messageId);
		expect(ids).toEqual(taken);
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

describe.each([4, 5] as const)("what is kept, at version %s", protocolVersion => {
	it("an effect and the id of its message go together, also where its PUBREC waits behind a message that is held", () => {
		/** The server's first three messages, and once more what it has not seen answered. True where it came so far. */
		const play = (operation: number, mode: CutMode) => {
			const flash = new Flash();
			let wasCut = false;
			const live = (holds: boolean) => {
				const made: { peer: Peer; store: FlashStore } = boot(
					flash,
					{
						protocolVersion,
						onMessage(message) {
							if (message.text() !== "held") made.store.effect[Number(message.text())]! += 1;
							else if (holds) message.hold();
						},
					},
					2,
				);
				return made;
			};
			const { peer } = live(true);
			peer.online();
			peer.take();
			flash.cutAt(operation, mode, () => {
				wasCut = true;
			});
			peer.send(publish("b", "0", 2, 4));
			const answers = wasCut ? [] : peer.brief();
			if (!wasCut) peer.send(publish("b", "held", 2, 5), publish("b", "1", 2, 6), { cmd: "pubrel", messageId: 4 });
			if (!wasCut) expect([answers, peer.brief()]).toEqual([["pubrec #4"], ["pubcomp #4"]]);
			const next = live(false);
			next.peer.online(true);
			if (answers.length === 0) next.peer.send(publish("b", "0", 2, 4, true));
			next.peer.send(publish("b", "held", 2, 5, true), publish("b", "1", 2, 6, true));
			expect([...next.store.effect], `${operation} ${mode}`).toEqual([1, 1]);
			expect(next.peer.brief().slice(-2)).toEqual(["pubrec #5", "pubrec #6"]);
			return wasCut;
		};
		let operation = 1;
		while (CUT_MODES.map(mode => play(operation, mode)).some(Boolean)) operation += 1;
		expect(operation).toBe(3);
	});

	it("messages are not taken for lost where the first connection that the board hears of is to a session that stands", () => {
		for (const waits of [false, true]) {
			const flash = new Flash();
			// The server has begun the session with this one, and the power goes before its CONNACK is read.
			const silent = boot(flash, { protocolVersion }).peer;
			const kept = waits ? [silent.client.publish("a", "kept", { qos: 1 })] : [];
			silent.connect();
			const first = boot(flash, { protocolVersion }).peer.online(true);
			expect(first.brief()).toEqual(kept.map(id => `publish a kept q1 d0 r0 #${id}`));
			const [one, two, three] = [1, 2, 2].map(qos => first.client.publish("a", `q${qos}`, { qos: qos as 1 | 2 }));
			first.send({ cmd: "pubrec", messageId: three! });
			for (const life of [1, 2]) {
				const next = boot(flash, { protocolVersion }).peer.online(true);
				expect(next.told(), `life ${life}`).toEqual(["online true"]);
				expect(next.brief()).toEqual([
					`pubrel #${three}`,
					...kept.map(id => `publish a kept q1 d1 r0 #${id}`),
					`publish a q1 q1 d1 r0 #${one}`,
					`publish a q2 q2 d1 r0 #${two}`,
				]);
			}
		}
	});

	it.each(["flash", "flash-when-offline"] as const)(
		"close() ends what is in RAM, and what flash has goes on when the client is opened again, and is told once: %s",
		durability => {
			for (const drains of [false, true]) {
				const flash = new Flash();
				const { peer } = boot(flash, { protocolVersion, durability, limits: { messages: 12 } });
				peer.online();
				peer.take();
				const topic = peer.client.topic("a");
				const publish = (text: string, flags: number) => peer.client.publish(topic, utf8(text), text.length, flags);
				const plain = publish("plain", QOS_1);
				const kept = publish("kept", QOS_2 | KEEP);
				const volatile = publish("ram", QOS_1 | RAM_ONLY);
				const released = publish("released", QOS_2 | KEEP);
				peer.send({ cmd: "pubrec", messageId: released });
				peer.socket.allow(0);
				const unsent = publish("unsent", QOS_2);
				const unsentKept = publish("kept too", QOS_1 | KEEP);
				const unsentVolatile = publish("ram too", QOS_2 | RAM_ONLY);
				peer.told();
				if (drains) peer.client.drain(5000);
				peer.client.close();
				expect(peer.told()).toEqual([
					`end ${volatile} lost 19`,
					`end ${unsentVolatile} dropped 19`,
					...(drains ? ["drained 19"] : []),
					"closed",
				]);
				peer.time.run(100_000);
				expect([peer.told(), peer.client.unsettled]).toEqual([[], 5]);
				peer.client.open();
				peer.online(true);
				expect([peer.told(), peer.brief()]).toEqual([
					["online true"],
					[
						`pubrel #${released}`,
						`publish a plain q1 d1 r0 #${plain}`,
						`publish a kept q2 d1 r0 #${kept}`,
						`publish a unsent q2 d0 r0 #${unsent}`,
						`publish a kept too q1 d0 r0 #${unsentKept}`,
					],
				]);
				if (drains) peer.client.drain(5000);
				for (const messageId of [plain, unsentKept]) peer.send({ cmd: "puback", messageId });
				for (const messageId of [kept, unsent]) peer.send({ cmd: "pubrec", messageId });
				for (const messageId of [released, kept, unsent]) peer.send({ cmd: "pubcomp", messageId });
				peer.time.run(1);
				expect(peer.told()).toEqual([
					...[plain, unsentKept, released, kept, unsent].map(id => `end ${id} settled 0`),
					...(drains ? ["drained 0"] : []),
				]);
				expect([...flash.values.keys()].filter(key => /[mr]\d+$/.test(key))).toEqual([]);
				peer.client.close();
				expect(peer.told()).toEqual(["closed"]);
			}
		},
	);

	it("closed before any connection, or again and again, it loses nothing and sends nothing as a repeat that never left", () => {
		const flash = new Flash();
		const { peer } = boot(flash, { protocolVersion });
		const ticket = peer.client.publish("a", "x", { qos: 1 });
		for (let i = 0; i < 3; i += 1) {
			peer.client.open();
			peer.client.close();
		}
		expect([peer.told(), peer.client.unsettled]).toEqual([["closed", "closed", "closed"], 1]);
		peer.connect();
		peer.client.close();
		peer.client.open();
		peer.online(true);
		expect(peer.brief()).toEqual([`publish a x q1 d0 r0 #${ticket}`]);
		peer.client.close();
		peer.client.open();
		peer.online(true);
		expect(peer.brief()).toEqual([`publish a x q1 d1 r0 #${ticket}`]);
		peer.client.close();
		peer.told();
		// Or in another life.
		const next = boot(flash, { protocolVersion }).peer.online(true);
		expect(next.brief()).toEqual([`publish a x q1 d1 r0 #${ticket}`]);
		next.send({ cmd: "puback", messageId: ticket });
		expect(next.told()).toEqual(["online true", `end ${ticket} settled 0`]);
	});
});

describe("the order of what is kept", () => {
	const flagsOf: Readonly<Record<string, number>> = {
		a: QOS_1,
		b: QOS_2,
		r: QOS_2,
		k: QOS_1 | KEEP,
		s: QOS_2 | KEEP,
		v: QOS_1 | RAM_ONLY,
		f: QOS_1 | FIRST,
	};

	// Few rows: what is published later may have a lower one.
	const options = { durability: "flash-when-offline", onSessionLost: "republish", limits: { messages: 5 } } as const;

	/**
	 * Publishes letter by letter: kept when the connection ends (a, b; r has its PUBREC, if it is online), kept at once (k; s
	 * has its PUBREC), in RAM (v), in RAM and first (f). At "/" the link goes, and the server has the session on the next one; at
	 * "!" it has lost it; from "-" on there is none; from "0" on the socket takes nothing. Then the link goes.
	 */
	function play(letters: string, flash: Flash): Peer {
		const { peer } = boot(flash, options);
		peer.online();
		const topic = peer.client.topic("a");
		for (const [i, letter] of [...letters].entries()) {
			const flags = flagsOf[letter];
			if (flags === undefined) {
				if (letter === "0") peer.socket.allow(0);
				else peer.socket.fail();
				if (letter === "/" || letter === "!") peer.online(letter === "/");
				continue;
			}
			const ticket = peer.client.publish(topic, utf8(letter + i), 2, flags);
			const hasLeft = !peer.socket.closed && peer.socket.room > 0;
			if ((letter === "r" || letter === "s") && hasLeft) peer.send({ cmd: "pubrec", messageId: ticket });
		}
		peer.socket.fail();
		return peer;
	}

	/** What goes out on the next connection, in short and with ids. */
	function goesOut(peer: Peer): string[] {
		const sent = peer.online(true).brief();
		return sent.filter(line => /^pub(lish|rel)/.test(line)).map(line => line.replace(/ q.* r0/, ""));
	}

	it("[MQTT-4.6.0-1] [MQTT-4.6.0-4] is that of the outbox, with all that is kept at once, later, never, or goes first", () => {
		const letters = [..."abrksvf/!-0"];
		let words = [""];
		let told = 0;
		for (let length = 1; length <= 3; length += 1) {
			words = words.flatMap(word => letters.map(letter => word + letter));
			for (const word of words) {
				const expected = goesOut(play(word, new Flash()));
				const flash = new Flash();
				play(word, flash);
				const { peer } = boot(flash, options);
				const sent = goesOut(peer);
				// What the next life takes for sent in a session that is lost is told.
				const lost = peer.told().flatMap(line => line.match(/^end (\d+) lost/)?.[1] ?? []);
				const kept = expected.filter(line => !/ [vf]/.test(line) && !lost.includes(line.replace(/.*#/, "")));
				expect(sent, word).toEqual(kept);
				told += lost.length;
			}
		}
		// One at QoS 2 that no full socket took, in a session that was lost then.
		expect(told).toBe(1);
	});

	it("[MQTT-4.6.0-1] is that of the outbox where flash takes one of them only when the next connection ends, or never", () => {
		for (const word of ["aaka", "aakb/", "ak/akb/", "akak/-a", "abk/0ab/", "a/b-k/a"])
			for (let refused = 1; refused <= 9; refused += 1) {
				const expected = goesOut(play(word, new Flash()));
				const flash = new Flash();
				const write = flash.write.bind(flash);
				let writes = 0;
				flash.write = (key, value) => {
					if (/m\d+$/.test(key)) writes += 1;
					if (writes === refused) throw new Error("flash is busy");
					write(key, value);
				};
				play(word, flash);
				const sent = goesOut(boot(flash, options).peer);
				const kept = expected.filter(line => sent.includes(line));
				expect(sent, `${word} ${refused}`).toEqual(kept);
				expect(expected.length - kept.length).toBeLessThan(2);
			}
	});

	it("[MQTT-4.6.0-4] PUBREL packets keep their order where its 15 bits wrap", () => {
		const flash = new Flash();
		const record = (packetId: number, order: number) => {
			const bytes = new Uint8Array(HEAD_BYTES + CHECK_BYTES);
			bytes.set([RELEASE, 0, 0, packetId, 0, 0, order >> 8, order, 0, 0, 0, 2]);
			seal(bytes);
			flash.write(`mqttr${packetId}`, bytes.buffer);
		};
		record(1, 0x7fff);
		record(2, 1);
		record(3, 0);
		record(4, 0x7ffe);
		const { peer } = boot(flash);
		expect(peer.online(true).brief()).toEqual([4, 1, 3, 2].map(id => `pubrel #${id}`));
		const messageId = peer.client.publish("a", "x", { qos: 2 });
		peer.send({ cmd: "pubrec", messageId }).socket.fail();
		expect(peer.online(true).brief()).toEqual([4, 1, 3, 2, messageId].map(id => `pubrel #${id}`));
	});
});

/** What a server has of subscriptions: filters with their options, from the SUBSCRIBE and UNSUBSCRIBE that it gets. */
class Subscriptions {
	readonly options = new Map<string, number>();

	/** Takes what the client has sent, and answers it. */
	serve(peer: Peer): this {
		for (let frames = peer.frames(); frames.length > 0; frames = peer.frames())
			for (const frame of frames) this.answer(peer, frame);
		return this;
	}

	/** One packet; answered unless the client is gone. */
	answer(peer: Peer | undefined, frame: Buffer): void {
		const isSubscribe = frame[0] === 0x82;
		if (!isSubscribe && frame[0] !== 0xa2) return;
		const codes: string[] = [];
		// A length of one byte, the packet id, and no properties but those that one test has.
		for (let at = 5 + frame[4]!; at < frame.length; ) {
			const filter = frame.toString("utf8", at + 2, at + 2 + frame.readUInt16BE(at));
			at += 2 + filter.length;
			if (isSubscribe) {
				const options = frame[at]!;
				at += 1;
				this.options.set(filter, options);
				codes.push(byteHex(options & 3));
			} else {
				this.options.delete(filter);
				codes.push("00");
			}
		}
		peer?.send(packet(isSubscribe ? "90" : "b0", frame.toString("hex", 2, 4), "00", ...codes));
	}
}

describe("subscriptions", () => {
	const five = { protocolVersion: 5 } as const;

	it("that are granted are not asked for again by the next life, except where that brings retained messages", () => {
		const flash = new Flash();
		const live = (options: PeerOptions = five) => {
			const { peer, store } = boot(flash, options);
			const seen: string[] = [];
			const declare = (filter: string, given: SubscribeOptions) =>
				peer.client.subscribe(filter, message => seen.push(message.topic), given);
			const handles = [
				declare("always", { qos: 1 }),
				declare("first", { qos: 1, retainHandling: 1 }),
				declare("never/+", { qos: 2, retainHandling: 2 }),
			];
			return { peer, store, seen, handles };
		};
		const server = new Subscriptions();
		const first = live();
		first.peer.online();
		const before = first.store.writes;
		server.serve(first.peer);
		expect(first.store.writes).toBe(before + 1);
		// On the next connection of this life nothing changes.
		first.peer.socket.fail();
		server.serve(first.peer.online(true));
		expect(first.store.writes).toBe(before + 1);
		const second = live();
		second.peer.online(true);
		expect(second.peer.told()).toEqual([
			"online true",
			...second.handles.slice(1).map((handle, i) => `subscribed ${handle} ${i + 1}`),
		]);
		expect(second.peer.take()).toMatchObject([{ cmd: "subscribe", subscriptions: [{ topic: "always" }] }]);
		second.peer.send(publish("never/x", "x"), publish("first", "x"));
		expect([second.seen, second.store.writes]).toEqual([["never/x", "first"], 0]);
		// Where the session is lost they are asked for, and forgotten: the next life asks once more.
		const third = live();
		third.peer.online(false);
		expect(third.peer.brief()).toEqual([expect.stringMatching(/^subscribe always:1 first:1 never\/\+:2 /)]);
		expect(live().peer.online(true).brief()).toEqual([
			expect.stringMatching(/^subscribe always:1 first:1 never\/\+:2 /),
		]);
	});

	it("are asked for again where anything is different, and at 3.1.1 always", () => {
		const one = properties([SUBSCRIPTION_IDENTIFIER, 1]);
		const two = properties([SUBSCRIPTION_IDENTIFIER, 2]);
		const same = { qos: 1, retainHandling: 1, properties: one } as const;
		const asks = (filter: string, options: SubscribeOptions) => {
			const flash = new Flash();
			const first = boot(flash, five).peer;
			first.client.subscribe("a", () => {}, same);
			new Subscriptions().serve(first.online());
			const second = boot(flash, five).peer;
			second.client.subscribe(filter, () => {}, options);
			return second.online(true).take().length;
		};
		expect(asks("a", same)).toBe(0);
		expect(asks("b", same)).toBe(1);
		for (const change of [{ qos: 2 }, { retainHandling: 2 }, { noLocal: true }, { properties: two }] as const)
			expect(asks("a", { ...same, ...change }), JSON.stringify(change)).toBe(1);
		expect(asks("a", { qos: 1, retainHandling: 1 })).toBe(1);
		const flash = new Flash();
		for (const present of [false, true]) {
			const { peer, store } = boot(flash);
			peer.client.subscribe("a", () => {}, { qos: 1 });
			peer.online(present);
			const before = store.writes;
			peer.answer("01");
			expect([store.writes - before, peer.told().at(-1)]).toEqual([0, "subscribed 1 1"]);
		}
	});

	it("that a server refuses, or that are declared when the connection stands, are asked for; the latter cost no write", () => {
		const flash = new Flash();
		const options = { qos: 1, retainHandling: 1 } as const;
		const first = boot(flash, five).peer.online();
		first.client.subscribe("a", () => {}, options);
		first.answer("87");
		first.client.subscribe("b", () => {}, options);
		first.answer("01");
		const second = boot(flash, five);
		second.peer.client.subscribe("a", () => {}, options);
		second.peer.online(true);
		expect(second.peer.brief()).toEqual([expect.stringMatching(/^subscribe a:1 /)]);
		const third = boot(flash, five);
		third.peer.online(true);
		third.peer.client.subscribe("b", () => {}, options);
		expect(third.peer.brief()).toEqual([expect.stringMatching(/^subscribe b:1 /)]);
	});

	it("a power cut at any write, with the packets before it on the server or not, leaves no subscription missing or old", () => {
		const declare = (peer: Peer, filter: string, qos: number, retainHandling: 0 | 1 | 2) =>
			peer.client.subscribe(filter, () => {}, { qos, retainHandling });
		/** True as long as the first life came to that operation. */
		const play = (operation: number, mode: CutMode, arrives: boolean, again: (peer: Peer) => void) => {
			const flash = new Flash();
			const { peer } = boot(flash, five);
			const server = new Subscriptions();
			let wasCut = false;
			flash.cutAt(operation, mode, () => {
				wasCut = true;
				for (const frame of peer.frames()) if (arrives) server.answer(undefined, frame);
			});
			const act = (request: () => void) => {
				if (wasCut) return;
				request();
				// It goes on without power, and nobody hears it.
				while (!wasCut) {
					const frames = peer.frames();
					if (frames.length === 0) return;
					for (const frame of frames) if (!wasCut) server.answer(peer, frame);
				}
			};
			let b = 0;
			act(() => {
				declare(peer, "a", 1, 1);
				b = declare(peer, "b", 1, 2);
				declare(peer, "c", 1, 0);
				peer.online();
			});
			act(() => declare(peer, "a", 2, 1));
			act(() => peer.client.unsubscribe(b));
			// The link goes with an UNSUBSCRIBE on its way.
			act(() => declare(peer, "b", 1, 1));
			act(() => {
				peer.client.unsubscribe(b);
				server.answer(undefined, peer.frames().at(-1) ?? Buffer.of(0));
				peer.socket.fail();
			});
			const next = boot(flash, five).peer;
			again(next);
			const wanted = new Map<string, number>();
			for (const [topic, options] of WANTED.get(again)!) wanted.set(topic, options);
			server.serve(next.online(true));
			for (const [topic, options] of wanted)
				expect(server.options.get(topic), `${topic} ${operation} ${mode} ${arrives}`).toBe(options);
			return wasCut;
		};
		const likeAtFirst = (peer: Peer) => {
			declare(peer, "a", 1, 1);
			declare(peer, "b", 1, 2);
		};
		const likeInTheEnd = (peer: Peer) => {
			declare(peer, "a", 2, 1);
			declare(peer, "b", 1, 1);
			declare(peer, "c", 1, 0);
		};
		const WANTED = new Map([
			[likeAtFirst, [["a", 0x11] as const, ["b", 0x21] as const]],
			[likeInTheEnd, [["a", 0x12] as const, ["b", 0x11] as const, ["c", 0x01] as const]],
		]);
		for (const again of [likeAtFirst, likeInTheEnd]) {
			let operation = 1;
			const all = () => CUT_MODES.flatMap(mode => [true, false].map(arrives => play(operation, mode, arrives, again)));
			while (all().some(Boolean)) operation += 1;
			// The connection, and twice for each of four changes, but for the first and the last.
			expect(operation).toBeGreaterThan(7);
		}
	});

	it("are not changed where flash would go on to say what no longer is: the link closes, and the next one tries again", () => {
		const flash = new Flash();
		const { peer } = boot(flash, five);
		const handle = peer.client.subscribe("a", () => {}, { retainHandling: 2 });
		new Subscriptions().serve(peer.online());
		peer.told();
		flash.cut();
		peer.client.unsubscribe(handle);
		expect([peer.told(), peer.hex(), peer.socket.closed]).toEqual([["offline 1d"], "", true]);
		flash.restore();
		peer.online(true);
		expect(peer.brief()).toEqual([expect.stringMatching(/^unsubscribe a /)]);
	});

	it("a record of state as firmware wrote it before is read", () => {
		const flash = new Flash();
		const old = new Uint8Array(HEAD_BYTES + 8 + 2 + 3 + CHECK_BYTES);
		// Written seventh, in the third connection of a session that began with the second: id 5 taken, "abc" as effect.
		old.set([STATE, 0, 0, 33, 0, 0, 0, 7, 0, 0, 0, 3, 0, 0, 0, 2, 0, 1, 0, 0, 0, 5, 97, 98, 99]);
		seal(old);
		flash.write("mqtts1", old.buffer);
		const { peer, store } = boot(flash, {}, 3);
		expect([...store.effect, store.dropped]).toEqual([97, 98, 99, 0]);
		peer.online(true).send(publish("b", "x", 2, 5, true), publish("b", "y", 2, 6));
		expect([peer.told(), peer.brief()]).toEqual([
			["online true", "message b y 2"],
			["pubrec #5", "pubrec #6"],
		]);
		// The next is of the new kind, and goes before it.
		const next = boot(flash, {}, 3);
		expect([...next.store.effect, next.store.dropped]).toEqual([97, 98, 99, 0]);
		next.peer.online(true).send(publish("b", "y", 2, 6, true));
		expect(next.peer.told()).toEqual(["online true"]);
	});
});
