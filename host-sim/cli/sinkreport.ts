// What `thimble sink` says of its work: a line that is written over itself in a terminal, an object a second with --json, and a
// sentence in the end.

import type { SinkEvent } from "../sink/sink.js";
import { timeText } from "./progress.js";

/** How often it is said, in ms. */
const EVERY_MS = 1000;

export interface SinkOutput {
	write(text: string): unknown;
}

export class SinkReport {
	readonly #out: SinkOutput;
	readonly #how: "json" | "line" | "quiet";
	readonly #waiting: () => number;
	readonly #timer: NodeJS.Timeout;
	#messages = 0;
	#readings = 0;
	#dead = 0;
	#lagMs = 0;
	/** When it was last said, and how much there was by then. */
	#saidAt = Date.now();
	#saidReadings = 0;
	#said = "";
	#isDrawn = false;

	/** `waiting` tells how many messages are on their way. */
	constructor(out: SinkOutput, how: "json" | "line" | "quiet", waiting: () => number) {
		this.#out = out;
		this.#how = how;
		this.#waiting = waiting;
		this.#timer = setInterval(() => this.#say(), EVERY_MS);
		this.#timer.unref();
	}

	handle(event: SinkEvent): void {
		if (event.event === "stored") {
			this.#messages += event.messages;
			this.#readings += event.readings;
			this.#lagMs = event.lagMs;
		} else {
			this.#dead += 1;
			if (this.#how === "json") this.print(event);
		}
	}

	/** An object, with --json. */
	print(event: object): void {
		if (this.#how === "json") this.#out.write(`${JSON.stringify({ time: Date.now(), ...event })}\n`);
	}

	/** Before somebody else writes a line. */
	wipe(): void {
		if (this.#isDrawn) this.#out.write("\r\x1b[2K");
		this.#isDrawn = false;
	}

	close(): void {
		clearInterval(this.#timer);
		this.wipe();
		const counts = { messages: this.#messages, readings: this.#readings, dead: this.#dead, waiting: this.#waiting() };
		if (this.#how === "json") this.print({ event: "summary", ...counts });
		else this.#out.write(`${grouped(this.#readings)} readings stored, dead letters ${grouped(this.#dead)}\n`);
	}

	#say(): void {
		const now = Date.now();
		const perSecond = Math.round(((this.#readings - this.#saidReadings) * 1000) / Math.max(1, now - this.#saidAt));
		this.#saidAt = now;
		this.#saidReadings = this.#readings;
		const waiting = this.#waiting();
		if (this.#how === "line") {
			const dead = this.#dead === 0 ? "" : `  dead letters ${grouped(this.#dead)}`;
			this.#out.write(
				`\r\x1b[2K${grouped(this.#readings)} readings  ${grouped(perSecond)}/s  lag ${timeText(this.#lagMs)}  waiting ${grouped(waiting)}${dead}`,
			);
			this.#isDrawn = true;
			return;
		}
		const counts = { messages: this.#messages, readings: this.#readings, dead: this.#dead, waiting };
		const said = JSON.stringify(counts);
		// Where nothing happens there is nothing to say.
		if (said === this.#said) return;
		this.#said = said;
		this.print({ event: "progress", ...counts, perSecond, lagMs: this.#lagMs });
	}
}

/** 1,234,567. */
function grouped(value: number): string {
	return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}
