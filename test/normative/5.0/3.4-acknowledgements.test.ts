// MQTT 5.0, sections 3.4 to 3.7: PUBACK, PUBREC, PUBREL and PUBCOMP.

import { describe, expect, it } from "vitest";
import { Misuse } from "../../../firmware/mqtt/client.js";
import { properties, REASON_STRING, SERVER_KEEP_ALIVE, USER_PROPERTY } from "../../../firmware/mqtt/property.js";
import { conversation } from "../../support/conversation.js";
import { online } from "../../support/five.js";
import { byteHex, expectBroken, hex, Peer, packet, publish, wordHex } from "../../support/peer.js";

/** Reasons of PUBACK and PUBREC, and of PUBREL and PUBCOMP, by the standard's tables. */
const OF_PUBLISH = [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];
const OF_RELEASE = [0x00, 0x92];

/** Everything in which the client answers with these packets, as far as a server with that limit can see. */
function acknowledgements(maximumPacketSize: number): Buffer[] {
	const peer = online({ limits: { receive: 128 } }, { maximumPacketSize });
	const id = peer.client.publish("a", "", { qos: 2 });
	peer.client.subscribe("f", () => {
		throw new Error("on purpose");
	});
	peer.take();
	peer.send(publish("nobody", "x", 1, 1), publish("nobody", "x", 2, 2), publish("nobody", "x", 2, 2, true));
	peer.send(publish("f", "x", 1, 3), publish("f", "x", 2, 4), publish("large", "x".repeat(500), 1, 5));
	peer.send({ cmd: "pubrel", messageId: 2 }, { cmd: "pubrel", messageId: 77 });
	peer.send({ cmd: "pubrec", messageId: id }, { cmd: "pubrec", messageId: 78 });
	return peer.frames();
}

describe("reasons", () => {
	it.each([
		["[MQTT-3.4.2-1] PUBACK", 0x40, OF_PUBLISH],
		["[MQTT-3.5.2-1] PUBREC", 0x50, OF_PUBLISH],
		["[MQTT-3.6.2-1] PUBREL", 0x62, OF_RELEASE],
		["[MQTT-3.7.2-1] PUBCOMP", 0x70, OF_RELEASE],
	])("%s has one of its table, where we send it and where it comes", (_name, first, reasons) => {
		const sent = [...acknowledgements(1000), ...conversation(5).sent].filter(bytes => bytes[0] === first);
		expect(sent.length).toBeGreaterThan(0);
		for (const bytes of sent) expect(reasons).toContain(bytes[1] === 2 ? 0 : bytes[4]);
		// What comes, with a block of properties and without.
		const peer = online();
		for (let reason = 0; reason < 256; reason += 1) {
			peer.send(packet(byteHex(first), wordHex(9), byteHex(reason), reason % 2 === 0 ? "" : "00"));
			if (!reasons.includes(reason)) expectBroken(peer, "5f", "81");
			else expect([peer.told(), peer.socket.closed]).toEqual([[], false]);
		}
	});

	it("[MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.7.2-1] the application is told each of them", () => {
		const peer = online();
		for (const reason of OF_PUBLISH) {
			const how = reason < 0x80 ? "settled" : "refused";
			const first = peer.client.publish("a", "x", { qos: 1 });
			peer.send({ cmd: "puback", messageId: first, reasonCode: reason });
			expect(peer.told()).toEqual([`end ${first} ${how} ${reason.toString(16)}`]);
			const second = peer.client.publish("a", "x", { qos: 2 });
			peer.send({ cmd: "pubrec", messageId: second, reasonCode: reason });
			expect(peer.told()).toEqual(reason < 0x80 ? [] : [`end ${second} refused ${reason.toString(16)}`]);
			if (reason >= 0x80) continue;
			peer.send({ cmd: "pubcomp", messageId: second });
			expect(peer.told()).toEqual([`end ${second} settled 0`]);
		}
	});
});

it.each([
	["[MQTT-3.4.2-2] [MQTT-3.4.2-3] PUBACK", 0x40],
	["[MQTT-3.5.2-2] [MQTT-3.5.2-3] PUBREC", 0x50],
	["[MQTT-3.6.2-2] [MQTT-3.6.2-3] PUBREL", 0x62],
	["[MQTT-3.7.2-2] [MQTT-3.7.2-3] PUBCOMP", 0x70],
])(
	"%s has no reason string and no user properties, whatever the server's limit, and stays within it",
	(_name, first) => {
		const lengths = new Set<number>();
		for (const limit of [8, 10, 100, 100_000]) {
			const sent = acknowledgements(limit).filter(bytes => bytes[0] === first);
			expect(sent.length).toBeGreaterThan(0);
			for (const bytes of sent) {
				// An id, and perhaps a reason.
				expect(bytes.length).toBe(bytes[1]! + 2);
				expect([4, 5]).toContain(bytes.length);
				lengths.add(bytes.length);
			}
		}
		expect(lengths.has(4)).toBe(true);
	},
);

it("[MQTT-3.6.1-1] PUBREL has the flags 0010, the first time and every other; any others close the connection", () => {
	const peer = online();
	const id = peer.client.publish("a", "x", { qos: 2 });
	peer.take();
	const expected = hex(`6202${wordHex(id)}`);
	peer.send({ cmd: "pubrec", messageId: id });
	expect(peer.frames()).toEqual([expected]);
	peer.socket.fail();
	peer.online(true);
	expect(peer.frames()).toEqual([expected]);
	peer.told();
	for (let flags = 0; flags < 16; flags += 1) {
		peer.send(publish("b", "y", 2, 7, flags > 0));
		peer.take();
		peer.told();
		if (flags === 2) continue;
		peer.send(`${byteHex(0x60 | flags)}02 0007`);
		expectBroken(peer, "51", "81");
		peer.take();
	}
	// The message that none of these has released is released now.
	peer.send("6202 0007");
	expect(peer.hex()).toBe("70020007");
});

describe("a message that the application does not take", () => {
	function holding(): { peer: Peer; tokens: number[] } {
		const peer = online();
		const tokens: number[] = [];
		peer.client.subscribe("b", message => tokens.push(message.hold()));
		peer.take();
		return { peer, tokens };
	}

	it("[MQTT-3.4.2-1] [MQTT-3.5.2-1] is refused with a reason, in its turn", () => {
		const { peer, tokens } = holding();
		peer.send(publish("b", "x", 1, 1), publish("b", "x", 2, 2), publish("b", "x", 1, 3));
		expect(peer.client.acknowledge(tokens[1]!, 0x83)).toBe(true);
		expect(peer.client.acknowledge(tokens[2]!)).toBe(true);
		expect(peer.hex()).toBe("");
		expect(peer.client.acknowledge(tokens[0]!, 0x99)).toBe(true);
		expect(peer.hex()).toBe("4003000199 5003000283 40020003".replaceAll(" ", ""));
	});

	it("[MQTT-4.3.3-9] leaves its packet id to another at QoS 2, on this connection and the next", () => {
		const { peer, tokens } = holding();
		peer.send(publish("b", "x", 2, 2));
		peer.client.acknowledge(tokens[0]!, 0x83);
		peer.send(publish("b", "y", 2, 2));
		expect(tokens).toHaveLength(2);
		peer.client.acknowledge(tokens[1]!);
		peer.send({ cmd: "pubrel", messageId: 2 }, publish("b", "z", 1, 1), publish("b", "z", 2, 3));
		expect(peer.hex()).toBe("5003000283 50020002 70020002".replaceAll(" ", ""));
		// Refused behind another that is held: the connection goes before it could be said.
		peer.client.acknowledge(tokens[3]!, 0x83);
		peer.socket.fail();
		peer.online(true);
		peer.take();
		peer.send(publish("b", "z", 2, 3, true));
		expect(tokens).toHaveLength(5);
		// And what was held over a reconnect may be refused as well: then it comes once more.
		peer.socket.fail();
		peer.online(true);
		expect(peer.client.acknowledge(tokens[4]!, 0x80)).toBe(true);
		peer.send(publish("b", "z", 2, 3, true));
		expect(tokens).toHaveLength(6);
	});

	it("[MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.5.2-3] says more in properties, where the server takes a packet of that size", () => {
		const why = properties([REASON_STRING, "full"], [USER_PROPERTY, "a", "b"]);
		const more = `${byteHex(why.length)}${Buffer.from(why).toString("hex")}`;
		for (const [most, isSaid] of [
			[6 + why.length, true],
			[5 + why.length, false],
		] as const) {
			const peer = online({}, { maximumPacketSize: most });
			const tokens: number[] = [];
			peer.client.subscribe("b", message => tokens.push(message.hold()));
			peer.take();
			for (const [qos, first, reason] of [
				[1, "40", 0],
				[2, "50", 0x97],
			] as const) {
				peer.send(publish("b", "x", qos, qos));
				expect(peer.client.acknowledge(tokens.at(-1)!, reason, why)).toBe(true);
				const short = reason === 0 ? packet(first, wordHex(qos)) : packet(first, wordHex(qos), byteHex(reason));
				expect(peer.hex()).toBe(isSaid ? packet(first, wordHex(qos), byteHex(reason), more) : short);
			}
			// Refused: the id is free.
			peer.send(publish("b", "y", 2, 2));
			expect(tokens).toHaveLength(3);
		}
	});

	it("[MQTT-3.4.2-2] leaves them out where it has to wait, and where the lane has no room", () => {
		const { peer, tokens } = holding();
		const why = properties([REASON_STRING, "x".repeat(20)]);
		for (const id of [1, 2, 3, 4, 5, 6, 7, 8]) peer.send(publish("b", "x", 1, id));
		peer.client.acknowledge(tokens[1]!, 0x80, why);
		peer.socket.room = 0;
		peer.socket.allow(0);
		for (const token of [tokens[0]!, ...tokens.slice(2)]) peer.client.acknowledge(token, 0x80, why);
		expect(peer.client.acknowledge(tokens[0]!, 0x80, why)).toBe(false);
		peer.socket.allow(1000);
		const lengths = peer.frames().map(frame => frame.length);
		expect(lengths).toEqual([29, 5, 29, 5, 5, 5, 5, 5]);
		expect(() => peer.client.acknowledge(1, 0, properties([SERVER_KEEP_ALIVE, 1]))).toThrow(Misuse);
	});

	it("[MQTT-3.4.2-1] has a reason that PUBACK can have, and needs 5.0", () => {
		const { peer, tokens } = holding();
		peer.send(publish("b", "x", 1, 1));
		for (const reason of [1, 0x10, 0x81, 0x92, 256, -1, 0.5])
			expect(() => peer.client.acknowledge(tokens[0]!, reason), String(reason)).toThrow(Misuse);
		expect(() => new Peer().client.acknowledge(1, 0x80)).toThrow(Misuse);
		expect(peer.client.acknowledge(tokens[0]!, 0x80)).toBe(true);
	});
});
