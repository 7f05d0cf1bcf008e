import { describe, expect, it } from "vitest";
import { malformed, protocolError, Refusal, returnCodeOf } from "../../../host-sim/broker/reason.js";

describe("reasons", () => {
	it("[MQTT-3.2.2-6] have the five return codes of 3.1.1 in them, and no more", () => {
		const codes = Array.from({ length: 256 }, (_, reason) => [reason, returnCodeOf(reason)] as const);
		expect(codes.filter(([, code]) => code !== undefined)).toEqual([
			[0x00, 0],
			[0x84, 1],
			[0x85, 2],
			[0x86, 4],
			[0x87, 5],
			[0x88, 3],
			[0x89, 3],
			[0x8a, 5],
			[0x9c, 3],
			[0x9d, 3],
		]);
	});

	it("of what is ill-formed and of what may not come are different ones", () => {
		expect([malformed("x").reason, protocolError("x").reason]).toEqual([0x81, 0x82]);
		expect(malformed("x").message).toBe("malformed packet: x");
		expect(new Refusal(0x9c, "go", { serverReference: "b" })).toMatchObject({
			reason: 0x9c,
			message: "go",
			properties: { serverReference: "b" },
		});
	});
});
