import { expect, it } from "vitest";
import { describeBoards, knownScenarios, readScenario, scenarioOf } from "../../../host-sim/cli/scenario.js";
import { checkScenario, UsageError } from "../../../host-sim/fleet/scenario.js";

it("finds scenarios by name and by path, and what else lies there is none", () => {
	expect(knownScenarios()).toContain("first-light");
	expect(knownScenarios()).not.toContain("README.md");
	expect(readScenario("first-light")).toEqual(readScenario("host-sim/scenarios/first-light.json"));
	for (const name of knownScenarios()) expect(() => checkScenario(readScenario(name), `${name}: `)).not.toThrow();
});

it("unknown names and files that are no JSON get a sentence", () => {
	expect(() => readScenario("nosuch")).toThrow(
		`there is no scenario "nosuch"; known are ${knownScenarios().join(", ")}, and paths of JSON files`,
	);
	expect(() => readScenario("./README.md")).toThrow(UsageError);
	// There may be passwords in it.
	expect(() => readScenario("./README.md")).toThrow("./README.md: not JSON: Unexpected token '#'");
});

it("what the command line says goes before the file, and is blamed by the name that it has there", () => {
	const { boards, duration, seed } = scenarioOf("first-light", { devices: 5, seed: 9, protocol: 5, duration: "2m" });
	expect([boards.length, boards[0]!.protocol, duration, seed]).toEqual([5, "5", 120_000, 9]);
	expect(scenarioOf("first-light", { homeAssistant: true }).boards[0]!.homeAssistant).toBe("homeassistant");
	expect(() => scenarioOf("first-light", { qos: 7 })).toThrow("--qos: expected 0, 1 or 2, got 7");
	expect(scenarioOf(undefined, {}).boards.length).toBe(3);
});

it("says in a few words which boards there are", () => {
	expect(describeBoards(checkScenario({ devices: 1 }, ""))).toBe("1 board, a reading every 1000 ms at QoS 1");
	const groups = [
		{ name: "attic", devices: 2 },
		{ name: "cellar", devices: 10 },
	];
	expect(describeBoards(checkScenario({ groups }, ""))).toBe("12 boards: 2 attic, 10 cellar");
});
