// The page as a whole in a real browser: how much it loads, that it needs nothing from elsewhere, who is let in, and that it stands by
// itself when the simulator goes.

import { beforeEach, describe, expect, it } from "vitest";
import { browsing, type RunningPage, runWithPage } from "../../../support/browser.js";
import { describeWith } from "../../../support/need.js";
import { Papers } from "../../../support/site.js";

/** Of script, compressed, until boards are seen. */
const MOST_BYTES = 100_000;

describeWith(["chromium"], "the page", () => {
	const { open } = browsing();
	const start = async (...args: string[]): Promise<RunningPage> => {
		const run = await runWithPage(args);
		stops.push(() => run.stop());
		return run;
	};
	const stops: (() => unknown)[] = [];
	beforeEach(() => async () => {
		for (const stop of stops.splice(0)) await stop();
	});

	it("shows boards after less than 100 KB of script, all of it from its own server", async () => {
		const run = await start("--devices", "3");
		const page = await open("about:blank");
		const loaded = new Map<string, number>();
		page.on("response", async response => {
			if (response.request().resourceType() !== "script") return;
			const { responseBodySize } = await response.request().sizes();
			loaded.set(response.url(), responseBodySize);
			expect(response.headers()["content-encoding"]).toBe("gzip");
		});
		const asked: string[] = [];
		page.on("request", request => asked.push(request.url()));
		await page.goto(run.url);
		await page.getByText("board-03").first().waitFor();
		const bytes = [...loaded.values()].reduce((sum, each) => sum + each, 0);
		expect(bytes).toBeGreaterThan(20_000);
		expect(bytes).toBeLessThan(MOST_BYTES);
		for (const url of asked) expect(url.startsWith(run.url)).toBe(true);
		// Boards that nobody has described say how they are doing.
		await page.getByRole("columnheader", { name: "dBm" }).waitFor();
	});

	it("has its own way in where the broker asks who comes, and one who has come as somebody else has his rules", async () => {
		const papers = await Papers.make();
		stops.push(() => papers.close());
		const access = [
			{ user: "ops", subscribe: ["lesson/#"] },
			{ publish: ["thimble/%u/#"], subscribe: ["thimble/%u/#"] },
		];
		const config = { listeners: [{ port: 0 }], users: "users", clientIds: "userName", access };
		const path = papers.put("page.json", JSON.stringify(config));
		const run = await start("--broker-config", path, "--devices", "3");
		const page = await open(run.url);
		await page.getByText("board-03").first().waitFor();
		await page.getByRole("button", { name: "Connected" }).click();
		const dialog = page.getByRole("dialog");
		await dialog.getByLabel("User name").fill("ops");
		await dialog.getByLabel("Password").fill("wrong password");
		await dialog.getByRole("button", { name: "Connect", exact: true }).click();
		await dialog.getByText(/bad user name or password/).waitFor();
		// Nothing typed: as the page itself.
		await dialog.getByLabel("User name").fill("");
		await dialog.getByLabel("Password").fill("");
		await dialog.getByRole("button", { name: "Connect", exact: true }).click();
		await dialog.getByText(/Connected as/).waitFor();
		expect(page.url()).not.toMatch(/password|user/);
		await page.reload();
		await page.getByText("board-03").first().waitFor();
	});

	it("is in the browser's language and light, and in others when told so, also when it is loaded again", async () => {
		const run = await start("--devices", "1");
		const page = await open(run.url, { language: "zh-CN", scheme: "dark" });
		await page.getByRole("link", { name: "课程" }).waitFor();
		expect(await page.evaluate(() => document.documentElement.lang)).toBe("zh-Hans");
		const dark = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
		await page.getByLabel("语言").selectOption("en");
		await page.getByRole("link", { name: "Lessons" }).waitFor();
		await page.getByLabel("Light or dark").selectOption("light");
		await expect
			.poll(() => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor))
			.not.toBe(dark);
		await page.reload();
		await page.getByRole("link", { name: "Lessons" }).waitFor();
		expect(await page.evaluate(() => document.documentElement.dataset["theme"])).toBe("light");
	});

	it("can be gone through by keyboard: past the links to the content, and to each view", async () => {
		const run = await start("--devices", "1");
		const page = await open(run.url);
		await page.getByRole("link", { name: "Lessons" }).waitFor();
		await page.keyboard.press("Tab");
		expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("To the content");
		const focused = () => page.evaluate(() => document.activeElement?.textContent);
		for (let i = 0; i < 10 && (await focused()) !== "Lessons"; i += 1) await page.keyboard.press("Tab");
		await page.keyboard.press("Enter");
		await page.getByRole("heading", { name: "A course on MQTT" }).waitFor();
	});

	it("says so when the simulator has gone", async () => {
		const run = await start("--devices", "1");
		const page = await open(run.url);
		await page.getByRole("button", { name: "Connected" }).waitFor();
		run.command.child.kill("SIGKILL");
		await page.getByRole("button", { name: "The simulator does not answer" }).waitFor();
		// A browser complains of each attempt by itself.
		await page.close();
	});

	it("goes to another broker with what is typed in, and says why not where it cannot", async () => {
		const run = await start("--devices", "1");
		const other = await start("--devices", "2");
		const page = await open(run.url);
		await page.getByRole("button", { name: "Connected" }).click();
		await page.getByLabel("Another broker, over WebSocket").check();
		const address = page.getByLabel("Address");
		await address.fill("http://127.0.0.1");
		await page.getByRole("button", { name: "Connect", exact: true }).click();
		await page.getByText("Expected an address that begins with ws:// or wss://.").waitFor();
		await address.fill(`${run.url.replace("http", "ws")}mqtt?stage=main`);
		await page.getByLabel("Version of MQTT").selectOption("3.1.1");
		await page.getByRole("button", { name: "Connect", exact: true }).click();
		await page.getByText(/Connected as page-/).waitFor();
		expect(other.url).not.toBe(run.url);
	});

	describe("away from loopback", () => {
		it("lets nobody look on without the token, which the address loses at once", async () => {
			const run = await start("--devices", "1", "--host", "0.0.0.0");
			const [, token] = /#token=([\w-]+)/.exec(run.url)!;
			const page = await open(run.url.replace(/\/\/[^:]+:/, "//127.0.0.1:"));
			await page.getByRole("button", { name: "Connected" }).waitFor();
			expect(page.url()).not.toContain(token);
			await page.reload();
			await page.getByRole("button", { name: "Connected" }).waitFor();
			expect(await page.content()).not.toContain(token);
		});
	});
});
