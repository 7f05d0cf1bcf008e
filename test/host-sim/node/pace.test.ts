// The world's clock against a real one that tests turn by hand, and once against Node's.

import { describe, expect, it } from "vitest";
import { Pace, type PaceOptions, type RealTime } from "../../../host-sim/node/pace.js";
import { VirtualTime } from "../../../host-sim/world/time.js";

/** A real clock that a test turns: what sleeps on it wakes when it is due, or later by `lateMs`. */
class Wall implements RealTime {
	at = 5000.25;
	lateMs = 0;
	readonly sleeps: number[] = [];
	#waits: { dueAt: number; run: () => void }[] = [];

	now(): number {
		return this.at;
	}

	after(milliseconds: number, run: () => void): () => void {
		this.sleeps.push(milliseconds);
		const wait = { dueAt: this.at + milliseconds, run };
		this.#waits.push(wait);
		return () => {
			this.#waits = this.#waits.filter(other => other !== wait);
		};
	}

	/** So many real ms pass. */
	pass(milliseconds: number): void {
		const until = this.at + milliseconds;
		for (;;) {
			const next = this.#waits.toSorted((a, b) => a.dueAt - b.dueAt)[0];
			if (next === undefined || next.dueAt + this.lateMs > until) break;
			this.#waits = this.#waits.filter(other => other !== next);
			this.at = Math.max(this.at, next.dueAt + this.lateMs);
			next.run();
		}
		this.at = Math.max(this.at, until);
	}
}

function world(options: PaceOptions = {}) {
	const time = new VirtualTime();
	const wall = new Wall();
	const pace = new Pace(time, { real: wall, ...options });
	const log: string[] = [];
	const at = (milliseconds: number, what: string, run = () => {}) =>
		time.after(milliseconds, () => {
			log.push(`${what} at ${time.now}`);
			run();
		});
	return { time, wall, pace, log, at };
}

describe("the pace of a world", () => {
	it("is that of the real clock: it sleeps until the next thing is due, and no shorter", () => {
		const { at, log, pace, time, wall } = world();
		at(100, "a");
		at(250, "b");
		void pace.run();
		wall.pass(99);
		expect(log).toEqual([]);
		wall.pass(2);
		expect(log).toEqual(["a at 100"]);
		wall.pass(148);
		expect(log).toEqual(["a at 100"]);
		wall.pass(2);
		expect([log, time.now]).toEqual([["a at 100", "b at 250"], 250]);
		expect(wall.sleeps.length).toBeLessThan(6);
	});

	it.each([0.5, 4, 1000])("%s times as fast, counted from where both stood", speed => {
		const { at, log, pace, time, wall } = world({ speed });
		time.run(7);
		at(2000, "a");
		void pace.run();
		wall.pass(2000 / speed - 1);
		expect(log).toEqual([]);
		wall.pass(2);
		expect(log).toEqual(["a at 2007"]);
	});

	it("what comes from outside finds the world at the present, after all that was due before", () => {
		const { at, log, pace, time, wall } = world();
		void pace.run();
		at(10, "before");
		at(30, "after");
		// Nobody has woken us yet.
		wall.at += 20;
		pace.enter(() => log.push(`outside at ${time.now}`));
		expect(log).toEqual(["before at 10", "outside at 20"]);
		wall.pass(11);
		expect(log.at(-1)).toBe("after at 30");
	});

	it("what that sets off is waited for, though it is due before all else", () => {
		const { at, log, pace, wall } = world();
		at(1000, "far");
		void pace.run();
		wall.pass(10);
		pace.enter(() => at(5, "near"));
		wall.pass(6);
		expect(log).toEqual(["near at 15"]);
	});

	it("what the world asks outside may answer at once, in the middle of it", () => {
		const { at, log, pace, time, wall } = world();
		at(10, "asks", () => pace.enter(() => log.push(`answer at ${time.now}`)));
		void pace.run();
		wall.lateMs = 5;
		wall.pass(20);
		expect(log).toEqual(["asks at 10", "answer at 10"]);
	});

	it("late, it leaves nothing out and keeps the order, and says by how much", () => {
		const told: number[] = [];
		const { at, log, pace, time, wall } = world({ speed: 2, lagged: lagMs => told.push(Math.round(lagMs)) });
		// Each takes 100 real ms, and is due after 20.
		const slow = () => {
			wall.at += 100;
		};
		for (let i = 1; i <= 8; i += 1) at(i * 40, `${i}`, slow);
		at(50, "between");
		void pace.run();
		wall.pass(25);
		expect(pace.lagMs).toBeGreaterThan(75);
		wall.pass(2000);
		expect(log.map(line => line.split(" ")[0])).toEqual(["1", "between", "2", "3", "4", "5", "6", "7", "8"]);
		expect(log.map(line => Number(line.split(" ")[2]))).toEqual([40, 50, 80, 120, 160, 200, 240, 280, 320]);
		expect(Math.round(pace.mostLagMs)).toBe(560);
		expect(told).toEqual([95, 240, 480]);
		expect(pace.lagMs).toBe(0);
		wall.pass(10);
		expect(time.now).toBe(320);
	});

	it("a world with too much to do lets sockets have their turn", () => {
		const { at, log, pace, wall } = world();
		for (let i = 1; i <= 10; i += 1)
			at(1, `${i}`, () => {
				wall.at += 4;
			});
		void pace.run();
		wall.pass(100);
		// Three of four ms are a turn, so there are four turns; between them nobody sleeps.
		expect(wall.sleeps.filter(sleep => sleep === 0).length).toBe(3);
		expect(log.length).toBe(10);
	});

	it("stops at `until`, at the signal, and where the world throws; and goes on from there", async () => {
		const { at, log, pace, time, wall } = world();
		at(10, "a");
		at(100, "b");
		const first = pace.run({ until: 50 });
		expect(() => pace.run()).toThrow("runs already");
		wall.pass(60);
		await first;
		expect([log, time.now]).toEqual([["a at 10"], 50]);
		// It stands still, whatever the time is, and nobody calls it late.
		wall.pass(10_000);
		pace.enter(() => log.push(`outside at ${time.now}`));
		expect([log.at(-1), pace.lagMs]).toEqual(["outside at 50", 0]);
		const abort = new AbortController();
		const second = pace.run({ signal: abort.signal });
		wall.pass(20);
		pace.enter(() => {});
		abort.abort();
		await second;
		wall.pass(1000);
		expect([log.at(-1), time.now]).toEqual(["outside at 50", 70]);
		await pace.run({ signal: abort.signal });
		const third = pace.run();
		time.after(1, () => {
			throw new Error("out of order");
		});
		pace.enter(() => {});
		wall.pass(31);
		await expect(third).rejects.toThrow("out of order");
		const fourth = pace.run();
		pace.enter(() => {
			throw new Error("from outside");
		});
		await expect(fourth).rejects.toThrow("from outside");
	});

	it("refuses a speed that is none", () => {
		for (const speed of [0, -1, Number.NaN]) expect(() => new Pace(new VirtualTime(), { speed })).toThrow("speed");
	});

	it("on Node's own clock", async () => {
		const time = new VirtualTime();
		const pace = new Pace(time, { speed: 10 });
		const seen: number[] = [];
		const start = performance.now();
		for (let i = 1; i <= 5; i += 1) time.after(i * 100, () => seen.push(performance.now() - start));
		await pace.run({ until: 500 });
		expect(seen.length).toBe(5);
		for (const [i, ms] of seen.entries()) expect(ms).toBeGreaterThanOrEqual((i + 1) * 10);
		expect(time.now).toBe(500);
	});
});
