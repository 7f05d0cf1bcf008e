// Wi-Fi that comes back for ever. The interface reports what happens and does nothing about it; here an attempt that
// failed, that hangs, or a connection that went, leads to the next attempt, with backoff.

import type { Random, Timer, TimerConstructor, WiFi, WiFiConstructor } from "../io.js";
import { retryDelay } from "../mqtt/backoff.js";
import { BAD_OPTION, CONNECT_FAILED, Misuse } from "../mqtt/error.js";

export interface WirelessOptions {
	/** 1 to 32 bytes. */
	ssid: string;
	/** Absent or empty for an open network. */
	password?: string;
	wifi: { io: WiFiConstructor };
	timer: { io: TimerConstructor };
	random: Random;
	/** The network became usable (true), or went (false). */
	onChanged?(usable: boolean): void;
}

/** `connection` from which on sockets can be made. */
const USABLE = 500;
const IDLE = 200;
const BACKOFF = Object.freeze({ capMs: 30_000 });
/** An attempt that has come to nothing after this long is given up, in ms. */
const ATTEMPT_MS = 30_000;

export class Wireless {
	readonly #options: WirelessOptions;
	/** Attempts that came to nothing since the network was last usable. */
	#failures = 0;
	readonly #timer: Timer;
	#wifi: WiFi | undefined = undefined;
	#usable = false;
	/** An attempt is under way: the timer is its deadline, and not the wait for the next one. */
	#trying = false;

	/** Makes the first attempt at once. Throws Misuse without an SSID. */
	constructor(options: WirelessOptions) {
		if (options.ssid.length === 0) throw new Misuse(BAD_OPTION, "ssid: expected the name of a Wi-Fi network");
		this.#options = options;
		this.#timer = new options.timer.io({ target: this, onTimer });
		this.#try();
	}

	get isUsable(): boolean {
		return this.#usable;
	}

	close(): void {
		this.#timer.close();
		this.#wifi?.close();
		this.#wifi = undefined;
	}

	/** @internal */
	handleTimer(): void {
		if (this.#trying) this.#fail();
		else this.#try();
	}

	#try(): void {
		const { ssid, password, wifi } = this.#options;
		this.#trying = true;
		this.#timer.schedule(ATTEMPT_MS);
		try {
			const attempt = new wifi.io({
				onChanged: property => {
					if (this.#wifi === attempt && property === "connection") this.#handleConnection(attempt.connection);
				},
			});
			this.#wifi = attempt;
			attempt.connect(password === undefined || password === "" ? { SSID: ssid } : { SSID: ssid, password });
		} catch {
			this.#fail();
		}
	}

	#handleConnection(connection: number): void {
		if (connection >= USABLE) {
			this.#trying = false;
			this.#failures = 0;
			this.#timer.schedule(0x3fff_ffff);
			this.#tell(true);
		} else if (connection === IDLE) this.#fail();
		// Anything between is on its way up, or has lost its address and may get another: the deadline decides.
		else if (!this.#trying) {
			this.#trying = true;
			this.#timer.schedule(ATTEMPT_MS);
			this.#tell(false);
		}
	}

	/** Once more, later, with an interface made afresh. */
	#fail(): void {
		const wifi = this.#wifi;
		this.#wifi = undefined;
		this.#trying = false;
		try {
			wifi?.close();
		} catch {
			// It is given up either way.
		}
		this.#timer.schedule(retryDelay(this.#failures, CONNECT_FAILED, this.#options.random, BACKOFF));
		this.#failures += 1;
		this.#tell(false);
	}

	#tell(usable: boolean): void {
		if (usable === this.#usable) return;
		this.#usable = usable;
		this.#options.onChanged?.(usable);
	}
}

Object.freeze(Wireless.prototype);

function onTimer(this: { readonly target?: unknown }): void {
	(this.target as Wireless).handleTimer();
}
