// The manifests against the sources: on XS a module that no manifest lists compiles, and is missing at run time.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { VERSION } from "../firmware/device/provisioning.js";
import { TUNABLES, type Tunable } from "../firmware/device/tunables.js";

interface Manifest {
	modules: Record<string, string | string[]>;
	preload: string[];
	platforms?: Record<string, { modules: Record<string, string>; preload: string[] }>;
	include?: string[];
	config?: Record<string, string>;
}

const library = JSON.parse(readFileSync("firmware/manifest.json", "utf8")) as Manifest;
const secure = JSON.parse(readFileSync("firmware/optional/manifest_tls.json", "utf8")) as Manifest;
const app = JSON.parse(readFileSync("manifest.json", "utf8")) as Manifest;

/** Module names to source files, as mcconfig would list them: a star stands for the files of one folder. Without the SDK's. */
function expand(modules: Manifest["modules"], folder: string): Map<string, string> {
	const found = new Map<string, string>();
	const pairs = Object.entries(modules).flatMap(([name, paths]) => [paths].flat().map(path => [name, path] as const));
	for (const [name, path] of pairs) {
		if (name === "~" || path.startsWith("$(")) continue;
		const file = normalize(join(folder, path));
		if (!name.endsWith("*")) found.set(name, `${file}.ts`);
		else if (!path.endsWith("*")) found.set(name.slice(0, -1) + file.split("/").at(-1), `${file}.ts`);
		else
			for (const entry of readdirSync(dirname(file)))
				if (entry.endsWith(".ts") && !entry.endsWith(".d.ts"))
					found.set(name.slice(0, -1) + entry.slice(0, -3), join(dirname(file), entry));
	}
	return found;
}

/** Not the SDK's. */
function isOurs(name: string): boolean {
	return ![secure.modules[name]].flat().some(path => path?.startsWith("$("));
}

/** What a file imports at run time. */
function imports(file: string): string[] {
	const text = readFileSync(file, "utf8");
	return [...text.matchAll(/^(?:import|export)\s(?!type\b)[^;]*?from\s+"([^"]+)";/gms)].map(match => match[1]!);
}

const platforms = Object.entries(app.platforms!).map(([platform, part]) => ({
	platform,
	modules: new Map([
		...expand(library.modules, "firmware"),
		...expand(secure.modules, "firmware/optional"),
		...expand(app.modules, "."),
		...expand(part.modules, "."),
	]),
	preload: [...library.preload, ...secure.preload.filter(isOurs), ...app.preload, ...part.preload],
}));

describe.each(platforms)("manifest for $platform", ({ platform, modules, preload }) => {
	it("lists every module that the firmware imports, by the name that XS will look for", () => {
		const seen = new Set<string>();
		const visit = (name: string) => {
			if (seen.has(name)) return;
			seen.add(name);
			const file = modules.get(name);
			expect(file, `no manifest lists ${name}`).toBeDefined();
			for (const specifier of imports(file!)) {
				if (specifier.startsWith(".")) visit(join(dirname(name), specifier).replace(/\.js$/, ""));
				else if (specifier.startsWith("thimble/")) visit(specifier);
			}
		};
		visit("main");
		expect(seen.size).toBeGreaterThan(30);
	});

	it("puts no file under two names", () => {
		expect(new Set(modules.values()).size).toBe(modules.size);
	});

	it("preloads exactly its modules", () => {
		// The SDK's preferences on Linux cannot save when they are preloaded, and so neither may be who imports them.
		const exempt = platform === "lin" ? ["main", "thimble/port/store"] : [];
		expect([...preload, ...exempt].sort()).toEqual([...modules.keys()].sort());
	});
});

it("what is optional is listed beside what it needs, and preloaded", () => {
	const optional = JSON.parse(readFileSync("firmware/optional/manifest.json", "utf8")) as Manifest;
	const modules = expand(optional.modules, "firmware/optional");
	expect([...optional.preload].sort()).toEqual([...modules.keys()].sort());
	const all = new Map([...expand(library.modules, "firmware"), ...modules]);
	for (const [name, file] of modules)
		for (const specifier of imports(file).filter(specifier => specifier.startsWith(".")))
			expect([...all.keys()], `${file} imports ${specifier}`).toContain(
				join(dirname(name), specifier).replace(/\.js$/, ""),
			);
});

it("TLS is listed with all that it imports, of ours and of the SDK's, and preloaded; what it replaces of the SDK's is ours", () => {
	const { "*": _natives, "ssl/*": _types, ...named } = secure.modules;
	expect([...secure.preload].sort()).toEqual(Object.keys(named).sort());
	for (const name of ["ssl/cert", "ssl/ciphersuites", "rng"]) expect(isOurs(name), name).toBe(true);
	const all = new Set([...expand(library.modules, "firmware").keys(), ...Object.keys(secure.modules)]);
	// From the folders of the SDK that it includes.
	for (const name of ["crypt", "bin", "Resource"]) all.add(name);
	for (const [name, file] of expand(secure.modules, "firmware/optional"))
		for (const specifier of imports(file)) {
			const wanted = specifier.startsWith(".") ? join(dirname(name), specifier).replace(/\.js$/, "") : specifier;
			expect(all.has(wanted), `${file} imports ${specifier}`).toBe(true);
		}
});

it("recognition is listed with all that it imports, and preloaded; a camera on top of it", () => {
	const vision = JSON.parse(readFileSync("firmware/vision/manifest.json", "utf8")) as Manifest;
	const modules = expand(vision.modules, "firmware/vision");
	expect([...vision.preload].sort()).toEqual([...modules.keys()].sort());
	const camera = JSON.parse(readFileSync("firmware/vision/camera.json", "utf8")) as Manifest;
	expect(camera.include).toContain("./manifest.json");
	const own = expand(camera.modules, "firmware/vision");
	expect(camera.preload).toEqual([...own.keys()]);
	const all = new Map([...modules, ...own]);
	for (const [name, file] of all)
		for (const specifier of imports(file).filter(specifier => /^(\.|thimble\/)/.test(specifier))) {
			const wanted = specifier.startsWith(".") ? join(dirname(name), specifier).replace(/\.js$/, "") : specifier;
			expect(all.has(wanted), `${file} imports ${specifier}`).toBe(true);
		}
});

it("recognition of a whole board is listed with all that it imports beyond the board's own, with its model", () => {
	const board = JSON.parse(readFileSync("firmware/vision/board.json", "utf8")) as Manifest & { data: { "*": string } };
	const vision = JSON.parse(readFileSync("firmware/vision/manifest.json", "utf8")) as Manifest;
	expect(board.include).toContain("./manifest.json");
	expect(readFileSync(`firmware/vision/${board.data["*"]}.model`).length).toBeGreaterThan(1_000);
	const own = expand(board.modules, "firmware/vision");
	expect(board.preload).toEqual([...own.keys()]);
	for (const { modules } of platforms) {
		const all = new Map([...modules, ...expand(vision.modules, "firmware/vision"), ...own]);
		for (const [name, file] of own)
			for (const specifier of imports(file).filter(specifier => /^(\.|thimble\/)/.test(specifier))) {
				const wanted = specifier.startsWith(".") ? join(dirname(name), specifier).replace(/\.js$/, "") : specifier;
				expect(all.has(wanted), `${file} imports ${specifier}`).toBe(true);
			}
	}
});

it("ECMA-419's class is listed with all that it imports, and preloaded", () => {
	const dropIn = JSON.parse(readFileSync("firmware/optional/manifest_ecma419.json", "utf8")) as Manifest;
	const modules = expand(dropIn.modules, "firmware/optional");
	expect([...dropIn.preload].sort()).toEqual([...modules.keys()].sort());
	const all = new Set([...expand(library.modules, "firmware").keys(), ...modules.keys()]);
	for (const [name, file] of modules)
		for (const specifier of imports(file).filter(specifier => /^(\.|thimble\/)/.test(specifier))) {
			const wanted = specifier.startsWith(".") ? join(dirname(name), specifier).replace(/\.js$/, "") : specifier;
			expect(all.has(wanted), `${file} imports ${specifier}`).toBe(true);
		}
});

it("module names mirror folders, but for main and what differs by platform", () => {
	for (const { modules } of platforms)
		for (const [name, file] of modules) {
			if (name === "main") continue;
			const path = relative("firmware", file).replace(/\.ts$/, "");
			if (/^port\/(esp32|lin)\//.test(path)) {
				expect(name).toBe(`thimble/port/${path.split("/").at(-1)}`);
				expect(imports(file).filter(specifier => specifier.startsWith("."))).toEqual([]);
			} else if (/^port\/tls\/(certificates|ciphersuites|rng)$/.test(path))
				expect(name).toMatch(/^(ssl\/cert|ssl\/ciphersuites|rng)$/);
			else expect(name).toBe(`thimble/${path}`);
		}
});

it("the library stands alone: nothing in it imports beyond it", () => {
	const names = expand(library.modules, "firmware");
	for (const [name, file] of names)
		for (const specifier of imports(file)) {
			expect(specifier.startsWith("."), `${file} imports ${specifier}`).toBe(true);
			expect(names.has(join(dirname(name), specifier).replace(/\.js$/, "")), `${file} imports ${specifier}`).toBe(true);
		}
	expect(library.include).toBeUndefined();
});

it("each setting is a build's argument with the same default, and each argument a setting, but for two of the build alone", () => {
	const { updateKey, version, ...rest } = app.config!;
	expect(Object.entries(rest).sort()).toEqual(TUNABLES.map(row => [row.name, row.default]).sort());
	expect([updateKey, version]).toEqual(["", VERSION]);
	expect(JSON.parse(readFileSync("package.json", "utf8"))).toMatchObject({ version: VERSION });
});

it("the README's table says of each setting what the table of the firmware says", () => {
	const readme = readFileSync("README.md", "utf8");
	const rows = [...readme.matchAll(/^\| `(\w+)` +\|(.+)\|(.+)\|(.+)\| (restart|at once) +\|$/gm)].map(
		([, name, meaning, fallback, range, counts]) => ({
			name,
			default: fallback!.replaceAll("`", "").trim(),
			range: range!.replaceAll("`", "").trim(),
			secret: meaning!.includes("secret"),
			atOnce: counts === "at once",
		}),
	);
	const rangeOf = ({ choices, high, kind, low, unit }: Tunable) =>
		kind === "choice" ? choices.join(", ") : `${low} to ${high} ${kind === "integer" ? unit : "bytes"}`.trim();
	expect(rows).toEqual(
		TUNABLES.map(row => ({
			name: row.name,
			default: row.default,
			range: rangeOf(row),
			secret: row.secret,
			atOnce: row.atOnce,
		})),
	);
});
