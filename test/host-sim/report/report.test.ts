import { describe, expect, it } from "vitest";
import type { Board } from "../../../host-sim/fleet/board.js";
import { Ledger } from "../../../host-sim/fleet/ledger.js";
import { Measures } from "../../../host-sim/report/measures.js";
import { lengthOf, reportOf } from "../../../host-sim/report/report.js";
import { NASTY, smallReport } from "../../support/report.js";

const counts = { published: 0, settled: 0, refused: 0, lost: 0, dropped: 0, reconnects: 0 };
const summary = { devices: 1, seenOnline: 1, ...counts, restarts: 0, pingMedianMs: null };
const boards = [{ deviceId: "a", counts, restarts: 0 }] as unknown as Board[];
const usual = { title: "", clock: "real", durationMs: 1000, summary, boards, memory: { bytesPerBoard: 1 } } as const;

describe("a report", () => {
	it("tells gaps and duplicates by their numbers, and whose they are", () => {
		const report = smallReport();
		expect(report.gaps).toEqual([{ device: NASTY, boot: 1, from: 1, to: 1, restarts: [] }]);
		expect(report.repeats).toEqual([{ device: "a", boot: 1, seq: 2, restart: undefined }]);
		expect(report.summary).toMatchObject({ gaps: 1, duplicatesQos2: 1, arrived: 3 });
		expect(report.boards.map(({ duplicatesQos2, gaps }) => [gaps, duplicatesQos2])).toEqual([
			[0, 1],
			[1, 0],
		]);
		expect(report.judgements.map(({ verdict }) => verdict)).toEqual(["kept", "broken", "broken", "unknown", "kept"]);
	});

	it("has the time of each board that took longest, and the percentiles of all", () => {
		const { boards, latency } = smallReport();
		expect(boards[0]!.slowest).toEqual({ connect: 20, acknowledged: 4, arrived: 2 });
		expect(latency.connect).toMatchObject({ count: 2, min: 20, max: 20 });
		expect(latency.acknowledged).toMatchObject({ count: 4, p50: 4, p99: 4 });
		expect(latency.arrived).toMatchObject({ count: 3, max: 2 });
	});

	it("does not say zero of what nobody has seen", () => {
		const world = { ...summary, gaps: 0, duplicatesQos1: 0, duplicatesQos2: 0, arrived: 0 };
		const report = reportOf({ ...usual, summary: world, measures: new Measures(), unseen: "nobody was there" });
		for (const name of ["gaps", "duplicatesQos1", "duplicatesQos2", "arrived"])
			expect(report.summary).not.toHaveProperty(name);
		expect(report.judgements[1]).toMatchObject({ verdict: "unknown", detail: "nobody was there" });
		expect(report.boards[0]).not.toHaveProperty("gaps");
	});

	it("lists a thousand gaps, and counts all", () => {
		const ledger = new Ledger();
		for (let seq = 1; seq <= 2401; seq += 1) {
			ledger.handlePublished("a", 1, seq, 1);
			if (seq % 2 === 1) ledger.handleEnd("a", 1, seq, "settled");
		}
		const report = reportOf({ ...usual, measures: new Measures(), ledger: ledger.summary() });
		expect([report.gaps.length, report.unlisted, report.summary.gaps]).toEqual([1000, 201, 1201]);
	});
});

it("a gap is as long as both its ends say", () => {
	expect(lengthOf({ device: "a", boot: 1, from: 3, to: 7, restarts: [] })).toBe(5);
});
