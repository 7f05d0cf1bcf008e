// Where the page's files are: beside the built simulator in the package; from sources they are built when the first of them is
// asked for, and again where a source is newer than what was built.

import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** host-sim/web: sources beside sources, built files beside built ones. */
const WEB = fileURLToPath(new URL("../web/", import.meta.url));
const CONFIG = "vite.config.ts";

export interface SiteOptions {
	/** The page's sources, or its built files. */
	readonly web?: string;
	/** Where sources are built to. */
	readonly cache?: string;
	/** Why nothing can be shown, in full, for who runs this. */
	say?(text: string): void;
	/** Builds `root` into `outDir`; another than vite's for tests. */
	build?(root: string, outDir: string): Promise<void>;
}

/** The folder of the page's files. It rejects with one sentence where there are none. */
export function site(options: SiteOptions = {}): () => Promise<string> {
	const { web = WEB, build = viteBuild, say = text => console.error(text) } = options;
	let made: Promise<string> | undefined;
	const make = async () => {
		if (!existsSync(join(web, "index.html"))) throw new Error("the page is not part of this build");
		// What is built has no configuration beside it.
		if (!existsSync(join(web, CONFIG))) return web;
		const cache = options.cache ?? fileURLToPath(new URL("../../node_modules/.cache/thimble/page/", import.meta.url));
		const built = join(cache, "index.html");
		if (existsSync(built) && statSync(built).mtimeMs >= newestIn(sourcesOf(web))) return cache;
		try {
			await build(web, cache);
		} catch (error) {
			say(`thimble: the page cannot be built: ${(error as Error).message}`);
			throw new Error("the page cannot be built; the console says why");
		}
		return cache;
	};
	return () => {
		made ??= make();
		return made;
	};
}

/** What the page is made of: its own sources, and those of the client and the simulator that it shares. */
function sourcesOf(web: string): string[] {
	if (web !== WEB) return [web];
	return ["desk", "inspect", "lessons", "watch", "web"]
		.map(name => join(web, "..", name))
		.concat(join(web, "../../firmware"));
}

/** When the newest file there was changed, in ms since 1970. */
function newestIn(folders: readonly string[]): number {
	let newest = 0;
	for (const folder of folders) {
		if (!existsSync(folder)) continue;
		for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
			if (entry.isFile()) newest = Math.max(newest, statSync(join(entry.parentPath, entry.name)).mtimeMs);
	}
	return newest;
}

async function viteBuild(root: string, outDir: string): Promise<void> {
	// Not there in the package, which has the built files.
	const vite = await import("vite");
	await vite.build({
		root,
		configFile: join(root, CONFIG),
		logLevel: "error",
		build: { outDir, emptyOutDir: true },
	});
}
