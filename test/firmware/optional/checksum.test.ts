// The check sum of records, images and models.

import { describe, expect, it } from "vitest";
import { checkSum } from "../../../firmware/optional/checksum.js";

describe("the check sum", () => {
	it("is that of Ethernet: its vector", () => {
		const digits = Uint8Array.from([..."123456789"].map(digit => digit.charCodeAt(0)));
		expect([checkSum(digits, 9), checkSum(digits, 0)]).toEqual([0xcbf43926, 0]);
	});

	it("is of the first bytes alone", () => {
		const digits = Uint8Array.from([..."1234567890"].map(digit => digit.charCodeAt(0)));
		expect(checkSum(digits, 9)).toBe(0xcbf43926);
	});
});
