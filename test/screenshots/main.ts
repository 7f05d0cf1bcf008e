// Takes the pictures of the page that the README shows, with real boards in a real browser: `npm run screenshots`. The views are the
// same each time, though of another moment.

import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { type BrowserContextOptions, chromium, type Page } from "playwright-core";

const FOLDER = "host-sim/web/pictures";
const DESK = { viewport: { width: 1280, height: 800 }, locale: "en-GB" } as const;
const PHONE = { viewport: { width: 390, height: 844 }, locale: "zh-CN" } as const;

const run = spawn(
	process.execPath,
	[
		"--import",
		"tsx",
		"host-sim/cli/main.ts",
		"run",
		"test/screenshots/boards.json",
		"--page",
		"0",
		"--port",
		"0",
		"--no-open",
	],
	{ stdio: ["ignore", "pipe", "inherit"] },
);
const url = await new Promise<string>((resolve, reject) => {
	let said = "";
	run.stdout.on("data", data => {
		said += data;
		const match = /^Page +(http:\S+)/m.exec(said);
		if (match !== null) resolve(match[1]!);
	});
	run.once("close", () => reject(new Error(`it has ended: ${said}`)));
});
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
mkdirSync(FOLDER, { recursive: true });

/** The page at that place, in a browser that is set like that; `prepare` brings it to what is to be seen. */
async function picture(
	name: string,
	hash: string,
	options: BrowserContextOptions,
	prepare: (page: Page) => Promise<unknown>,
): Promise<void> {
	const context = await browser.newContext(options);
	const page = await context.newPage();
	await page.goto(`${url}${hash}`);
	await prepare(page);
	await page.screenshot({ path: `${FOLDER}/${name}.png` });
	await context.close();
	console.log(`${FOLDER}/${name}.png`);
}
