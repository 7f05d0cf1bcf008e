// All that can be set on a board without a build, one row each: its default, its range and its unit, whether it is a secret,
// and whether it counts at once or from the next start on. A row here is all that a new setting takes; the manifest has the
// same names as build arguments, with the same defaults, and the README the same table.

import { DEFAULT_LIMITS } from "../mqtt/limits.js";
import { utf8Length } from "../mqtt/wire.js";
import { LEAST_SECRET } from "../optional/token.js";
import { valueBytes } from "../telemetry/reporter.js";
import { isDeviceId } from "./agent.js";
import { isPrefix, parseBrokers, parseSensors, parseTelemetry } from "./config.js";
import { checkTelemetry } from "./reporting.js";

export interface Tunable<Name extends string = string> {
	/** As in build arguments and commands: ASCII, at most 32 letters. */
	readonly name: Name;
	/** What it is in JSON: a number, one of several strings, any string, or an object, which is kept as its text. */
	readonly kind: "integer" | "choice" | "text" | "object";
	/** As a build argument. It is not held against the rest of its row: an empty one stands for none. */
	readonly default: string;
	/** The smallest and the largest integer; the longest text, in bytes of UTF-8. */
	readonly low: number;
	readonly high: number;
	readonly choices: readonly string[];
	/** Of an integer. */
	readonly unit: string;
	/** What a text has to be, for people. */
	readonly form: string;
	/** Never shown, nor logged. */
	readonly secret: boolean;
	/** It counts at once; all others from the next start on. */
	readonly atOnce: boolean;
	/** False, or a throw, for a text that is none. An empty one is not asked about where the default is empty. */
	readonly check: ((text: string) => unknown) | undefined;
}

/** A row, from what is unusual about it. */
function row<const Name extends string>(
	name: Name,
	kind: Tunable["kind"],
	fallback: string,
	rest: Partial<Tunable>,
): Readonly<Tunable<Name>> {
	return Object.freeze({
		name,
		kind,
		default: fallback,
		low: rest.low ?? 0,
		high: rest.high ?? 255,
		choices: rest.choices ?? Object.freeze([]),
		unit: rest.unit ?? "",
		form: rest.form ?? "",
		secret: rest.secret ?? false,
		atOnce: rest.atOnce ?? false,
		check: rest.check,
	});
}

export const TUNABLES = Object.freeze([
	row("ssid", "text", "", { high: 32 }),
	row("password", "text", "", { high: 64, secret: true }),
	row("broker", "text", "", {
		form: "[scheme://][user[:password]@]host[:port][,host[:port]…][/path]",
		secret: true,
		check: parseBrokers,
	}),
	row("tokenSecret", "text", "", {
		high: 128,
		form: "nothing, or at least 32 bytes",
		secret: true,
		check: isTokenSecret,
	}),
	row("tokenMinutes", "integer", "60", { low: 1, high: 1440, unit: "min" }),
	row("device", "text", "", { high: 64, form: "letters, digits, - and _", check: isDeviceId }),
	row("durability", "choice", "ram", { choices: Object.freeze(["ram", "flash", "flash-when-offline"]) }),
	row("interval", "integer", "1000", { low: 10, high: 86_400_000, unit: "ms", atOnce: true }),
	row("keepAlive", "integer", "60", { high: 65_535, unit: "s" }),
	row("protocol", "integer", "4", { low: 4, high: 5 }),
	row("qos", "integer", "1", { high: 2 }),
	row("sensors", "text", "synthetic", { form: "name[@address][:quantity[=low..high]],…", check: parseSensors }),
	row("telemetry", "object", "", { high: 512, form: "the options of telemetry", check: isTelemetry }),
	row("diagnostics", "integer", "300", { high: 86_400, unit: "s", atOnce: true }),
	row("homeAssistant", "choice", "off", { choices: Object.freeze(["off", "on"]) }),
	row("homeAssistantPrefix", "text", "homeassistant", { high: 64, form: "a topic", check: isPrefix }),
	row("name", "text", "", { high: 64 }),
	row("logLevel", "choice", "info", { choices: Object.freeze(["error", "warn", "info", "debug"]), atOnce: true }),
	row("ntp", "text", "pool.ntp.org", { form: "servers, with commas between them" }),
] as const);

/** A setting that the firmware knows. */
export type TunableName = (typeof TUNABLES)[number]["name"];

/** What is asked of a value, for people; never what was given, which may be a secret. */
export function expectedOf({ choices, form, high, kind, low, unit }: Tunable): string {
	if (kind === "integer") return `an integer from ${low} to ${high}${unit === "" ? "" : ` ${unit}`}`;
	if (kind === "choice") return choices.join(", ");
	return `${kind === "object" ? "an object" : "a text"} of at most ${high} bytes${form === "" ? "" : `: ${form}`}`;
}

function isTokenSecret(text: string): boolean {
	return utf8Length(text) >= LEAST_SECRET;
}

function isTelemetry(text: string): boolean {
	const options = parseTelemetry(text);
	if (options === undefined) return false;
	checkTelemetry(options);
	// What no outbox of the usual size would hold; how much is free of it depends on the topics, which the agent knows.
	return valueBytes(options) <= DEFAULT_LIMITS.outbox;
}
