import { describe, expect, it } from "vitest";
import { check, type Version } from "../../../host-sim/broker/check.js";
import { fixedHeader } from "../../../host-sim/broker/frames.js";
import { Refusal } from "../../../host-sim/broker/reason.js";
import { hex } from "../../support/peer.js";

/** The reason that the packet is refused for, or 0. */
function reasonFor(text: string, version: Version): number {
	const frame = hex(text);
	try {
		check(frame, fixedHeader(frame)!.at, version);
		return 0;
	} catch (error) {
		if (error instanceof Refusal) return error.reason;
		throw error;
	}
}

/** A packet with its length put in. */
function packet(first: string, body: string): string {
	return `${first} ${hex(body).length.toString(16).padStart(2, "0")} ${body}`;
}

/** Bytes of 5.0, and the reason that they are refused for. */
const FIVE: [statement: string, name: string, first: string, body: string, reason: number][] = [
	["MQTT-2.1.3-1", "PINGREQ with a flag", "c1", "", 0x81],
	["MQTT-3.6.1-1", "PUBREL without its flag", "60", "0001", 0x81],
	["MQTT-3.8.1-1", "SUBSCRIBE without its flag", "80", "0001 00 0001 61 00", 0x81],
	["MQTT-3.10.1-1", "UNSUBSCRIBE without its flag", "a0", "0001 00 0001 61", 0x81],
	["MQTT-3.14.1-1", "DISCONNECT with a flag", "e1", "", 0x81],
	["MQTT-3.15.1-1", "AUTH with a flag", "f1", "18 04 15 0001 61", 0x81],
	["section 2.1.2", "a packet of type 0", "00", "", 0x82],
	["section 2.1.2", "a CONNACK", "20", "00 00 00", 0x82],
	["section 2.1.2", "a PINGRESP", "d0", "", 0x82],
	["MQTT-3.1.2-3", "CONNECT: reserved flag", "10", "0004 4d515454 05 03 0000 00 0001 61", 0x81],
	["MQTT-3.1.2-12", "CONNECT: will QoS 3", "10", "0004 4d515454 05 1e 0000 00 0001 61 00 0001 77 0000", 0x81],
	["MQTT-3.1.2-11", "CONNECT: will QoS without a will", "10", "0004 4d515454 05 0a 0000 00 0001 61", 0x81],
	["MQTT-3.1.2-13", "CONNECT: will retain without a will", "10", "0004 4d515454 05 22 0000 00 0001 61", 0x81],
	["MQTT-3.1.3-1", "CONNECT: no will properties", "10", "0004 4d515454 05 06 0000 00 0001 61 0001 77 0000", 0x81],
	["section 3.1.2.11.10", "CONNECT: data without a method", "10", "0004 4d515454 05 02 0000 03 16 0000 0001 61", 0x82],
	["MQTT-3.1.4-1", "CONNECT: bytes behind", "10", "0004 4d515454 05 02 0000 00 0001 61 00", 0x81],
	["MQTT-3.3.1-4", "PUBLISH: QoS 3", "36", "0001 61 0001 00", 0x81],
	["MQTT-3.3.1-2", "PUBLISH: DUP at QoS 0", "38", "0001 61 00", 0x81],
	["MQTT-2.2.1-3", "PUBLISH: packet id 0", "32", "0001 61 0000 00", 0x82],
	["section 3.3.2.1", "PUBLISH: neither topic nor alias", "30", "0000 00", 0x82],
	["MQTT-3.3.2-8", "PUBLISH: alias 0", "30", "0001 61 03 23 0000", 0x94],
	["MQTT-3.3.4-6", "PUBLISH: subscription identifier", "30", "0001 61 02 0b 01", 0x82],
	["MQTT-2.2.2-1", "PUBLISH: no property length", "30", "0001 61", 0x81],
	["MQTT-3.4.2-1", "PUBACK: a reason of SUBACK", "40", "0001 02", 0x82],
	["MQTT-3.5.2-1", "PUBREC: packet id not found", "50", "0001 92 00", 0x82],
	["MQTT-3.6.2-1", "PUBREL: a reason of PUBREC", "62", "0001 80", 0x82],
	["MQTT-3.7.2-1", "PUBCOMP: a reason of PUBACK", "70", "0001 10", 0x82],
	["section 3.4.2.2", "PUBACK: bytes behind", "40", "0001 00 00 00", 0x81],
	["MQTT-3.8.3-5", "SUBSCRIBE: reserved bits", "82", "0001 00 0001 61 40", 0x81],
	["section 3.8.3.1", "SUBSCRIBE: QoS 3", "82", "0001 00 0001 61 03", 0x82],
	["section 3.8.3.1", "SUBSCRIBE: retain handling 3", "82", "0001 00 0001 61 30", 0x82],
	["MQTT-3.8.3-4", "SUBSCRIBE: no local, shared", "82", "0001 00 000a 2473686172652f6e2f61 04", 0x82],
	["section 3.8.2.1.2", "SUBSCRIBE: two identifiers", "82", "0001 04 0b010b02 0001 61 00", 0x82],
	["section 3.10.2", "UNSUBSCRIBE: packet id 0", "a2", "0000 00 0001 61", 0x82],
	["section 3.12", "PINGREQ with a body", "c0", "00", 0x81],
	["MQTT-3.14.2-1", "DISCONNECT: a server's reason", "e0", "8e", 0x82],
	["MQTT-3.14.2-1", "DISCONNECT: no reason at all", "e0", "01 00", 0x82],
	["MQTT-3.15.2-1", "AUTH: success", "f0", "00 04 15 0001 61", 0x82],
	["MQTT-3.15.2-1", "AUTH: nothing in it", "f0", "", 0x82],
	["section 3.15.2.2.2", "AUTH without a method", "f0", "18 00", 0x82],
];

/** Bytes of 5.0 that are as they should be, though not everybody thinks of them. */
const GOOD: [name: string, first: string, body: string][] = [
	["CONNECT: a password alone", "10", "0004 4d515454 05 42 0000 00 0001 61 0001 70"],
	["CONNECT: a will with properties", "10", "0004 4d515454 05 06 0000 00 0001 61 05 18 00000001 0001 77 0000"],
	["PUBLISH: an alias instead of a topic", "30", "0000 03 23 0001"],
	["PUBLISH: an empty payload", "32", "0001 61 0001 00"],
	["PUBACK: no reason", "40", "0001"],
	["PUBACK: a reason alone", "40", "0001 87"],
	["PUBREC: no matching subscribers", "50", "0001 10 00"],
	["PUBREL: packet id not found", "62", "0001 92 00"],
	["SUBSCRIBE: all options", "82", "0001 00 0001 61 2e"],
	["DISCONNECT: nothing in it", "e0", ""],
	["DISCONNECT: a reason alone", "e0", "04"],
	["DISCONNECT: a session that stays longer", "e0", "00 05 11 00000010"],
	["AUTH: once more", "f0", "19 04 15 0001 61"],
];

describe("what a client may send at 5.0", () => {
	it.each(FIVE)("[%s] not %s", (_statement, _name, first, body, reason) => {
		expect(reasonFor(packet(first, body), 5)).toBe(reason);
	});

	it.each(GOOD)("%s", (_name, first, body) => {
		expect(reasonFor(packet(first, body), 5)).toBe(0);
	});

	it("[MQTT-3.1.3-10] [MQTT-3.3.2-18] tells the user properties of the message in it, not the packet's own", () => {
		const pairs = (text: string) => {
			const frame = hex(text);
			return check(frame, fixedHeader(frame)!.at, 5);
		};
		const own = "07 26 0001 61 0001 62";
		const its = "07 26 0001 63 0001 64";
		expect(pairs(packet("10", `0004 4d515454 05 06 0000 ${own} 0001 61 ${its} 0001 77 0000`))).toEqual([["c", "d"]]);
		expect(pairs(packet("30", `0001 61 ${its}`))).toEqual([["c", "d"]]);
		expect(pairs(packet("82", `0001 ${own} 0001 61 00`))).toEqual([]);
	});
});

describe("what a client may send at 3.1.1", () => {
	it("has no properties and no reasons", () => {
		expect(reasonFor(packet("40", "0001 00"), 4)).toBe(0x81);
		expect(reasonFor(packet("e0", "00"), 4)).toBe(0x81);
		expect(reasonFor(packet("82", "0001 0001 61 04"), 4)).toBe(0x81);
		expect(reasonFor(packet("82", "0001 0001 61 00"), 4)).toBe(0);
		expect(reasonFor(packet("30", "0001 61"), 4)).toBe(0);
		expect(reasonFor(packet("f0", "18 04 15 0001 61"), 4)).toBe(0x82);
	});

	it("[MQTT-3.1.2-22] has no password without a user name", () => {
		expect(reasonFor(packet("10", "0004 4d515454 04 42 0000 0001 61 0001 70"), 4)).toBe(0x81);
	});
});
