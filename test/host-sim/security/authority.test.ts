import { createPrivateKey, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Authority, daysFrom, faultOfClient, faultOfHost } from "../../../host-sim/security/authority.js";

const TERM = daysFrom(Date.now(), 10);

describe.each(["p256", "rsa"] as const)("an authority with %s", keys => {
	it("signs for a broker and for clients, and for nothing else", async () => {
		const authority = await Authority.make(keys);
		const ca = new X509Certificate(authority.identity.cert);
		expect(ca.ca).toBe(true);
		const server = await authority.issue({ server: ["broker.lan", "10.0.0.7", "::1"] }, TERM, keys);
		const shown = new X509Certificate(server.cert);
		expect(shown.verify(ca.publicKey)).toBe(true);
		expect(shown.checkIssued(ca)).toBe(true);
		expect(shown.checkPrivateKey(createPrivateKey(server.key))).toBe(true);
		expect(shown.ca).toBe(false);
		expect(shown.checkHost("broker.lan")).toBe("broker.lan");
		expect(shown.checkIP("10.0.0.7")).toBe("10.0.0.7");
		expect(shown.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
		const client = new X509Certificate((await authority.issue({ client: "Küche 1" }, TERM, keys)).cert);
		expect(client.toLegacyObject().subject.CN).toBe("Küche 1");
		expect(client.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
		expect(client.subjectAltName).toBeUndefined();
		expect(client.serialNumber).not.toBe(shown.serialNumber);
		expect(createPrivateKey(server.key).asymmetricKeyType).toBe(keys === "rsa" ? "rsa" : "ec");
	});

	it("signs again when it is read from its files", async () => {
		const { identity } = await Authority.make(keys);
		const again = await Authority.read(identity);
		const { cert } = await again.issue({ client: "a" }, TERM);
		expect(new X509Certificate(cert).verify(new X509Certificate(identity.cert).publicKey)).toBe(true);
		const client = await again.issue({ client: "b" }, TERM);
		await expect(Authority.read(client)).rejects.toThrow("certificate of an authority");
		await expect(Authority.read({ cert: "x", key: "y" })).rejects.toThrow("certificate of an authority");
	});
});

it("a name in a certificate is a value, whatever is in it", async () => {
	const authority = await Authority.make();
	const { cert } = await authority.issue({ client: "a,CN=admin" }, TERM);
	expect(new X509Certificate(cert).toLegacyObject().subject.CN).toBe("a,CN=admin");
});

it("odd names are refused, each with its reason", async () => {
	for (const good of ["localhost", "broker.lan", "*.boards.lan", "10.0.0.1", "fe80::1", "B-1"])
		expect(faultOfHost(good), good).toBeUndefined();
	for (const bad of ["mqtts://x", "x:8883", "10.0.0", "a_b", "-a", "a..b", "*.lan", "*", "", "a b", "x".repeat(64)])
		expect(faultOfHost(bad), bad).toBeTypeOf("string");
	for (const bad of ["a/b", "+", "#", "$x", "", "x".repeat(65), "a:b", " a", "a\nb"])
		expect(faultOfClient(bad), bad).toBeTypeOf("string");
	const authority = await Authority.make();
	await expect(authority.issue({ server: ["x:1"] }, TERM)).rejects.toThrow("x:1: expected a name or an address alone");
	await expect(authority.issue({ client: "a/b" }, TERM)).rejects.toThrow("no client can have that name");
});
