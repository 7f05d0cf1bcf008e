// TypeScript to an image for the engine: every source file becomes an ES module of its own, its name mirroring its
// folder as in the manifests, and the engine compiles it to bytecode.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type * as Esbuild from "esbuild";
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

/** An import or export from another file, as esbuild prints it. */
const IMPORT = /^(?:import|export)\b[^"]*?from "(\.[^"]+)";$/gm;

/** The name under which a file of the repository is in an image, as the manifests have it. */
export function moduleName(path: string): string {
	const inside = relative(ROOT, path)
		.split(sep)
		.join("/")
		.replace(/\.[jt]s$/, "");
	return inside.replace(/^firmware\//, "thimble/").replace(/^host-sim\/xs\//, "xs/");
}

/**
 * The modules that those files import, they included, in the order in which a board would run them. Only files of
 * firmware/ and host-sim/xs/device are followed: an image has nothing else.
 */
export async function modulesOf(entries: readonly string[]): Promise<ModuleSource[]> {
	const { transform } = await esbuild();
	const modules = new Map<string, ModuleSource>();
	const visit = async (path: string): Promise<void> => {
		const name = moduleName(path);
		if (modules.has(name)) return;
		const { code } = await transform(readFileSync(path, "utf8"), {
			loader: "ts",
			target: "es2022",
			tsconfigRaw: { compilerOptions: { useDefineForClassFields: true, verbatimModuleSyntax: true } },
		});
		// The place is taken at once, so that a cycle ends; it moves behind what it imports.
		modules.set(name, { name, source: code, preload: true });
		let source = code;
		for (const [, specifier] of code.matchAll(IMPORT)) {
			const imported = join(dirname(path), specifier!.replace(/\.js$/, ".ts"));
			await visit(imported);
			// XS resolves against names, and those of the firmware mirror its folders alone: others say the whole name.
			if (!name.startsWith("thimble/")) source = source.replaceAll(`"${specifier}"`, `"${moduleName(imported)}"`);
		}
		modules.delete(name);
		modules.set(name, { name, source, preload: true });
	};
	for (const entry of entries) await visit(entry);
	return [...modules.values()];
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

async function esbuild(): Promise<typeof Esbuild> {
	try {
		return await import("esbuild");
	} catch {
		throw new UsageError("the engine needs the package esbuild: run npm ci in a clone of the repository");
	}
}
