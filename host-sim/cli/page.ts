// The page of `thimble run`: its flags, and its server beside a run.

import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { lessonScenario } from "../desk/lesson.js";
import { type Desk, openDesk } from "../desk/server.js";
import { site } from "../desk/site.js";
import type { Stage } from "../desk/stage.js";
import { UsageError } from "../fleet/scenario.js";
import { openBrowser } from "./browser.js";
import { version } from "./version.js";

/** What the command line gave; absent where it did not. */
export interface PageFlags {
	/** A port; true or absent: one that is free; false: no page. */
	page?: unknown;
	host?: unknown;
	/** False: the browser stays closed. */
	open?: unknown;
	json?: unknown;
	duration?: unknown;
}

/** A page that is wanted. */
export interface PagePlan {
	readonly host: string;
	/** Undefined: the usual one, or the next that is free. */
	readonly port: number | undefined;
	readonly opens: boolean;
}

const LOOPBACK = "127.0.0.1";
const DEFAULT_PORT = 8080;
/** How many ports to try where nobody asked for a certain one. */
const PORTS = 100;

/** Whether there shall be one: a run for programs, or one that ends by itself, has one only if it is asked for. */
export function hasPage({ duration, json, page }: PageFlags): boolean {
	if (page === undefined) return json !== true && duration === undefined;
	return page !== false;
}

/** Undefined where there shall be none. */
export function planPage(flags: PageFlags): PagePlan | undefined {
	const { host, json, open, page } = flags;
	const port = portOf(page);
	const address = hostOf(host);
	if (hasPage(flags)) return { host: address, port, opens: open !== false && json !== true };
	if (host === undefined) return undefined;
	throw new UsageError(
		page === false
			? "--host is for the page: leave it out, or --no-page"
			: "--host is for the page, which there is none of here: add --page",
	);
}

/** Throws UsageError where a page is asked for, which virtual time has none of. */
export function refusePage({ host, page }: PageFlags): void {
	for (const [name, value] of Object.entries({ page, host }))
		if (value !== undefined && value !== false)
			throw new UsageError(`--${name}: the page shows runs in real time: leave it out, or --speed and --until`);
}

/** Opens it where there shall be one, in a browser, too. Throws UsageError. */
export async function openPage(stage: Stage, plan: PagePlan | undefined): Promise<Desk | undefined> {
	if (plan === undefined) return undefined;
	const { host, opens, port: asked } = plan;
	const folder = site();
	const options = { stage, version: version(), folder, host, lesson: lessonScenario };
	for (let port = asked ?? DEFAULT_PORT; ; port += 1) {
		try {
			const desk = await openDesk({ ...options, port });
			if (opens)
				openBrowser(desk.url, { platform: process.platform, env: process.env, isTerminal: process.stdout.isTTY });
			return desk;
		} catch (error) {
			const { code } = error as NodeJS.ErrnoException;
			if (asked === undefined && code === "EADDRINUSE" && port < DEFAULT_PORT + PORTS) continue;
			if (code === "EADDRINUSE") throw new UsageError(`port ${port} is taken; choose another with --page`);
			if (code === "EACCES") throw new UsageError(`port ${port} needs more rights; choose one above 1023 with --page`);
			if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EINVAL")
				throw new UsageError(`--host: ${host} is no address of this machine`);
			throw error;
		}
	}
}

/** What the introduction says of it. A server on all addresses is found at one of them. */
export function pageLines(desk: Desk | undefined): string[] {
	if (desk === undefined) return [];
	const found = Object.values(networkInterfaces())
		.flat()
		.find(each => each !== undefined && !each.internal && each.family === "IPv4");
	return [`Page      ${desk.url.replace(/\/\/(0\.0\.0\.0|\[::\])(?=:)/, `//${found?.address ?? LOOPBACK}`)}`];
}

function portOf(page: unknown): number | undefined {
	if (page === undefined || typeof page === "boolean") return undefined;
	if (typeof page === "number" && Number.isInteger(page) && page >= 0 && page <= 65_535) return page;
	throw new UsageError(`--page: expected a port from 0 (any free one) to 65535, got ${page}`);
}

function hostOf(host: unknown): string {
	if (host === undefined) return LOOPBACK;
	const text = String(host);
	if (isIP(text) !== 0 || text === "localhost") return text;
	throw new UsageError(`--host: expected an address of this machine, such as 0.0.0.0 for all of them, got ${text}`);
}
