import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WatchedFleet } from "../../../../host-sim/watch/fleet.js";
import { Series } from "../../../../host-sim/web/readings/series.js";

const TEMPERATURE = 0;
const HUMIDITY = 1;

/** A board, watched as the page does it, and its series. */
function make(limit = 7200) {
	const series = new Series(limit);
	let now = 0;
	const fleet = new WatchedFleet({
		on: what => {
			if (what.event === "reading" && !what.retained) series.take(what, now);
			else if (what.event === "missing") series.tellMissing(what.boot, what.seq);
		},
	});
	const say = (fields: object) =>
		fleet.handleMessage("thimble/b/telemetry", new TextEncoder().encode(JSON.stringify(fields)), false, now);
	return {
		series,
		board: () => fleet.boards.get("b")!,
		away: () => fleet.handleAway(),
		/** A reading that is told at that time. */
		read(seq: number, at: number, more: object = {}, boot = 1) {
			now = at;
			say({ boot, seq, ...more });
		},
		times: () => Array.from({ length: series.count }, (_, i) => series.time(i)),
		seqs: () => Array.from({ length: series.count }, (_, i) => series.seq(i)),
		/** For each break, which reading it is before, and how many are missing. */
		breaks: () =>
			Array.from({ length: series.count }, (_, i) => [series.seq(i), series.breakBefore(i)?.missing] as const).filter(
				([, missing]) => missing !== undefined,
			),
	};
}

describe("a reading", () => {
	it("has its values, and nothing where it does not speak of something", () => {
		const { read, series } = make();
		read(1, 1000, { temperature: 20 });
		read(2, 2000, { temperature: [22, 20, 23, 21], humidity: 50 });
		read(3, 3000);
		const of = (quantity: number) => [0, 1, 2].map(i => series.value(i, quantity));
		expect([of(TEMPERATURE), of(HUMIDITY)]).toEqual([
			[20, 22, undefined],
			[undefined, 50, undefined],
		]);
		expect([series.has(TEMPERATURE), series.has(HUMIDITY), series.has(2)]).toEqual([true, true, false]);
		expect([series.boot(1), series.version]).toEqual([1, 3]);
	});

	it("is at its own time, or else at that when it came", () => {
		const { read, times } = make();
		read(1, 50_000, { time: 49_000 });
		read(2, 51_000);
		read(3, 52_000, { time: 51_900 });
		expect(times()).toEqual([49_000, 51_000, 51_900]);
	});

	it("of a clock that is far ahead is at the time when it came", () => {
		const { read, times } = make();
		read(1, 50_000, { time: 50_000 + 3_600_000 });
		read(2, 51_000, { time: 51_500 });
		expect(times()).toEqual([50_000, 51_500]);
	});

	it("of a batch without times is where its number is between the one before and now", () => {
		const { read, times } = make();
		read(1, 10_000);
		read(2, 14_000, { ms: [0, 1, 2, 3], temperature: [1, 2, 3, 4] });
		expect(times()).toEqual([10_000, 11_000, 12_000, 13_000, 14_000]);
	});

	it("that comes again is no other one", () => {
		const { read, seqs } = make();
		for (const seq of [1, 2, 3, 2, 3, 1]) read(seq, 1000 * seq, { time: 1000 * seq });
		expect(seqs()).toEqual([1, 2, 3]);
	});
});

describe("a gap", () => {
	it("breaks the line and says how many are missing; it gets smaller, and closes when they have come", () => {
		const { breaks, read, seqs } = make();
		const at = (seq: number) => read(seq, 20_000, { time: 1000 * seq });
		at(1);
		at(2);
		at(6);
		expect(breaks()).toEqual([[6, 3]]);
		at(4);
		expect(breaks()).toEqual([
			[4, 1],
			[6, 1],
		]);
		at(5);
		at(3);
		expect([breaks(), seqs()]).toEqual([[], [1, 2, 3, 4, 5, 6]]);
	});

	it("is filled at its place even where nobody's clock is set", () => {
		const { breaks, read, times } = make();
		read(1, 1000);
		read(2, 2000);
		read(6, 6000);
		read(7, 7000);
		for (const seq of [3, 5, 4]) read(seq, 8000);
		expect([times(), breaks()]).toEqual([[1000, 2000, 3000, 4000, 5000, 6000, 7000], []]);
	});

	it("of a time in which we did not listen breaks the line, but nothing is missing", () => {
		const { away, breaks, read } = make();
		read(1, 1000);
		away();
		read(5, 5000);
		read(6, 6000);
		expect(breaks()).toEqual([[5, 0]]);
	});

	it("between two lives is what is missing of the second one, or a silence that is longer than usual", () => {
		const { breaks, read } = make();
		for (let seq = 1; seq <= 5; seq += 1) read(seq, 1000 * seq);
		read(3, 7000, {}, 2);
		expect(breaks()).toEqual([[3, 2]]);
		read(1, 7100, {}, 2);
		read(2, 7200, {}, 2);
		expect(breaks()).toEqual([]);
		read(1, 60_000, {}, 3);
		expect(breaks()).toEqual([[1, 0]]);
	});

	it("is none where a board starts anew and goes on as usual", () => {
		const { breaks, read } = make();
		for (let boot = 1; boot < 9; boot += 1) read(1, 1000 * boot, {}, boot);
		expect(breaks()).toEqual([]);
	});
});

describe("room", () => {
	it("is for so many: the oldest make way, and what would be the oldest is not taken", () => {
		const { read, seqs } = make(100);
		for (let seq = 1; seq <= 1000; seq += 1) if (seq !== 905) read(seq, 1000 * seq, { time: 1000 * seq });
		expect(seqs()[0]).toBe(900);
		read(905, 2_000_000, { time: 905_000 });
		expect([seqs().length, seqs()[0], seqs()[4]]).toEqual([100, 901, 905]);
		read(10, 2_000_000, { time: 10_000 });
		expect([seqs().length, seqs()[0]]).toEqual([100, 901]);
	});

	it("can become less", () => {
		const { read, seqs, series } = make(1000);
		for (let seq = 1; seq <= 500; seq += 1) read(seq, 1000 * seq);
		series.limit = 10;
		read(501, 501_000);
		expect(seqs()).toEqual([492, 493, 494, 495, 496, 497, 498, 499, 500, 501]);
		series.limit = 4;
		read(1, 502_000, { time: 494_500 }, 0);
		expect(seqs()).toEqual([498, 499, 500, 501]);
	});
});

it("the nearest and the first from a time on are found", () => {
	const { read, series } = make();
	expect([series.nearest(5), series.from(5)]).toEqual([-1, 0]);
	for (const seq of [1, 2, 3]) read(seq, 1000 * seq);
	expect([0, 1400, 1600, 2000, 9000].map(time => series.nearest(time))).toEqual([0, 0, 1, 1, 2]);
	expect([0, 1000, 1001, 3000, 3001].map(time => series.from(time))).toEqual([0, 0, 1, 2, 3]);
});

it("whatever order they come in, they are in the order of their times, and as many are missing as the board's model says", () => {
	fc.assert(
		fc.property(
			fc.uniqueArray(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 60 }),
			fc.boolean(),
			(order, hasClock) => {
				const { board, breaks, read, seqs, times } = make();
				// The first one is where we begin to listen.
				const listed = [0, ...order];
				for (const [i, seq] of listed.entries())
					read(seq, 100_000 + 10 * i, hasClock ? { time: 1000 * (seq + 1) } : {});
				expect(seqs()).toEqual([...listed].sort((a, b) => a - b));
				expect(times()).toEqual([...times()].sort((a, b) => a - b));
				expect(breaks().reduce((sum, [, missing]) => sum + missing!, 0)).toBe(board().missing);
			},
		),
		{ numRuns: 300 },
	);
});

it("is what a plain list would be, at any moment, whatever there is room for", () => {
	const reading = fc.record({ seq: fc.integer({ min: 1, max: 300 }), time: fc.integer({ min: 1, max: 500 }) });
	// Times that go on, with some of before: so the arrays are moved, and get longer.
	const readings = fc.array(reading, { minLength: 80, maxLength: 200 });
	fc.assert(
		fc.property(readings, fc.integer({ min: 1, max: 150 }), (given, limit) => {
			const series = new Series(limit);
			const list: { seq: number; time: number }[] = [];
			for (const [i, { seq, time: within }] of given.entries()) {
				const time = 20 * i + within;
				// Each has a life of its own, so that nothing comes twice.
				series.take({ boot: i, seq, late: i % 3 === 0, readings: [{ time, values: { temperature: seq } }] }, 10_000);
				const at = list.findIndex(each => each.time > time);
				if (list.length < limit || at !== 0) list.splice(at < 0 ? list.length : at, 0, { seq, time });
				if (list.length > limit) list.shift();
				const last = list.length - 1;
				expect([series.count, series.seq(0), series.seq(last)]).toEqual([last + 1, list[0]!.seq, list[last]!.seq]);
				if (i % 16 > 0) continue;
				const got = Array.from({ length: series.count }, (_, j) => ({ seq: series.seq(j), time: series.time(j) }));
				expect(got).toEqual(list);
				expect(got.map(({ seq: number }) => number)).toEqual(got.map((_, j) => series.value(j, TEMPERATURE)));
			}
		}),
		{ numRuns: 100 },
	);
});
