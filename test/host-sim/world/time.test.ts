import fc from "fast-check";
import { describe, expect, it } from "vitest";
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

	it("tells when the next thing is due, but for what was taken back", () => {
		const time = new VirtualTime();
		expect(time.nextAt).toBeUndefined();
		const first = time.after(10, () => {});
		time.after(30, () => {});
		expect(time.nextAt).toBe(10);
		first.run = undefined;
		expect(time.nextAt).toBe(30);
		time.run(30);
		expect(time.nextAt).toBeUndefined();
	});
});
