// Filters, SUBSCRIBE and UNSUBSCRIBE, and their answers. Virtual time, a scripted peer.

import { describe, expect, it } from "vitest";
import { type Incoming, Misuse } from "../../../../firmware/mqtt/client.js";
import { expectBroken, online, publish } from "../../../support/peer.js";

describe("subscriptions", () => {
	it("[MQTT-4.7.2-1] a leading wildcard does not match topics that begin with $", () => {
		const seen: string[] = [];
		const peer = online({ onMessage: (message: Incoming) => seen.push(`nobody ${message.topic}`) });
		peer.client.subscribe("#", message => seen.push(`# ${message.topic}`));
		peer.client.subscribe("+/monitor", message => seen.push(`+ ${message.topic}`));
		peer.client.subscribe("$SYS/#", message => seen.push(`$ ${message.topic}`));
		peer.send(publish("$SYS/monitor", "x"), publish("a/monitor", "x"), publish("$other", "x"));
		expect(seen).toEqual(["$ $SYS/monitor", "# a/monitor", "+ a/monitor", "nobody $other"]);
	});

	it("[MQTT-3.8.3-3] [MQTT-3.9.3-1] [MQTT-3.8.4-4] several filters in one SUBSCRIBE, one answer each, in order", () => {
		const peer = online();
		const handles = peer.client.subscribe(["a", "b", "c", "d"], () => {}, { qos: 2 });
		const [packet] = peer.take();
		peer.send({ cmd: "suback", messageId: packet!.messageId!, granted: [2, 0x80, 1, 0] });
		expect(peer.told()).toEqual([
			`subscribed ${handles[0]} 2`,
			`subscribed ${handles[1]} 128`,
			`subscribed ${handles[2]} 1`,
			`subscribed ${handles[3]} 0`,
		]);
	});

	it.each([
		["too few codes", "00"],
		["too many codes", "000000"],
		["[MQTT-3.9.3-2] a reserved code", "0003"],
		["no code", ""],
	])("[MQTT-3.9.3-1] a SUBACK that does not fit closes: %s", (_name, codes) => {
		const peer = online();
		peer.client.subscribe(["a", "b"], () => {});
		const id = peer.take()[0]!.messageId!;
		peer.send(
			`90 ${(2 + codes.length / 2).toString(16).padStart(2, "0")} ${id.toString(16).padStart(4, "0")} ${codes}`,
		);
		expect(peer.told()).toEqual([expect.stringMatching(/^offline (5a|56)$/)]);
	});

	it("SUBACK and UNSUBACK out of the blue, or with another id, close", () => {
		const peer = online();
		peer.send({ cmd: "suback", messageId: 5, granted: [0] });
		expectBroken(peer, "57");
		const handle = peer.client.subscribe("a", () => {});
		const id = peer.take()[0]!.messageId!;
		peer.send({ cmd: "unsuback", messageId: id, granted: [] });
		expect(peer.told()).toEqual(["offline 57"]);
		expect(handle).toBeGreaterThan(0);
	});

	it("[MQTT-3.10.4-1] UNSUBSCRIBE names the filter, and its UNSUBACK ends it", () => {
		const peer = online();
		const handle = peer.client.subscribe("a/+", () => {});
		peer.send({ cmd: "suback", messageId: peer.take()[0]!.messageId!, granted: [0] });
		peer.client.unsubscribe(handle);
		const [packet] = peer.take();
		expect(packet).toMatchObject({ cmd: "unsubscribe", unsubscriptions: ["a/+"] });
		peer.told();
		peer.send({ cmd: "unsuback", messageId: packet!.messageId!, granted: [] });
		expect(peer.told()).toEqual([`unsubscribed ${handle} 0`]);
		expect(() => peer.client.unsubscribe(handle)).toThrow(Misuse);
	});
});
