import { expect, it } from "vitest";
import {
	isReason,
	OF_AUTH,
	OF_CONNACK,
	OF_DISCONNECT,
	OF_GOODBYE,
	OF_PUBACK,
	OF_PUBCOMP,
	OF_SUBACK,
	OF_UNSUBACK,
} from "../../../firmware/mqtt/reason.js";
import { nameOfCode, reasonName } from "../../../host-sim/inspect/reason.js";

const PACKETS = {
	CONNACK: OF_CONNACK,
	PUBACK: OF_PUBACK,
	PUBREC: OF_PUBACK,
	PUBREL: OF_PUBCOMP,
	PUBCOMP: OF_PUBCOMP,
	SUBACK: OF_SUBACK,
	UNSUBACK: OF_UNSUBACK,
	DISCONNECT: OF_DISCONNECT | OF_GOODBYE,
};

it("has a name for each reason that the firmware knows, in the same packets, and for no other", () => {
	for (const [packet, mask] of Object.entries(PACKETS))
		for (let code = 0; code < 256; code += 1) {
			expect(reasonName(code, packet, "5.0") !== undefined, `${packet} ${code}`).toBe(isReason(code, mask));
		}
	// The firmware asks for AUTH 0x18 only; a client may say 0x19.
	for (let code = 0; code < 256; code += 1)
		expect(reasonName(code, "AUTH", "5.0") !== undefined, String(code)).toBe(isReason(code, OF_AUTH) || code === 0x19);
});

it("calls 0 by its name in each packet", () => {
	expect(["CONNACK", "SUBACK", "DISCONNECT"].map(packet => reasonName(0, packet, "5.0"))).toEqual([
		"Success",
		"Granted QoS 0",
		"Normal disconnection",
	]);
	expect([reasonName(5, "CONNACK", "3.1.1"), reasonName(6, "CONNACK", "3.1.1")]).toEqual([
		"Connection Refused, not authorized",
		undefined,
	]);
	expect([reasonName(0x80, "SUBACK", "3.1.1"), reasonName(3, "SUBACK", "3.1.1")]).toEqual(["Failure", undefined]);
	expect([nameOfCode(0x9d), nameOfCode(0x70)]).toEqual(["Server moved", undefined]);
});
