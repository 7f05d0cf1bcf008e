// Builds the engine host from the C sources of XS (the npm package @agoric/xsnap) and our own in engine/. What was built
// stays in node_modules/.cache, under a name that says from what: a second build takes no time.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { UsageError } from "../fleet/scenario.js";

/** The engine as a 64-bit process, as one with the object sizes of ESP32, and under sanitizers. */
export type Variant = "64" | "32" | "asan";

interface Recipe {
	readonly compiler: string;
	readonly flags: readonly string[];
	readonly link: readonly string[];
	/** What Debian calls the packages that it needs. */
	readonly packages: readonly string[];
}

const ENGINE = sourcePath("engine");
const CACHE = fileURLToPath(new URL("../../node_modules/.cache/thimble-xs", import.meta.url));

/** No build takes that long. */
const STALE_MS = 180_000;

const DEFINES = [
	"-DINCLUDE_XSPLATFORM",
	'-DXSPLATFORM="platform.h"',
	"-DmxRun=1",
	"-DmxInstrument=1",
	"-DmxMetering=1",
	"-DmxNoConsole=1",
	"-DmxBoundsCheck=1",
	"-DmxMinusZero=1",
];
const PARSER = ["-DmxParse=1", "-DmxRegExp=1"];
const WARNINGS = ["-Wall", "-Wextra", "-Werror"];
const WRAP = "-Wl,--wrap=fxNewSlot,--wrap=fxNewChunk";
const DESKTOP_LINK = [WRAP, "-rdynamic", "-lm", "-ldl", "-lpthread"];

const RECIPES: Record<Variant, Recipe> = {
	"64": { compiler: "gcc", flags: ["-O2", ...PARSER], link: DESKTOP_LINK, packages: ["gcc", "libc6-dev"] },
	"32": {
		compiler: "gcc",
		flags: ["-O2", "-m32", "-msse2", "-mfpmath=sse", ...PARSER],
		link: ["-m32", ...DESKTOP_LINK],
		packages: ["gcc", "gcc-multilib"],
	},
	// Chunks from malloc, freed slots poisoned, and, where asked for, a collection before every allocation.
	asan: {
		compiler: "gcc",
		flags: [
			"-O1",
			"-g",
			"-fsanitize=address",
			"-fno-omit-frame-pointer",
			"-DmxNoChunks=1",
			"-DmxPoisonSlots=1",
			"-DmxStress=1",
			"-DmxASANStackMargin=131072",
			...PARSER,
		],
		link: ["-fsanitize=address", ...DESKTOP_LINK],
		packages: ["gcc", "libc6-dev"],
	},
};

/** For a bare chip of the instruction set of ESP32-C3 and C6, without a parser. */
const CHIP: Recipe = {
	compiler: "riscv64-unknown-elf-gcc",
	flags: ["--specs=picolibc.specs", "-march=rv32imac", "-mabi=ilp32", "-Os", "-ffunction-sections", "-fdata-sections"],
	link: [
		"--specs=picolibc.specs",
		"-march=rv32imac",
		"-mabi=ilp32",
		WRAP,
		"-Wl,--gc-sections",
		"-T",
		"picolibc.ld",
		"-lm",
	],
	packages: ["gcc-riscv64-unknown-elf", "picolibc-riscv64-unknown-elf"],
};
const PARSER_SOURCES = [
	"Code",
	"Lexical",
	"Scope",
	"Script",
	"SourceMap",
	"Syntaxical",
	"Tree",
	"Snapshot",
	"Lockdown",
];
const DESKTOP_ONLY = ["main.c", "compiler.c", "frames.c", "port_fifo.c"];
/** Where QEMU's `virt` has memory: the first half of what stands for flash is the program, the second what it makes. */
const FLASH = 0x8000_0000;
const FLASH_BYTES = 0x100_0000;
const RAM = FLASH + FLASH_BYTES;

/** The path of a file of this folder's sources, wherever this module itself runs from. */
export function sourcePath(name: string): string {
	const here = dirname(fileURLToPath(import.meta.url));
	return join(here.replace(/([\\/])dist([\\/]host-sim[\\/]xs)$/, "$2"), name);
}

/** The directory of XS's sources. Throws a UsageError where the package is not installed. */
export function xsDirectory(): string {
	try {
		const manifest = createRequire(import.meta.url).resolve("@agoric/xsnap/package.json");
		return join(dirname(manifest), "moddable/xs");
	} catch {
		throw new UsageError("the engine needs the package @agoric/xsnap: run npm ci in a clone of the repository");
	}
}

/** The path of the engine's executable, built if need be. Throws a UsageError where something is missing to build it. */
export async function buildEngine(
	variant: Variant,
	say = (_: string) => {},
	flags: readonly string[] = [],
): Promise<string> {
	const { [variant]: given } = RECIPES;
	const recipe = { ...given, flags: [...given.flags, ...flags] };
	const xs = xsDirectory();
	const ours = readdirSync(ENGINE).filter(name => !name.includes("uart"));
	const stamp = hash([...recipe.flags, ...recipe.link, ...ours.map(name => readFileSync(join(ENGINE, name), "utf8"))]);
	const target = join(CACHE, `engine-${variant}-${stamp}`);
	await once(target, async () => {
		say(`Building the engine (${variant}) …`);
		await linkTo(target, recipe, [
			...(await compileXs(variant, recipe, xs, [])),
			...(await compile(
				recipe,
				xs,
				ours.filter(name => name.endsWith(".c")).map(name => join(ENGINE, name)),
				join(CACHE, `ours-${variant}-${stamp}`),
				WARNINGS,
			)),
		]);
	});
	return target;
}

/** Memory of a chip, in bytes: all of its RAM, and how much of that is the stack of its C code. */
export interface ChipMemory {
	readonly ram: number;
	readonly stack: number;
}

/** The path of a program for QEMU's `virt` with that image in its flash. Throws like buildEngine(). */
export async function buildChip(image: string, { ram, stack }: ChipMemory, say = (_: string) => {}): Promise<string> {
	const xs = xsDirectory();
	const ours = readdirSync(ENGINE).filter(name => !DESKTOP_ONLY.includes(name));
	const memory = [
		`--defsym=__flash=${FLASH}`,
		`--defsym=__flash_size=${FLASH_BYTES / 2}`,
		`--defsym=flash_pool=${FLASH + FLASH_BYTES / 2}`,
		`--defsym=flash_pool_end=${RAM}`,
		`--defsym=__ram=${RAM}`,
		`--defsym=__ram_size=${ram}`,
		`--defsym=__stack_size=${stack}`,
	];
	const recipe = { ...CHIP, link: [...CHIP.link, ...memory.map(symbol => `-Wl,${symbol}`)] };
	const sources = ours.map(name => readFileSync(join(ENGINE, name), "utf8"));
	const stamp = hash([...recipe.flags, ...recipe.link, basename(image), ...sources]);
	const target = join(CACHE, `chip-${stamp}.elf`);
	await once(target, async () => {
		say("Building the engine (rv32imac) …");
		const omit = PARSER_SOURCES.map(name => `xs${name}.c`);
		const program = ours.filter(name => name.endsWith(".c")).map(name => join(ENGINE, name));
		const data = join(CACHE, `chip-${stamp}.o`);
		await command(recipe, [...recipe.flags, `-DIMAGE="${image}"`, "-c", join(ENGINE, "image.S"), "-o", data]);
		await linkTo(target, recipe, [
			...(await compileXs("rv32", recipe, xs, omit)),
			...(await compile(recipe, xs, program, join(CACHE, `ours-rv32-${hash(sources)}`), WARNINGS)),
			data,
		]);
	});
	return target;
}

/** Makes a file that is not there yet, and waits where another process is just making it. */
async function once(target: string, make: () => Promise<void>): Promise<void> {
	const lock = `${target}.lock`;
	mkdirSync(CACHE, { recursive: true });
	while (!existsSync(target)) {
		try {
			mkdirSync(lock);
		} catch {
			// Whoever held it may have been killed.
			if (Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > STALE_MS)
				rmSync(lock, { recursive: true, force: true });
			await setTimeout(100);
			continue;
		}
		try {
			await make();
		} finally {
			rmSync(lock, { recursive: true, force: true });
		}
	}
}

/** XS itself, without its files `omit`: it depends on the recipe and platform.h alone. */
function compileXs(name: string, recipe: Recipe, xs: string, omit: readonly string[]): Promise<string[]> {
	const { version } = JSON.parse(readFileSync(join(xs, "../../package.json"), "utf8"));
	const stamp = hash([version, ...recipe.flags, readFileSync(join(ENGINE, "platform.h"), "utf8")]);
	const sources = readdirSync(join(xs, "sources"))
		.filter(file => /^xs.*\.c$/.test(file) && !omit.includes(file))
		.map(file => join(xs, "sources", file));
	return compile(recipe, xs, sources, join(CACHE, `xs-${name}-${stamp}`), ["-w"]);
}

/** Compiles what is not there yet, as many at a time as there are processors. */
async function compile(
	recipe: Recipe,
	xs: string,
	sources: readonly string[],
	directory: string,
	warnings: readonly string[],
): Promise<string[]> {
	mkdirSync(directory, { recursive: true });
	const includes = ["includes", "platforms", "sources"].flatMap(name => ["-isystem", join(xs, name)]);
	const flags = ["-std=gnu11", ...warnings, ...DEFINES, ...recipe.flags, "-I", ENGINE, ...includes];
	const left = sources.filter(source => !existsSync(objectOf(source)));
	const worker = async () => {
		for (let source = left.pop(); source !== undefined; source = left.pop()) {
			const object = objectOf(source);
			await command(recipe, [...flags, "-c", source, "-o", `${object}.${process.pid}`]);
			renameSync(`${object}.${process.pid}`, object);
		}
	};
	await Promise.all(Array.from({ length: availableParallelism() }, worker));
	return sources.map(objectOf);

	function objectOf(source: string): string {
		return join(directory, `${basename(source, ".c")}.o`);
	}
}

async function linkTo(target: string, recipe: Recipe, objects: readonly string[]): Promise<void> {
	const draft = `${target}.${process.pid}`;
	await command(recipe, [...objects, ...recipe.link, "-o", draft]);
	renameSync(draft, target);
}

function command(recipe: Recipe, args: readonly string[]): Promise<void> {
	return new Promise((resolve, reject) => {
		const child = spawn(recipe.compiler, args, { stdio: ["ignore", "pipe", "pipe"] });
		let output = "";
		child.stdout.on("data", data => {
			output += data;
		});
		child.stderr.on("data", data => {
			output += data;
		});
		const missing = `the engine needs a compiler: as root, apt-get install ${recipe.packages.join(" ")}`;
		child.on("error", () => reject(new UsageError(missing)));
		child.on("close", code => {
			if (code === 0) resolve();
			// A header that comes with a package which is not there.
			else if (/(bits\/\w+|stdio|sys\/\w+)\.h: No such file|cannot find .*lgcc|cannot find crt|spec file/.test(output))
				reject(new UsageError(missing));
			else reject(new Error(`${recipe.compiler} ${args.at(-1)}: ${output}`));
		});
	});
}

export function hash(parts: readonly string[]): string {
	const sum = createHash("sha256");
	for (const part of parts) sum.update(`${part.length}:`).update(part);
	return sum.digest("hex").slice(0, 16);
}
