import { createHmac, generateKeyPairSync, type KeyObject } from "node:crypto";
import { exportJWK, jwtVerify, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { Tokens } from "../../../host-sim/security/token.js";

const SECRET = Buffer.from("a secret of more than thirty-two bytes");
const now = () => Math.floor(Date.now() / 1000);
const sign = (key: KeyObject | Buffer, alg: string, claims: object = {}) =>
	new SignJWT({ sub: "board-1", exp: now() + 60, ...claims }).setProtectedHeader({ alg }).sign(key);
const pem = (key: KeyObject) => key.export({ type: "spki", format: "pem" }) as string;

const EC = generateKeyPairSync("ec", { namedCurve: "P-256" });
const RSA = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ED = generateKeyPairSync("ed25519");

describe("tokens", () => {
	it("are good with the secret, and say who it is and how long", async () => {
		const tokens = new Tokens({ secret: SECRET });
		const claim = await tokens.read(await sign(SECRET, "HS256"));
		expect(claim?.subject).toBe("board-1");
		expect(claim!.lastsMs).toBeGreaterThan(58_000);
		expect(claim!.lastsMs).toBeLessThanOrEqual(60_000);
	});

	it.each([
		["ES256", EC],
		["RS256", RSA],
		["PS256", RSA],
		["EdDSA", ED],
	])("of %s are good with the public key, in PEM and in a set", async (alg, { privateKey, publicKey }) => {
		const token = await sign(privateKey, alg);
		expect((await new Tokens({ publicKey: pem(publicKey) }).read(token))?.subject).toBe("board-1");
		const keySet = JSON.stringify({ keys: [await exportJWK(publicKey)] });
		expect((await new Tokens({ keySet }).read(token))?.subject).toBe("board-1");
	});

	it("signed with the public key as if it were a secret are none", async () => {
		const publicKey = pem(RSA.publicKey);
		const token = await sign(Buffer.from(publicKey), "HS256");
		expect(await new Tokens({ publicKey }).read(token)).toBeUndefined();
		const keySet = JSON.stringify({ keys: [await exportJWK(RSA.publicKey)] });
		expect(await new Tokens({ keySet }).read(token)).toBeUndefined();
	});

	// What jose would take with these keys, were it not for our lists; and what nobody takes.
	const P521 = generateKeyPairSync("ec", { namedCurve: "P-521" });
	it.each([
		...["RS384", "RS512", "PS384", "PS512"].map(alg => [alg, RSA] as const),
		["Ed25519", ED] as const,
		["ES512", P521] as const,
	])("of %s are none, though its key is there", async (alg, { privateKey, publicKey }) => {
		const token = await sign(privateKey, alg);
		expect((await jwtVerify(token, publicKey)).payload.sub).toBe("board-1");
		const keySet = JSON.stringify({ keys: [await exportJWK(publicKey)] });
		expect(await new Tokens({ keySet }).read(token)).toBeUndefined();
		if (publicKey !== P521.publicKey)
			expect(await new Tokens({ publicKey: pem(publicKey) }).read(token)).toBeUndefined();
		else expect(() => new Tokens({ publicKey: pem(publicKey) })).toThrow("P-256, P-384");
	});

	const claims = { sub: "board-1", exp: now() + 60 };
	const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
	const made = (header: object, signature: (text: string) => Buffer) => {
		const text = `${part(header)}.${part(claims)}`;
		return `${text}.${signature(text).toString("base64url")}`;
	};
	it.each(["none", "None", "NONE", "nOnE", ""])("of the algorithm %j, signed or not, are none", async alg => {
		const plain = made({ alg }, () => Buffer.alloc(0));
		const signed = made({ alg }, text => createHmac("sha256", SECRET).update(text).digest());
		const keySet = JSON.stringify({ keys: [await exportJWK(EC.publicKey)] });
		for (const tokens of [
			new Tokens({ secret: SECRET }),
			new Tokens({ publicKey: pem(EC.publicKey) }),
			new Tokens({ keySet }),
		])
			for (const token of [plain, signed]) expect(await tokens.read(token)).toBeUndefined();
	});

	it("by HS256 with whatever is known of a public key as the secret are none", async () => {
		for (const { publicKey } of [RSA, EC, ED]) {
			const text = pem(publicKey);
			const jwk = await exportJWK(publicKey);
			const keySet = JSON.stringify({ keys: [{ ...jwk, kid: "k" }] });
			const secrets = [text, text.trimEnd(), text.replaceAll("\n", "\r\n"), keySet, JSON.stringify(jwk)];
			const bytes = [...secrets.map(secret => Buffer.from(secret)), publicKey.export({ type: "spki", format: "der" })];
			for (const secret of bytes) {
				const token = made({ alg: "HS256", kid: "k" }, text => createHmac("sha256", secret).update(text).digest());
				expect(await new Tokens({ publicKey: text }).read(token)).toBeUndefined();
				expect(await new Tokens({ keySet }).read(token)).toBeUndefined();
			}
		}
	});

	it("of another key's algorithm are none: RS256 where there is a key for ES256, and the other way round", async () => {
		for (const [ours, theirs, alg] of [
			[EC, RSA, "RS256"],
			[EC, RSA, "PS256"],
			[EC, ED, "EdDSA"],
			[RSA, EC, "ES256"],
			[ED, EC, "ES256"],
		] as const) {
			const token = await sign(theirs.privateKey, alg);
			expect(await new Tokens({ publicKey: pem(ours.publicKey) }).read(token)).toBeUndefined();
			const keySet = JSON.stringify({ keys: [await exportJWK(ours.publicKey)] });
			expect(await new Tokens({ keySet }).read(token)).toBeUndefined();
		}
	});

	it("without an end, without a subject, before their time, or for others are none", async () => {
		const tokens = new Tokens({ secret: SECRET, issuer: "us", audience: "boards" });
		const good = { iss: "us", aud: "boards" };
		expect(await tokens.read(await sign(SECRET, "HS256", good))).toBeDefined();
		const wrong = [
			{ exp: undefined },
			{ sub: undefined },
			{ sub: "" },
			{ sub: 7 },
			{ nbf: now() + 60 },
			{ exp: now() - 1 },
			{ iss: "them" },
			{ iss: undefined },
			{ aud: "people" },
			{ aud: undefined },
		];
		for (const claims of wrong)
			expect(
				await tokens.read(await sign(SECRET, "HS256", { ...good, ...claims })),
				JSON.stringify(claims),
			).toBeUndefined();
		expect(await tokens.read(await sign(SECRET, "HS512", good))).toBeUndefined();
		expect(await tokens.read(`${await sign(SECRET, "HS256", good)}${"A".repeat(9000)}`)).toBeUndefined();
	});

	it("want a secret that cannot be guessed, and keys that are what they should be", () => {
		expect(() => new Tokens({ secret: Buffer.alloc(31) })).toThrow("at least 32 bytes");
		expect(() => new Tokens({ publicKey: "x" })).toThrow("public key in PEM");
		expect(() => new Tokens({ publicKey: EC.privateKey.export({ type: "pkcs8", format: "pem" }) as string })).toThrow(
			"stays with who signs",
		);
		expect(() => new Tokens({ publicKey: pem(generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey) })).toThrow(
			"2048 bits",
		);
		expect(() => new Tokens({ keySet: "{}" })).toThrow("JSON Web Key Set");
		expect(() => new Tokens({ keySet: '{"keys":[{"kty":"oct","k":"AAAA"}]}' })).toThrow("public keys");
	});

	it("are told from passwords by what they look like", async () => {
		expect(Tokens.isLike(await sign(SECRET, "HS256"))).toBe(true);
		expect(Tokens.isLike("eyJhbGciOiJub25lIn0.e30.")).toBe(true);
		for (const password of ["", "kettle-orbit-mosaic", "a.b.c", "eyJ.a"]) expect(Tokens.isLike(password)).toBe(false);
	});
});
