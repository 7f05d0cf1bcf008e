// Tokens that a board signs: the example of RFC 7515 letter by letter, what is claimed and until when, and that nobody gets one
// without the time. What other libraries and a broker say of them: test/interop/token.test.ts.

import { describe, expect, it } from "vitest";
import { Misuse } from "../../../firmware/mqtt/client.js";
import { signed, Token, type TokenOptions } from "../../../firmware/optional/token.js";
import { Peer } from "../../support/peer.js";
import { plainDigest } from "../../support/sha256.js";

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const text = (data: Uint8Array | undefined) => Buffer.from(data!).toString();

/** Base64url back to bytes. */
function plain(digits: string): Buffer {
	return Buffer.from(digits.replaceAll("-", "+").replaceAll("_", "/"), "base64");
}

const SECRET = bytes("a secret of thirty-two bytes, no less");
const NOON = Date.UTC(2026, 0, 15, 12);

function make(options: Partial<TokenOptions> = {}, wallMs = NOON): Token {
	return new Token({ secret: SECRET, digest: plainDigest, clock: { wall: () => wallMs }, ...options });
}

/** What a token says of itself, and of whom. */
function read(token: Uint8Array | undefined): [header: unknown, claims: unknown] {
	const [header, claims] = text(token).split(".");
	return [JSON.parse(String(plain(header!))), JSON.parse(String(plain(claims!)))];
}

describe("a token", () => {
	it("[RFC 7515 appendix A.1] is what the example says, for its header, payload and key", () => {
		const key = plain("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
		const payload = bytes('{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}');
		expect(text(signed("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9", payload, new Uint8Array(key), plainDigest))).toBe(
			"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9" +
				".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ" +
				".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
		);
	});

	it("[RFC 7519 section 4.1] says whom it is about, whom it is for and who says so, and from when until when", () => {
		const claims = { issuer: "the workshop", subject: "board-7", audience: "mqtt" };
		expect(read(make({ ...claims, minutes: 5 }).sign())).toEqual([
			{ alg: "HS256", typ: "JWT" },
			{ iss: "the workshop", sub: "board-7", aud: "mqtt", iat: NOON / 1000, exp: NOON / 1000 + 300 },
		]);
		expect(read(make().sign())[1]).toEqual({ iat: NOON / 1000, exp: NOON / 1000 + 3600 });
		// In whole seconds, as all read them, and never of later than now.
		expect(read(make({}, NOON + 999).sign())[1]).toEqual({ iat: NOON / 1000, exp: NOON / 1000 + 3600 });
	});

	it("is of that text and that secret alone", () => {
		const token = text(make({ subject: "a" }).sign());
		expect(text(make({ subject: "b" }).sign()).split(".")[2]).not.toBe(token.split(".")[2]);
		expect(text(make({ subject: "a", secret: bytes("x".repeat(32)) }).sign()).split(".")[2]).not.toBe(
			token.split(".")[2],
		);
		expect(text(make({ subject: "a" }).sign())).toBe(token);
	});

	it("is base64url without padding, whatever is left over at its end", () => {
		for (let length = 0; length < 12; length += 1) {
			const payload = Uint8Array.from({ length }, (_, i) => 255 - i * 37);
			const [header, digits, signature, more] = text(signed("aGVhZA", payload, SECRET, plainDigest)).split(".");
			expect([header, more, signature!.length]).toEqual(["aGVhZA", undefined, 43]);
			expect(digits!.length).toBe(Math.ceil((length * 4) / 3));
			expect([...plain(digits!)]).toEqual([...payload]);
			expect(/[^A-Za-z0-9_-]/.test(digits! + signature!)).toBe(false);
		}
	});

	it("carries names beyond ASCII, and quotes in them, as they are", () => {
		const subject = 'Küche "Süd" 厨房 🍳';
		expect(read(make({ subject }).sign())[1]).toMatchObject({ sub: subject });
	});

	it("is none as long as nobody has told the time", () => {
		expect(make({}, 0).sign()).toBe(undefined);
	});

	it("[RFC 7518 section 3.2] of a secret shorter than the hash is refused, as are lifetimes that are none", () => {
		expect(() => make({ secret: bytes("x".repeat(31)) })).toThrow(Misuse);
		expect(() => make({ secret: undefined as unknown as Uint8Array })).toThrow(Misuse);
		for (const minutes of [0, 1.5, 1441]) expect(() => make({ minutes })).toThrow(Misuse);
		make({ minutes: 1440 });
	});
});

describe("a client with tokens", () => {
	it("has a fresh one at each CONNECT, and none before the time is known, which it says by a code", () => {
		let wallMs = 0;
		const token = make({ clock: { wall: () => wallMs }, subject: "c" });
		const peer = new Peer({ userName: "c", password: () => token.sign(), backoff: { slowMs: 60_000 } });
		expect(peer.connect()).toBe(undefined);
		expect(peer.told()).toEqual(["offline 3c"]);
		wallMs = NOON;
		const first = peer.connect().password!;
		peer.send("20020000");
		expect(peer.told()).toEqual(["online false"]);
		wallMs = NOON + 600_000;
		peer.socket.fail();
		const second = peer.connect().password!;
		const issued = [first, second].map(one => (read(one)[1] as { iat: number }).iat * 1000);
		expect(issued).toEqual([NOON, NOON + 600_000]);
	});
});
