import { describe, expect, it } from "vitest";
import { nodeDigest } from "../../../host-sim/node/digest.js";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("digest on Node", () => {
	it("is SHA-256, and HMAC with it (FIPS 180-4, RFC 4231 case 2)", () => {
		expect(hex(nodeDigest.sha256(Buffer.from("abc")))).toBe(
			"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		);
		expect(hex(nodeDigest.hmac(Buffer.from("Jefe"), Buffer.from("what do ya want for nothing?")))).toBe(
			"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		);
	});
});
