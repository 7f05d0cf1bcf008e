// Which statement of the standard is tested where: the ids in the titles of this folder's tests, against the list of all
// statements and the table of those that have no test. The version is that of the folder.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import statements from "./statements.json" with { type: "json" };
import untested from "./untested.json" with { type: "json" };

const FOLDER = fileURLToPath(new URL("./", import.meta.url));

/** As the table of them has it. */
export const TABLE = `${FOLDER}STATEMENTS.md`;

export const VERSIONS: readonly string[] = ["3.1.1", "5.0"];

export interface Statement {
	readonly version: string;
	readonly id: string;
	/** "client", "server" or "both". */
	readonly binds: string;
	/** In our words. */
	readonly summary: string;
}

/** A statement without a test. */
export interface Gap {
	readonly version: string;
	readonly id: string;
	/** A plain sentence. */
	readonly why: string;
}

/** Without a test for good, and without one yet. */
export interface Gaps {
	readonly untested: readonly Gap[];
	readonly pending: readonly Gap[];
}

/** A test's title, with its rows' texts where it has rows. */
export interface Title {
	readonly version: string;
	/** From this folder. */
	readonly file: string;
	readonly text: string;
}

/** A statement that binds a client, and what is known of it. */
export interface Entry {
	readonly statement: Statement;
	readonly files: readonly string[];
	readonly untested: Gap | undefined;
	readonly pending: Gap | undefined;
}

export interface Coverage {
	readonly entries: readonly Entry[];
	/** A line for each thing that is wrong. */
	readonly faults: readonly string[];
}

/** Of the files as they are. */
export function readCoverage(): Coverage {
	return coverageOf(statements, readTitles(), untested);
}

function readTitles(): Title[] {
	return VERSIONS.flatMap(version =>
		readdirSync(FOLDER + version, { recursive: true, encoding: "utf8" })
			.filter(file => file.endsWith(".test.ts"))
			.map(file => `${version}/${file.replaceAll("\\", "/")}`)
			.sort()
			.flatMap(file => titlesIn(readFileSync(FOLDER + file, "utf8")).map(text => ({ version, file, text }))),
	);
}

/**
 * The titles of a file's tests: the first argument of it(), and for it.each() all texts of its rows as well. Comments are
 * none, and a test that is left out by it.skip() is none either.
 */
export function titlesIn(source: string): string[] {
	const titles: string[] = [];
	const visit = (node: ts.Node): void => {
		if (ts.isCallExpression(node)) {
			const called = node.expression;
			if (isNamed(called, "it")) titles.push(textsIn(node.arguments[0]));
			else if (
				ts.isCallExpression(called) &&
				ts.isPropertyAccessExpression(called.expression) &&
				isNamed(called.expression.expression, "it") &&
				called.expression.name.text === "each"
			)
				titles.push(`${textsIn(node.arguments[0])} ${textsIn(called.arguments[0])}`);
		}
		ts.forEachChild(node, visit);
	};
	visit(ts.createSourceFile("tests.ts", source, ts.ScriptTarget.Latest));
	return titles;
}

function isNamed(node: ts.Node, name: string): boolean {
	return ts.isIdentifier(node) && node.text === name;
}

/** All string literals in an expression. */
function textsIn(node: ts.Node | undefined): string {
	if (node === undefined) return "";
	if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node)) return node.text;
	const texts: string[] = [];
	ts.forEachChild(node, child => {
		texts.push(textsIn(child));
	});
	return texts.filter(text => text !== "").join(" ");
}

export function coverageOf(statements: readonly Statement[], titles: readonly Title[], gaps: Gaps): Coverage {
	const faults: string[] = [];
	const bound = new Map(statements.filter(({ binds }) => binds !== "server").map(each => [keyOf(each), each]));
	const known = new Map(statements.map(each => [keyOf(each), each]));
	const check = (key: string, where: string) => {
		if (!known.has(key)) faults.push(`${where}: there is no statement ${key}`);
		else if (!bound.has(key)) faults.push(`${where}: ${key} does not bind a client`);
	};

	const files = new Map<string, Set<string>>();
	for (const { version, file, text } of titles) {
		const ids = [...text.matchAll(/\[(MQTT-[^\]]*)\]/g)].map(match => match[1]!);
		if (ids.length === 0) faults.push(`${file}: "${text}" names no statement`);
		for (const id of ids) {
			const key = keyOf({ version, id });
			check(key, file);
			files.set(key, (files.get(key) ?? new Set()).add(file));
		}
	}
	const listed = new Set<string>();
	for (const gap of [...gaps.untested, ...gaps.pending]) {
		const key = keyOf(gap);
		check(key, "untested.json");
		if (listed.has(key)) faults.push(`untested.json: ${key} stands there twice`);
		if (files.has(key)) faults.push(`untested.json: ${key} has a test in ${[...files.get(key)!].join(", ")}`);
		if (!/^[A-Z].{20,}\.$/.test(gap.why)) faults.push(`untested.json: ${key} wants a sentence that says why`);
		listed.add(key);
	}
	for (const key of bound.keys()) if (!files.has(key) && !listed.has(key)) faults.push(`not covered: ${key}`);

	const gapOf = (list: readonly Gap[], key: string) => list.find(gap => keyOf(gap) === key);
	const entries = [...bound].map(([key, statement]) => ({
		statement,
		files: [...(files.get(key) ?? [])],
		untested: gapOf(gaps.untested, key),
		pending: gapOf(gaps.pending, key),
	}));
	return { entries, faults };
}

function keyOf({ version, id }: { readonly version: string; readonly id: string }): string {
	return `MQTT ${version} ${id}`;
}

/** How many statements of that version are tested, untested for good, and untested so far. */
export function count({ entries }: Coverage, version: string): { tested: number; untested: number; pending: number } {
	const ours = entries.filter(({ statement }) => statement.version === version);
	return {
		tested: ours.filter(({ files }) => files.length > 0).length,
		untested: ours.filter(({ untested }) => untested !== undefined).length,
		pending: ours.filter(({ pending }) => pending !== undefined).length,
	};
}

/** The text of STATEMENTS.md. */
export function tableOf(coverage: Coverage): string {
	const counts = VERSIONS.map(version => {
		const { tested, untested, pending } = count(coverage, version);
		return [version, tested + untested + pending, tested, untested, pending].map(String);
	});
	const lines = [
		"# Statements",
		"",
		"Every normative statement of OASIS MQTT 3.1.1 and 5.0 that binds a client, in our words, and the test that shows it or",
		"the reason why there is none. Written by `npm run statements`; `coverage.test.ts` fails when it is stale.",
		"",
		...rows(["version", "statements", "tested", "without a test", "not tested yet"], counts),
	];
	for (const version of VERSIONS) {
		const ours = coverage.entries.filter(({ statement }) => statement.version === version);
		const cells = ours.map(entry => [entry.statement.id, entry.statement.summary, placeOf(entry)]);
		lines.push("", `## MQTT ${version}`, "", ...rows(["id", "statement", "where"], cells));
	}
	return `${lines.join("\n")}\n`;
}

/** Links to its tests, or why there are none. */
function placeOf({ statement, files, untested, pending }: Entry): string {
	if (pending !== undefined) return `not yet: ${pending.why}`;
	if (untested !== undefined) return untested.why;
	const from = statement.version.length + 1;
	return files.map(file => `[${file.slice(from).replace(/\.test\.ts$/, "")}](${file})`).join(", ");
}

/** A table, its columns aligned as the formatter does it. */
function rows(head: readonly string[], body: readonly (readonly string[])[]): string[] {
	const widths = head.map((cell, i) => Math.max(cell.length, ...body.map(row => row[i]!.length)));
	const lines = [head, widths.map(width => "-".repeat(width)), ...body];
	return lines.map(row => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`);
}
