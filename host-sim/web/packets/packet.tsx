// A packet, bit by bit: what it is a part of, its fields with their values, bytes and sections of the standard, and all of its bytes.
// Who points at a field sees its bytes, and the other way round.

import { useMemo, useRef, useState } from "preact/hooks";
import type { Version } from "../../checker/statements.js";
import { dissect } from "../../inspect/dissect.js";
import type { Fault } from "../../inspect/field.js";
import { pairsOf } from "../../inspect/hex.js";
import { linkOf } from "../../inspect/section.js";
import { useLive } from "../live.js";
import { tongue, useWords } from "../words.js";
import { type FieldRow, type Range, rangeOf, rowsAt, rowsOf, secretsIn } from "./bits.js";
import type { PacketLine } from "./follow.js";
import type { Log } from "./log.js";
import { meaningOf } from "./meaning.js";
import { formsOf } from "./payload.js";
import "./packets.css";
import { placeOf, toneOf } from "./step.js";
import { cleanedLong, clockTime, LINE_WORDS, relativeTime } from "./text.js";

const words = {
	en: {
		packet: "Packet",
		close: "Close",
		bytes: (count: number) => `${count} ${count === 1 ? "byte" : "bytes"}`,
		connection: (number: number) => `connection ${number}`,
		guess: "the version is a guess: its CONNECT has not been seen",
		masked: "What is secret has been replaced by asterisks before anybody saw it.",
		partial: "These bytes are no whole packet.",
		part: "Part of",
		kinds: {
			connect: "connecting",
			message: "a message",
			subscribe: "subscribing",
			unsubscribe: "unsubscribing",
			ping: "a ping",
			auth: "an authentication",
			disconnect: "a goodbye",
			stray: "nothing: nobody has asked for it",
		},
		step: (step: number, count: number) => `step ${step} of ${count}`,
		after: (ms: string, name: string) => `${ms} after ${name}`,
		states: { open: "under way", done: "done", refused: "refused", unanswered: "without an answer" },
		times: (count: number) => `${count} times`,
		missing: "not yet",
		field: "Field",
		value: "Value",
		raw: "Bytes",
		standard: "Standard",
		section: (section: string, version: string) => `Section ${section} of MQTT ${version}`,
		wrong: "What is wrong with it",
		fields: "Fields",
		all: "Bytes",
		dump: "All bytes; the arrow keys go from one to the next",
		byteIs: (at: number, hex: string, names: string) => `byte ${at}, 0x${hex}: ${names}`,
		more: (count: number) => `… ${count} more`,
		showMore: "Show more",
		copy: "Copy hex",
		copied: "Copied",
		payload: "Payload",
		forms: { json: "JSON", text: "Text", hex: "Hex" },
		cut: "Only the beginning of it is shown.",
		noText: "This is no text.",
		empty: "It is empty.",
	},
	zh: {
		packet: "报文",
		close: "关闭",
		bytes: (count: number) => `${count} 字节`,
		connection: (number: number) => `连接 ${number}`,
		guess: "版本为推测：没有看到它的 CONNECT",
		masked: "机密内容在任何人看到之前已替换为星号。",
		partial: "这些字节不是完整的报文。",
		part: "所属过程",
		kinds: {
			connect: "建立连接",
			message: "一条消息",
			subscribe: "订阅",
			unsubscribe: "取消订阅",
			ping: "心跳",
			auth: "认证",
			disconnect: "断开连接",
			stray: "无：没有对应的请求",
		},
		step: (step: number, count: number) => `第 ${step} 步，共 ${count} 步`,
		after: (ms: string, name: string) => `在 ${name} 之后 ${ms}`,
		states: { open: "进行中", done: "已完成", refused: "被拒绝", unanswered: "没有应答" },
		times: (count: number) => `${count} 次`,
		missing: "尚未出现",
		field: "字段",
		value: "值",
		raw: "字节",
		standard: "标准",
		section: (section: string, version: string) => `MQTT ${version} 第 ${section} 节`,
		wrong: "错误之处",
		fields: "字段",
		all: "字节",
		dump: "全部字节；用方向键逐个移动",
		byteIs: (at: number, hex: string, names: string) => `第 ${at} 字节，0x${hex}：${names}`,
		more: (count: number) => `… 还有 ${count} 个`,
		showMore: "显示更多",
		copy: "复制十六进制",
		copied: "已复制",
		payload: "载荷",
		forms: { json: "JSON", text: "文本", hex: "十六进制" },
		cut: "只显示开头部分。",
		noText: "这不是文本。",
		empty: "载荷为空。",
	},
};

export interface PacketPanelProps {
	readonly log: Log;
	readonly line: PacketLine;
	/** How a client is called. */
	nameOf(client: string): string;
	/** To another packet of the exchange, by the key of its line. */
	onJump?(key: number): void;
	onClose?(): void;
}

export function PacketPanel({ line, log, nameOf, onClose, onJump }: PacketPanelProps) {
	const say = useWords(words);
	const lines = useWords(LINE_WORDS);
	// What it is a part of goes on.
	useLive(log);
	const { at, bytes, connection, fromClient, masked, partial, summary, version } = line;
	const [from, to] = fromClient ? [nameOf(connection.client), lines.broker] : [lines.broker, nameOf(connection.client)];
	return (
		<section class="packets-panel" aria-label={`${say.packet} ${summary.name}`}>
			<header>
				<h2 class={`packets-tone-${toneOf(line.exchange)}`} tabIndex={-1}>
					{partial ? say.packet : summary.name}
				</h2>
				<p class="packets-facts">
					<span>
						{from} → {to}
					</span>
					<span>{relativeTime(at)} s</span>
					<span>{clockTime(log.startedAt + at)}</span>
					<span>{say.bytes(bytes.length)}</span>
					<span>MQTT {version}</span>
					<span>{say.connection(connection.number)}</span>
				</p>
				{onClose !== undefined && (
					<button type="button" class="packets-close" aria-label={say.close} onClick={onClose}>
						✕
					</button>
				)}
			</header>
			{connection.source === "guess" && <p class="hint">{say.guess}</p>}
			{partial && <p class="wrong">{say.partial}</p>}
			<Course line={line} onJump={onJump} />
			<Dissected key={line.key} bytes={bytes} version={version} fromClient={fromClient} />
			{masked && <p class="hint">{say.masked}</p>}
		</section>
	);
}

/** The exchange as it has gone so far. */
function Course({ line, onJump }: { readonly line: PacketLine; readonly onJump: ((key: number) => void) | undefined }) {
	const say = useWords(words);
	const lines = useWords(LINE_WORDS);
	const place = placeOf(line);
	if (place === undefined) return null;
	const { course, exchange, previous, sinceMs, step } = place;
	const ms = sinceMs < 10_000 ? `${Math.round(sinceMs * 10) / 10} ms` : `${Math.round(sinceMs / 100) / 10} s`;
	const text = [
		exchange.kind === "message" ? `QoS ${exchange.qos}` : say.kinds[exchange.kind],
		...(step > 0 && course.length > 1 ? [say.step(step, course.length)] : []),
		...(previous === undefined ? [] : [say.after(ms, previous.name)]),
		...(line.mark === undefined ? [] : [lines[line.mark]]),
		say.states[exchange.state],
	].join(" · ");
	return (
		<div class={`packets-course packets-tone-${toneOf(exchange)}`}>
			<p>{text}</p>
			{course.length > 1 && (
				<ol>
					{course.map(({ name, steps }) => {
						const isHere = steps.some(({ packet }) => packet === line.key);
						const last = steps.at(-1);
						// Again and again at the same button one gets through all of them.
						const now = steps.findIndex(({ packet }) => packet === line.key);
						const next = steps[(now + 1) % Math.max(1, steps.length)];
						return (
							<li key={name}>
								<button
									type="button"
									class="packets-small"
									disabled={last === undefined}
									aria-current={isHere ? "step" : undefined}
									onClick={() => next !== undefined && onJump?.(next.packet)}
								>
									{name}
									{steps.length > 1 && <small> {say.times(steps.length)}</small>}
									{last === undefined && exchange.state === "open" && <small> {say.missing}</small>}
								</button>
							</li>
						);
					})}
				</ol>
			)}
		</div>
	);
}

export interface DissectedProps {
	readonly bytes: Uint8Array;
	readonly version: Version;
	/** Absent where it is not known who has sent it. */
	readonly fromClient?: boolean;
	readonly showsSecrets?: boolean;
}

/** The fields and bytes of one packet. */
export function Dissected({ bytes, fromClient, showsSecrets = false, version }: DissectedProps) {
	const say = useWords(words);
	const { found, rows, secrets } = useMemo(() => {
		const dissection = dissect(bytes, { version, fromClient, showsSecrets });
		const { fields } = dissection;
		return { found: dissection, rows: rowsOf(fields, bytes), secrets: secretsIn(fields) };
	}, [bytes, version, fromClient, showsSecrets]);
	const [pointed, setPointed] = useState<Range | undefined>(undefined);
	return (
		<>
			{found.faults.length > 0 && (
				<div class="packets-faults" role="note" aria-label={say.wrong}>
					<ul>
						{found.faults.map(fault => (
							<li key={fault.text}>
								<FaultText fault={fault} />
							</li>
						))}
					</ul>
				</div>
			)}
			<FieldTable rows={rows} version={found.version} pointed={pointed} onPoint={setPointed} />
			<Dump bytes={bytes} rows={rows} secrets={secrets} pointed={pointed} onPoint={setPointed} />
			<Payload bytes={bytes} rows={rows} />
		</>
	);
}

function FaultText({ fault: { statement, text } }: { readonly fault: Fault }) {
	return (
		<>
			{cleanedLong(text)}
			{statement !== "" && <code> [{statement}]</code>}
		</>
	);
}

interface Pointing {
	readonly rows: readonly FieldRow[];
	readonly pointed: Range | undefined;
	onPoint(range: Range | undefined): void;
}

function FieldTable({ onPoint, pointed, rows, version }: Pointing & { readonly version: Version }) {
	const say = useWords(words);
	return (
		<table class="packets-fields" onMouseLeave={() => onPoint(undefined)}>
			<caption class="quiet">{say.fields}</caption>
			<thead>
				<tr>
					<th scope="col">{say.field}</th>
					<th scope="col">{say.value}</th>
					<th scope="col">{say.raw}</th>
					<th scope="col">§</th>
				</tr>
			</thead>
			<tbody>
				{rows.map((row, i) => {
					const range = rangeOf(row);
					const isPointed =
						pointed !== undefined &&
						row.field.fields === undefined &&
						range.from < pointed.to &&
						range.to > pointed.from &&
						range.to - range.from > 0;
					return (
						<FieldLine
							// Fields have no names of their own: the same may stand twice.
							key={i}
							row={row}
							version={version}
							isPointed={isPointed}
							onPoint={() => onPoint(range)}
						/>
					);
				})}
			</tbody>
		</table>
	);
}

interface FieldLineProps {
	readonly row: FieldRow;
	readonly version: Version;
	readonly isPointed: boolean;
	onPoint(): void;
}

function FieldLine({ isPointed, onPoint, row, version }: FieldLineProps) {
	const say = useWords(words);
	const { bits, depth, field, hex, more } = row;
	const { faults = [], fields, name, note, section, value } = field;
	const { language } = tongue;
	const kind = fields === undefined ? "leaf" : depth === 0 ? "chapter" : "group";
	return (
		<tr
			class={`${kind}${isPointed ? " pointed" : ""}${faults.length > 0 ? " faulty" : ""}`}
			onMouseEnter={onPoint}
			onFocusCapture={onPoint}
		>
			<th scope="row" style={{ paddingLeft: `${0.5 + depth * 0.8}rem` }}>
				{meaningOf(name, language)}
			</th>
			<td class="packets-value">
				{value !== "" && <span>{cleanedLong(value)}</span>}
				{note !== undefined && note !== "" && <small>{meaningOf(note, language)}</small>}
				{faults.map(fault => (
					<small key={fault.text} class="wrong">
						<FaultText fault={fault} />
					</small>
				))}
			</td>
			<td class="packets-raw">
				{bits !== undefined ? (
					<span
						class="packets-bits"
						role="img"
						aria-label={bits.map(({ digit, isOwn }) => (isOwn ? digit : "·")).join("")}
					>
						{bits.map(({ digit, isOwn }, i) => (
							<span key={i} class={`packets-bit${isOwn ? " own" : ""}`}>
								{digit}
							</span>
						))}
					</span>
				) : hex === "" ? null : (
					<code>
						{hex}
						{more > 0 && <small> {say.more(more)}</small>}
					</code>
				)}
			</td>
			<td class="packets-link">
				<a
					href={linkOf(section, version)}
					target="_blank"
					rel="noopener noreferrer"
					aria-label={`${name}: ${say.section(section, version)}`}
					title={say.section(section, version)}
				>
					{section}
				</a>
			</td>
		</tr>
	);
}

/** Bytes of a line of the dump, and how many of them are shown before somebody asks for more. */
const LINE = 16;
const SHOWN = 1024;
const SHOWN_MORE = 4096;

function Dump({
	bytes,
	onPoint,
	pointed,
	rows,
	secrets,
}: Pointing & { readonly bytes: Uint8Array; readonly secrets: readonly Range[] }) {
	const say = useWords(words);
	const [count, setCount] = useState(SHOWN);
	const [cursor, setCursor] = useState<number | undefined>(undefined);
	const [isCopied, setCopied] = useState(false);
	const shown = Math.min(bytes.length, count);
	const dump = useRef<HTMLDivElement>(null);
	const isSecret = (at: number) => secrets.some(({ from, to }) => at >= from && at < to);
	const pointAt = (at: number) => {
		const [leaf] = rowsAt(rows, at);
		onPoint(leaf === undefined ? { from: at, to: at + 1 } : rangeOf(rows[leaf]!));
	};
	const handleKey = (event: KeyboardEvent) => {
		const steps: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -LINE, ArrowDown: LINE };
		const step = steps[event.key];
		if (step === undefined) return;
		event.preventDefault();
		const next = Math.max(0, Math.min(shown - 1, cursor === undefined ? 0 : cursor + step));
		setCursor(next);
		pointAt(next);
	};
	const handlePointer = ({ target }: Event) => {
		const at = (target as HTMLElement).dataset["at"];
		if (at !== undefined) pointAt(Number(at));
	};
	const text = (at: number) => (isSecret(at) ? "··" : pairsOf(bytes.subarray(at, at + 1)));
	const names =
		cursor === undefined
			? ""
			: say.byteIs(
					cursor,
					text(cursor),
					rowsAt(rows, cursor)
						.map(i => rows[i]!.field.name)
						.join(", "),
				);
	return (
		<section class="packets-dump" aria-label={say.all}>
			<h3>
				{say.all}
				<button
					type="button"
					class="packets-small"
					onClick={() => copy(hexOf(bytes, secrets), dump.current!).then(setCopied)}
				>
					{isCopied ? say.copied : say.copy}
				</button>
			</h3>
			<div
				ref={dump}
				class="packets-bytes"
				role="application"
				// biome-ignore lint/a11y/noNoninteractiveTabindex: in it one goes from byte to byte with the arrow keys
				tabIndex={0}
				aria-label={say.dump}
				onKeyDown={handleKey}
				onMouseOver={handlePointer}
				onFocus={() => cursor !== undefined && pointAt(cursor)}
				onMouseLeave={() => onPoint(undefined)}
			>
				{Array.from({ length: Math.ceil(shown / LINE) }, (_, line) => {
					const from = line * LINE;
					const to = Math.min(shown, from + LINE);
					const indices = Array.from({ length: to - from }, (_, i) => from + i);
					return (
						<div key={from}>
							<span class="packets-offset">{from.toString(16).padStart(4, "0")}</span>
							<span class="packets-hex">
								{indices.map(at => (
									<span key={at} data-at={at} class={classOf(at, pointed, cursor)}>
										{text(at)}
									</span>
								))}
							</span>
							<span class="packets-ascii" aria-hidden="true">
								{indices.map(at => (
									<span key={at} data-at={at} class={classOf(at, pointed, cursor)}>
										{isSecret(at) ? "·" : asciiOf(bytes[at]!)}
									</span>
								))}
							</span>
						</div>
					);
				})}
			</div>
			<p class="quiet" aria-live="polite">
				{names}
			</p>
			{shown < bytes.length && (
				<p class="row">
					<span class="hint">{say.more(bytes.length - shown)}</span>
					<button type="button" onClick={() => setCount(count + SHOWN_MORE)}>
						{say.showMore}
					</button>
				</p>
			)}
		</section>
	);
}

function classOf(at: number, pointed: Range | undefined, cursor: number | undefined): string {
	const isPointed = pointed !== undefined && at >= pointed.from && at < pointed.to;
	return `${isPointed ? "pointed" : ""}${at === cursor ? " cursor" : ""}`;
}

function asciiOf(byte: number): string {
	return byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : byte === 0x20 ? "\u00a0" : "·";
}

/** What must not get out does not get out this way: asterisks stand for it. */
function hexOf(bytes: Uint8Array, secrets: readonly Range[]): string {
	const copied = bytes.slice();
	for (const { from, to } of secrets) copied.fill(0x2a, from, to);
	return pairsOf(copied);
}

/** Without TLS a page has no clipboard, but for what is selected in it. */
async function copy(text: string, beside: HTMLElement): Promise<boolean> {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		const area = document.createElement("textarea");
		area.value = text;
		area.className = "quiet";
		beside.append(area);
		area.select();
		const isDone = document.execCommand("copy");
		area.remove();
		return isDone;
	}
}

type Form = "json" | "text" | "hex";

function Payload({ bytes, rows }: { readonly bytes: Uint8Array; readonly rows: readonly FieldRow[] }) {
	const say = useWords(words);
	const [wanted, setWanted] = useState<Form | undefined>(undefined);
	const field = rows.find(
		({ depth, field: { fields, name } }) => depth === 0 && name === "Payload" && fields === undefined,
	)?.field;
	if (field === undefined) return null;
	const payload = bytes.subarray(field.at, field.at + field.length);
	const { isCut, json, text } = formsOf(payload);
	const forms: readonly Form[] = [
		...(json === undefined ? [] : ["json" as const]),
		...(text === undefined ? [] : ["text" as const]),
		"hex",
	];
	const form = wanted !== undefined && forms.includes(wanted) ? wanted : forms[0]!;
	return (
		<section class="packets-payload" aria-label={say.payload}>
			<h3>
				{say.payload}
				<span class="packets-choices">
					{forms.map(each => (
						<button
							key={each}
							type="button"
							class="packets-small"
							aria-pressed={each === form}
							onClick={() => setWanted(each)}
						>
							{say.forms[each]}
						</button>
					))}
				</span>
			</h3>
			{payload.length === 0 ? (
				<p class="hint">{say.empty}</p>
			) : (
				// biome-ignore lint/a11y/noNoninteractiveTabindex: what is long is scrolled, by keyboard too
				<pre tabIndex={0}>
					{form === "json"
						? json
						: form === "text"
							? text
							: pairsOf(payload.subarray(0, SHOWN_MORE)).replaceAll(/..(?=.)/gu, "$& ")}
				</pre>
			)}
			{(form === "hex" ? payload.length > SHOWN_MORE : isCut) && <p class="hint">{say.cut}</p>}
		</section>
	);
}
