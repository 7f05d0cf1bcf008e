// What scenarios are checked with: durations, numbers and objects that say what they expected, and where.

import * as v from "valibot";

/** What the user did wrong, in one sentence for people; the command line ends with exit code 2. */
export class UsageError extends Error {}

/** "500ms", "1s", "2.5m", "24h": in ms. */
export function parseDuration(text: string): number | undefined {
	const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
	if (match === null) return undefined;
	const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] as "ms" | "s" | "m" | "h"];
	return Math.round(Number(match[1]) * unit);
}

/** The same with a minus in front where time goes back. */
function parseSigned(text: string): number | undefined {
	if (!text.startsWith("-")) return parseDuration(text);
	const ms = parseDuration(text.slice(1));
	return ms === undefined ? undefined : -ms;
}

function durationBy(parse: (text: string) => number | undefined, least: string, most: string, examples: string) {
	const expected = `expected a duration from ${least} to ${most}, such as ${examples}`;
	return v.pipe(
		v.string(expected),
		v.check(text => {
			const ms = parse(text);
			return ms !== undefined && ms >= parse(least)! && ms <= parse(most)!;
		}, expected),
		v.transform(text => parse(text)!),
	);
}

export const duration = (least: string, most: string) =>
	durationBy(parseDuration, least, most, '"500ms", "10s" or "2m"');

export const signedDuration = (most: string) => durationBy(parseSigned, `-${most}`, most, '"-10s" or "2h"');

export function wholeNumber(low: number, high: number) {
	const expected = `expected a whole number from ${low} to ${high}`;
	return v.pipe(v.number(expected), v.integer(expected), v.minValue(low, expected), v.maxValue(high, expected));
}

export function number(low: number, high: number) {
	const expected = `expected a number from ${low} to ${high}`;
	return v.pipe(v.number(expected), v.minValue(low, expected), v.maxValue(high, expected));
}

/** An object of these members and no others. */
export function object<const Entries extends v.ObjectEntries>(entries: Entries) {
	const known = Object.keys(entries).filter(key => !isForbidden(entries[key]!));
	return v.strictObject(entries, issue => {
		if (issue.expected === "never") return `unknown; known are ${known.join(", ")}`;
		const missing = entries[String(issue.path?.at(-1)?.key)] as { message?: unknown } | undefined;
		if (issue.path === undefined || missing === undefined) return "expected an object";
		return typeof missing.message === "string" ? `missing; ${missing.message}` : "missing";
	});
}

/** A member that makes no sense in this object, and why. */
export function forbidden(why: string) {
	return v.optional(v.never(why));
}

function isForbidden(schema: unknown): boolean {
	return (schema as { wrapped?: { type?: string } }).wrapped?.type === "never";
}

/** Checks a value. Throws UsageError: `where`, the path of the first fault, and what was expected there. */
export function checked<Schema extends v.GenericSchema>(schema: Schema, value: unknown, where: string) {
	const result = v.safeParse(schema, value);
	if (result.success) return result.output;
	throw new UsageError(`${where}${faultIn(result.issues[0])}`);
}

/** Where something is wrong, and what was expected there. */
export function faultIn(issue: v.BaseIssue<unknown>): string {
	const path = pathOf(issue.path ?? []);
	// What is too much, or missing, has been said; objects and lists would only be called by that name.
	const isSaid =
		issue.expected === "never" || issue.type === "never" || /^(undefined|Object|Array)$/.test(issue.received);
	const [place, inside] = [issue.path?.at(-1)?.key, issue.path?.at(-2)?.key];
	// Who writes down users in another form than this writes passwords there, too.
	const isSecret = /^(password|users|security)$/.test(String(place)) || inside === "users";
	const got = isSaid || isSecret ? "" : `, got ${issue.received}`;
	return `${path === "" ? "" : `${path}: `}${issue.message}${got}`;
}

/** `timeline[2].for`. */
function pathOf(items: readonly { readonly key?: unknown }[]): string {
	let path = "";
	for (const { key } of items) path += typeof key === "number" ? `[${key}]` : path === "" ? String(key) : `.${key}`;
	return path;
}

/** What is in a text. Throws UsageError, which repeats nothing of it: there may be passwords in it. */
export function parsedJson(text: string, where: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		const why = (error as Error).message.replace(/(, )?(\.\.\.)?"[\s\S]*"(\.\.\.)? is not valid JSON$/, "");
		throw new UsageError(`${where}not JSON: ${why}`);
	}
}
