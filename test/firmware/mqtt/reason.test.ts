import { describe, expect, it } from "vitest";
import * as errors from "../../../firmware/mqtt/error.js";
import {
	isReason,
	OF_AUTH,
	OF_CONNACK,
	OF_DISCONNECT,
	OF_PUBACK,
	OF_PUBCOMP,
	OF_SUBACK,
	OF_UNSUBACK,
	reasonOfError,
	reasonOfReturnCode,
	retrySlowly,
} from "../../../firmware/mqtt/reason.js";
import { sentence } from "../../../host-sim/sentence.js";

/** The reason codes of 5.0 by packet, as sections 3.2.2.2 to 3.15.2.1 list them and section 2.4 sums them up; from server to client. */
const BY_PACKET: [name: string, packet: number, reasons: number[]][] = [
	[
		"MQTT-3.2.2-8 CONNACK",
		OF_CONNACK,
		[
			0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99, 0x9a, 0x9b,
			0x9c, 0x9d, 0x9f,
		],
	],
	["MQTT-3.4.2-1 PUBACK and PUBREC", OF_PUBACK, [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]],
	["MQTT-3.6.2-1 PUBREL and PUBCOMP", OF_PUBCOMP, [0x00, 0x92]],
	["MQTT-3.9.3-2 SUBACK", OF_SUBACK, [0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2]],
	["MQTT-3.11.3-2 UNSUBACK", OF_UNSUBACK, [0x00, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91]],
	[
		// 0x04 is the client's alone. 0x8c stands in section 2.4, though not in that of DISCONNECT.
		"MQTT-3.14.2-1 DISCONNECT",
		OF_DISCONNECT,
		[
			0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98,
			0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2,
		],
	],
	// 0x19, to authenticate again, is the client's alone.
	["MQTT-3.15.2-1 AUTH", OF_AUTH, [0x00, 0x18]],
];

describe("reasons", () => {
	it("[MQTT-3.2.2-6] the five return codes of 3.1.1 are reasons of 5.0, and no others", () => {
		const reasons = Array.from({ length: 256 }, (_, code) => reasonOfReturnCode(code));
		expect(reasons.slice(0, 7)).toEqual([0, 0x84, 0x85, 0x88, 0x86, 0x87, 0]);
		expect(reasons.slice(6).every(reason => reason === 0)).toBe(true);
		for (const reason of reasons.slice(1, 6)) expect(sentence(reason)).not.toMatch(/^code /);
	});

	it.each(BY_PACKET)("[%s] may carry just these", (_name, packet, reasons) => {
		const accepted = Array.from({ length: 256 }, (_, reason) => reason).filter(reason => isReason(reason, packet));
		expect(accepted.map(reason => reason.toString(16))).toEqual(reasons.map(reason => reason.toString(16)));
	});

	it("come back slowly where a person has to change something, and at once where the server is just busy", () => {
		expect([0x84, 0x85, 0x86, 0x87, 0x59].every(retrySlowly)).toBe(true);
		expect([0x88, 0x38, 0x32, 0x37].some(retrySlowly)).toBe(false);
		// Certificates that somebody has to renew; against one that our clock may take for expired.
		expect([0x42, 0x43, 0x44].every(retrySlowly)).toBe(true);
		expect([0x40, 0x41, 0x45].some(retrySlowly)).toBe(false);
		// Of 5.0: banned, taken over, a quota used up, moved; against busy, shutting down, silent for too long.
		expect([0x8a, 0x8c, 0x8e, 0x97, 0x9a, 0x9b, 0x9c, 0x9d].every(retrySlowly)).toBe(true);
		expect([0x00, 0x80, 0x89, 0x8b, 0x8d, 0x96, 0x98, 0x9f, 0xa0].some(retrySlowly)).toBe(false);
	});
});

describe("[MQTT-4.13.2-1] what DISCONNECT says of our own codes", () => {
	// Section 4.13: malformed where the packet cannot be read, a protocol error where it can, and what has a reason of its own.
	const TOLD: Record<string, number> = {
		RECEIVE_TABLE_FULL: 0x93,
		PACKET_TOO_LARGE: 0x95,
		BAD_TOPIC_ALIAS: 0x94,
		UNEXPECTED_PACKET: 0x82,
		UNEXPECTED_SESSION: 0x82,
		PROPERTY_NOT_ALLOWED: 0x82,
		BAD_PUBLISH_TOPIC: 0x82,
		BAD_CONNACK: 0x82,
		ZERO_PACKET_ID: 0x82,
		BAD_REMAINING_LENGTH: 0x81,
		RESERVED_FLAGS: 0x81,
		RESERVED_QOS: 0x81,
		BAD_LENGTH: 0x81,
		BAD_SUBACK: 0x81,
		BAD_PROPERTY: 0x81,
		BAD_REASON: 0x81,
		BAD_STRING: 0x81,
		BAD_AUTHENTICATION: 0x82,
		ALIASES_FULL: 0x97,
		AUTHENTICATION_FAILED: 0x80,
	};

	it("is a reason that a client may send, and the one that fits", () => {
		const codes = Object.entries(errors).filter(([, code]) => typeof code === "number" && code >= 0x10);
		// Table 3-10, the rows that name the client.
		const fromClient = [0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99];
		for (const [name, code] of codes) {
			const reason = reasonOfError(Number(code));
			expect(fromClient, name).toContain(reason);
			// What is not the server's doing it knows already, or cannot hear.
			expect(reason.toString(16), name).toBe((TOLD[name!] ?? 0).toString(16));
			// And whatever breaks the protocol is known above.
			if (Number(code) >= 0x50) expect(Object.keys(TOLD)).toContain(name);
		}
	});
});
