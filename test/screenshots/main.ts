// Takes the pictures of the page that the README shows, with real boards in a real browser: `npm run screenshots`. The views are the
// same each time, though of another moment.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { type BrowserContextOptions, chromium, type Page } from "playwright-core";

const FOLDER = "host-sim/web/pictures";
const DESK = { viewport: { width: 1280, height: 800 }, locale: "en-GB" } as const;
const HIGH = { ...DESK, viewport: { width: 1280, height: 920 } } as const;
const PHONE = { viewport: { width: 390, height: 844 }, locale: "zh-CN" } as const;

const runs: ChildProcess[] = [];

/** The address of the page of a run of that scenario. */
function started(scenario: string): Promise<string> {
	const run = spawn(
		process.execPath,
		["--import", "tsx", "host-sim/cli/main.ts", "run", scenario, "--page", "0", "--port", "0", "--no-open"],
		{ stdio: ["ignore", "pipe", "inherit"] },
	);
	runs.push(run);
	return new Promise((resolve, reject) => {
		let said = "";
		run.stdout.on("data", data => {
			said += data;
			const match = /^Page +(http:\S+)/m.exec(said);
			if (match !== null) resolve(match[1]!);
		});
		run.once("close", () => reject(new Error(`it has ended: ${said}`)));
	});
}

const url = await started("test/screenshots/boards.json");
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
mkdirSync(FOLDER, { recursive: true });

/** The page at that place of that run, in a browser that is set like that; `prepare` brings it to what is to be seen. */
async function picture(
	name: string,
	hash: string,
	options: BrowserContextOptions,
	prepare: (page: Page) => Promise<unknown>,
	at = url,
): Promise<void> {
	const context = await browser.newContext(options);
	const page = await context.newPage();
	await page.goto(`${at}${hash}`);
	await prepare(page);
	await page.screenshot({ path: `${FOLDER}/${name}.png` });
	await context.close();
	console.log(`${FOLDER}/${name}.png`);
}

/** Draws a pair on the page, and lets a board look at it. */
async function drawTrousers(page: Page): Promise<void> {
	await page.getByLabel("Every 2 s").check();
	await page.getByText("Drawing", { exact: true }).click();
	const { height, width, x, y } = (await page.getByRole("img", { name: /^Drawing area/ }).boundingBox())!;
	const draw = async (...places: readonly (readonly [number, number])[]) => {
		await page.mouse.move(x + places[0]![0] * width, y + places[0]![1] * height);
		await page.mouse.down();
		for (const [right, down] of places) await page.mouse.move(x + right * width, y + down * height, { steps: 8 });
		await page.mouse.up();
	};
	await draw([0.36, 0.9], [0.42, 0.12], [0.58, 0.12], [0.64, 0.9]);
	await draw([0.5, 0.12], [0.5, 0.25]);
	await seconds(7);
	await page.getByRole("button", { name: /^Show it to/ }).click();
	await seconds(3);
}

const seconds = (count: number) => new Promise(resolve => setTimeout(resolve, count * 1000));

try {
	// Boards come, some have trouble, and what they have missed comes late.
	await seconds(8);
	const readings = picture("readings", "#/readings", DESK, async page => {
		await page.getByRole("heading").first().waitFor();
		await seconds(34);
	});
	const packets = picture("packets", "#/packets/attic-01", DESK, async page => {
		await seconds(10);
		await page.getByText("PUBREC", { exact: true }).last().click();
		await seconds(1);
	});
	await packets;
	await readings;
	await picture("fleet", "#/fleet", DESK, () => seconds(5));
	await picture("topics", "#/topics", DESK, async page => {
		await seconds(4);
		await page.getByRole("treeitem").filter({ hasText: "telemetry" }).first().click();
		await seconds(2);
	});
	await picture("faults", "#/faults/garden-01", DESK, async page => {
		await seconds(3);
		await page.getByRole("button", { name: "Trigger Power cut", exact: true }).click();
		await seconds(8);
	});
	await picture("lesson", "#/lessons/qos-2", DESK, async page => {
		await seconds(6);
		await page.getByRole("button", { name: "Cut the connection" }).click();
		await seconds(6);
	});
	await picture("phone", "#/lessons/will", { ...PHONE, colorScheme: "dark" }, () => seconds(4));
	const seeing = await started("recognition");
	await picture("recognition", "#/recognition/camera-03", HIGH, drawTrousers, seeing);
} finally {
	await browser.close();
	for (const run of runs) run.kill("SIGINT");
}
