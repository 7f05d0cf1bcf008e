// How uPlot draws a quantity: lines over a time of day, and shades where readings are missing, with their number.

import uPlot from "uplot";
import type { LineGap } from "./lines.js";
import { strokeOf } from "./palette.js";

/** Room beside the number of a gap, in CSS pixels. */
const NUMBER_SPACE = 8;
const MINUTE = 60_000;

export interface Paints {
	readonly ink: string;
	readonly line: string;
	readonly isDark: boolean;
}

export interface PlotOptions {
	readonly width: number;
	readonly height: number;
	readonly lines: number;
	readonly decimals: number;
	readonly paints: Paints;
	gaps(): readonly LineGap[];
	/** Of a gap, from the one that says most; the first that has room is written there. */
	gapTexts(missing: number): readonly string[];
	/** Where the pointer is: a time in ms, or nowhere. */
	onPoint(time: number | undefined): void;
}

/** Its x values are in ms. */
export function plotOptions(options: PlotOptions): uPlot.Options {
	const { decimals, height, lines, onPoint, paints, width } = options;
	const font = "12px system-ui, sans-serif";
	const axis = {
		stroke: paints.ink,
		font,
		grid: { stroke: paints.line, width: 1 },
		ticks: { stroke: paints.line, width: 1, size: 4 },
	};
	return {
		width,
		height,
		ms: 1,
		legend: { show: false },
		scales: { x: { time: true }, y: {} },
		axes: [
			{
				...axis,
				size: 28,
				space: 80,
				values: (_, splits) =>
					splits.map(time => clockText(Math.round(time / 1000) * 1000, (splits[1] ?? 0) - (splits[0] ?? 0) < MINUTE)),
			},
			{
				...axis,
				size: 62,
				space: 26,
				values: (_, splits) => splits.map(value => value.toFixed(placesOf(splits, decimals))),
			},
		],
		series: [
			{},
			...Array.from({ length: lines }, (_, line) => {
				const { colour, dash } = strokeOf(line, paints.isDark);
				return {
					stroke: colour,
					width: 1.6,
					dash: [...dash],
					spanGaps: false,
					points: { show: false },
				};
			}),
		],
		cursor: {
			sync: { key: "readings" },
			drag: { x: false, y: false },
			points: { show: false },
			y: false,
		},
		hooks: {
			setCursor: [
				({ cursor, posToVal }) => {
					const { left } = cursor;
					onPoint(left === undefined || left === null || left < 0 ? undefined : posToVal(left, "x"));
				},
			],
			drawClear: [plot => drawGaps(plot, options, false)],
			// Above the grid and the lines.
			draw: [plot => drawGaps(plot, options, true)],
		},
	};
}

/** Their shades, or what is written on them. */
function drawGaps(plot: uPlot, { gapTexts, gaps, paints }: PlotOptions, isText: boolean): void {
	const { ink, isDark } = paints;
	const { bbox, ctx } = plot;
	ctx.save();
	ctx.beginPath();
	ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
	ctx.clip();
	ctx.font = `${11 * uPlot.pxRatio}px system-ui, sans-serif`;
	ctx.textAlign = "center";
	ctx.textBaseline = "top";
	const height = 14 * uPlot.pxRatio;
	for (const { from, line, missing, to } of gaps()) {
		const left = Math.max(bbox.left, plot.valToPos(from, "x", true));
		const right = Math.min(bbox.left + bbox.width, plot.valToPos(to, "x", true));
		if (right <= left) continue;
		if (!isText) {
			ctx.globalAlpha = isDark ? 0.16 : 0.12;
			ctx.fillStyle = strokeOf(line, isDark).colour;
			ctx.fillRect(left, bbox.top, Math.max(1, right - left), bbox.height);
			continue;
		}
		const room = right - left - NUMBER_SPACE * uPlot.pxRatio;
		const text = gapTexts(missing).find(each => ctx.measureText(each).width <= room);
		if (text === undefined) continue;
		ctx.fillStyle = ink;
		// Each line has a row of its own for its numbers.
		ctx.fillText(text, (left + right) / 2, bbox.top + 2 * uPlot.pxRatio + line * height);
	}
	ctx.restore();
}

/** As many decimals as the steps of the axis need. */
function placesOf(splits: readonly number[], most: number): number {
	const step = Math.abs((splits[1] ?? 1) - (splits[0] ?? 0));
	let places = 0;
	while (places < most && Math.abs(step * 10 ** places - Math.round(step * 10 ** places)) > 1e-6) places += 1;
	return places;
}

/** The time of day where the page is; without seconds where those are all zero. */
export function clockText(time: number, hasSeconds = true): string {
	const date = new Date(time);
	if (Number.isNaN(date.getTime())) return "–";
	const two = (value: number) => String(value).padStart(2, "0");
	const text = `${two(date.getHours())}:${two(date.getMinutes())}`;
	return hasSeconds ? `${text}:${two(date.getSeconds())}` : text;
}
