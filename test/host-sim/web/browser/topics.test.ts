// Topics in a real browser: what is published from the page is everybody's, and what anybody publishes is text.

import { afterEach, beforeEach, expect, it } from "vitest";
import { browsing, type RunningPage, runWithPage } from "../../../support/browser.js";
import { spawnClient, until } from "../../../support/mosquitto.js";
import { describeWith } from "../../../support/need.js";

describeWith(["chromium", "mosquitto_sub", "mosquitto_pub"], "topics", () => {
	const { open } = browsing();
	let run: RunningPage;
	const clients: ReturnType<typeof spawnClient>[] = [];
	beforeEach(async () => {
		run = await runWithPage(["--devices", "2"]);
		return () => run.stop();
	});
	afterEach(() => {
		for (const { child } of clients.splice(0)) child.kill();
	});
	const client = (program: "mosquitto_sub" | "mosquitto_pub", ...args: string[]) => {
		const spawned = spawnClient(program, ["-h", "127.0.0.1", "-p", String(run.port), "-V", "5", ...args]);
		clients.push(spawned);
		return spawned;
	};

	it("a publish reaches mosquitto_sub, with its QoS and properties; markup stays text; retained is shown, and cleared", async () => {
		const page = await open(`${run.url}#/topics`);
		const sub = client("mosquitto_sub", "-q", "2", "-t", "lab/#", "-F", "%t %p %q %r %C %P");
		await page.getByRole("treeitem", { name: /^thimble/ }).waitFor();
		await page.getByLabel("Topic", { exact: true }).fill("lab//<b>oven</b>");
		await page.getByLabel("Payload", { exact: true }).fill("<img src=x onerror=alert(1)>");
		await page.getByLabel("QoS").first().selectOption("2");
		await page.getByLabel("Retain", { exact: true }).check();
		await page.getByText("Properties (MQTT 5.0)").click();
		await page.getByLabel("Content type").fill("text/plain");
		await page.getByRole("button", { name: "Add a user property" }).click();
		await page.getByLabel("Name 1").fill("room");
		await page.getByLabel("Value 1").fill("kitchen");
		await page.getByRole("button", { name: "Publish", exact: true }).click();
		await page.getByText(/^Settled after \d+ ms\.$/).waitFor();
		await until("it is heard", () => sub.lines.length > 0);
		// Whoever was there before it gets it as a live message; whoever comes later, as a retained one.
		expect(sub.lines[0]).toMatch(
			/^lab\/\/<b>oven<\/b> <img src=x onerror=alert\(1\)> 2 [01] text\/plain room:kitchen$/,
		);

		const row = page.getByRole("treeitem", { name: /oven/ });
		await page.getByLabel("Search topics").fill("oven");
		await page.getByRole("treeitem", { name: "(empty level)" }).waitFor();
		const last = page.getByRole("treeitem").last();
		await last.click();
		expect(await last.textContent()).toContain("<img src=x onerror=alert(1)>");
		expect(await last.textContent()).toContain("retained");
		await expect.poll(() => page.locator("img[src=x]").count()).toBe(0);
		await expect.poll(() => page.getByRole("heading", { name: "lab//<b>oven</b>" }).count()).toBe(1);
		const detail = page.getByRole("region", { name: "The chosen topic" });
		expect(await detail.getByRole("row", { name: /Content type/ }).textContent()).toContain("text/plain");
		expect(await detail.getByRole("row", { name: /room/ }).textContent()).toContain("kitchen");

		await detail.getByRole("button", { name: "Clear retained" }).click();
		await page.getByRole("button", { name: "Clear it" }).click();
		await detail.getByText("The broker has forgotten it.").waitFor();
		await row.first().waitFor({ state: "detached" });
		const late = client(
			"mosquitto_sub",
			"-t",
			"lab/#",
			"-t",
			"thimble/+/status",
			"--retained-only",
			"-F",
			"%t",
			"-C",
			"2",
		);
		await until("what is retained", () => late.lines.length >= 2);
		expect(late.lines.filter(line => line.startsWith("lab"))).toEqual([]);
	});

	it("a topic that is none is told so, and nothing is sent", async () => {
		const page = await open(`${run.url}#/topics`);
		await page.getByLabel("Topic", { exact: true }).fill("lab/+");
		await page.getByRole("button", { name: "Publish", exact: true }).click();
		await page.getByText("+ and # are for subscriptions only", { exact: false }).waitFor();
		await page.getByLabel("Topic filter").fill("a/#/b");
		await page.getByRole("button", { name: "Subscribe", exact: true }).click();
		await page.getByText("it must be the last level", { exact: false }).waitFor();
	});

	it("a subscription shows what was granted and what comes, once, though the tree has it, too", async () => {
		const page = await open(`${run.url}#/topics`);
		await page.getByLabel("Topic filter").fill("lab/+/a");
		await page.getByRole("button", { name: "Subscribe", exact: true }).click();
		await page.getByText("granted QoS 1").waitFor();
		for (const text of ["one", "two"]) client("mosquitto_pub", "-t", `lab/${text}/a`, "-m", text);
		await page.getByText("granted QoS 1 · 2 messages").waitFor();
		const rows = page.getByRole("list", { name: "Messages that came" }).getByRole("listitem");
		expect((await rows.allInnerTexts()).map(text => /lab\/(\w+)\/a/.exec(text)![1]).sort()).toEqual(["one", "two"]);
		await page.getByLabel("Search topics").fill("lab/one");
		await page.getByRole("treeitem", { name: /^a/ }).click();
		await page.getByRole("region", { name: "The chosen topic" }).getByText("1 message", { exact: true }).waitFor();
		await page.getByRole("button", { name: "Unsubscribe from lab/+/a" }).click();
		await page.getByText("granted QoS 1").waitFor({ state: "detached" });
	});

	it("arrow keys go through the tree, open it and close it", async () => {
		const page = await open(`${run.url}#/topics`, { language: "zh-CN", width: 390, height: 844 });
		await page
			.getByRole("treeitem", { name: /telemetry/ })
			.first()
			.waitFor();
		const tree = page.getByRole("tree", { name: "主题" });
		await tree.focus();
		const nameOfActive = async () => {
			const id = await tree.getAttribute("aria-activedescendant");
			return page.locator(`[id="${id}"] .topics-name`).textContent();
		};
		await page.keyboard.press("Home");
		expect(await nameOfActive()).toBe("thimble");
		await page.keyboard.press("ArrowRight");
		expect(await nameOfActive()).toBe("board-01");
		await page.keyboard.press("ArrowLeft");
		const board = page.getByRole("treeitem", { name: /^board-01/ });
		expect(await board.getAttribute("aria-expanded")).toBe("false");
		await page.keyboard.press("ArrowDown");
		expect(await nameOfActive()).toBe("board-02");
		// Nothing is wider than a phone.
		expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
	});
});
