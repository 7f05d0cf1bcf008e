import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { users } from "../../../host-sim/cli/users.js";
import { Users } from "../../../host-sim/security/users.js";
import { thimble } from "../../support/command.js";
import { describeWith } from "../../support/need.js";

const root = mkdtempSync(join(tmpdir(), "thimble-users-"));
afterAll(() => rmSync(root, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

const file = join(root, "users");
let passwords = 0;
const password = (text: string) => {
	passwords += 1;
	const path = join(root, `password-${passwords}`);
	writeFileSync(path, text);
	return path;
};
async function said(...args: string[]): Promise<string[]> {
	const lines: string[] = [];
	vi.spyOn(console, "log").mockImplementation(line => void lines.push(line));
	expect(await users(args)).toBe(0);
	return lines;
}

describe("thimble users", () => {
	it("adds, changes, lists and removes, in a file for its owner alone", async () => {
		expect(await said(file, "add", "ann", "--password-file", password("kettle-orbit-mosaic\n"))).toEqual([
			"ann is added",
		]);
		expect(await said(file, "add", "bob", "--mosquitto", "--password-file", password("kettle-orbit-mosaic"))).toEqual([
			"bob is added",
		]);
		expect(statSync(file).mode & 0o777).toBe(0o600);
		expect(await said(file, "list")).toEqual(["ann", "bob"]);
		expect(readFileSync(file, "utf8")).toMatch(/^ann:\$scrypt\$\S+\nbob:\$7\$\S+\n$/);
		const change = ["add", "ann", "--password-file", password("another-orbit-mosaic")] as const;
		await expect(users([file, ...change])).rejects.toThrow("that user is there");
		expect(await said(file, ...change, "--force", "--json")).toEqual(['{"event":"changed","user":"ann"}']);
		expect(await new Users(readFileSync(file, "utf8")).isRight("ann", "another-orbit-mosaic")).toBe(true);
		expect(await said(file, "remove", "bob")).toEqual(["bob is removed"]);
		expect(await said(file, "list", "--json")).toEqual(['{"user":"ann"}']);
		await expect(users([file, "remove", "bob"])).rejects.toThrow("there is no user of that name");
	});

	it("refuses what is weak or odd with the reason, and never says a password again", async () => {
		const fresh = join(root, "fresh");
		const wrong: [string[], string][] = [
			[["add", "a/b", "--password-file", password("kettle-orbit-mosaic")], "nobody can have that name: it has one of"],
			[["add", "ann", "--password-file", password("password123")], "too weak: it is one of those that are tried first"],
			[["add", "ann", "--password-file", password("short")], "too weak: it is shorter than 10"],
			[["add", "ann", "--password-file", join(root, "nowhere")], "cannot be read"],
			[["add", "ann", "kettle-orbit-mosaic"], "a password comes from the terminal"],
			[["add"], "which user?"],
			[["list"], "there is no such file"],
			[["list", "--force"], "go with add"],
			[["change", "ann"], "expected add, remove or list"],
		];
		for (const [args, why] of wrong) {
			const failed = users([fresh, ...args]);
			await expect(failed).rejects.toThrow(why);
			await expect(failed).rejects.not.toThrow(/password123|kettle/);
		}
		expect(existsSync(fresh)).toBe(false);
		writeFileSync(fresh, "ann:her secret\n");
		await expect(users([fresh, "list"])).rejects.toThrow(/line 1: expected NAME:/);
	});

	it("takes the password from standard input, where there is no terminal only so", async () => {
		const piped = thimble(
			["users", join(root, "piped"), "add", "ann", "--password-file", "-"],
			"kettle-orbit-mosaic\n",
		);
		expect(await piped.code).toBe(0);
		const closed = thimble(["users", join(root, "piped"), "add", "bob"], "kettle-orbit-mosaic\n");
		expect(await closed.code).toBe(2);
		expect(closed.err()).toContain("there is no terminal to ask at");
	});
});

describeWith(["python3"], "at a terminal", () => {
	it("asks twice, and shows nothing of what is typed", async () => {
		const made = join(root, "terminal");
		const script = [
			"import os, pty, sys, time",
			"child, fd = pty.fork()",
			"if child == 0: os.execvp(sys.argv[1], sys.argv[1:])",
			"said = b''",
			"for ask in (b'Password for ann: ', b'The same again: '):",
			"    while ask not in said: said += os.read(fd, 1000)",
			"    time.sleep(0.2)",
			"    os.write(fd, b'kettle-orbit-mosaic\\r')",
			"try:",
			"    while True:",
			"        got = os.read(fd, 1000)",
			"        if not got: break",
			"        said += got",
			"except OSError: pass",
			"sys.stdout.buffer.write(said)",
		].join("\n");
		const args = ["--import", "tsx", "host-sim/cli/main.ts", "users", made, "add", "ann"];
		const child = spawn("python3", ["-c", script, process.execPath, ...args], { stdio: ["ignore", "pipe", "inherit"] });
		let out = "";
		child.stdout.on("data", chunk => (out += chunk));
		await new Promise(resolve => child.once("close", resolve));
		expect(out).toContain("ann is added");
		expect(out).not.toContain("kettle");
		expect(await new Users(readFileSync(made, "utf8")).isRight("ann", "kettle-orbit-mosaic")).toBe(true);
	});
});
