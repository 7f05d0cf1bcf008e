// What boards read, as lines over time. Where readings are missing a line is broken; when they come after all, it closes.

import { useEffect, useMemo, useReducer, useRef, useState } from "preact/hooks";
import { QUANTITIES } from "../../../firmware/telemetry/quantity.js";
import type { WatchedBoard } from "../../watch/board.js";
import { sorted } from "../../watch/column.js";
import { cleaned } from "../../watch/payload.js";
import { PresenceMark } from "../fleet/presence.js";
import { digits } from "../fleet/text.js";
import { fleetWords } from "../fleet/words.js";
import { useRoute } from "../route.js";
import { useSession } from "../session.js";
import { tongue, useWords } from "../words.js";
import { Chart, type Drawn, type Span, Swatch, valueAt } from "./chart.js";
import { Choice } from "./choice.js";
import { Chooser } from "./chooser.js";
import { csvOf } from "./csv.js";
import { historyOf } from "./history.js";
import { clockText, type Paints } from "./plot.js";
import { nameOfQuantity, UNITS } from "./quantities.js";
import "./readings.css";
import type { Series } from "./series.js";
import { type ReadingsWords, readingsWords } from "./words.js";

/** How long each is, and how long one picture stands: what nobody can see moving is not drawn anew. In ms. */
const WINDOWS = {
	m1: { length: 60_000, turn: 200 },
	m5: { length: 300_000, turn: 250 },
	m15: { length: 900_000, turn: 500 },
	h1: { length: 3_600_000, turn: 1000 },
	all: { length: Number.POSITIVE_INFINITY, turn: 1000 },
} as const;
type WindowName = keyof typeof WINDOWS;
const WINDOW_NAMES = Object.keys(WINDOWS) as WindowName[];

/** For those who want no motion. */
const CALM_TURN = 1000;
/** Where nothing is known yet, that much of time is shown, in ms. */
const LEAST_SPAN = 10_000;
/** Gaps of a board that are told in words. */
const MOST_GAPS = 3;

export default function ReadingsView() {
	const say = useWords(readingsWords);
	const session = useSession();
	const [, wanted] = useRoute();
	const paints = usePaints();
	const history = historyOf(session);
	const choice = useMemo(() => new Choice(), [session]);
	const [windowName, setWindow] = useState<WindowName>("m5");
	const [pausedAt, setPaused] = useState<number | undefined>(undefined);
	const [point, setPoint] = useState<number | undefined>(undefined);
	const [turn, next] = useReducer((count: number, _: undefined) => count + 1, 0);
	const all = useRef<readonly WatchedBoard[]>([]);
	const { fleet } = session;
	useEffect(() => {
		if (wanted === undefined) return;
		choice.set(wanted);
		next(undefined);
	}, [wanted, choice]);
	useEffect(() => {
		const look = () => {
			all.current = sorted([...fleet.watched.boards.values()], { by: "board", isReversed: false }, performance.now());
			choice.offer(all.current.map(({ id }) => id));
			if (pausedAt === undefined) next(undefined);
		};
		look();
		const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
		const timer = setInterval(look, isCalm ? CALM_TURN : WINDOWS[windowName].turn);
		return () => clearInterval(timer);
	}, [fleet, choice, pausedAt, windowName]);
	const { lines } = choice;
	useEffect(() => history.prefer(choice.ids), [history, lines]);
	const boards = useMemo(
		() =>
			lines.flatMap((id, line): Drawn[] =>
				id === undefined ? [] : [{ id, name: cleaned(id), line, series: history.of(id) }],
			),
		[lines, history, turn],
	);
	const span = useMemo(
		() => spanOf(boards, WINDOWS[windowName].length, pausedAt ?? history.now),
		[boards, windowName, pausedAt, history],
	);
	const quantities = QUANTITIES.flatMap((_, i) => (boards.some(({ series }) => series?.has(i) === true) ? [i] : []));
	const save = () => {
		const shown = boards.flatMap(({ id, series }) => (series === undefined ? [] : [[id, series] as const]));
		download(csvOf(shown, span.from, span.to));
	};
	return (
		<div class="readings">
			<div class="row readings-tools">
				<fieldset class="readings-windows">
					<legend class="quiet">{say.window}</legend>
					{WINDOW_NAMES.map(name => (
						<label key={name}>
							<input type="radio" name="window" checked={name === windowName} onChange={() => setWindow(name)} />
							{say.windows[name]}
						</label>
					))}
				</fieldset>
				<button
					type="button"
					aria-pressed={pausedAt !== undefined}
					onClick={() => setPaused(pausedAt === undefined ? history.now : undefined)}
				>
					{pausedAt === undefined ? say.pause : say.go}
				</button>
				<button type="button" disabled={quantities.length === 0} onClick={save}>
					{say.save}
				</button>
				<span class="hint" role="status">
					{pausedAt !== undefined && say.paused}
				</span>
			</div>
			<Chooser
				choice={choice}
				boards={all.current}
				paints={paints}
				say={say}
				onToggle={id => {
					choice.toggle(id);
					next(undefined);
				}}
			/>
			{quantities.length === 0 ? (
				<p class="hint">
					{all.current.length === 0 ? say.none : boards.length === 0 ? say.noneChosen : say.noReadings}
				</p>
			) : (
				<>
					<div class="readings-charts">
						{quantities.map(quantity => (
							<Chart key={quantity} onPoint={setPoint} {...{ boards, paints, point, quantity, say, span }} />
						))}
					</div>
					<p class="hint">{say.legend}</p>
					<Latest {...{ boards, paints, point, quantities, say, span }} board={id => fleet.watched.boards.get(id)} />
				</>
			)}
		</div>
	);
}

interface LatestProps {
	readonly boards: readonly Drawn[];
	readonly paints: Paints;
	readonly point: number | undefined;
	readonly quantities: readonly number[];
	readonly say: ReadingsWords;
	readonly span: Span;
	board(id: string): WatchedBoard | undefined;
}

/** The same in numbers: for those who do not see the lines, and where the pointer is. */
function Latest({ board, boards, paints, point, quantities, say, span }: LatestProps) {
	const { presence } = useWords(fleetWords);
	return (
		<div class="readings-latest">
			<table>
				<caption>{point === undefined ? say.latest : say.at(clockText(point))}</caption>
				<thead>
					<tr>
						<th scope="col">{say.board}</th>
						<th scope="col">{say.state}</th>
						{quantities.map(quantity => {
							const name = QUANTITIES[quantity]!;
							return (
								<th key={name} scope="col" class="number">
									{nameOfQuantity(name, tongue.language)} <span class="hint">{UNITS[name]}</span>
								</th>
							);
						})}
						<th scope="col" class="number">
							{say.missing}
						</th>
						<th scope="col">{say.gaps}</th>
					</tr>
				</thead>
				<tbody>
					{boards.map(({ id, line, name, series }) => {
						const known = board(id);
						const missing = known?.missing ?? 0;
						return (
							<tr key={id}>
								<th scope="row">
									<Swatch line={line} paints={paints} /> {name}
								</th>
								<td>
									{known !== undefined && <PresenceMark presence={known.presence} word={presence[known.presence]} />}
								</td>
								{quantities.map(quantity => (
									<td key={quantity} class="number">
										{valueAt(series, quantity, point)}
									</td>
								))}
								<td class={missing > 0 ? "number fleet-missing" : "number"}>{digits(missing)}</td>
								<td>{series === undefined ? say.noGaps : gapText(series, span, say)}</td>
							</tr>
						);
					})}
				</tbody>
			</table>
		</div>
	);
}

/** Those in the picture, the newest first. */
function gapText(series: Series, { from, to }: Span, say: ReadingsWords): string {
	const texts: string[] = [];
	let more = 0;
	for (let i = Math.min(series.from(to), series.count - 1); i > 0 && series.time(i) >= from; i -= 1) {
		const missing = series.breakBefore(i)?.missing ?? 0;
		if (missing === 0) continue;
		if (texts.length === MOST_GAPS) more += 1;
		else texts.push(say.gap(missing, clockText(series.time(i - 1)), clockText(series.time(i))));
	}
	if (more > 0) texts.push(say.moreGaps(more));
	return texts.length === 0 ? say.noGaps : texts.join("; ");
}

function spanOf(boards: readonly Drawn[], length: number, to: number): Span {
	let from = to - LEAST_SPAN;
	for (const { series } of boards) if (series !== undefined && series.count > 0) from = Math.min(from, series.time(0));
	// What was before the first reading is no picture.
	return { from: Math.max(from, to - length), to };
}

function download(text: string): void {
	const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
	const link = document.createElement("a");
	link.href = url;
	link.download = `readings-${new Date().toISOString().replaceAll(/[:.]/g, "-")}.csv`;
	link.click();
	// The browser has taken it by then.
	setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** What a canvas has to be told, since it takes no part in the page's style. */
function usePaints(): Paints {
	const [paints, setPaints] = useState(paintsOfNow);
	useEffect(() => {
		const look = () => setPaints(paintsOfNow());
		const dark = matchMedia("(prefers-color-scheme: dark)");
		const observer = new MutationObserver(look);
		observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
		dark.addEventListener("change", look);
		return () => {
			observer.disconnect();
			dark.removeEventListener("change", look);
		};
	}, []);
	return paints;
}

function paintsOfNow(): Paints {
	const theme = document.documentElement.dataset["theme"];
	const isDark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
	return isDark ? { ink: "#9db0ac", line: "#2c3c42", isDark } : { ink: "#52625f", line: "#d3dcdc", isDark };
}
