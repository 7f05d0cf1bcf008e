// A real browser: Debian's Chromium, driven from here; and `thimble run` with its page, as a person would start it. Whatever the page
// complains of in its console, and whatever its policy refuses, is a failure of the test that has opened it.

import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, vi } from "vitest";
import { type Command, thimble } from "./command.js";
import { find } from "./need.js";

/** How long the page's files may take to be built, and a board to come online, in ms. */
const PATIENCE_MS = 20_000;

/** A server that has ended is no fault of the page, which tries again. */
const GONE = /^WebSocket connection to .* failed: .*ERR_CONNECTION_(REFUSED|RESET)/;

export interface Visit {
	readonly width?: number;
	readonly height?: number;
	/** As the browser is set: "en-GB", "zh-CN". */
	readonly language?: string;
	readonly scheme?: "light" | "dark";
}

/** To be called in a suite: a browser for all of its tests, with these flags. */
export function browsing(flags: readonly string[] = []): { open(url: string, visit?: Visit): Promise<Page> } {
	let browser: Browser | undefined;
	const complaints: string[] = [];
	beforeAll(async () => {
		// Root, as in a container, has no other way.
		const args = [...flags, ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])];
		browser = await chromium.launch({ executablePath: find("chromium")!, args });
	});
	afterEach(async () => {
		for (const context of browser?.contexts() ?? []) await context.close();
		expect(complaints.splice(0)).toEqual([]);
	});
	afterAll(() => browser?.close());
	return {
		async open(url, { width = 1280, height = 800, language = "en-GB", scheme = "light" } = {}) {
			const options: BrowserContextOptions = { viewport: { width, height }, locale: language, colorScheme: scheme };
			const context = await browser!.newContext(options);
			context.setDefaultTimeout(PATIENCE_MS);
			const page = await context.newPage();
			page.on("console", message => {
				const isComplaint = message.type() === "error" || message.type() === "warning";
				if (isComplaint && !GONE.test(message.text())) complaints.push(message.text());
			});
			page.on("pageerror", error => complaints.push(String(error)));
			await page.goto(url);
			return page;
		},
	};
}

export interface RunningPage {
	readonly url: string;
	/** The port of its broker. */
	readonly port: number;
	readonly command: Command;
	/** Ends it as Ctrl-C would; resolves with its exit code. */
	stop(): Promise<number | null>;
}

/** `thimble run` with these arguments, and its page on some free port. */
export async function runWithPage(args: readonly string[] = []): Promise<RunningPage> {
	const port = args.includes("--broker-config") ? [] : ["--port", "0"];
	const running = thimble(["run", ...args, "--page", "0", ...port]);
	const said = (pattern: RegExp) =>
		vi.waitFor(
			() => {
				const match = pattern.exec(running.out().toString());
				if (match === null) throw new Error(`nothing like ${pattern} in: ${running.out()}${running.err()}`);
				return match[1]!;
			},
			{ timeout: PATIENCE_MS, interval: 20 },
		);
	return {
		url: await said(/^Page +(http:\S+)/m),
		port: Number(await said(/^Broker +mqtt:\/\/\S*:(\d+)/m)),
		command: running,
		stop() {
			running.child.kill("SIGINT");
			return running.code;
		},
	};
}
