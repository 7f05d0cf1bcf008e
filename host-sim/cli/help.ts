// What `thimble COMMAND --help` says, of every command in the same order: how it is called, what it is for, its options, what
// else there is to know, its exit codes, and examples.

import { type Flag, flagLines } from "./flags.js";

export interface Help {
	readonly command: string;
	/** What follows the command: a line for each way to call it. */
	readonly usage: readonly string[];
	/** A sentence without its full stop; the list of all commands has it too. */
	readonly purpose: string;
	/** By heading; the first one is "Options". */
	readonly options: Readonly<Record<string, readonly Flag[]>>;
	/** More that is to be known, by heading. */
	readonly more?: Readonly<Record<string, readonly string[]>>;
	readonly exits: readonly (readonly [code: string, meaning: string])[];
	readonly examples: readonly string[];
}

/** What 0 and 2 are for nearly all. */
export const EXIT_FINE = ["0", "fine"] as const;
export const EXIT_IMPOSSIBLE = ["2", "something was asked for that cannot be"] as const;

export function helpText(help: Help): string {
	const { command, examples, exits, more = {}, options, purpose, usage } = help;
	const sections: Record<string, readonly string[]> = {};
	for (const [heading, flags] of Object.entries(options)) sections[heading] = flagLines(flags);
	for (const [heading, lines] of Object.entries(more)) sections[heading] = lines.map(line => `  ${line}`);
	sections["Exit codes"] = columns(exits);
	sections[examples.length === 1 ? "Example" : "Examples"] = examples.map(example => `  thimble ${example}`);
	const calls = usage.map((call, i) => `${i === 0 ? "Usage:" : "      "} thimble ${command} ${call}`.trimEnd());
	return text([...calls, "", `${purpose}.`], sections);
}

/** What `thimble --help` says. */
export function overviewText(all: readonly Help[]): string {
	const lines = ["Usage: thimble COMMAND [options]", "       thimble COMMAND --help", "       thimble --version", ""];
	return text([...lines, "MQTT boards, simulated and real, and what goes between them and a broker."], {
		Commands: columns(all.map(({ command, purpose }) => [command, purpose])),
		"Exit codes": columns([
			EXIT_FINE,
			["1", "it ran, and did not work, or found something wrong"],
			EXIT_IMPOSSIBLE,
			["27", "out of time, where a time was given"],
			["130", "stopped by Ctrl-C before it was done; 143: by a signal that asks for its end"],
		]),
		Example: ["  thimble run bad-night --until 24h"],
	});
}

function text(head: readonly string[], sections: Readonly<Record<string, readonly string[]>>): string {
	const parts = Object.entries(sections).map(([heading, lines]) => `\n${heading}\n${lines.join("\n")}\n`);
	return `${head.join("\n")}\n${parts.join("")}`;
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
	const width = Math.max(...rows.map(([left]) => left.length));
	return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
