import { expect, it } from "vitest";
import { describeWith } from "../support/need.js";
import { type Comparison, compare, tableOf } from "./comparison.js";
import { NAMES } from "./contestant.js";

/** How fast the embedded broker has to be, of aedes' rate in the same run. On a machine that does nothing else they are about the same. */
const FLOOR = 0.5;
/** Somebody else on the machine may take the time of one run. */
const MOST_RUNS = 3;

const NONE = { thimble: 0, mosquitto: 0, aedes: 0 };
const STREAMS = [1, 20].flatMap(publishers => [0, 1, 2].map(qos => `QoS ${qos}, ${publishers} to 1`));

function expectSound(comparison: Comparison): void {
	const { faults, lost, rows } = comparison;
	expect([lost, faults]).toEqual([NONE, NONE]);
	expect(rows.filter(({ unit }) => unit === "messages/s").map(({ what }) => what)).toEqual(STREAMS);
	// What a connection costs, and times on a core, may be less than can be seen in so short a run.
	const isSure = (what: string) =>
		[...STREAMS, "connecting", "memory without clients", "memory at most"].includes(what);
	for (const { medians, ratios, what } of rows.filter(({ what }) => isSure(what))) {
		expect(ratios.mosquitto, what).toBe(1);
		for (const name of NAMES) {
			expect(medians[name], `${what}: ${name}`).toBeGreaterThan(0);
			expect(ratios[name], `${what}: ${name}`).toBeGreaterThan(0);
			expect(ratios[name], `${what}: ${name}`).toBeLessThan(Number.POSITIVE_INFINITY);
		}
	}
	const table = tableOf(comparison);
	expect(table).toHaveLength(1 + rows.length + 2);
	expect(table[0]).toMatch(/^ +thimble +mosquitto +aedes +thimble\/mosquitto +aedes\/mosquitto$/);
	expect(table.at(-2)).toMatch(/^messages lost +0 +0 +0$/);
}

describeWith(["mosquitto"], "the embedded broker beside mosquitto and aedes", () => {
	it("carries all messages in order at each QoS, as they do, and is not much slower than aedes", async () => {
		const ofAedes: number[] = [];
		for (let run = 0; run < MOST_RUNS && !ofAedes.some(ratio => ratio > FLOOR); run += 1) {
			const comparison = await compare({ rounds: 1, connections: 40, seconds: 0.25 });
			expectSound(comparison);
			for (const { medians, what } of comparison.rows)
				if (what === "QoS 1, 1 to 1" || what === "QoS 1, 20 to 1") ofAedes.push(medians.thimble / medians.aedes);
		}
		expect(Math.max(...ofAedes)).toBeGreaterThan(FLOOR);
	}, 300_000);
});
