// Which sensors a board has, as a configuration names them, and the sensors themselves. How one is made is the port's.

import type { Clock, Sample, Sensor } from "../io.js";
import { ADAPTERS } from "./adapters.js";
import { type FaultListener, RetriedSensor } from "./retried.js";

/** One sensor: `name[@address][:quantity[=low..high]]`. */
export interface SensorPlan {
	/** The text that it was read from. */
	readonly text: string;
	readonly name: string;
	/** On its bus, or the pin of an analog input; undefined for the usual one. */
	readonly address: number | undefined;
	/** Of an analog input: what it stands for, and what that is at nothing and at full scale. */
	readonly quantity: keyof Sample;
	readonly low: number;
	readonly high: number;
}

export const ANALOG = "analog";
export const SYNTHETIC = "synthetic";

/** What an analog input may stand for; without a range: a TMP36 at 3.3 V, and the whole of what there is. */
const RANGES: Readonly<Partial<Record<keyof Sample, readonly [number, number]>>> = Object.freeze({
	position: Object.freeze([0, 1] as const),
	voltage: Object.freeze([0, 3.3] as const),
	temperature: Object.freeze([-50, 280] as const),
	humidity: Object.freeze([0, 1] as const),
});

/** The sensors in such a text, with commas between them; undefined where it is none. */
export function plansIn(text: string): SensorPlan[] | undefined {
	const plans: SensorPlan[] = [];
	for (const part of text === "" ? [] : text.split(",")) {
		const plan = planIn(part);
		if (plan === undefined) return undefined;
		plans.push(plan);
	}
	return plans;
}

function planIn(text: string): SensorPlan | undefined {
	const [front, quantityText, ...others] = text.split(":");
	const [name, addressText, ...rest] = front!.split("@");
	if (name === undefined || others.length > 0 || rest.length > 0) return undefined;
	const address = addressText === undefined ? undefined : numberIn(addressText);
	if (address !== undefined && !(Number.isInteger(address) && address >= 0 && address <= 127)) return undefined;
	if (name !== ANALOG) {
		const isKnown = Object.hasOwn(ADAPTERS, name) || (name === SYNTHETIC && address === undefined);
		if (!isKnown || quantityText !== undefined) return undefined;
		return { text, name, address, quantity: "position", low: 0, high: 1 };
	}
	const [quantity, rangeText, ...more] = (quantityText ?? "position").split("=");
	if (more.length > 0 || !Object.hasOwn(RANGES, quantity!)) return undefined;
	let [low, high] = RANGES[quantity as keyof Sample]!;
	if (rangeText !== undefined) {
		const ends = rangeText.split("..");
		if (ends.length !== 2) return undefined;
		low = numberIn(ends[0]!);
		high = numberIn(ends[1]!);
		if (!Number.isFinite(low) || !Number.isFinite(high)) return undefined;
	}
	return { text, name, address, quantity: quantity as keyof Sample, low, high };
}

/** Number() makes 0 of nothing at all. */
function numberIn(text: string): number {
	return text.trim() === "" ? Number.NaN : Number(text);
}

/** The sensors themselves, each of which may fail without the others. `make` makes one, or throws. */
export function sensorsOf(
	plans: readonly SensorPlan[],
	make: (plan: SensorPlan) => Sensor,
	clock: Clock,
	onFault?: FaultListener,
): Sensor[] {
	return plans.map(plan => new RetriedSensor(plan.text, () => make(plan), clock, onFault));
}
