// The format of recordings: JSON Lines. A header says where it comes from, a line each tells of connections that begin and end
// and of packets, and a last line how many there were, so that a file that breaks off is known. README has the whole of it. It is read and written in a browser too.

import { UsageError } from "../fleet/schema.js";
import { bytesOfPairs, pairsOf } from "../inspect/hex.js";

/** Raised where a reader of the one before would go wrong. */
const VERSION = 1;
const FORMAT = "thimble-recording";

export interface Header {
	readonly seed: number;
	/** Its file or name; absent where there was none. */
	readonly scenario?: string;
	/** The version of Thimble that recorded it. */
	readonly thimble: string;
	/** What the time of day was at time 0, in ms since 1970. */
	readonly startedAt: number;
}

/** Who has sent something, or ended something. */
export type Side = "client" | "broker";

/** How a connection ended: "closed", or cut with a reset. */
export type Ending = "closed" | "reset";

/** Times are in ms since the beginning; connections are counted from 1. */
export type Entry =
	| { readonly time: number; readonly connection: number; readonly event: "begin"; readonly peer: string }
	| {
			readonly time: number;
			readonly connection: number;
			readonly event: "packet";
			readonly peer: string;
			/** Absent as long as it is not known. */
			readonly client?: string;
			readonly from: Side;
			readonly bytes: Uint8Array;
			/** Some bytes of it are asterisks in place of what is secret. */
			readonly masked: boolean;
			/** These bytes are no packet, or a part of one that has not come to its end. */
			readonly partial: boolean;
	  }
	| {
			readonly time: number;
			readonly connection: number;
			readonly event: "end";
			readonly by: Side;
			readonly how: Ending;
	  };

export type PacketEntry = Extract<Entry, { event: "packet" }>;

export function headerLine({ startedAt, ...header }: Header): string {
	return `${JSON.stringify({ format: FORMAT, version: VERSION, ...header, startedAt: new Date(startedAt).toISOString() })}\n`;
}

export function entryLine(entry: Entry): string {
	if (entry.event !== "packet") return `${JSON.stringify(entry)}\n`;
	const { bytes, masked, partial, ...rest } = entry;
	return `${JSON.stringify({ ...rest, bytes: pairsOf(bytes), ...(masked && { masked }), ...(partial && { partial }) })}\n`;
}

/** The last line. */
export function closingLine(time: number, entries: number): string {
	return `${JSON.stringify({ time, event: "whole", entries })}\n`;
}

/** The name of each connection: who the client says that it is; where it has not come to that, its peer. */
export function namesIn(entries: Iterable<Entry>): Map<number, string> {
	const names = new Map<number, string>();
	const known = new Set<number>();
	for (const entry of entries) {
		const { connection, event } = entry;
		if (event === "begin") names.set(connection, entry.peer);
		if (event !== "packet" || entry.client === undefined || known.has(connection)) continue;
		known.add(connection);
		names.set(connection, entry.client);
	}
	return names;
}

/** Reads lines one after the other. Throws UsageError, with the line's number, for one that is none of a recording. */
export class Reader {
	header: Header | undefined;
	/** The last line has come. */
	isWhole = false;
	/** Lines so far. */
	lines = 0;
	readonly #name: string;
	#entries = 0;
	#latest = 0;
	/** The connections that have begun; whether they stand. */
	readonly #open = new Map<number, boolean>();

	/** `name` is the file's, for people. */
	constructor(name: string) {
		this.#name = name;
	}

	/** An entry; undefined for the header and the last line. */
	take(line: string): Entry | undefined {
		this.lines += 1;
		if (this.isWhole) throw this.#broken("something follows the recording's last line");
		let value: unknown;
		try {
			value = JSON.parse(line);
		} catch {
			throw this.#broken(this.lines === 1 ? "this is no recording" : "not JSON");
		}
		if (typeof value !== "object" || value === null || Array.isArray(value)) throw this.#broken("not a JSON object");
		const given = value as Record<string, unknown>;
		if (this.header === undefined) {
			this.header = this.#header(given);
			return undefined;
		}
		const { event, time } = given;
		if (typeof time !== "number" || !Number.isFinite(time) || time < this.#latest)
			throw this.#broken(`time: expected a number of ms, not below that of the line before (${this.#latest})`);
		this.#latest = time;
		if (event === "whole") {
			if (given["entries"] !== this.#entries)
				throw this.#broken(`entries: ${this.#entries} lines have been read, and ${given["entries"]} were written`);
			this.isWhole = true;
			return undefined;
		}
		this.#entries += 1;
		return this.#entry(given, time);
	}

	#header({ format, version, seed, scenario, thimble, startedAt }: Record<string, unknown>): Header {
		if (format !== FORMAT) throw this.#broken("this is no recording");
		if (version !== VERSION)
			throw this.#broken(`version: this Thimble reads recordings of version ${VERSION}, got ${version}`);
		if (!isWholeNumber(seed)) throw this.#broken("seed: expected a whole number");
		if (scenario !== undefined && typeof scenario !== "string") throw this.#broken("scenario: expected a string");
		if (typeof thimble !== "string") throw this.#broken("thimble: expected a string");
		const at = typeof startedAt === "string" ? Date.parse(startedAt) : Number.NaN;
		if (Number.isNaN(at)) throw this.#broken("startedAt: expected a date such as 2026-01-01T00:00:00.000Z");
		return { seed, thimble, startedAt: at, ...(scenario !== undefined && { scenario }) };
	}

	#entry(given: Record<string, unknown>, time: number): Entry {
		const { connection, event } = given;
		if (!isWholeNumber(connection) || connection === 0)
			throw this.#broken("connection: expected a whole number from 1");
		const stands = this.#open.get(connection);
		if (event === "begin") {
			const { peer } = given;
			if (stands !== undefined) throw this.#broken(`connection ${connection} has begun before`);
			if (typeof peer !== "string") throw this.#broken("peer: expected a string");
			this.#open.set(connection, true);
			return { time, connection, event, peer };
		}
		if (stands !== true)
			throw this.#broken(`connection ${connection} ${stands === undefined ? "has not begun" : "has ended"}`);
		if (event === "packet") return { time, connection, event, ...this.#packet(given) };
		if (event !== "end") throw this.#broken(`event: expected begin, packet, end or whole`);
		const { by, how } = given;
		if (how !== "closed" && how !== "reset") throw this.#broken("how: expected closed or reset");
		this.#open.set(connection, false);
		return { time, connection, event, by: this.#side("by", by), how };
	}

	#packet({ bytes, client, from, masked, partial, peer }: Record<string, unknown>) {
		const packet = typeof bytes === "string" && bytes !== "" ? bytesOfPairs(bytes) : undefined;
		if (packet === undefined) throw this.#broken("bytes: expected pairs of hex digits");
		if (client !== undefined && typeof client !== "string") throw this.#broken("client: expected a string");
		if (typeof peer !== "string") throw this.#broken("peer: expected a string");
		return {
			peer,
			...(client !== undefined && { client }),
			from: this.#side("from", from),
			bytes: packet,
			masked: masked === true,
			partial: partial === true,
		};
	}

	#side(name: string, value: unknown): Side {
		if (value === "client" || value === "broker") return value;
		throw this.#broken(`${name}: expected client or broker`);
	}

	#broken(what: string): UsageError {
		return new UsageError(`${this.#name}, line ${this.lines}: ${what}`);
	}
}

function isWholeNumber(value: unknown): value is number {
	return Number.isSafeInteger(value) && (value as number) >= 0;
}
