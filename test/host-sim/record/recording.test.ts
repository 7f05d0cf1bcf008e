// The lines of a recording: written, read again, and refused where they are wrong, by number.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../../host-sim/fleet/schema.js";
import {
	closingLine,
	type Entry,
	entryLine,
	type Header,
	headerLine,
	namesIn,
	Reader,
} from "../../../host-sim/record/recording.js";

const HEADER: Header = { seed: 7, thimble: "0.1.0", scenario: "bad-night", startedAt: Date.UTC(2026, 0, 1) };
const BEGIN: Entry = { time: 0, connection: 1, event: "begin", peer: "attic-01" };
const packet = (more: object = {}): Entry => ({
	time: 1,
	connection: 1,
	event: "packet",
	peer: "attic-01",
	from: "client",
	bytes: Uint8Array.of(0xc0, 0),
	masked: false,
	partial: false,
	...more,
});
const END: Entry = { time: 2, connection: 1, event: "end", by: "broker", how: "reset" };

function read(text: string): { entries: Entry[]; reader: Reader } {
	const reader = new Reader("run.jsonl");
	const entries = text
		.trimEnd()
		.split("\n")
		.flatMap(line => reader.take(line) ?? []);
	return { entries, reader };
}

describe("a recording", () => {
	it("comes back as it was: header, connections, packets with any bytes and names, and its end", () => {
		fc.assert(
			fc.property(
				fc.array(
					fc.record({
						client: fc.string(),
						peer: fc.string(),
						bytes: fc.uint8Array({ minLength: 1 }),
						from: fc.constantFrom("client", "broker"),
						masked: fc.boolean(),
						partial: fc.boolean(),
					}),
				),
				parts => {
					const written: Entry[] = [BEGIN, ...parts.map(part => packet(part)), packet(), END];
					const text = `${headerLine(HEADER)}${written.map(entryLine).join("")}${closingLine(2, written.length)}`;
					const { entries, reader } = read(text);
					expect(entries).toEqual(written);
					expect(reader.header).toEqual(HEADER);
					expect(reader.isWhole).toBe(true);
				},
			),
			{ numRuns: 100 },
		);
	});

	it("is not whole without its last line", () => {
		expect(read(headerLine(HEADER) + entryLine(BEGIN)).reader.isWhole).toBe(false);
	});

	it.each([
		["", "line 1: this is no recording"],
		['{"time":1}\n', "line 1: this is no recording"],
		[
			headerLine(HEADER).replace('"version":1', '"version":2'),
			"line 1: version: this Thimble reads recordings of version 1, got 2",
		],
		[
			headerLine(HEADER).replace("2026-01-01T", "x"),
			"line 1: startedAt: expected a date such as 2026-01-01T00:00:00.000Z",
		],
		[headerLine(HEADER).replace('"seed":7', '"seed":"7"'), "line 1: seed: expected a whole number"],
		[`${headerLine(HEADER)}${entryLine(BEGIN)}{"time":1,`, "line 3: not JSON"],
		[`${headerLine(HEADER)}[]\n`, "line 2: not a JSON object"],
		[headerLine(HEADER) + entryLine(packet()), "line 2: connection 1 has not begun"],
		[
			headerLine(HEADER) + entryLine(BEGIN) + entryLine(END) + entryLine({ ...END, time: 3 }),
			"line 4: connection 1 has ended",
		],
		[headerLine(HEADER) + entryLine(BEGIN) + entryLine(BEGIN), "line 3: connection 1 has begun before"],
		[
			headerLine(HEADER) + entryLine(BEGIN) + entryLine(packet()) + entryLine({ ...END, time: 0.5 }),
			"line 4: time: expected a number of ms, not below that of the line before (1)",
		],
		[
			headerLine(HEADER) + entryLine(BEGIN) + entryLine(packet()).replace("c000", "c0 0"),
			"line 3: bytes: expected pairs of hex digits",
		],
		[
			headerLine(HEADER) + entryLine(BEGIN) + entryLine(packet({ from: "server" })),
			"line 3: from: expected client or broker",
		],
		[
			headerLine(HEADER) + entryLine(BEGIN) + '{"time":1,"connection":1,"event":"x"}',
			"line 3: event: expected begin, packet, end or whole",
		],
		[
			headerLine(HEADER) + entryLine(BEGIN) + closingLine(1, 2),
			"line 3: entries: 1 lines have been read, and 2 were written",
		],
		[headerLine(HEADER) + closingLine(1, 0) + entryLine(BEGIN), "line 3: something follows the recording's last line"],
	])("tells what is wrong with a line, and which one it is (%#)", (text, expected) => {
		expect(() => read(text)).toThrow(new UsageError(`run.jsonl, ${expected}`));
	});

	it("names connections by their clients, or by who was there", () => {
		const second: Entry = { ...BEGIN, connection: 2, time: 1 };
		const names = namesIn([BEGIN, packet(), packet({ client: "ann" }), packet({ client: "bob" }), second]);
		expect([...names]).toEqual([
			[1, "ann"],
			[2, "attic-01"],
		]);
	});
});
