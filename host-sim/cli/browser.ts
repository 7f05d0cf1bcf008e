// Opening the page in the browser of who runs this, where there is one to be seen.

import { spawn } from "node:child_process";

export interface Surroundings {
	readonly platform: NodeJS.Platform;
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly isTerminal: boolean;
}

/** What opens a URL there; undefined where nobody would see it. */
export function opener({ env, isTerminal, platform }: Surroundings): readonly string[] | undefined {
	// Set to anything but "false" by those who test without looking.
	if (!isTerminal || (env["CI"] ?? "false") !== "false") return undefined;
	if (platform === "darwin") return ["open"];
	// `start` takes its first word in quotes for a title.
	if (platform === "win32") return ["cmd", "/c", "start", ""];
	return env["DISPLAY"] || env["WAYLAND_DISPLAY"] ? ["xdg-open"] : undefined;
}

/** Opens it, if that can be had; if not, nobody is told. */
export function openBrowser(url: string, surroundings: Surroundings): void {
	const [program, ...args] = opener(surroundings) ?? [];
	if (program === undefined) return;
	const child = spawn(program, [...args, url], { detached: true, stdio: "ignore" });
	child.on("error", () => {});
	child.unref();
}
