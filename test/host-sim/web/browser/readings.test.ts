import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, it } from "vitest";
import { browsing, type RunningPage, runWithPage } from "../../../support/browser.js";
import { describeWith } from "../../../support/need.js";

/** Its newest readings come first, and fill what is missing behind them one by one. */
const SCENARIO = {
	durability: "ram",
	groups: [
		{
			name: "attic",
			devices: 6,
			interval: "500ms",
			qos: 1,
			telemetry: { ringBytes: 4096, newestFirst: true },
			keepAlive: 5,
		},
	],
	timeline: [{ at: "6s", fault: "wifi-loss", for: "6s", every: "30s", boards: ["attic"] }],
};

describeWith(["chromium"], "readings in a browser", () => {
	const folder = mkdtempSync(join(tmpdir(), "thimble-readings-"));
	const { open } = browsing();
	let run: RunningPage;
	beforeEach(async () => {
		const path = join(folder, "attic.json");
		writeFileSync(path, JSON.stringify(SCENARIO));
		run = await runWithPage([path]);
	});
	afterAll(() => rmSync(folder, { recursive: true }));

	it("a gap is told while it stands, and the line closes when the readings come after all", async () => {
		const page = await open(`${run.url}#/readings`);
		await page.getByRole("img", { name: /^Temperature in °C: / }).waitFor();
		await expect.poll(() => page.locator(".readings-plot canvas").count()).toBe(3);
		const gaps = page.locator(".readings-latest tbody tr").first().locator("td").last();
		await expect.poll(() => gaps.textContent(), { timeout: 60_000 }).toMatch(/\d+ readings?, \d\d:\d\d:\d\d to/);
		await expect.poll(() => gaps.textContent(), { timeout: 60_000 }).toBe("none");
	}, 120_000);

	it("lines are of the boards that were chosen, one alone by its address", async () => {
		const page = await open(`${run.url}#/readings`);
		const table = page.locator(".readings-latest");
		const names = async () => (await table.locator("tbody th").allInnerTexts()).map(text => text.trim());
		await expect.poll(names).toEqual(["attic-01", "attic-02", "attic-03", "attic-04"]);
		await page.getByRole("button", { name: "Take attic-02 away" }).click();
		await page.getByRole("button", { name: "Choose boards" }).click();
		await page.getByRole("searchbox", { name: "Search boards" }).fill("-06");
		await page.getByRole("checkbox", { name: "attic-06" }).check();
		await expect.poll(names).toEqual(["attic-01", "attic-06", "attic-03", "attic-04"]);
		await page.goto(`${run.url}#/readings/attic-05`);
		await expect.poll(names).toEqual(["attic-05"]);
	});

	it("the picture stands while it is asked to, and what it shows can be saved", async () => {
		const page = await open(`${run.url}#/readings/attic-01`);
		await page.locator(".readings-plot canvas").first().waitFor();
		await page.getByRole("button", { name: "Pause" }).click();
		await page.getByText("The picture stands").waitFor();
		const [download] = await Promise.all([
			page.waitForEvent("download"),
			page.getByRole("button", { name: "Save as CSV" }).click(),
		]);
		const [head, ...rows] = readFileSync((await download.path())!, "utf8")
			.trimEnd()
			.split("\r\n");
		expect(head).toBe("board,time,boot,seq,temperature,humidity,pressure");
		expect(rows.length).toBeGreaterThan(0);
		for (const row of rows)
			expect(row).toMatch(/^attic-01,\d{4}-\d\d-\d\dT[\d:.]+Z,1,\d+,-?\d+\.\d\d,\d+\.\d,\d+\.\d\d$/);
		await page.getByRole("button", { name: "Go on" }).click();
	});

	it("there is nothing wider than a phone, in Chinese too", async () => {
		const page = await open(`${run.url}#/readings`, { width: 390, height: 800, language: "zh-CN", scheme: "dark" });
		await page.getByRole("img", { name: /^温度/ }).waitFor();
		expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false);
	});
});
