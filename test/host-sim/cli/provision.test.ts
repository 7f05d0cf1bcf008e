// thimble provision as a person uses it: a real process on a real terminal, with the firmware's own provisioning on the other end.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { Settings } from "../../../firmware/device/settings.js";
import { provision } from "../../../host-sim/cli/provision.js";
import { Bench } from "../../../host-sim/node/bench.js";
import { FolderKeyValue, MemoryKeyValue } from "../../../host-sim/node/keyvalue.js";
import { thimble } from "../../support/command.js";
import { until } from "../../support/mosquitto.js";
import { describeWith } from "../../support/need.js";
import { Pty } from "../../support/pty.js";

const folder = mkdtempSync(join(tmpdir(), "thimble-provision-"));
afterAll(() => rmSync(folder, { recursive: true }));

const benches: Bench[] = [];
afterEach(() => {
	for (const bench of benches.splice(0)) bench.close();
});

/** A board at a port. `down` and `up` may change what the cable carries to it and from it. */
async function boardAt({ down = (bytes: Buffer) => bytes, up = (bytes: Buffer) => bytes } = {}) {
	const store = new MemoryKeyValue();
	const pty = await Pty.open();
	const bench = new Bench(store);
	benches.push(bench);
	pty.onData = bytes => bench.write(down(bytes));
	bench.listen({ data: bytes => pty.write(up(Buffer.from(bytes))), gone: () => {} });
	const settings = () => new Settings(store);
	return { path: pty.path, pty, settings };
}

function run(...args: string[]) {
	return thimble(["provision", ...args], "");
}

/** The events of --json. */
function events(out: Buffer): Record<string, unknown>[] {
	const lines = out.toString().trim().split("\n");
	return lines.map(line => JSON.parse(line) as Record<string, unknown>);
}

const passwordFile = join(folder, "password");
writeFileSync(passwordFile, "s3cret phrase\n");
const brokerFile = join(folder, "broker");
writeFileSync(brokerFile, "user:hunter2@broker.lan,other.lan:1884\r\n");

describeWith(["python3"], "a board at a port", () => {
	it("is provisioned from nothing, starts anew, and tells what it is set to, but no secret", async () => {
		const { path, settings } = await boardAt();
		const secrets = ["--password-file", passwordFile, "--broker-file", brokerFile];
		const rest = ["--device", "kitchen", "--set", "qos=2", "--set", 'telemetry={"batch":2}', "--get"];
		const { code, err, out } = run("--port", path, "--ssid", "höme", ...secrets, ...rest);
		expect({ code: await code, err: err() }).toEqual({ code: 0, err: "" });
		expect(out().toString()).toMatch(
			/^Board {5}thimble-simulated, thimble 0\.1\.0 on simulated\nWaits {5}for ssid and broker\nSet {7}ssid, device, password, broker, qos, telemetry\nRestart {3}done\nssid +höme\npassword +set\nbroker +set\ntokenSecret +not set\ntokenMinutes +60\ndevice +kitchen\n/,
		);
		expect(out().toString()).not.toMatch(/s3cret|hunter2/);
		const kept = settings();
		expect([kept.text("ssid"), kept.text("password")]).toEqual(["höme", "s3cret phrase"]);
		expect([kept.text("broker"), kept.number("qos")]).toEqual(["user:hunter2@broker.lan,other.lan:1884", 2]);
		expect(kept.show("telemetry")).toEqual({ batch: 2 });
	});

	it("refuses a value with what it expects, and keeps nothing of the change", async () => {
		const { path, settings } = await boardAt();
		const args = ["--port", path, "--ssid", "home", "--password-file", passwordFile, "--set", "qos=3", "--json"];
		const { code, err, out } = run(...args);
		expect(await code).toBe(1);
		expect(err()).toBe("thimble: the board does not take qos (out-of-range): expected an integer from 0 to 2\n");
		expect(events(out())).toEqual([
			{ event: "refused", error: "out-of-range", name: "qos", expected: "an integer from 0 to 2" },
		]);
		expect(settings().text("ssid")).toBe("");
	});

	it("is understood through logs between its answers and bytes that get lost on the way", async () => {
		let requests = 0;
		const down = (bytes: Buffer) => {
			// The first slice of every other request loses a byte.
			if (!bytes.includes('{"id":')) return bytes;
			requests += 1;
			return requests % 2 === 1 ? Buffer.concat([bytes.subarray(0, 20), bytes.subarray(21)]) : bytes;
		};
		const up = (bytes: Buffer) => Buffer.concat([Buffer.from('I (512) wifi: {"up":\u0000\u00ff'), bytes]);
		const { path, settings } = await boardAt({
			down,
			// Where a line begins.
			up: bytes => (bytes.toString().startsWith("\r\n") ? up(bytes) : bytes),
		});
		const { code, err } = run("--port", path, "--password-file", passwordFile, "--no-restart");
		expect({ code: await code, err: err() }).toEqual({ code: 0, err: "" });
		expect(settings().text("password")).toBe("s3cret phrase");
		expect(requests).toBeGreaterThanOrEqual(4);
	});

	it("that is unplugged in the middle ends it with a sentence", async () => {
		const pty = await Pty.open();
		pty.onData = () => pty.unplug();
		const { code, err } = run("--port", pty.path, "--get");
		expect(await code).toBe(1);
		expect(err()).toBe(`thimble: ${pty.path}: the port has gone in the middle\n`);
	});

	it("that says nothing ends it with what may be wrong", async () => {
		const pty = await Pty.open();
		const { code, err } = run("--port", pty.path, "--get", "--wait", "0.3", "--baud", "9600");
		expect(await code).toBe(1);
		expect(err()).toContain(`${pty.path}: no answer in 0.3 s; is it a board with this firmware in a release build`);
		expect(err()).toContain("at 9600 baud?");
	});
});

describeWith(["python3"], "at a terminal", () => {
	/** The program with a terminal as its standard input, and what it has shown there. */
	async function atTerminal(...args: string[]) {
		const terminal = await Pty.open();
		const before = await terminal.settings();
		const child = spawn(process.execPath, ["--import", "tsx", "host-sim/cli/main.ts", "provision", ...args], {
			stdio: [terminal.file(), "pipe", "pipe"],
		});
		let shown = "";
		child.stderr!.on("data", chunk => {
			shown += chunk;
		});
		const code = new Promise(resolve => child.once("close", resolve));
		const answer = async (question: string, keys: string) => {
			await until(question, () => shown.includes(question), 20_000);
			terminal.write(keys);
		};
		return { answer, before, code, shown: () => shown, terminal };
	}

	it("it asks for what the board waits for, and shows neither password nor broker", async () => {
		const { path, settings } = await boardAt();
		const { answer, before, code, shown, terminal } = await atTerminal("--port", path);
		await answer("Wi-Fi network: ", "home\r");
		await answer("host[:port]: ", "u:hunter2@broker.lan\r");
		await answer("Password of home (empty: none): ", "s3cret\r");
		expect(await code).toBe(0);
		expect(shown()).toContain("home");
		expect(shown()).not.toMatch(/hunter2|s3cret/);
		expect(await terminal.settings()).toBe(before);
		const kept = settings();
		expect([kept.text("ssid"), kept.text("password")]).toEqual(["home", "s3cret"]);
		expect(kept.text("broker")).toBe("u:hunter2@broker.lan");
	});

	it("Ctrl-C at the password leaves the terminal as it was, and the board", async () => {
		const { path, settings } = await boardAt();
		const { answer, before, code, shown, terminal } = await atTerminal("--port", path, "--ssid", "x", "--broker", "b");
		await answer("Password of x (empty: none): ", "s3cr\u0003");
		expect(await code).toBe(130);
		expect(shown()).not.toContain("s3cr");
		expect(await terminal.settings()).toBe(before);
		expect(settings().text("ssid")).toBe("");
	});
});

describe("a simulated board", () => {
	it("keeps what it is told in a folder, and shows it the next time", async () => {
		const store = join(folder, "store");
		const first = run("--simulated", "--store", store, "--json", "--set", "interval=60000", "--broker", "b");
		expect(await first.code).toBe(0);
		expect(events(first.out())).toEqual([
			{ event: "set", names: ["broker", "interval"], restart: true },
			{ event: "restarted", waiting: ["ssid"] },
		]);
		expect(new Settings(new FolderKeyValue(store)).number("interval")).toBe(60_000);
		const second = run(
			"--simulated",
			"--store",
			store,
			"--json",
			"--unset",
			"broker",
			"--no-restart",
			"--get",
			"--info",
		);
		expect(await second.code).toBe(0);
		const [info, set, settings] = events(second.out());
		expect(info).toMatchObject({ event: "info", board: "simulated", waiting: ["ssid"], restart: false });
		expect(set).toEqual({ event: "set", names: ["broker"], restart: true });
		expect(settings).toMatchObject({ event: "settings", settings: { interval: 60_000, broker: "not set" } });
	});

	it("has its password from a variable without a word, and from the command line with a warning", async () => {
		process.env["THIMBLE_TEST_PASSWORD"] = "s3cret";
		const args = ["--simulated", "--no-restart", "--json"];
		const quiet = run(...args, "--password-env", "THIMBLE_TEST_PASSWORD");
		expect({ code: await quiet.code, err: quiet.err() }).toEqual({ code: 0, err: "" });
		const loud = run(...args, "--password", "s3cret");
		expect(await loud.code).toBe(0);
		expect(loud.err()).toBe(
			"thimble: others on this computer can see a password on the command line; a file hides it\n",
		);
		expect(loud.out().toString()).not.toContain("s3cret");
	});
});

describe("what cannot be", () => {
	it.each([
		[["--simulated", "--port", "/dev/x", "--get"], "--port and --simulated do not go together"],
		[["--get"], "which board? Give --port, or --simulated"],
		[["--port", "/dev/x"], "nothing to do: give --ssid, --broker, --set, --get or --info"],
		[["--port", "/dev/x", "--store", "y", "--get"], "--store is for --simulated"],
		[["--simulated", "--get", "--baud", "fast"], "--baud: expected a whole number from 300 to 4000000"],
		[["--simulated", "--get", "--wait", "0"], "--wait: expected more than 0 seconds"],
		[["--simulated", "--set", "qos"], "--set: expected NAME=VALUE"],
		[["--simulated", "--set", "telemetry={"], "--set: telemetry is an object in JSON"],
		[["--simulated", "--set", "ssid=a", "--ssid", "b"], "ssid is given twice"],
		[["--simulated", "--broker", "a", "--broker-file", "b"], "--broker and --broker-file do not go together"],
		[["--simulated", "--password-file", join(folder, "none")], "there is no such file"],
		[["--simulated", "--password-env", "THIMBLE_NO_SUCH"], "there is no variable THIMBLE_NO_SUCH"],
		[["--simulated", "--restart", "--no-restart"], "--restart and --no-restart do not go together"],
		[["--simulated", "--get", "s3cret"], "there is a word that belongs to no flag"],
		[["--simulated", "--get", "--store", join(passwordFile, "x")], "cannot be made"],
	])("is said before anything happens: %j", async (args, message) => {
		const { isTTY } = process.stdin;
		process.stdin.isTTY = false;
		await expect(provision(args)).rejects.toThrow(message);
		process.stdin.isTTY = isTTY;
	});

	it("is too much at once for a board's line", async () => {
		const { code, err } = run("--simulated", "--set", `sensors=${"x".repeat(2000)}`);
		expect(await code).toBe(1);
		expect(err()).toContain("too much at once for a board: 1900 bytes are the most");
	});

	it("is a port that is not there", async () => {
		const path = join(folder, "ttyUSB9");
		expect(existsSync(path)).toBe(false);
		const { code, err } = run("--port", path, "--get");
		expect(await code).toBe(1);
		expect(err()).toBe(`thimble: ${path}: there is no such port; is the board plugged in?\n`);
	});
});
