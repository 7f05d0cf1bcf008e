import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { isReason } from "../../firmware/mqtt/reason.js";
import { plain, sentence } from "../../host-sim/sentence.js";

it("has words for every code that the firmware can send, and a number for any other", () => {
	for (const file of ["error", "reason"]) {
		const text = readFileSync(`firmware/mqtt/${file}.ts`, "utf8");
		for (const [, name, code] of text.matchAll(/^export const (\w+) = (0x\w+);/gm)) {
			// Misuse is thrown with words of its own; what is longer than a byte is a bit that stands for a packet.
			if (Number(code) < 0x10 || Number(code) > 0xff) continue;
			expect(sentence(Number(code)), name).not.toMatch(/^code /);
		}
	}
	expect(sentence(0xfe)).toBe("code 0xfe");
});

it("has words for every reason that a server may refuse something with", () => {
	for (let reason = 0x80; reason <= 0xff; reason += 1)
		if (isReason(reason, 0x7f00)) expect(sentence(reason)).not.toMatch(/^code /);
});

it("shows text from elsewhere without what a terminal would obey", () => {
	expect(plain("ä\x1b[1m\r\n\x9bb")).toBe("ä?[1m???b");
});
