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
	| ({ readonly fault: "slow-link" } & Partial<Pick<LinkOptions, "latencyMs" | "jitterMs" | "bandwidth" | "slice">>)
	/** No memory for another socket. */
	| { readonly fault: "low-memory" }
	| { readonly fault: "power-cut" }
	/** The power goes at that flash operation from now on, the next being 1. */
	| { readonly fault: "power-cut-at-write"; readonly operation: number; readonly mode: CutMode }
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

/** The faults in force. Where several of a kind overlap, it is over with the last. */
export class Faults {
	/** How often each kind has struck, and there was something to strike: a connection, power, a write. */
	readonly struck = new Map<Fault["fault"], number>();
	readonly #world: World;
	readonly #inForce = new Map<string, number>();

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
		return this.#lasting(`${machine.name} ${fault.fault}`, strikeBoard(fault, machine));
	}

	/** The same for the broker. */
	strikeBroker(fault: BrokerFault): () => void {
		this.#count(fault);
		return this.#lasting(fault.fault, strikeBroker(fault, this.#world));
	}

	#count({ fault }: Fault): void {
		this.struck.set(fault, (this.struck.get(fault) ?? 0) + 1);
	}

	#lasting(key: string, end: () => void): () => void {
		const inForce = this.#inForce;
		inForce.set(key, (inForce.get(key) ?? 0) + 1);
		return () => {
			const left = inForce.get(key)! - 1;
			inForce.set(key, left);
			if (left === 0) end();
		};
	}
}

function nothing(): void {}

function hasPrey({ fault }: BoardFault, machine: Machine): boolean {
	if (fault === "cut" || fault === "hang") return machine.path.links.length > 0;
	return machine.isOn || (fault !== "power-cut" && fault !== "reset");
}

function strikeBoard(fault: Exclude<BoardFault, { fault: "power-cut-at-write" }>, machine: Machine): () => void {
	const { path } = machine;
	switch (fault.fault) {
		case "cut":
			for (const link of [...path.links]) link.cut();
			return nothing;
		case "hang":
			for (const link of path.links) link.hang();
			return nothing;
		case "partition":
			path.setPartitioned(true);
			return () => path.setPartitioned(false);
		case "wifi-loss":
			path.setJoined(false);
			return () => path.setJoined(true);
		case "dns-fails":
		case "dns-silent":
			path.names = fault.fault === "dns-fails" ? "fails" : "silent";
			return () => {
				path.names = "answers";
			};
		case "slow-link": {
			const { fault: _, ...worse } = fault;
			path.worsen(worse);
			return () => path.worsen({});
		}
		case "low-memory":
			path.hasMemory = false;
			return () => {
				path.hasMemory = true;
			};
		case "power-cut":
			machine.off();
			return () => machine.on();
		case "reset":
			machine.reset();
			return nothing;
		case "clock-skip":
			machine.skip(fault.byMs);
			return nothing;
		case "clock-set":
			machine.setWall(fault.byMs);
			return nothing;
		case "clock-drift":
			machine.setDrift(fault.ppm);
			return () => machine.setDrift();
	}
}

function strikeBroker(fault: BrokerFault, world: World): () => void {
	switch (fault.fault) {
		case "broker-stop":
			world.stopBroker();
			return () => world.resumeBroker();
		case "broker-forgets":
			world.stopBroker();
			return () => world.startBroker();
		case "broker-refuses":
			world.refuse(fault.reason);
			return () => world.refuse(undefined);
		case "broker-answers": {
			const { fault: _, ...manners } = fault;
			world.manners = { ...GOOD_MANNERS, ...manners };
			return () => {
				world.manners = GOOD_MANNERS;
			};
		}
	}
}
