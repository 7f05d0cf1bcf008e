// What goes wrong in a scenario, and when: the schema of `timeline`, and the one who lets it happen in a world. Which board
// is hit at which moment is drawn from the scenario's seed.

import * as v from "valibot";
import { type BoardFault, type BrokerFault, type Fault, type Faults, isBrokerFault } from "../world/fault.js";
import { CUT_MODES } from "../world/flash.js";
import type { Machine } from "../world/machine.js";
import type { SeededRandom } from "../world/random.js";
import type { VirtualTime } from "../world/time.js";
import { checked, duration, forbidden, number, object, signedDuration, UsageError, wholeNumber } from "./schema.js";

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

/** Those that last until they are mended: all others are over at once, or for good. */
const LASTING: ReadonlySet<string> = new Set(
	kinds.flatMap(({ entries }) => (entries.for.type === "string" ? [entries.fault.literal] : [])),
);

/** Where nobody says how long: it is taken off again. */
const ANY_TIME = "1s";

/**
 * A fault that is ordered while a world runs, in the same words: it strikes once, now, and one that lasts may do so until it is
 * mended. Throws UsageError.
 */
export function orderedIncident(value: Readonly<Record<string, unknown>>): Incident {
	for (const name of ["at", "every", "spread"])
		if (value[name] !== undefined) throw new UsageError(`${name}: what is ordered happens once, and now: leave it out`);
	const { fault } = value;
	const isOpen = typeof fault === "string" && LASTING.has(fault) && value["for"] === undefined;
	const { for: lasts, ...rest } = checked(incident, { ...value, at: "0ms", ...(isOpen && { for: ANY_TIME }) }, "");
	return isOpen || lasts === undefined ? rest : { ...rest, for: lasts };
}

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

/** Something that has gone wrong. Times are in ms of the world. */
export interface Struck {
	/** No two of a timeline have the same. */
	readonly id: number;
	readonly fault: Fault;
	/** Absent where it is the broker's. */
	readonly machine?: Machine;
	readonly since: number;
	/** When it is over by itself; of what is over at once that is `since`. Absent where it is not. */
	readonly until?: number;
	/** It was ordered while the world ran. */
	readonly isOrdered: boolean;
}

/** What the timeline tells: something has begun, or is over. `machine` is absent where it is the broker's. */
export type Told = (event: "fault" | "mended", fault: Fault, machine: Machine | undefined, struck: Struck) => void;

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
	/** The faults in force, and what takes them back: nothing does where one is for good. */
	readonly #inForce = new Map<number, { readonly struck: Struck; readonly mend: (() => void) | undefined }>();
	#ids = 0;
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
		for (const { mend } of [...this.#inForce.values()]) mend?.();
	}

	/** What is wrong now, the oldest first. */
	get inForce(): readonly Struck[] {
		return [...this.#inForce.values()].map(({ struck }) => struck);
	}

	/** It happens now. */
	strike(incident: Incident): void {
		if (this.#isOver) return;
		const { fault } = incident;
		const machines = isBrokerFault(fault) ? [undefined] : this.#options.machines(incident.boards);
		for (const machine of machines) this.#strike(incident, machine, true);
	}

	/** Mends what has that id, now; "unknown" where nothing in force has it. */
	mend(id: number): "mended" | "unknown" | "for good" {
		const found = this.#inForce.get(id);
		if (found === undefined) return "unknown";
		if (found.mend === undefined) return "for good";
		found.mend();
		return "mended";
	}

	/** Mends all that was ordered. */
	mendOrdered(): void {
		for (const { mend, struck } of [...this.#inForce.values()]) if (struck.isOrdered) mend?.();
	}

	#at(delayMs: number, run: () => void): void {
		this.#options.time.after(delayMs, () => {
			if (!this.#isOver) run();
		});
	}

	#happen(incident: Incident, machines: readonly Machine[], random: SeededRandom): void {
		const { every, fault, spread } = incident;
		if (isBrokerFault(fault)) this.#strike(incident);
		else
			for (const machine of machines) {
				if (spread === 0) this.#strike(incident, machine);
				else this.#at(random.between(0, spread), () => this.#strike(incident, machine));
			}
		if (every !== undefined) this.#at(every, () => this.#happen(incident, machines, random));
	}

	#strike(incident: Incident, machine?: Machine, isOrdered = false): void {
		const { fault, for: lasts } = incident;
		const { faults, time, told } = this.#options;
		const id = ++this.#ids;
		const since = time.now;
		const isLasting = LASTING.has(fault.fault);
		const isFinal = fault.fault === "flash-worn";
		const until = lasts !== undefined ? since + lasts : isLasting || isFinal ? undefined : since;
		const struck: Struck = {
			id,
			fault,
			since,
			isOrdered,
			...(machine !== undefined && { machine }),
			...(until !== undefined && { until }),
		};
		told("fault", fault, machine, struck);
		const takeBack =
			machine === undefined ? faults.strikeBroker(fault as BrokerFault) : faults.strike(fault as BoardFault, machine);
		if (isFinal) this.#inForce.set(id, { struck, mend: undefined });
		if (!isLasting) return;
		const mend = () => {
			if (!this.#inForce.delete(id)) return;
			takeBack();
			told("mended", fault, machine, struck);
		};
		this.#inForce.set(id, { struck, mend });
		if (lasts !== undefined) this.#at(lasts, mend);
	}
}
