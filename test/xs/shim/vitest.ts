// describe, it and expect for programs on the engine: as much of vitest as the firmware's tests use. Tests are gathered
// while their files load; run() runs them and prints a line for each that failed, and one for all.

declare function print(text: string): void;
declare function stress(every: number): void;
declare function finish(status: number): void;

interface Test {
	readonly name: string;
	readonly body: () => unknown;
}

const tests: Test[] = [];
let path = "";

export function describe(name: string, body: () => void): void {
	const outer = path;
	path = `${path}${name} > `;
	body();
	path = outer;
}

export function it(name: string, body: () => unknown): void {
	tests.push({ name: path + name, body });
}

it.each =
	(rows: readonly unknown[]) =>
	(name: string, body: (...args: never[]) => unknown): void => {
		for (const row of rows) {
			const args = Array.isArray(row) ? row : [row];
			let next = 0;
			const title = name.replace(/%[sdjio]|\$\w+/g, () => String(args[next++]));
			it(title, () => body(...(args as never[])));
		}
	};

describe.each =
	(rows: readonly unknown[]) =>
	(name: string, body: (...args: never[]) => void): void => {
		for (const row of rows) {
			const args = Array.isArray(row) ? row : [row];
			describe(name.replace(/%[sdjio]/, String(args[0])), () => body(...(args as never[])));
		}
	};

/**
 * Runs everything that was gathered, then ends the program: with 0, or with 1 where something failed. `every` is for
 * engines under sanitizers: a collection before every so many allocations.
 */
export async function run(every: number): Promise<void> {
	let failed = 0;
	for (const { name, body } of tests) {
		try {
			stress(every);
			await body();
		} catch (error) {
			stress(0);
			failed += 1;
			print(`FAIL ${name}: ${error}`);
		}
	}
	stress(0);
	print(`${tests.length - failed} passed, ${failed} failed`);
	finish(failed === 0 ? 0 : 1);
}

class Pattern {
	readonly says: string;
	readonly holds: (value: unknown) => boolean;

	constructor(says: string, holds: (value: unknown) => boolean) {
		this.says = says;
		this.holds = holds;
	}

	toString(): string {
		return this.says;
	}
}

function show(value: unknown): string {
	if (typeof value === "string") return JSON.stringify(value);
	if (typeof value !== "object" || value === null || value instanceof Pattern) return String(value);
	if (value instanceof Error) return `${value.name}: ${value.message}`;
	if (isList(value)) return `[${Array.from(value as ArrayLike<unknown>, show).join(", ")}]`;
	return `{ ${Object.entries(value)
		.map(([key, each]) => `${key}: ${show(each)}`)
		.join(", ")} }`;
}

function isList(value: unknown): boolean {
	return Array.isArray(value) || ArrayBuffer.isView(value);
}

/** Deep equality; `part` allows `actual` to have more properties. Undefined properties count as absent. */
function equals(actual: unknown, expected: unknown, part = false): boolean {
	if (expected instanceof Pattern) return expected.holds(actual);
	if (Object.is(actual, expected)) return true;
	if (typeof actual !== "object" || typeof expected !== "object" || actual === null || expected === null) return false;
	if (isList(expected)) {
		const [a, b] = [actual as ArrayLike<unknown>, expected as ArrayLike<unknown>];
		if (!isList(actual) || a.length !== b.length) return false;
		for (let i = 0; i < b.length; i += 1) if (!equals(a[i], b[i], part)) return false;
		return true;
	}
	if (expected instanceof Set || expected instanceof Map) {
		return actual instanceof expected.constructor && equals([...(actual as Set<unknown>)], [...expected], part);
	}
	const keysOf = (value: object) => Object.keys(value).filter(key => value[key as keyof object] !== undefined);
	if (!part && keysOf(actual).length !== keysOf(expected).length) return false;
	return keysOf(expected).every(key => equals(actual[key as keyof object], expected[key as keyof object], part));
}

type Thrown = undefined | string | RegExp | (new (...args: never[]) => Error) | Error;

function matchesThrown(thrown: unknown, expected: Thrown): boolean {
	if (expected === undefined) return true;
	if (typeof expected === "function") return thrown instanceof expected;
	const message = thrown instanceof Error ? thrown.message : String(thrown);
	if (typeof expected === "string") return message.includes(expected);
	if (expected instanceof RegExp) return expected.test(message);
	return message === expected.message;
}

export function expect(actual: unknown, message = "") {
	return matchers(actual, message, true);
}

function matchers(actual: unknown, message: string, wanted: boolean) {
	const require = (holds: boolean, what: string, expected?: unknown) => {
		if (holds === wanted) return;
		const not = wanted ? "" : "not ";
		throw new Error(`${message === "" ? "" : `${message}: `}${show(actual)} ${not}${what} ${show(expected)}`);
	};
	const text = String(actual);
	const number = actual as number;
	return {
		toBe: (expected: unknown) => require(Object.is(actual, expected), "is", expected),
		toEqual: (expected: unknown) => require(equals(actual, expected), "equals", expected),
		toStrictEqual: (expected: unknown) => require(equals(actual, expected), "equals", expected),
		toMatchObject: (expected: unknown) => require(equals(actual, expected, true), "has", expected),
		toBeGreaterThan: (than: number) => require(number > than, ">", than),
		toBeGreaterThanOrEqual: (than: number) => require(number >= than, ">=", than),
		toBeLessThan: (than: number) => require(number < than, "<", than),
		toBeLessThanOrEqual: (than: number) => require(number <= than, "<=", than),
		toBeCloseTo: (to: number, digits = 2) => require(Math.abs(number - to) < 10 ** -digits / 2, "is close to", to),
		toBeUndefined: () => require(actual === undefined, "is", undefined),
		toBeDefined: () => require(actual !== undefined, "is defined"),
		toBeNull: () => require(actual === null, "is", null),
		toBeInstanceOf: (type: new () => unknown) => require(actual instanceof type, "is a", type.name),
		toHaveLength: (length: number) => require((actual as unknown[]).length === length, "has length", length),
		toMatch: (pattern: string | RegExp) =>
			require(typeof pattern === "string" ? text.includes(pattern) : pattern.test(text), "matches", String(pattern)),
		toContain: (part: unknown) =>
			require(typeof actual === "string"
				? actual.includes(String(part))
				: Array.from(actual as unknown[]).includes(part), "contains", part),
		toContainEqual: (part: unknown) =>
			require(Array.from(actual as unknown[]).some(each => equals(each, part)), "contains", part),
		toThrow: (expected?: Thrown) => {
			let thrown: unknown;
			let has = false;
			try {
				(actual as () => void)();
			} catch (error) {
				thrown = error;
				has = true;
			}
			const what = has ? `threw ${show(thrown)}, expected` : "threw nothing, expected";
			require(has && matchesThrown(thrown, expected), what, expected);
		},
		get not(): ReturnType<typeof matchers> {
			return matchers(actual, message, !wanted);
		},
	};
}

expect.any = (type: NumberConstructor | StringConstructor) =>
	new Pattern(`any ${type.name}`, value => typeof value === type.name.toLowerCase());
expect.anything = () => new Pattern("anything", value => value !== undefined && value !== null);
expect.stringMatching = (pattern: RegExp) =>
	new Pattern(String(pattern), value => typeof value === "string" && pattern.test(value));
