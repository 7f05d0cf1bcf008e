// What leaves behind CONNECT before the server has answered, and what becomes of it: whatever CONNACK says, and where there is
// none. A scripted peer on virtual time; and flash that a power cut leaves as it is.

import { describe, expect, it } from "vitest";
import { FIRST, QOS_1, QOS_2, RAM_ONLY, RETAIN } from "../../../firmware/mqtt/client.js";
import { Pipeline } from "../../../firmware/optional/pipeline.js";
import { Servers } from "../../../firmware/optional/servers.js";
import { FlashStore } from "../../../firmware/optional/store.js";
import { Flash } from "../../../host-sim/world/flash.js";
import { SeededRandom } from "../../../host-sim/world/random.js";
import { Peer, type PeerOptions, utf8 } from "../../support/peer.js";

type Version = 4 | 5;
type Properties = Parameters<Peer["online"]>[2];

/** A peer whose client has met the server before, if it is of 5.0, and is offline; its next attempt may go ahead. */
function made(protocolVersion: Version, options: PeerOptions = {}, properties?: Properties): Peer {
	const peer = new Peer({ protocolVersion, pipeline: new Pipeline(), ...options });
	if (protocolVersion === 5) {
		peer.online(options.cleanSession !== true, 1000, properties);
		drop(peer);
	}
	return peer;
}

function drop(peer: Peer): void {
	peer.socket.fail();
	peer.take();
	peer.told();
}

/** The link of the next attempt stands: what leaves at once, in short. */
function link(peer: Peer, room = 1000): string[] {
	const before = peer.sockets.length;
	if (before === 0) peer.client.open();
	expect(peer.time.runUntil(() => peer.sockets.length > before)).toBe(true);
	peer.socket.allow(room);
	return peer.brief();
}

function accept(peer: Peer, sessionPresent: boolean, properties?: Properties): string[] {
	peer.send({ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent, ...(properties && { properties }) });
	return peer.brief();
}

function refuse(peer: Peer): void {
	peer.send({ cmd: "connack", returnCode: 3, reasonCode: 0x88, sessionPresent: false });
}

function publish(peer: Peer, text: string, flags: number): number {
	return peer.client.publish(peer.client.topic("t"), utf8(text), undefined, flags);
}

/** Ids of that client's messages, in the order of publishing: they begin where chance says. */
function ids(peer: Peer, count: number): number[] {
	const first = publish(peer, "0", QOS_1);
	const more = Array.from({ length: count - 1 }, (_, i) => publish(peer, `${i + 1}`, QOS_1));
	return [first, ...more];
}

describe.each([4, 5] as const)("behind a CONNECT of protocol level %i", version => {
	it("[MQTT-3.1.2-4] a message goes out right away, and its PUBACK may come with CONNACK", () => {
		const peer = made(version);
		const id = publish(peer, "hello", QOS_1);
		expect(link(peer)).toEqual(["connect", `publish t hello q1 d0 r0 #${id}`]);
		expect(peer.client.isOnline).toBe(false);
		peer.send({ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: true }, { cmd: "puback", messageId: id });
		expect(peer.told()).toEqual(["online true", `end ${id} settled 0`]);
		expect([peer.brief(), peer.client.unsettled]).toEqual([[], 0]);
	});

	it("all of it is one write; what is published between CONNECT and CONNACK waits", () => {
		const peer = made(version);
		const id = publish(peer, "1", QOS_1);
		expect(link(peer)).toEqual(["connect", `publish t 1 q1 d0 r0 #${id}`]);
		expect(peer.socket.writes).toBe(1);
		const late = publish(peer, "late", QOS_2);
		expect(peer.brief()).toEqual([]);
		expect(accept(peer, true)).toEqual([`publish t late q2 d0 r0 #${late}`]);
	});

	it("a Session Present of 0 does not end it: it is of the session that this CONNECT has begun", () => {
		const peer = made(version);
		const [one, two] = [publish(peer, "1", QOS_1), publish(peer, "2", QOS_2)];
		link(peer);
		expect(accept(peer, false)).toEqual([]);
		expect(peer.told()).toEqual(["online false"]);
		peer.send({ cmd: "puback", messageId: one }, { cmd: "pubrec", messageId: two });
		expect(peer.brief()).toEqual([`pubrel #${two}`]);
		peer.send({ cmd: "pubcomp", messageId: two });
		expect(peer.told()).toEqual([`end ${one} settled 0`, `end ${two} settled 0`]);
	});

	it(`${version === 4 ? "[MQTT-3.1.4-5]" : "[MQTT-3.1.4-6]"} a refusal sends it back: it goes out again as a new one, behind CONNACK`, () => {
		const peer = made(version);
		const [one, two] = [publish(peer, "1", QOS_1), publish(peer, "2", QOS_2)];
		const both = [`publish t 1 q1 d0 r0 #${one}`, `publish t 2 q2 d0 r0 #${two}`];
		expect(link(peer)).toEqual(["connect", ...both]);
		refuse(peer);
		expect(peer.told()).toEqual(["offline 88"]);
		// What has been in vain once is not tried again before a server has accepted us.
		expect(link(peer)).toEqual(["connect"]);
		expect(accept(peer, false)).toEqual(both);
		expect(peer.told()).toEqual(["online false"]);
		peer.send({ cmd: "puback", messageId: one }, { cmd: "pubrec", messageId: two }, { cmd: "pubcomp", messageId: two });
		peer.take();
		drop(peer);
		const id = publish(peer, "3", QOS_1);
		expect(link(peer)).toEqual(["connect", `publish t 3 q1 d0 r0 #${id}`]);
	});

	it("[MQTT-3.3.1-1] without an answer it counts as sent: again with DUP, where the session is there", () => {
		const peer = made(version);
		const [one, two] = [publish(peer, "1", QOS_1), publish(peer, "2", QOS_2)];
		link(peer);
		drop(peer);
		expect(link(peer)).toEqual(["connect"]);
		expect(accept(peer, true)).toEqual([`publish t 1 q1 d1 r0 #${one}`, `publish t 2 q2 d1 r0 #${two}`]);
	});

	it("without an answer it ends as lost where the session is gone then, or goes out once more at QoS 1", () => {
		for (const onSessionLost of ["report", "republish"] as const) {
			const peer = made(version, { onSessionLost });
			const [one, two] = [publish(peer, "1", QOS_1), publish(peer, "2", QOS_2)];
			link(peer);
			drop(peer);
			link(peer);
			const again = onSessionLost === "republish";
			expect(accept(peer, false)).toEqual(again ? [`publish t 1 q1 d0 r0 #${one}`] : []);
			const lost = [...(again ? [] : [one]), two].map(id => `end ${id} lost 1a`);
			expect(peer.told()).toEqual([...lost, "online false"]);
		}
	});

	it("a CONNACK that we cannot accept is no refusal: the server may have taken it", () => {
		const peer = made(version, { cleanSession: true });
		const id = publish(peer, "1", QOS_1);
		link(peer);
		accept(peer, true);
		expect(peer.told()).toEqual(["offline 59"]);
		link(peer);
		accept(peer, false);
		expect(peer.told()).toEqual([`end ${id} lost 1a`, "online false"]);
	});

	it.each([
		["sent and not acknowledged", QOS_1, []],
		["released", QOS_2, ["pubrec"]],
	] as const)("nothing goes out where something is %s", (_what, flags, answers) => {
		const peer = made(version);
		const old = publish(peer, "old", flags);
		link(peer);
		accept(peer, true);
		for (const cmd of answers) peer.send({ cmd, messageId: old });
		drop(peer);
		const id = publish(peer, "new", QOS_1);
		expect(link(peer)).toEqual(["connect"]);
		expect(accept(peer, true)).toContain(`publish t new q1 d0 r0 #${id}`);
	});

	it("QoS 0 waits for CONNACK, and so does what is behind it", () => {
		const peer = made(version, { qos0WhileOffline: "keep" });
		const one = publish(peer, "1", QOS_1);
		publish(peer, "2", 0);
		const three = publish(peer, "3", QOS_1);
		expect(link(peer)).toEqual(["connect", `publish t 1 q1 d0 r0 #${one}`]);
		expect(accept(peer, true)).toEqual(["publish t 2 q0 d0 r0", `publish t 3 q1 d0 r0 #${three}`]);
	});

	it("a payload in pieces waits for CONNACK, and a message that the socket does not take as a whole", () => {
		const peer = made(version);
		const source = {
			read(bytes: Uint8Array, at: number, count: number) {
				bytes.fill(65, at, at + count);
				return count;
			},
		};
		peer.client.publishFrom(peer.client.topic("t"), source, 3, QOS_1);
		expect(link(peer)).toEqual(["connect"]);
		const empty = made(version);
		const sockets = empty.sockets.length;
		if (sockets === 0) empty.client.open();
		empty.time.runUntil(() => empty.sockets.length > sockets);
		empty.socket.allow(1000);
		const whole = empty.socket.written.length + (version === 4 ? 17 : 18);
		for (const [room, count] of [
			[whole, 2],
			[whole - 1, 1],
		] as const) {
			const other = made(version);
			const id = publish(other, "0123456789", QOS_1);
			const both = ["connect", `publish t 0123456789 q1 d0 r0 #${id}`];
			expect(link(other, room)).toEqual(both.slice(0, count));
			other.socket.allow(room);
			expect(accept(other, true)).toEqual(both.slice(count));
		}
	});

	it("a message that does not fit into the stage with CONNECT waits, and what is behind it", () => {
		const peer = made(version, { limits: { send: 64 } });
		publish(peer, "0123456789".repeat(5), QOS_1);
		publish(peer, "1", QOS_1);
		expect(link(peer)).toEqual(["connect"]);
		expect(accept(peer, true)).toHaveLength(2);
	});

	it("what goes first goes first here too", () => {
		const peer = made(version);
		const [one, two] = [publish(peer, "1", QOS_1), publish(peer, "2", QOS_1 | RETAIN | FIRST)];
		expect(link(peer)).toEqual(["connect", `publish t 2 q1 d0 r1 #${two}`, `publish t 1 q1 d0 r0 #${one}`]);
		refuse(peer);
		link(peer);
		expect(accept(peer, true)).toEqual([`publish t 2 q1 d0 r1 #${two}`, `publish t 1 q1 d0 r0 #${one}`]);
	});

	it("messages that go first keep their order among themselves where a refusal comes between them", () => {
		const peer = made(version);
		const one = publish(peer, "1", QOS_1);
		link(peer);
		const two = publish(peer, "2", QOS_1 | FIRST);
		refuse(peer);
		const three = publish(peer, "3", QOS_1 | FIRST);
		link(peer);
		const texts = [one, two, three].map((id, i) => `publish t ${i + 1} q1 d0 r0 #${id}`);
		expect(accept(peer, true)).toEqual(texts);
	});

	it("close() in the middle of it ends what has left as lost", () => {
		const peer = made(version);
		const id = publish(peer, "1", QOS_1);
		link(peer);
		peer.client.close();
		expect(peer.told()).toEqual([`end ${id} lost 19`, "closed"]);
		expect(peer.brief()).toEqual(["disconnect"]);
	});

	it("nothing goes out where another server may have the session", () => {
		const servers = new Servers([{ host: "10.0.0.1" }, { host: "10.0.0.2" }]);
		const peer = new Peer({ protocolVersion: version, pipeline: new Pipeline(), servers });
		peer.online(false, 1000);
		peer.time.run(31_000);
		drop(peer);
		const id = publish(peer, "1", QOS_1);
		// Back to the holder of the session: it may. It finds nobody, and the other one asks for a clean session.
		const before = peer.sockets.length;
		peer.time.runUntil(() => peer.sockets.length > before);
		peer.socket.fail();
		expect(link(peer)).toEqual(["connect"]);
		expect(accept(peer, false)).toEqual([`publish t 1 q1 d0 r0 #${id}`]);
	});
});

describe("at 5.0", () => {
	it("nothing goes ahead before this server has been met", () => {
		const peer = new Peer({ protocolVersion: 5, pipeline: new Pipeline() });
		const id = publish(peer, "1", QOS_1);
		expect(link(peer)).toEqual(["connect"]);
		expect(accept(peer, false)).toEqual([`publish t 1 q1 d0 r0 #${id}`]);
		peer.send({ cmd: "puback", messageId: id, reasonCode: 0 });
		drop(peer);
		const next = publish(peer, "2", QOS_1);
		expect(link(peer)).toEqual(["connect", `publish t 2 q1 d0 r0 #${next}`]);
	});

	it("another server's limits are not this one's", () => {
		const servers = new Servers([{ host: "10.0.0.1" }, { host: "10.0.0.2" }], { sharedSessions: true });
		const peer = new Peer({ protocolVersion: 5, pipeline: new Pipeline(), servers });
		peer.online(false, 1000);
		drop(peer);
		publish(peer, "1", QOS_1);
		// The first fails at once, and hands over.
		expect(peer.time.runUntil(() => peer.sockets.length > 1)).toBe(true);
		expect(peer.socket.options.address).toBe("10.0.0.2");
		peer.socket.allow(1000);
		expect(peer.brief()).toEqual(["connect"]);
	});

	it("[MQTT-3.1.2-30] nothing goes behind a CONNECT with an Authentication Method", () => {
		const authentication = { method: "m", start: () => undefined, next: () => undefined, finish() {} };
		const peer = new Peer({ protocolVersion: 5, pipeline: new Pipeline(), authentication });
		peer.connect();
		accept(peer, false, { authenticationMethod: "m" });
		expect(peer.told()).toEqual(["online false"]);
		drop(peer);
		publish(peer, "1", QOS_1);
		expect(link(peer)).toEqual(["connect"]);
	});

	it("[MQTT-3.3.4-7] no more go ahead than this server's Receive Maximum", () => {
		const peer = made(5, {}, { receiveMaximum: 2 });
		const [one, two, three] = ids(peer, 3);
		expect(link(peer)).toEqual(["connect", `publish t 0 q1 d0 r0 #${one}`, `publish t 1 q1 d0 r0 #${two}`]);
		expect(accept(peer, true, { receiveMaximum: 2 })).toEqual([]);
		peer.send({ cmd: "puback", messageId: one!, reasonCode: 0 });
		expect(peer.brief()).toEqual([`publish t 2 q1 d0 r0 #${three}`]);
	});

	it.each<[string, Properties, string, number]>([
		["[MQTT-3.2.2-11] Maximum QoS", { maximumQoS: 1 }, "1", QOS_2],
		["[MQTT-3.2.2-14] Retain Available", { retainAvailable: false }, "1", QOS_1 | RETAIN],
		["[MQTT-3.2.2-15] Maximum Packet Size", { maximumPacketSize: 17 }, "0123456789", QOS_1],
	])("%s holds ahead of CONNACK as it did last", (_what, limits, text, flags) => {
		// Published for a server that may take it, by a client that has not met this one in this life.
		const flash = new Flash();
		made(5, { pipeline: new Pipeline(flash) }, limits);
		const make = () => new Peer({ protocolVersion: 5, pipeline: new Pipeline(flash) });
		const peer = make();
		publish(peer, text, flags);
		expect(link(peer)).toEqual(["connect"]);
		const other = make();
		const id = publish(other, "1", QOS_1);
		expect(link(other)).toEqual(["connect", `publish t 1 q1 d0 r0 #${id}`]);
	});

	it("a server that has come to take less closes, and the message is refused behind the next CONNACK", () => {
		const peer = made(5);
		const id = publish(peer, "1", QOS_2);
		expect(link(peer)).toEqual(["connect", `publish t 1 q2 d0 r0 #${id}`]);
		accept(peer, true, { maximumQoS: 1 });
		peer.send({ cmd: "disconnect", reasonCode: 0x9b });
		expect(peer.told()).toEqual(["online true", "offline 9b"]);
		expect(link(peer)).toEqual(["connect"]);
		expect(accept(peer, true, { maximumQoS: 1 })).toEqual([]);
		expect(peer.told()).toEqual([`end ${id} refused 9b`, "online true"]);
	});

	it("[MQTT-3.3.4-7] a Receive Maximum below what is under way holds back the rest", () => {
		const peer = made(5);
		const [one, two] = ids(peer, 3);
		link(peer);
		accept(peer, true, { receiveMaximum: 1 });
		const four = publish(peer, "4", QOS_1);
		expect(peer.brief()).toEqual([]);
		for (const messageId of [one!, two!]) peer.send({ cmd: "puback", messageId, reasonCode: 0 });
		expect(peer.brief()).toEqual([]);
		peer.send({ cmd: "puback", messageId: four - 1, reasonCode: 0 });
		expect(peer.brief()).toEqual([`publish t 4 q1 d0 r0 #${four}`]);
	});

	it("aliases begin behind CONNACK, as before", () => {
		const peer = made(5, { limits: { aliases: 2 } }, { topicAliasMaximum: 2 });
		const id = publish(peer, "1", QOS_1);
		expect(link(peer)).toEqual(["connect", `publish t 1 q1 d0 r0 #${id}`]);
		accept(peer, true, { topicAliasMaximum: 2 });
		publish(peer, "2", QOS_1);
		expect(peer.take()[0]).toMatchObject({ topic: "t", properties: { topicAlias: 1 } });
	});
});

describe("what flash has of a server", () => {
	const life = (flash: Flash) => {
		const peer = new Peer({ protocolVersion: 5, pipeline: new Pipeline(flash) });
		publish(peer, "1", QOS_1);
		return link(peer).length === 2;
	};

	it("lets the next life go ahead, and is written where it changes only", () => {
		const flash = new Flash();
		expect(life(flash)).toBe(false);
		made(5, { pipeline: new Pipeline(flash) });
		const { operations } = flash;
		expect(operations).toBe(1);
		expect(life(flash)).toBe(true);
		made(5, { pipeline: new Pipeline(flash) });
		expect(flash.operations).toBe(operations);
		made(5, { pipeline: new Pipeline(flash) }, { receiveMaximum: 7 });
		expect(flash.operations).toBe(operations + 1);
	});

	it("is nothing where it is torn, or flash fails", () => {
		const flash = new Flash();
		made(5, { pipeline: new Pipeline(flash) });
		const bytes = new Uint8Array(flash.read("pipeline")!);
		bytes[7]! ^= 1;
		flash.write("pipeline", bytes.buffer);
		expect(life(flash)).toBe(false);
		const broken = {
			read(): ArrayBuffer {
				throw new Error("flash");
			},
			write() {
				throw new Error("flash");
			},
			delete() {},
			close() {},
		};
		const peer = made(5, { pipeline: new Pipeline(broken) });
		publish(peer, "1", QOS_1);
		expect(link(peer)).toHaveLength(2);
	});
});

describe.each([4, 5] as const)("with a session in flash, at protocol level %i", version => {
	/** A life after the other, on one flash; each has another source of chance. */
	const lives = () => {
		const flash = new Flash();
		let count = 0;
		return (options: PeerOptions = {}) => {
			count += 1;
			const store = new FlashStore(flash);
			const random = new SeededRandom(count);
			const peer = new Peer({ protocolVersion: version, pipeline: new Pipeline(flash), store, random, ...options });
			return peer;
		};
	};

	/** The first life of a board: it has met its server. */
	const met = () => {
		const live = lives();
		live().online(false, 1000);
		return live;
	};

	it("[MQTT-3.3.1-1] a message that has left so is sent in the next life, though no CONNACK had come", () => {
		const live = met();
		const peer = live();
		const id = publish(peer, "1", QOS_2);
		expect(link(peer)).toEqual(["connect", `publish t 1 q2 d0 r0 #${id}`]);
		const next = live();
		expect(link(next)).toEqual(["connect"]);
		expect(accept(next, true)).toEqual([`publish t 1 q2 d1 r0 #${id}`]);
		const lost = live();
		link(lost);
		expect(accept(lost, false)).toEqual([]);
		expect(lost.told()).toEqual([`end ${id} lost 1a`, "online false"]);
	});

	it("it is of the session that its CONNECT has begun, in the next life too", () => {
		const live = met();
		const peer = live();
		const one = publish(peer, "1", QOS_2);
		link(peer);
		const two = publish(peer, "2", QOS_1);
		expect(accept(peer, false)).toEqual([`publish t 2 q1 d0 r0 #${two}`]);
		const next = live();
		link(next);
		expect(accept(next, true)).toEqual([`publish t 1 q2 d1 r0 #${one}`, `publish t 2 q1 d1 r0 #${two}`]);
		expect(next.told()).toEqual(["online true"]);
	});

	it("a message from before does not become of that session, where nothing could go ahead", () => {
		const live = met();
		const peer = live();
		const old = publish(peer, "old", QOS_2);
		link(peer);
		drop(peer);
		publish(peer, "new", QOS_2);
		expect(link(peer)).toEqual(["connect"]);
		accept(peer, false);
		expect(peer.told()).toEqual([`end ${old} lost 1a`, "online false"]);
		expect(live().client.unsettled).toBe(1);
	});

	it("a refusal sends it back for the next life as well: it goes ahead once more, without DUP", () => {
		const live = met();
		const peer = live();
		const id = publish(peer, "1", QOS_2);
		link(peer);
		refuse(peer);
		const next = live();
		expect(link(next)).toEqual(["connect", `publish t 1 q2 d0 r0 #${id}`]);
		const after = live();
		expect(link(after)).toEqual(["connect"]);
		expect(accept(after, true)).toEqual([`publish t 1 q2 d1 r0 #${id}`]);
	});

	it("what was published while the CONNECT that is refused was under way counts as sent once it has been sent", () => {
		const live = met();
		const peer = live();
		const one = publish(peer, "1", QOS_2);
		link(peer, 40);
		const two = publish(peer, "2", QOS_2);
		refuse(peer);
		link(peer);
		accept(peer, true);
		const next = live();
		expect(link(next)).toEqual(["connect"]);
		expect(accept(next, true)).toEqual([`publish t 1 q2 d1 r0 #${one}`, `publish t 2 q2 d1 r0 #${two}`]);
	});

	it("nothing leaves as long as flash does not take that it leaves, and what it has not taken for a CONNACK is taken first", () => {
		const flash = new Flash();
		const live = (seed: number) => {
			const random = new SeededRandom(seed);
			return new Peer({
				protocolVersion: version,
				pipeline: new Pipeline(flash),
				store: new FlashStore(flash),
				random,
			});
		};
		live(1).online(false, 1000);
		const peer = live(2);
		const id = publish(peer, "1", QOS_2);
		const { write } = flash;
		flash.write = () => {
			throw new Error("full");
		};
		expect(link(peer)).toEqual(["connect"]);
		expect(accept(peer, true)).toEqual([]);
		expect(peer.told()).toEqual(["offline 1d"]);
		flash.write = write;
		expect(link(peer)).toEqual(["connect", `publish t 1 q2 d0 r0 #${id}`]);
		const next = live(3);
		expect(link(next)).toEqual(["connect"]);
		expect(accept(next, true)).toEqual([`publish t 1 q2 d1 r0 #${id}`]);
	});

	it("costs one write for all that was there, none for what is in RAM only; and what flash does not take waits", () => {
		const flash = new Flash();
		const store = new FlashStore(flash);
		const peer = new Peer({ protocolVersion: 4, pipeline: new Pipeline(flash), store });
		publish(peer, "0", QOS_1 | RAM_ONLY);
		const [one, two] = [publish(peer, "1", QOS_1), publish(peer, "2", QOS_1)];
		const { writes } = store;
		expect(link(peer)).toHaveLength(4);
		expect(store.writes).toBe(writes + 1);
		for (const messageId of [one - 1, one, two]) peer.send({ cmd: "puback", messageId });
		const full = new FlashStore(flash);
		const other = new Peer({ protocolVersion: 4, pipeline: new Pipeline(flash), store: full });
		publish(other, "3", QOS_1);
		flash.write = () => {
			throw new Error("full");
		};
		expect(link(other)).toEqual(["connect"]);
	});
});
