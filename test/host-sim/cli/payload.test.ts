import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, describe, expect, it } from "vitest";
import { filePayload, linesOf, memoryPayload, type Payload, streamPayload } from "../../../host-sim/cli/payload.js";

const folder = mkdtempSync(join(tmpdir(), "thimble-payload-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** All that a source gives, in pieces of odd sizes, and again from the middle. */
function readAll({ length, source }: Payload): Buffer {
	const bytes = Buffer.alloc(length + 3 + 1009);
	let at = 0;
	while (at < length) at += source.read(bytes, at + 3, 1009, at);
	const all = bytes.subarray(3, 3 + length);
	const middle = Buffer.alloc(8);
	const got = source.read(middle, 0, 8, length >> 1);
	expect(middle.subarray(0, got)).toEqual(all.subarray(length >> 1, (length >> 1) + got));
	return all;
}

async function lines(...chunks: string[]): Promise<string[]> {
	const found: string[] = [];
	for await (const line of linesOf(Readable.from(chunks.map(chunk => Buffer.from(chunk)))))
		found.push(Buffer.from(line).toString());
	return found;
}

describe("payloads", () => {
	it("from memory are there as a whole and in pieces", () => {
		const content = Buffer.from("x".repeat(5000) + "end");
		expect(memoryPayload(content).bytes).toBe(content);
		expect(readAll(memoryPayload(content))).toEqual(content);
	});

	it("from files are read while they are sent, small ones at once", () => {
		const path = join(folder, "file");
		const content = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 251));
		writeFileSync(path, content);
		const large = filePayload(path);
		expect(large.bytes).toBeUndefined();
		expect(readAll(large)).toEqual(content);
		// Somebody makes it shorter in the meantime: the message is given up.
		truncateSync(path, 1000);
		expect(large.source.read(Buffer.alloc(10), 0, 10, 150_000)).toBe(-1);
		expect(filePayload(path).bytes).toEqual(content.subarray(0, 1000));
		writeFileSync(path, "");
		expect(filePayload(path).length).toBe(0);
	});

	it("from what has no size of its own are read at once", () => {
		const path = join(folder, "pipe");
		execFileSync("mkfifo", [path]);
		spawn("/bin/sh", ["-c", 'printf "from a pipe" > "$0"', path]);
		expect(filePayload(path).bytes).toEqual(Buffer.from("from a pipe"));
	});

	it("that cannot be read are told in a sentence", () => {
		expect(() => filePayload(join(folder, "none"))).toThrow(/^-f: cannot read .*none: there is no such file$/);
		expect(() => filePayload(folder)).toThrow(`-f: ${folder} is a folder`);
	});

	it("from a stream end with it, and have to be something", async () => {
		const { bytes } = await streamPayload(Readable.from([Buffer.of(0, 255), Buffer.of(10)]));
		expect([...bytes!]).toEqual([0, 255, 10]);
		await expect(streamPayload(Readable.from([]))).rejects.toThrow("-s: nothing came on standard input");
	});
});

describe("lines of a stream", () => {
	it("end with a line feed, the last one with the stream", async () => {
		expect(await lines("a\n\nb")).toEqual(["a", "", "b"]);
		expect(await lines("a\r\nb\n")).toEqual(["a\r", "b"]);
		expect(await lines("")).toEqual([]);
		expect(await lines("\n")).toEqual([""]);
	});

	it("may come in any pieces", async () => {
		expect(await lines("o", "ne\ntw", "o", "\n", "\0three")).toEqual(["one", "two", "\0three"]);
	});
});
