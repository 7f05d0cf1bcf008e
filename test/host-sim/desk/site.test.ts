import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { site } from "../../../host-sim/desk/site.js";

let folder: string;
let web: string;
let cache: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "thimble-site-"));
	web = join(folder, "web");
	cache = join(folder, "cache");
	mkdirSync(web);
	writeFileSync(join(web, "index.html"), '<!doctype html><script type="module" src="./main.js"></script>');
	writeFileSync(join(web, "main.js"), 'document.title = "built";');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A build that takes a while, and counts. */
function counted() {
	const built = { count: 0 };
	const build = async (_root: string, outDir: string) => {
		built.count += 1;
		await new Promise(resolve => setTimeout(resolve, 20));
		mkdirSync(outDir, { recursive: true });
		writeFileSync(join(outDir, "index.html"), "built");
	};
	return { build, built };
}

describe("where the page's files are", () => {
	it("what is built already is taken as it is", async () => {
		expect(await site({ web, cache })()).toBe(web);
		expect(existsSync(cache)).toBe(false);
	});

	it("sources are built when they are first asked for, once for all who ask meanwhile", async () => {
		writeFileSync(join(web, "vite.config.ts"), "");
		const { build, built } = counted();
		const find = site({ web, cache, build });
		expect(built.count).toBe(0);
		expect(await Promise.all([find(), find(), find()])).toEqual([cache, cache, cache]);
		await find();
		expect(built.count).toBe(1);
	});

	it("and in another run again only where one of them is newer", async () => {
		writeFileSync(join(web, "vite.config.ts"), "");
		const { build, built } = counted();
		await site({ web, cache, build })();
		await site({ web, cache, build })();
		expect(built.count).toBe(1);
		const later = Date.now() / 1000 + 60;
		utimesSync(join(web, "main.js"), later, later);
		await site({ web, cache, build })();
		expect(built.count).toBe(2);
	});

	it("a build that fails is told in full on the console, and in one sentence to who asks", async () => {
		writeFileSync(join(web, "vite.config.ts"), "");
		const said: string[] = [];
		const build = () => Promise.reject(new Error("main.tsx:3: unexpected <"));
		const find = site({ web, cache, build, say: text => said.push(text) });
		await expect(find()).rejects.toThrow("the page cannot be built; the console says why");
		await expect(find()).rejects.toThrow("the page cannot be built");
		expect(said).toEqual(["thimble: the page cannot be built: main.tsx:3: unexpected <"]);
	});

	it("where there are none at all it says so", async () => {
		await expect(site({ web: join(folder, "no"), cache })()).rejects.toThrow("the page is not part of this build");
	});

	it("vite builds them", async () => {
		writeFileSync(join(web, "vite.config.ts"), 'export default { base: "./" };\n');
		const found = await site({ web, cache })();
		expect(readFileSync(join(found, "index.html"), "utf8")).toMatch(/src="\.\/assets\/[\w-]+\.js"/);
	});
});
