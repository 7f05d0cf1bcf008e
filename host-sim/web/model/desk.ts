// The page's line to the simulator, beside MQTT: who is on the stage, every packet that is asked for, and what goes wrong. It comes
// back when it breaks, and asks again for what was wanted.

import { DESK_SUBPROTOCOL, type FromDesk, type Seen, type ToDesk, type Trouble } from "../../desk/protocol.js";
import { Live } from "../live.js";

export type Hello = Extract<FromDesk, { event: "hello" }>;
/** What has happened on the stage, besides packets. */
export type Incident = Extract<FromDesk, { event: "trouble" | "mended" | "restarted" }>;

/** Waits between attempts, in ms: doubled each time, up to the last. */
const FIRST_WAIT_MS = 500;
const LAST_WAIT_MS = 8000;
/** Happenings that are remembered. */
const MOST_INCIDENTS = 500;

export class Desk extends Live {
	/** "never": it has not answered yet; "away": it was there, and is to come back. */
	state: "never" | "there" | "away" = "never";
	hello: Hello | undefined;
	/** What goes wrong at the moment, by id. */
	readonly troubles = new Map<number, Trouble>();
	/** What has happened since the page is here, the newest last. */
	readonly incidents: Incident[] = [];
	/** The last sentence in which something was refused. */
	refusal: string | undefined;
	readonly #url: string;
	#onSeen: (seen: readonly Seen[], left: number) => void = () => {};
	readonly #onIncident = new Set<(incident: Incident) => void>();
	#onHello: (hello: Hello) => void = () => {};
	#socket: WebSocket | undefined;
	#wanted: Extract<ToDesk, { ask: "see" }> | undefined;
	#waitMs = FIRST_WAIT_MS;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#isClosed = false;
	/** The stage's clock at the page's. */
	#offset = 0;

	/** `url` is of the simulator's WebSocket, with whatever it asks for. */
	constructor(url: string) {
		super();
		this.#url = url;
	}

	/** What the stage's clock shows, in ms. */
	get now(): number {
		return performance.now() + this.#offset;
	}

	/** Packets go there, and how many more there were. */
	set onSeen(taker: (seen: readonly Seen[], left: number) => void) {
		this.#onSeen = taker;
	}

	/** It is there: for the first time, or anew, and then perhaps another run. */
	set onHello(taker: (hello: Hello) => void) {
		this.#onHello = taker;
	}

	/** Returns what ends it. */
	onIncident(listener: (incident: Incident) => void): () => void {
		this.#onIncident.add(listener);
		return () => this.#onIncident.delete(listener);
	}

	open(): void {
		const socket = new WebSocket(this.#url, DESK_SUBPROTOCOL);
		this.#socket = socket;
		socket.onmessage = ({ data }) => this.#handle(JSON.parse(String(data)) as FromDesk);
		// An error says nothing, and is always followed by the end.
		socket.onerror = () => {};
		socket.onclose = () => {
			if (this.#isClosed) return;
			if (this.state === "there") this.state = "away";
			this.changed();
			this.#timer = setTimeout(() => this.open(), this.#waitMs);
			this.#waitMs = Math.min(LAST_WAIT_MS, this.#waitMs * 2);
		};
	}

	close(): void {
		this.#isClosed = true;
		clearTimeout(this.#timer);
		this.#socket?.close();
	}

	/** Tells whether it has left. */
	ask(what: ToDesk): boolean {
		if (what.ask === "see") this.#wanted = what;
		else if (this.refusal !== undefined) {
			this.refusal = undefined;
			this.changed();
		}
		if (this.state !== "there" || this.#socket?.readyState !== WebSocket.OPEN) return false;
		this.#socket.send(JSON.stringify(what));
		return true;
	}

	#handle(said: FromDesk): void {
		switch (said.event) {
			case "hello":
				this.state = "there";
				this.#waitMs = FIRST_WAIT_MS;
				this.#offset = said.now - performance.now();
				this.hello = said;
				this.troubles.clear();
				for (const trouble of said.troubles) this.troubles.set(trouble.id, trouble);
				this.#onHello(said);
				if (this.#wanted !== undefined) this.ask(this.#wanted);
				break;
			case "seen":
				this.#onSeen(said.seen, said.left);
				return;
			case "refused":
				this.refusal = said.sentence;
				break;
			case "trouble":
				this.troubles.set(said.trouble.id, said.trouble);
				this.#remember(said);
				break;
			case "mended":
				this.troubles.delete(said.id);
				this.#remember(said);
				break;
			case "restarted":
				this.#remember(said);
				break;
		}
		this.changed();
	}

	#remember(incident: Incident): void {
		this.incidents.push(incident);
		if (this.incidents.length > MOST_INCIDENTS) this.incidents.shift();
		for (const listener of this.#onIncident) listener(incident);
	}
}
