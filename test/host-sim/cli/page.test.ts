import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { openPage, type PageFlags, pageLines, planPage, refusePage } from "../../../host-sim/cli/page.js";
import { afterwards, running } from "../../support/desk.js";

describe("whether there is a page", () => {
	const usual = { host: "127.0.0.1", port: undefined, opens: true };
	it.each<[PageFlags, unknown]>([
		[{}, usual],
		[{ page: true }, usual],
		[{ page: 9000 }, { ...usual, port: 9000 }],
		[
			{ page: 0, host: "0.0.0.0" },
			{ ...usual, port: 0, host: "0.0.0.0" },
		],
		[{ host: "::1" }, { ...usual, host: "::1" }],
		[{ open: false }, { ...usual, opens: false }],
		[{ page: false }, undefined],
		[{ json: true }, undefined],
		[{ duration: "3s" }, undefined],
		[
			{ json: true, page: true },
			{ ...usual, opens: false },
		],
		[
			{ duration: "3s", page: 8081 },
			{ ...usual, port: 8081 },
		],
	])("%j", (flags, plan) => {
		expect(planPage(flags)).toEqual(plan);
	});

	it.each<[PageFlags, string]>([
		[{ page: "web" }, "--page: expected a port from 0 (any free one) to 65535, got web"],
		[{ page: 70_000 }, "--page: expected a port from 0 (any free one) to 65535, got 70000"],
		[{ host: "lan" }, "--host: expected an address of this machine, such as 0.0.0.0 for all of them, got lan"],
		[{ host: "0.0.0.0", page: false }, "--host is for the page: leave it out, or --no-page"],
		[{ host: "0.0.0.0", json: true }, "--host is for the page, which there is none of here: add --page"],
	])("%j: one sentence", (flags, message) => {
		expect(() => planPage(flags)).toThrow(message);
	});

	it("in virtual time there is none, and who asks for it is told", () => {
		expect(() => refusePage({ page: true })).toThrow("--page: the page shows runs in real time");
		expect(() => refusePage({ host: "0.0.0.0" })).toThrow("--host: the page shows runs in real time");
		refusePage({ page: false, open: false, json: true });
	});
});

describe("its server", () => {
	const opens = false;

	it("takes the next free port where nobody named one; one that was named and is taken is an error", async () => {
		const { stage } = running({ devices: 1 });
		const blocker = createServer();
		await new Promise<void>(resolve => blocker.listen(0, "127.0.0.1", resolve));
		afterwards(() => blocker.close());
		const { port } = blocker.address() as { port: number };
		const host = "127.0.0.1";
		await expect(openPage(stage, { host, port, opens })).rejects.toThrow(
			`port ${port} is taken; choose another with --page`,
		);
		const one = await openPage(stage, { host, port: undefined, opens });
		const two = await openPage(stage, { host, port: undefined, opens });
		afterwards(() => one!.close());
		afterwards(() => two!.close());
		expect(one!.port).toBeGreaterThanOrEqual(8080);
		expect(two!.port).toBeGreaterThan(one!.port);
		expect(pageLines(one)).toEqual([`Page      http://127.0.0.1:${one!.port}/`]);
	});

	it("on an address of somebody else cannot be had", async () => {
		const { stage } = running({ devices: 1 });
		await expect(openPage(stage, { host: "192.0.2.1", port: 0, opens })).rejects.toThrow(
			"--host: 192.0.2.1 is no address of this machine",
		);
	});

	it("on all addresses is told with one of them, and the token behind #, which no browser sends", async () => {
		const { stage } = running({ devices: 1 });
		const desk = await openPage(stage, { host: "0.0.0.0", port: 0, opens });
		afterwards(() => desk!.close());
		const [line] = pageLines(desk);
		expect(line).toMatch(/^Page {6}http:\/\/\d+\.\d+\.\d+\.\d+:\d+\/#token=[0-9a-f]{32}$/);
		expect(line).not.toContain("0.0.0.0");
	});

	it("is none where none is wanted", async () => {
		const { stage } = running({ devices: 1 });
		expect(await openPage(stage, undefined)).toBeUndefined();
		expect(pageLines(undefined)).toEqual([]);
	});
});
