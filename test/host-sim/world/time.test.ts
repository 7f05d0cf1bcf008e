import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SeededRandom } from "../../../host-sim/world/random.js";
import { VirtualTime } from "../../../host-sim/world/time.js";

describe("virtual time", () => {
	it("runs things when they are due, and in the order in which they were asked for", () => {
		fc.assert(
			fc.property(fc.array(fc.integer({ min: -5, max: 50 }), { maxLength: 60 }), delays => {
				const time = new VirtualTime();
				const ran: [number, number][] = [];
				for (const [i, delay] of delays.entries()) time.after(delay, () => ran.push([time.now, i]));
				time.run(100);
				const expected = delays
					.map((delay, i) => [Math.max(0, delay), i] as [number, number])
					.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
				expect(ran).toEqual(expected);
				expect(time.now).toBe(100);
			}),
		);
	});

	it("gives timers that can be set again and closed, and a clock that wraps", () => {
		const time = new VirtualTime(0x7fff_ffff);
		const fired: number[] = [];
		const timer = new time.Timer({ onTimer: () => fired.push(time.clock.now()) });
		timer.schedule(10);
		timer.schedule(20);
		time.run(15);
		expect(fired).toEqual([]);
		time.run(10);
		expect(fired).toEqual([(0x7fff_ffff + 20) | 0]);
		timer.schedule(5);
		timer.close();
		time.run(100);
		expect(fired.length).toBe(1);
		expect(time.clock.wall()).toBe(0);
	});

	it("runUntil says whether it came about", () => {
		const time = new VirtualTime();
		let done = false;
		time.after(500, () => {
			done = true;
		});
		expect(time.runUntil(() => done, 400)).toBe(false);
		expect(time.runUntil(() => done, 400)).toBe(true);
		expect(time.now).toBe(500);
	});
});

describe("seeded randomness", () => {
	it("is the same from the same seed, evenly spread, and forks by name only", () => {
		const a = new SeededRandom(42);
		const b = new SeededRandom(42);
		a.next();
		expect(a.fork("x").next()).toBe(b.fork("x").next());
		expect(a.fork("x").next()).not.toBe(b.fork("y").next());
		const counts = new Array<number>(16).fill(0);
		for (let i = 0; i < 16_000; i += 1) counts[b.next() >>> 28]! += 1;
		for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
		let sum = 0;
		for (let i = 0; i < 10_000; i += 1) sum += b.gauss(2) ** 2;
		expect(Math.sqrt(sum / 10_000)).toBeCloseTo(2, 1);
		for (let i = 0; i < 1000; i += 1) expect([3, 4, 5]).toContain(b.between(3, 5));
	});
});
