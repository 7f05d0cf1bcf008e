// The tree on the screen: for the mouse, for the arrow keys and for a screen reader; of ten thousand topics only those in sight.

import { useMemo, useState } from "preact/hooks";
import { useLive } from "../live.js";
import { useWords } from "../words.js";
import { shortNumber, timeOfDay } from "./format.js";
import { Rows } from "./rows.js";
import { summaryOf } from "./shape.js";
import type { Node, TopicTree, Value } from "./tree.js";

const words = {
	en: {
		tree: "Topics",
		empty: "(empty level)",
		retained: "retained",
		inside: (topics: number, messages: number) =>
			`${topics.toLocaleString("en")} ${topics === 1 ? "topic" : "topics"}, ${messages.toLocaleString("en")} ${messages === 1 ? "message" : "messages"}`,
		gone: (length: number) => `${length} bytes, not kept`,
		nothing: "Nothing has been published yet, and nothing is retained.",
		nothingFound: "No topic has that in it.",
		topic: "Topic",
		value: "Last value",
		count: "Messages",
		rate: "A minute",
		time: "Time",
	},
	zh: {
		tree: "主题",
		empty: "（空层级）",
		retained: "保留",
		inside: (topics: number, messages: number) =>
			`${topics.toLocaleString("zh")} 个主题，${messages.toLocaleString("zh")} 条消息`,
		gone: (length: number) => `${length} 字节，未保存内容`,
		nothing: "还没有任何发布，也没有保留消息。",
		nothingFound: "没有主题包含这段文字。",
		topic: "主题",
		value: "最新值",
		count: "消息数",
		rate: "每分钟",
		time: "时间",
	},
};

const ROW_HEIGHT = 30;
/** Levels that are moved in: there may be thousands. */
const MOST_INDENT = 12;
/** Places among so many siblings are not counted for a screen reader. */
const MOST_COUNTED = 2000;

const summaries = new WeakMap<Value, string>();

export interface TreeViewProps {
	readonly tree: TopicTree;
	readonly search: string;
	/** The topic, or the beginning of some. */
	readonly selected: string | undefined;
	onSelect(topic: string): void;
}

export function TreeView({ onSelect, search, selected, tree }: TreeViewProps) {
	const say = useWords(words);
	useLive(tree);
	const { version } = tree;
	const rows = useMemo(() => tree.rows(search), [tree, version, search]);
	const [reveal, setReveal] = useState<{ row: number } | undefined>(undefined);
	const active = selected === undefined ? undefined : tree.find(selected);
	const isSearch = search.trim() !== "";
	const now = performance.now();
	const go = (row: number) => {
		const node = rows[Math.max(0, Math.min(rows.length - 1, row))];
		if (node === undefined) return;
		onSelect(node.topic);
		setReveal({ row: rows.indexOf(node) });
	};
	const handleKey = (event: KeyboardEvent) => {
		const at = active === undefined ? -1 : rows.indexOf(active);
		const node = rows[at];
		const page = 12;
		const moves: Readonly<Record<string, () => void>> = {
			ArrowDown: () => go(at + 1),
			ArrowUp: () => go(at - 1),
			PageDown: () => go(at + page),
			PageUp: () => go(at - page),
			Home: () => go(0),
			End: () => go(rows.length - 1),
			ArrowRight: () => {
				if (node === undefined || node.children.length === 0) return;
				if (node.isOpen || isSearch) go(at + 1);
				else tree.open(node, true);
			},
			ArrowLeft: () => {
				if (node === undefined) return;
				if (node.children.length > 0 && node.isOpen && !isSearch) tree.open(node, false);
				else if (node.parent!.parent !== undefined) go(rows.indexOf(node.parent!));
			},
			Enter: () => {
				if (node !== undefined) tree.open(node, !node.isOpen);
			},
		};
		const move = event.ctrlKey || event.altKey || event.metaKey ? undefined : moves[event.key];
		if (move === undefined) return;
		event.preventDefault();
		move();
	};
	const idOf = (node: Node) => `topics-node-${rows.indexOf(node)}`;
	return (
		<div class="topics-tree-box">
			<div class="topics-row topics-head" aria-hidden="true">
				<span>{say.topic}</span>
				<span>{say.value}</span>
				<span class="topics-wide topics-number">{say.count}</span>
				<span class="topics-wide topics-number">{say.rate}</span>
				<span class="topics-wide topics-number">{say.time}</span>
			</div>
			<Rows
				class="topics-tree"
				role="tree"
				tabIndex={0}
				aria-label={say.tree}
				aria-activedescendant={active === undefined || !rows.includes(active) ? undefined : idOf(active)}
				onKeyDown={handleKey}
				count={rows.length}
				rowHeight={ROW_HEIGHT}
				reveal={reveal}
				row={(i, top) => {
					const node = rows[i]!;
					const siblings = node.parent!.children;
					const isInner = node.children.length > 0;
					const isOpen = node.isOpen || isSearch;
					return (
						// biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys
						<div
							key={node.topic}
							id={`topics-node-${i}`}
							class={`topics-row ${node === active ? "topics-active" : ""}`}
							role="treeitem"
							tabIndex={-1}
							aria-level={node.depth}
							aria-expanded={isInner ? isOpen : undefined}
							aria-selected={node === active}
							aria-setsize={siblings.length}
							aria-posinset={siblings.length > MOST_COUNTED ? undefined : siblings.indexOf(node) + 1}
							style={{ top: `${top}px`, height: `${ROW_HEIGHT}px` }}
							onClick={() => onSelect(node.topic)}
						>
							<span class="topics-level" style={{ paddingLeft: `${Math.min(node.depth - 1, MOST_INDENT) * 1.1}rem` }}>
								<span
									class={`topics-arrow ${isInner ? (isOpen ? "topics-open" : "topics-closed") : ""}`}
									aria-hidden="true"
									onClick={event => {
										if (!isInner || isSearch) return;
										event.stopPropagation();
										tree.open(node, !node.isOpen);
									}}
								/>
								{node.level === "" ? (
									<i class="hint">{say.empty}</i>
								) : (
									<span class="topics-name">{harmlessName(node.level)}</span>
								)}
							</span>
							<span class="topics-value">
								{node.isRetained && <span class="topics-mark">{say.retained}</span>}
								{node.value === undefined ? (
									<span class="hint topics-more">{say.inside(node.topics, node.messages)}</span>
								) : (
									<span class="mono">{textOf(node.value, say.gone)}</span>
								)}
							</span>
							<span class="topics-wide topics-number">{node.count > 0 && node.count.toLocaleString("en")}</span>
							<span class="topics-wide topics-number">{rateText(node, now)}</span>
							<span class="topics-wide topics-number">{node.value !== undefined && timeOfDay(node.value.at)}</span>
						</div>
					);
				}}
			/>
			{rows.length === 0 && <p class="hint topics-none">{isSearch ? say.nothingFound : say.nothing}</p>}
		</div>
	);
}

function harmlessName(level: string): string {
	return level.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "\u{fffd}");
}

/** Of two or three, nobody can say yet. */
const LEAST_COUNT = 4;

function rateText({ count, rate }: Node, now: number): string {
	const perMinute = count < LEAST_COUNT ? undefined : rate?.perMinute(now);
	return perMinute === undefined ? "" : shortNumber(perMinute);
}

function textOf(value: Value | undefined, gone: (length: number) => string): string {
	if (value === undefined) return "";
	if (value.payload === undefined) return gone(value.length);
	let text = summaries.get(value);
	if (text === undefined) {
		text = summaryOf(value.payload);
		summaries.set(value, text);
	}
	return text;
}
