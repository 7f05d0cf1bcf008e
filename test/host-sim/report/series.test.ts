import { expect, it } from "vitest";
import { Series } from "../../../host-sim/report/series.js";

it("counts in slices, and keeps the fewest boards that were online in each", () => {
	const series = new Series();
	series.setOnline(0, 3);
	series.count(50, "published");
	series.setOnline(250, 1);
	series.setOnline(260, 2);
	series.count(310, "arrived");
	series.close(350);
	expect(series.sliceMs).toBe(100);
	expect(series.slices).toEqual([
		{ published: 1, acknowledged: 0, arrived: 0, online: 0 },
		{ published: 0, acknowledged: 0, arrived: 0, online: 3 },
		{ published: 0, acknowledged: 0, arrived: 0, online: 1 },
		{ published: 0, acknowledged: 0, arrived: 1, online: 2 },
	]);
});

it("makes two slices one where time runs out of them, and loses no count", () => {
	const series = new Series();
	for (let ms = 0; ms < 1_000_000; ms += 100) {
		series.count(ms, "published");
		if (ms % 300_000 === 0) series.mark(ms, "power-cut");
		series.setOnline(ms, ms === 500_000 ? 0 : 5);
	}
	expect(series.slices.length).toBeLessThanOrEqual(240);
	expect(series.slices.length).toBeGreaterThan(100);
	expect(series.slices.reduce((total, { published }) => total + published, 0)).toBe(10_000);
	expect(series.slices[Math.floor(500_000 / series.sliceMs)]!.online).toBe(0);
	expect(series.marks.map(({ atMs }) => atMs)).toEqual([0, 300_000, 600_000, 900_000]);
});

it("has one mark for what goes wrong again and again in one slice", () => {
	const series = new Series();
	for (const ms of [10, 20, 30, 150]) series.mark(ms, "cut");
	expect(series.marks).toEqual([
		{ atMs: 10, what: "cut", count: 3 },
		{ atMs: 150, what: "cut", count: 1 },
	]);
	series.close(30_000);
	expect(series.marks).toEqual([{ atMs: 10, what: "cut", count: 4 }]);
});
