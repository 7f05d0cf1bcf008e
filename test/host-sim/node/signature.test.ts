// Keys and signatures of firmware, with Node's cryptography.

import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../../firmware/device/offer.js";
import { newKey, nodeVerifier, Signer } from "../../../host-sim/node/signature.js";

const MESSAGE = new TextEncoder().encode("thimble update 1\n");

describe.each(["p256", "ed25519"] as const)("a signature of %s", algorithm => {
	const signer = new Signer(newKey(algorithm));

	it("has 64 bytes, and is verified with the public key alone", () => {
		const signature = signer.sign(MESSAGE);
		expect([signature.length, signer.publicKey.length]).toEqual([64, algorithm === "p256" ? 65 : 32]);
		expect(nodeVerifier.verify(signer.publicKey, MESSAGE, signature)).toBe(true);
	});

	it("is of that message and that key, and of no other", () => {
		const signature = signer.sign(MESSAGE);
		const altered = signature.slice();
		altered[10]! ^= 1;
		expect(nodeVerifier.verify(signer.publicKey, MESSAGE, altered)).toBe(false);
		expect(nodeVerifier.verify(signer.publicKey, MESSAGE.subarray(1), signature)).toBe(false);
		expect(nodeVerifier.verify(new Signer(newKey(algorithm)).publicKey, MESSAGE, signature)).toBe(false);
	});
});

it("the vectors of RFC 8032 (test 3) and RFC 6979 (A.2.5) are right", () => {
	const ed25519 = fromHex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
	const signature = fromHex(
		"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
	);
	expect(nodeVerifier.verify(ed25519, Uint8Array.of(0xaf, 0x82), signature)).toBe(true);
	const p256 = fromHex(
		"0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
	);
	const sample = fromHex(
		"efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
	);
	expect(nodeVerifier.verify(p256, new TextEncoder().encode("sample"), sample)).toBe(true);
});

it("the hash is SHA-256, however its bytes come", () => {
	const hash = nodeVerifier.hash();
	hash.write(Uint8Array.of(0x61));
	hash.write(Uint8Array.of(0x62, 0x63));
	expect(toHex(hash.close())).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

it("keys of other kinds, and what is no key, are refused", () => {
	const pem = (key: { export(options: { type: "pkcs8"; format: "pem" }): string | Buffer }) =>
		key.export({ type: "pkcs8", format: "pem" }) as string;
	const other = generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey;
	expect(() => new Signer(pem(other))).toThrow("P-384");
	expect(() => new Signer("nothing")).toThrow();
	expect(() => nodeVerifier.verify(new Uint8Array(65).fill(4), MESSAGE, new Uint8Array(64))).toThrow();
});
