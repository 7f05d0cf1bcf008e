import uPlot from "uplot";
import { expect, it } from "vitest";
import type { LineGap } from "../../../../host-sim/web/readings/lines.js";
import { clockText, plotOptions } from "../../../../host-sim/web/readings/plot.js";

const paints = { ink: "#111111", line: "#222222", isDark: false };

function make(gaps: readonly LineGap[] = []) {
	const points: (number | undefined)[] = [];
	const options = plotOptions({
		width: 600,
		height: 200,
		lines: 6,
		decimals: 2,
		paints,
		gaps: () => gaps,
		gapTexts: missing => [`${missing} missing`, String(missing)],
		onPoint: time => points.push(time),
	});
	return { options, points };
}

it("the time of day has two digits each, and seconds where they are wanted", () => {
	const time = new Date(2026, 10, 22, 9, 5, 7).getTime();
	expect([clockText(time), clockText(time, false), clockText(Number.NaN)]).toEqual(["09:05:07", "09:05", "–"]);
});

it("axes tell seconds where their steps are shorter than a minute, and as many decimals as steps need", () => {
	const [x, y] = make().options.axes!;
	const at = new Date(2026, 10, 22, 9, 5, 0).getTime();
	type Values = (plot: never, splits: number[]) => string[];
	const times = x!.values as unknown as Values;
	const values = y!.values as unknown as Values;
	const none = undefined as never;
	expect(times(none, [at - 0.3, at + 29_999.8])).toEqual(["09:05:00", "09:05:30"]);
	expect(times(none, [at, at + 300_000])).toEqual(["09:05", "09:10"]);
	expect(values(none, [10, 20])).toEqual(["10", "20"]);
	expect(values(none, [10, 10.25])).toEqual(["10.00", "10.25"]);
	expect(values(none, [10, 10.001])).toEqual(["10.00", "10.00"]);
});

it("each line has its stroke, and none bridges a break", () => {
	const [, ...series] = make().options.series;
	expect(series.length).toBe(6);
	expect(series.every(({ spanGaps }) => spanGaps === false)).toBe(true);
	expect([series[0]!.stroke, series[0]!.dash, series[4]!.stroke]).toEqual(["#0d3b91", [], "#0d3b91"]);
	expect(series[4]!.dash).not.toEqual([]);
});

it("where the pointer is becomes a time, or nowhere", () => {
	const { options, points } = make();
	const hook = options.hooks!.setCursor![0] as (plot: unknown) => void;
	const posToVal = (left: number) => 1000 + left;
	for (const left of [50, -10, undefined]) hook({ cursor: { left }, posToVal });
	expect(points).toEqual([1050, undefined, undefined]);
});

it("a gap is shaded, within the chart, and says how large it is as far as there is room", () => {
	const drawn: unknown[] = [];
	const ctx = {
		save() {},
		restore() {},
		beginPath() {},
		rect() {},
		clip() {},
		measureText: (text: string) => ({ width: 6 * text.length }),
		fillRect: (left: number, _top: number, width: number) => drawn.push([left, width]),
		fillText: (text: string, left: number) => drawn.push([text, left]),
	};
	const plot = { ctx, bbox: { left: 100, top: 0, width: 400, height: 100 }, valToPos: (time: number) => time };
	const gap = (from: number, to: number) => ({ line: 1, from, to, missing: 12 });
	const { options } = make([gap(50, 200), gap(300, 330), gap(400, 402), gap(480, 900), gap(0, 90)]);
	const [drawShades] = options.hooks!.drawClear as ((plot: unknown) => void)[];
	const [drawTexts] = options.hooks!.draw as ((plot: unknown) => void)[];
	// What a browser says of its screen.
	uPlot.pxRatio = 1;
	drawShades!(plot);
	drawTexts!(plot);
	expect(drawn).toEqual([
		[100, 100],
		[300, 30],
		[400, 2],
		[480, 20],
		["12 missing", 150],
		["12", 315],
		["12", 490],
	]);
});
