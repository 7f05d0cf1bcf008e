// Recordings as files: written line by line, so that a run that is ended at any moment leaves whole lines behind, and read
// line by line, since they may be long.

import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { UsageError } from "../fleet/schema.js";
import { closingLine, type Entry, entryLine, type Header, headerLine, Reader } from "./recording.js";

/** Lines gather up to so many characters, and for so many ms, before they are written. */
const MOST_HELD = 65_536;
const HELD_MS = 500;
const CHUNK = 65_536;

export class RecordingFile {
	/** Why nothing more could be written; undefined as long as all went well. */
	failure: string | undefined;
	readonly #fd: number;
	readonly #timer: NodeJS.Timeout;
	readonly #atExit = () => this.#flush();
	#held: string;
	#entries = 0;
	#latest = 0;

	/** Begins that file anew. Throws UsageError where it cannot be written. */
	constructor(path: string, header: Header) {
		try {
			this.#fd = openSync(path, "w");
		} catch (error) {
			throw new UsageError(`${path} cannot be written: ${codeOf(error)}`);
		}
		this.#held = headerLine(header);
		this.#timer = setInterval(() => this.#flush(), HELD_MS).unref();
		// Who does not wait for the end still has what was there.
		process.on("exit", this.#atExit);
	}

	put(entry: Entry): void {
		this.#entries += 1;
		this.#latest = entry.time;
		this.#held += entryLine(entry);
		if (this.#held.length >= MOST_HELD) this.#flush();
	}

	/** Writes the last line: nothing follows. */
	close(): void {
		this.#held += closingLine(this.#latest, this.#entries);
		this.#flush();
		clearInterval(this.#timer);
		process.off("exit", this.#atExit);
		closeSync(this.#fd);
	}

	#flush(): void {
		if (this.failure !== undefined) this.#held = "";
		if (this.#held === "") return;
		try {
			const bytes = Buffer.from(this.#held);
			for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
		} catch (error) {
			// What is recorded must not stop what is going on.
			this.failure = codeOf(error);
		}
		this.#held = "";
	}
}

/** All entries of a file. Throws UsageError for a file that cannot be read, or is no recording; `reader` knows more of it. */
export function* entriesOf(path: string, reader = new Reader(path)): Generator<Entry> {
	for (const line of linesOf(path)) {
		const entry = reader.take(line);
		if (entry !== undefined) yield entry;
	}
	if (reader.header === undefined) throw new UsageError(`${path}: this is no recording: it is empty`);
}

function* linesOf(path: string): Generator<string> {
	let fd: number;
	try {
		fd = openSync(path, "r");
	} catch (error) {
		throw new UsageError(`${path} cannot be read: ${codeOf(error)}`);
	}
	try {
		const chunk = Buffer.alloc(CHUNK);
		const decoder = new StringDecoder("utf8");
		let rest = "";
		for (let count = read(fd, chunk, path); count > 0; count = read(fd, chunk, path)) {
			const lines = (rest + decoder.write(chunk.subarray(0, count))).split("\n");
			rest = lines.pop()!;
			yield* lines;
		}
		if (rest !== "") yield rest;
	} finally {
		closeSync(fd);
	}
}

function read(fd: number, chunk: Buffer, path: string): number {
	try {
		return readSync(fd, chunk);
	} catch (error) {
		throw new UsageError(`${path} cannot be read: ${codeOf(error)}`);
	}
}

/** Such as "ENOENT: no such file or directory", without what follows, which repeats the path. */
export function codeOf(error: unknown): string {
	return (error as Error).message.split(",")[0]!;
}
