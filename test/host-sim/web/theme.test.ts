import { afterEach, expect, it, vi } from "vitest";
import { showTheme, storedTheme } from "../../../host-sim/web/theme.js";

afterEach(() => vi.unstubAllGlobals());

it("remembers what was chosen, and takes nothing else", () => {
	const stored = new Map<string, string>();
	const dataset: Record<string, string> = {};
	vi.stubGlobal("document", { documentElement: { dataset } });
	vi.stubGlobal("localStorage", {
		getItem: (key: string) => stored.get(key) ?? null,
		setItem: (key: string, value: string) => stored.set(key, value),
	});
	expect(storedTheme()).toBe("auto");
	showTheme("dark");
	expect(dataset["theme"]).toBe("dark");
	expect(storedTheme()).toBe("dark");
	stored.set("thimble.theme", "purple");
	expect(storedTheme()).toBe("auto");
});

it("shows it in a browser that keeps nothing", () => {
	const dataset: Record<string, string> = {};
	vi.stubGlobal("document", { documentElement: { dataset } });
	vi.stubGlobal("localStorage", undefined);
	showTheme("light");
	expect(dataset["theme"]).toBe("light");
	expect(storedTheme()).toBe("auto");
});
