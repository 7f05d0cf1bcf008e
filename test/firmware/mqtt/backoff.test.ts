import { describe, expect, it } from "vitest";
import { Backoff } from "../../../firmware/mqtt/backoff.js";
import { Misuse } from "../../../firmware/mqtt/error.js";
import { SeededRandom } from "../../../host-sim/world/random.js";

const LINK_LOST = 0x38;
const BAD_CREDENTIALS = 0x86;

/** Chance that always gives the largest delay. */
const highest = { next: () => 4_294_967_295 };

describe("backoff", () => {
	it("doubles its ceiling up to the cap, with full jitter below it", () => {
		const random = new SeededRandom(3);
		const seen = Array.from({ length: 8 }, () => ({ low: Number.POSITIVE_INFINITY, high: 0 }));
		for (let run = 0; run < 3000; run += 1) {
			const backoff = new Backoff(random, { baseMs: 100, capMs: 2000 });
			for (const bounds of seen) {
				const delay = backoff.next(LINK_LOST);
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

	it("begins again after reset", () => {
		const backoff = new Backoff({ next: () => 0xffff_ffff - (0xffff_ffff % 101) - 1 }, { baseMs: 100, capMs: 60_000 });
		for (let i = 0; i < 10; i += 1) backoff.next(LINK_LOST);
		backoff.reset();
		expect(backoff.next(LINK_LOST)).toBeLessThanOrEqual(100);
	});

	it("comes back slowly where hurrying cannot help, however often", () => {
		const backoff = new Backoff(new SeededRandom(1), { slowMs: 10_000 });
		for (let i = 0; i < 1000; i += 1) {
			const delay = backoff.next(BAD_CREDENTIALS);
			expect(delay).toBeGreaterThanOrEqual(5000);
			expect(delay).toBeLessThanOrEqual(10_000);
		}
	});

	it("never overflows, however long the server is away", () => {
		const backoff = new Backoff(highest, {});
		for (let i = 0; i < 5000; i += 1) expect(backoff.next(LINK_LOST)).toBeLessThanOrEqual(60_000);
	});

	it("refuses times that are none", () => {
		expect(() => new Backoff(highest, { baseMs: 0 })).toThrow(Misuse);
		expect(() => new Backoff(highest, { capMs: 1.5 })).toThrow(Misuse);
	});
});
