// One stage as the page sees it: the simulator's line, the page as a client of the stage's broker, and what is known of the boards. The
// page has one for what is run; a lesson has one of its own.

import { DESK_PATH, LESSON, MQTT_PATH } from "../../desk/protocol.js";
import type { Happening, WatchedBoard } from "../../watch/board.js";
import { FILTERS, WatchedFleet } from "../../watch/fleet.js";
import { Live } from "../live.js";
import { browserRandom } from "../platform.js";
import type { Tap } from "../socket.js";
import { Desk } from "./desk.js";
import { type Destination, Link } from "./link.js";

export interface SessionOptions {
	/** Of the page's server: http: or https:. */
	readonly origin: string;
	/** What the server wants to be shown, where it does. */
	readonly token?: string | undefined;
	/** A stage of its own with that lesson; absent: what is run. Who takes it does not listen to boards of itself. */
	readonly lesson?: string;
	/** Which version of MQTT the page speaks, until somebody chooses another. Default: 5.0. */
	readonly version?: Destination["version"];
}

export type FleetListener = (what: Happening, board: WatchedBoard, now: number) => void;

/** The boards, as they are known from what they say. */
export class Fleet extends Live {
	watched = this.#begin();
	readonly #listeners = new Set<FleetListener>();

	/** It is another broker: nothing is known any more. */
	forget(): void {
		this.watched = this.#begin();
		this.changed();
	}

	/** A message has come; times are of performance.now(). */
	handleMessage(topic: string, payload: Uint8Array, isRetained: boolean): void {
		this.watched.handleMessage(topic, payload, isRetained, performance.now());
		this.changed();
	}

	/** `listener` gets what becomes known. Returns what ends that. */
	listen(listener: FleetListener): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	#begin(): WatchedFleet {
		return new WatchedFleet({
			on: (what, board) => {
				const now = performance.now();
				for (const listener of this.#listeners) listener(what, board, now);
			},
		});
	}
}

export class Session {
	readonly desk: Desk;
	readonly link: Link;
	readonly fleet = new Fleet();
	/** Sees what the page itself sends and gets. */
	tap: Tap | undefined;
	readonly #options: SessionOptions;
	/** Where the page has gone by itself; what somebody has chosen is his own. */
	#chosen: Destination | undefined;

	constructor(options: SessionOptions) {
		const { lesson } = options;
		this.#options = options;
		this.desk = new Desk(this.#url(DESK_PATH, lesson === undefined ? {} : { [LESSON]: lesson }));
		this.link = new Link(`page-${browserRandom.next().toString(16).padStart(8, "0")}`, {
			begin: () => this.tap?.begin?.(),
			bytes: (fromClient, bytes) => this.tap?.bytes?.(fromClient, bytes),
			end: () => {
				// What boards say until we are back is not missing.
				this.fleet.watched.handleAway();
				this.tap?.end?.();
			},
		});
		for (const filter of lesson === undefined ? FILTERS : [])
			this.link.subscribe(filter, ({ payload, retain, topic }) => this.fleet.handleMessage(topic, payload, retain));
	}

	open(): void {
		this.desk.onHello = () => {
			const { destination } = this.link;
			const usual = this.usual(destination?.version);
			// Where somebody has chosen another broker, it stays with that; another run of ours has another password.
			if (destination !== this.#chosen || (destination?.url === usual.url && destination.password === usual.password))
				return;
			this.#chosen = usual;
			this.connect(usual);
		};
		this.desk.open();
	}

	/** Another session on the same server, with that lesson. */
	lesson(lesson: string, version: Destination["version"]): Session {
		return new Session({ ...this.#options, lesson, version });
	}

	/** To that broker, whatever it was before. Throws Misuse for what no client can do. */
	connect(destination: Destination): void {
		this.fleet.forget();
		this.link.open(destination);
	}

	/** The broker of the stage, by way of the page's server. */
	usual(version = this.#options.version ?? "5.0"): Destination {
		const { hello } = this.desk;
		return { url: this.#url(MQTT_PATH, { stage: hello?.stage ?? "" }), version, ...hello?.broker.credentials };
	}

	close(): void {
		this.link.close();
		this.desk.close();
	}

	#url(path: string, query: Readonly<Record<string, string>>): string {
		const { origin, token } = this.#options;
		const url = new URL(path, origin.replace(/^http/, "ws"));
		for (const [name, value] of Object.entries({ ...query, ...(token !== undefined && { token }) }))
			url.searchParams.set(name, value);
		return url.href;
	}
}
