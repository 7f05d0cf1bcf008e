// CONNECT, CONNACK, DISCONNECT and what becomes of sessions, by statement of the standard. Virtual time, a scripted peer.

import { describe, expect, it } from "vitest";
import { Misuse, QOS_1, QOS_2 } from "../../../../firmware/mqtt/client.js";
import { hex, online, Peer, utf8 } from "../../../support/peer.js";

const one = utf8("one");
const two = utf8("two");

describe("session", () => {
	it("[MQTT-3.2.2-1] a session where we asked for a clean one closes", () => {
		const peer = new Peer({ cleanSession: true });
		peer.connect();
		peer.send("20020100");
		expect(peer.told()).toEqual(["offline 59"]);
	});

	it("section 3.2.2.2: Session Present 0 ends what was in flight before anything is sent; what never left goes out", () => {
		const peer = online();
		const topic = peer.client.topic("a");
		const sent = peer.client.publish(topic, one, 3, QOS_1);
		const released = peer.client.publish(topic, one, 3, QOS_2);
		peer.send({ cmd: "pubrec", messageId: released });
		peer.socket.fail();
		const fresh = peer.client.publish(topic, two, 3, QOS_2);
		peer.told();
		peer.online(false);
		expect(peer.told()).toEqual([`end ${sent} lost 1a`, `end ${released} lost 1a`, "online false"]);
		expect(peer.brief()).toEqual([`publish a two q2 d0 r0 #${fresh}`]);
	});

	it("[MQTT-4.1.0-1] with the session present nothing is asked for again; without it, all subscriptions are", () => {
		const peer = online();
		peer.client.subscribe(["a", "b/#"], () => {}, { qos: 1 });
		const id = peer.take()[0]!.messageId!;
		peer.send({ cmd: "suback", messageId: id, granted: [1, 1] });
		peer.socket.fail();
		peer.online(true);
		expect(peer.brief()).toEqual([]);
		peer.socket.fail();
		peer.online(false);
		expect(peer.brief()).toEqual([expect.stringMatching(/^subscribe a:1 b\/#:1 #/)]);
	});

	it("a CONNACK before our CONNECT has left closes", () => {
		const peer = new Peer();
		peer.connect(5);
		peer.send("20020000");
		expect(peer.told()).toEqual(["offline 57"]);
	});

	it("no CONNACK: closed at its own deadline", () => {
		const peer = new Peer({ timeouts: { connackMs: 3000 } });
		peer.connect();
		peer.time.run(2999);
		expect(peer.told()).toEqual([]);
		peer.time.run(1);
		expect(peer.told()).toEqual(["offline 34"]);
	});
});

describe("CONNECT and DISCONNECT", () => {
	it("[MQTT-3.1.0-1] [MQTT-3.1.2-1] [MQTT-3.1.3-1] CONNECT is the first packet, its payload in order", () => {
		const peer = new Peer({
			clientId: "id",
			cleanSession: true,
			keepAlive: 300,
			userName: "ü",
			password: "p",
			will: { topic: "w", payload: "gone", qos: 2, retain: true },
		});
		peer.client.open();
		peer.time.step();
		peer.socket.allow(1000);
		expect(peer.hex()).toBe(
			[
				"101e",
				"0004",
				"4d515454",
				"04",
				"f6",
				"012c",
				"0002",
				"6964",
				"0001",
				"77",
				"0004",
				"676f6e65",
				"0002",
				"c3bc",
				"0001",
				"70",
			].join(""),
		);
	});

	it("[MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-15] without a will its bits are zero", () => {
		const peer = new Peer({ cleanSession: false, keepAlive: 0 });
		peer.client.open();
		peer.time.step();
		peer.socket.allow(1000);
		expect(peer.hex()).toBe("100d00044d51545404000000000163");
	});

	it("[MQTT-3.1.2-14] will QoS 3 is misuse", () => {
		expect(() => new Peer({ will: { topic: "w", qos: 3 } })).toThrow(Misuse);
		expect(() => new Peer({ will: { topic: "w/#" } })).toThrow(Misuse);
	});

	it("[MQTT-3.1.2-22] a password without a user name is misuse", () => {
		expect(() => new Peer({ password: "p" })).toThrow(Misuse);
	});

	it("[MQTT-3.1.3-7] an empty client id goes only with a clean session", () => {
		expect(() => new Peer({ clientId: "", cleanSession: false })).toThrow(Misuse);
		expect(new Peer({ clientId: "", cleanSession: true }).connect()).toMatchObject({ clientId: "", clean: true });
	});

	it("[MQTT-3.14.4-1] [MQTT-3.14.4-2] DISCONNECT is the last packet, then the connection is closed", () => {
		const peer = online();
		const topic = peer.client.topic("a");
		peer.client.publish(topic, one, 3, QOS_1);
		peer.client.close();
		expect(peer.brief().at(-1)).toBe("disconnect");
		expect(peer.socket.closed).toBe(true);
		const length = peer.socket.written.length;
		expect(peer.client.publish(topic, one, 3, 0)).toBe(-0x13);
		peer.time.run(1_000_000);
		expect(peer.socket.written.length).toBe(length);
		expect(peer.sockets.length).toBe(1);
	});

	it("[MQTT-4.8.0-1] a protocol error closes, and loses nothing that was accepted before it", () => {
		const peer = online();
		peer.socket.deliver(Buffer.concat([hex("32 06 0001 61 0007 78"), hex("36 05 0001 61 0001")]));
		expect(peer.told()).toEqual(["message a x 1", "offline 52"]);
		expect(peer.brief()).toEqual(["puback #7"]);
	});
});
