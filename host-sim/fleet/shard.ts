// A part of a run: `--shard 2/8` is the second of eight, each in a process of its own, on one machine or on many. Each has the boards
// that it would be dealt like cards, with the names and the noise that they have in the whole run, so that all parts together are
// that run.

import { createHash } from "node:crypto";
import { type Scenario, UsageError } from "./scenario.js";

export interface Shard {
	/** From 1 on. */
	readonly number: number;
	readonly count: number;
}

const MOST_SHARDS = 1000;

/** Throws UsageError. */
export function parseShard(value: unknown): Shard {
	const match = /^(\d{1,4})\/(\d{1,4})$/.exec(String(value));
	const [number, count] = match === null ? [0, 0] : [Number(match[1]), Number(match[2])];
	if (number >= 1 && number <= count && count <= MOST_SHARDS) return { number, count };
	throw new UsageError(
		`--shard: expected NUMBER/COUNT from 1/1 to ${MOST_SHARDS}/${MOST_SHARDS}, such as 2/8, got ${value}`,
	);
}

/** The scenario with its boards alone. Throws UsageError where some part would have none. */
export function partOf(scenario: Scenario, { count, number }: Shard): Scenario {
	const { boards } = scenario;
	if (count > boards.length)
		throw new UsageError(`${count} parts of a run with ${boards.length} boards: some would have none`);
	return { ...scenario, boards: boards.filter((_, i) => i % count === number - 1) };
}

/** The same for all parts of a run, and other for another run: what they know each other by. */
export function fingerprint(scenario: Scenario, count: number): string {
	return createHash("sha256")
		.update(JSON.stringify([count, scenario], (key, value) => (key === "password" ? undefined : value)))
		.digest("hex")
		.slice(0, 16);
}
