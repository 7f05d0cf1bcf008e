import { X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { certs } from "../../../host-sim/cli/certs.js";
import { thimble } from "../../support/command.js";

const root = mkdtempSync(join(tmpdir(), "thimble-certs-"));
afterAll(() => rmSync(root, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

/** What it says. */
async function made(...args: string[]): Promise<string[]> {
	const lines: string[] = [];
	vi.spyOn(console, "log").mockImplementation(line => void lines.push(line));
	expect(await certs(args)).toBe(0);
	return lines;
}
const read = (folder: string, name: string) => readFileSync(join(folder, name), "utf8");

describe("thimble certs", () => {
	it("makes an authority, a broker's and clients', with keys for their owner alone", async () => {
		const folder = join(root, "one");
		const lines = await made(
			"--to",
			folder,
			"--name",
			"localhost",
			"--name",
			"10.0.0.7",
			"--client",
			"board-1",
			"--client",
			"board-2",
		);
		expect(lines.length).toBe(4);
		const names = ["ca", "client-board-1", "client-board-2", "server"];
		expect(readdirSync(folder).sort()).toEqual(names.flatMap(name => [`${name}.key`, `${name}.pem`]));
		for (const name of names) expect(statSync(join(folder, `${name}.key`)).mode & 0o777).toBe(0o600);
		expect(statSync(folder).mode & 0o777).toBe(0o700);
		const ca = new X509Certificate(read(folder, "ca.pem"));
		for (const name of names.slice(1))
			expect(new X509Certificate(read(folder, `${name}.pem`)).verify(ca.publicKey)).toBe(true);
		const days = (Date.parse(new X509Certificate(read(folder, "server.pem")).validTo) - Date.now()) / 86_400_000;
		expect(Math.round(days)).toBe(365);
	});

	it("signs again with the authority that is there, and writes over nothing without --force, and never over the authority", async () => {
		const folder = join(root, "two");
		await made("--to", folder, "--name", "localhost", "--days", "10", "--json");
		const [ca, server] = [read(folder, "ca.key"), read(folder, "server.key")];
		await expect(certs(["--to", folder, "--name", "other"])).rejects.toThrow("server is in");
		await expect(certs(["--to", folder])).rejects.toThrow("the authority is there");
		expect(read(folder, "server.key")).toBe(server);
		await made("--to", folder, "--name", "other", "--client", "b", "--force", "--rsa");
		expect(read(folder, "ca.key")).toBe(ca);
		expect(new X509Certificate(read(folder, "server.pem")).subjectAltName).toBe("DNS:other");
		expect(new X509Certificate(read(folder, "client-b.pem")).publicKey.asymmetricKeyType).toBe("rsa");
		rmSync(join(folder, "ca.key"));
		await expect(certs(["--to", folder, "--client", "c"])).rejects.toThrow("one of ca.pem and ca.key");
	});

	it("refuses what is odd with the reason, before it writes anything", async () => {
		const folder = join(root, "three");
		const wrong: [string[], string][] = [
			[[], "Give --to DIR"],
			[["--to", folder, "--name", "mqtts://x"], "--name mqtts://x: expected a name or an address alone"],
			[["--to", folder, "--name", "x", "--name", "x"], "given twice"],
			[["--to", folder, "--client", "a/b"], "--client a/b: it has one of"],
			[["--to", folder, "--client", "x".repeat(65)], "longer than 64"],
			[["--to", folder, "--days", "0"], "--days: expected a whole number from 1 to 3650"],
			[["--to", folder, "more"], "too many arguments"],
		];
		for (const [args, why] of wrong) await expect(certs(args)).rejects.toThrow(why);
		expect(readdirSync(root)).not.toContain("three");
		await expect(certs(["--to", join(root, "one", "ca.pem", "more")])).rejects.toThrow("cannot be written");
	});

	it("is there from the command line, with its help", async () => {
		const help = thimble(["certs", "--help"]);
		expect(await help.code).toBe(0);
		expect(help.out().toString()).toMatch(/^Usage: thimble certs --to DIR/);
		const none = thimble(["certs"]);
		expect(await none.code).toBe(2);
		expect(none.err()).toBe("thimble: where to? Give --to DIR\n");
	});
});
