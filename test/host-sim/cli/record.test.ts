// thimble run --record, as a person runs it: in virtual time, on real sockets, and before a real broker.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Broker } from "../../../host-sim/broker/broker.js";
import { listen } from "../../../host-sim/node/listen.js";
import { entriesOf } from "../../../host-sim/record/file.js";
import { type Entry, Reader } from "../../../host-sim/record/recording.js";
import { thimble } from "../../support/command.js";
import { until } from "../../support/mosquitto.js";

let folder: string;
let file: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "thimble-"));
	file = join(folder, "run.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

function recording(): { entries: Entry[]; reader: Reader } {
	const reader = new Reader(file);
	return { entries: [...entriesOf(file, reader)], reader };
}

const typesOf = (entries: readonly Entry[], from: string) =>
	entries.flatMap(entry => (entry.event === "packet" && entry.from === from ? [entry.bytes[0]! >> 4] : []));

describe("thimble run --record", () => {
	it("in virtual time: the same seed gives the same file, by the scenario's clock, and the run says what is in it", async () => {
		const again = join(folder, "again.jsonl");
		const one = thimble(["run", "bad-night", "--until", "1m", "--record", file]);
		expect(await one.code).toBe(0);
		const other = thimble(["run", "bad-night", "--until", "1m", "--record", again, "--json"]);
		expect(await other.code).toBe(0);
		expect(readFileSync(file, "utf8")).toBe(readFileSync(again, "utf8"));
		const { entries, reader } = recording();
		expect(reader.header).toEqual({
			seed: 7,
			scenario: "bad-night",
			thimble: "0.1.0",
			startedAt: Date.UTC(2026, 0, 1),
		});
		expect(reader.isWhole).toBe(true);
		// The last of it is 20 goodbyes.
		expect(typesOf(entries, "client").filter(type => type === 14).length).toBe(20);
		expect(entries.filter(({ event }) => event === "end").length).toBe(20);
		const packets = entries.filter(({ event }) => event === "packet").length;
		expect(packets).toBeGreaterThan(500);
		expect(`${one.out()}`).toMatch(new RegExp(`\nrecorded {2}packets ${packets} {2}connections 20 {2}in ${file}\n$`));
		const events = `${other.out()}`
			.trimEnd()
			.split("\n")
			.map(line => JSON.parse(line));
		expect(events.at(-2)).toMatchObject({ event: "recorded", file: again, connections: 20, packets });
		expect(events.at(-1).event).toBe("summary");
	});

	it.each(["SIGINT", "SIGTERM"] as const)("on real sockets: %s leaves a whole file behind", async signal => {
		const run = thimble(["run", "--devices", "2", "--port", "0", "--interval", "100ms", "--record", file, "--json"]);
		await until("readings", () => `${run.out()}`.split('"settled"').length > 8);
		run.child.kill(signal);
		expect(await run.code).toBe(0);
		const { entries, reader } = recording();
		expect(reader.isWhole).toBe(true);
		expect(Math.abs(reader.header!.startedAt - Date.now())).toBeLessThan(60_000);
		const sent = typesOf(entries, "client");
		expect(sent.slice(0, 2)).toContain(1);
		// Both have said goodbye.
		expect(sent.filter(type => type === 14).length).toBe(2);
		expect(typesOf(entries, "broker").filter(type => type === 4).length).toBeGreaterThan(6);
		const clients = new Set(entries.flatMap(entry => (entry.event === "packet" ? [entry.client] : [])));
		expect([...clients].sort()).toEqual(["board-01", "board-02"]);
	});

	it("who is killed leaves whole lines, and a file that is known to break off", async () => {
		const run = thimble(["run", "--devices", "1", "--port", "0", "--interval", "50ms", "--record", file, "--json"]);
		await until("lines on disk", () => {
			try {
				return readFileSync(file, "utf8").split("\n").length > 20;
			} catch {
				return false;
			}
		});
		run.child.kill("SIGKILL");
		await run.code;
		expect(readFileSync(file, "utf8").endsWith("}\n")).toBe(true);
		expect(recording().reader.isWhole).toBe(false);
	});

	it("before a broker outside, with faults or without: no password gets into the file", async () => {
		const broker = new Broker({ users: { ann: "hush-hush" } });
		const listener = await listen(broker, 0);
		try {
			const url = `mqtt://ann:hush-hush@127.0.0.1:${listener.port}`;
			const run = thimble(["run", "--devices", "2", "--broker", url, "--duration", "1s", "--record", file]);
			expect(await run.code).toBe(0);
			expect(run.err()).toBe("");
		} finally {
			await listener.close();
		}
		const { entries, reader } = recording();
		expect(reader.isWhole).toBe(true);
		const hex = Buffer.from("hush-hush").toString("hex");
		const text = readFileSync(file, "utf8");
		expect(text.includes(hex) || text.includes("hush")).toBe(false);
		const connects = entries.filter(entry => entry.event === "packet" && entry.bytes[0] === 0x10);
		expect(connects.length).toBe(2);
		for (const entry of connects) {
			expect(entry).toMatchObject({ masked: true });
			expect(Buffer.from((entry as { bytes: Uint8Array }).bytes).includes(`*********`)).toBe(true);
		}
		expect(typesOf(entries, "broker")).toContain(4);
	});

	it("tells where the file cannot be written: before anything begins, or in the end", async () => {
		const first = thimble(["run", "--record", join(folder, "no", "x"), "--port", "0"]);
		expect(await first.code).toBe(2);
		expect(first.err()).toBe(`thimble: ${folder}/no/x cannot be written: ENOENT: no such file or directory\n`);
		const second = thimble(["run", "bad-night", "--until", "20s", "--record", "/dev/full"]);
		expect(await second.code).toBe(1);
		expect(second.err()).toBe(
			"thimble: the recording breaks off: /dev/full cannot be written: ENOSPC: no space left on device\n",
		);
	});

	it("--engine xs before a broker outside is not recorded yet, and said to be", async () => {
		writeFileSync(file, "");
		const run = thimble(["run", "--engine", "xs", "--broker", "mqtt://127.0.0.1:1", "--record", file]);
		expect(await run.code).toBe(2);
		expect(run.err()).toBe(
			"thimble: --record with --broker is for virtual time, which --engine xs does not have yet: leave one of them out\n",
		);
	});
});
