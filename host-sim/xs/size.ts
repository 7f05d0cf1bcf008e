// npm run size [-- --json | --lower]: what the client costs on the engine, beside its budgets and the incumbent's
// figures. Ends with 1 where a figure passes its budget; --lower takes improvements over into the budgets.
//
// Budgets are in budgets.json: `budget` is the most that a figure may be, and follows every improvement down; `goal` is
// where it is to come, if it is not there yet.

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { UsageError } from "../fleet/scenario.js";
import { sourcePath } from "./build.js";
import { type Measurement, measure } from "./measure.js";

interface Budget {
	readonly unit: string;
	readonly budget: number;
	readonly goal?: number;
	/** Of the Moddable SDK's own MQTT client, where it was measured. */
	readonly incumbent?: number;
}

/** A line of the table. */
export interface Line {
	readonly name: string;
	readonly value: number;
	readonly budget: number;
	readonly unit: string;
	readonly incumbent: number | null;
	readonly goal: number | null;
}

export function readBudgets(): Record<string, Budget> {
	return JSON.parse(readFileSync(sourcePath("budgets.json"), "utf8"));
}

/** Every figure with its budget. Throws where one of the two lacks the other, but for figures that were skipped. */
export function linesOf(
	figures: Measurement["figures"],
	budgets: Record<string, Budget> = readBudgets(),
	skipped: Measurement["skipped"] = {},
): readonly Line[] {
	const unknown = Object.keys(figures).find(name => budgets[name] === undefined);
	if (unknown !== undefined) throw new Error(`budgets.json has no budget for "${unknown}"`);
	const measured = Object.entries(budgets).filter(([name]) => skipped[name] === undefined);
	return measured.map(([name, { unit, budget, goal = null, incumbent = null }]) => {
		const value = figures[name];
		if (value === undefined) throw new Error(`"${name}" has a budget and was not measured`);
		return { name, value, budget, unit, incumbent, goal };
	});
}

/** What is over its budget, and by how much, and what has a budget that can be lowered; one sentence each. */
export function faults(lines: readonly Line[]): string[] {
	return lines.flatMap(({ name, value, budget, unit }) => {
		if (value > budget) return [`${name}: ${value} ${unit}, ${round(value - budget)} over its budget of ${budget}`];
		if (value < budget) return [`${name}: ${value} ${unit}; its budget of ${budget} in budgets.json can come down`];
		return [];
	});
}

/** The budgets with every improvement taken over; a goal that is reached needs no mention any more. What was skipped stays. */
export function lowered(lines: readonly Line[], budgets: Record<string, Budget>): Record<string, Budget> {
	const entries = Object.entries(budgets).map(([name, before]) => {
		const value = lines.find(line => line.name === name)?.value;
		if (value === undefined) return [name, before] as const;
		const { unit, budget, goal, incumbent } = before;
		const now = Math.min(value, budget);
		const rest = { ...(goal !== undefined && goal < now && { goal }), ...(incumbent !== undefined && { incumbent }) };
		return [name, { unit, budget: now, ...rest }] as const;
	});
	return Object.fromEntries(entries);
}

function table(lines: readonly Line[], { modules }: Measurement): string {
	const rows = [
		["", "value", "budget", "goal", "incumbent", "unit"],
		...lines.map(({ name, value, budget, goal, incumbent, unit }) => [
			name,
			String(value),
			String(budget),
			goal === null ? "" : String(goal),
			incumbent === null ? "" : String(incumbent),
			unit,
		]),
		["", "", "", "", "", ""],
		["module", "code", "symbols", "", "", ""],
		...modules.map(({ name, code, symbols }) => [name, String(code), String(symbols), "", "", "bytes"]),
	];
	const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)));
	const line = (row: string[]) =>
		row.map((cell, i) => (i === 0 || i === 5 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ");
	return `${rows.map(row => line(row).trimEnd()).join("\n")}\n`;
}

function round(value: number): number {
	return Math.round(value * 10) / 10;
}

async function main(args: readonly string[]): Promise<number> {
	const other = args.find(arg => arg !== "--json" && arg !== "--lower");
	if (other !== undefined) throw new UsageError(`expected --json, --lower or nothing, got ${other}`);
	const measurement = await measure(text => console.error(text));
	const lines = linesOf(measurement.figures, readBudgets(), measurement.skipped);
	if (args.includes("--json")) process.stdout.write(`${JSON.stringify(lines, null, "\t")}\n`);
	else process.stdout.write(table(lines, measurement));
	if (args.includes("--lower")) {
		const budgets = Object.entries(lowered(lines, readBudgets())).map(
			([name, budget]) => `\t"${name}": ${JSON.stringify(budget, null, 1).replaceAll(/\n */g, " ")}`,
		);
		writeFileSync(sourcePath("budgets.json"), `{\n${budgets.join(",\n")}\n}\n`);
	}
	for (const [name, why] of Object.entries(measurement.skipped)) console.error(`size: skipped ${name}: ${why}`);
	for (const fault of faults(lines)) console.error(`size: ${fault}`);
	return lines.some(({ value, budget }) => value > budget) ? 1 : 0;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
	try {
		process.exitCode = await main(process.argv.slice(2));
	} catch (error) {
		if (!(error instanceof UsageError)) throw error;
		console.error(`size: ${error.message}`);
		process.exitCode = 2;
	}
}
