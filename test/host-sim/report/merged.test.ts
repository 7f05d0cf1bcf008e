import { describe, expect, it } from "vitest";
import type { Board } from "../../../host-sim/fleet/board.js";
import { Histogram } from "../../../host-sim/report/histogram.js";
import { Measures } from "../../../host-sim/report/measures.js";
import { mergedReport, type Part, partOfReport } from "../../../host-sim/report/merged.js";
import { reportOf } from "../../../host-sim/report/report.js";

/** A board whose nth reading takes so many ms to its acknowledgement. */
interface Play {
	readonly device: string;
	readonly waits: readonly number[];
	readonly pings: readonly number[];
}

/** The part of a run that has these boards, by way of JSON as it goes over a broker. */
function play(boards: readonly Play[], durationMs = 4000): Part {
	const measures = new Measures();
	// As it happens: in the order of time.
	const acts: [atMs: number, act: (nowMs: number) => void][] = [];
	for (const { device, waits } of boards) {
		acts.push([0, now => measures.handleDial(device, now)]);
		acts.push([3 + waits.length, now => measures.handleOnline(device, now)]);
		for (const [seq, wait] of waits.entries()) {
			const name = { boot: 1, seq };
			acts.push([100 * seq + 50, now => measures.handlePublished(device, name, 1, now)]);
			acts.push([100 * seq + 50 + wait, now => measures.handleEnd(device, name, "settled", now)]);
		}
	}
	for (const [atMs, act] of acts.sort(([a], [b]) => a - b)) act(atMs);
	const counts = (published: number) => ({
		published,
		settled: published,
		refused: 0,
		lost: 0,
		dropped: 0,
		reconnects: 1,
	});
	const published = boards.reduce((total, { waits }) => total + waits.length, 0);
	const report = reportOf({
		title: "thimble run",
		clock: "real",
		durationMs,
		summary: {
			devices: boards.length,
			seenOnline: boards.length,
			...counts(published),
			reconnects: boards.length,
			restarts: 2,
			pingMedianMs: 1,
		},
		boards: boards.map(({ device, waits }) => ({
			deviceId: device,
			counts: counts(waits.length),
			restarts: 0,
		})) as unknown as Board[],
		measures,
		unseen: "nobody looks",
		memory: { bytesPerBoard: 100 * boards.length },
	});
	const pings = boards.flatMap(board => board.pings);
	return JSON.parse(JSON.stringify(partOfReport(report, measures, pings))) as Part;
}

const A: Play = { device: "a", waits: [1, 5, 900], pings: [10, 20] };
const B: Play = { device: "b", waits: [2, 2], pings: [30] };
const C: Play = { device: "c", waits: [7, 70, 700, 3000], pings: [] };

describe("the report of a run in parts", () => {
	it("says what that of one process would say, whoever has which boards", () => {
		const { memory: _, summary, ...whole } = mergedReport([play([A, B, C])]);
		for (const parts of [
			[[A], [B, C]],
			[[C], [B], [A]],
			[[A, C], [B]],
		]) {
			const merged = mergedReport(parts.map(boards => play(boards)));
			expect({ ...merged, memory: undefined }).toEqual({
				...whole,
				memory: undefined,
				summary: { ...summary, restarts: 2 * parts.length },
				judgements: [{ ...whole.judgements[0], detail: `${parts.length} did` }, ...whole.judgements.slice(1)],
			});
		}
	});

	it("adds up counts, counts times together, and has a median of all", () => {
		const { boards, latency, memory, summary } = mergedReport([play([A]), play([B, C])]);
		expect(summary).toMatchObject({ devices: 3, seenOnline: 3, published: 9, settled: 9, reconnects: 3, restarts: 4 });
		expect(summary.pingMedianMs).toBeCloseTo(20, 0);
		expect(latency.acknowledged).toMatchObject({ count: 9, min: 1, max: 3000 });
		expect(boards.map(({ device }) => device)).toEqual(["a", "b", "c"]);
		// Of one board with 100 bytes, and two with 200 each.
		expect(memory.bytesPerBoard).toBe(Math.round(500 / 3));
	});

	it("says which parts are missing, and that nobody has seen what arrived", () => {
		const { judgements, summary } = mergedReport([play([A])], ["part 2/3 died", "part 3/3 did not come"]);
		expect(judgements[0]).toEqual({
			name: "every part of the run reported",
			verdict: "broken",
			detail: "part 2/3 died; part 3/3 did not come",
		});
		expect(judgements.find(({ name }) => name.startsWith("what is settled"))).toMatchObject({
			verdict: "unknown",
			detail: "nobody looks",
		});
		expect(summary).not.toHaveProperty("gaps");
	});
});

describe("histograms", () => {
	it("put together are as if one had counted all, also where one is empty", () => {
		const all = new Histogram();
		const halves = [new Histogram(), new Histogram(), new Histogram()];
		for (let i = 0; i < 1000; i += 1) {
			const value = (i * i) / 7;
			all.add(value);
			halves[i % 2]!.add(value);
		}
		const together = new Histogram();
		for (const half of halves) together.put(JSON.parse(JSON.stringify(half.take())));
		expect(together.percentiles()).toEqual(all.percentiles());
		expect(together.bars(4)).toEqual(all.bars(4));
		expect(new Histogram().take()).toEqual({ count: 0, total: 0, min: null, max: 0, buckets: [] });
	});
});
