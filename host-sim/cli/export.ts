// thimble export: a recording as pcapng, for Wireshark and tshark.

import { closeSync, openSync, realpathSync, writeSync } from "node:fs";
import { UsageError } from "../fleet/scenario.js";
import { codeOf, entriesOf } from "../record/file.js";
import { Pcapng } from "../record/pcapng.js";
import { Reader } from "../record/recording.js";
import { tellIfBroken } from "./show.js";

/** What the command line gave; absent where it did not. */
export interface ExportFlags {
	to?: unknown;
	json?: unknown;
}

/** Bytes gather up to so many before they are written. */
const MOST_HELD = 1_048_576;

/** Returns the exit code; throws UsageError. */
export function exportRecording(file: string, flags: ExportFlags): number {
	if (flags.to === undefined) throw new UsageError("--to: which file shall it be? Such as --to run.pcapng");
	const to = String(flags.to);
	const first = new Reader(file);
	// All of it is read once before a byte is written: of a file that is none, nothing comes.
	const pcapng = new Pcapng(entriesOf(file, first));
	if (isSame(file, to)) throw new UsageError("--to: that is the recording itself: choose another file");
	let packets = 0;
	let connections = 0;
	const out = new Out(to);
	out.write(pcapng.begin(first.header!));
	for (const entry of entriesOf(file)) {
		if (entry.event === "begin") connections += 1;
		if (entry.event === "packet") packets += 1;
		out.write(pcapng.take(entry));
	}
	out.close();
	tellIfBroken(first, file);
	if (flags.json === true) console.log(JSON.stringify({ event: "exported", file: to, connections, packets }));
	else console.log(`exported  packets ${packets}  connections ${connections}  in ${to}`);
	return 0;
}

function isSame(one: string, other: string): boolean {
	try {
		return realpathSync(one) === realpathSync(other);
	} catch {
		return false;
	}
}

/** A file that is written in large pieces. */
class Out {
	readonly #path: string;
	readonly #fd: number;
	#held: Buffer[] = [];
	#length = 0;

	constructor(path: string) {
		this.#path = path;
		this.#fd = this.#tried(() => openSync(path, "w"));
	}

	write(bytes: Buffer): void {
		this.#held.push(bytes);
		this.#length += bytes.length;
		if (this.#length >= MOST_HELD) this.#flush();
	}

	close(): void {
		this.#flush();
		closeSync(this.#fd);
	}

	#flush(): void {
		const bytes = Buffer.concat(this.#held);
		this.#held = [];
		this.#length = 0;
		for (let at = 0; at < bytes.length; ) at += this.#tried(() => writeSync(this.#fd, bytes, at));
	}

	#tried<Value>(run: () => Value): Value {
		try {
			return run();
		} catch (error) {
			throw new UsageError(`${this.#path} cannot be written: ${codeOf(error)}`);
		}
	}
}
