import { afterEach, expect, it, vi } from "vitest";
import { takeToken } from "../../../host-sim/web/token.js";

/** A tab that was opened with that hash. */
function tab(hash: string, stored = new Map<string, string>()) {
	const shown: string[] = [];
	vi.stubGlobal("location", { hash, pathname: "/" });
	vi.stubGlobal("history", { replaceState: (_: unknown, __: string, path: string) => shown.push(path) });
	vi.stubGlobal("sessionStorage", {
		getItem: (key: string) => stored.get(key) ?? null,
		setItem: (key: string, value: string) => stored.set(key, value),
	});
	return { shown, stored };
}

afterEach(() => vi.unstubAllGlobals());

it("takes it out of the address, and has it when the tab is loaded anew", () => {
	const { shown, stored } = tab("#token=abc_DEF-123");
	expect(takeToken()).toBe("abc_DEF-123");
	expect(shown).toEqual(["/"]);
	tab("#/fleet", stored);
	expect(takeToken()).toBe("abc_DEF-123");
});

it("has none where none was given, and leaves the address alone", () => {
	const { shown } = tab("#/topics/token=abc");
	expect(takeToken()).toBeUndefined();
	expect(shown).toEqual([]);
});

it("works in a browser that keeps nothing", () => {
	tab("#token=abc");
	vi.stubGlobal("sessionStorage", {
		setItem() {
			throw new Error("denied");
		},
	});
	expect(takeToken()).toBe("abc");
});
