// thimble run in parts: --shard 2/8 is one process of a run with eight, wherever the others are; --jobs 4 makes four of them here.

import { randomBytes } from "node:crypto";
import { Meeting } from "../fleet/meeting.js";
import { parseDuration, type Scenario, UsageError } from "../fleet/scenario.js";
import { fingerprint, parseShard, partOf, type Shard } from "../fleet/shard.js";
import { clientAt } from "../node/observer.js";
import { mergedReport, type Part } from "../report/merged.js";
import type { Report } from "../report/report.js";
import type { Destination } from "./endpoint.js";
import { type SecureFlags, socketOf } from "./secure.js";
import type { Stop } from "./stop.js";

export interface ShardFlags {
	shard?: unknown;
	jobs?: unknown;
	run?: unknown;
	wait?: unknown;
}

/** Which part of which run. */
export interface ShardPlan {
	readonly shard: Shard;
	readonly run: string;
	readonly waitMs: number;
	readonly fingerprint: string;
}

const WAIT_MS = 60_000;
/** How long a part may take to say its last word, in ms. */
const CLOSE_MS = 5000;

/** The plan, and the scenario of this part alone; undefined where nobody asks for a part. Throws UsageError. */
export function planShard(flags: ShardFlags, whole: Scenario): { plan: ShardPlan; scenario: Scenario } | undefined {
	const { run, shard: value, wait } = flags;
	const name = run === undefined ? undefined : String(run);
	if (name !== undefined && !/^[\w-]{1,64}$/.test(name))
		throw new UsageError(`--run: expected a name of letters, digits, - and _, got ${name}`);
	const waitMs = wait === undefined ? WAIT_MS : parseDuration(String(wait));
	if (waitMs === undefined) throw new UsageError(`--wait: expected a duration such as "30s", got ${wait}`);
	if (value === undefined) {
		if (flags.jobs === undefined && (run !== undefined || wait !== undefined))
			throw new UsageError("--run and --wait are for parts of a run: give --shard or --jobs, too");
		return undefined;
	}
	if (flags.jobs !== undefined) throw new UsageError("--shard is one part, --jobs makes several: give one of them");
	const shard = parseShard(value);
	const mark = fingerprint(whole, shard.count);
	return { scenario: partOf(whole, shard), plan: { shard, run: name ?? mark, waitMs, fingerprint: mark } };
}

/** What the others have reported, by number, and what became of those who have not. */
interface Reported {
	readonly texts: ReadonlyMap<number, string>;
	readonly missing: readonly string[];
}

/** This process among the parts of a run. */
export class Shards {
	/** Resolves when all are to stop. */
	readonly whenStopped: Promise<void>;
	readonly #plan: ShardPlan;
	readonly #meeting: Meeting;
	readonly #stopped = new Awaited<void>();
	readonly #begun = new Awaited<void>();
	readonly #ended = new Awaited<number>();
	readonly #closed = new Awaited<void>();
	readonly #reported = new Awaited<Reported>();

	constructor(plan: ShardPlan, endpoint: Destination, secure: SecureFlags) {
		const { count, number } = plan.shard;
		this.#plan = plan;
		this.whenStopped = this.#stopped.promise;
		this.#meeting = new Meeting({
			...plan,
			life: randomBytes(4).toString("hex"),
			client: clientAt({ ...endpoint, socket: socketOf(endpoint, secure) }),
			on: {
				begin: () => this.#begun.resolve(),
				stop: () => this.#stopped.resolve(),
				fail: why => {
					const error = new UsageError(`--shard ${number}/${count}: ${why}`);
					for (const each of [this.#begun, this.#ended, this.#reported]) each.reject(error);
				},
				reported: (texts, missing) => this.#reported.resolve({ texts, missing }),
				ended: code => this.#ended.resolve(code),
				closed: () => this.#closed.resolve(),
			},
		});
		// The process that has made this one asks for the end, or has ended itself.
		process.on("message", () => this.#stopped.resolve());
		process.on("disconnect", () => this.#stopped.resolve());
		process.channel?.unref();
	}

	/** Resolves when all begin: true; or false where the run is to stop before. Rejects with UsageError where they do not meet. */
	async gather(stop: Stop): Promise<boolean> {
		this.#meeting.open();
		const isCalledOff = Promise.race([stop.when(), this.whenStopped]).then(() => false);
		const begins = await Promise.race([this.#begun.promise.then(() => true), isCalledOff]);
		if (!begins) await this.#leave(() => this.#meeting.close());
		return begins;
	}

	/** All parts stop. */
	stop(): void {
		this.#meeting.stop();
	}

	/**
	 * What this part has to report goes to the first, which gets the report of all, and what became of those who have none; `tell`
	 * makes the exit code of it. The others get that code.
	 */
	async conclude(part: Part, tell: (whole: Report, missing: readonly string[]) => number): Promise<number> {
		if (this.#plan.shard.number !== 1) {
			this.#meeting.report(JSON.stringify(part));
			const code = await this.#ended.promise;
			await this.#leave(() => this.#meeting.close());
			return code;
		}
		this.#meeting.report("");
		const { missing, texts } = await this.#reported.promise;
		const parts = [part, ...[...texts.values()].map(text => JSON.parse(text) as Part)];
		const code = tell(mergedReport(parts, missing), missing);
		await this.#leave(() => this.#meeting.end(code));
		return code;
	}

	async #leave(begin: () => void): Promise<void> {
		begin();
		const timer = setTimeout(() => this.#closed.resolve(), CLOSE_MS);
		await this.#closed.promise;
		clearTimeout(timer);
	}
}

/** Something that comes about later, once. */
class Awaited<T> {
	resolve!: (value: T) => void;
	reject!: (error: Error) => void;
	readonly promise = new Promise<T>((resolve, reject) => {
		this.resolve = resolve;
		this.reject = reject;
	});

	constructor() {
		// It may fail while nobody waits for it.
		this.promise.catch(() => {});
	}
}
