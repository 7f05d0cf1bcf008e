import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeEach, expect, it } from "vitest";
import { browsing, type RunningPage, runWithPage } from "../../../support/browser.js";
import { describeWith } from "../../../support/need.js";

const MIXED = {
	groups: [
		{ name: "mast", devices: 2, interval: "500ms", qos: 2, protocol: "5", diagnostics: "1s" },
		{ name: "well", devices: 10, interval: "1s", qos: 0 },
	],
};
const THOUSAND = { devices: 1000, interval: "1s", qos: 0 };

/** The words of each row in sight, by its first cell. */
const rowsOf = (page: Page) =>
	page.locator(".fleet-row").evaluateAll(rows =>
		rows
			.map(row => ({ index: Number(row.getAttribute("aria-rowindex")), name: row.firstElementChild!.textContent! }))
			.sort((a, b) => a.index - b.index)
			.map(({ name }) => name),
	);

/** How many pictures it shows in two seconds. */
const framesOf = (page: Page) =>
	page.evaluate(
		() =>
			new Promise<number>(resolve => {
				let count = 0;
				const begun = performance.now();
				const next = () => {
					count += 1;
					if (performance.now() - begun < 2000) requestAnimationFrame(next);
					else resolve(count);
				};
				requestAnimationFrame(next);
			}),
	);

describeWith(["chromium"], "the fleet in a browser", () => {
	const folder = mkdtempSync(join(tmpdir(), "thimble-fleet-"));
	const { open } = browsing();
	let mixed: RunningPage;
	const scenario = (name: string, value: object) => {
		const path = join(folder, name);
		writeFileSync(path, JSON.stringify(value));
		return path;
	};
	beforeEach(async () => {
		mixed = await runWithPage([scenario("mixed.json", MIXED)]);
	});
	afterAll(() => rmSync(folder, { recursive: true }));

	it("boards appear with what they say, in columns that somebody has something to say in", async () => {
		const page = await open(mixed.url);
		const row = page.getByRole("row", { name: /^mast-01/ });
		await row.getByText("online").waitFor();
		await row.getByText(/^-\d\d$/).waitFor();
		const heads = await page.getByRole("columnheader").allInnerTexts();
		expect(heads.map(head => head.trim())).toEqual(
			expect.arrayContaining(["Board ↑", "State", "°C", "dBm", "Engine", "QoS"]),
		);
		expect(heads).not.toContain("Malformed");
		expect((await rowsOf(page)).slice(0, 3)).toEqual(["mast-01", "mast-02", "well-01"]);
		await expect.poll(() => page.getByRole("grid").getAttribute("aria-rowcount")).toBe("13");
	});

	it("they are sorted by a click on a head, and filtered by what is typed; what is wrong is told", async () => {
		const page = await open(mixed.url);
		await page.getByRole("row", { name: /^mast-01/ }).waitFor();
		const head = page.getByRole("columnheader", { name: "Board" });
		await head.getByRole("button").click();
		await expect.poll(() => rowsOf(page)).toEqual(expect.arrayContaining(["well-10"]));
		await expect.poll(async () => (await rowsOf(page))[0]).toBe("well-10");
		expect(await head.getAttribute("aria-sort")).toBe("descending");
		const field = page.getByRole("searchbox", { name: "Filter" });
		await field.fill("qos=2 colour:red");
		await page.getByText("There is no column “colour”.").waitFor();
		await field.fill("qos=2");
		await expect.poll(() => rowsOf(page)).toEqual(["mast-02", "mast-01"]);
	});

	it("one of them opens by keyboard alone, with all that is known of it, and closes again", async () => {
		const page = await open(mixed.url);
		await page.getByRole("row", { name: /^mast-01/ }).waitFor();
		const grid = page.getByRole("grid");
		await grid.focus();
		for (const key of ["ArrowDown", "Enter"]) await page.keyboard.press(key);
		const panel = page.getByRole("complementary");
		await panel.getByRole("heading", { name: "mast-02" }).waitFor();
		expect(new URL(page.url()).hash).toBe("#/fleet/mast-02");
		await panel.getByText("Node, MQTT 5.0, QoS 2").waitFor();
		await panel.getByText("RSSI, dBm").waitFor();
		await expect
			.poll(() => panel.getByRole("link", { name: "Packets" }).getAttribute("href"))
			.toBe("#/packets/mast-02");
		await page.keyboard.press("Escape");
		await panel.waitFor({ state: "detached" });
	});

	it("on a phone and in Chinese there are a few columns, and a board takes the place of the table", async () => {
		const page = await open(mixed.url, { width: 390, height: 800, language: "zh-CN", scheme: "dark" });
		await page
			.getByRole("row", { name: /^mast-01/ })
			.getByText("在线")
			.waitFor();
		const heads = async () =>
			(await page.getByRole("columnheader").allInnerTexts()).map(text => text.replace("↑", "").trim());
		await expect.poll(heads).toEqual(["设备", "状态", "°C", "最近"]);
		const isTooWide = () => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
		expect(await isTooWide()).toBe(false);
		await page.getByRole("row", { name: /^mast-01/ }).click();
		await page.getByRole("link", { name: "全部设备" }).waitFor();
		expect([await page.getByRole("grid").isVisible(), await isTooWide()]).toEqual([false, false]);
	});

	it("of a thousand boards only those in sight are in the document, and what is typed gets there", async () => {
		const run = await runWithPage([scenario("thousand.json", THOUSAND)]);
		try {
			const page = await open(run.url);
			await page.getByText("1000 online").waitFor();
			const grid = page.getByRole("grid");
			expect(await grid.getAttribute("aria-rowcount")).toBe("1001");
			// As many pictures a second as an empty page has in this browser; others on this machine may take some now and then.
			const most = await framesOf(await open("about:blank"));
			await expect.poll(async () => (await framesOf(page)) / most, { timeout: 30_000 }).toBeGreaterThan(0.9);
			expect((await rowsOf(page)).length).toBeLessThan(60);
			await grid.focus();
			await page.keyboard.press("End");
			await expect.poll(async () => (await rowsOf(page)).at(-1)).toMatch(/1000$/);
			expect((await rowsOf(page)).length).toBeLessThan(60);
			const field = page.getByRole("searchbox", { name: "Filter" });
			await field.pressSequentially("state:online 0500", { delay: 20 });
			expect(await field.inputValue()).toBe("state:online 0500");
			await expect.poll(() => rowsOf(page)).toEqual([expect.stringMatching(/0500$/)]);
		} finally {
			await run.stop();
		}
	}, 90_000);
});
