import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { entriesOf } from "../../../../host-sim/record/file.js";
import { Reader } from "../../../../host-sim/record/recording.js";
import { recordedFrom, recordingOf } from "../../../../host-sim/web/packets/recorded.js";
import { thimble } from "../../../support/command.js";
import { MESSAGE, STILL, Talk } from "../../../support/seen.js";

const HEADER = { seed: 1, thimble: "1.0.0", startedAt: Date.parse("2026-01-01T00:00:00Z"), scenario: "a test" };
const folder = mkdtempSync(join(tmpdir(), "recorded-"));
afterAll(() => rmSync(folder, { recursive: true }));

function life(): Talk {
	const talk = new Talk().begin(4).connects("a", 4).exactlyOnce("a", 4).end(4, "a").says("größe", 9, MESSAGE);
	talk.items.push({ at: 99, event: "gap", count: 3 });
	return talk;
}

/** As a browser gives a file, in chunks of so many bytes. */
function fileOf(text: string, size = 7) {
	const bytes = new TextEncoder().encode(text);
	let at = 0;
	return {
		name: "some.jsonl",
		stream: () =>
			new ReadableStream<Uint8Array>({
				pull(controller) {
					if (at >= bytes.length) controller.close();
					else controller.enqueue(bytes.slice(at, at + size));
					at += size;
				},
			}),
	};
}

const written = () => [...recordingOf(life().log(), HEADER)].join("");

it("writes what Thimble reads: each connection begins, and is counted from 1", () => {
	const path = join(folder, "log.jsonl");
	writeFileSync(path, written());
	const reader = new Reader(path);
	const entries = [...entriesOf(path, reader)];
	expect(reader.isWhole).toBe(true);
	expect(reader.header).toEqual(HEADER);
	expect(entries.map(({ connection, event }) => `${connection} ${event}`)).toEqual([
		"1 begin",
		...Array.from({ length: 6 }, () => "1 packet"),
		"1 end",
		"2 begin",
		"2 packet",
	]);
});

it("is shown by thimble show", async () => {
	const path = join(folder, "shown.jsonl");
	writeFileSync(path, written());
	const { code, out } = thimble(["show", path]);
	expect(await code).toBe(0);
	expect(out().toString()).toMatch(/-> {2}PUBREL\s+#7/);
});

it("reads what it has written, in whatever chunks it comes", async () => {
	const { clients, header, isBroken, isCut, log } = await recordedFrom(fileOf(written()), { frames: STILL });
	expect({ clients, header, isBroken, isCut }).toEqual({
		clients: ["a", "größe"],
		header: HEADER,
		isBroken: false,
		isCut: false,
	});
	expect(log.startedAt).toBe(HEADER.startedAt);
	expect([...recordingOf(log, HEADER)].join("")).toBe(written());
});

it("reads no more than so many lines, and says so", async () => {
	const { isBroken, isCut, log } = await recordedFrom(fileOf(written()), { limit: 3, frames: STILL });
	expect([log.lines.length, isCut, isBroken]).toEqual([3, true, false]);
});

it("says where a recording breaks off", async () => {
	const lines = written().split("\n").slice(0, 4).join("\n");
	const { isBroken, log } = await recordedFrom(fileOf(lines, 1000), { frames: STILL });
	expect([log.lines.length, isBroken]).toEqual([3, true]);
});

it.each([
	["", "some.jsonl: this is no recording: it is empty"],
	["hello\n", "some.jsonl, line 1: this is no recording"],
	[
		`${written().split("\n")[0]}\n{"time":1,"event":"packet","connection":3}`,
		"some.jsonl, line 2: connection 3 has not begun",
	],
	["x".repeat(5_000_000), "some.jsonl, line 1: this is no recording"],
])("says of %.20j what is wrong", async (text, sentence) => {
	await expect(recordedFrom(fileOf(text, 100_000), { frames: STILL })).rejects.toThrow(sentence);
});
