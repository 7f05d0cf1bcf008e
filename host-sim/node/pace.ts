// Virtual time at the pace of real time, or some times faster: between two things of the world this sleeps until the next
// is due. What comes from outside, a real socket's bytes say, first brings the world up to the present and then acts, so
// that everything still happens in the order of its times. A machine that cannot keep up leaves nothing out: the world
// catches up in order, later than it should, and `lagMs` says by how much.

import type { VirtualTime } from "../world/time.js";

/** The real time, or in tests one that is not. */
export interface RealTime {
	/** Milliseconds since some moment; never back. */
	now(): number;
	/** Calls `run` once, that many ms from now or a little later; returns what takes it back. */
	after(milliseconds: number, run: () => void): () => void;
}

export interface PaceOptions {
	/** Milliseconds of the world for each real one. Default 1. */
	speed?: number;
	/** The world is that many real ms late, more than one would notice. Told again when it has become twice as much, or anew. */
	lagged?(lagMs: number): void;
	/** Default: Node's. */
	real?: RealTime;
}

export interface RunOptions {
	/** Where the world shall stop, in its own ms since it began. Default: it does not. */
	until?: number;
	/** Stops it where it stands. */
	signal?: AbortSignal;
}

/** What is not worth telling: the next garbage collection takes as long, in ms. */
const TOLERATED_MS = 50;
/** How long the world may keep the machine for itself before sockets have their turn, in ms. */
const TURN_MS = 10;
/** Node's timers reach 24 days. */
const LONGEST_MS = 0x7fff_ffff;

const NODE_TIME: RealTime = {
	now: () => performance.now(),
	after(milliseconds, run) {
		// What is due already must not wait for the clock's next millisecond.
		if (milliseconds <= 0) {
			const handle = setImmediate(run);
			return () => clearImmediate(handle);
		}
		const handle = setTimeout(run, Math.min(milliseconds, LONGEST_MS));
		return () => clearTimeout(handle);
	},
};

export class Pace {
	/** The most that the world has been late, in real ms. */
	mostLagMs = 0;
	readonly #time: VirtualTime;
	readonly #speed: number;
	readonly #real: RealTime;
	readonly #lagged: (lagMs: number) => void;
	/** The moment of both clocks from which we count. */
	#realStart = 0;
	#worldStart = 0;
	#until = Number.POSITIVE_INFINITY;
	#finish: ((error?: unknown) => void) | undefined;
	#cancel: (() => void) | undefined;
	/** The world is at work: what it calls outside may answer at once. */
	#isInside = false;
	/** From when on it is told again. */
	#tellMs = TOLERATED_MS;

	constructor(time: VirtualTime, { speed = 1, lagged = () => {}, real = NODE_TIME }: PaceOptions = {}) {
		if (!(speed > 0)) throw new RangeError(`speed: expected more than 0, got ${speed}`);
		this.#time = time;
		this.#speed = speed;
		this.#lagged = lagged;
		this.#real = real;
	}

	/** How late the world is now, in real ms: 0 where it has nothing left to do that is due. */
	get lagMs(): number {
		const next = this.#time.nextAt;
		if (this.#finish === undefined || next === undefined || next > this.#until) return 0;
		return Math.max(0, this.#present() - next) / this.#speed;
	}

	/** Lets the world go on. Resolves when it has stopped; rejects with what the world throws. One run at a time. */
	run({ until = Number.POSITIVE_INFINITY, signal }: RunOptions = {}): Promise<void> {
		if (this.#finish !== undefined) throw new Error("the world runs already");
		this.#until = until;
		this.#realStart = this.#real.now();
		this.#worldStart = this.#time.now;
		return new Promise((resolve, reject) => {
			const stop = () => this.#finish?.();
			this.#finish = error => {
				this.#finish = undefined;
				this.#cancel?.();
				this.#cancel = undefined;
				signal?.removeEventListener("abort", stop);
				if (error === undefined) resolve();
				else reject(error);
			};
			if (signal?.aborted === true) stop();
			else {
				signal?.addEventListener("abort", stop);
				this.#arm();
			}
		});
	}

	/** Something comes from outside. In a world that stands still it happens at the moment where that stands. */
	enter(run: () => void): void {
		if (this.#isInside || this.#finish === undefined) {
			run();
			return;
		}
		const at = Math.min(this.#present(), this.#until);
		this.#inside(() => {
			while (this.#finish !== undefined && this.#step(at));
			if (this.#finish === undefined) return;
			this.#time.now = Math.max(this.#time.now, at);
			run();
		});
		if (this.#finish !== undefined) this.#arm();
	}

	/** What the world's clock should show. */
	#present(): number {
		return this.#worldStart + Math.floor((this.#real.now() - this.#realStart) * this.#speed);
	}

	/** Sleeps until the next thing of the world is due. */
	#arm(): void {
		this.#cancel?.();
		const next = Math.min(this.#time.nextAt ?? Number.POSITIVE_INFINITY, this.#until);
		// In real time: rounded up, or it would wake before the world's millisecond is full.
		const dueIn = Math.ceil((next - this.#worldStart) / this.#speed + this.#realStart - this.#real.now());
		this.#cancel = this.#real.after(Math.min(LONGEST_MS, Math.max(0, dueIn)), () => this.#turn());
	}

	#turn(): void {
		const start = this.#real.now();
		this.#inside(() => {
			const present = Math.min(this.#present(), this.#until);
			while (this.#finish !== undefined && this.#step(present)) if (this.#real.now() - start >= TURN_MS) return;
			if (this.#finish === undefined) return;
			this.#time.now = Math.max(this.#time.now, present);
			if (present >= this.#until) this.#finish();
		});
		if (this.#finish !== undefined) this.#arm();
	}

	#step(until: number): boolean {
		const next = this.#time.nextAt;
		if (next === undefined || next > until) return false;
		this.#measure(next);
		return this.#time.step(until);
	}

	#measure(dueAt: number): void {
		const lagMs = (this.#present() - dueAt) / this.#speed;
		this.mostLagMs = Math.max(this.mostLagMs, lagMs);
		if (lagMs >= this.#tellMs) {
			this.#tellMs = lagMs * 2;
			this.#lagged(lagMs);
		} else if (lagMs < TOLERATED_MS) this.#tellMs = TOLERATED_MS;
	}

	#inside(run: () => void): void {
		this.#isInside = true;
		try {
			run();
		} catch (error) {
			this.#finish?.(error);
		} finally {
			this.#isInside = false;
		}
	}
}
