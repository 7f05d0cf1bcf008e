// What stands on the lines of a log: packets, connections that begin and end, what was left out, and what has happened between them.

import type { Version } from "../../checker/statements.js";
import type { Exchange, Mark } from "../../inspect/exchange.js";
import type { Summary } from "../../inspect/summary.js";
import type { Ending, Side } from "../../record/recording.js";
import type { Incident } from "../model/desk.js";

/** A connection, as far as it is known; the lines of one share it. */
export interface Connection {
	readonly number: number;
	readonly peer: string;
	/** Who the client is; until that is known, its peer. */
	client: string;
	/** From its CONNECT, from who knows the client, or a guess; undefined before anything has been sent. */
	version: Version | undefined;
	source: "connect" | "known" | "guess";
}

interface Common {
	/** Which line it is, as long as the log has it: never that of another. */
	readonly key: number;
	/** In ms of the log. */
	readonly at: number;
}

export interface PacketLine extends Common {
	readonly kind: "packet";
	readonly connection: Connection;
	readonly fromClient: boolean;
	readonly bytes: Uint8Array;
	readonly version: Version;
	readonly masked: boolean;
	/** No whole packet. */
	readonly partial: boolean;
	/** Its topic stands here also where only an alias stands for it. */
	readonly summary: Summary;
	/** Its topic alias. */
	readonly alias?: string;
	/** Something is wrong with it. */
	readonly isFaulty: boolean;
	/** Absent where it is no whole packet. */
	readonly exchange: Exchange | undefined;
	readonly mark: Mark | undefined;
	/** It is the will of that client. */
	readonly willOf: string | undefined;
}

export interface BeginLine extends Common {
	readonly kind: "begin";
	readonly connection: Connection;
}

export interface EndLine extends Common {
	readonly kind: "end";
	readonly connection: Connection;
	readonly by: Side;
	readonly how: Ending;
	/** The client had a will, and has not taken it back. */
	readonly leavesWill: boolean;
}

/** So many more there were, which nobody has told. */
export interface GapLine extends Common {
	readonly kind: "gap";
	readonly count: number;
}

export interface IncidentLine extends Common {
	readonly kind: "incident";
	readonly incident: Incident;
}

export type Line = PacketLine | BeginLine | EndLine | GapLine | IncidentLine;
