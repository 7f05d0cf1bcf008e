// What has happened on a board lately, in a ring of bytes that is taken once: where it is full the oldest entries fall out,
// whole. An entry is a level, a moment, a short text in ASCII and perhaps a number; one below the level that is set costs
// nothing. It is a duty, so that it hears of connections by itself. No secret may be put in it.
//
//     log.add(INFO, "sensor failed", 3);

import type { Clock } from "../io.js";
import { putUint16, putUint32, takeUint16, takeUint32 } from "../mqtt/wire.js";
import type { Agent } from "./agent.js";
import type { Duty } from "./duty.js";
import type { Settings } from "./settings.js";

export const ERROR = 0;
export const WARN = 1;
export const INFO = 2;
export const DEBUG = 3;

export const LEVELS = Object.freeze(["error", "warn", "info", "debug"] as const);

/** One entry, for who reads. */
export interface LogEntry {
	/** Its number since the board's start, from 1. */
	readonly n: number;
	/** Milliseconds since 1970, or where nobody had set the time, `ms` of the board's own clock. */
	readonly time?: number;
	readonly ms?: number;
	readonly level: (typeof LEVELS)[number];
	readonly text: string;
	readonly value?: number;
}

export interface LogOptions {
	clock: Clock;
	/** Where `logLevel` comes from, now and later. Default: INFO for good. */
	settings?: Settings;
	/** The ring, 256 to 65,536 bytes. Default 1,024. */
	bytes?: number;
	/** Is told of each entry as well, such as for a trace. */
	onEntry?(level: number, text: string, value: number): void;
}

// An entry: its length; level; the time, or the board's own; the number, or NaN's place; text.
const LEVEL_AT = 1;
const TIME_AT = 2;
const VALUE_AT = 8;
const TEXT_AT = 12;
const MOST_TEXT = 96;
/** In the byte of the level: there is a number, and the time is the board's own. */
const HAS_VALUE = 0x10;
const OWN_CLOCK = 0x20;

export class Log implements Duty {
	/** Entries up to this level are kept. */
	level: number = INFO;
	/** How many there have been. */
	count = 0;
	readonly #bytes: Uint8Array;
	readonly #options: LogOptions;
	/** Where the oldest is and where the next one goes: both grow for ever, and lie in the ring by their remainder. */
	#from = 0;
	#to = 0;
	/** Entries in the ring. */
	#kept = 0;

	constructor(options: LogOptions) {
		const { bytes = 1024, settings } = options;
		this.#options = options;
		this.#bytes = new Uint8Array(Math.max(256, Math.min(65_536, bytes)));
		if (settings === undefined) return;
		this.level = levelOf(settings);
		settings.listen(name => {
			if (name === "logLevel") this.level = levelOf(settings);
		});
	}

	/** Keeps an entry; `value` is an integer of 32 bits, or left out. Text beyond 96 characters is cut. */
	add(level: number, text: string, value = Number.NaN): void {
		if (level > this.level) return;
		const bytes = this.#bytes;
		const length = Math.min(text.length, MOST_TEXT);
		const wall = this.#options.clock.wall();
		const size = TEXT_AT + length;
		if ((this.#to % bytes.length) + size > bytes.length) this.skip();
		while (this.#to + size - this.#from > bytes.length) this.drop();
		const at = this.#to % bytes.length;
		const isNumber = !Number.isNaN(value);
		bytes[at] = size;
		bytes[at + LEVEL_AT] = level | (isNumber ? HAS_VALUE : 0) | (wall === 0 ? OWN_CLOCK : 0);
		const time = wall === 0 ? this.#options.clock.now() >>> 0 : wall;
		putUint32(bytes, putUint16(bytes, at + TIME_AT, Math.floor(time / 0x1_0000_0000)), time % 0x1_0000_0000);
		putUint32(bytes, at + VALUE_AT, isNumber ? value : 0);
		for (let i = 0; i < length; i += 1) {
			const code = text.charCodeAt(i);
			bytes[at + TEXT_AT + i] = code >= 0x20 && code < 0x7f ? code : 0x3f;
		}
		this.#to += size;
		this.#kept += 1;
		this.count += 1;
		this.#options.onEntry?.(level, text, value);
	}

	/**
	 * The latest entries whose numbers are below `before`, as many as fit into `room` bytes of JSON, the newest last. Allocates.
	 */
	page(before: number, room: number): LogEntry[] {
		const entries: LogEntry[] = [];
		let n = this.count - this.#kept + 1;
		for (let at = this.start(this.#from); n <= this.count && n < before; n += 1) {
			entries.push(this.entryAt(at % this.#bytes.length, n));
			at = this.start(at + this.#bytes[at % this.#bytes.length]!);
		}
		let left = room;
		let first = entries.length;
		while (first > 0) {
			left -= JSON.stringify(entries[first - 1]).length + 1;
			if (left < 0) break;
			first -= 1;
		}
		return entries.slice(first);
	}

	begin(_agent: Agent): void {}

	handleOnline(sessionPresent: boolean): void {
		this.add(INFO, sessionPresent ? "online, session resumed" : "online");
	}

	handleOffline(code: number): void {
		this.add(WARN, "offline", code);
	}

	handleStop(): void {
		this.add(INFO, "stopping");
	}

	/** Where the entry at that place really begins: what is left at the ring's end may be too little for one. */
	private start(at: number): number {
		const rest = at % this.#bytes.length;
		const size = this.#bytes[rest]!;
		return size === 0 && at < this.#to ? at - rest + this.#bytes.length : at;
	}

	/** No entry goes over the ring's end: it is marked, and the next one begins in front. */
	private skip(): void {
		const { length } = this.#bytes;
		const rest = this.#to % length;
		while (this.#kept > 0 && this.#to - rest + length - this.#from > length) this.drop();
		this.#bytes[rest] = 0;
		this.#to += length - rest;
		if (this.#kept === 0) this.#from = this.#to;
	}

	private drop(): void {
		this.#from = this.start(this.#from);
		this.#from = this.start(this.#from + this.#bytes[this.#from % this.#bytes.length]!);
		this.#kept -= 1;
	}

	private entryAt(at: number, n: number): LogEntry {
		const bytes = this.#bytes;
		const bits = bytes[at + LEVEL_AT]!;
		const time = takeUint16(bytes, at + TIME_AT) * 0x1_0000_0000 + takeUint32(bytes, at + TIME_AT + 2);
		let text = "";
		for (let i = at + TEXT_AT; i < at + bytes[at]!; i += 1) text += String.fromCharCode(bytes[i]!);
		return {
			n,
			...((bits & OWN_CLOCK) === 0 ? { time } : { ms: time }),
			level: LEVELS[bits & 3]!,
			text,
			...((bits & HAS_VALUE) !== 0 && { value: takeUint32(bytes, at + VALUE_AT) | 0 }),
		};
	}
}

Object.freeze(Log.prototype);

function levelOf(settings: Settings): number {
	return LEVELS.indexOf(settings.text("logLevel") as (typeof LEVELS)[number]);
}
