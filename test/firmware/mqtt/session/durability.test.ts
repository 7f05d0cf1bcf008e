// What is kept, and before what: with a store that only notes what it is asked for, and may say no.

import { describe, expect, it } from "vitest";
import { KEEP, Misuse, QOS_2, RAM_ONLY, RETAIN, type SessionStore } from "../../../../firmware/mqtt/client.js";
import type { Session } from "../../../../firmware/mqtt/session.js";
import { Peer, type PeerOptions, publish } from "../../../support/peer.js";

/** Its notes, with the number of bytes that had left until then. */
class Notes implements SessionStore {
	readonly notes: string[] = [];
	refuses = "";
	granted = -1;
	sent = () => 0;

	#note(text: string): boolean {
		this.notes.push(`${text} @${this.sent()}`);
		return !text.startsWith(this.refuses) || this.refuses === "";
	}

	restore(session: Session): void {
		this.#note(`restore ${session.held}`);
	}
	keepMessage(_session: Session, _entry: number, isUnsent: boolean): boolean {
		return this.#note(`message ${isUnsent ? "unsent" : "sending"}`);
	}
	keepRelease(_session: Session, _entry: number, order: number): boolean {
		return this.#note(`release ${order}`);
	}
	dropMessage(): void {
		this.#note("drop");
	}
	keepReceived(): boolean {
		return this.#note("received");
	}
	keepConnection(_session: Session, sessionPresent: boolean): boolean {
		return this.#note(`connection ${sessionPresent}`);
	}
	keepDeparture(_session: Session, isFirst: boolean): boolean {
		return this.#note(`departure ${isFirst}`);
	}
	keepReturn(): void {
		this.#note("return");
	}
	keepSubscriptions(): boolean {
		return this.#note("subscriptions");
	}
	grantedBefore(session: Session, handle: number): number {
		return session.topics >= handle ? this.granted : -1;
	}
	deliveryId(session: Session): number {
		return 1000 + session.packet.packetId;
	}
}

function make(options: PeerOptions = {}): { peer: Peer; store: Notes } {
	const store = new Notes();
	const peer = new Peer({ store, ...options });
	store.sent = () => peer.sockets.at(-1)?.written.length ?? 0;
	return { peer, store };
}

function online(options: PeerOptions = {}): { peer: Peer; store: Notes } {
	const made = make(options);
	made.peer.online();
	made.peer.take();
	made.peer.told();
	made.store.notes.length = 0;
	return made;
}

describe("what is kept", () => {
	it("[MQTT-4.3.3-1] stands in the store before anything leaves that depends on it", () => {
		const { peer, store } = online();
		const ticket = peer.client.publish("a", "x", { qos: 2 });
		expect([store.notes.splice(0), peer.brief()]).toEqual([
			["message sending @0"],
			[`publish a x q2 d0 r0 #${ticket}`],
		]);
		peer.send({ cmd: "pubrec", messageId: ticket });
		expect([store.notes.splice(0), peer.brief()]).toEqual([["release 1 @0"], [`pubrel #${ticket}`]]);
		// Once: the server says it again.
		peer.send({ cmd: "pubrec", messageId: ticket }, { cmd: "pubcomp", messageId: ticket });
		expect(store.notes.splice(0)).toEqual([expect.stringMatching(/^drop/)]);
		peer.take();
		peer.send(publish("b", "y", 2, 5));
		expect([store.notes.splice(0), peer.brief()]).toEqual([["received @0"], ["pubrec #5"]]);
		peer.send({ cmd: "pubrel", messageId: 5 });
		expect([store.notes.splice(0), peer.brief()]).toEqual([["received @0"], ["pubcomp #5"]]);
		// Nothing has to be kept of these.
		peer.client.publish("a", "x");
		peer.send(publish("b", "y", 1, 6), publish("b", "y"));
		expect(store.notes).toEqual([]);
	});

	it("a connection is noted before anything is sent on it, with what the server has kept", () => {
		const { peer, store } = make();
		peer.client.publish("a", "x", { qos: 1 });
		peer.connect();
		const before = store.sent();
		peer.send({ cmd: "connack", returnCode: 0, sessionPresent: true });
		expect(store.notes).toEqual(["restore 0 @0", "message unsent @0", `connection true @${before}`]);
	});

	it("where it could not be kept nothing is promised: the call is refused, or the link closed", () => {
		const { peer, store } = online();
		store.refuses = "message";
		expect(peer.client.publish("a", "x", { qos: 1 })).toBe(-0x1d);
		store.refuses = "release";
		const ticket = peer.client.publish("a", "x", { qos: 2 });
		peer.take();
		peer.send({ cmd: "pubrec", messageId: ticket });
		expect([peer.told(), peer.hex(), peer.socket.closed]).toEqual([["offline 1d"], "", true]);
		peer.online(true);
		// Not released: it is sent again, and the answer is kept this time.
		expect(peer.brief()).toEqual([`publish a x q2 d1 r0 #${ticket}`]);
		store.refuses = "received";
		peer.told();
		peer.send(publish("b", "y", 2, 5));
		expect([peer.told(), peer.hex()]).toEqual([["message b y 2", "offline 1d"], ""]);
		store.refuses = "connection";
		peer.connect();
		peer.send({ cmd: "connack", returnCode: 0, sessionPresent: true });
		expect([peer.told(), peer.hex()]).toEqual([["offline 1d"], ""]);
	});

	it('"flash-when-offline" keeps what the end of a connection leaves behind, once', () => {
		const { peer, store } = online({ durability: "flash-when-offline" });
		for (const qos of [0, 1, 2] as const) peer.client.publish("a", "x", { qos });
		expect(store.notes).toEqual([]);
		peer.socket.fail();
		expect(store.notes.splice(0)).toEqual(
			["message sending @0", "message sending @0"].map(() => expect.stringMatching(/^message sending/)),
		);
		peer.online(true);
		peer.socket.fail();
		expect(store.notes.filter(note => note.startsWith("message"))).toEqual([]);
	});

	it("[MQTT-4.3.2-1] messages of a session that the server has lost are reported, or at QoS 1 sent once more, as new ones", () => {
		for (const onSessionLost of ["report", "republish"] as const) {
			const peer = new Peer({ onSessionLost }).online();
			peer.take();
			const [one, two, three] = [1, 2, 2].map(qos => peer.client.publish("a", `q${qos}`, { qos: qos as 1 | 2 }));
			peer.send({ cmd: "pubrec", messageId: three! });
			peer.socket.fail();
			peer.told();
			peer.online(false);
			const lost = (onSessionLost === "report" ? [one, two, three] : [two, three]).map(id => `end ${id} lost 1a`);
			expect(peer.told()).toEqual(["online false", ...lost].sort((a, b) => b.length - a.length));
			expect(peer.brief()).toEqual(onSessionLost === "report" ? [] : [`publish a q1 q1 d0 r0 #${one}`]);
			// Once more lost, once more sent; and settled in the end.
			peer.socket.fail();
			peer.online(false);
			if (onSessionLost === "report") continue;
			expect(peer.brief()).toEqual([`publish a q1 q1 d0 r0 #${one}`]);
			peer.send({ cmd: "puback", messageId: one! });
			expect([peer.told().at(-1), peer.client.unsettled]).toEqual([`end ${one} settled 0`, 0]);
		}
	});

	it("each publish may say for itself whether it is kept", () => {
		for (const durability of ["flash", "flash-when-offline"] as const) {
			const { peer, store } = online({ durability });
			const topic = peer.client.topic("a");
			const kept = peer.client.publish(topic, Uint8Array.of(1), 1, QOS_2 | KEEP);
			expect(store.notes.splice(0)).toEqual(["message sending @0"]);
			const volatile = peer.client.publish(topic, Uint8Array.of(2), 1, QOS_2 | RETAIN | RAM_ONLY);
			expect([store.notes.splice(0), peer.take()[1]]).toMatchObject([
				[],
				{ qos: 2, retain: true, messageId: volatile },
			]);
			peer.send({ cmd: "pubrec", messageId: volatile });
			peer.socket.fail();
			peer.client.publish("a", "x", { qos: 1, durability: "ram" });
			expect(store.notes).toEqual([]);
			peer.client.publish("a", "x", { qos: 1, durability: "flash" });
			// The wish was for that one.
			peer.client.publish("a", "x", { qos: 1 });
			expect(store.notes.splice(0)).toHaveLength(2);
			expect(peer.client.publish("a", "x", { durability: "flash" })).toBe(-0x13);
			peer.online(true);
			peer.send({ cmd: "pubcomp", messageId: volatile }, { cmd: "pubrec", messageId: kept });
			expect(store.notes.filter(note => /^(drop|release)/.test(note))).toHaveLength(1);
		}
	});

	it("[MQTT-4.6.0-1] what goes first is in RAM only: in flash it would come back in another order than it left", () => {
		const { peer, store } = make();
		peer.client.publish("a", "x", { qos: 1, first: true });
		peer.client.publish("a", "x", { qos: 1, first: true, durability: "ram" });
		expect(store.notes).toEqual(["restore 0 @0"]);
		expect(() => peer.client.publish("a", "x", { qos: 1, first: true, durability: "flash" })).toThrow(Misuse);
		expect(peer.client.publish("a", "x", { qos: 1 })).toBeGreaterThan(0);
		expect(store.notes.at(-1)).toBe("message unsent @0");
		peer.online(true);
		peer.socket.fail();
		expect(store.notes.filter(note => note.startsWith("message"))).toHaveLength(1);
	});

	it("what waits at QoS 0 is not kept", () => {
		const { peer, store } = make({ qos0WhileOffline: "keep" });
		expect(peer.client.publish("a", "x")).toBeGreaterThan(0);
		peer.connect();
		peer.socket.fail();
		expect(store.notes).toEqual(["restore 0 @0"]);
	});

	it("to say so needs a store, and one of the two", () => {
		const { client } = new Peer();
		expect(() => client.publish("a", "x", { qos: 1, durability: "flash" })).toThrow(Misuse);
		expect(() => client.publish(client.topic("a"), Uint8Array.of(1), 1, QOS_2 | KEEP)).toThrow(Misuse);
		const { peer } = online();
		const topic = peer.client.topic("a");
		for (const flags of [KEEP | RAM_ONLY, 6 | KEEP, 0x40 | KEEP])
			expect(() => peer.client.publish(topic, Uint8Array.of(1), 1, flags)).toThrow(Misuse);
		expect(peer.client.publish("a", "x", { qos: 1 })).toBeGreaterThan(0);
		// What comes in pieces is not kept, whatever is wished; and nothing else is published in its place.
		peer.take();
		expect(() => peer.client.publishFrom(topic, { read: () => 0 }, 5, QOS_2 | KEEP)).toThrow(Misuse);
		expect(peer.hex()).toBe("");
	});

	it("what close() ends stays in the store; what the server refuses, or its end loses, does not", () => {
		const closed = online();
		closed.peer.client.publish("a", "x", { qos: 1 });
		closed.peer.client.close();
		expect(closed.store.notes.filter(note => note.startsWith("drop"))).toEqual([]);
		const { peer, store } = online({ protocolVersion: 5 });
		const [one, two] = [1, 2].map(qos => peer.client.publish("a", "x", { qos: qos as 1 | 2 }));
		peer.send(
			{ cmd: "puback", messageId: one!, reasonCode: 0x97 },
			{ cmd: "pubrec", messageId: two!, reasonCode: 0x97 },
		);
		peer.client.publish("a", "x", { qos: 1 });
		peer.socket.fail();
		peer.online(false);
		expect(store.notes.filter(note => note.startsWith("drop"))).toHaveLength(3);
	});
});
