// Scenarios as the command line names them: a file, or the name of one that comes with the package, with the flags' values in
// the place of the file's.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { checkScenario, type Scenario, UsageError } from "../fleet/scenario.js";
import { parsedJson } from "../fleet/schema.js";

const FOLDER = new URL("../scenarios/", import.meta.url);

/** What flags may say in the place of a scenario; absent where they do not. */
export interface ScenarioFlags {
	readonly devices?: unknown;
	readonly seed?: unknown;
	readonly qos?: unknown;
	readonly protocol?: unknown;
	readonly interval?: unknown;
	readonly duration?: unknown;
	readonly homeAssistant?: unknown;
	readonly diagnostics?: unknown;
}

/** The scenario's file, with what the command line says in its place. Throws UsageError. */
export function scenarioOf(name: string | undefined, flags: ScenarioFlags): Scenario {
	const file = name === undefined ? {} : readScenario(name);
	// Alone first, so that a fault is laid at the right door.
	checkScenario(file, `${name}: `);
	const given: Record<string, unknown> = { ...file };
	for (const key of ["devices", "seed", "qos", "homeAssistant"] as const)
		if (flags[key] !== undefined) given[key] = flags[key];
	// To the command line's parser 5 is a number.
	for (const key of ["protocol", "interval", "duration", "diagnostics"] as const)
		if (flags[key] !== undefined) given[key] = String(flags[key]);
	return checkScenario(given, "--");
}

/** Reads a scenario's JSON by file name, or by the name of one that comes with the package. Throws UsageError. */
export function readScenario(name: string): Record<string, unknown> {
	const path = name.includes("/") || name.endsWith(".json") ? name : fileURLToPath(new URL(`${name}.json`, FOLDER));
	let text: string;
	try {
		text = readFileSync(path, "utf8");
	} catch {
		throw new UsageError(
			`there is no scenario "${name}"; known are ${knownScenarios().join(", ")}, and paths of JSON files`,
		);
	}
	const value = parsedJson(text, `${name}: `);
	if (typeof value !== "object" || value === null || Array.isArray(value))
		throw new UsageError(`${name}: expected a JSON object`);
	return value as Record<string, unknown>;
}

/** The names of those that come with the package. */
export function knownScenarios(): string[] {
	return readdirSync(FOLDER).flatMap(file => (file.endsWith(".json") ? [file.slice(0, -5)] : []));
}

/** Which boards there are, in a few words. */
export function describeBoards({ boards, groups }: Scenario): string {
	const [first] = boards;
	const count = boards.length === 1 ? "1 board" : `${boards.length} boards`;
	if (groups.length === 0) return `${count}, a reading every ${first!.interval} ms at QoS ${first!.qos}`;
	const each = groups.map(name => `${boards.filter(({ group }) => group === name).length} ${name}`);
	return `${count}: ${each.join(", ")}`;
}
