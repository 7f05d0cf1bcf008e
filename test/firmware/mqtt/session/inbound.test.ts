// The receiver's side of QoS 0, 1 and 2, by statement of the standard. Virtual time, a scripted peer.

import { describe, expect, it } from "vitest";
import { type Incoming, Misuse } from "../../../../firmware/mqtt/client.js";
import { expectBroken, online, Peer, publish } from "../../../support/peer.js";

describe("strings", () => {
	it("[MQTT-1.5.3-1] half a surrogate pair never leaves: misuse at the call", () => {
		const peer = online();
		expect(() => peer.client.topic("a\ud800")).toThrow(Misuse);
		expect(() => new Peer({ clientId: "\udc00" })).toThrow(Misuse);
		expect(() => peer.client.subscribe("\udbff/x", () => {})).toThrow(Misuse);
	});

	it("[MQTT-1.5.3-2] U+0000 in a topic name closes; in our own strings it is misuse", () => {
		const peer = online();
		peer.send("30 05 00 03 610062");
		expectBroken(peer, "55");
		expect(() => peer.client.topic("a\0b")).toThrow(Misuse);
	});

	it("[MQTT-1.5.3-3] a BOM is a character and stays", () => {
		const topics: string[] = [];
		const peer = online({ onMessage: (message: Incoming) => topics.push(message.topic) });
		peer.send("30 06 00 04 efbbbf61");
		expect(topics).toEqual(["\ufeffa"]);
		expect([...topics[0]!].length).toBe(2);
	});
});

describe("PUBLISH from the server", () => {
	it("section 3.3.3: an empty payload is a message, at every QoS", () => {
		const peer = online();
		peer.send(publish("a", "", 0), publish("a", "", 1, 5), publish("a", "", 2, 6));
		expect(peer.told()).toEqual(["message a  0", "message a  1", "message a  2"]);
		expect(peer.brief()).toEqual(["puback #5", "pubrec #6"]);
	});

	it("[MQTT-4.3.2-2] QoS 1 is acknowledged after the handler has returned, and also what nobody wants", () => {
		const seen: number[] = [];
		const peer = online({ onMessage: () => seen.push(peer.socket.written.length) });
		const before = peer.socket.written.length;
		peer.send(publish("a", "x", 1, 7));
		expect(seen).toEqual([before]);
		expect(peer.brief()).toEqual(["puback #7"]);
		const silent = online({ onMessage: undefined as never });
		silent.send(publish("a", "x", 1, 8));
		expect(silent.brief()).toEqual(["puback #8"]);
	});

	it("[MQTT-4.3.2-2] after PUBACK the same id is a new message, whatever DUP says", () => {
		const peer = online();
		peer.send(publish("a", "x", 1, 7), publish("a", "y", 1, 7, true));
		expect(peer.told()).toEqual(["message a x 1", "message a y 1"]);
		expect(peer.brief()).toEqual(["puback #7", "puback #7"]);
	});

	it("[MQTT-4.3.3-2] QoS 2: until PUBREL, a second PUBLISH is answered and not delivered", () => {
		const peer = online();
		peer.send(publish("a", "x", 2, 7), publish("a", "x", 2, 7, true));
		expect(peer.told()).toEqual(["message a x 2"]);
		expect(peer.brief()).toEqual(["pubrec #7", "pubrec #7"]);
		peer.send({ cmd: "pubrel", messageId: 7 });
		expect(peer.brief()).toEqual(["pubcomp #7"]);
		peer.send(publish("a", "new", 2, 7));
		expect(peer.told()).toEqual(["message a new 2"]);
	});

	it("[MQTT-4.3.3-2] [MQTT-4.1.0-1] QoS 2: not delivered again after a reconnect with the session", () => {
		const peer = online();
		peer.send(publish("a", "x", 2, 7));
		peer.told();
		peer.socket.fail();
		peer.online(true);
		peer.told();
		peer.send(publish("a", "x", 2, 7, true));
		expect(peer.told()).toEqual([]);
		expect(peer.brief()).toEqual(["pubrec #7"]);
	});

	it("[MQTT-4.3.3-2] PUBREL is always answered, known or not", () => {
		const peer = online();
		peer.send({ cmd: "pubrel", messageId: 99 });
		expect(peer.brief()).toEqual(["pubcomp #99"]);
	});

	it("section 3.2.2.2: without the session the old ids mean nothing", () => {
		const peer = online();
		peer.send(publish("a", "x", 2, 7));
		peer.socket.fail();
		peer.online(false);
		peer.told();
		peer.send(publish("a", "other", 2, 7));
		expect(peer.told()).toEqual(["message a other 2"]);
	});

	it("[MQTT-4.6.0-2] acknowledgements keep the order of the messages, also where the application acknowledges by hand", () => {
		const tokens: number[] = [];
		const peer = online({
			onMessage: (message: Incoming) => {
				if (message.text() !== "auto") tokens.push(message.hold());
			},
		});
		peer.send(publish("a", "1", 1, 1), publish("a", "2", 2, 2), publish("a", "auto", 1, 3), publish("a", "4", 1, 4));
		expect(peer.brief()).toEqual([]);
		expect(peer.client.acknowledge(tokens[1]!)).toBe(true);
		expect(peer.brief()).toEqual([]);
		expect(peer.client.acknowledge(tokens[0]!)).toBe(true);
		expect(peer.brief()).toEqual(["puback #1", "pubrec #2", "puback #3"]);
		expect(peer.client.acknowledge(tokens[0]!)).toBe(false);
		expect(peer.client.acknowledge(tokens[2]!)).toBe(true);
		expect(peer.brief()).toEqual(["puback #4"]);
	});

	it("more QoS 2 messages open than there is room for: closes with a named error, and resumes", () => {
		const peer = online({ limits: { received: 2 } });
		peer.send(publish("a", "1", 2, 1), publish("a", "2", 2, 2));
		peer.told();
		peer.send(publish("a", "3", 2, 3));
		expectBroken(peer, "16");
	});
});
