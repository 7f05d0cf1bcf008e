import { describe, expect, it } from "vitest";
import { openBrowser, opener } from "../../../host-sim/cli/browser.js";

const on = (platform: NodeJS.Platform, env: Record<string, string> = {}, isTerminal = true) =>
	opener({ platform, env, isTerminal });

describe("what opens a page", () => {
	it("is the desktop's own way, where there is a desktop", () => {
		expect(on("darwin")).toEqual(["open"]);
		expect(on("win32")).toEqual(["cmd", "/c", "start", ""]);
		expect(on("linux", { DISPLAY: ":0" })).toEqual(["xdg-open"]);
		expect(on("freebsd", { WAYLAND_DISPLAY: "wayland-0" })).toEqual(["xdg-open"]);
	});

	it("is nothing where nobody would see it", () => {
		expect(on("linux")).toBeUndefined();
		expect(on("linux", { DISPLAY: "" })).toBeUndefined();
		expect(on("darwin", {}, false)).toBeUndefined();
		expect(on("linux", { DISPLAY: ":0", CI: "true" })).toBeUndefined();
		expect(on("darwin", { CI: "1" })).toBeUndefined();
		expect(on("darwin", { CI: "false" })).toEqual(["open"]);
	});

	it("does no harm where it is missing", async () => {
		const path = process.env["PATH"];
		process.env["PATH"] = "/nowhere";
		try {
			openBrowser("http://127.0.0.1:1/", { platform: "linux", env: { DISPLAY: ":0" }, isTerminal: true });
			await new Promise(resolve => setTimeout(resolve, 50));
		} finally {
			process.env["PATH"] = path;
		}
	});
});
