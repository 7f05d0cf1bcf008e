// Recordings as logs, and logs as recordings: what `thimble run --record` has written is shown, and what is shown is written for
// `thimble show` and `thimble replay`.

import { UsageError } from "../../fleet/schema.js";
import { closingLine, type Entry, entryLine, type Header, headerLine, Reader } from "../../record/recording.js";
import type { Frames } from "../live.js";
import type { Item } from "./follow.js";
import { Log } from "./log.js";

/** Lines of a recording that are shown. */
const MOST_LINES = 50_000;
/** And how many bytes of it are read. */
const MOST_BYTES = 64 * 1024 * 1024;
/** A line of a packet that takes more is none of ours; a recording of any packet up to 1 MB has shorter ones. */
const LONGEST = 4 * 1024 * 1024;

export interface Recorded {
	readonly log: Log;
	readonly header: Header;
	/** Whose packets there are, in their order. */
	readonly clients: readonly string[];
	/** There is more of it than is shown. */
	readonly isCut: boolean;
	/** Its last line is missing: whoever recorded it was ended. */
	readonly isBroken: boolean;
}

export interface RecordedOptions {
	readonly limit?: number;
	readonly frames?: Frames;
}

/** Reads that file, chunk by chunk. Rejects with UsageError where it is no recording. */
export async function recordedFrom(
	file: { readonly name: string; stream(): ReadableStream<Uint8Array> },
	{ limit = MOST_LINES, frames }: RecordedOptions = {},
): Promise<Recorded> {
	const reader = new Reader(file.name);
	const log = new Log({ limit: limit + 1, limitBytes: MOST_BYTES, ...(frames !== undefined && { frames }) });
	const clients = new Set<string>();
	const decoder = new TextDecoder();
	let [rest, count, size] = ["", 0, 0];
	let isCut = false;
	const source = file.stream().getReader();
	const take = (lines: readonly string[]) => {
		const items: Item[] = [];
		for (const line of lines) {
			const entry = reader.take(line);
			if (entry === undefined) continue;
			if (count === limit) {
				isCut = true;
				break;
			}
			count += 1;
			if (entry.event === "packet" && entry.client !== undefined) clients.add(entry.client);
			items.push(itemOf(entry, count));
		}
		log.put(items);
	};
	for (let chunk = await source.read(); !chunk.done && !isCut; chunk = await source.read()) {
		size += chunk.value.length;
		const lines = (rest + decoder.decode(chunk.value, { stream: true })).split("\n");
		rest = lines.pop()!;
		take(lines);
		if (rest.length > LONGEST) throw new UsageError(`${file.name}, line ${reader.lines + 1}: this is no recording`);
		if (size > MOST_BYTES) isCut = true;
	}
	await source.cancel();
	if (!isCut && rest !== "") take([rest]);
	const { header } = reader;
	if (header === undefined) throw new UsageError(`${file.name}: this is no recording: it is empty`);
	log.startedAt = header.startedAt;
	return { log, header, clients: [...clients], isCut, isBroken: !isCut && !reader.isWhole };
}

function itemOf(entry: Entry, order: number): Item {
	const { connection, time: at } = entry;
	switch (entry.event) {
		case "begin":
			return { at, order, event: "begin", connection, peer: entry.peer };
		case "end":
			return { at, order, event: "end", connection, by: entry.by, how: entry.how };
		case "packet": {
			const { bytes, client, from, masked, partial } = entry;
			return { at, order, event: "packet", connection, client, from, bytes, masked, partial };
		}
	}
}

/** What stands for the beginning of a connection that has begun before the first line. */
const UNKNOWN_PEER = "unknown";

/** The log as a recording, line by line; connections are counted anew. */
export function* recordingOf(log: Log, header: Header): Generator<string> {
	yield headerLine(header);
	let [entries, latest] = [0, 0];
	const numbers = new Map<number, { readonly number: number; readonly peer: string; isOver: boolean }>();
	for (const item of log.items) {
		if (item.event === "gap" || item.event === "incident") continue;
		const time = Math.max(latest, item.at);
		latest = time;
		let known = numbers.get(item.connection);
		if (known === undefined) {
			const peer = item.event === "begin" ? item.peer : UNKNOWN_PEER;
			known = { number: numbers.size + 1, peer, isOver: false };
			numbers.set(item.connection, known);
			entries += 1;
			yield entryLine({ time, connection: known.number, event: "begin", peer });
		}
		if (item.event === "begin" || known.isOver) continue;
		entries += 1;
		const { number: connection, peer } = known;
		if (item.event === "end") {
			known.isOver = true;
			yield entryLine({ time, connection, event: "end", by: item.by, how: item.how });
			continue;
		}
		const { bytes, client, from, masked, partial } = item;
		const named = client === undefined ? {} : { client };
		yield entryLine({ time, connection, event: "packet", peer, ...named, from, bytes, masked, partial });
	}
	yield closingLine(latest, entries);
}
