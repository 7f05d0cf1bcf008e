import { describe, expect, it } from "vitest";
import { type BackoffOptions, checkBackoff, nextFailures, retryDelay } from "../../../firmware/mqtt/backoff.js";
import { Misuse } from "../../../firmware/mqtt/error.js";
import { SeededRandom } from "../../../host-sim/world/random.js";

const LINK_LOST = 0x38;
const BAD_CREDENTIALS = 0x86;

/** Chance that always gives the largest delay below a ceiling of `ceiling`. */
const highestBelow = (ceiling: number) => ({ next: () => 0xffff_ffff - (0xffff_ffff % (ceiling + 1)) - 1 });

describe("backoff", () => {
	it("doubles its ceiling up to the cap, with full jitter below it", () => {
		const random = new SeededRandom(3);
		const seen = Array.from({ length: 8 }, () => ({ low: Number.POSITIVE_INFINITY, high: 0 }));
		for (let run = 0; run < 3000; run += 1) {
			for (const [failures, bounds] of seen.entries()) {
				const delay = retryDelay(failures + 1, LINK_LOST, random, { baseMs: 100, capMs: 2000 });
				bounds.low = Math.min(bounds.low, delay);
				bounds.high = Math.max(bounds.high, delay);
			}
		}
		for (const [i, { low, high }] of seen.entries()) {
			const ceiling = Math.min(2000, 100 * 2 ** i);
			expect(high).toBeLessThanOrEqual(ceiling);
			expect(high).toBeGreaterThan(ceiling * 0.98);
			expect(low).toBeLessThan(ceiling * 0.02);
		}
	});

	it("has the documented defaults", () => {
		expect(retryDelay(1, LINK_LOST, highestBelow(1000), undefined)).toBe(1000);
		expect(retryDelay(4, LINK_LOST, highestBelow(8000), {})).toBe(8000);
		expect(retryDelay(20, LINK_LOST, highestBelow(60_000), {})).toBe(60_000);
		expect(retryDelay(1, BAD_CREDENTIALS, { next: () => 0 }, {})).toBe(150_000);
		expect(retryDelay(1, BAD_CREDENTIALS, highestBelow(150_000), {})).toBe(300_000);
	});

	it("begins again without failures", () => {
		const random = highestBelow(100);
		const options = { baseMs: 100, capMs: 60_000 };
		expect(retryDelay(10, LINK_LOST, random, options)).toBeGreaterThan(100);
		expect(retryDelay(1, LINK_LOST, random, options)).toBe(100);
	});

	it("comes back slowly where hurrying cannot help, however often", () => {
		const random = new SeededRandom(1);
		for (let i = 0; i < 1000; i += 1) {
			const delay = retryDelay(i, BAD_CREDENTIALS, random, { slowMs: 10_000 });
			expect(delay).toBeGreaterThanOrEqual(5000);
			expect(delay).toBeLessThanOrEqual(10_000);
		}
	});

	it("never overflows, however long the server is away", () => {
		const random = { next: () => 0xffff_ffff };
		let failures = 0;
		for (let i = 0; i < 5000; i += 1) {
			failures = nextFailures(failures, false);
			const delay = retryDelay(failures, LINK_LOST, random, {});
			expect(delay).toBeGreaterThanOrEqual(0);
			expect(delay).toBeLessThanOrEqual(60_000);
		}
	});

	it("is never longer than the cap, even where the base is", () => {
		expect(retryDelay(1, LINK_LOST, highestBelow(50), { baseMs: 100, capMs: 50 })).toBe(50);
	});

	it("counts failures up to 255, and apart from them connections in a row that were thrown out", () => {
		let failures = 0;
		for (let i = 1; i < 300; i += 1) {
			failures = nextFailures(failures, false);
			expect(failures).toBe(Math.min(i, 255));
		}
		expect(nextFailures(nextFailures(failures, true), false)).toBe(255);
		const once = nextFailures(0, true);
		expect(retryDelay(once, LINK_LOST, highestBelow(1000), {})).toBe(1000);
	});

	it("grows beyond the cap, up to slowMs, from the fifth in a row on that was thrown out", () => {
		const longest = (failures: number, options: BackoffOptions) => {
			let most = 0;
			const random = new SeededRandom(2);
			for (let i = 0; i < 2000; i += 1) most = Math.max(most, retryDelay(failures, LINK_LOST, random, options));
			return most;
		};
		const options = { baseMs: 1000, capMs: 8000, slowMs: 50_000 };
		let failures = 0;
		for (const most of [1000, 2000, 4000, 8000, 16_000, 32_000, 50_000, 50_000]) {
			failures = nextFailures(failures, true);
			expect(longest(failures, options)).toBeGreaterThan(most * 0.98);
			expect(longest(failures, options)).toBeLessThanOrEqual(most);
		}
		// Slower than the cap, never faster.
		expect(longest(failures, { ...options, slowMs: 10 })).toBeGreaterThan(7800);
		expect(longest(nextFailures(failures, false), options)).toBeLessThanOrEqual(8000);
	});

	it("refuses times that are none", () => {
		expect(() => checkBackoff({ baseMs: 0 })).toThrow(Misuse);
		expect(() => checkBackoff({ capMs: 1.5 })).toThrow(Misuse);
		expect(() => checkBackoff({ slowMs: 86_400_001 })).toThrow(Misuse);
		checkBackoff(undefined);
		checkBackoff({ baseMs: 1, capMs: 86_400_000, slowMs: 1 });
	});
});
