// thimble show, and thimble replay of a recording, as a person runs them.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "mqtt-packet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Recorder } from "../../../host-sim/record/recorder.js";
import { closingLine, entryLine, headerLine } from "../../../host-sim/record/recording.js";
import { thimble } from "../../support/command.js";
import { until } from "../../support/mosquitto.js";

let folder: string;
let file: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "thimble-"));
	file = join(folder, "run.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Two clients, the second of 5.0 with a password; `lastMs`: when the last packet comes. */
function write({ isWhole = true, lastMs = 12_345 } = {}): void {
	let text = headerLine({ seed: 1, thimble: "0.1.0", startedAt: 0 });
	let entries = 0;
	const recorder = new Recorder({
		put: entry => {
			text += entryLine(entry);
			entries += 1;
		},
	});
	const connect = (clientId: string, protocolVersion: 4 | 5, password?: string) =>
		generate({
			cmd: "connect",
			protocolId: "MQTT",
			protocolVersion,
			clean: true,
			keepalive: 5,
			clientId,
			...(password !== undefined && { username: "u", password: Buffer.from(password) }),
		});
	const one = recorder.begin("127.0.0.1:5000", 0);
	const other = recorder.begin("127.0.0.1:5001", 0.5);
	one.handleBytes("client", connect("ann\u0007", 4), 1);
	other.handleBytes("client", connect("bob", 5, "hush"), 2);
	one.handleBytes("broker", Buffer.of(0x20, 2, 0, 0), 3);
	one.handleEnd("broker", "reset", 4);
	const publish = { topic: "a/b", payload: "hi", qos: 1, dup: true, retain: false, messageId: 7 } as const;
	other.handleBytes("client", generate({ cmd: "publish", ...publish }, { protocolVersion: 5 }), lastMs);
	writeFileSync(file, isWhole ? text + closingLine(lastMs, entries) : text);
}

describe("thimble show", () => {
	it("prints a line for each packet, beginning and end, and nothing that a terminal would obey", async () => {
		write();
		const run = thimble(["show", file]);
		expect(await run.code).toBe(0);
		expect(`${run.out()}`.split("\n")).toEqual([
			"     0.000     1 ann?          --  connects as 127.0.0.1:5000",
			"     0.001     2 bob           --  connects as 127.0.0.1:5001",
			"     0.001     1 ann?          ->  CONNECT      MQTT 3.1.1  clean  keep alive 5 s  18 bytes",
			"     0.002     2 bob           ->  CONNECT      MQTT 5.0  clean  keep alive 5 s  27 bytes  masked",
			"     0.003     1 ann?          <-  CONNACK      4 bytes",
			"     0.004     1 ann?          --  reset by the broker",
			"    12.345     2 bob           ->  PUBLISH      #7  QoS 1  DUP  a/b  12 bytes",
			"",
		]);
		expect(run.err()).toBe("");
	});

	it("--client shows one of them, --json says the same as objects", async () => {
		write();
		const run = thimble(["show", file, "--client", "bob", "--json"]);
		expect(await run.code).toBe(0);
		const lines = `${run.out()}`.trimEnd().split("\n");
		expect(lines.map(line => JSON.parse(line))).toEqual([
			{ time: 0.5, event: "begin", connection: 2, client: "bob", peer: "127.0.0.1:5001" },
			{
				time: 2,
				event: "packet",
				connection: 2,
				client: "bob",
				peer: "127.0.0.1:5001",
				from: "client",
				type: "CONNECT",
				length: 27,
				version: "5.0",
				clean: true,
				keepAlive: 5,
				masked: true,
			},
			{
				time: 12_345,
				event: "packet",
				connection: 2,
				client: "bob",
				peer: "127.0.0.1:5001",
				from: "client",
				type: "PUBLISH",
				length: 12,
				id: 7,
				qos: 1,
				dup: true,
				retain: false,
				topic: "a/b",
			},
		]);
	});

	it("shows what there is of a recording that breaks off, and says so", async () => {
		write({ isWhole: false });
		const run = thimble(["show", file]);
		expect(await run.code).toBe(0);
		expect(`${run.out()}`.split("\n").length).toBe(8);
		expect(run.err()).toBe(`thimble: ${file} breaks off after line 8: whoever recorded it was ended\n`);
	});

	it("refuses a file that is none, and a client that is not in it, in one sentence", async () => {
		write();
		const other = join(folder, "other.json");
		writeFileSync(other, '{"seed":1}\n');
		for (const [args, expected] of [
			[[other], `${other}, line 1: this is no recording`],
			[[join(folder, "x")], `${folder}/x cannot be read: ENOENT: no such file or directory`],
			[[file, "--client", "eve"], "--client: there is no eve in it; there are ann?, bob"],
		] as const) {
			const run = thimble(["show", ...args]);
			expect(await run.code).toBe(2);
			expect([run.err(), `${run.out()}`]).toEqual([`thimble: ${expected}\n`, ""]);
		}
	});
});

describe("thimble replay of a recording", () => {
	it("prints at the recording's pace, or as many times faster", async () => {
		write({ lastMs: 60_000 });
		const slow = thimble(["replay", file]);
		await until("the first lines", () => `${slow.out()}`.includes("reset by the broker"));
		await new Promise(resolve => setTimeout(resolve, 300));
		expect(`${slow.out()}`.includes("PUBLISH")).toBe(false);
		slow.child.kill("SIGINT");
		expect(await slow.code).toBe(0);
		expect(`${slow.out()}`.includes("PUBLISH")).toBe(false);
		const fast = thimble(["replay", file, "--speed", "600", "--client", "bob"]);
		expect(await fast.code).toBe(0);
		expect(`${fast.out()}`.split("\n").length).toBe(4);
	});

	it("takes no options of seeds, and seeds none of its own", async () => {
		write();
		const seeds = thimble(["replay", "3", "--speed", "2"]);
		expect(await seeds.code).toBe(2);
		expect(seeds.err()).toBe("thimble: --client and --speed are for recordings: leave them out with a seed\n");
		const recording = thimble(["replay", file, "--boards", "1"]);
		expect(await recording.code).toBe(2);
		expect(recording.err()).toBe(
			"thimble: --boards, --faults and --until are for seeds: leave them out with a recording\n",
		);
	});
});
