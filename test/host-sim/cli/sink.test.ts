// thimble sink as a person runs it: real processes, a real PostgreSQL, a real mosquitto.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "../../support/mosquitto.js";
import { describeWith } from "../../support/need.js";
import { sunk } from "../../support/sinking.js";

describeWith(["mosquitto", "postgres"], "thimble sink postgres", () => {
	it("kill -9 of the sink twice and of PostgreSQL once, and a restart of mosquitto: every reading is in the table once", async () => {
		const { deadLetters, err, said, stored } = await sunk({
			boards: 20,
			readings: 2000,
			interval: "100ms",
			mostMs: 90_000,
		});
		expect(said.size).toBeGreaterThanOrEqual(2000);
		expect(stored.length).toBe(said.size);
		expect(new Set(stored)).toEqual(said);
		expect(deadLetters).toBe("");
		expect(err).not.toContain("s3cret");
		expect(err).toContain("takes readings again");
	}, 120_000);
});
