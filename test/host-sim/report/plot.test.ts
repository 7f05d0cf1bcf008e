import { expect, it } from "vitest";
import { barPlot, timePlot } from "../../../host-sim/report/plot.js";

const percentiles = { count: 3, min: 1, mean: 4, p50: 1, p90: 10, p99: 100, max: 100 };

it("draws values over time between its axes, and a line where something went wrong", () => {
	const plot = timePlot({
		label: "<readings>",
		sliceMs: 500,
		curves: [{ name: "published", className: "published", values: [0, 4] }],
		marks: [{ atMs: 250, what: "<cut>", count: 3 }],
	});
	// Half a second is half of the 656 between the axes; 4 of 5 is so much of the 152 above the lower one.
	expect(plot).toContain(
		'<polyline class="published curve" points="216,164 544,42.4"><title>published</title></polyline>',
	);
	expect(plot).toContain('x1="216" y1="12" x2="216" y2="164"><title>&lt;cut&gt; and 2 more at 0.25 s</title>');
	expect(plot).toContain('aria-label="&lt;readings&gt;"');
	expect(plot).not.toContain("<cut>");
});

it("fills what is below steps", () => {
	const curves = [{ name: "online", className: "online", values: [2] }];
	const plot = timePlot({ label: "", sliceMs: 100, marks: [], curves, isFilled: true });
	expect(plot).toContain('points="52,164 52,12 708,12 708,164"');
});

it("draws bars where their times are, each as high as it has counts, and the percentiles as lines", () => {
	const bars = [
		{ fromMs: 1, toMs: 10, count: 2 },
		{ fromMs: 10, toMs: 100, count: 1 },
	];
	const plot = barPlot("connect", bars, percentiles);
	expect(plot).toContain('x="52" y="12" width="327" height="152"><title>2 from 1 ms to 10 ms</title>');
	expect(plot).toContain('x="380" y="88" width="327" height="76"><title>1 from 10 ms to 100 ms</title>');
	expect(plot).toContain('x1="380" y1="12" x2="380" y2="164"><title>p90: 10 ms</title>');
	expect(plot.match(/class="mark"/g)).toHaveLength(3);
});

it("says so where there is nothing to draw, and draws nothing that is no number", () => {
	expect(barPlot("connect", [], percentiles)).toBe('<p class="none">not measured</p>');
	const plot = timePlot({ label: "", sliceMs: 100, marks: [], curves: [{ name: "", className: "", values: [] }] });
	expect(plot).not.toMatch(/NaN|Infinity/);
});
