// npm run cluster as a person runs it.

import { describe, expect, it } from "vitest";
import { command } from "../../support/command.js";
import { answers, freePort, until } from "../../support/mosquitto.js";
import { describeWith } from "../../support/need.js";

const cluster = (...words: string[]) =>
	command(process.execPath, ["--import", "tsx", "host-sim/cluster/main.ts", ...words]);

describe("npm run cluster", () => {
	it("says what it takes", async () => {
		const run = cluster("--help");
		expect(await run.code).toBe(0);
		expect(`${run.out()}`).toMatch(/^npm run cluster \[-- --nodes N\] \[--port P\]\n/);
	});

	it.each([
		["--nodes", "10"],
		["--nodes", ""],
		["--port", "x"],
		["--shards", "2"],
	])("ends with 2 at %s %s", async (...words) => {
		const run = cluster(...words);
		expect(await run.code).toBe(2);
		expect(run.err()).toContain(`${words.join(" ")}?`);
	});
});

describeWith(["rabbitmq-server"], "npm run cluster with a node", () => {
	it("runs until it is stopped, and does to the node what it is told", async () => {
		const port = await freePort();
		const run = cluster("--nodes", "1", "--port", `${port}`);
		const out = () => `${run.out()}`;
		await until("the node", () => out().includes("Stop"), 120_000);
		expect(out()).toMatch(new RegExp(`^Node 1    mqtt://127\\.0\\.0\\.1:${port}, process \\d+\n`));
		expect(out()).toContain(`--broker mqtt://127.0.0.1:${port}\n`);
		run.child.stdin!.write("kill 2\nkill 1\n");
		await until("its end", () => out().includes("Node 1    has gone"));
		expect(out()).toContain("of a node that there is\n");
		expect(await answers(port)).toBe(false);
		run.child.kill("SIGINT");
		expect(await run.code).toBe(130);
	}, 150_000);
});
