// Recordings on disk.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UsageError } from "../../../host-sim/fleet/schema.js";
import { entriesOf, RecordingFile } from "../../../host-sim/record/file.js";
import { type Entry, Reader } from "../../../host-sim/record/recording.js";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "thimble-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const HEADER = { seed: 1, thimble: "0.1.0", startedAt: 0 };
const entry = (i: number): Entry =>
	i === 0
		? { time: 0, connection: 1, event: "begin", peer: "bücherwurm" }
		: {
				time: i,
				connection: 1,
				event: "packet",
				peer: "bücherwurm",
				from: "client",
				bytes: new Uint8Array(50).fill(i),
				masked: false,
				partial: false,
			};

describe("RecordingFile", () => {
	it("writes what is read again, over more than one piece", () => {
		const path = join(folder, "run.jsonl");
		const file = new RecordingFile(path, HEADER);
		const entries = Array.from({ length: 2000 }, (_, i) => entry(i));
		for (const each of entries) file.put(each);
		file.close();
		const reader = new Reader(path);
		expect([...entriesOf(path, reader)]).toEqual(entries);
		expect(reader.isWhole).toBe(true);
		expect(file.failure).toBeUndefined();
	});

	it("has whole lines on disk before its end", () => {
		const path = join(folder, "run.jsonl");
		const file = new RecordingFile(path, HEADER);
		for (let i = 0; i < 1000; i += 1) file.put(entry(i));
		const text = readFileSync(path, "utf8");
		expect(text.split("\n").length).toBeGreaterThan(100);
		expect(text.endsWith("}\n")).toBe(true);
		file.close();
	});

	it("tells in the end that the disk was full, and stops nobody before", () => {
		const file = new RecordingFile("/dev/full", HEADER);
		for (let i = 0; i < 1000; i += 1) file.put(entry(i));
		file.close();
		expect(file.failure).toBe("ENOSPC: no space left on device");
	});

	it("says where it cannot be begun", () => {
		expect(() => new RecordingFile(join(folder, "no", "run.jsonl"), HEADER)).toThrow(
			new UsageError(`${folder}/no/run.jsonl cannot be written: ENOENT: no such file or directory`),
		);
	});
});

describe("entriesOf()", () => {
	it.each([
		["", "this is no recording: it is empty"],
		["{}\n", "line 1: this is no recording"],
	])("refuses a file that is none", (text, expected) => {
		const path = join(folder, "x");
		writeFileSync(path, text);
		expect(() => [...entriesOf(path)]).toThrow(expected);
	});

	it.each([
		["missing", "ENOENT: no such file or directory"],
		["", "EISDIR: illegal operation on a directory"],
	])("refuses what cannot be read", (name, expected) => {
		expect(() => [...entriesOf(join(folder, name))]).toThrow(`cannot be read: ${expected}`);
	});
});
