// A sensor that may fail. It is made when it is first asked; what throws, then or later, costs it a pause, and the others
// nothing. After the pause it is made anew: on a bus, that is what brings back a sensor that was unplugged.

import type { Clock, Sample, Sensor } from "../io.js";

/** What failed, as a listener is told. */
export const MAKING_FAILED = 1;
export const CONFIGURING_FAILED = 2;
export const SAMPLING_FAILED = 3;

/** `failures` counts those in a row. */
export type FaultListener = (name: string, code: number, failures: number) => void;

/** After the first failure; each one more in a row doubles it. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 300_000;

export class RetriedSensor implements Sensor {
	/** Failures so far. */
	errors = 0;
	readonly #name: string;
	readonly #make: () => Sensor;
	readonly #clock: Clock;
	readonly #onFault: FaultListener | undefined;
	#options: Record<string, unknown> | undefined = undefined;
	#sensor: Sensor | undefined = undefined;
	/** Failures since the last sample, and until when it has a rest from them. */
	#failures = 0;
	#restUntilMs = 0;

	constructor(name: string, make: () => Sensor, clock: Clock, onFault?: FaultListener) {
		this.#name = name;
		this.#make = make;
		this.#clock = clock;
		this.#onFault = onFault;
	}

	/** Given to the sensor each time that it is made, too. */
	configure(options: Record<string, unknown>): void {
		this.#options = options;
		if (this.#sensor !== undefined) this.#attempt(CONFIGURING_FAILED);
	}

	sample(): Sample | undefined {
		if (this.#sensor === undefined) {
			if (this.#failures > 0 && ((this.#clock.now() - this.#restUntilMs) | 0) < 0) return undefined;
			this.#attempt(MAKING_FAILED);
			if (this.#sensor !== undefined && this.#options !== undefined) this.#attempt(CONFIGURING_FAILED);
		}
		return this.#sensor === undefined ? undefined : this.#attempt(SAMPLING_FAILED);
	}

	close(): void {
		const sensor = this.#sensor;
		this.#sensor = undefined;
		try {
			sensor?.close();
		} catch {
			// A driver writes to its sensor when it is closed, which may be gone.
		}
	}

	/** The code is that of what may fail. */
	#attempt(code: number): Sample | undefined {
		try {
			if (code === MAKING_FAILED) this.#sensor = this.#make();
			else if (code === CONFIGURING_FAILED) this.#sensor!.configure(this.#options!);
			else {
				const sample = this.#sensor!.sample();
				this.#failures = 0;
				return sample;
			}
		} catch {
			this.close();
			this.errors += 1;
			const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
			this.#failures += 1;
			this.#restUntilMs = (this.#clock.now() + pause) | 0;
			this.#onFault?.(this.#name, code, this.#failures);
		}
		return undefined;
	}
}

Object.freeze(RetriedSensor.prototype);
