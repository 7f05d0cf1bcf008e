// One errand at a broker: connect, do something, say goodbye, and leave an exit code. What `thimble pub` and `thimble sub`
// share of a client's life: the first connection has one try, later ones come back by themselves, and time and signals
// bound it all.

import { Client, type ClientOptions } from "../../firmware/mqtt/client.js";
import { REASON_STRING } from "../../firmware/mqtt/property.js";
import { retrySlowly, UNSPECIFIED_ERROR } from "../../firmware/mqtt/reason.js";
import { sentence } from "../sentence.js";

export const FINE = 0;
export const FAILED = 1;
/** As mosquitto_sub's after -W. */
export const TIMED_OUT = 27;

export interface ErrandOptions {
	readonly client: ClientOptions;
	/** Where it goes, as people may see it. */
	readonly url: string;
	/** Properties of DISCONNECT. */
	readonly goodbye?: Uint8Array | undefined;
	/** Ends it with TIMED_OUT after that time. */
	readonly waitMs?: number | undefined;
	/** Gets what goes wrong, a sentence at a time. */
	tell(text: string): void;
	/** Gets what happens. */
	debug?(text: string): void;
	/** The broker has accepted us, the first time or again; and whether it still had the session. */
	onOnline?(sessionPresent: boolean): void;
	/** The connection has ended, and is to come back. */
	onAway?(): void;
	/** A signal came: the exit code where that ends the errand, undefined where somebody else sees to it. */
	onInterrupt?(code: number): number | undefined;
	/** It ends, before the goodbye. */
	onEnd?(): void;
}

export class Errand {
	readonly client: Client;
	/** The exit code, when the goodbye has been said. */
	readonly done: Promise<number>;
	readonly #options: ErrandOptions;
	readonly #timer: { schedule(milliseconds: number): void; close(): void } | undefined;
	#resolve!: (code: number) => void;
	#code: number | undefined;
	#hasBeenOnline = false;
	#isAway = false;

	/** Throws Misuse where a client cannot be made from that. */
	constructor(options: ErrandOptions) {
		this.#options = options;
		this.done = new Promise(resolve => {
			this.#resolve = resolve;
		});
		const { client, waitMs } = options;
		this.client = new Client({
			...client,
			onOnline: sessionPresent => this.#handleOnline(sessionPresent),
			onOffline: code => this.#handleOffline(code),
			onClosed: () => this.#resolve(this.#code ?? FINE),
		});
		if (waitMs === undefined) return;
		this.#timer = new client.timer.io({
			onTimer: () => {
				if (this.isEnding) return;
				const { unsettled } = this.client;
				options.tell(unsettled === 0 ? "timed out" : `timed out; not acknowledged: ${unsettled}`);
				this.end(TIMED_OUT);
			},
		});
	}

	start(): void {
		const { debug, url, waitMs } = this.#options;
		debug?.(`connecting to ${url}`);
		this.client.open();
		this.#timer?.schedule(waitMs!);
	}

	get isEnding(): boolean {
		return this.#code !== undefined;
	}

	/** Says goodbye, and leaves that exit code; the first one counts. */
	end(code: number): void {
		if (this.isEnding) return;
		this.#code = code;
		this.#timer?.close();
		const { goodbye, onEnd } = this.#options;
		onEnd?.();
		this.client.close(goodbye === undefined ? true : { properties: goodbye });
	}

	/** Somebody wants it to end. `code` is what a shell expects of a process that such a signal has stopped. */
	interrupt(code: number): void {
		if (this.isEnding) return;
		const end = this.#hasBeenOnline ? (this.#options.onInterrupt ?? (() => code))(code) : code;
		if (end !== undefined) this.end(end);
	}

	/** What a code means, with what the packet that brought it says of it. */
	explain(code: number): string {
		const { packet } = this.client;
		// Our own codes come with no packet, so what is in the record is of another one.
		const isSaid = code >= UNSPECIFIED_ERROR && packet.reason === code && packet.propertiesStop > packet.propertiesAt;
		const reason = isSaid ? packet.property(REASON_STRING) : undefined;
		return typeof reason === "string" && reason !== "" ? `${sentence(code)} (${reason})` : sentence(code);
	}

	#handleOnline(sessionPresent: boolean): void {
		const { debug, onOnline } = this.#options;
		debug?.(`online, ${sessionPresent ? "session resumed" : "new session"}`);
		this.#hasBeenOnline = true;
		this.#isAway = false;
		if (!this.isEnding) onOnline?.(sessionPresent);
	}

	#handleOffline(code: number): void {
		if (this.isEnding) return;
		const { debug, onAway, tell, url } = this.#options;
		const why = this.explain(code);
		if (this.#hasBeenOnline && !this.#isAway) onAway?.();
		if (!this.#hasBeenOnline) {
			tell(`cannot connect to ${url}: ${why}`);
			this.end(FAILED);
		} else if (retrySlowly(code)) {
			// Coming back would not mend it, and a program that does nothing for minutes helps nobody.
			tell(`${url}: ${why}`);
			this.end(FAILED);
		} else if (this.#isAway) debug?.(`not back yet: ${why}`);
		else tell(`${why}; trying again`);
		this.#isAway = true;
	}
}

/** Signals end it: the first one politely, the second at once. So does the end of whoever reads our output. */
export function watchProcess(errand: Errand): void {
	let asked = false;
	for (const [signal, number] of [
		["SIGINT", 2],
		["SIGTERM", 15],
	] as const)
		process.on(signal, () => {
			if (asked) process.exit(128 + number);
			asked = true;
			errand.interrupt(128 + number);
		});
	process.stdout.on("error", (error: NodeJS.ErrnoException) => {
		if (error.code !== "EPIPE") throw error;
		errand.end(FINE);
	});
}
