// What can go wrong in a world, as plain data: scenarios name it in JSON, the swarm draws it from a seed. Everything in the
// world that breaks, breaks through here; the firmware knows nothing of it.

import type { CutMode } from "./flash.js";
import type { Machine } from "./machine.js";
import type { LinkOptions } from "./path.js";
import { GOOD_MANNERS } from "./unruly.js";
import type { World } from "./world.js";

/** What befalls one board. Times are in ms. */
export type BoardFault =
	/** Its connection is reset. */
	| { readonly fault: "cut" }
	/** Its connection is half open for good: nobody is told, bytes vanish. */
	| { readonly fault: "hang" }
	/** Nothing gets through, either way. */
	| { readonly fault: "partition" }
	| { readonly fault: "wifi-loss" }
	/** Names are not found, or there is no answer. */
	| { readonly fault: "dns-fails" | "dns-silent" }
	/** The network wants somebody to agree to something: what stands hangs, and whatever it connects to is a portal. */
	| { readonly fault: "captive" }
	| ({ readonly fault: "slow-link" } & Partial<Pick<LinkOptions, "latencyMs" | "jitterMs" | "bandwidth" | "slice">>)
	/** No memory for another socket. */
	| { readonly fault: "low-memory" }
	| { readonly fault: "power-cut" }
	/** The power goes at that flash operation from now on, the next being 1. */
	| { readonly fault: "power-cut-at-write"; readonly operation: number; readonly mode: CutMode }
	/** Its flash takes nothing new; what it has can be read and deleted. */
	| { readonly fault: "flash-full" }
	/** Its flash takes no write and no deletion any more, for good; what it has can be read. */
	| { readonly fault: "flash-worn" }
	/** Its sensors do not answer. */
	| { readonly fault: "sensor-fails" }
	/** The firmware starts anew: a watchdog, an exception. */
	| { readonly fault: "reset" }
	/** Its ticks are suddenly further on. */
	| { readonly fault: "clock-skip"; readonly byMs: number }
	/** Its time of day is suddenly another. */
	| { readonly fault: "clock-set"; readonly byMs: number }
	/** Its clock runs too fast, or too slow, by millionths. */
	| { readonly fault: "clock-drift"; readonly ppm: number };

/** What befalls the broker, and with it everybody. */
export type BrokerFault =
	/** Stopped; started again it has its sessions. */
	| { readonly fault: "broker-stop" }
	/** Stopped; started again it remembers nothing. */
	| { readonly fault: "broker-forgets" }
	/** Takes nobody, for that reason (of 5.0; 3.1.1 clients get the return code nearest to it). */
	| { readonly fault: "broker-refuses"; readonly reason: number }
	/** Answers late, and so many of a hundred acknowledgements twice or wrongly. */
	| { readonly fault: "broker-answers"; readonly lateMs?: number; readonly twice?: number; readonly wrong?: number };

export type Fault = BoardFault | BrokerFault;

/** How long a board is without power where nobody says it, in ms. */
const DARK_MS = 1000;

export function isBrokerFault(fault: Fault): fault is BrokerFault {
	return fault.fault.startsWith("broker-");
}

/** What a fault does, and what undoes it; to do it again while it is done changes nothing. */
interface Effect {
	begin(): void;
	end(): void;
}

/**
 * The faults in force. Where several overlap that are about the same thing, it is over with the last; until then the one that
 * struck last of those in force counts.
 */
export class Faults {
	/** How often each kind has struck, and there was something to strike: a connection, power, a write. */
	readonly struck = new Map<Fault["fault"], number>();
	readonly #world: World;
	readonly #inForce = new Map<string, Effect[]>();
	/** Reasons why the broker is gone. */
	#stops = 0;

	constructor(world: World) {
		this.#world = world;
	}

	/** Something goes wrong with that board. Returns what takes it back, to be called once; what is over at once has nothing to take back. */
	strike(fault: BoardFault, machine: Machine): () => void {
		if (fault.fault === "power-cut-at-write") {
			machine.offAtWrite(fault.operation, fault.mode, DARK_MS, () => this.#count(fault));
			return nothing;
		}
		if (hasPrey(fault, machine)) this.#count(fault);
		// The machine counts by itself why it has no power.
		if (fault.fault === "power-cut") return machine.outage();
		const effect = effectOn(fault, machine);
		return typeof effect === "function"
			? momentary(effect)
			: this.#lasting(`${machine.name} ${topicOf(fault)}`, effect);
	}

	/** The same for the broker. */
	strikeBroker(fault: BrokerFault): () => void {
		this.#count(fault);
		if (fault.fault === "broker-stop" || fault.fault === "broker-forgets")
			return this.#stopBroker(fault.fault === "broker-forgets");
		return this.#lasting(fault.fault, effectOnBroker(fault, this.#world));
	}

	/** Until the last reason for it is over; one that makes it forget does so at its own end. */
	#stopBroker(forgets: boolean): () => void {
		const world = this.#world;
		world.stopBroker();
		this.#stops += 1;
		return () => {
			this.#stops -= 1;
			if (forgets) world.startBroker();
			else if (this.#stops === 0) world.resumeBroker();
			if (this.#stops > 0) world.stopBroker();
		};
	}

	#count({ fault }: Fault): void {
		this.struck.set(fault, (this.struck.get(fault) ?? 0) + 1);
	}

	#lasting(key: string, effect: Effect): () => void {
		const inForce = this.#inForce.get(key) ?? [];
		this.#inForce.set(key, inForce);
		inForce.push(effect);
		effect.begin();
		return () => {
			inForce.splice(inForce.indexOf(effect), 1);
			if (inForce.length === 0) effect.end();
			else inForce.at(-1)!.begin();
		};
	}
}

function nothing(): void {}

function momentary(strike: () => void): () => void {
	strike();
	return nothing;
}

/** What a fault is about, where those of another kind are about the same. */
function topicOf({ fault }: BoardFault): string {
	return fault === "dns-fails" || fault === "dns-silent" ? "names" : fault;
}

function hasPrey({ fault }: BoardFault, machine: Machine): boolean {
	if (fault === "cut" || fault === "hang") return machine.path.links.length > 0;
	return machine.isOn || (fault !== "power-cut" && fault !== "reset");
}

/** A function where it is over at once, or can never be undone. */
function effectOn(
	fault: Exclude<BoardFault, { fault: "power-cut" | "power-cut-at-write" }>,
	machine: Machine,
): Effect | (() => void) {
	const { flash, path } = machine;
	switch (fault.fault) {
		case "cut":
			return () => {
				for (const link of [...path.links]) link.cut();
			};
		case "hang":
			return () => {
				for (const link of path.links) link.hang();
			};
		case "partition":
			return { begin: () => path.setPartitioned(true), end: () => path.setPartitioned(false) };
		case "wifi-loss":
			return { begin: () => path.setJoined(false), end: () => path.setJoined(true) };
		case "dns-fails":
		case "dns-silent":
			return {
				begin() {
					path.names = fault.fault === "dns-fails" ? "fails" : "silent";
				},
				end() {
					path.names = "answers";
				},
			};
		case "captive":
			return {
				begin() {
					path.isCaptive = true;
					for (const link of path.links) link.hang();
				},
				end() {
					path.isCaptive = false;
				},
			};
		case "slow-link": {
			const { fault: _, ...worse } = fault;
			return { begin: () => path.worsen(worse), end: () => path.worsen({}) };
		}
		case "low-memory":
			return {
				begin() {
					path.hasMemory = false;
				},
				end() {
					path.hasMemory = true;
				},
			};
		case "flash-full":
			return {
				begin() {
					flash.isFull = true;
				},
				end() {
					flash.isFull = false;
				},
			};
		case "sensor-fails":
			return {
				begin() {
					machine.hasSensors = false;
				},
				end() {
					machine.hasSensors = true;
				},
			};
		case "flash-worn":
			return () => {
				flash.isWorn = true;
			};
		case "reset":
			return () => machine.reset();
		case "clock-skip":
			return () => machine.skip(fault.byMs);
		case "clock-set":
			return () => machine.setWall(fault.byMs);
		case "clock-drift":
			return { begin: () => machine.setDrift(fault.ppm), end: () => machine.setDrift() };
	}
}

function effectOnBroker(
	fault: Exclude<BrokerFault, { fault: "broker-stop" | "broker-forgets" }>,
	world: World,
): Effect {
	switch (fault.fault) {
		case "broker-refuses":
			return { begin: () => world.refuse(fault.reason), end: () => world.refuse(undefined) };
		case "broker-answers": {
			const { fault: _, ...manners } = fault;
			return {
				begin() {
					world.manners = { ...GOOD_MANNERS, ...manners };
				},
				end() {
					world.manners = GOOD_MANNERS;
				},
			};
		}
	}
}
