// One board, as it is known from what it has said: presence, readings, what is missing of them, restarts, how it is doing, its
// firmware. What was retained is told apart: it was true at some time before we came.

import {
	cleaned,
	countIn,
	type Fields,
	fieldsOf,
	listIn,
	numberIn,
	type Reading,
	type Report,
	reportOf,
	textIn,
	textOf,
} from "./payload.js";
import { Rate } from "./rate.js";
import { type Gap, Sequence } from "./sequence.js";

export type Presence = "online" | "offline" | "sleeping" | "unknown";

/** What a board says, by the end of the topic. */
export const KINDS = ["status", "telemetry", "diagnostics", "answer", "update/state"] as const;
export type Kind = (typeof KINDS)[number];

/** Numbers of a report of a board's own state, by the names that they have there. */
export const FIGURES = [
	"uptime",
	"reconnects",
	"offline",
	"ping",
	"rssi",
	"slots",
	"chunks",
	"largest",
	"stack",
	"outbox",
	"unsettled",
	"published",
	"settled",
	"refused",
	"lost",
	"dropped",
	"displaced",
	"fallen",
	"flashWrites",
	"sensorFailures",
] as const;

export interface Diagnostics extends Readonly<Partial<Record<(typeof FIGURES)[number], number>>> {
	/** When it came, in ms. */
	readonly at: number;
	readonly time?: number;
	readonly boot?: number;
	readonly reset?: string;
	readonly problems?: string;
}

export interface Answer {
	readonly at: number;
	readonly command: string;
	readonly ok: boolean;
	readonly error?: string;
}

export interface Firmware {
	readonly state: string;
	readonly running?: string;
	/** What it is about to become. */
	readonly version?: string;
	readonly bytes?: number;
	readonly size?: number;
	readonly reason?: string;
}

export interface LastReading extends Reading {
	/** When it came, in ms. */
	readonly at: number;
	readonly boot: number;
	readonly seq: number;
	readonly isRetained: boolean;
}

export interface LifeGap extends Gap {
	readonly boot: number;
}

/** What has just become known of a board. */
export type Happening =
	| { event: "presence"; device: string; presence: Presence; was: Presence; retained: boolean }
	| {
			event: "reading";
			device: string;
			boot: number;
			seq: number;
			/** It was not the newest: it fills in what was missing, or comes again. */
			late: boolean;
			retained: boolean;
			readings: readonly Reading[];
	  }
	| { event: "missing"; device: string; boot: number; seq: number; count: number }
	| { event: "filled"; device: string; boot: number; seq: number; count: number }
	| { event: "restarted"; device: string; boot: number }
	| { event: "diagnostics"; device: string; diagnostics: Diagnostics }
	| { event: "answer"; device: string; answer: Answer }
	| { event: "update"; device: string; firmware: Firmware | undefined; retained: boolean }
	| { event: "malformed"; device: string; topic: Kind }
	| { event: "forgotten"; device: string };

/** Lives of a board of which the missing numbers are remembered. */
const MOST_LIVES = 4;
const BYTES_PER_SLOT = 16;
/** The number of a life's first reading. */
const FIRST = 1;

export class WatchedBoard {
	/** As its topics have it. */
	readonly id: string;
	/** As people may see it; others may look the same. */
	readonly name: string;
	presence: Presence = "unknown";
	/** When that was told, in ms; where it was retained it has been so for longer, nobody knows how long. */
	since = 0;
	isRetained = false;
	/** The newest one. */
	reading: LastReading | undefined;
	diagnostics: Diagnostics | undefined;
	answer: Answer | undefined;
	firmware: Firmware | undefined;
	/** How often it has started, as it says itself. */
	boot: number | undefined;
	/** Restarts while we watched; those of one that sleeps are its way of life. */
	restarts = 0;
	/** Readings while we watched: all, those that were missing before, and those that came again. */
	readings = 0;
	filled = 0;
	repeated = 0;
	malformed = 0;
	/** When it last said anything that was not retained, in ms. */
	heard: number | undefined;
	readonly #rate = new Rate();
	readonly #lives = new Map<number, Sequence>();
	/** What is missing of lives that are not remembered. */
	#missingBefore = 0;
	/** We have listened since this life began. */
	#isWhole = false;

	constructor(id: string) {
		this.id = id;
		this.name = cleaned(id);
	}

	/** Readings that have not come while we watched. */
	get missing(): number {
		let missing = this.#missingBefore;
		for (const life of this.#lives.values()) missing += life.missing;
		return missing;
	}

	/** Which numbers of which lives these are, as far as that is remembered. */
	get gaps(): readonly LifeGap[] {
		return [...this.#lives].flatMap(([boot, life]) => life.gaps.map(gap => ({ boot, ...gap })));
	}

	/** Bytes of heap in use, where it says so. */
	get heap(): number | undefined {
		const { chunks, slots } = this.diagnostics ?? {};
		if (slots === undefined) return chunks;
		return slots * BYTES_PER_SLOT + (chunks ?? 0);
	}

	/** Readings a minute. */
	perMinute(now: number): number | undefined {
		return this.#rate.perMinute(now);
	}

	/** In seconds: what it said last, and the time since, as long as it is there. */
	uptime(now: number): number | undefined {
		const { at, uptime } = this.diagnostics ?? {};
		if (at === undefined || uptime === undefined) return undefined;
		return this.presence === "online" ? uptime + Math.floor((now - at) / 1000) : uptime;
	}

	/** Nobody listens for a while: what does not come meanwhile is not missing. */
	doubt(): void {
		this.#isWhole = false;
		for (const life of this.#lives.values()) life.doubt();
	}

	/** It has said something. */
	handle(kind: Kind, payload: Uint8Array, isRetained: boolean, now: number, tell: (what: Happening) => void): void {
		if (!isRetained) this.heard = now;
		if (kind === "status") this.#handleStatus(payload, isRetained, now, tell);
		else if (kind === "update/state" && payload.length === 0) {
			this.firmware = undefined;
			tell({ event: "update", device: this.name, firmware: undefined, retained: isRetained });
		} else {
			const fields = fieldsOf(payload);
			const isGood = fields !== undefined && this.#handleFields(kind, fields, isRetained, now, tell);
			if (!isGood) this.#refuse(kind, tell);
		}
	}

	#handleStatus(payload: Uint8Array, isRetained: boolean, now: number, tell: (what: Happening) => void): void {
		const text = textOf(payload);
		if (text !== "online" && text !== "offline" && text !== "sleeping") {
			this.#refuse("status", tell);
			return;
		}
		const was = this.presence;
		// We have come back, and are told what we knew.
		if (isRetained && text === was) return;
		this.presence = text;
		this.since = now;
		this.isRetained = isRetained;
		tell({ event: "presence", device: this.name, presence: text, was, retained: isRetained });
	}

	#handleFields(
		kind: Kind,
		fields: Fields,
		isRetained: boolean,
		now: number,
		tell: (what: Happening) => void,
	): boolean {
		const device = this.name;
		switch (kind) {
			case "telemetry": {
				const report = reportOf(fields);
				if (report === undefined) return false;
				this.#handleReport(report, isRetained, now, tell);
				return true;
			}
			case "diagnostics": {
				const diagnostics = diagnosticsOf(fields, now);
				if (!isRetained && diagnostics.boot !== undefined) this.#handleBoot(diagnostics.boot, tell);
				// What somebody has retained is older than what we have heard.
				if (isRetained && this.diagnostics !== undefined) return true;
				this.diagnostics = diagnostics;
				tell({ event: "diagnostics", device, diagnostics });
				return true;
			}
			case "answer": {
				const command = textIn(fields, "command");
				if (command === undefined) return false;
				const error = textIn(fields, "error");
				this.answer = { at: now, command, ok: fields["ok"] === true, ...(error !== undefined && { error }) };
				tell({ event: "answer", device, answer: this.answer });
				return true;
			}
			default: {
				const firmware = firmwareOf(fields);
				if (firmware === undefined) return false;
				this.firmware = firmware;
				tell({ event: "update", device, firmware, retained: isRetained });
				return true;
			}
		}
	}

	#handleReport(report: Report, isRetained: boolean, now: number, tell: (what: Happening) => void): void {
		const { boot, readings, seq } = report;
		const device = this.name;
		const last: LastReading = { ...readings.at(-1)!, at: now, boot, seq: seq + readings.length - 1, isRetained };
		if (isRetained) {
			// Boards do not retain readings: whose it is, and of when, nobody knows.
			this.reading ??= last;
			tell({ event: "reading", device, boot, seq, late: true, retained: true, readings });
			return;
		}
		if (this.#isNewLife(report)) this.#beginLife(boot, tell);
		const isFirst = this.boot === undefined;
		this.boot ??= boot;
		const life = this.#lifeOf(boot, boot === this.boot && this.#isWhole && !isFirst ? FIRST : seq);
		const expected = life.next;
		const { filled, fresh, opened, repeated } = life.take(seq, readings.length);
		const isNewest = fresh > 0 && boot === this.boot;
		this.#isWhole ||= isNewest;
		this.readings += readings.length - repeated;
		this.filled += filled;
		this.repeated += repeated;
		if (isNewest) {
			this.reading = last;
			this.#rate.handle(fresh, now);
		}
		tell({ event: "reading", device, boot, seq, late: !isNewest, retained: false, readings });
		if (opened > 0) tell({ event: "missing", device, boot, seq: expected, count: opened });
		if (filled > 0) tell({ event: "filled", device, boot, seq, count: filled });
	}

	/** A count of boots beyond what is known; or, where flash has forgotten, a reading that is later and has been numbered anew. */
	#isNewLife({ boot, readings, seq }: Report): boolean {
		if (this.boot === undefined) return false;
		const life = this.#lives.get(boot);
		if (boot > this.boot) return life === undefined;
		const time = readings[0]!.time;
		const known = this.reading?.isRetained === false ? this.reading.time : undefined;
		const isLater = time !== undefined && known !== undefined && time > known;
		if (boot < this.boot) return life === undefined && isLater;
		if (life === undefined || !life.has(seq)) return false;
		// Without any clock, and without a count, the first number is all there is to tell by.
		return isLater || (boot === 0 && time === undefined && seq === FIRST && life.next > FIRST + 1);
	}

	#handleBoot(boot: number, tell: (what: Happening) => void): void {
		if (this.boot === undefined) this.boot = boot;
		else if (boot > this.boot && !this.#lives.has(boot)) this.#beginLife(boot, tell);
	}

	#beginLife(boot: number, tell: (what: Happening) => void): void {
		const again = this.#lives.get(boot);
		if (again !== undefined) {
			this.#missingBefore += again.missing;
			this.#lives.delete(boot);
		}
		this.boot = boot;
		if (this.presence === "sleeping") return;
		this.restarts += 1;
		tell({ event: "restarted", device: this.name, boot });
	}

	/** With the number that is the first one to be expected. */
	#lifeOf(boot: number, first: number): Sequence {
		let life = this.#lives.get(boot);
		if (life === undefined) {
			life = new Sequence(first);
			this.#lives.set(boot, life);
			if (this.#lives.size > MOST_LIVES) {
				const [oldest] = [...this.#lives.keys()].filter(each => each !== boot && each !== this.boot);
				this.#missingBefore += this.#lives.get(oldest!)!.missing;
				this.#lives.delete(oldest!);
			}
		}
		return life;
	}

	#refuse(topic: Kind, tell: (what: Happening) => void): void {
		this.malformed += 1;
		tell({ event: "malformed", device: this.name, topic });
	}
}

function diagnosticsOf(fields: Fields, at: number): Diagnostics {
	const figures: Partial<Record<(typeof FIGURES)[number], number>> = {};
	for (const name of FIGURES) {
		const value = numberIn(fields, name);
		if (value !== undefined) figures[name] = value;
	}
	const time = numberIn(fields, "time");
	const boot = countIn(fields, "boot");
	const reset = textIn(fields, "reset");
	const problems = listIn(fields, "problems");
	return {
		at,
		...figures,
		...(time !== undefined && { time }),
		...(boot !== undefined && { boot }),
		...(reset !== undefined && { reset }),
		...(problems !== undefined && { problems }),
	};
}

function firmwareOf(fields: Fields): Firmware | undefined {
	const state = textIn(fields, "state");
	if (state === undefined) return undefined;
	const running = textIn(fields, "running");
	const version = textIn(fields, "version");
	const reason = textIn(fields, "reason");
	const bytes = countIn(fields, "at");
	const size = countIn(fields, "size");
	return {
		state,
		...(running !== undefined && { running }),
		...(version !== undefined && { version }),
		...(reason !== undefined && { reason }),
		...(bytes !== undefined && { bytes }),
		...(size !== undefined && { size }),
	};
}
