// Faults in a real browser: a button breaks something, and the page tells what becomes of it.

import { beforeEach, expect, it } from "vitest";
import { browsing, type RunningPage, runWithPage } from "../../../support/browser.js";
import { describeWith } from "../../../support/need.js";

describeWith(["chromium"], "faults", () => {
	const { open } = browsing();
	let run: RunningPage;
	beforeEach(async () => {
		run = await runWithPage(["--devices", "2"]);
		return () => run.stop();
	});

	it("a power cut of one board: the trouble with its time left, the will, the restart and the recovery", async () => {
		const page = await open(`${run.url}#/faults/board-02`);
		await page.getByRole("button", { name: "Trigger Power cut", exact: true }).click();
		const now = page.getByRole("region", { name: "Wrong now" });
		await now.getByText("Power cut").waitFor();
		await expect.poll(() => now.textContent()).toMatch(/board-02[\s\S]*[0-3] s left/);
		const story = page.getByRole("list", { name: "What happened, the newest first" });
		await story.getByText("Online: the birth message is there").waitFor();
		await story.getByText("Restarted: power cut").waitFor();
		const told = (await story.getByRole("listitem").allInnerTexts()).map(text => text.replaceAll(/\s+/g, " "));
		const at = (pattern: RegExp) => told.findIndex(text => pattern.test(text));
		expect(at(/Power cut board-02/)).toBe(told.length - 1);
		expect(at(/will fires.*board-02/)).toBeLessThan(told.length - 1);
		expect(at(/Online: .*board-02/)).toBeLessThan(at(/will fires/));
		for (const text of told) expect(text).not.toContain("board-01");
		expect(told[at(/Online/)]).toMatch(/\+\d\.\d s/);
		await now.getByText("Nothing is wrong at the moment.").waitFor();
	});

	it("what lasts until it is mended is mended by a button, for all boards at once", async () => {
		const page = await open(`${run.url}#/faults`, { width: 390, height: 844 });
		await page.getByLabel("How long").selectOption({ label: "Until mended" });
		await page.getByRole("button", { name: "Trigger Wi-Fi loss" }).click();
		const now = page.getByRole("region", { name: "Wrong now" });
		await now.getByText("until mended").waitFor();
		await expect.poll(() => now.textContent()).toContain("board-01, board-02");
		await now.getByRole("button", { name: "Mend now" }).click();
		await now.getByText("Nothing is wrong at the moment.").waitFor();
		await page.getByText("Wi-Fi loss: over").waitFor();
		expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
	});

	it("a wrong value is told at its place, an unknown board too, and nothing is asked for", async () => {
		const page = await open(`${run.url}#/faults/nobody`, { language: "zh-CN" });
		await page.getByText("这里没有开发板 “nobody”。").waitFor();
		await expect.poll(() => page.getByRole("button", { name: "触发 断电", exact: true }).isDisabled()).toBe(true);
		await page.getByLabel("所有开发板").check();
		await page.getByLabel("延迟").fill("soon");
		await page.getByRole("button", { name: "触发 慢速链路" }).click();
		await page.getByText("延迟: 应为时间", { exact: false }).waitFor();
		await page.getByText("目前一切正常。").waitFor();
	});
});
