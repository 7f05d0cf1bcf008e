// thimble show: a recording, one line a packet; thimble replay FILE: the same, as slowly as it went.

import { UsageError } from "../fleet/scenario.js";
import { entriesOf } from "../record/file.js";
import { glanceText, Onlooker } from "../record/glance.js";
import { type Entry, namesIn, Reader } from "../record/recording.js";
import { plain } from "../sentence.js";
import { Stop } from "./stop.js";
import { parseSpeed } from "./virtual.js";

/** What the command line gave; absent where it did not. */
export interface ShowFlags {
	client?: unknown;
	json?: unknown;
	speed?: unknown;
}

/** After so many lines others have a word: signals, and who has closed our output. */
const LINES = 500;
/** How long a signal may have to wait, in ms. */
const LOOK_MS = 50;
/** How many names an error repeats. */
const NAMES = 5;

/** Without a speed all at once. Returns the exit code; throws UsageError. */
export async function show(file: string, flags: ShowFlags): Promise<number> {
	const speed = parseSpeed(flags.speed ?? "max");
	const names = namesIn(entriesOf(file));
	const client = flags.client === undefined ? undefined : String(flags.client);
	if (client !== undefined) checkClient(client, new Set(names.values()));
	const stop = new Stop();
	const reader = new Reader(file);
	const onlooker = new Onlooker();
	const begun = performance.now();
	let lines = 0;
	for (const entry of entriesOf(file, reader)) {
		const name = names.get(entry.connection)!;
		const line = flags.json === true ? jsonLine(entry, name, onlooker) : textLine(entry, name, onlooker);
		if (client !== undefined && name !== client) continue;
		lines += 1;
		const leftMs = () => begun + entry.time / speed - performance.now();
		while (leftMs() > 0 && !stop.isDue) await new Promise(resolve => setTimeout(resolve, Math.min(leftMs(), LOOK_MS)));
		if (lines % LINES === 0) await new Promise(resolve => setImmediate(resolve));
		if (stop.isDue) return 0;
		process.stdout.write(`${line}\n`);
	}
	tellIfBroken(reader, file);
	return 0;
}

/** Says so where the recording has no last line. */
export function tellIfBroken(reader: Reader, file: string): void {
	if (!reader.isWhole)
		console.error(`thimble: ${file} breaks off after line ${reader.lines}: whoever recorded it was ended`);
}

function checkClient(client: string, names: ReadonlySet<string>): void {
	if (names.has(client)) return;
	const some = [...names].slice(0, NAMES).map(plain).join(", ");
	const more = names.size > NAMES ? ` and ${names.size - NAMES} more` : "";
	throw new UsageError(`--client: there is no ${client} in it; there are ${some === "" ? "none" : some}${more}`);
}

function jsonLine(entry: Entry, name: string, onlooker: Onlooker): string {
	if (entry.event !== "packet") {
		if (entry.event === "end") onlooker.forget(entry.connection);
		const { connection, event, time, ...rest } = entry;
		return JSON.stringify({ time, event, connection, client: name, ...rest });
	}
	const { bytes, client: _, ...rest } = entry;
	const { connection, event, from, masked, partial, peer, time } = rest;
	const head = { time, event, connection, client: name, peer, from };
	return JSON.stringify({ ...head, ...onlooker.look(entry), ...(masked && { masked }), ...(partial && { partial }) });
}

function textLine(entry: Entry, name: string, onlooker: Onlooker): string {
	const { connection, event, time } = entry;
	const head = `${(time / 1000).toFixed(3).padStart(10)}  ${`${connection}`.padStart(4)} ${plain(name).padEnd(12)}`;
	if (event === "begin") return `${head}  --  connects as ${plain(entry.peer)}`;
	if (event === "end") {
		onlooker.forget(connection);
		return `${head}  --  ${entry.how} by the ${entry.by}`;
	}
	const what = plain(glanceText(onlooker.look(entry)));
	return `${head}  ${entry.from === "client" ? "->" : "<-"}  ${what}${entry.masked ? "  masked" : ""}`;
}
