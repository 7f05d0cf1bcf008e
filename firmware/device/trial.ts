// A Wi-Fi network on trial, before it is kept: usable within some time, or given up.

import type { Timer } from "../io.js";
import { Wireless, type WirelessOptions } from "./wireless.js";

/** Installers in a browser wait for 30 s. */
const TRIAL_MS = 20_000;

export class Trial {
	readonly #options: Omit<WirelessOptions, "ssid" | "password" | "onChanged">;
	readonly #timer: Timer;
	#wireless: Wireless | undefined = undefined;
	#done: ((usable: boolean) => void) | undefined = undefined;

	constructor(options: Omit<WirelessOptions, "ssid" | "password" | "onChanged">) {
		this.#options = options;
		this.#timer = new options.timer.io({ target: this, onTimer });
	}

	/**
	 * Calls `done` once, later. A network that is usable is stayed in until the next trial. One at a time; throws Misuse without
	 * an SSID.
	 */
	join(ssid: string, password: string, done: (usable: boolean) => void): void {
		this.#wireless?.close();
		this.#done = done;
		this.#timer.schedule(TRIAL_MS);
		const onChanged = (usable: boolean) => {
			if (usable) this.end(true);
		};
		this.#wireless = new Wireless({ ...this.#options, ssid, password, onChanged });
	}

	/** @internal */
	handleTimer(): void {
		if (this.#done === undefined) return;
		this.#wireless?.close();
		this.#wireless = undefined;
		this.end(false);
	}

	private end(usable: boolean): void {
		const done = this.#done;
		this.#done = undefined;
		done?.(usable);
	}
}

Object.freeze(Trial.prototype);

function onTimer(this: { readonly target?: unknown }): void {
	(this.target as Trial).handleTimer();
}
