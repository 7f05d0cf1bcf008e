// The compiler that the manifests name: what it puts in the place of names has the same value, and all else is as tsc has it.

import { spawnSync } from "node:child_process";
import {
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compile } from "../firmware/compile.mjs";

const firmware = readdirSync("firmware", { recursive: true, encoding: "utf8" })
	.filter(file => file.endsWith(".ts") && !/\.d\.ts$|^port\b|^main/.test(file))
	.map(file => join("firmware", file));

/** `export const NAME = number;` by name. */
function exportedNumbers(text: string): Record<string, number> {
	const found = [...text.matchAll(/^export const (\w+) = \(?(-?[\d.e+]+)\)?;$/gm)];
	return Object.fromEntries(found.map(([, name, value]) => [name!, Number(value)]));
}

describe("constants in a build for boards", () => {
	const withNames = compile(firmware, true);
	const compiled = compile(firmware);
	const numbers = new Set<string>();

	it("have the values that the modules themselves compute", async () => {
		for (const file of firmware) {
			const module = (await import(resolve(file))) as Record<string, unknown>;
			const expected = Object.entries(module).filter(([, value]) => typeof value === "number");
			for (const [name] of expected) numbers.add(name);
			expect(exportedNumbers(withNames.get(resolve(file))!), file).toEqual(Object.fromEntries(expected));
		}
		expect(numbers.size).toBeGreaterThan(300);
	});

	it("are used by no name, and imported by none", () => {
		for (const [file, text] of compiled) {
			const code = text.replaceAll(/^export const .*$/gm, "").replaceAll(/"(?:[^"\\]|\\.)*"|`[^`]*`/g, "");
			// A text of its own may have the name of a number elsewhere.
			for (const [name] of code.matchAll(/(?<![.\w]|static )[A-Z][A-Z\d_]+\b(?!:)/g))
				expect(numbers.has(name) && !text.includes(`const ${name} = "`), `${file} has ${name}`).toBe(false);
		}
	});

	it("are exported where the package exports the file, and nowhere else", () => {
		const exporting = [...compiled].filter(([, text]) => Object.keys(exportedNumbers(text)).length > 0);
		expect(exporting.map(([file]) => file.replace(/.*\/firmware\//, "")).sort()).toEqual([
			"mqtt/client.ts",
			"mqtt/property.ts",
			"optional/token.ts",
		]);
	});

	it("leave functions, classes and tables where they were", () => {
		const text = compiled.get(resolve("firmware/mqtt/reason.ts"))!;
		expect(text).toMatch(/export function isReason\(/);
		expect(compiled.get(resolve("firmware/mqtt/session/inbound.ts"))).toMatch(/import \{ takeAck, takePublish \} from/);
	});
});

describe("as mcconfig calls it", () => {
	let folder = "";

	beforeAll(() => {
		folder = mkdtempSync(join(tmpdir(), "thimble-compile-"));
		cpSync("firmware", join(folder, "firmware"), { recursive: true });
		cpSync("package.json", join(folder, "package.json"));
		symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
		mkdirSync(join(folder, "app"));
		writeFileSync(
			join(folder, "app/main.ts"),
			'import { QOS_1 } from "../firmware/mqtt/client.js";\nexport const OWN = 5;\nexport const flags: number = QOS_1 | OWN;\n',
		);
		writeFileSync(join(folder, "app/wrong.ts"), "export const flags: string = 1;\n");
	});

	afterAll(() => rmSync(folder, { recursive: true, force: true }));

	/** A file compiled in a folder with that name, as mcconfig lays projects out; its JavaScript. */
	function build(
		kind: string,
		file: string,
		env = process.env,
	): { status: number | null; output: string; text: string; base: string } {
		const modules = join(folder, "tmp", kind, "app/modules");
		mkdirSync(modules, { recursive: true });
		const base = join(modules, "tsconfig-base.json");
		const outDir = join(folder, "tmp", kind, "app/tsc", file.replaceAll("/", "-"));
		if (!existsSync(base))
			writeFileSync(
				base,
				JSON.stringify({ compilerOptions: { module: "preserve", target: "es2025", lib: ["es2025"], types: [] } }),
			);
		const project = join(modules, `${file.replaceAll("/", "-")}-tsconfig.json`);
		writeFileSync(
			project,
			JSON.stringify({ extends: base, compilerOptions: { rootDir: "/", outDir }, files: [join(folder, file)] }),
		);
		const { status, stdout, stderr } = spawnSync(
			process.execPath,
			[join(folder, "firmware/compile.mjs"), "-p", project],
			{
				encoding: "utf8",
				env,
			},
		);
		const made = join(outDir, folder, file.replace(/\.ts$/, ".js"));
		return { status, output: stdout + stderr, text: existsSync(made) ? readFileSync(made, "utf8") : "", base };
	}

	it("puts the firmware's constants into a program of others, and leaves its own alone", () => {
		const { status, output, text } = build("release", "app/main.ts");
		expect(output).toBe("");
		expect(status).toBe(0);
		expect(text).toMatch(/export const OWN = 5;\s+export const flags = 2 \| OWN;/);
		expect(text).not.toContain("import");
	});

	it("leaves names to the debugger", () => {
		expect(build("debug", "app/main.ts").text).toMatch(/import \{ QOS_1 \}[\s\S]*flags = QOS_1 \| OWN;/);
	});

	it("says what is wrong with types as tsc does", () => {
		const { status, output } = build("release", "app/wrong.ts");
		expect(status).toBe(1);
		expect(output).toMatch(/app\/wrong\.ts\(1,14\): error TS2322: /);
	});

	it("has everything compiled anew when constants have changed, and nothing otherwise", () => {
		const words = join(folder, "firmware/mqtt/words.ts");
		expect(build("release", "firmware/mqtt/words.ts").status).toBe(0);
		const { base } = build("release", "firmware/mqtt/words.ts");
		utimesSync(base, 1, 1);
		expect(build("release", "firmware/mqtt/words.ts").status).toBe(0);
		expect(statSync(base).mtimeMs).toBe(1000);
		writeFileSync(words, readFileSync(words, "utf8").replace("export const WAITS = 12;", "export const WAITS = 13;"));
		const { status, output } = build("release", "firmware/mqtt/words.ts");
		expect(output).toMatch(/words\.ts: its constants have changed, .* build once more/);
		expect(status).toBe(1);
		expect(Date.now() - statSync(base).mtimeMs).toBeLessThan(60_000);
		expect(build("release", "firmware/mqtt/words.ts").status).toBe(0);
	});

	it("goes by tsc where TypeScript is just a command, and says what is missing where it is none", () => {
		rmSync(join(folder, "node_modules"));
		const empty = join(folder, "bin");
		mkdirSync(empty);
		const none = build("release", "app/main.ts", { PATH: empty });
		expect([none.status, none.output]).toEqual([
			2,
			"compile: expected TypeScript's tsc on the path: npm install -g typescript\n",
		]);
		writeFileSync(join(empty, "tsc"), '#!/bin/sh\necho "tsc $1"\nexit 3\n', { mode: 0o755 });
		const command = build("release", "app/main.ts", { PATH: `${empty}:/bin` });
		expect([command.status, command.output]).toEqual([3, "tsc -p\n"]);
	});

	it("wants a project", () => {
		const { status, stderr } = spawnSync(process.execPath, ["firmware/compile.mjs", "main.ts"], { encoding: "utf8" });
		expect([status, stderr]).toEqual([2, "compile: expected -p and the path of a tsconfig.json\n"]);
	});
});
