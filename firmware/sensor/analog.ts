// An analog input as a sensor: its position between nothing and full scale, or a quantity that goes with it in a straight
// line, such as the temperature of a TMP36.

import type { Sample, Sensor } from "../io.js";
import { emptySample } from "./adapters.js";

/** ECMA-419's analog input: from 0 to 2 to the power of `resolution`, less one. */
export interface AnalogInput {
	readonly resolution: number;
	read(): number;
	/** The SDK's types leave it out. */
	close?(): void;
}

export class AnalogSensor implements Sensor {
	readonly #input: AnalogInput;
	readonly #quantity: keyof Sample;
	readonly #low: number;
	readonly #high: number;
	readonly #sample = emptySample();

	/** The quantity is `low` where the input reads nothing, and `high` at full scale. */
	constructor(input: AnalogInput, quantity: keyof Sample, low: number, high: number) {
		this.#input = input;
		this.#quantity = quantity;
		this.#low = low;
		this.#high = high;
	}

	configure(): void {}

	sample(): Sample {
		const position = this.#input.read() / (2 ** this.#input.resolution - 1);
		this.#sample[this.#quantity] = this.#low + position * (this.#high - this.#low);
		return this.#sample;
	}

	close(): void {
		this.#input.close?.();
	}
}

Object.freeze(AnalogSensor.prototype);
