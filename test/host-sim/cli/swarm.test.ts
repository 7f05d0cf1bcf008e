// The swarm as a person uses it.

import { describe, expect, it } from "vitest";
import { thimble } from "../../support/command.js";

/** Runs it to its end: exit code, and what it printed. */
async function run(...args: string[]) {
	const { code, err, out } = thimble(args);
	return { code: await code, out: () => out().toString(), err };
}

describe("thimble swarm", () => {
	it("runs seeds, says what they met, and what they never met", async () => {
		const { code, out } = await run("swarm", "--seeds", "10", "--first", "100", "--jobs", "2");
		expect(code).toBe(0);
		expect(out()).toMatch(/^10 seeds in [\d.]+ s, [\d.]+ hours of their own: [\d,]+ published, [\d,]+ received, /);
		expect(out()).toMatch(/\nfaults {4}cut \d+|\nfaults {4}\S+ \d+/);
		expect(out()).toMatch(/every promise was kept\n$/);
	});

	it("the same as one JSON object", async () => {
		const { code, out } = await run("swarm", "--seeds", "3", "--jobs", "1", "--json");
		expect(code).toBe(0);
		expect(JSON.parse(out())).toMatchObject({ event: "swarm", seeds: 3, struck: expect.any(Object) });
	});

	it("refuses what cannot be, in a sentence", async () => {
		const { code, err } = await run("swarm", "--seeds", "many");
		expect([code, err()]).toEqual([2, "thimble: --seeds: expected a whole number from 1 to 1000000000, got many\n"]);
	});
});

describe("thimble replay", () => {
	it("shows the plan of a seed, everything that happens, and how it ended", async () => {
		const { code, out } = await run("replay", "11", "--until", "15s", "--boards", "2");
		expect(code).toBe(0);
		const lines = out().split("\n");
		expect(lines[0]).toMatch(/^board 1 {3}board-2, MQTT (3\.1\.1|5\.0), session in /);
		expect(lines.some(line => /^fault 1 {3}at [\d.]+ s/.test(line))).toBe(true);
		expect(lines).toContain("until     15 s, then calm");
		expect(lines.some(line => /^ +\d+\.\d{3} {2}board-2 {3}> CONNECT$/.test(line))).toBe(true);
		expect(lines.at(-2)).toMatch(/^seed 11: every promise was kept; \d+ published, \d+ received, digest [0-9a-f]{8}$/);
	});

	it("the same as JSON, a line each, and the same again", async () => {
		const [first, second] = [await run("replay", "3", "--json"), await run("replay", "3", "--json")];
		expect(first.out()).toBe(second.out());
		const events = first
			.out()
			.trimEnd()
			.split("\n")
			.map(line => JSON.parse(line));
		expect(events[0]).toMatchObject({ event: "plan", seed: 3 });
		expect(events.at(-1)).toMatchObject({ event: "outcome", seed: 3, digest: expect.any(String) });
		expect(new Set(events.slice(1, -1).map(({ event }) => event))).toEqual(new Set(["trace"]));
	});

	it("refuses faults, boards and times that are not there", async () => {
		for (const [args, text] of [
			[["11", "--faults", "1000"], "--faults: expected a whole number from 1 to"],
			[["11", "--boards", "a"], "--boards: expected a whole number from 1 to"],
			[["11", "--until", "soon"], "--until: expected a time such as 20s, got soon"],
			[["eleven"], "replay: expected a whole number from 0 to 4294967295"],
		] as const) {
			const { code, err } = await run("replay", ...args);
			expect([code, err()]).toEqual([2, expect.stringContaining(text)]);
		}
	});
});
