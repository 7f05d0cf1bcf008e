import { expect, it } from "vitest";
import { describeWith } from "../support/need.js";
import { compare, type Row, tableOf } from "./comparison.js";
import { NAMES } from "./contestant.js";

/** How fast the embedded broker has to be, of aedes' rate in the same run. With two cores to themselves they are about the same. */
const FLOOR = 0.5;

describeWith(["mosquitto"], "the embedded broker beside mosquitto and aedes", () => {
	it("carries all messages in order at each QoS, as they do, and is not much slower than aedes", async () => {
		const comparison = await compare({ rounds: 1, connections: 40, seconds: 0.25 });
		const { faults, lost, rows } = comparison;
		const none = { thimble: 0, mosquitto: 0, aedes: 0 };
		expect([lost, faults]).toEqual([none, none]);
		const streams = rows.filter(({ unit }) => unit === "messages/s");
		expect(streams.map(({ what }) => what)).toEqual([1, 20].flatMap(n => [0, 1, 2].map(q => `QoS ${q}, ${n} to 1`)));
		const named = (what: string) => rows.find(row => row.what === what)!;
		// What a connection costs, and times on a core, may be less than can be seen in so short a run.
		const sure = [...streams, ...["connecting", "memory without clients", "memory at most"].map(named)];
		for (const { medians, ratios, what } of sure)
			for (const name of NAMES) {
				expect(medians[name], `${what}: ${name}`).toBeGreaterThan(0);
				expect(ratios[name], `${what}: ${name}`).toBeGreaterThan(0);
				expect(ratios[name], `${what}: ${name}`).toBeLessThan(Number.POSITIVE_INFINITY);
			}
		for (const { ratios } of sure) expect(ratios.mosquitto).toBe(1);
		const ofAedes = ({ medians }: Row) => medians.thimble / medians.aedes;
		// Both together: a hiccup of the machine in one of them says nothing of the broker.
		const both = ["QoS 1, 1 to 1", "QoS 1, 20 to 1"].map(what => ofAedes(named(what)));
		expect(Math.max(...both), `${both} of aedes' rates`).toBeGreaterThan(FLOOR);
		const table = tableOf(comparison);
		expect(table[0]).toMatch(/^ +thimble +mosquitto +aedes +thimble\/mosquitto +aedes\/mosquitto$/);
		expect(table.at(-2)).toMatch(/^messages lost +0 +0 +0$/);
		expect(new Set(table.slice(0, -2).map(line => line.length)).size).toBe(1);
	}, 180_000);
});
