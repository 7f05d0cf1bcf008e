// TypeScript to an image for the engine: every source file becomes an ES module of its own, its name mirroring its
// folder as in the manifests, and the engine compiles it to bytecode.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type * as Compiler from "../../firmware/compile.mjs";
import { UsageError } from "../fleet/scenario.js";
import { hash } from "./build.js";

/** A module of an image: its name there, and its source, TypeScript or JavaScript. */
export interface ModuleSource {
	readonly name: string;
	readonly source: string;
	/** Whether it is run when the image is made, so that its objects lie in flash. */
	readonly preload: boolean;
}

/** What a module takes in flash, in bytes. */
export interface ModuleSize {
	readonly name: string;
	readonly code: number;
	/** Names, each counted in every module that uses it. */
	readonly symbols: number;
}

export interface BuiltImage {
	readonly path: string;
	readonly modules: readonly ModuleSize[];
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CACHE = join(ROOT, "node_modules/.cache/thimble-xs");

/** An import or export from another file at run time. */
const IMPORT = /^(?:import|export)\s(?!type\b)[^;"]*?from "(\.[^"]+)";$/gm;

/** The name under which a file of the repository is in an image, as the manifests have it. */
export function moduleName(path: string): string {
	const inside = relative(ROOT, path)
		.split(sep)
		.join("/")
		.replace(/\.[jt]s$/, "");
	return inside.replace(/^firmware\//, "thimble/").replace(/^host-sim\/xs\//, "xs/");
}

/**
 * The modules that those files import, they included, in the order in which a board would run them, as mcconfig makes
 * them in a build for boards: see firmware/compile.mjs. Only files of firmware/ and host-sim/xs/device are followed: an
 * image has nothing else. `keepsNames`: the firmware's constants can be imported by name, too.
 */
export async function modulesOf(entries: readonly string[], keepsNames = false): Promise<ModuleSource[]> {
	const compiled = await compiledFrom(sourcesOf(entries), keepsNames);
	const modules = new Map<string, ModuleSource>();
	const visit = (path: string): void => {
		const name = moduleName(path);
		if (modules.has(name)) return;
		let source = compiled[path]!;
		// The place is taken at once, so that a cycle ends; it moves behind what it imports.
		modules.set(name, { name, source, preload: true });
		for (const [specifier, imported] of importsOf(path, source)) {
			visit(imported);
			// XS resolves against names, and those of the firmware mirror its folders alone: others say the whole name.
			if (!name.startsWith("thimble/")) source = source.replaceAll(`"${specifier}"`, `"${moduleName(imported)}"`);
		}
		modules.delete(name);
		modules.set(name, { name, source, preload: true });
	};
	for (const entry of entries) visit(entry);
	return [...modules.values()];
}

/** What a file imports at run time: how it says it, and the file. */
function importsOf(path: string, source: string): [specifier: string, file: string][] {
	return [...source.matchAll(IMPORT)].map(([, specifier]) => [
		specifier!,
		join(dirname(path), specifier!.replace(/\.js$/, ".ts")),
	]);
}

/** Those files and all that they import, by path. */
function sourcesOf(entries: readonly string[]): Map<string, string> {
	const found = new Map<string, string>();
	const visit = (path: string): void => {
		if (found.has(path)) return;
		const source = readFileSync(path, "utf8");
		found.set(path, source);
		for (const [, imported] of importsOf(path, source)) visit(imported);
	};
	for (const entry of entries) visit(entry);
	return found;
}

/** The same as JavaScript, from the cache where they have been compiled before. */
async function compiledFrom(
	sources: ReadonlyMap<string, string>,
	keepsNames: boolean,
): Promise<Record<string, string>> {
	const compiler = join(ROOT, "firmware/compile.mjs");
	if (!existsSync(compiler))
		throw new UsageError("the engine needs the sources: run npm ci in a clone of the repository");
	const texts = [...sources].flatMap(([path, text]) => [relative(ROOT, path), text]).sort();
	const path = join(CACHE, `modules-${hash([readFileSync(compiler, "utf8"), String(keepsNames), ...texts])}.json`);
	if (!existsSync(path)) {
		const { compile } = (await import(pathToFileURL(compiler).href)) as typeof Compiler;
		const compiled = [...compile([...sources.keys()], keepsNames)].filter(([file]) => sources.has(file));
		mkdirSync(CACHE, { recursive: true });
		const draft = `${path}.${process.pid}`;
		writeFileSync(
			draft,
			JSON.stringify(Object.fromEntries(compiled.map(([file, text]) => [relative(ROOT, file), text]))),
		);
		renameSync(draft, path);
	}
	const found = Object.entries(JSON.parse(readFileSync(path, "utf8")) as Record<string, string>);
	return Object.fromEntries(found.map(([file, text]) => [join(ROOT, file), text]));
}

/** Compiles modules with that engine; what was compiled before is taken from the cache. */
export function buildImage(engine: string, modules: readonly ModuleSource[]): BuiltImage {
	const stamp = hash([engine, ...modules.flatMap(({ name, source, preload }) => [name, source, String(preload)])]);
	const path = join(CACHE, `image-${stamp}`);
	const listing = `${path}.sizes`;
	if (!existsSync(listing)) {
		const directory = `${path}.${process.pid}`;
		mkdirSync(directory, { recursive: true });
		const list = modules.map(({ name, source, preload }, index) => {
			const file = join(directory, `${index}.js`);
			writeFileSync(file, source);
			return `${name} ${preload ? 1 : 0} ${file}\n`;
		});
		const draft = join(directory, "image");
		const { status, stdout, stderr } = spawnSync(engine, ["compile", draft], {
			input: list.join(""),
			encoding: "utf8",
		});
		if (status !== 0) throw new Error(`the engine could not compile: ${stderr}${stdout}`);
		renameSync(draft, path);
		writeFileSync(listing, stdout);
		rmSync(directory, { recursive: true });
	}
	const sizes = readFileSync(listing, "utf8").trim().split("\n");
	return {
		path,
		modules: sizes.map(line => {
			const [name, symbols, code] = line.split(" ");
			return { name: name!, symbols: Number(symbols), code: Number(code) };
		}),
	};
}

/** The names that the modules of an image use, each once: so a linker leaves them in a board's flash; in bytes. */
export function namesOf({ path }: BuiltImage): number {
	const image = readFileSync(path);
	const names = new Set<string>();
	let at = 8;
	for (let left = image.readUInt32LE(4); left > 0; left -= 1) {
		// Lengths of the module's name, of its names and of its code; whether it is preloaded. Names begin with their number.
		const symbolsAt = at + 16 + image.readUInt32LE(at);
		const codeAt = symbolsAt + image.readUInt32LE(at + 4);
		for (const name of image.toString("latin1", symbolsAt + 2, codeAt - 1).split("\0")) names.add(name);
		at = codeAt + image.readUInt32LE(at + 8);
	}
	// Of a module without any.
	names.delete("");
	return [...names].reduce((total, name) => total + name.length + 1, 0);
}
