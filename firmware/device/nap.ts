// A board that sleeps between its readings: it wakes, takes a reading, publishes it, waits for the answer, says goodbye and
// sleeps. Each waking is an agent of its own, which is all that it does:
//
//     new Nap({ everyMs: 60_000, power, wake: () => ({ deviceId, sensors, host, session: new FlashStore(store), io, … }) }).start();
//
// Where the board has `power.sleep`, that is its deep sleep: RAM is gone, each waking is a boot, and what outlives it is in
// flash. Where it has none the board stays on, and closes its connection from one reading to the next. A reading and the
// goodbye go out together, with `pipeline` right behind CONNECT: two round trips from the first packet of TCP to PUBACK.
//
// Its status is one retained topic, as that of every agent. A sleeping board says "sleeping" with each goodbye, and never
// "online": it would be for a moment. The will says "offline", where the board has gone without a goodbye.
//
// A board that reaches nobody within `awakeMs` sleeps all the same. Its reading is in flash, where there is a `session`, and
// goes out with a later one; and it sleeps longer each time, up to `mostMs`: how often in a row, is in flash as well.

import type { KeyValue, Power, Timer } from "../io.js";
import { OK } from "../mqtt/error.js";
import { checked } from "../mqtt/limits.js";
import { Agent, type AgentOptions } from "./agent.js";

export interface NapOptions {
	/**
	 * What the agent of the next waking is made from. Called once a waking: where the board stays on, what cannot be used twice
	 * is made in it, as a store is.
	 */
	wake(): AgentOptions;
	/** From one waking to the next, in ms, 1,000 to 86,400,000. */
	everyMs: number;
	/** The longest time awake, in ms, 100 to 3,600,000. Default 10,000. */
	awakeMs?: number;
	/** As `everyMs`, at most, where wakings have come to nothing. Default eight times `everyMs`, or a day where that is more. */
	mostMs?: number;
	/**
	 * How long the sensors may take to their first reading, in ms, 0 (the default: they are ready) to 60,000. The connection waits
	 * for it.
	 */
	sampleMs?: number;
	/** How long the last packets may take to leave the board, in ms, 0 to 10,000. Default 100. */
	lingerMs?: number;
	/** The board's own running. Without it, or without its `sleep`, the board stays on. */
	power?: Power;
	on?: NapListener;
}

export interface NapListener {
	/** It is about to sleep for so many ms: everything was acknowledged (code 0), or not in time. */
	asleep?(milliseconds: number, code: number): void;
}

const DAY_MS = 86_400_000;
/** No sleep is shorter. */
const LEAST_MS = 500;
/** From one look for the first reading to the next. */
const LOOK_MS = 20;
const KEY = "nap";
/** Wakings in a row that have come to nothing are counted up to here. */
const MOST_FAILURES = 16;

// What the timer is for.
const LOOKING = 0;
const LEAVING = 1;
const ASLEEP = 2;

export class Nap {
	readonly #options: NapOptions;
	#timer: Timer | undefined = undefined;
	#state = LOOKING;
	#agent: Agent | undefined = undefined;
	#wokeMs = 0;
	#code = OK;

	/** Throws Misuse where an option is wrong; start() does where one of the agent is. */
	constructor(options: NapOptions) {
		checked("everyMs", options.everyMs, 1000, DAY_MS);
		checked("awakeMs", options.awakeMs ?? 10_000, 100, 3_600_000);
		checked("mostMs", options.mostMs ?? DAY_MS, options.everyMs, DAY_MS);
		checked("sampleMs", options.sampleMs ?? 0, 0, 60_000);
		checked("lingerMs", options.lingerMs ?? 100, 0, 10_000);
		this.#options = options;
	}

	/** The agent of this waking, or of the last one. */
	get agent(): Agent | undefined {
		return this.#agent;
	}

	/** The board is awake. */
	start(): void {
		const given = this.#options.wake();
		const { io, on } = given;
		this.#timer ??= new io.timer({ target: this, onTimer });
		this.#wokeMs = io.clock.now();
		const stopped = (code: number) => {
			on?.stopped?.(code);
			this.handleStopped(code);
		};
		const agent = new Agent({
			intervalMs: this.#options.everyMs,
			...given,
			goodbye: "sleeping",
			on: { ...on, stopped },
		});
		this.#agent = agent;
		this.look();
	}

	/** @internal */
	handleTimer(): void {
		if (this.#state === LOOKING) this.look();
		else if (this.#state === LEAVING) this.sleep();
		else this.start();
	}

	/** The agent has closed: what it wrote last is still on its way. */
	private handleStopped(code: number): void {
		this.#code = code;
		this.#state = LEAVING;
		this.#timer!.schedule(this.#options.lingerMs ?? 100);
	}

	/** A reading, as soon as there is one; then it is published, with the goodbye behind it. */
	private look(): void {
		const { awakeMs = 10_000, sampleMs = 0 } = this.#options;
		const agent = this.#agent!;
		const forMs = (agent.options.io.clock.now() - this.#wokeMs) | 0;
		if (!agent.sample() && forMs < sampleMs) {
			this.#state = LOOKING;
			this.#timer!.schedule(LOOK_MS);
			return;
		}
		// Both are in the outbox before there is a connection, and the agent has nothing else to say on it.
		agent.start();
		agent.stop(Math.max(awakeMs - forMs, 0));
	}

	private sleep(): void {
		const { everyMs, mostMs, on, power } = this.#options;
		const { clock, store } = this.#agent!.options.io;
		const before = failuresIn(store);
		const failures = this.#code === OK ? 0 : Math.min(before + 1, MOST_FAILURES);
		if (failures !== before) keepFailures(store, failures);
		const most = mostMs ?? Math.min(everyMs * 8, DAY_MS);
		// From waking to waking, so that readings keep their rhythm.
		const restMs = Math.min(everyMs * 2 ** failures, most) - ((clock.now() - this.#wokeMs) | 0);
		const milliseconds = Math.max(restMs, LEAST_MS);
		on?.asleep?.(milliseconds, this.#code);
		this.#state = ASLEEP;
		if (power?.sleep === undefined) this.#timer!.schedule(milliseconds);
		else power.sleep(milliseconds);
	}
}

Object.freeze(Nap.prototype);

function onTimer(this: { readonly target?: unknown }): void {
	(this.target as Nap).handleTimer();
}

/** Wakings in a row that had come to nothing before this one. */
function failuresIn(store: KeyValue): number {
	const record = store.read(KEY);
	return record === undefined || record.byteLength !== 1 ? 0 : Math.min(new Uint8Array(record)[0]!, MOST_FAILURES);
}

function keepFailures(store: KeyValue, failures: number): void {
	try {
		store.write(KEY, Uint8Array.of(failures).buffer);
	} catch {
		// A board whose flash is full or worn goes on, without a backoff.
	}
}
