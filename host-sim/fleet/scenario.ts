// A scenario: which boards there are and for how long they run, as checked JSON.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as v from "valibot";

/** What the user did wrong, in one sentence for people; the command line ends with exit code 2. */
export class UsageError extends Error {}

const FOLDER = new URL("../scenarios/", import.meta.url);

/** "500ms", "1s", "2.5m", "24h": in ms. */
export function parseDuration(text: string): number | undefined {
	const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
	if (match === null) return undefined;
	const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] as "ms" | "s" | "m" | "h"];
	return Math.round(Number(match[1]) * unit);
}

const duration = (least: string, most: string) =>
	v.pipe(
		v.string(),
		v.check(text => {
			const ms = parseDuration(text);
			return ms !== undefined && ms >= parseDuration(least)! && ms <= parseDuration(most)!;
		}, `expected a duration from ${least} to ${most}, such as "500ms", "10s" or "2m"`),
		v.transform(text => parseDuration(text)!),
	);

const wholeNumber = (low: number, high: number) => {
	const expected = `expected a whole number from ${low} to ${high}`;
	return v.pipe(v.number(expected), v.integer(expected), v.minValue(low, expected), v.maxValue(high, expected));
};

const schema = v.strictObject({
	/** How many boards. */
	devices: v.optional(wholeNumber(1, 10_000), 3),
	/** Where the noise and drift of the sensors begin. */
	seed: v.optional(wholeNumber(0, 4_294_967_295), 1),
	/** QoS of the readings. */
	qos: v.optional(v.picklist([0, 1, 2] as const, "expected 0, 1 or 2"), 1),
	/** Version of MQTT. */
	protocol: v.optional(v.picklist(["3.1.1", "5"] as const, 'expected "3.1.1" or "5"'), "3.1.1"),
	/** From one reading of a board to the next. */
	interval: v.optional(duration("10ms", "24h"), "1s"),
	/** Absent: until stopped. */
	duration: v.optional(duration("100ms", "8760h")),
	/** Seconds. */
	keepAlive: v.optional(wholeNumber(0, 65_535), 60),
});

/** A checked scenario; durations are in ms. */
export type Scenario = v.InferOutput<typeof schema>;

/** Checks a scenario. Throws UsageError: `where`, the path of the first fault, and what was expected there. */
export function checkScenario(value: unknown, where: string): Scenario {
	const result = v.safeParse(schema, value);
	if (result.success) return result.output;
	const issue = result.issues[0];
	const path = v.getDotPath(issue);
	if (issue.type === "strict_object" && issue.expected === "never")
		throw new UsageError(`${where}${path}: unknown; known are ${Object.keys(schema.entries).join(", ")}`);
	const got = issue.received === "undefined" ? "" : `, got ${issue.received}`;
	throw new UsageError(`${where}${path === null ? "" : `${path}: `}${lower(issue.message)}${got}`);
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
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (error) {
		throw new UsageError(`${name}: not JSON: ${(error as Error).message}`);
	}
	if (typeof value !== "object" || value === null || Array.isArray(value))
		throw new UsageError(`${name}: expected a JSON object`);
	return value as Record<string, unknown>;
}

function knownScenarios(): string[] {
	return readdirSync(FOLDER).map(file => file.replace(/\.json$/, ""));
}

function lower(text: string): string {
	return text.charAt(0).toLowerCase() + text.slice(1);
}
