// What happened since something went wrong, told in order: the fault, what MQTT made of it (the will fires, readings are missing, they
// come in late), and how it ended. What befalls many boards at once is one sentence. Times are ms of the stage.

import type { Happening } from "../../watch/board.js";
import { Live } from "../live.js";
import type { Incident } from "../model/desk.js";

export type Event =
	| { readonly kind: "fault" | "mended"; readonly fault: string }
	/** The firmware has begun anew. */
	| { readonly kind: "restarted"; readonly reason: string }
	/** Its will was published: the broker has given it up. */
	| { readonly kind: "will" }
	| { readonly kind: "online" | "sleeping" }
	/** Readings whose numbers were left out; readings that were left out, and have come; readings that had to wait on the board. */
	| { readonly kind: "missing" | "filled" | "waited"; readonly ms?: number }
	/** It knows itself that it has connected again. */
	| { readonly kind: "reconnected" }
	/** The page has lost its own connection, or has it again. */
	| { readonly kind: "cutOff"; readonly reason: string }
	| { readonly kind: "backOn" };

export interface Entry {
	readonly id: number;
	readonly event: Event;
	/** When the first of it happened, and the last. */
	readonly at: number;
	last: number;
	/** The first few of the boards; none where it is the broker's, or the page's. */
	readonly devices: string[];
	/** How many boards. */
	boards: number;
	/** Readings, or times. */
	count: number;
	/** From the fault that it comes after to this, in ms. */
	readonly after: number | undefined;
}

/** What is told at most. */
const MOST = 300;
const MOST_NAMES = 3;
/** Boards whose fault is remembered. */
const MOST_BOARDS = 10_000;
/** What is alike and comes within this of the last one is told with it; together it spans no more than that. */
const TOGETHER_MS = 2000;
const SPAN_MS = 15_000;
/** How far back is looked for the like of it. */
const LOOK_BACK = 12;
/** A reading that is so much older than its arrival has waited on the board. */
const WAITED_MS = 3000;
/** For so long after a fault what happens is told as coming after it. */
const AFTER_MS = 600_000;

/** What an event is about: in one matter, order matters. Of readings, only how many. */
const MATTERS: Readonly<Record<Event["kind"], string>> = {
	fault: "faults",
	mended: "faults",
	restarted: "life",
	will: "presence",
	online: "presence",
	sleeping: "presence",
	missing: "missing",
	filled: "filled",
	waited: "waited",
	reconnected: "link",
	cutOff: "page",
	backOn: "page",
};

export interface StoryOptions {
	/** From one reading to the next, in ms, where that is known. */
	intervalOf?(device: string): number | undefined;
}

export class Story extends Live {
	/** The newest first. */
	readonly entries: Entry[] = [];
	readonly #options: StoryOptions;
	#ids = 0;
	/** Boards of an entry, as long as others may join them. */
	#members = new WeakMap<Entry, Set<string>>();
	/** When something last went wrong: with a board, with the broker. */
	readonly #faults = new Map<string, number>();
	#brokerFault: number | undefined;
	readonly #reconnects = new Map<string, number>();

	constructor(options: StoryOptions = {}) {
		super();
		this.#options = options;
	}

	clear(): void {
		this.entries.length = 0;
		this.#faults.clear();
		this.#brokerFault = undefined;
		this.#reconnects.clear();
		this.changed();
	}

	handleIncident(incident: Incident): void {
		switch (incident.event) {
			case "trouble": {
				const { device, fault, since } = incident.trouble;
				if (device === undefined) this.#brokerFault = since;
				else remember(this.#faults, device, since);
				this.#put({ kind: "fault", fault }, since, device);
				break;
			}
			case "mended":
				this.#put({ kind: "mended", fault: incident.fault }, incident.at, incident.device);
				break;
			case "restarted":
				this.#put({ kind: "restarted", reason: incident.reason }, incident.at, incident.device);
				break;
		}
	}

	/** `wall` is the time of day, in ms since 1970. */
	handleHappening(what: Happening, at: number, wall: number): void {
		const { device } = what;
		switch (what.event) {
			case "presence":
				// What is retained was so before we came.
				if (what.retained || what.presence === "unknown") return;
				this.#put({ kind: what.presence === "offline" ? "will" : what.presence }, at, device);
				break;
			case "missing":
			case "filled":
				this.#put({ kind: what.event }, at, device, what.count);
				break;
			case "reading": {
				const { time } = what.readings[0]!;
				const allowed = Math.max(WAITED_MS, 2 * (this.#options.intervalOf?.(device) ?? 0));
				const after = this.#after(at, device);
				if (time === undefined || after === undefined || what.retained) return;
				const ms = wall - time;
				// What is older than the fault has waited for something else, or a clock is wrong.
				if (ms > allowed && ms < after + allowed) this.#put({ kind: "waited", ms }, at, device, what.readings.length);
				break;
			}
			case "diagnostics": {
				const { reconnects } = what.diagnostics;
				const before = this.#reconnects.get(device);
				if (reconnects === undefined) return;
				remember(this.#reconnects, device, reconnects);
				if (before !== undefined && reconnects > before) this.#put({ kind: "reconnected" }, at, device);
				break;
			}
		}
	}

	/** The page's own connection. */
	handleLink(isOnline: boolean, reason: string, at: number): void {
		this.#put(isOnline ? { kind: "backOn" } : { kind: "cutOff", reason }, at, undefined);
	}

	/** What is told of that board, and of what befalls everybody. */
	of(device: string | undefined): readonly Entry[] {
		if (device === undefined) return this.entries;
		return this.entries.filter(
			entry => entry.boards === 0 || entry.devices.includes(device) || this.#members.get(entry)?.has(device) === true,
		);
	}

	#put(event: Event, at: number, device: string | undefined, count = 1): void {
		const known = this.#likeOf(event, at, device);
		if (known !== undefined) {
			const members = this.#members.get(known)!;
			if (device !== undefined && !members.has(device)) {
				members.add(device);
				known.boards += 1;
				if (known.devices.length < MOST_NAMES) known.devices.push(device);
			}
			known.last = Math.max(known.last, at);
			known.count += count;
		} else {
			this.#ids += 1;
			const devices = device === undefined ? [] : [device];
			const after = this.#after(at, device);
			const entry: Entry = { id: this.#ids, event, at, last: at, devices, boards: devices.length, count, after };
			this.#members.set(entry, new Set(devices));
			// What the simulator tells and what MQTT does come by different ways, and not always in their order.
			let place = 0;
			while (place < this.entries.length && this.entries[place]!.at > at) place += 1;
			this.entries.splice(place, 0, entry);
			if (this.entries.length > MOST) this.entries.pop();
		}
		this.changed();
	}

	#likeOf(event: Event, at: number, device: string | undefined): Entry | undefined {
		const key = keyOf(event);
		for (const entry of this.entries.slice(0, LOOK_BACK)) {
			// What the same board did in between, in the same matter, is not passed over.
			if (Math.abs(at - entry.last) > TOGETHER_MS || Math.abs(at - entry.at) > SPAN_MS) continue;
			if (keyOf(entry.event) === key && (entry.boards === 0) === (device === undefined)) return entry;
			if (MATTERS[entry.event.kind] !== MATTERS[event.kind]) continue;
			if (device === undefined || this.#members.get(entry)?.has(device) === true) return undefined;
		}
		return undefined;
	}

	#after(at: number, device: string | undefined): number | undefined {
		const own = device === undefined ? undefined : this.#faults.get(device);
		const since = Math.max(own ?? -Infinity, this.#brokerFault ?? -Infinity);
		return at >= since && at - since < AFTER_MS ? at - since : undefined;
	}
}

function keyOf(event: Event): string {
	const { kind } = event;
	if (kind === "fault" || kind === "mended") return `${kind} ${event.fault}`;
	return kind === "restarted" || kind === "cutOff" ? `${kind} ${event.reason}` : kind;
}

function remember(map: Map<string, number>, device: string, value: number): void {
	// Those that were longest without news go first.
	map.delete(device);
	map.set(device, value);
	if (map.size > MOST_BOARDS) map.delete(map.keys().next().value!);
}
