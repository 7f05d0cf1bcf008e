// The log of a stage: what the simulator sees beside its broker, and, where the page is a client elsewhere, what the page itself sends
// and gets. There is one for each session, and it goes on while something else is looked at.

import type { Seen } from "../../desk/protocol.js";
import { bytesOfPairs } from "../../inspect/hex.js";
import { Recorder } from "../../record/recorder.js";
import type { Entry } from "../../record/recording.js";
import type { Hello, Incident } from "../model/desk.js";
import type { Session } from "../model/session.js";
import type { Item } from "./follow.js";
import type { Choice } from "./lanes.js";
import { Log, type LogOptions } from "./log.js";

/** Of a session, what a log is made from. */
export type Watched = Pick<Session, "desk" | "link" | "tap" | "usual">;

/** Numbers of the page's own connections begin here, far from those that the simulator counts. */
const OWN = 1_000_000_000;
/** Two runs have not begun within so many ms. */
const SAME_RUN_MS = 1000;

export class PacketLog extends Log {
	static readonly #of = new WeakMap<Watched, PacketLog>();
	readonly #session: Watched;
	#choice: Choice | undefined;
	#hello: Hello | undefined;
	#track: ReturnType<Recorder["begin"]> | undefined;

	/** The log of that session, which there is but once. */
	static of(session: Watched): PacketLog {
		let log = PacketLog.#of.get(session);
		if (log === undefined) {
			log = new PacketLog(session);
			PacketLog.#of.set(session, log);
		}
		return log;
	}

	constructor(session: Watched, options: Omit<LogOptions, "versionOf"> = {}) {
		super({ ...options, versionOf: client => versionOf(session, client) });
		this.#session = session;
		const { desk } = session;
		desk.onSeen = (seen, left) => this.#handleSeen(seen, left);
		for (const incident of desk.incidents) this.#handleIncident(incident);
		desk.onIncident(incident => this.#handleIncident(incident));
		this.#follow();
	}

	/** Whose packets are asked for; undefined as long as nobody has chosen. */
	get choice(): Choice | undefined {
		return this.#choice;
	}

	/** These are to be seen, from now on and as far back as the simulator remembers. */
	choose(choice: Choice): void {
		this.#choice = choice;
		this.#session.desk.ask({ ask: "see", clients: choice });
		this.changed();
	}

	#handleSeen(seen: readonly Seen[], left: number): void {
		this.#greet();
		const items = seen.map(itemOf);
		// What was left out was so before these.
		const at = items[0]?.at ?? this.#session.desk.now;
		this.put(left > 0 ? [{ at, event: "gap", count: left }, ...items] : items);
	}

	#handleIncident(incident: Incident): void {
		this.#greet();
		const at = incident.event === "trouble" ? incident.trouble.since : incident.at;
		this.put([{ at, event: "incident", incident }]);
	}

	/** What comes may be of another run than what is there. */
	#greet(): void {
		const { hello } = this.#session.desk;
		if (hello === undefined || hello === this.#hello) return;
		const before = this.#hello;
		this.#hello = hello;
		const startedAt = hello.wall - hello.now;
		const isSame = before?.stage === hello.stage && Math.abs(startedAt - this.startedAt) < SAME_RUN_MS;
		if (before !== undefined && !isSame) this.forget();
		this.startedAt = startedAt;
	}

	/** Takes down what the page itself sends and gets, where nobody else does. */
	#follow(): void {
		const { desk, link } = this.#session;
		const recorder = new Recorder({ put: entry => this.put([this.#own(entry)]) });
		// A clock that goes back would place lines among older ones.
		const now = () => Math.max(desk.now, this.latest);
		this.#session.tap = {
			begin: () => {
				this.#greet();
				this.#track = this.#isSeen() ? undefined : recorder.begin(link.clientId, now());
			},
			bytes: (fromClient, bytes) => this.#track?.handleBytes(fromClient ? "client" : "broker", bytes, now()),
			end: () => {
				this.#track?.handleEnd("broker", "closed", now());
				this.#track = undefined;
			},
		};
	}

	/** The simulator sees the page as it sees any client: beside its own broker. */
	#isSeen(): boolean {
		const { desk, link, usual } = this.#session;
		const isUsual = link.destination?.url === usual.call(this.#session).url;
		return isUsual && desk.hello?.broker.embedded === true;
	}

	#own(entry: Entry): Item {
		const connection = OWN + entry.connection;
		const at = entry.time;
		switch (entry.event) {
			case "begin":
				return { at, event: "begin", connection, peer: entry.peer };
			case "end":
				return { at, event: "end", connection, client: this.#session.link.clientId, by: entry.by, how: entry.how };
			case "packet": {
				const { bytes, from, masked, partial } = entry;
				const client = this.#session.link.clientId;
				// What is written down may be a view on what is used again.
				return { at, event: "packet", connection, client, from, bytes: bytes.slice(), masked, partial };
			}
		}
	}
}

function versionOf({ desk, link }: Watched, client: string) {
	if (client === link.clientId) return link.destination?.version;
	return desk.hello?.boards.find(({ device }) => device === client)?.protocol;
}

export function itemOf(seen: Seen): Item {
	const { at, connection, n: order } = seen;
	switch (seen.event) {
		case "begin":
			return { at, order, event: "begin", connection, peer: seen.peer };
		case "end":
			return { at, order, event: "end", connection, client: seen.client, by: seen.by, how: seen.how };
		case "packet": {
			const { bytes, client, from, masked = false, partial = false } = seen;
			const packet = bytesOfPairs(bytes) ?? new Uint8Array(0);
			return { at, order, event: "packet", connection, client, from, bytes: packet, masked, partial };
		}
	}
}
