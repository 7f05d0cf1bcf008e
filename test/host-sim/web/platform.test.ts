import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { BrowserTimer, browserClock, browserRandom } from "../../../host-sim/web/platform.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("a timer fires once, at the last time that it was set to, and never when closed", () => {
	const fired: unknown[] = [];
	const timer = new BrowserTimer({
		target: "target",
		onTimer() {
			fired.push(this.target);
		},
	});
	timer.schedule(50);
	timer.schedule(100);
	vi.advanceTimersByTime(99);
	expect(fired).toEqual([]);
	vi.advanceTimersByTime(1000);
	expect(fired).toEqual(["target"]);
	timer.schedule(10);
	timer.close();
	vi.advanceTimersByTime(1000);
	expect(fired).toHaveLength(1);
});

it("a clock counts in 32 bits, and wraps", () => {
	vi.spyOn(performance, "now").mockReturnValue(2 ** 31 + 5.7);
	expect(browserClock.now()).toBe(-(2 ** 31) + 5);
	vi.setSystemTime(1234);
	expect(browserClock.wall()).toBe(1234);
});

it("chance gives whole numbers of 32 bits, and others each time", () => {
	const drawn = Array.from({ length: 100 }, () => browserRandom.next());
	for (const each of drawn) expect(Number.isInteger(each) && each >= 0 && each < 2 ** 32).toBe(true);
	expect(new Set(drawn).size).toBeGreaterThan(95);
});
