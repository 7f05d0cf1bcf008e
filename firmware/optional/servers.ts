// Several servers in order of preference: given to a client as `options.servers`, in the place of host and port:
//
//     servers: new Servers([{ host: "broker.lan" }, { host: "broker.example", port: 1884 }])
//
// A round begins with the preferred server, which is the first. One that fails (no such name, no connection, no CONNACK, a
// refusal, a connection that does not last) hands over to the next one within backoff.baseMs, at a random moment. When all
// have failed the backoff applies, and the next round begins: with full jitter, longer from round to round, and slowly where
// each of them has said that hurrying cannot help. After a connection that lasted a new round begins; so a board that is with
// a lesser server comes home with its next connection, or, with `returnMs`, by itself. Who has been ousted by another client
// with the same id waits for long, whatever the others would say: that one would only be ousted in turn.
//
// A session lives on one server. Another may have a stale one of ours, from before, and packet ids of QoS 2 messages in it
// would swallow messages silently. So the first connection to any server but the holder asks for a clean session, and all
// that was under way ends as it does wherever a server has lost the session. At 5.0 that session is kept from then on; at
// 3.1.1 it ends with its connection, and what is then under way ends as well. Who holds it is kept with `options.store`, as a
// byte that is made of host and port: so the list may change its order. With `sharedSessions` all have the same sessions.

import { COUNT_MASK, retryDelay } from "../mqtt/backoff.js";
import type { Place, ServerChoice } from "../mqtt/client.js";
import { arm, isArmed, PING, STABLE } from "../mqtt/deadline.js";
import { BAD_OPTION, LINK_LOST, Misuse, RETURNING } from "../mqtt/error.js";
import { checked } from "../mqtt/limits.js";
import { retrySlowly, SESSION_TAKEN_OVER } from "../mqtt/reason.js";
import { acceptedIds, loseReceived } from "../mqtt/received.js";
import { fail, NOTHING } from "../mqtt/session/event.js";
import { loseMessages } from "../mqtt/session/outbound.js";
import { resumeSubscriptions } from "../mqtt/session/subscription.js";
import type { Session } from "../mqtt/session.js";
import {
	CLOSING,
	DRAINING,
	ENDED,
	HELD,
	LEAVING,
	STALLED,
	THROWN,
	UNSENT,
	WANTS_ACK,
	WANTS_AUTH,
	WANTS_PING,
	WANTS_REQUEST,
} from "../mqtt/todo.js";
import { utf8Bytes } from "../mqtt/wire.js";
import { FAILURES } from "../mqtt/words.js";

/** Where a session is that is with none of the list: a 5.0 server has sent us there. */
const ELSEWHERE = 255;
/** As many bits as fit into a small integer, and more than a board needs. */
const MOST = 16;
/** Where it is time to return, and something is under way: from one look to the next. */
const LOOK_MS = 1000;
/** Bits of `todo` that are work. */
const WORK =
	WANTS_ACK |
	WANTS_AUTH |
	WANTS_PING |
	WANTS_REQUEST |
	UNSENT |
	HELD |
	ENDED |
	STALLED |
	LEAVING |
	CLOSING |
	DRAINING |
	THROWN;

export interface ServersOptions {
	/** The servers are one cluster, and any of them resumes the session of any other. Default false. */
	sharedSessions?: boolean;
	/**
	 * So long on a lesser server, in ms, up to seven days, and not before it is stable: then, as soon as nothing is under
	 * way, the connection is closed in good order, and the preferred server tried. Default 0: never.
	 */
	returnMs?: number;
}

export class Servers implements ServerChoice {
	holder = 0;
	startsClean = false;
	readonly #servers: readonly Place[];
	/** The byte of each. */
	readonly #ids: readonly number[];
	readonly #sharedSessions: boolean;
	readonly #returnMs: number;
	#index = 0;
	/** Those that have failed in this round, a bit each; whether all of them said that hurrying cannot help. */
	#failed = 0;
	#allSlow = true;
	/** Rounds in which all have failed, since a connection lasted. */
	#rounds = 0;
	/** What the attempt, or the connection, has come to. */
	#isElsewhere = false;
	#isAccepted = false;
	#isStable = false;
	#acceptedMs = 0;

	/** The preferred server first. Throws Misuse for a list that is none. */
	constructor(servers: readonly { host: string; port?: number }[], options: ServersOptions = {}) {
		checked("servers", servers.length, 1, MOST);
		for (const { host, port = 1883 } of servers) {
			if (typeof host !== "string" || host === "") throw new Misuse(BAD_OPTION, "servers: expected a host for each");
			checked("servers.port", port, 1, 65_535);
		}
		this.#servers = servers;
		this.#ids = idsOf(servers);
		this.#sharedSessions = options.sharedSessions === true;
		this.#returnMs = checked("returnMs", options.returnMs ?? 0, 0, 604_800_000);
	}

	/** The server of the attempt that has begun, and of the connection that stands. */
	get place(): Place {
		return this.#servers[this.#index]!;
	}

	handleOpening(isElsewhere: boolean): void {
		// The application had closed the connection, and has opened it again.
		if (this.#isAccepted) this.#begin(1);
		this.#isElsewhere = isElsewhere;
		this.#isAccepted = false;
		this.#isStable = false;
		this.startsClean = !this.#sharedSessions && !isElsewhere && !this.#isHolder();
	}

	handleAccepted(session: Session): void {
		this.#isAccepted = true;
		this.#acceptedMs = session.now;
		this.holder = this.#isElsewhere ? ELSEWHERE : this.#ids[this.#index]!;
	}

	handleStable(session: Session): number {
		this.#isStable = true;
		if (this.#returnMs === 0 || this.#index === 0 || this.#isElsewhere) return NOTHING;
		const leftMs = (this.#acceptedMs + this.#returnMs - session.now) | 0;
		if (leftMs <= 0 && isIdle(session)) return fail(session, RETURNING);
		arm(session, STABLE, (session.now + Math.max(leftMs, LOOK_MS)) | 0);
		return NOTHING;
	}

	handleDown(session: Session, code: number): number {
		const { backoff, random } = session.options;
		const server = 1 << this.#index;
		this.#endSession(session);
		const isSlow = retrySlowly(code);
		this.#isAccepted = false;
		// The end of a connection that lasted is the first failure of all, as it is without a list.
		if (this.#isStable) this.#begin(isSlow ? 0 : 1);
		if (code === SESSION_TAKEN_OVER) this.#begin(this.#rounds);
		if (this.#isElsewhere || code === SESSION_TAKEN_OVER)
			return retryDelay(session.words[FAILURES]!, code, random, backoff);
		// It is no failure of its server, unless that says that it has done with us.
		if (!this.#isStable || isSlow) {
			this.#failed |= server;
			if (!isSlow) this.#allSlow = false;
		}
		return this.#isRoundOver() ? this.#endRound(session, code) : this.#goOn(session);
	}

	/**
	 * A clean session of 3.1.1 has ended with its connection: nobody will ever answer what was under way in it. That is
	 * said now, since the CONNACK that would say so may get lost, and the one after it would speak of another session.
	 */
	#endSession(session: Session): void {
		if (!this.#isAccepted || !this.startsClean || session.packet.five !== 0) return;
		loseReceived(session);
		loseMessages(session);
		resumeSubscriptions(session, false, false);
	}

	/** A new round, after so many. */
	#begin(rounds: number): void {
		this.#rounds = rounds;
		this.#index = 0;
		this.#failed = 0;
		this.#allSlow = true;
	}

	#isRoundOver(): boolean {
		return this.#failed === (1 << this.#servers.length) - 1;
	}

	#endRound(session: Session, code: number): number {
		const { backoff, random } = session.options;
		const why = this.#allSlow ? code : LINK_LOST;
		const rounds = Math.min(this.#rounds + 1, COUNT_MASK);
		this.#begin(rounds);
		return retryDelay((session.words[FAILURES]! & ~COUNT_MASK) | rounds, why, random, backoff);
	}

	/** To the first that has not failed in this round, soon. */
	#goOn(session: Session): number {
		const { backoff, random } = session.options;
		this.#index = 0;
		while ((this.#failed & (1 << this.#index)) !== 0) this.#index += 1;
		return retryDelay(1, LINK_LOST, random, backoff);
	}

	/** With nothing to remember, what the preferred server keeps for us is ours, as it is where there is but one. */
	#isHolder(): boolean {
		return this.holder === 0 ? this.#index === 0 : this.holder === this.#ids[this.#index];
	}
}

Object.freeze(Servers.prototype);

/** Nothing is under way, in either direction. */
function isIdle(session: Session): boolean {
	if (session.held !== 0 || (session.todo & WORK) !== 0) return false;
	if (session.start !== session.end || session.streamLeft !== 0) return false;
	// A request that is not answered still WANTS_REQUEST; who has taken a QoS 2 message waits for its PUBREL.
	return !isArmed(session, PING) && acceptedIds(session).length === 0;
}

/** A byte for each, from 1 to 254, made of host and port; no two are the same. */
function idsOf(servers: readonly Place[]): number[] {
	const ids: number[] = [];
	for (const { host, port = 1883 } of servers) {
		let sum = port;
		for (const byte of utf8Bytes(`${host}`)) sum = (sum * 31 + byte) % 65_521;
		let id = (sum % 254) + 1;
		while (ids.includes(id)) id = (id % 254) + 1;
		ids.push(id);
	}
	return ids;
}
