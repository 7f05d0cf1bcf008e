// Many seeds, here and in other processes, and what is said of them in the end.

import { describe, expect, it } from "vitest";
import { type SwarmOptions, swarm } from "../../../host-sim/swarm/swarm.js";

describe("the swarm", () => {
	const run = async (options: Partial<SwarmOptions>) => {
		const digests = new Map<number, string>();
		const result = await swarm({
			first: 1,
			seeds: 12,
			jobs: 1,
			on: ({ digest, seed }) => digests.set(seed, digest),
			...options,
		});
		return { result, digests };
	};

	it("gives the same in one process as in two", async () => {
		const here = await run({});
		const elsewhere = await run({ jobs: 2 });
		expect(here.digests.size).toBe(12);
		expect([...elsewhere.digests].sort()).toEqual([...here.digests].sort());
		const { hours, ...counts } = here.result;
		expect(elsewhere.result).toMatchObject(counts);
		expect(elsewhere.result.hours).toBeCloseTo(hours, 6);
		expect(here.result).toMatchObject({ seeds: 12, broken: undefined });
		expect(here.result.published).toBeGreaterThan(500);
	});

	it("says 0 for what was never met, and stops when it is told to", async () => {
		const controller = new AbortController();
		const { result } = await run({ seeds: 1000, signal: controller.signal, on: () => controller.abort() });
		expect(result.seeds).toBe(1);
		expect(Object.values(result.struck)).toContain(0);
	});
});
