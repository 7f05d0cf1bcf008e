import { afterEach, expect, it, vi } from "vitest";
import { progressOf, storedProgress, storeProgress, withReached } from "../../../../host-sim/web/lessons/progress.js";

afterEach(() => vi.unstubAllGlobals());

it("keeps what has been reached before, lesson by lesson", () => {
	const first = withReached({}, "qos-1", [true, false]);
	const second = withReached(first, "qos-1", [false, false]);
	const third = withReached(second, "qos-2", [false, true]);
	expect(third).toEqual({ "qos-1": [true, false], "qos-2": [false, true] });
	expect(withReached(third, "qos-1", [false, true])["qos-1"]).toEqual([true, true]);
});

it("is what it was when the page is opened again", () => {
	const stored = new Map<string, string>();
	vi.stubGlobal("localStorage", {
		getItem: (key: string) => stored.get(key) ?? null,
		setItem: (key: string, value: string) => stored.set(key, value),
	});
	expect(storedProgress()).toEqual({});
	storeProgress({ will: [true] });
	expect(storedProgress()).toEqual({ will: [true] });
	stored.set("thimble.lessons", "{");
	expect(storedProgress()).toEqual({});
});

it("takes nothing that is none, and works in a browser that keeps nothing", () => {
	expect(progressOf({ a: [true], b: "yes", c: [1], d: null })).toEqual({ a: [true] });
	for (const value of [null, 5, "x"]) expect(progressOf(value)).toEqual({});
	vi.stubGlobal("localStorage", undefined);
	storeProgress({ will: [true] });
	expect(storedProgress()).toEqual({});
});
