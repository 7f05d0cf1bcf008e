// Plots as SVG that stands in an HTML page: no scripts, colours by the page's style sheet, and what the mouse rests on says its
// figures in a title.

import type { Bar, Percentiles } from "./histogram.js";
import { escaped } from "./markup.js";
import type { Mark } from "./series.js";

const WIDTH = 720;
const HEIGHT = 190;
const LEFT = 52;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 26;
const INNER_WIDTH = WIDTH - LEFT - RIGHT;
const INNER_HEIGHT = HEIGHT - TOP - BOTTOM;

/** One line of a plot over time: a value for each slice. */
export interface Curve {
	readonly name: string;
	/** Of the style sheet. */
	readonly className: string;
	readonly values: readonly number[];
}

export interface TimePlot {
	readonly label: string;
	readonly sliceMs: number;
	readonly curves: readonly Curve[];
	readonly marks: readonly Mark[];
	/** A step for each slice, with what is below it filled. */
	readonly isFilled?: boolean;
}

/** Values over time, with a dashed line where something went wrong. */
export function timePlot({ curves, isFilled = false, label, marks, sliceMs }: TimePlot): string {
	const count = Math.max(1, ...curves.map(({ values }) => values.length));
	const top = niceTop(Math.max(0, ...curves.flatMap(({ values }) => values)));
	const x = (slices: number) => LEFT + (slices / count) * INNER_WIDTH;
	const y = (value: number) => TOP + (1 - value / top) * INNER_HEIGHT;
	const parts = [...horizontal(top, y), ...timeAxis(count * sliceMs)];
	for (const { atMs, count: times, what } of marks) {
		const at = pixels(LEFT + (atMs / (count * sliceMs)) * INNER_WIDTH);
		const more = times > 1 ? ` and ${times - 1} more` : "";
		parts.push(
			`<line class="mark" x1="${at}" y1="${TOP}" x2="${at}" y2="${HEIGHT - BOTTOM}"><title>${escaped(`${what}${more} at ${timeLabel(atMs)}`)}</title></line>`,
		);
	}
	for (const { className, name, values } of curves) {
		const points = isFilled
			? values.flatMap((value, i) => [`${pixels(x(i))},${pixels(y(value))}`, `${pixels(x(i + 1))},${pixels(y(value))}`])
			: values.map((value, i) => `${pixels(x(i + 0.5))},${pixels(y(value))}`);
		if (points.length === 0) continue;
		const title = `<title>${escaped(name)}</title>`;
		if (isFilled)
			parts.push(
				`<polygon class="${className} area" points="${LEFT},${pixels(y(0))} ${points.join(" ")} ${pixels(x(values.length))},${pixels(y(0))}">${title}</polygon>`,
			);
		else parts.push(`<polyline class="${className} curve" points="${points.join(" ")}">${title}</polyline>`);
	}
	return svg(label, parts);
}

/** How many took how long: bars on an axis whose every step is ten times as much, with the percentiles as lines. */
export function barPlot(label: string, bars: readonly Bar[], percentiles: Percentiles): string {
	const first = bars[0];
	if (first === undefined) return '<p class="none">not measured</p>';
	const low = Math.floor(Math.log10(first.fromMs));
	const high = Math.max(low + 1, Math.ceil(Math.log10(bars.at(-1)!.toMs)));
	const x = (ms: number) => LEFT + ((Math.log10(Math.max(ms, 10 ** low)) - low) / (high - low)) * INNER_WIDTH;
	const top = niceTop(Math.max(...bars.map(({ count }) => count)));
	const y = (count: number) => TOP + (1 - count / top) * INNER_HEIGHT;
	const parts = horizontal(top, y);
	for (let power = low; power <= high; power += 1)
		parts.push(
			axisText(x(10 ** power), power === low ? "start" : power === high ? "end" : "middle", msLabel(10 ** power)),
		);
	for (const { count, fromMs, toMs } of bars) {
		if (count === 0) continue;
		const [from, to] = [x(fromMs), x(toMs)];
		const title = `${count} from ${msLabel(fromMs)} to ${msLabel(toMs)}`;
		parts.push(
			`<rect class="bar" x="${pixels(from)}" y="${pixels(y(count))}" width="${pixels(Math.max(1, to - from - 1))}" height="${pixels(y(0) - y(count))}"><title>${title}</title></rect>`,
		);
	}
	for (const name of ["p50", "p90", "p99"] as const) {
		const at = pixels(x(percentiles[name]!));
		parts.push(
			`<line class="mark" x1="${at}" y1="${TOP}" x2="${at}" y2="${HEIGHT - BOTTOM}"><title>${name}: ${msLabel(percentiles[name]!)}</title></line>`,
		);
	}
	return svg(label, parts);
}

/** 0 to the top in steps that people count in. */
function horizontal(top: number, y: (value: number) => number): string[] {
	return [0, top / 2, top].map(
		value =>
			`<line class="grid" x1="${LEFT}" y1="${pixels(y(value))}" x2="${WIDTH - RIGHT}" y2="${pixels(y(value))}"/><text x="${LEFT - 6}" y="${pixels(y(value) + 4)}" text-anchor="end">${numberLabel(value)}</text>`,
	);
}

function timeAxis(endMs: number): string[] {
	return [0, 0.25, 0.5, 0.75, 1].map(share =>
		axisText(
			LEFT + share * INNER_WIDTH,
			share === 0 ? "start" : share === 1 ? "end" : "middle",
			timeLabel(share * endMs),
		),
	);
}

function axisText(x: number, anchor: string, text: string): string {
	return `<text x="${pixels(x)}" y="${HEIGHT - 8}" text-anchor="${anchor}">${text}</text>`;
}

function svg(label: string, parts: readonly string[]): string {
	return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(label)}">\n${parts.join("\n")}\n</svg>`;
}

/** The next of 1, 2, 5, 10, 20, … that is not smaller. */
function niceTop(value: number): number {
	if (value <= 0) return 1;
	const power = 10 ** Math.floor(Math.log10(value));
	return [1, 2, 5, 10].map(step => step * power).find(step => step >= value)!;
}

function pixels(value: number): string {
	return String(Math.round(value * 10) / 10);
}

function numberLabel(value: number): string {
	return String(Number(value.toPrecision(3)));
}

function msLabel(ms: number): string {
	if (ms < 1) return `${numberLabel(ms * 1000)} µs`;
	return ms < 1000 ? `${numberLabel(ms)} ms` : `${numberLabel(ms / 1000)} s`;
}

/** As a run's clock shows it. */
function timeLabel(ms: number): string {
	if (ms < 120_000) return `${numberLabel(ms / 1000)} s`;
	return ms < 7_200_000 ? `${numberLabel(ms / 60_000)} min` : `${numberLabel(ms / 3_600_000)} h`;
}
