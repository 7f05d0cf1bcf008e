// The sequence diagram: a lane for each of those who speak, an arrow for each packet, and what belongs together held together beside
// its lane. Only lines in sight are in the document, however many there are.

import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Exchange } from "../../inspect/exchange.js";
import { cleaned } from "../../watch/payload.js";
import { useLive } from "../live.js";
import { tongue, useWords } from "../words.js";
import type { Line, PacketLine } from "./follow.js";
import type { Lane, Lanes } from "./lanes.js";
import type { Log } from "./log.js";
import "./packets.css";
import { type Filter, Picture, type Span } from "./picture.js";
import { toneOf } from "./step.js";
import { clockTime, LINE_WORDS, labelOf, lineText, relativeTime, sentenceOf } from "./text.js";

const words = {
	en: {
		title: "Packets, the newest last",
		boards: "all boards",
		clients: "page and others",
		newest: "Newest",
		empty: "No packet has been seen yet.",
	},
	zh: {
		title: "报文，最新的在最后",
		boards: "全部设备",
		clients: "页面及其他客户端",
		newest: "最新",
		empty: "还没有看到报文。",
	},
};

/** Heights in px, as packets.css has them. */
const ROW = 34;
const HEAD = 32;
/** Rows that are ready above and below those in sight. */
const SPARE = 6;

export type Times = "relative" | "clock";

export interface DiagramProps {
	readonly log: Log;
	readonly filter: Filter;
	/** Of CSS. */
	readonly height: string;
	readonly times?: Times;
	/** It stands still while the log goes on. */
	readonly isPaused?: boolean;
	/** The key of the line that is chosen. */
	readonly selected?: number | undefined;
	onSelect?(line: Line | undefined): void;
	/** Somebody wants to go on to what is chosen. */
	onOpen?(): void;
}

export function Diagram(props: DiagramProps) {
	const { filter, height, isPaused = false, log, onOpen, onSelect, selected, times = "relative" } = props;
	const say = useWords(words);
	const id = useId();
	useLive(log);
	const scroller = useRef<HTMLDivElement>(null);
	const picture = useRef<Picture>(null);
	picture.current ??= new Picture();
	const shown = picture.current;
	const followed = useRef<Filter>(undefined);
	const isOther = (!isPaused || followed.current !== filter) && shown.follow(log, filter);
	followed.current = filter;
	const [sight, setSight] = useState({ top: 0, height: 600 });
	const [hovered, setHovered] = useState<Exchange | undefined>(undefined);
	const [isAtEnd, setAtEnd] = useState(true);
	/** The line at the upper end, and how far it has gone beyond it: what is looked at stays in its place. */
	const anchor = useRef({ key: 0, offset: 0 });
	/** Where it was scrolled to as far as we know. */
	const lastTop = useRef(0);
	const { rows } = shown;

	useLayoutEffect(() => {
		const element = scroller.current!;
		const observer = new ResizeObserver(() => setSight({ top: element.scrollTop, height: element.clientHeight }));
		observer.observe(element);
		return () => observer.disconnect();
	}, []);
	useLayoutEffect(() => {
		const element = scroller.current!;
		// Somebody has scrolled, and we are about to hear of it: it is as he has it.
		if (Math.abs(element.scrollTop - lastTop.current) > 1) return;
		if (isAtEnd) element.scrollTop = element.scrollHeight;
		else if (isOther) {
			const row = shown.rowOf(anchor.current.key);
			if (row >= 0) element.scrollTop = row * ROW + anchor.current.offset;
		}
		lastTop.current = element.scrollTop;
	});

	const handleScroll = () => {
		const { clientHeight, scrollHeight, scrollTop } = scroller.current!;
		const top = Math.floor(scrollTop / ROW);
		lastTop.current = scrollTop;
		anchor.current = { key: rows[top]?.key ?? 0, offset: scrollTop - top * ROW };
		setSight({ top: scrollTop, height: clientHeight });
		setAtEnd(scrollTop + clientHeight >= scrollHeight - ROW);
	};
	const choose = (row: number) => {
		const line = rows[Math.max(0, Math.min(rows.length - 1, row))];
		if (line === undefined) return;
		const element = scroller.current!;
		const at = rows.indexOf(line) * ROW;
		const room = element.clientHeight - HEAD - ROW;
		if (at < element.scrollTop) element.scrollTop = at;
		else if (at > element.scrollTop + room) element.scrollTop = at - room;
		setAtEnd(false);
		onSelect?.(line);
	};
	const handleKey = (event: KeyboardEvent) => {
		const now = shown.rowOf(selected);
		const page = Math.max(1, Math.floor((sight.height - HEAD) / ROW) - 1);
		const targets: Readonly<Record<string, number>> = {
			ArrowDown: now < 0 ? Math.floor(sight.top / ROW) : now + 1,
			ArrowUp: now < 0 ? rows.length - 1 : now - 1,
			PageDown: now + page,
			PageUp: now - page,
			Home: 0,
			End: rows.length - 1,
		};
		const target = targets[event.key];
		if (target !== undefined) choose(target);
		else if (event.key === "Enter" && now >= 0) onOpen?.();
		else if (event.key === "Escape") onSelect?.(undefined);
		else return;
		event.preventDefault();
	};

	const from = Math.max(0, Math.floor(sight.top / ROW) - SPARE);
	const to = Math.min(rows.length, Math.ceil((sight.top + sight.height) / ROW) + SPARE);
	const { lanes } = filter;
	const selectedRow = shown.rowOf(selected);
	const chosen = rows[selectedRow];
	const own = hovered ?? (chosen?.kind === "packet" ? chosen.exchange : undefined);
	return (
		<div class="packets-diagram" style={{ height }}>
			<div
				ref={scroller}
				class="packets-scroller"
				role="listbox"
				tabIndex={0}
				aria-label={say.title}
				aria-activedescendant={selectedRow >= from && selectedRow < to ? `${id}-${selected}` : undefined}
				onScroll={handleScroll}
				onKeyDown={handleKey}
				onMouseLeave={() => setHovered(undefined)}
			>
				<div class="packets-head" role="presentation">
					<div class="packets-ground">
						{lanes.list.map(lane => (
							<LaneName key={lane.kind + lane.client} lane={lane} />
						))}
					</div>
				</div>
				<div class="packets-rows" role="presentation" style={{ height: `${rows.length * ROW}px` }}>
					<div class="packets-lanes" role="presentation">
						<div class="packets-ground">
							{lanes.list.map(lane => (
								<span key={lane.kind + lane.client} class={`packets-lane ${lane.kind}`} style={{ left: at(lane) }} />
							))}
							{shown.spansIn(from, to).map(span => (
								<SpanBar
									key={span.exchange === undefined ? `c${span.rows[0]}-${span.lane.client}` : span.exchange.number}
									span={span}
									from={from}
									to={to}
									last={rows.length - 1}
									isOwn={span.exchange !== undefined && span.exchange === own}
									lanes={lanes}
								/>
							))}
						</div>
					</div>
					{rows.slice(from, to).map((line, i) => {
						const row = from + i;
						const isOfOwn = line.kind === "packet" && line.exchange !== undefined && line.exchange === own;
						return (
							<div
								key={line.key}
								id={`${id}-${line.key}`}
								class={`packets-row${line.key === selected ? " chosen" : isOfOwn ? " related" : ""}`}
								role="option"
								tabIndex={-1}
								aria-selected={line.key === selected}
								aria-posinset={row + 1}
								aria-setsize={rows.length}
								aria-label={`${timeOf(line, log, times)} ${sentenceOf(line, LINE_WORDS[tongue.language], tongue.language, nameIn(lanes))}`}
								style={{ transform: `translateY(${row * ROW}px)` }}
								onClick={() => {
									onSelect?.(line);
									setAtEnd(false);
									scroller.current!.focus({ preventScroll: true });
								}}
								onKeyDown={undefined}
								onMouseEnter={() => setHovered(line.kind === "packet" ? line.exchange : undefined)}
							>
								<span class="packets-time">{timeOf(line, log, times)}</span>
								<RowBody line={line} lanes={lanes} />
							</div>
						);
					})}
				</div>
			</div>
			{rows.length === 0 && <p class="packets-empty hint">{say.empty}</p>}
			{!isAtEnd && rows.length > 0 && (
				<button
					type="button"
					class="packets-newest primary"
					onClick={() => {
						setAtEnd(true);
						scroller.current!.scrollTop = scroller.current!.scrollHeight;
					}}
				>
					↓ {say.newest}
				</button>
			)}
		</div>
	);
}

function at({ at: fraction }: Lane): string {
	return `${fraction * 100}%`;
}

function timeOf(line: Line, log: Log, times: Times): string {
	return times === "clock" ? clockTime(log.startedAt + line.at) : relativeTime(line.at);
}

/** How that client is called in the diagram. */
export function nameIn(lanes: Lanes): (client: string) => string {
	return client => (lanes.of(client)?.kind === "page" ? LINE_WORDS[tongue.language].page : cleaned(client));
}

function LaneName({ lane }: { readonly lane: Lane }) {
	const say = useWords(words);
	const lines = useWords(LINE_WORDS);
	const names = {
		board: cleaned(lane.client),
		client: cleaned(lane.client),
		boards: say.boards,
		clients: say.clients,
		broker: lines.broker,
		page: lines.page,
	};
	const end = lane.at === 0 ? " first" : lane.at === 1 ? " last" : "";
	return (
		<span class={`packets-name ${lane.kind}${end}`} style={{ left: at(lane) }} title={names[lane.kind]}>
			{names[lane.kind]}
		</span>
	);
}

interface SpanBarProps {
	readonly span: Span;
	readonly from: number;
	readonly to: number;
	/** The last row of all. */
	readonly last: number;
	readonly isOwn: boolean;
	readonly lanes: Lanes;
}

/** Where an arrow lies in its row. */
const ARROW = ROW - 9;

function SpanBar({ from, isOwn, lanes, last, span, to }: SpanBarProps) {
	const { exchange, isOver, lane, rows, track } = span;
	const first = rows[0]!;
	const stop = exchange === undefined && !isOver ? last : rows.at(-1)!;
	const top = Math.max(first, from - 1) * ROW + ARROW;
	const height = Math.min(stop, to + 1) * ROW + ARROW - top;
	if (exchange === undefined)
		return (
			<span
				class="packets-stands"
				style={{ left: at(lane), transform: `translateY(${top}px)`, height: `${height}px` }}
			/>
		);
	if (rows.length < 2) return null;
	// Beside the lane, away from the broker.
	const isLeft = lane.at < lanes.broker.at;
	const distance = 7 + 5 * track;
	return (
		<span
			class={`packets-span packets-tone-${toneOf(exchange)}${isOwn ? " own" : ""}${isLeft ? " left" : " right"}`}
			style={{
				left: `calc(${at(lane)} ${isLeft ? "-" : "+"} ${isLeft ? distance + 1 : distance}px)`,
				transform: `translateY(${top}px)`,
				height: `${height}px`,
			}}
		>
			{rows
				.filter(row => row >= from - 1 && row <= to)
				.map(row => (
					<span
						key={row}
						class="packets-tick"
						style={{ top: `${row * ROW + ARROW - top}px`, width: `${distance}px` }}
					/>
				))}
		</span>
	);
}

function RowBody({ lanes, line }: { readonly lanes: Lanes; readonly line: Line }) {
	const say = useWords(LINE_WORDS);
	const { language } = tongue;
	if (line.kind === "gap" || line.kind === "incident")
		return (
			<span class={`packets-band ${line.kind}${line.kind === "incident" ? ` ${line.incident.event}` : ""}`}>
				<span class="packets-saying">{lineText(line, say, language)}</span>
			</span>
		);
	const lane = lanes.of(line.connection.client);
	if (lane === undefined) return null;
	if (line.kind === "packet") return <Arrow line={line} lane={lane} lanes={lanes} />;
	const isBegin = line.kind === "begin";
	return (
		<span class="packets-area">
			<span class={`packets-point ${isBegin ? "begin" : line.how}`} style={{ left: at(lane) }} aria-hidden="true">
				{isBegin ? "○" : line.how === "reset" ? "⚡" : "✕"}
			</span>
			<span class="packets-label beside" style={placeOfLabel(lane.at, lane.at)}>
				{lane.client === "" && <b>{cleaned(line.connection.client)} </b>}
				{lineText(line, say, language)}
			</span>
		</span>
	);
}

/** Above the arrow, from that end of it on that has more room behind it, up to the last lane there. */
function placeOfLabel(from: number, to: number) {
	const isLeft = (from + to) / 2 <= 0.5;
	const space = "1.6rem";
	return isLeft
		? { left: `${from * 100}%`, maxWidth: `calc(${(1 - from) * 100}% - ${space})` }
		: { right: `${(1 - to) * 100}%`, maxWidth: `calc(${to * 100}% - ${space})` };
}

function Arrow({ lane, lanes, line }: { readonly lane: Lane; readonly lanes: Lanes; readonly line: PacketLine }) {
	const say = useWords(LINE_WORDS);
	const { details, marks, name, subject } = labelOf(line, say);
	const { broker } = lanes;
	const [from, to] = lane.at < broker.at ? [lane.at, broker.at] : [broker.at, lane.at];
	const isRight = line.fromClient === lane.at < broker.at;
	return (
		<span class="packets-area">
			<span class="packets-label" style={placeOfLabel(from, to)}>
				<b class={`packets-tone-${toneOf(line.exchange)}`}>{name}</b>
				{lane.client === "" && <span class="packets-who">{cleaned(line.connection.client)}</span>}
				{marks.map(({ kind, text }) => (
					<span key={text} class={`packets-mark ${kind}`}>
						{text}
					</span>
				))}
				{subject !== "" && <span class="packets-subject">{subject}</span>}
				{details.map(text => (
					<span key={text} class="packets-detail">
						{text}
					</span>
				))}
			</span>
			<span
				class={`packets-arrow packets-tone-${toneOf(line.exchange)} ${isRight ? "right" : "left"}${line.mark === undefined ? "" : " marked"}`}
				style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }}
				aria-hidden="true"
			/>
		</span>
	);
}
