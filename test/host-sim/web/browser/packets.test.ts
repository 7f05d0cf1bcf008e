import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeEach, expect, it } from "vitest";
import { browsing, type RunningPage, runWithPage } from "../../../support/browser.js";
import { thimble } from "../../../support/command.js";
import { describeWith } from "../../../support/need.js";

const PASTED = "34 14 00 04 6c 61 6d 70 00 07 00 7b 22 6f 6e 22 3a 74 72 75 65 7d 50 02 00 07";

describeWith(["chromium"], "the packet inspector", () => {
	const browser = browsing();
	const folder = mkdtempSync(join(tmpdir(), "packets-"));
	let run: RunningPage;
	beforeEach(async () => {
		run = await runWithPage(["--devices", "2", "--qos", "2", "--interval", "500ms"]);
	});
	afterAll(() => rmSync(folder, { recursive: true }));

	const open = (visit = {}) => browser.open(`${run.url}#/packets`, visit);

	/** A row of the panel's table: its value, its meaning, and its bytes or bits. */
	async function field(page: Page, name: string) {
		const row = page.locator(".packets-fields tr", { has: page.getByRole("rowheader", { name, exact: true }) }).first();
		const raw = row.locator(".packets-raw");
		const bits = await raw.locator(".packets-bit.own").allTextContents();
		return {
			value: await row.locator(".packets-value > span").textContent(),
			bytes: await raw.textContent(),
			bits: bits.join(""),
		};
	}

	it("opens a message at QoS 2 bit by bit, each of its four packets", async () => {
		const page = await open();
		const done = page
			.getByRole("option", { name: /board-01 to broker: PUBLISH, thimble\/board-01\/telemetry, QoS 2/ })
			.first();
		await done.waitFor();
		await page.getByRole("button", { name: "Pause" }).click();
		await done.click();
		const ids: (string | null)[] = [];
		for (const [name, type, flags] of [
			["PUBLISH", "0011", "0100"],
			["PUBREC", "0101", "0000"],
			["PUBREL", "0110", "0010"],
			["PUBCOMP", "0111", "0000"],
		] as const) {
			await page.locator(".packets-course").getByRole("button", { name }).click();
			await page.getByRole("heading", { name, exact: true }).waitFor();
			const digits = [type, ...(name === "PUBLISH" ? ["0", "10", "0"] : [flags])];
			const names = ["Packet type", ...(name === "PUBLISH" ? ["DUP", "QoS", "RETAIN"] : ["Reserved"])];
			for (const [i, each] of names.entries())
				expect((await field(page, each)).bits, `${name} ${each}`).toBe(digits[i]);
			ids.push((await field(page, "Packet Identifier")).value);
			expect(await page.locator(".packets-row.related, .packets-row.chosen").count()).toBeGreaterThanOrEqual(4);
		}
		expect(ids[0]).toMatch(/^\d+$/);
		expect(new Set(ids).size).toBe(1);
		await expect
			.poll(() => page.locator(".packets-course p").textContent())
			.toMatch(/^QoS 2 · step 4 of 4 · [\d.]+ ms after PUBREL · done$/);
		const link = page.locator(".packets-fields a").first();
		expect(await link.getAttribute("href")).toMatch(/^https:\/\/docs\.oasis-open\.org\/mqtt\/mqtt\/v3\.1\.1\//);
		expect([await link.getAttribute("target"), await link.getAttribute("rel")]).toEqual([
			"_blank",
			"noopener noreferrer",
		]);
	});

	it("is used with the keyboard alone", async () => {
		const page = await open();
		await page
			.getByRole("option", { name: /PUBCOMP/ })
			.first()
			.waitFor();
		await page.locator(".packets-scroller").focus();
		await page.keyboard.press("Home");
		const first = await page.locator(".packets-row.chosen").getAttribute("aria-posinset");
		await page.keyboard.press("ArrowDown");
		expect([first, await page.locator(".packets-row.chosen").getAttribute("aria-posinset")]).toEqual(["1", "2"]);
		const active = await page.locator(".packets-scroller").getAttribute("aria-activedescendant");
		await expect.poll(() => page.locator(".packets-row.chosen").getAttribute("id")).toBe(active);
		await page.keyboard.press("Enter");
		expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("H2");
		await page.keyboard.press("Escape");
		expect(await page.evaluate(() => document.activeElement?.getAttribute("role"))).toBe("listbox");
	});

	it("decodes what is pasted in, shows which bytes a field has, and says where it is no hexadecimal", async () => {
		const page = await open();
		await page.getByRole("button", { name: "Paste hex" }).click();
		const area = page.getByRole("textbox", { name: "Packets in hexadecimal" });
		await area.fill(PASTED);
		await expect.poll(() => page.locator(".packets-strip button").allTextContents()).toEqual(["PUBLISH", "PUBREC"]);
		await expect.poll(() => field(page, "Packet Identifier")).toMatchObject({ value: "7", bytes: "00 07" });
		await page.getByRole("rowheader", { name: "Packet Identifier" }).hover();
		await expect.poll(() => page.locator(".packets-hex .pointed").allTextContents()).toEqual(["00", "07"]);
		await page.locator(".packets-hex > span").nth(4).hover();
		await expect.poll(() => page.locator(".packets-fields tr.pointed th").allTextContents()).toEqual(["Text"]);
		await expect.poll(() => page.locator(".packets-payload pre").textContent()).toBe('{\n  "on": true\n}');
		await area.fill("30 0g");
		await expect.poll(() => page.getByRole("alert").textContent()).toBe("“g” at position 5 is no hexadecimal digit.");
	});

	it("shows what boards send as text, whatever it is", async () => {
		const page = await open();
		await page.getByRole("button", { name: "Paste hex" }).click();
		const payload = Buffer.from("<img src=x onerror=alert(1)>");
		const bytes = Buffer.concat([Buffer.of(0x30, 3 + payload.length, 0, 1, 0x61), payload]);
		await page.getByRole("textbox", { name: "Packets in hexadecimal" }).fill(bytes.toString("hex"));
		await page.locator("select").nth(2).selectOption("3.1.1");
		await expect.poll(() => page.locator(".packets-payload pre").textContent()).toBe(payload.toString());
		await expect.poll(() => page.locator(".packets-view img").count()).toBe(0);
	});

	it("saves what it shows as a recording, which Thimble shows, and opens it again", async () => {
		const page = await open();
		await page
			.getByRole("option", { name: /PUBCOMP/ })
			.first()
			.waitFor();
		const [download] = await Promise.all([
			page.waitForEvent("download"),
			page.getByRole("button", { name: "Save recording" }).click(),
		]);
		const path = join(folder, "saved.jsonl");
		await download.saveAs(path);
		const { code, out } = thimble(["show", path]);
		expect(await code).toBe(0);
		expect(out().toString()).toMatch(/board-01 .*PUBREL/);
		await page.locator("input[type=file]").setInputFiles(path);
		await page.getByRole("button", { name: "Recording saved.jsonl" }).waitFor();
		await page
			.getByRole("option", { name: /PUBREL/ })
			.first()
			.waitFor();
		const entries = readFileSync(path, "utf8").trim().split("\n").length - 2;
		await expect.poll(() => page.locator(".packets-count").textContent()).toBe(`${entries} lines`);
		await page.getByRole("button", { name: "Back to live" }).click();
		await page.getByRole("button", { name: "Save recording" }).waitFor();
	});

	it("fits a phone, in Chinese", async () => {
		const page = await open({ width: 360, height: 700, language: "zh-CN" });
		await page
			.getByRole("option", { name: /PUBCOMP/ })
			.first()
			.click();
		await page.getByRole("rowheader", { name: "报文标识符" }).waitFor();
		const [wide, narrow] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
		expect(wide).toBeLessThanOrEqual(narrow!);
	});
});
