// The way between one board and everything else: how long bytes take and in which pieces they come, and what is broken
// about it just now. Faults last until they are taken back; what they do to bytes is what TCP makes of it.

import type { Link } from "./link.js";
import type { SeededRandom } from "./random.js";
import type { VirtualTime } from "./time.js";

export interface LinkOptions {
	/** One way, in ms. Default 1. */
	latencyMs: number;
	/** What may come on top of that, evenly from 0 on, in ms; bytes never overtake each other. Default 0. */
	jitterMs: number;
	/** Bytes a second each way; 0 (the default) for no limit. */
	bandwidth: number;
	/** Bytes travel in random pieces of at most that many; 0 (the default) leaves them together. */
	slice: number;
	/** The board's send buffer in bytes. Default 5,744, as lwIP's. */
	sendBuffer: number;
}

export const DEFAULT_LINK: Readonly<LinkOptions> = Object.freeze({
	latencyMs: 1,
	jitterMs: 0,
	bandwidth: 0,
	slice: 0,
	sendBuffer: 5744,
});

/** What becomes of questions for a name. */
export type NameService = "answers" | "fails" | "silent";

export class Path {
	readonly name: string;
	/** As things are now. */
	options: LinkOptions;
	names: NameService = "answers";
	/** True: whatever it connects to is a captive portal. */
	isCaptive = false;
	/** False: the board has no memory for another socket or question. */
	hasMemory = true;
	/** Connections that stand or are being made, the oldest first. */
	readonly links: Link[] = [];
	readonly random: SeededRandom;
	readonly #time: VirtualTime;
	readonly #usual: LinkOptions;
	#isJoined = true;
	#isPartitioned = false;
	/** What arrives once the partition is over. */
	#detained: (() => void)[] = [];

	constructor(name: string, time: VirtualTime, random: SeededRandom, options: LinkOptions) {
		this.name = name;
		this.#time = time;
		this.random = random;
		this.options = options;
		this.#usual = options;
	}

	/** The usual options, with these in their place. */
	worsen(options: Partial<LinkOptions>): void {
		this.options = { ...this.#usual, ...options };
	}

	/** Whether the board is in its Wi-Fi. */
	get isJoined(): boolean {
		return this.#isJoined;
	}

	/** Wi-Fi goes: the board's connections end at once, and the other ends never hear of it; new ones fail. Or it is back. */
	setJoined(isJoined: boolean): void {
		this.#isJoined = isJoined;
		if (isJoined) return;
		for (const link of [...this.links]) {
			link.hang();
			this.#time.after(0, () => link.fail());
		}
	}

	/** Nothing gets through either way, and nobody is told; what was sent meanwhile arrives when it is over, as TCP sends again. */
	setPartitioned(isPartitioned: boolean): void {
		this.#isPartitioned = isPartitioned;
		if (isPartitioned) return;
		const detained = this.#detained;
		this.#detained = [];
		for (const run of detained) run();
	}

	/** Something has come through: now, or when the partition is over. */
	arrive(run: () => void): void {
		if (this.#isPartitioned) this.#detained.push(run);
		else run();
	}

	/** The time of arrival for bytes that are sent at `from`, of which the last before them arrive at `after`. */
	arrivalAt(from: number, after: number): number {
		const { latencyMs, jitterMs } = this.options;
		const jitter = jitterMs === 0 ? 0 : this.random.between(0, jitterMs);
		return Math.max(from + latencyMs + jitter, after);
	}

	/** How long so many bytes take to leave, in ms. */
	sendingMs(bytes: number): number {
		const { bandwidth } = this.options;
		return bandwidth === 0 ? 0 : Math.ceil((bytes * 1000) / bandwidth);
	}

	slices(bytes: Uint8Array): Uint8Array[] {
		const { slice } = this.options;
		if (slice === 0) return [bytes];
		const pieces: Uint8Array[] = [];
		for (let at = 0; at < bytes.length; ) {
			const stop = Math.min(bytes.length, at + this.random.between(1, slice));
			pieces.push(bytes.subarray(at, stop));
			at = stop;
		}
		return pieces;
	}
}
