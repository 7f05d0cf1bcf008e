// Ten thousand worlds full of faults: SOAK_SWARM sets how many.

import { availableParallelism } from "node:os";
import { expect, it } from "vitest";
import { swarm } from "../../host-sim/swarm/swarm.js";

const SEEDS = Number(process.env["SOAK_SWARM"] ?? 10_000);

it(`${SEEDS} seeds of the swarm: no promise is broken, and every kind of fault has struck`, {
	timeout: 7_200_000,
}, async () => {
	const { broken, struck, ...total } = await swarm({ first: 1, seeds: SEEDS, jobs: availableParallelism() });
	console.log(`${SEEDS} seeds: ${JSON.stringify(total)} ${JSON.stringify(struck)}`);
	expect(broken).toBeUndefined();
	expect(total.seeds).toBe(SEEDS);
	for (const [kind, count] of Object.entries(struck)) expect(count, kind).toBeGreaterThan(0);
});
