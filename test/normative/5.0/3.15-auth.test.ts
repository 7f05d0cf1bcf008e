// MQTT 5.0, section 3.15: AUTH, and section 4.12: enhanced authentication.

import { describe, expect, it } from "vitest";
import { type Authentication, Misuse } from "../../../firmware/mqtt/client.js";
import { properties, REASON_STRING, USER_PROPERTY } from "../../../firmware/mqtt/property.js";
import { byteHex, expectBroken, Peer, type PeerOptions, packet, wordHex } from "../../support/peer.js";
import { asString } from "../../support/strings.js";

/** Answers a byte with the next one, and is content in the end. */
const counting: Authentication = {
	method: "X",
	start: () => Uint8Array.of(1),
	next: data => Uint8Array.of((data?.[0] ?? 0) + 1),
	finish() {},
};

function connecting(options: PeerOptions = {}): Peer {
	const peer = new Peer({ protocolVersion: 5, authentication: counting, ...options });
	peer.connect();
	return peer;
}

const METHOD = `15${asString("X")}`;

/** AUTH as hex: a reason, the method, and perhaps data. */
function auth(reason: string, data?: number, method = METHOD, more = ""): string {
	const block = `${method}${data === undefined ? "" : `16${wordHex(1)}${(0x100 + data).toString(16).slice(1)}`}${more}`;
	return packet("f0", reason, (0x100 + block.length / 2).toString(16).slice(1), block);
}

function connack(method = METHOD): string {
	return packet("20", "0000", (0x100 + method.length / 2).toString(16).slice(1), method);
}

function authenticated(options: PeerOptions = {}): Peer {
	const peer = connecting(options);
	peer.send(connack());
	peer.take();
	peer.told();
	return peer;
}

describe("before CONNACK", () => {
	it("[MQTT-3.1.2-30] nothing leaves but AUTH, whatever the application wants and however long it takes", () => {
		const peer = new Peer({ protocolVersion: 5, authentication: counting });
		peer.client.publish("a", "early", { qos: 1 });
		peer.client.subscribe("b", () => {});
		peer.connect();
		peer.client.publish("a", "late", { qos: 2 });
		peer.client.ping();
		peer.send(auth("18", 5));
		peer.time.run(9000);
		expect(peer.hex()).toBe(auth("18", 6));
		peer.send(connack());
		expect(peer.take().map(({ cmd }) => cmd)).toEqual(["subscribe", "publish", "publish"]);
	});

	it("[MQTT-4.12.0-3] [MQTT-3.15.2-1] the server's AUTH is answered with AUTH and 0x18", () => {
		const peer = connecting();
		for (const data of [7, 20, 99]) {
			peer.send(auth("18", data));
			expect(peer.hex()).toBe(auth("18", data + 1));
		}
	});

	it("[MQTT-4.12.0-5] CONNECT, all AUTH packets and CONNACK have one method: any other closes, and none does", () => {
		const peer = new Peer({ protocolVersion: 5, authentication: counting });
		expect(peer.connect().properties?.authenticationMethod).toBe("X");
		peer.send(auth("18", 1));
		expect(peer.hex()).toContain(METHOD);
		for (const method of [`15${asString("Y")}`, ""])
			for (const wrong of [auth("18", 1, method), connack(method)]) {
				const peer = connecting();
				peer.send(wrong);
				expect(peer.told()).toEqual(["offline 61"]);
				expect(peer.hex()).toBe("e00182");
			}
	});
});

describe("AUTH", () => {
	it("[MQTT-3.15.1-1] has flags of zero, and closes with any other", () => {
		const peer = connecting();
		peer.send(auth("18", 1));
		expect(peer.hex().slice(0, 2)).toBe("f0");
		for (let flags = 1; flags < 16; flags += 1) {
			const peer = authenticated();
			peer.client.authenticate();
			peer.take();
			peer.send(`f${flags.toString(16)}${auth("18", 1).slice(2)}`);
			expect(peer.told()).toEqual(["offline 51"]);
			expect(peer.hex()).toBe("e00181");
		}
	});

	it("[MQTT-3.15.2-1] from a server has reason 0x00 or 0x18, and closes with any other", () => {
		for (let reason = 0; reason < 256; reason += 1) {
			if (reason === 0 || reason === 0x18) continue;
			const peer = authenticated();
			peer.client.authenticate();
			peer.take();
			peer.send(auth((0x100 + reason).toString(16).slice(1), 1));
			expect(peer.told(), String(reason)).toEqual(["offline 5f"]);
			expect(peer.hex()).toBe("e00181");
		}
	});

	it("[MQTT-3.15.2-2] [MQTT-3.15.2-3] of ours has what the mechanism adds, within the server's size; a server's may have both", () => {
		const more = properties([REASON_STRING, "because"], [USER_PROPERTY, "k", "v"]);
		const authentication = { ...counting, properties: more };
		const adding = authenticated({ authentication });
		adding.client.authenticate();
		expect(adding.hex()).toBe(auth("19", 1, METHOD, Buffer.from(more).toString("hex")));
		const small = connecting({ authentication });
		const limit = packet("20", "0000", byteHex(5 + METHOD.length / 2), `27${"00000014"}${METHOD}`);
		small.send(limit);
		expect([small.client.isOnline, small.client.authenticate(), small.hex()]).toEqual([true, false, ""]);
		const peer = connecting();
		peer.send(auth("18", 1, METHOD, `1f${asString("why")}26${asString("k")}${asString("v")}`));
		expect(peer.client.packet.property(REASON_STRING)).toBe("why");
		expect(peer.hex()).toBe(auth("18", 2));
	});
});

describe("authenticating again", () => {
	it("[MQTT-4.12.1-1] begins with 0x19 and has the method of the connection all the way", () => {
		const peer = authenticated();
		expect(peer.client.authenticate()).toBe(true);
		expect(peer.hex()).toBe(auth("19", 1));
		peer.send(auth("18", 4));
		expect(peer.hex()).toBe(auth("18", 5));
		peer.send(auth("00"));
		expect([peer.hex(), peer.client.isOnline]).toEqual(["", true]);
		peer.client.authenticate();
		peer.take();
		peer.send(auth("18", 4, `15${asString("Y")}`));
		expect(peer.told()).toEqual(["offline 61"]);
		expect(peer.hex()).toBe("e00182");
	});

	it("[MQTT-4.12.1-2] that fails ends the connection, with a DISCONNECT where it fails on our side", () => {
		const refusing = { ...counting, next: () => fail() };
		const peer = authenticated({ authentication: refusing });
		peer.client.authenticate();
		peer.take();
		peer.send(auth("18", 4));
		expect(peer.told()).toEqual(["offline 3a"]);
		expect([peer.hex(), peer.socket.closed]).toEqual(["e00180", true]);
		const refused = authenticated();
		refused.client.authenticate();
		refused.take();
		refused.send("e00187");
		expect(refused.told()).toEqual(["offline 87"]);
		expect([refused.hex(), refused.socket.closed]).toEqual(["", true]);
	});

	it("[MQTT-4.12.0-7] is nothing for who has no method: AUTH closes, and the call is misuse", () => {
		const peer = new Peer({ protocolVersion: 5 }).online();
		peer.take();
		peer.told();
		expect(() => peer.client.authenticate()).toThrow(Misuse);
		peer.send(auth("18", 4));
		expectBroken(peer, "57", "82");
	});
});

function fail(): never {
	throw new Error("not my server");
}
