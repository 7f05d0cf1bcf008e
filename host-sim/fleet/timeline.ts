// What goes wrong in a scenario, and when: the schema of `timeline`, and the one who lets it happen in a world. Which board
// is hit at which moment is drawn from the scenario's seed.

import * as v from "valibot";
import { type BoardFault, type BrokerFault, type Fault, type Faults, isBrokerFault } from "../world/fault.js";
import { CUT_MODES } from "../world/flash.js";
import type { Machine } from "../world/machine.js";
import type { SeededRandom } from "../world/random.js";
import type { VirtualTime } from "../world/time.js";
import { duration, forbidden, number, object, signedDuration, wholeNumber } from "./schema.js";

/** What `boards` says. */
export type Whom = string | readonly string[];

/** Something that goes wrong once, or again and again. Times are in ms. */
export interface Incident {
	readonly fault: Fault;
	readonly at: number;
	/** From one time to the next; absent: it happens once. */
	readonly every?: number;
	/** Each board is hit at some moment within. Default 0. */
	readonly spread: number;
	/** How long it lasts; absent where it is over at once. */
	readonly for?: number;
	/** Names of boards and groups, or "all"; of no meaning where the broker is hit. */
	readonly boards: Whom;
}

const when = {
	at: duration("0ms", "8760h"),
	every: v.optional(duration("100ms", "8760h")),
};
const someone = 'expected a board, a group, "all", or a list of boards and groups';
/** Whom it is about. */
export const whom = {
	boards: v.optional(v.union([v.string(), v.pipe(v.array(v.string()), v.minLength(1, someone))], someone), "all"),
	spread: v.optional(duration("0ms", "8760h"), "0ms"),
};
const long = { for: duration("1ms", "8760h") };
const percent = wholeNumber(0, 100);

/** A fault of boards that lasts; one that is over at once; one that is for good; one of the broker. */
function lasting<const Name extends string, const Fields extends v.ObjectEntries>(name: Name, fields: Fields) {
	return object({ fault: v.literal(name), ...fields, ...when, ...long, ...whom });
}
function momentary<const Name extends string, const Fields extends v.ObjectEntries>(name: Name, fields: Fields) {
	const over = { for: forbidden(`${name} is over at once: leave it out`) };
	return object({ fault: v.literal(name), ...fields, ...when, ...whom, ...over });
}
function final<const Name extends string>(name: Name) {
	const good = `${name} is for good: leave it out`;
	return object({ fault: v.literal(name), at: when.at, ...whom, for: forbidden(good), every: forbidden(good) });
}
function ofBroker<const Name extends string, const Fields extends v.ObjectEntries>(name: Name, fields: Fields) {
	const all = `${name} befalls the broker, and with it everybody: leave it out`;
	return object({
		fault: v.literal(name),
		...fields,
		...when,
		...long,
		boards: forbidden(all),
		spread: forbidden(all),
	});
}

const kinds = [
	momentary("cut", {}),
	momentary("hang", {}),
	lasting("partition", {}),
	lasting("wifi-loss", {}),
	lasting("dns-fails", {}),
	lasting("dns-silent", {}),
	lasting("captive", {}),
	lasting("slow-link", {
		latency: v.optional(duration("0ms", "10m")),
		jitter: v.optional(duration("0ms", "10m")),
		bandwidth: v.optional(wholeNumber(0, 1_000_000_000)),
		slice: v.optional(wholeNumber(0, 65_535)),
	}),
	lasting("low-memory", {}),
	lasting("power-cut", {}),
	momentary("power-cut-at-write", {
		operation: v.optional(wholeNumber(1, 1_000_000), 1),
		mode: v.optional(v.picklist(CUT_MODES, `expected ${oneOf(CUT_MODES)}`), "torn"),
	}),
	lasting("flash-full", {}),
	final("flash-worn"),
	lasting("sensor-fails", {}),
	momentary("reset", {}),
	momentary("clock-skip", { by: duration("1ms", "24h") }),
	momentary("clock-set", { by: signedDuration("87600h") }),
	lasting("clock-drift", { ppm: number(-100_000, 100_000) }),
	ofBroker("broker-stop", {}),
	ofBroker("broker-forgets", {}),
	ofBroker("broker-refuses", { reason: wholeNumber(128, 255) }),
	ofBroker("broker-answers", {
		late: v.optional(duration("0ms", "1h"), "0ms"),
		twice: v.optional(percent, 0),
		wrong: v.optional(percent, 0),
	}),
] as const;

/** The names of all faults. */
export const FAULTS: readonly string[] = kinds.map(({ entries }) => entries.fault.literal);

const kind = v.variant("fault", kinds, `expected ${oneOf(FAULTS)}`);

export const incident = v.pipe(kind, v.transform(incidentOf));

function oneOf(names: readonly string[]): string {
	return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

function incidentOf(given: v.InferOutput<typeof kind>): Incident {
	const { at, every, boards, spread } = given;
	return {
		fault: faultOf(given),
		at,
		boards: boards ?? "all",
		spread: spread ?? 0,
		...(every !== undefined && { every }),
		...(given.for !== undefined && { for: given.for }),
	};
}

/** The fault alone, by the names that it has in the world. */
function faultOf(given: v.InferOutput<typeof kind>): Fault {
	switch (given.fault) {
		case "slow-link": {
			const { bandwidth, fault, jitter, latency, slice } = given;
			return {
				fault,
				...(latency !== undefined && { latencyMs: latency }),
				...(jitter !== undefined && { jitterMs: jitter }),
				...(bandwidth !== undefined && { bandwidth }),
				...(slice !== undefined && { slice }),
			};
		}
		case "power-cut-at-write":
			return { fault: given.fault, operation: given.operation, mode: given.mode };
		case "clock-skip":
		case "clock-set":
			return { fault: given.fault, byMs: given.by };
		case "clock-drift":
			return { fault: given.fault, ppm: given.ppm };
		case "broker-refuses":
			return { fault: given.fault, reason: given.reason };
		case "broker-answers":
			return { fault: given.fault, lateMs: given.late, twice: given.twice, wrong: given.wrong };
		default:
			return { fault: given.fault };
	}
}

/** What the timeline tells: something has begun, or is over. `machine` is absent where it is the broker's. */
export type Told = (event: "fault" | "mended", fault: Fault, machine?: Machine) => void;

export interface TimelineOptions {
	readonly time: VirtualTime;
	readonly faults: Faults;
	readonly random: SeededRandom;
	/** The machines that an incident is about. */
	readonly machines: (boards: Whom) => readonly Machine[];
	readonly told: Told;
}

/** Lets the incidents happen. */
export class Timeline {
	readonly #options: TimelineOptions;
	/** What takes back the faults in force. */
	readonly #inForce = new Set<() => void>();
	#isOver = false;

	constructor(incidents: readonly Incident[], options: TimelineOptions) {
		this.#options = options;
		for (const [i, incident] of incidents.entries()) {
			const random = options.random.fork(`incident ${i}`);
			const machines = isBrokerFault(incident.fault) ? [] : options.machines(incident.boards);
			this.#at(incident.at, () => this.#happen(incident, machines, random));
		}
	}

	/** Nothing goes wrong from now on, and what is wrong is mended. */
	end(): void {
		this.#isOver = true;
		for (const mend of [...this.#inForce]) mend();
	}

	#at(delayMs: number, run: () => void): void {
		this.#options.time.after(delayMs, () => {
			if (!this.#isOver) run();
		});
	}

	#happen(incident: Incident, machines: readonly Machine[], random: SeededRandom): void {
		const { every, fault, spread } = incident;
		if (isBrokerFault(fault)) this.#strikeBroker(fault, incident);
		else
			for (const machine of machines) {
				if (spread === 0) this.#strike(fault, incident, machine);
				else this.#at(random.between(0, spread), () => this.#strike(fault, incident, machine));
			}
		if (every !== undefined) this.#at(every, () => this.#happen(incident, machines, random));
	}

	#strike(fault: BoardFault, incident: Incident, machine: Machine): void {
		const { faults, told } = this.#options;
		told("fault", fault, machine);
		this.#mendLater(incident, faults.strike(fault, machine), () => told("mended", fault, machine));
	}

	#strikeBroker(fault: BrokerFault, incident: Incident): void {
		const { faults, told } = this.#options;
		told("fault", fault);
		this.#mendLater(incident, faults.strikeBroker(fault), () => told("mended", fault));
	}

	#mendLater(incident: Incident, takeBack: () => void, tell: () => void): void {
		if (incident.for === undefined) return;
		const mend = () => {
			this.#inForce.delete(mend);
			takeBack();
			tell();
		};
		this.#inForce.add(mend);
		this.#at(incident.for, mend);
	}
}
