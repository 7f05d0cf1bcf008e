import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Arena } from "../../../firmware/mqtt/arena.js";
import { DEADLINE_WORDS, Deadlines, NONE } from "../../../firmware/mqtt/deadline.js";

describe("deadlines", () => {
	it("none is missed and none comes early, also across the wrap of the 32-bit clock", () => {
		const step = fc.tuple(
			fc.constantFrom("arm", "disarm", "pass"),
			fc.nat(DEADLINE_WORDS - 1),
			fc.integer({ min: 0, max: 5000 }),
		);
		fc.assert(
			fc.property(
				fc.constantFrom(0, 0x7fff_f000, -0x8000_0000, -3000),
				fc.array(step, { maxLength: 80 }),
				(start, steps) => {
					const deadlines = new Deadlines(new Arena(DEADLINE_WORDS, 64, 64));
					const model = new Map<number, number>();
					let elapsed = 0;
					const now = () => (start + elapsed) | 0;
					for (const [what, kind, ms] of steps) {
						if (what === "arm") {
							deadlines.arm(kind, now() + ms);
							model.set(kind, elapsed + ms);
						} else if (what === "disarm") {
							deadlines.disarm(kind);
							model.delete(kind);
						} else elapsed += ms;
						const due = [...model].filter(([, at]) => at <= elapsed).map(([kind]) => kind);
						const next = (deadlines.poll(now()) - now()) | 0;
						if (due.length > 0) expect(next).toBeLessThanOrEqual(0);
						for (const at of model.values()) expect(next).toBeLessThanOrEqual(at - elapsed);
						const taken: number[] = [];
						for (let kind = deadlines.takeExpired(now()); kind !== NONE; kind = deadlines.takeExpired(now()))
							taken.push(kind);
						expect(taken.sort()).toEqual(due.sort());
						for (const kind of due) model.delete(kind);
						for (let kind = 0; kind < DEADLINE_WORDS; kind += 1) expect(deadlines.isArmed(kind)).toBe(model.has(kind));
					}
				},
			),
			{ numRuns: 500 },
		);
	});

	it("with nothing to wait for it sleeps for days", () => {
		const deadlines = new Deadlines(new Arena(DEADLINE_WORDS, 64, 64));
		expect((deadlines.poll(0x7fff_ffff) - 0x7fff_ffff) | 0).toBe(0x3fff_ffff);
	});

	it("disarmAllBut leaves the one", () => {
		const deadlines = new Deadlines(new Arena(DEADLINE_WORDS, 64, 64));
		deadlines.arm(3, 5);
		deadlines.arm(7, 5);
		deadlines.disarmAllBut(7);
		expect([deadlines.isArmed(3), deadlines.isArmed(7)]).toEqual([false, true]);
	});
});
