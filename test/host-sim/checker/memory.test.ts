import { describe, expect, it } from "vitest";
import { againBreaches } from "../../support/breaches/messages.js";
import { itFinds } from "../../support/breaches.js";
import { bytes, Conversation, four, PUBACK } from "../../support/watched.js";

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
