// Readings by the hundred thousand into PostgreSQL, while the sink and PostgreSQL are killed and mosquitto is restarted.
// SOAK_READINGS sets how many.

import { expect, it } from "vitest";
import { describeWith } from "../support/need.js";
import { sunk } from "../support/sinking.js";

const READINGS = Number(process.env["SOAK_READINGS"] ?? 100_000);

describeWith(["mosquitto", "postgres"], "thimble sink postgres", () => {
	it(`${READINGS} readings: each is in the table once`, async () => {
		const startedAt = performance.now();
		const { deadLetters, perSecond, said, stored } = await sunk({
			boards: 50,
			readings: READINGS,
			interval: "100ms",
			mostMs: 3_000_000,
		});
		expect(said.size).toBeGreaterThanOrEqual(READINGS);
		expect(stored.length).toBe(said.size);
		expect(new Set(stored)).toEqual(said);
		expect(deadLetters).toBe("");
		const seconds = Math.round((performance.now() - startedAt) / 1000);
		console.log(`${said.size} readings, each once; ${perSecond} a second, ${seconds} s`);
	}, 3_600_000);
});
