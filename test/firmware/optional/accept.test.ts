import { describe, expect, it } from "vitest";
import { sha1 } from "../../../firmware/optional/accept.js";
import { base64 } from "../../../firmware/optional/base64.js";
import { hex } from "../../../firmware/optional/certificate.js";

const ascii = (text: string) => new Uint8Array([...text].map(character => character.charCodeAt(0)));

describe("SHA-1", () => {
	it.each([
		["", "da39a3ee5e6b4b0d3255bfef95601890afd80709"],
		["abc", "a9993e364706816aba3e25717850c26c9cd0d89d"],
		["abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"],
		["a".repeat(55), "c1c8bbdc22796e28c0e15163d20899b65621d65a"],
		["a".repeat(64), "0098ba824b5c16427bd7a1122a5a442a25ec644d"],
	])("of %j", (text, sum) => {
		expect(hex(sha1(ascii(text)))).toBe(sum);
	});
});

it("with base64 it is the example of RFC 6455", () => {
	const key = "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	expect(base64(sha1(ascii(key)))).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});
