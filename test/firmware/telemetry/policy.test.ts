import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Policies, type QuantityPolicy } from "../../../firmware/telemetry/policy.js";

/** What is reported, as [reading, value]: one reading every `readingMs`, the first at `startMs`. */
function reports(
	policy: QuantityPolicy,
	values: readonly number[],
	readingMs = 1000,
	startMs = 0,
	late: (i: number) => number = () => 0,
): [number, number][] {
	const policies = new Policies(readingMs);
	policies.set(0, policy);
	const all: [number, number][] = [];
	for (const [i, value] of values.entries()) {
		const now = (startMs + i * readingMs + late(i)) | 0;
		policies.handleValue(0, value);
		if (!policies.isDue(0, now)) continue;
		all.push([i, policies.last(0)]);
		policies.handleReport(0, now);
	}
	return all;
}

const numbers = (length: number) => Array.from({ length }, (_, i) => i);

describe("policy of a quantity", () => {
	it("without one, each reading is reported, whether it has moved or not", () => {
		expect(reports({}, [5, 5, 6])).toEqual([
			[0, 5],
			[1, 5],
			[2, 6],
		]);
	});

	it("what has not moved by more than the deadband since the last report is not reported, however slowly it creeps", () => {
		// A deadband of 0.29 degrees is 29 in the last digit: 29 is not more than that, 30 is.
		const policy = { deadband: 0.29, heartbeatMs: 0 };
		expect(reports(policy, [2100, 2110, 2120, 2129, 2130, 2131, 2101, 2100])).toEqual([
			[0, 2100],
			[4, 2130],
			[7, 2100],
		]);
	});

	it("what stands still is reported with each heartbeat, counted from the last report", () => {
		const policy = { deadband: 1, heartbeatMs: 5000 };
		const values = numbers(13).map(i => (i < 7 ? 0 : 500));
		expect(reports(policy, values).map(([i]) => i)).toEqual([0, 5, 7, 12]);
	});

	it("has a heartbeat of a quarter of an hour where nobody says another, and none where it is 0", () => {
		expect(reports({ deadband: 1 }, Array(2000).fill(1)).map(([i]) => i)).toEqual([0, 900, 1800]);
		expect(reports({ deadband: 1, heartbeatMs: 0 }, Array(2000).fill(1)).length).toBe(1);
	});

	it("is reported once in its interval, also where readings come a little early or late, and over the clock's wrap", () => {
		const late = (i: number) => (i * 37) % 90;
		const found = reports({ intervalMs: 10_000 }, numbers(100), 1000, 0x7fff_ffff - 45_000, late);
		expect(found.map(([i]) => i)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
	});

	it("an interval holds back what has moved, until it has passed", () => {
		expect(reports({ intervalMs: 3000, deadband: 0, heartbeatMs: 0 }, [0, 9, 9, 9, 9, 0, 9])).toEqual([
			[0, 0],
			[3, 9],
		]);
	});

	it("what was quiet for longer than the clock's circle is reported as soon as it moves", () => {
		const day = 86_400_000;
		for (let days = 20; days < 120; days += 1)
			expect(
				reports({ intervalMs: day, deadband: 1, heartbeatMs: 0 }, [...Array(days).fill(0), 1000], day).map(([i]) => i),
			).toEqual([0, days]);
	});

	it("a window has the smallest, the largest and the mean of all that was seen since the last report", () => {
		fc.assert(
			fc.property(
				fc.array(fc.integer({ min: -2_147_483_647, max: 2_147_483_647 }), { minLength: 1, maxLength: 50 }),
				fc.integer({ min: 1, max: 10 }),
				(values, every) => {
					const policies = new Policies(1000);
					policies.set(3, { intervalMs: every * 1000, window: true });
					let seen: number[] = [];
					for (const [i, value] of values.entries()) {
						policies.handleValue(3, value);
						seen.push(value);
						const due = policies.isDue(3, i * 1000);
						expect(due).toBe(i % every === 0);
						if (!due) continue;
						const mean = seen.reduce((sum, each) => sum + each, 0) / seen.length;
						expect(policies.last(3)).toBe(value);
						expect(policies.smallest(3)).toBe(Math.min(...seen));
						expect(policies.largest(3)).toBe(Math.max(...seen));
						expect(Math.abs(policies.mean(3) - mean)).toBeLessThanOrEqual(0.5);
						policies.handleReport(3, i * 1000);
						seen = [];
					}
				},
			),
		);
	});

	it("what nobody has heard of is said again", () => {
		const policies = new Policies(1000);
		policies.set(0, { deadband: 10 });
		const isDue = (now: number) => {
			policies.handleValue(0, 1);
			return policies.isDue(0, now);
		};
		expect(isDue(0)).toBe(true);
		policies.handleReport(0, 0);
		expect([policies.isDue(0, 0), isDue(1000)]).toEqual([false, false]);
		policies.forget(0);
		expect(isDue(2000)).toBe(true);
	});
});
