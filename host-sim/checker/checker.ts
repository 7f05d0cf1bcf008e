// A passive checker of MQTT clients, 3.1.1 and 5.0: it is given the bytes of their connections in both directions, and
// reports each normative statement that the client breaks, by id. It knows nothing of what is inside a client or a
// server, so it can watch any two, live or from a recording. What it looks for, and what nobody can see from outside, is
// written down in statements.ts.
//
//     const checker = new Checker({ report: ({ statement, sentence }) => console.log(statement, sentence) });
//     const watched = checker.watch("10.0.0.7:49152");
//     watched.handleClientBytes(bytes, now);

import { Connection, type Options, type Watch } from "./connection.js";
import { Memory } from "./memory.js";
import { type Rule, statementOf, type Version } from "./statements.js";

export interface Violation {
	/** "MQTT-3.3.1-2"; or, with a section sign, where the rule is in text that has no number. */
	readonly statement: string;
	readonly version: Version;
	/** Empty as long as the client has none. */
	readonly clientId: string;
	readonly peer: string;
	/** Counts the connections that this checker has watched, from 1. */
	readonly connection: number;
	/** The packet, or the one that did not come; empty where it is about none. */
	readonly packet: string;
	/** What was expected and what came; never a password, authentication data or a payload. */
	readonly sentence: string;
	/** When it was seen. */
	readonly atMs: number;
}

export interface CheckerOptions {
	report(violation: Violation): void;
	/**
	 * Whether we stand at the client's own socket: we see all that it writes and only what it can read, so that silence
	 * alone proves something. Default: no. Then bytes may be lost between the client and us, and where that would
	 * explain what we see, nothing is reported.
	 */
	atClient?: boolean;
	/** How much longer than the keep alive a client may be silent, for bytes under way. Default 1000. */
	keepAliveToleranceMs?: number;
	/** How long an acknowledgement, or what has to be sent again, may take. Default 30,000. */
	answerMs?: number;
	/** How long a client may keep a connection that it has to close. Default 10,000. */
	closeMs?: number;
}

/** One connection under watch. Times are ms of any clock, the same in all calls. */
export interface Watched {
	/** Bytes in any pieces. */
	handleClientBytes(bytes: Uint8Array, now: number): void;
	handleServerBytes(bytes: Uint8Array, now: number): void;
	/** Time has come to `now`: for who stands at the client, to see what does not happen. */
	handleTime(now: number): void;
	/** The connection is over. */
	handleEnd(now: number): void;
}

export class Checker {
	readonly #memories = new Map<string, Memory>();
	readonly #connections = new Map<number, Connection>();
	readonly #watch: Watch;
	#count = 0;

	constructor(options: CheckerOptions) {
		const { report, atClient = false, keepAliveToleranceMs = 1000, answerMs = 30_000, closeMs = 10_000 } = options;
		const shared: Options = { atClient, keepAliveToleranceMs, answerMs, closeMs };
		this.#watch = {
			options: shared,
			memoryOf: clientId => this.#memoryOf(clientId),
			report: (connection, rule, sentence) => report(violation(connection, rule, sentence)),
		};
	}

	/** A connection begins. */
	watch(peer: string): Watched {
		this.#count += 1;
		const number = this.#count;
		const connection = new Connection(this.#watch, number, peer);
		this.#connections.set(number, connection);
		return {
			handleClientBytes: (bytes, now) => connection.handleClientBytes(bytes, now),
			handleServerBytes: (bytes, now) => connection.handleServerBytes(bytes, now),
			handleTime: now => connection.handleTime(now),
			handleEnd: now => {
				connection.handleEnd(now);
				this.#connections.delete(number);
			},
		};
	}

	#memoryOf(clientId: string): Memory {
		let memory = this.#memories.get(clientId);
		if (memory === undefined) {
			memory = new Memory();
			this.#memories.set(clientId, memory);
		}
		// A client that comes back before its old connection has ended.
		this.#connections.get(memory.holder)?.leave();
		return memory;
	}
}

function violation(connection: Connection, rule: Rule, sentence: string): Violation {
	return {
		statement: statementOf(rule, connection.version),
		version: connection.version,
		clientId: connection.connect.clientId,
		peer: connection.peer,
		connection: connection.number,
		packet: connection.packet,
		sentence,
		atMs: connection.now,
	};
}
