import { describe, expect, it } from "vitest";
import { reasonOfReturnCode, retrySlowly } from "../../../firmware/mqtt/reason.js";
import { sentence } from "../../../host-sim/sentence.js";

describe("reasons", () => {
	it("[MQTT-3.2.2-6] the five return codes of 3.1.1 are reasons of 5.0, and no others", () => {
		const reasons = Array.from({ length: 256 }, (_, code) => reasonOfReturnCode(code));
		expect(reasons.slice(0, 7)).toEqual([0, 0x84, 0x85, 0x88, 0x86, 0x87, 0]);
		expect(reasons.slice(6).every(reason => reason === 0)).toBe(true);
		for (const reason of reasons.slice(1, 6)) expect(sentence(reason)).not.toMatch(/^code /);
	});

	it("come back slowly where a person has to change something, and at once where the server is just busy", () => {
		expect([0x84, 0x85, 0x86, 0x87, 0x59].every(retrySlowly)).toBe(true);
		expect([0x88, 0x38, 0x32, 0x37].some(retrySlowly)).toBe(false);
	});
});
