import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { againBreaches } from "../../support/breaches/messages.js";
import { itFinds } from "../../support/breaches.js";
import { bytes, Conversation, four, PUBACK, PUBCOMP, PUBREC, PUBREL } from "../../support/watched.js";

itFinds(againBreaches);

describe("away from the client, what it has heard of is proven by what it answers", () => {
	const begin = (version: "3.1.1" | "5.0") => new Conversation(version, {}).online({ clean: false });
	/** A message of the server, and its PUBACK: all before it has arrived. */
	const proof = (talk: Conversation) => talk.serverPublish("p", 1, 7).ack(PUBACK, 7);
	const dup = { dup: true };

	it("[MQTT-4.4.0-2] a refusal", () => {
		const refused = () => begin("5.0").publish("a", 1).serverAck(PUBACK, 1, 0x87);
		expect(refused().resume().publish("a", 1, 1, dup).ids).toEqual([]);
		expect(proof(refused()).resume().publish("a", 1, 1, dup).ids).toEqual(["MQTT-4.4.0-2"]);
	});

	it("[MQTT-4.3.2-1] a PUBACK: the message again is another one, with DUP", () => {
		const settled = () => new Conversation("3.1.1", {}).online().publish("a", 1).serverAck(PUBACK, 1);
		expect(settled().publish("a", 1, 1, dup).ids).toEqual([]);
		expect(proof(settled()).publish("a", 1, 1, dup).ids).toEqual(["MQTT-4.3.2-1"]);
	});

	it("[MQTT-3.2.2-4] that its session ends with its connection", () => {
		const before = () => new Conversation("5.0", {}).online();
		const after = (talk: Conversation) =>
			talk
				.cut()
				.online({ clean: false, properties: bytes(17, four(60)), present: true })
				.wait(10_001)
				.ping();
		expect(after(before()).ids).toEqual([]);
		expect(after(proof(before())).ids).toEqual(["MQTT-3.2.2-4"]);
	});

	it("nothing of a message that it may not hold: the same without DUP is a new one", () => {
		const doubtful = begin("3.1.1").publish("a", 1).serverAck(PUBACK, 1).resume();
		expect(doubtful.publish("a", 1).ids).toEqual([]);
	});

	it("[MQTT-4.4.0-1] a message that it sends once more is one that it holds", () => {
		for (const version of ["3.1.1", "5.0"] as const) {
			const doubtful = () => begin(version).publish("a", 1).serverAck(PUBACK, 1).resume();
			expect(doubtful().resume().wait(30_001).ping().ids).toEqual([]);
			expect(doubtful().publish("a", 1, 1, dup).resume().wait(30_001).ping().ids).toEqual(["MQTT-4.4.0-1"]);
		}
	});

	it("[MQTT-4.3.2-2] a later packet, without the PUBACK that is due", () => {
		const owing = new Conversation("3.1.1", {}).online().serverPublish("a", 1).wait(30_001);
		expect(owing.ids).toEqual([]);
		expect(owing.ping().ids).toEqual(["MQTT-4.3.2-2"]);
	});
});

describe("on a connection that stands", () => {
	/** Settled messages with packet ids from `from` on. */
	const settle = (talk: Conversation, qos: number, from: number, count: number) => {
		for (let i = 0; i < count; i += 1) {
			const id = ((from - 1 + i) % 65_535) + 1;
			talk.publish("a/b", qos, id, { payload: `${from + i}`.padEnd(64) });
			if (qos === 1) talk.serverAck(PUBACK, id);
			else talk.serverAck(PUBREC, id).ack(PUBREL, id).serverAck(PUBCOMP, id);
		}
		return talk;
	};

	setFlagsFromString("--expose-gc");
	const collect = runInNewContext("gc") as () => void;
	const heap = () => {
		collect();
		return process.memoryUsage().heapUsed;
	};

	for (const atClient of [false, true])
		it.each([1, 2])(
			`${atClient ? "seen from the client" : "seen from elsewhere"}, a hundred thousand messages at QoS %i take no memory`,
			qos => {
				const talk = settle(new Conversation("5.0", { atClient }).online({ clean: false }), qos, 1, 5000);
				const before = heap();
				settle(talk, qos, 5001, 100_000);
				expect(heap() - before).toBeLessThan(1_500_000);
				expect(talk.ids).toEqual([]);
			},
			60_000,
		);

	it("refusals take no more either", () => {
		const talk = new Conversation("5.0", {}).online({ clean: false });
		const refuse = (from: number, count: number) => {
			for (let id = from; id < from + count; id += 1)
				talk.publish("a", 1, id, { payload: `${id}`.padEnd(64) }).serverAck(PUBACK, id, 0x87);
		};
		refuse(1, 3000);
		const before = heap();
		refuse(3001, 60_000);
		expect(heap() - before).toBeLessThan(1_500_000);
		// The last ones are known: after a refusal that was heard of, nothing is sent again.
		talk.serverPublish("p", 1, 7).ack(PUBACK, 7).resume();
		expect(talk.publish("a", 1, 63_000, { dup: true, payload: "63000".padEnd(64) }).ids).toEqual(["MQTT-4.4.0-2"]);
	});

	it("[MQTT-4.4.0-1] a PUBREL once more is seen however long ago its message was settled; 3.1.1 allows it", () => {
		for (const atClient of [false, true]) {
			const again = (version: "3.1.1" | "5.0") =>
				settle(new Conversation(version, { atClient }).online({ clean: false }), 2, 1, 5000).ack(PUBREL, 3).ids;
			expect(again("3.1.1")).toEqual([]);
			expect(again("5.0")).toEqual(["MQTT-4.4.0-1"]);
		}
	});

	it("a PUBREL of a packet id that never was is told from it", () => {
		const talk = settle(new Conversation("3.1.1", { atClient: true }).online({ clean: false }), 2, 1, 100);
		expect(talk.ack(PUBREL, 101).ids.length).toBe(1);
		const later = settle(new Conversation("3.1.1", { atClient: true }).online({ clean: false }), 2, 1, 100);
		expect(later.resume().ack(PUBREL, 7).ids.length).toBe(1);
	});

	it("what the client may not have heard of it may send again, in the place of a lost session, too", () => {
		const lost = (talk: Conversation) => talk.cut().online({ clean: false, present: false });
		const talk = lost(settle(new Conversation("3.1.1", {}).online({ clean: false }), 1, 1, 5000));
		for (const id of [4990, 5000]) talk.publish("a/b", 1, id, { dup: true, payload: `${id}`.padEnd(64) });
		expect(talk.ids).toEqual([]);
		// As wide a window as it has shown: three thousand at once, and no PUBACK that it has certainly had.
		const wide = new Conversation("3.1.1", {}).online({ clean: false });
		for (let id = 1; id <= 3000; id += 1) wide.publish("a/b", 1, id, { payload: `${id}` });
		for (let id = 1; id <= 3000; id += 1) wide.serverAck(PUBACK, id);
		lost(wide).publish("a/b", 1, 1, { dup: true, payload: "1" });
		expect(wide.ids).toEqual([]);
	});
});
