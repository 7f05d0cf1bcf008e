// A lesson in a real browser: its stage runs, its buttons work, and what has been seen is ticked off.

import { beforeEach, expect, it } from "vitest";
import { browsing, type RunningPage, runWithPage } from "../../../support/browser.js";
import { describeWith } from "../../../support/need.js";

describeWith(["chromium"], "lessons", () => {
	const { open } = browsing();
	let run: RunningPage;
	beforeEach(async () => {
		run = await runWithPage(["--devices", "2"]);
		return () => run.stop();
	});

	it("QoS 2: four packets, a cut, and a PUBREL that is opened tick its three goals, which are remembered", async () => {
		const page = await open(`${run.url}#/lessons`);
		await page.getByRole("link", { name: /QoS 2/ }).click();
		const goal = (text: RegExp) => page.getByRole("listitem").filter({ hasText: text });
		await goal(/Four packets with one id/)
			.getByLabel("seen", { exact: true })
			.waitFor();
		await page.getByRole("button", { name: "Cut the connection" }).click();
		await goal(/Cut the connection/)
			.getByLabel("seen", { exact: true })
			.waitFor();
		await page.getByText("PUBREL", { exact: true }).last().click();
		await goal(/Open a PUBREL/)
			.getByLabel("seen", { exact: true })
			.waitFor();
		await page.getByText("You have seen all of it.").waitFor();
		// Its stage is its own: no board of the run was cut.
		expect(run.command.out().toString()).not.toMatch(/offline/);
		await page.getByRole("link", { name: "All lessons" }).click();
		await page.getByText("3 of 3 seen").waitFor();
	});

	it("security: its page comes in with a password of its own, and what it may not is refused", async () => {
		const page = await open(`${run.url}#/lessons/security`);
		const goal = (text: RegExp) => page.getByRole("listitem").filter({ hasText: text });
		const seen = (text: RegExp) => goal(text).getByLabel("seen", { exact: true }).waitFor();
		await seen(/right password is let in/);
		await seen(/a will for a topic of its own/);
		await page.getByRole("button", { name: "Publish to thimble/board-01/telemetry" }).click();
		await seen(/publishes in board-01's name/);
		await page.getByRole("button", { name: "Subscribe to everything" }).click();
		await page.getByRole("button", { name: "Subscribe to thimble/+/telemetry" }).click();
		await seen(/wants to hear everything/);
		await page.getByRole("button", { name: "Restart the boards" }).click();
		await seen(/has a wrong password/);
		await page.getByText("CONNECT", { exact: true }).last().click();
		await page.getByText("You have seen all of it.").waitFor();
		for (const secret of ["window-cedar-thread", "kettle-orbit-mosaic", "a slip of the pen"])
			expect(await page.content()).not.toContain(secret);
	});

	it("retained messages, in Chinese on a phone: publish, subscribe, and again", async () => {
		const page = await open(`${run.url}#/lessons/retained`, { width: 390, height: 844, language: "zh-CN" });
		const status = page.getByRole("status").filter({ hasText: /已看到|全部看到/ });
		await page.getByRole("button", { name: "向 lesson/door 发布保留消息" }).click();
		await page.getByText("已看到 1/4").waitFor();
		await page.getByRole("button", { name: "订阅 lesson/door", exact: true }).click();
		await page.getByText("已看到 2/4").waitFor();
		await page.getByRole("button", { name: "向 lesson/door 发布保留消息" }).click();
		await page.getByRole("button", { name: "订阅 thimble/+/status" }).click();
		await page.getByText("你已经全部看到了。").waitFor();
		expect(await status.count()).toBe(1);
		expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
	});
});
