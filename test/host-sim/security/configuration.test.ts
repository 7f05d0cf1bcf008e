import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Authority, daysFrom } from "../../../host-sim/security/authority.js";
import { readConfiguration, withoutFile } from "../../../host-sim/security/configuration.js";
import { hashOf } from "../../../host-sim/security/password.js";

const folder = mkdtempSync(join(tmpdir(), "thimble-configuration-"));
afterAll(() => rmSync(folder, { recursive: true }));
const put = (name: string, text: string) => {
	writeFileSync(join(folder, name), text);
	return join(folder, name);
};

beforeAll(async () => {
	const authority = await Authority.make();
	const server = await authority.issue({ server: ["localhost"] }, daysFrom(Date.now(), 1));
	const now = Date.now();
	const old = await authority.issue({ server: ["localhost"] }, { from: now - 10_000, to: now - 5000 });
	put("ca.pem", authority.identity.cert);
	put("server.pem", server.cert);
	put("server.key", server.key);
	put("old.pem", old.cert);
	put("old.key", old.key);
	put("users", `ann:${await hashOf("kettle-orbit-mosaic", "scrypt")}\n`);
	put("secret", `${"x".repeat(40)}\n`);
	put("broken", "s3cret\n");
});

const TLS = { cert: "server.pem", key: "server.key" };
const read = (value: unknown) => readConfiguration(put("broker.json", JSON.stringify(value)));
/** What is wrong with it, a line each. */
const faultsOf = (value: unknown) => {
	try {
		read(value);
		return [];
	} catch (error) {
		return (error as Error).message.split("\n").map(line => line.slice(join(folder, "broker.json: ").length));
	}
};

describe("a configuration", () => {
	it("of one listener is for this machine and everybody on it, with limits", () => {
		const { access, clientIds, entrances, limits, users } = read({ listeners: [{ port: 1883 }] });
		expect(entrances).toEqual([{ port: 1883, host: "127.0.0.1", webSocket: false, anonymous: true }]);
		expect({ clientIds, users }).toEqual({ clientIds: "any" });
		expect(limits).toMatchObject({
			connections: 10_000,
			connectTime: 10_000,
			packetSize: 262_144,
			sessionExpiry: 86_400_000,
		});
		expect(access.allows({ clientId: "a" }, "publish", "a")).toBe(true);
		expect(withoutFile(1883)).toMatchObject({ entrances, limits, clientIds });
	});

	it("finds its files beside itself, wherever it is read from", async () => {
		const made = read({
			listeners: [{ port: 8883, host: "0.0.0.0", tls: { ...TLS, ca: "ca.pem", identity: "hostName" } }],
			users: "users",
			token: { secret: "secret" },
		});
		expect(made.entrances[0]).toMatchObject({ anonymous: false, naming: "hostName" });
		expect(made.entrances[0]!.tls!.ca).toBe(readFileSync(join(folder, "ca.pem"), "utf8"));
		expect(await made.users!.isRight("ann", "kettle-orbit-mosaic")).toBe(true);
	});

	it("lets nobody in without a name where there are users, and nowhere but on this machine without a word", () => {
		const anonymous = (listener: object, rest: object = {}) =>
			read({ listeners: [{ port: 1, ...listener }], ...rest }).entrances[0]!.anonymous;
		expect(anonymous({})).toBe(true);
		expect(anonymous({ host: "::1" })).toBe(true);
		expect(anonymous({}, { users: "users" })).toBe(false);
		expect(anonymous({ anonymous: true }, { users: "users" })).toBe(true);
		expect(anonymous({ host: "0.0.0.0", anonymous: true })).toBe(true);
		expect(faultsOf({ listeners: [{ port: 1, host: "0.0.0.0" }] })).toEqual([
			'listeners[0]: nobody could come in: give users, token or tls.ca, or say "anonymous": true',
		]);
		expect(faultsOf({ listeners: [{ port: 1, anonymous: false }] })).toEqual([
			expect.stringContaining("nobody could come in"),
		]);
	});

	it("takes no passwords as plain text from other machines, unless it says so", () => {
		const at = (listener: object) => faultsOf({ listeners: [{ port: 1, host: "::", ...listener }], users: "users" });
		expect(at({})).toEqual([expect.stringMatching(/^listeners\[0\]: passwords would come as plain text/)]);
		expect(at({ plainText: true })).toEqual([]);
		expect(at({ tls: TLS })).toEqual([]);
	});

	it("tells every mistake with its place, the files' too", () => {
		expect(
			faultsOf({
				listeners: [
					{ port: 70_000, hsot: "x" },
					{ port: 1, host: "broker.lan" },
				],
				acces: [],
				limits: { connectTime: "1h" },
				access: [{ user: "a", publish: ["a/#/b"] }],
			}),
		).toEqual([
			"listeners[0].port: expected a whole number from 0 to 65535, got 70000",
			"listeners[0].hsot: unknown; known are port, host, webSocket, tls, anonymous, plainText",
			expect.stringMatching(/^listeners\[1\]\.host: expected an address/),
			'access[0].publish[0]: expected a topic filter, got "a/#/b"',
			expect.stringMatching(/^limits\.connectTime: expected a duration from 100ms to 10s/),
			"acces: unknown; known are listeners, users, token, clientIds, access, limits",
		]);
		expect(
			faultsOf({
				listeners: [
					{ port: 1, tls: { cert: "server.pem", key: "old.key" } },
					{ port: 2, tls: { cert: "old.pem", key: "old.key", ca: "broken" } },
					{ port: 3, tls: { cert: "missing.pem", key: "broken" } },
				],
				users: "broken",
				token: { secret: "broken" },
				limits: { connectPacketSize: 1000, packetSize: 500 },
			}),
		).toEqual([
			"users: broken: line 1: expected NAME:$scrypt$… or NAME:$7$…, as thimble users writes it",
			"token.secret: broken: expected at least 32 bytes of a secret",
			"limits.connectPacketSize: expected no more than packetSize",
			"listeners[0].tls.key: old.key is not the key of server.pem",
			"listeners[1].tls.ca: broken: there is no certificate in PEM in it",
			"listeners[1].tls.cert: old.pem has expired",
			"listeners[2].tls.cert: missing.pem: there is no such file",
			"listeners[2].tls.key: broken: there is no key in PEM in it, or one with a passphrase",
		]);
	});

	it("is a file of JSON", () => {
		expect(() => readConfiguration(join(folder, "nowhere.json"))).toThrow("there is no such file");
		expect(() => readConfiguration(put("bad.json", "{"))).toThrow(/not JSON/);
		// Somebody may have written the secret itself there.
		expect(() => readConfiguration(put("bad.json", '{"token":{"secret":sesame}}'))).toThrow(
			/^(?!.*ses).*not JSON: Unexpected token 's'$/,
		);
		expect(faultsOf({ listeners: [] })).toEqual([expect.stringContaining("a listener or more")]);
		expect(faultsOf({ listeners: [{ port: 1 }], token: { secret: "secret", publicKey: "x" } })).toEqual([
			"token: expected one of secret, publicKey and keySet",
		]);
		expect(faultsOf("x")[0]).toMatch(/expected an object/);
	});
});
