// The rules of the house that no compiler checks: which way imports point, what may not run on XS, how long things get.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

function files(folder: string): string[] {
	return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
		const path = join(folder, entry.name);
		return entry.isDirectory() ? files(path) : /\.ts$/.test(path) ? [path] : [];
	});
}

const firmware = files("firmware").filter(file => !file.endsWith(".d.ts"));
const host = files("host-sim");
const tests = files("test");
const read = (file: string) => readFileSync(file, "utf8");
const core = firmware.filter(file => !/^firmware\/(port\/|main)/.test(file));

/** Everything that a file imports, types too, as paths from the root; packages as they are. */
function imports(file: string, withTypes = true): string[] {
	return [...read(file).matchAll(/^(?:import|export)\s(type\s)?[^;]*?from\s+"([^"]+)";/gms)]
		.filter(match => withTypes || match[1] === undefined)
		.map(match => match[2]!)
		.map(specifier => (specifier.startsWith(".") ? join(dirname(file), specifier).replace(/\.js$/, ".ts") : specifier));
}

/**
 * Layers of firmware/mqtt from the ground up, by what they need at run time: a file may import those below its own and
 * none beside it. Only the concerns of session/ know one another. All may name the types of any other.
 */
const LAYERS = [
	["packet", "error", "todo", "words", "options"],
	["limits", "wire", "reason"],
	["topic"],
	["property", "received", "reference"],
	["aliases"],
	["deadline", "backoff", "decode", "encode", "incoming"],
	["outbox", "topics", "check", "framer"],
	["session", "session/"],
	["client"],
];

function layerOf(file: string): number {
	const name = relative("firmware/mqtt", file).replace(/\.ts$/, "");
	return LAYERS.findIndex(layer =>
		layer.some(entry => (entry.endsWith("/") ? name.startsWith(entry) : name === entry)),
	);
}

describe("imports", () => {
	it("of the firmware reach neither the simulator, nor Node, nor any package", () => {
		for (const file of core)
			for (const target of imports(file)) expect(target, `${file} imports ${target}`).toMatch(/^firmware\//);
	});

	it("of the SDK stay in the port and in main", () => {
		for (const file of core)
			expect(read(file), file).not.toMatch(/from "(embedded:|timer"|time"|net"|mc\/|preference")/);
	});

	it("of the simulator reach the firmware, but not its port or main", () => {
		for (const file of host)
			for (const target of imports(file))
				expect(target, `${file} imports ${target}`).not.toMatch(/^(firmware\/(port|main)|test\/)/);
	});

	it("of the protocol point down its layers", () => {
		for (const file of core.filter(file => file.startsWith("firmware/mqtt/"))) {
			const layer = layerOf(file);
			expect(layer, `${file} is in no layer`).toBeGreaterThanOrEqual(0);
			for (const target of imports(file, false)) {
				if (target === "firmware/io.ts") continue;
				expect(target, `${file} imports ${target}`).toMatch(/^firmware\/mqtt\//);
				const isBeside = [file, target].every(path => path.startsWith("firmware/mqtt/session/"));
				expect(layerOf(target), `${file} imports ${target}`).toBeLessThan(isBeside ? layer + 1 : layer);
			}
		}
	});

	it("of telemetry and sensors know only the outside world's shapes", () => {
		for (const file of core.filter(file => /^firmware\/(telemetry|sensor)\//.test(file)))
			for (const target of imports(file))
				expect(target, `${file} imports ${target}`).toMatch(/^firmware\/(io\.ts|telemetry\/|sensor\/)/);
	});

	it("of vision know the outside world's shapes, and a check sum", () => {
		for (const file of core.filter(file => file.startsWith("firmware/vision/")))
			for (const target of imports(file))
				expect(target, `${file} imports ${target}`).toMatch(/^firmware\/(io|optional\/checksum|vision\/\w+)\.ts$/);
	});

	it("make no circles at run time", () => {
		const done = new Set<string>();
		const visit = (file: string, path: readonly string[]) => {
			expect(path, `${[...path, file].join(" -> ")}`).not.toContain(file);
			if (done.has(file)) return;
			for (const target of imports(file, false))
				if (/^(firmware|host-sim)\//.test(target)) visit(target, [...path, file]);
			done.add(file);
		};
		for (const file of [...core, ...host]) visit(file, []);
	});
});

describe("code that runs on XS", () => {
	it("has no module-level let, Map, typed array or native call, no enum, and frozen prototypes", () => {
		for (const file of core) {
			const text = read(file);
			expect(text, file).not.toMatch(/^(export )?let /m);
			expect(text, file).not.toMatch(/^(export )?const \w+.*= new /m);
			expect(text, file).not.toMatch(/\benum\b \w+ \{/);
			for (const [, name] of text.matchAll(/^export class (\w+)/gm))
				expect(text.includes(`Object.freeze(${name}.prototype);`), `${file}: ${name} is not frozen`).toBe(true);
		}
	});

	it("does not mention Node", () => {
		for (const file of core)
			expect(read(file), file).not.toMatch(/\b(Buffer|process|setTimeout|TextEncoder|TextDecoder|console)\b/);
	});
});

describe("the house", () => {
	it("begins each source file with the paragraph that a newcomer needs", () => {
		for (const file of [...firmware, ...host, ...tests.filter(file => file.includes("/support/"))])
			expect(read(file), file).toMatch(/^(#!.*\n)?\/\/ /);
	});

	it("has no barrels, and no files that are named after nothing", () => {
		for (const file of [...firmware, ...host, ...tests])
			expect(file).not.toMatch(/\/(index|utils?|helpers?|types|common|misc)\.ts$/);
	});

	it("keeps files within a sitting's read", () => {
		const long = [...firmware, ...host].filter(file => read(file).split("\n").length > 450);
		// The public class says everything there is to say about itself; it is the one exception.
		expect(long).toEqual(["firmware/mqtt/client.ts"]);
	});

	it("has a test file for every source file that does something, at the same path", () => {
		// Constants and types; the port and main need a board, what runs on the engine is run there, and the entry of the
		// command line is run as a process.
		const exempt =
			/^firmware\/(io|main|port\/.*|mqtt\/(packet|error|options|todo|words|session\/event))\.ts$|^host-sim\/(transport|cli\/main|desk\/protocol|web\/vite\.config|xs\/device\/.*)\.ts$/;
		for (const file of [...firmware, ...host].filter(file => !exempt.test(file)))
			expect(tests, `${file} has no test`).toContain(`test/${file.replace(/\.ts$/, ".test.ts")}`);
	});

	it("has the top level that was agreed", () => {
		const allowed =
			/^(firmware|host-sim|test|manifest\.json|package\.json|package-lock\.json|tsconfig\.json|biome\.json|vitest\.config\.ts|README(\.zh-CN)?\.md|ARCHITECTURE\.md|CHANGELOG\.md|LICENSE|node_modules|dist|coverage)$/;
		for (const entry of readdirSync(".")) if (!entry.startsWith(".")) expect(entry).toMatch(allowed);
	});
});
