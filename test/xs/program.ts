// The firmware's own tests as a program for the engine: the test files as they are, with a small vitest and a codec for
// the broker's side; the firmware's modules are linked from the image, preloaded as on a board.

import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { type ModuleSource, moduleName, modulesOf } from "../../host-sim/xs/image.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const require = createRequire(import.meta.url);

/** Name of the program's module in its image. */
export const PROGRAM = "tests";

/**
 * Hours of virtual time, and hundreds of worlds, which take an interpreter too long: boards on the engine run the agent elsewhere,
 * and take new firmware in day.test.ts. Node's hash. And
 * what reads the tests as files.
 */
const LEFT_OUT: readonly string[] = [
	"test/firmware/device/agent.test.ts",
	"test/firmware/device/discovery.test.ts",
	"test/firmware/device/update.test.ts",
	"test/firmware/device/uptime.test.ts",
	"test/firmware/optional/scram.test.ts",
	"test/normative/coverage.test.ts",
];

/** The tests of the firmware's units and those by statement, which run on the engine: paths from the root. */
export function testFiles(): string[] {
	return ["test/firmware", "test/normative"]
		.flatMap(folder =>
			readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
				.filter(file => file.endsWith(".test.ts"))
				.map(file => `${folder}/${file.replaceAll("\\", "/")}`),
		)
		.filter(file => !LEFT_OUT.includes(file))
		.sort();
}

/** Those that an interpreter in an emulator has the time for: sessions, qualities of service, the public class, and a network's integers. */
export function chipFiles(): string[] {
	return testFiles().filter(file =>
		/\/session\/|\/normative\/.*\/(chapter-4|3\.3)|\/mqtt\/client\.test|\/vision\/integers/.test(file),
	);
}

/** The modules of a program that runs those test files; `every` is for engines under sanitizers, see run(). */
export async function testProgram(files: readonly string[], every = 0): Promise<ModuleSource[]> {
	const firmware = new Set<string>();
	const lines = [
		'import "./test/xs/shim/globals.ts";',
		...files.map(file => `import "./${file}";`),
		'import { run } from "vitest";',
		`run(${every});`,
	];
	const result = await build({
		stdin: { contents: lines.join("\n"), resolveDir: ROOT, loader: "ts" },
		bundle: true,
		write: false,
		format: "esm",
		target: "es2022",
		// XS looks at the whole module while it compiles; names of that length are no help to it.
		minifyWhitespace: true,
		plugins: [linked(firmware), replaced()],
		define: { "import.meta.url": '"file:///"' },
		logLevel: "silent",
	});
	const modules = await modulesOf([...firmware].sort(), true);
	return [...modules, { name: PROGRAM, source: result.outputFiles[0]!.text, preload: false }];
}

/** Files of the firmware stay modules of their own. */
function linked(found: Set<string>): Plugin {
	return {
		name: "linked",
		setup(builder) {
			builder.onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir }) => {
				const file = join(resolveDir, path).replace(/\.js$/, ".ts");
				if (!file.startsWith(join(ROOT, "firmware/"))) return undefined;
				found.add(file);
				return { path: moduleName(file), external: true };
			});
		},
	};
}

/** What stands for vitest, and for the modules of Node that the codec asks for. */
function replaced(): Plugin {
	const codec = require.resolve("mqtt-packet");
	const from = createRequire(createRequire(codec).resolve("bl"));
	const streams = createRequire(from.resolve("readable-stream"));
	const paths: Record<string, string> = {
		vitest: join(ROOT, "test/xs/shim/vitest.ts"),
		"fast-check": join(ROOT, "test/xs/shim/fast-check.ts"),
		buffer: streams.resolve("buffer/"),
		events: streams.resolve("events/"),
		debug: join(ROOT, "test/xs/shim/debug.cjs"),
		"process-nextick-args": createRequire(codec).resolve("process-nextick-args"),
		"readable-stream": join(ROOT, "test/xs/shim/stream.cjs"),
	};
	return {
		name: "replaced",
		setup(builder) {
			builder.onResolve({ filter: /^(node:)?[a-z][a-z/-]*$/ }, ({ path }) => {
				const target =
					paths[path.replace(/^node:/, "")] ??
					(path.startsWith("node:") ? join(ROOT, "test/xs/shim/absent.cjs") : undefined);
				return target === undefined ? undefined : { path: target };
			});
		},
	};
}
