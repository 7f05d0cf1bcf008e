// Flags in mosquitto's manner, for `thimble pub` and `thimble sub`: there -h is a host, and -D takes three words or four.
// The word behind a flag is its value, whatever it looks like. One table says what is read and what the help shows.

import { UsageError } from "../fleet/scenario.js";

export interface Flag {
	/** As it is written, "-q" and "--qos"; the program asks for it by the first. */
	names: readonly string[];
	/** What its value is called in the help; absent where it takes none. */
	value?: string;
	/** How many words it takes, where they are not one. */
	words?: (rest: readonly string[]) => number;
	/** It may be given more than once. */
	many?: boolean;
	help: string;
}

/** Timers of Node reach 24 days. */
const LONGEST_S = 2_147_483;

export class Flags {
	/** What is no flag and belongs to none. */
	readonly rest: readonly string[];
	readonly #values: ReadonlyMap<string, readonly (readonly string[])[]>;

	/** Throws UsageError, which never has a value in it: it might be a password. */
	constructor(table: readonly Flag[], args: readonly string[]) {
		const values = new Map<string, string[][]>();
		const rest: string[] = [];
		for (let i = 0; i < args.length; i += 1) {
			const arg = args[i]!;
			if (arg === "--") {
				rest.push(...args.slice(i + 1));
				break;
			}
			if (!arg.startsWith("-") || arg === "-") {
				rest.push(arg);
				continue;
			}
			// Of "--name=value" and of "-nvalue" the value is the rest of the word.
			const isLong = arg.startsWith("--");
			const stop = isLong && arg.includes("=") ? arg.indexOf("=") : isLong ? arg.length : 2;
			const name = arg.slice(0, stop);
			const flag = table.find(({ names }) => names.includes(name));
			if (flag === undefined) throw new UsageError(`there is no flag ${name}; see --help`);
			const key = flag.names[0]!;
			const given = values.get(key) ?? [];
			if (given.length > 0 && flag.many !== true) throw new UsageError(`${name} is given twice`);
			values.set(key, given);
			const tail = arg.slice(isLong ? stop + 1 : stop);
			if (flag.value === undefined) {
				if (tail !== "" || arg.length > stop) throw new UsageError(`${name} takes no value`);
				given.push([]);
			} else if (arg.length > stop) given.push([tail]);
			else {
				const words = flag.words?.(args.slice(i + 1)) ?? 1;
				if (i + words >= args.length) throw new UsageError(`${name} wants ${flag.value} behind it`);
				given.push(args.slice(i + 1, i + 1 + words));
				i += words;
			}
		}
		this.rest = rest;
		this.#values = values;
	}

	has(name: string): boolean {
		return this.#values.has(name);
	}

	text(name: string): string | undefined {
		return this.#values.get(name)?.[0]?.[0];
	}

	/** The values of a flag that may be given more than once. */
	texts(name: string): string[] {
		return this.lists(name).map(words => words[0]!);
	}

	/** The same for one that takes several words. */
	lists(name: string): readonly (readonly string[])[] {
		return this.#values.get(name) ?? [];
	}

	/** A whole number from `low` to `high`. Throws UsageError. */
	integer(name: string, low: number, high: number): number | undefined {
		const text = this.text(name);
		if (text === undefined) return undefined;
		return integerOf(text, name, low, high);
	}

	/** A time in seconds as ms. Throws UsageError. */
	milliseconds(name: string): number | undefined {
		const text = this.text(name);
		if (text === undefined) return undefined;
		if (/^\d+(\.\d+)?$/.test(text) && Number(text) <= LONGEST_S) return Math.round(Number(text) * 1000);
		throw new UsageError(`${name}: expected seconds, at most ${LONGEST_S}`);
	}

	/** Throws UsageError where more than one of these is given. */
	atMostOne(...names: string[]): void {
		const given = names.filter(name => this.has(name));
		if (given.length > 1) throw new UsageError(`${given[0]} and ${given[1]} do not go together`);
	}
}

/** The whole number that a text is. Throws UsageError. */
export function integerOf(text: string, name: string, low: number, high: number): number {
	const value = /^\d{1,10}$/.test(text) ? Number(text) : -1;
	if (value >= low && value <= high) return value;
	// What it was is not told: -p for -P is a slip that would show the password.
	throw new UsageError(`${name}: expected a whole number from ${low} to ${high}`);
}

/** A line or more for each flag. */
export function flagLines(table: readonly Flag[]): string[] {
	const left = table.map(({ names, value }) => `  ${names.join(", ")}${value === undefined ? "" : ` ${value}`}`);
	const width = Math.min(34, Math.max(...left.map(text => text.length)));
	return table.flatMap(({ help }, i) => {
		const text = left[i]!;
		if (text.length > width) return [text, `${"".padEnd(width)}  ${help}`];
		return [`${text.padEnd(width)}  ${help}`];
	});
}
