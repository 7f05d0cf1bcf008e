// One board in full: all that is known of it, and where there is more.

import type { ComponentChildren } from "preact";
import { useEffect, useReducer, useRef } from "preact/hooks";
import { DECIMALS, QUANTITIES } from "../../../firmware/telemetry/quantity.js";
import { firmwareText } from "../../cli/boardtable.js";
import type { Cast } from "../../desk/protocol.js";
import { sentence } from "../../sentence.js";
import { FIGURES, type WatchedBoard } from "../../watch/board.js";
import { cleaned, type Value } from "../../watch/payload.js";
import { useLive } from "../live.js";
import type { Desk } from "../model/desk.js";
import type { Fleet } from "../model/session.js";
import { nameOfQuantity, UNITS } from "../readings/quantities.js";
import { hrefOf } from "../route.js";
import { tongue, useWords } from "../words.js";
import { PresenceMark } from "./presence.js";
import { ageText, digits } from "./text.js";
import { type FleetWords, fleetWords } from "./words.js";

/** Gaps that are listed. */
const MOST_GAPS = 8;
const TICK_MS = 1000;

interface BoardPanelProps {
	readonly id: string;
	readonly fleet: Fleet;
	readonly desk: Desk;
	find(): WatchedBoard | undefined;
	readonly troubles: readonly string[];
	readonly cast: Cast | undefined;
	onClose(): void;
}

export function BoardPanel({ cast, desk, find, fleet, id, onClose, troubles }: BoardPanelProps) {
	const say = useWords(fleetWords);
	useLive(fleet);
	useLive(desk);
	const [, show] = useReducer((count: number, _: undefined) => count + 1, 0);
	const title = useRef<HTMLHeadingElement>(null);
	useEffect(() => {
		const timer = setInterval(() => show(undefined), TICK_MS);
		return () => clearInterval(timer);
	}, []);
	useEffect(() => title.current?.focus({ preventScroll: true }), []);
	const board = find();
	return (
		<aside
			class="panel fleet-board"
			aria-labelledby="fleet-board-title"
			onKeyDown={event => {
				if (event.key !== "Escape") return;
				event.preventDefault();
				onClose();
			}}
		>
			<div class="fleet-board-head">
				<h2 id="fleet-board-title" ref={title} tabIndex={-1}>
					{cleaned(id)}
				</h2>
				<button type="button" class="fleet-close" onClick={onClose}>
					<span aria-hidden="true">✕</span>
					<span class="quiet">{say.close}</span>
				</button>
				<a class="fleet-back" href={hrefOf("fleet")}>
					← {say.back}
				</a>
			</div>
			<nav class="row" aria-label={cleaned(id)}>
				<a href={hrefOf("readings", id)}>{say.readings}</a>
				<a href={hrefOf("packets", id)}>{say.packets}</a>
				<a href={hrefOf("faults", id)}>{say.faults}</a>
			</nav>
			{board === undefined ? <p class="hint">{say.gone}</p> : <Known {...{ board, cast, say, troubles }} />}
		</aside>
	);
}

interface KnownProps {
	readonly board: WatchedBoard;
	readonly cast: Cast | undefined;
	readonly say: FleetWords;
	readonly troubles: readonly string[];
}

function Known({ board, cast, say, troubles }: KnownProps) {
	const { answer, boot, diagnostics, firmware, malformed, presence, reading, restarts } = board;
	const now = performance.now();
	const ago = (at: number) => say.ago(ageText((now - at) / 1000, say.units));
	return (
		<>
			<dl class="fleet-facts">
				<Fact name={say.state}>
					<PresenceMark presence={presence} word={say.presence[presence]} />{" "}
					{presence !== "unknown" && say.forTime(ageText((now - board.since) / 1000, say.units), board.isRetained)}
				</Fact>
				{troubles.length > 0 && (
					<Fact name={say.troubles}>
						<span class="fleet-trouble">⚠ {troubles.join(", ")}</span>
					</Fact>
				)}
				<Fact name={say.heard}>{board.heard === undefined ? say.neverHeard : ago(board.heard)}</Fact>
				{cast !== undefined && (
					<Fact name={say.made}>
						{cast.engine === "xs" ? "XS" : "Node"}, MQTT {cast.protocol}, QoS {cast.qos},{" "}
						{digits(cast.interval / 1000, Number.isInteger(cast.interval / 1000) ? 0 : 1)} {say.units[0]}
					</Fact>
				)}
				{boot !== undefined && (
					<Fact name={say.boot}>
						{boot}, {say.restarts(restarts)}
					</Fact>
				)}
				{diagnostics?.reset !== undefined && <Fact name={say.reset}>{diagnostics.reset}</Fact>}
				{diagnostics?.problems !== undefined && (
					<Fact name={say.problems}>
						<span class="wrong">{diagnostics.problems}</span>
					</Fact>
				)}
				{firmware !== undefined && <Fact name={say.firmware}>{firmwareText(firmware)}</Fact>}
				{answer !== undefined && (
					<Fact name={say.answer}>
						{answer.command}: {answer.error ?? (answer.ok ? say.done : say.notDone)}, {ago(answer.at)}
					</Fact>
				)}
				{malformed > 0 && (
					<Fact name={say.malformed}>
						<span class="wrong">{malformed}</span>
					</Fact>
				)}
			</dl>
			<h3>{say.latest}</h3>
			{reading === undefined ? (
				<p class="hint">{say.never}</p>
			) : (
				<dl class="fleet-facts">
					{QUANTITIES.map((name, i) => {
						const value = reading.values[name];
						return (
							value !== undefined && (
								<Fact key={name} name={nameOfQuantity(name, tongue.language)}>
									{valueText(value, DECIMALS[i]!, say)} {UNITS[name]}
								</Fact>
							)
						);
					})}
					<Fact name={say.taken}>
						{reading.time === undefined ? "" : `${timeText(reading.time)}, `}
						{reading.isRetained ? say.retained : `${say.reading(reading.boot, reading.seq)}, ${ago(reading.at)}`}
					</Fact>
				</dl>
			)}
			<Counted board={board} say={say} now={now} />
			<h3>{say.diagnostics}</h3>
			{diagnostics === undefined ? (
				<p class="hint">{say.noDiagnostics}</p>
			) : (
				<dl class="fleet-facts">
					<Fact name={say.heard}>{ago(diagnostics.at)}</Fact>
					{FIGURES.map(name => {
						const value = diagnostics[name];
						return (
							value !== undefined && (
								<Fact key={name} name={say.figures[name]}>
									{name === "offline"
										? `${value}: ${sentence(value)}`
										: name === "uptime"
											? ageText(value, say.units)
											: digits(value)}
								</Fact>
							)
						);
					})}
				</dl>
			)}
		</>
	);
}

/** How many readings there were, and which of them have not come. */
function Counted({
	board,
	now,
	say,
}: {
	readonly board: WatchedBoard;
	readonly now: number;
	readonly say: FleetWords;
}) {
	const { filled, gaps, missing, readings, repeated } = board;
	const rate = board.perMinute(now);
	return (
		<dl class="fleet-facts">
			<Fact name={say.counted}>{say.countedText(digits(readings), rate === undefined ? "" : digits(rate, 1))}</Fact>
			<Fact name={say.heads.missing[0]}>
				<span class={missing > 0 ? "fleet-missing" : ""}>
					{say.missingText(digits(missing), digits(filled), digits(repeated))}
				</span>
			</Fact>
			{gaps.length > 0 && (
				<Fact name={say.gaps}>
					<ul>
						{gaps.slice(-MOST_GAPS).map(({ boot, from, to }) => (
							<li key={`${boot}/${from}`}>{say.gap(boot, from, to - 1)}</li>
						))}
						{gaps.length > MOST_GAPS && <li>{say.moreGaps(gaps.length - MOST_GAPS)}</li>}
					</ul>
				</Fact>
			)}
		</dl>
	);
}

function Fact({ children, name }: { readonly children: ComponentChildren; readonly name: string }) {
	return (
		<div>
			<dt>{name}</dt>
			<dd>{children}</dd>
		</div>
	);
}

function valueText(value: Value, decimals: number, say: FleetWords): string {
	if (typeof value === "number") return digits(value, decimals);
	const [last, smallest, largest, mean] = value.map(each => digits(each, decimals));
	return `${last} (${say.window(smallest!, largest!, mean!)})`;
}

/** Nobody keeps a board from saying something that is no time. */
function timeText(time: number): string {
	const date = new Date(time);
	return Number.isNaN(date.getTime()) ? "–" : date.toLocaleString(tongue.language === "zh" ? "zh-CN" : "en-GB");
}
