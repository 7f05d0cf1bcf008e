// Makes a failing plan smaller: fewer boards, an earlier end, fewer faults, as long as the same invariant still breaks. What
// is left is what a person has to look at.

import type { Invariant } from "./invariant.js";
import { type Part, type Plan, partOf } from "./plan.js";
import { type Outcome, runPlan } from "./run.js";

/** Runs at most: a fault that needs a hundred others is rare, and each run takes milliseconds. */
const MOST_RUNS = 400;

export interface Shrunk {
	readonly part: Required<Part>;
	/** Of the run of that part. */
	readonly outcome: Outcome;
	readonly runs: number;
}

/** `outcome` is what the whole plan gave, and is broken. `run` is runPlan, but for tests. */
export function shrink(plan: Plan, outcome: Outcome, run: (plan: Plan) => Outcome = runPlan): Shrunk {
	const invariant = outcome.broken?.invariant as Invariant;
	let part: Required<Part> = {
		boards: plan.boards.map((_, i) => i),
		faults: plan.strikes.map((_, i) => i),
		chaosMs: plan.chaosMs,
	};
	let smallest = outcome;
	let runs = 0;
	const fails = (smaller: Partial<Part>): boolean => {
		if (runs === MOST_RUNS) return false;
		runs += 1;
		const tried = { ...part, ...smaller };
		const result = run(partOf(plan, tried));
		if (result.broken?.invariant !== invariant) return false;
		part = tried;
		smallest = result;
		return true;
	};
	for (const board of plan.boards.keys())
		if (part.boards.length > 1) fails({ boards: part.boards.filter(i => i !== board) });
	const seconds = (ms: number) => Math.ceil((ms + 1) / 1000) * 1000;
	const { atMs = plan.chaosMs } = smallest.broken ?? {};
	if (seconds(atMs) < part.chaosMs) fails({ chaosMs: seconds(atMs) });
	// Halves, quarters, and so on: what can go at once goes at once.
	for (let size = part.faults.length; size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
		for (let from = 0; from < part.faults.length; )
			if (!fails({ faults: part.faults.filter((_, i) => i < from || i >= from + size) })) from += size;
	for (let chaosMs = part.chaosMs; chaosMs > 1000 && runs < MOST_RUNS; ) {
		chaosMs = seconds(chaosMs / 2);
		if (chaosMs >= part.chaosMs || !fails({ chaosMs })) break;
	}
	return { part, outcome: smallest, runs };
}
