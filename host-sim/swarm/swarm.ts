// Many seeds, in as many processes as there are cores, until one breaks an invariant.

import { fork } from "node:child_process";
import { once } from "node:events";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Fault } from "../world/fault.js";
import { FAULT_KINDS, planOf } from "./plan.js";
import { type Outcome, runPlan } from "./run.js";

export interface SwarmOptions {
	readonly first: number;
	readonly seeds: number;
	readonly jobs: number;
	/** Called with each outcome, in the order in which they are there. */
	on?(outcome: Outcome): void;
	/** Stops it after the seeds that are under way. */
	signal?: AbortSignal;
}

export interface SwarmResult {
	/** How many were run. */
	readonly seeds: number;
	/** The one with the lowest seed of those that broke something. */
	readonly broken: Outcome | undefined;
	readonly published: number;
	readonly received: number;
	readonly connections: number;
	readonly boots: number;
	/** Hours that the worlds lasted in their own time. */
	readonly hours: number;
	/** How often each kind of fault struck; 0 for those that never did. */
	readonly struck: Readonly<Record<Fault["fault"], number>>;
}

/** Stops at the first that is broken. */
export async function swarm(options: SwarmOptions): Promise<SwarmResult> {
	const total = { seeds: 0, published: 0, received: 0, connections: 0, boots: 0, hours: 0 };
	const struck = Object.fromEntries(FAULT_KINDS.map(kind => [kind, 0])) as Record<Fault["fault"], number>;
	let broken: Outcome | undefined;
	let next = options.first;
	const stop = options.first + options.seeds;
	const take = () => (next < stop && broken === undefined && options.signal?.aborted !== true ? next++ : undefined);
	const add = (outcome: Outcome) => {
		total.seeds += 1;
		for (const key of ["published", "received", "connections", "boots"] as const) total[key] += outcome[key];
		total.hours += outcome.lastedMs / 3_600_000;
		for (const [kind, count] of Object.entries(outcome.struck)) struck[kind as Fault["fault"]] += count;
		if (outcome.broken !== undefined && (broken === undefined || outcome.seed < broken.seed)) broken = outcome;
		options.on?.(outcome);
	};
	if (options.jobs === 1) await runHere(take, add);
	else await Promise.all(Array.from({ length: options.jobs }, () => runElsewhere(take, add)));
	return { ...total, struck, broken };
}

async function runHere(take: () => number | undefined, add: (outcome: Outcome) => void): Promise<void> {
	for (let seed = take(); seed !== undefined; seed = take()) {
		add(runPlan(planOf(seed)));
		// Signals and the screen have their turn.
		await new Promise(resolve => setImmediate(resolve));
	}
}

/** In a process of its own. Sources and built files have different names. */
async function runElsewhere(take: () => number | undefined, add: (outcome: Outcome) => void): Promise<void> {
	const extension = extname(import.meta.url);
	const worker = fork(fileURLToPath(new URL(`./worker${extension}`, import.meta.url)), {
		stdio: ["ignore", "ignore", "inherit", "ipc"],
		execArgv: extension === ".ts" ? ["--import", "tsx"] : [],
	});
	const ended = once(worker, "exit").then(([code]) => {
		throw new Error(`a swarm process ended with ${code}`);
	});
	// Only where somebody waits for an answer is its end a failure.
	ended.catch(() => {});
	try {
		for (let seed = take(); seed !== undefined; seed = take()) {
			worker.send(seed);
			const [outcome] = await Promise.race([once(worker, "message"), ended]);
			add(outcome as Outcome);
		}
	} finally {
		worker.kill();
	}
}
