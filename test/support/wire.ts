// A serial cable on virtual time: a board's end as ECMA-419 has it, with the small FIFOs of a real one, and ours as bytes.

import type { Serial, SerialOptions, Timer, TimerOptions } from "../../firmware/io.js";
import { utf8Bytes } from "../../firmware/mqtt/wire.js";

/** Time that goes on when it is told to. */
export class Hours {
	now = 0;
	readonly #timers: { dueMs: number; fire(): void }[] = [];

	/** The class of its timers. */
	get timer(): new (
		options: TimerOptions,
	) => Timer & { readonly target?: unknown } {
		const hours = this;
		return class {
			readonly target: unknown;
			readonly #entry: { dueMs: number; fire(): void };

			constructor(options: TimerOptions) {
				this.target = options.target;
				this.#entry = { dueMs: Number.POSITIVE_INFINITY, fire: () => options.onTimer.call(this) };
				hours.#timers.push(this.#entry);
			}

			schedule(milliseconds: number): void {
				this.#entry.dueMs = hours.now + milliseconds;
			}

			close(): void {
				this.#entry.dueMs = Number.POSITIVE_INFINITY;
			}
		};
	}

	pass(milliseconds: number): void {
		const end = this.now + milliseconds;
		for (;;) {
			let next = this.#timers[0];
			for (const timer of this.#timers) if (timer.dueMs < next!.dueMs) next = timer;
			if (next === undefined || next.dueMs > end) break;
			this.now = next.dueMs;
			next.dueMs = Number.POSITIVE_INFINITY;
			next.fire();
		}
		this.now = end;
	}
}

export class Wire {
	/** All that the board has sent. */
	sent: number[] = [];
	isClosed = false;
	#options: SerialOptions | undefined;
	#port: Serial | undefined;
	#waiting: number[] = [];
	/** Bytes that are free when it says that it can be written; at 0 nobody takes anything. */
	fifo: number;
	#free = 0;

	constructor(fifo = 128) {
		this.fifo = fifo;
	}

	/** The class of the board's end. */
	get io(): new (
		options: SerialOptions,
	) => Serial {
		const wire = this;
		return class {
			readonly target: unknown;

			constructor(options: SerialOptions) {
				this.target = options.target;
				wire.#options = options;
				wire.#port = this;
				wire.#waiting = [];
				wire.isClosed = false;
			}

			read(view: Uint8Array): number | undefined {
				if (wire.#waiting.length === 0) return undefined;
				const part = wire.#waiting.splice(0, view.length);
				view.set(part);
				return part.length;
			}

			write(view: Uint8Array): void {
				if (wire.isClosed || view.length > wire.#free) throw new Error("output full");
				wire.#free -= view.length;
				for (const byte of view) wire.sent.push(byte);
			}

			close(): void {
				wire.isClosed = true;
			}
		};
	}

	/** Somebody else has written to it. */
	steal(): void {
		this.#free = 0;
	}

	/** The FIFO has run empty, as often as there is something more to send. */
	drain(): void {
		for (let before = -1; before !== this.sent.length && !this.isClosed; ) {
			before = this.sent.length;
			this.#free = this.fifo;
			if (this.fifo > 0) this.#options!.onWritable!.call(this.#port!, this.fifo);
		}
	}

	/** Bytes arrive at the board, then it sends all that it has to say. */
	give(bytes: ArrayLike<number> | string): void {
		const all = typeof bytes === "string" ? utf8Bytes(bytes) : bytes;
		for (let i = 0; i < all.length; i += 1) this.#waiting.push(all[i]!);
		if (!this.isClosed) this.#options!.onReadable!.call(this.#port!, this.#waiting.length);
		this.drain();
	}

	/** What the board has sent since the last time, as it is. */
	take(): number[] {
		return this.sent.splice(0);
	}

	/** The same as the lines of JSON that are in it. */
	takeAnswers(): Record<string, unknown>[] {
		let text = "";
		for (const byte of this.take()) text += String.fromCharCode(byte);
		const lines = text.split("\r\n").filter(line => line.startsWith('{"thimble":'));
		return lines.map(line => JSON.parse(line) as Record<string, unknown>);
	}
}
