// Virtual time: a queue of things to come, and a clock that jumps from one to the next. Nothing here waits, and things
// due at the same moment happen in the order in which they were asked for; so a run repeats exactly.

import type { Clock, Timer, TimerConstructor, TimerOptions } from "../../firmware/io.js";

/** Something to come; `run` undefined takes it back. */
export interface Task {
	at: number;
	order: number;
	/** Undefined once cancelled. */
	run: (() => void) | undefined;
}

export class VirtualTime {
	/** Milliseconds since the world began. */
	now = 0;
	/** What a board's clock reads: 32 bits that wrap. */
	readonly clock: Clock;
	/** The class to give to a client as `timer: { io }`. */
	readonly Timer: TimerConstructor;
	readonly #tasks: Task[] = [];
	#order = 0;

	/** `startMs` is what the boards' clocks show in the beginning; `wallMs` the time of day then, 0 for not set. */
	constructor(startMs = 0, wallMs = 0) {
		this.clock = {
			now: () => (startMs + this.now) | 0,
			wall: () => (wallMs === 0 ? 0 : wallMs + this.now),
		};
		const time = this;
		this.Timer = class implements Timer {
			readonly target: unknown;
			readonly #options: TimerOptions;
			#task: Task | undefined;

			constructor(options: TimerOptions) {
				this.target = options.target;
				this.#options = options;
			}

			schedule(milliseconds: number): void {
				this.close();
				this.#task = time.after(milliseconds, () => this.#options.onTimer.call(this));
			}

			close(): void {
				if (this.#task !== undefined) this.#task.run = undefined;
			}
		};
	}

	/** Runs `run` that many ms from now. */
	after(milliseconds: number, run: () => void): Task {
		const task = { at: this.now + Math.max(0, milliseconds), order: this.#order++, run };
		const tasks = this.#tasks;
		let i = tasks.push(task) - 1;
		while (i > 0) {
			const parent = (i - 1) >> 1;
			if (!isBefore(task, tasks[parent]!)) break;
			tasks[i] = tasks[parent]!;
			i = parent;
		}
		tasks[i] = task;
		return task;
	}

	/** When the next thing is due, in ms since the beginning; undefined where nothing is left to happen. */
	get nextAt(): number | undefined {
		const tasks = this.#tasks;
		while (tasks.length > 0 && tasks[0]!.run === undefined) this.#shift();
		return tasks[0]?.at;
	}

	/** Runs the next thing that is due by `until` (ms since the beginning), or returns false. */
	step(until = Number.POSITIVE_INFINITY): boolean {
		for (;;) {
			const next = this.#tasks[0];
			if (next === undefined || next.at > until) return false;
			this.#shift();
			if (next.run === undefined) continue;
			this.now = next.at;
			next.run();
			return true;
		}
	}

	/** Lets that many ms pass. */
	run(milliseconds: number): void {
		const until = this.now + milliseconds;
		while (this.step(until));
		this.now = until;
	}

	/** Lets time pass until `done()` holds; false where that takes longer than `most` ms, or nothing is left to happen. */
	runUntil(done: () => boolean, most = 3_600_000): boolean {
		const until = this.now + most;
		while (!done()) {
			if (this.step(until)) continue;
			this.now = Math.max(this.now, Number.isFinite(until) ? until : this.now);
			return done();
		}
		return true;
	}

	#shift(): void {
		const tasks = this.#tasks;
		const last = tasks.pop()!;
		if (tasks.length === 0) return;
		let i = 0;
		for (;;) {
			let child = i * 2 + 1;
			if (child >= tasks.length) break;
			if (child + 1 < tasks.length && isBefore(tasks[child + 1]!, tasks[child]!)) child += 1;
			if (!isBefore(tasks[child]!, last)) break;
			tasks[i] = tasks[child]!;
			i = child;
		}
		tasks[i] = last;
	}
}

function isBefore(a: Task, b: Task): boolean {
	return a.at < b.at || (a.at === b.at && a.order < b.order);
}
