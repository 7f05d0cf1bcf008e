// One quantity of the chosen boards, over time. It is drawn when something has come, or time has gone on by what can be seen.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { DECIMALS, QUANTITIES } from "../../../firmware/telemetry/quantity.js";
import { digits } from "../fleet/text.js";
import { tongue } from "../words.js";
import { type LineGap, linesOf } from "./lines.js";
import { strokeOf } from "./palette.js";
import { type Paints, plotOptions } from "./plot.js";
import { nameOfQuantity, UNITS } from "./quantities.js";
import type { Series } from "./series.js";
import type { ReadingsWords } from "./words.js";

const HEIGHT = 190;
/** So many times as far from the pointer as readings are from one another is too far. */
const NEAR = 2;

/** A board that has a line. */
export interface Drawn {
	readonly id: string;
	readonly name: string;
	readonly line: number;
	readonly series: Series | undefined;
}

export interface Span {
	readonly from: number;
	readonly to: number;
}

interface ChartProps {
	readonly quantity: number;
	readonly boards: readonly Drawn[];
	readonly span: Span;
	readonly paints: Paints;
	/** Where the pointer is, in any of the charts. */
	readonly point: number | undefined;
	readonly say: ReadingsWords;
	onPoint(time: number | undefined): void;
}

export function Chart({ boards, onPoint, paints, point, quantity, say, span }: ChartProps) {
	const box = useRef<HTMLDivElement>(null);
	const plot = useRef<uPlot | undefined>(undefined);
	const gaps = useRef<readonly LineGap[]>([]);
	const told = useRef(onPoint);
	told.current = onPoint;
	const words = useRef(say);
	words.current = say;
	const [width, setWidth] = useState(0);
	const lines = 1 + Math.max(-1, ...boards.map(({ line }) => line));
	const name = QUANTITIES[quantity]!;
	const title = nameOfQuantity(name, tongue.language);
	useLayoutEffect(() => {
		const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
		observer.observe(box.current!);
		return () => observer.disconnect();
	}, []);
	useLayoutEffect(() => {
		if (width === 0) return undefined;
		const options = plotOptions({
			width,
			height: HEIGHT,
			lines,
			decimals: DECIMALS[quantity]!,
			paints,
			gaps: () => gaps.current,
			gapTexts: missing => [words.current.missingHere(missing), String(missing)],
			onPoint: time => told.current(time),
		});
		const made = new uPlot(options, [[], ...Array.from({ length: lines }, () => [])], box.current!);
		plot.current = made;
		return () => {
			plot.current = undefined;
			made.destroy();
		};
	}, [width, lines, paints, quantity]);
	useEffect(() => {
		const made = plot.current;
		if (made === undefined) return;
		const list = Array.from({ length: lines }, (_, line) => boards.find(each => each.line === line)?.series);
		const drawn = linesOf(list, quantity, span.from, span.to, Math.max(100, Math.floor(width / 2)));
		gaps.current = drawn.gaps;
		made.batch(() => {
			made.setData([drawn.times, ...drawn.values], false);
			made.setScale("x", { min: span.from, max: span.to });
		});
	}, [span, width, lines, paints, quantity, boards]);
	return (
		<figure class="readings-chart">
			<figcaption>
				<h3>
					{title} <span class="hint">{UNITS[name]}</span>
				</h3>
				<ul class="readings-legend">
					{boards.map(board => (
						<li key={board.id}>
							<Swatch line={board.line} paints={paints} />
							{board.name} <b>{valueAt(board.series, quantity, point)}</b>
						</li>
					))}
				</ul>
			</figcaption>
			<div ref={box} class="readings-plot" role="img" aria-label={say.chart(title, UNITS[name], boards.length)} />
		</figure>
	);
}

/** How a line looks. */
export function Swatch({ line, paints }: { readonly line: number; readonly paints: Paints }) {
	const { colour, dash } = strokeOf(line, paints.isDark);
	return (
		<svg class="readings-swatch" viewBox="0 0 18 6" aria-hidden="true">
			<line x1="0" y1="3" x2="18" y2="3" stroke={colour} stroke-width="3" stroke-dasharray={dash.join(" ")} />
		</svg>
	);
}

/** Where the pointer is, or else the latest. */
export function valueAt(series: Series | undefined, quantity: number, point: number | undefined): string {
	if (series === undefined || series.count === 0) return "–";
	const i = point === undefined ? series.count - 1 : series.nearest(point);
	// What was read long before or after is no value of then.
	if (point !== undefined && series.usualMs > 0 && Math.abs(series.time(i) - point) > NEAR * series.usualMs) return "–";
	const value = series.value(i, quantity);
	return value === undefined ? "–" : digits(value, DECIMALS[quantity]!);
}
