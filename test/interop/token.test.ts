// Tokens that a board signs, as others see them: jose takes those that are to be taken and no others, and a broker that holds them
// to its own clock refuses an old one, while a board that comes back has a fresh one.

import { createHmac, timingSafeEqual } from "node:crypto";
import { errors, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { Token } from "../../firmware/optional/token.js";
import type { Guard } from "../../host-sim/broker/guard.js";
import { BAD_USER_NAME_OR_PASSWORD, Refusal } from "../../host-sim/broker/reason.js";
import { nodeDigest } from "../../host-sim/node/digest.js";
import { plainDigest } from "../support/sha256.js";
import { TestWorld } from "../support/world.js";

const SECRET = new TextEncoder().encode("a secret of thirty-two bytes, no less");
const NOON = Date.UTC(2026, 0, 15, 12);
const MINUTE = 60_000;

function sign(wallMs = NOON, secret = SECRET): string {
	const token = new Token({
		secret,
		digest: nodeDigest,
		clock: { wall: () => wallMs },
		issuer: "workshop",
		subject: "board-7",
		audience: "mqtt",
		minutes: 10,
	});
	return Buffer.from(token.sign()!).toString();
}

/** What jose says at that time. */
function verify(token: string, atMs = NOON, options: { audience?: string; issuer?: string } = {}) {
	return jwtVerify(token, SECRET, { algorithms: ["HS256"], currentDate: new Date(atMs), ...options });
}

describe("jose", () => {
	it("takes a token of ours, with its claims", async () => {
		const { payload, protectedHeader } = await verify(sign(), NOON, { audience: "mqtt", issuer: "workshop" });
		expect(protectedHeader).toEqual({ alg: "HS256", typ: "JWT" });
		expect(payload).toEqual({
			iss: "workshop",
			sub: "board-7",
			aud: "mqtt",
			iat: NOON / 1000,
			exp: (NOON + 10 * MINUTE) / 1000,
		});
	});

	it("refuses one that has expired, is for somebody else, has another secret, or a letter changed", async () => {
		await verify(sign(), NOON + 10 * MINUTE - 1000);
		await expect(verify(sign(), NOON + 10 * MINUTE)).rejects.toThrow(errors.JWTExpired);
		await expect(verify(sign(), NOON, { audience: "others" })).rejects.toThrow(errors.JWTClaimValidationFailed);
		const other = new TextEncoder().encode("another secret of as many bytes, too");
		await expect(verify(sign(NOON, other))).rejects.toThrow(errors.JWSSignatureVerificationFailed);
		const [header, claims, signature] = sign().split(".");
		const changed = Buffer.from(Buffer.from(claims!, "base64url").toString().replace("board-7", "board-8"));
		await expect(verify(`${header}.${changed.toString("base64url")}.${signature}`)).rejects.toThrow(
			errors.JWSSignatureVerificationFailed,
		);
	});
});

it("the hash of the tests on the engine is Node's", () => {
	for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000]) {
		const bytes = Uint8Array.from({ length }, (_, i) => i * 31);
		expect(plainDigest.sha256(bytes)).toEqual(nodeDigest.sha256(bytes));
		expect(plainDigest.hmac(bytes, SECRET)).toEqual(nodeDigest.hmac(bytes, SECRET));
		expect(plainDigest.hmac(SECRET, bytes)).toEqual(nodeDigest.hmac(SECRET, bytes));
	}
});

describe("a broker that checks tokens", () => {
	/** A world whose broker lets in who has a token of this secret that has not expired by its own clock. */
	function guarded() {
		const seen: string[] = [];
		const guard: Guard = {
			authenticate({ password, username }) {
				const token = password?.toString() ?? "";
				const [header, claims, signature = ""] = token.split(".");
				const wanted = createHmac("sha256", SECRET).update(`${header}.${claims}`).digest();
				const given = Buffer.from(signature, "base64url");
				const { exp, sub } = JSON.parse(Buffer.from(claims ?? "", "base64url").toString() || "{}");
				const isSigned = given.length === wanted.length && timingSafeEqual(given, wanted);
				seen.push(token);
				if (!isSigned || sub !== username || !(exp * 1000 > NOON + world.time.now))
					throw new Refusal(BAD_USER_NAME_OR_PASSWORD, "bad token");
				return { owner: { kind: "user", name: sub } };
			},
			authorize: () => undefined,
		};
		const world = new TestWorld({ wallMs: NOON, broker: { guard } });
		return { world, seen };
	}

	it.each([4, 5] as const)(
		"version %i: refuses an old one; the board that comes back has a fresh one",
		protocolVersion => {
			const { seen, world } = guarded();
			const offline: number[] = [];
			const token = new Token({
				secret: SECRET,
				digest: nodeDigest,
				clock: world.collaborators("b").clock,
				subject: "b",
				minutes: 1,
			});
			const fresh = world.client("b", { protocolVersion, userName: "b", password: () => token.sign() });
			// The same, but once and for all.
			const first = Buffer.from(token.sign()!).toString();
			const stale = world.client("stale", {
				protocolVersion,
				userName: "b",
				password: first,
				onOffline: code => offline.push(code),
			});
			fresh.open();
			stale.open();
			world.run(1000);
			expect([fresh.isOnline, stale.isOnline]).toEqual([true, true]);
			world.run(2 * MINUTE);
			// Whoever is in stays in, as far as this broker goes; it asks at CONNECT.
			world.link("b").cut();
			world.link("stale").cut();
			world.run(MINUTE);
			expect([fresh.isOnline, stale.isOnline]).toEqual([true, false]);
			expect(new Set(offline.slice(1))).toEqual(new Set([BAD_USER_NAME_OR_PASSWORD]));
			// What has expired stays so, and is not tried in a hurry.
			const before = seen.length;
			world.run(20 * MINUTE);
			expect(seen.length - before).toBeGreaterThanOrEqual(4);
			expect(seen.length - before).toBeLessThanOrEqual(8);
			expect(new Set(seen.slice(before))).toEqual(new Set([first]));
		},
	);
});
