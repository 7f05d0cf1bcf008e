// What is known of one topic: its value, what it was before, what the broker keeps of it.

import { useEffect, useRef, useState } from "preact/hooks";
import { useLive } from "../live.js";
import type { Link } from "../model/link.js";
import { useWords } from "../words.js";
import { shortNumber, timeOfDay } from "./format.js";
import { Payload, Properties } from "./payload.js";
import { harmless, summaryOf } from "./shape.js";
import type { TopicTree, Value } from "./tree.js";

const words = {
	en: {
		none: "Choose a topic to see its value, its properties and what it was before.",
		gone: "There is no such topic (any more).",
		messages: (count: number) => `${count.toLocaleString("en")} ${count === 1 ? "message" : "messages"}`,
		minute: (rate: string) => `${rate} a minute`,
		inside: (topics: number) => `${topics.toLocaleString("en")} ${topics === 1 ? "topic" : "topics"} here and below`,
		retained: "retained",
		notKept: (length: number) => `${length} bytes, for which there was no room.`,
		before: "What it was",
		newest: "Back to the newest",
		publish: "Publish to it",
		subscribe: "Subscribe to it",
		subscribeBelow: "Subscribe to all below",
		clear: "Clear retained",
		clearTitle: "Clear the retained message?",
		clearWhy:
			"An empty retained message is published to this topic. The broker then forgets what it has kept, for everybody.",
		clearYes: "Clear it",
		cancel: "Cancel",
		cleared: "The broker has forgotten it.",
		notCleared: "Not cleared:",
	},
	zh: {
		none: "选择一个主题，查看它的值、属性和历史。",
		gone: "（已）没有这个主题。",
		messages: (count: number) => `${count.toLocaleString("zh")} 条消息`,
		minute: (rate: string) => `每分钟 ${rate} 条`,
		inside: (topics: number) => `此处及以下共 ${topics.toLocaleString("zh")} 个主题`,
		retained: "保留",
		notKept: (length: number) => `${length} 字节，没有空间保存。`,
		before: "历史",
		newest: "回到最新值",
		publish: "向它发布",
		subscribe: "订阅它",
		subscribeBelow: "订阅其下全部",
		clear: "清除保留消息",
		clearTitle: "清除保留消息？",
		clearWhy: "将向该主题发布一条空的保留消息，代理随即丢弃它所保留的内容，对所有客户端都生效。",
		clearYes: "清除",
		cancel: "取消",
		cleared: "代理已丢弃保留消息。",
		notCleared: "未能清除：",
	},
};

export interface DetailProps {
	readonly tree: TopicTree;
	readonly link: Link;
	readonly topic: string | undefined;
	onPublish(topic: string): void;
	onSubscribe(filter: string): void;
}

export function Detail({ link, onPublish, onSubscribe, topic, tree }: DetailProps) {
	const say = useWords(words);
	useLive(tree);
	const [older, setOlder] = useState<Value | undefined>(undefined);
	const [isClearing, setClearing] = useState(false);
	const [outcome, setOutcome] = useState<string | undefined>(undefined);
	useEffect(() => {
		setOlder(undefined);
		setOutcome(undefined);
	}, [topic]);
	const node = topic === undefined ? undefined : tree.find(topic);
	if (topic === undefined) return <p class="hint">{say.none}</p>;
	const clear = async () => {
		setClearing(false);
		const refused = await link.publish(topic, new Uint8Array(0), { qos: 1, retain: true });
		setOutcome(refused === undefined ? say.cleared : `${say.notCleared} ${refused}`);
	};
	const values = node?.values ?? [];
	const isOlder = older !== undefined && values.includes(older);
	const value = isOlder ? older : node?.value;
	const perMinute = node === undefined || node.count < 4 ? undefined : node.rate?.perMinute(performance.now());
	return (
		<>
			<h2 class="mono topics-topic">{harmless(topic)}</h2>
			{node === undefined ? (
				<p class="hint">{say.gone}</p>
			) : (
				<p class="row hint topics-facts">
					{node.count > 0 && <span>{say.messages(node.count)}</span>}
					{perMinute !== undefined && <span>{say.minute(shortNumber(perMinute))}</span>}
					{node.children.length > 0 && <span>{say.inside(node.topics)}</span>}
				</p>
			)}
			{value !== undefined && (
				<>
					<p class="row topics-facts">
						<span class="topics-number">{timeOfDay(value.at)}</span>
						<span>QoS {value.qos}</span>
						{value.retain && <span class="topics-mark">{say.retained}</span>}
						{isOlder && (
							<button type="button" onClick={() => setOlder(undefined)}>
								{say.newest}
							</button>
						)}
					</p>
					{value.payload === undefined ? (
						<p class="hint">{say.notKept(value.length)}</p>
					) : (
						<Payload payload={value.payload} />
					)}
					<Properties properties={value.properties} />
				</>
			)}
			{node !== undefined && (
				<p class="row">
					{node.count > 0 && (
						<button type="button" onClick={() => onPublish(topic)}>
							{say.publish}
						</button>
					)}
					<button type="button" onClick={() => onSubscribe(node.count > 0 ? topic : `${topic}/#`)}>
						{node.count > 0 ? say.subscribe : say.subscribeBelow}
					</button>
					{node.isRetained && (
						<button type="button" class="topics-danger" onClick={() => setClearing(true)}>
							{say.clear}
						</button>
					)}
				</p>
			)}
			<p role="status" class="topics-outcome">
				{outcome}
			</p>
			{values.length > 1 && (
				<>
					<h3>{say.before}</h3>
					<ol class="topics-history">
						{[...values].reverse().map((each, i) => (
							<li key={`${each.at} ${values.length - i}`}>
								<button type="button" aria-pressed={each === value} onClick={() => setOlder(each)}>
									<span class="topics-number">{timeOfDay(each.at)}</span>
									<span class="hint">QoS {each.qos}</span>
									{each.retain && <span class="topics-mark">{say.retained}</span>}
									<span class="mono topics-cut">
										{each.payload === undefined ? say.notKept(each.length) : summaryOf(each.payload)}
									</span>
								</button>
							</li>
						))}
					</ol>
				</>
			)}
			{isClearing && <ClearDialog topic={topic} onYes={clear} onClose={() => setClearing(false)} />}
		</>
	);
}

interface ClearDialogProps {
	readonly topic: string;
	onYes(): void;
	onClose(): void;
}

function ClearDialog({ onClose, onYes, topic }: ClearDialogProps) {
	const say = useWords(words);
	const dialog = useRef<HTMLDialogElement>(null);
	useEffect(() => dialog.current?.showModal(), []);
	return (
		<dialog ref={dialog} class="sheet" onClose={onClose} aria-labelledby="topics-clear">
			<h2 id="topics-clear">{say.clearTitle}</h2>
			<p class="mono topics-topic">{harmless(topic)}</p>
			<p>{say.clearWhy}</p>
			<p class="row">
				<button type="button" class="primary" onClick={onYes}>
					{say.clearYes}
				</button>
				<button type="button" onClick={() => dialog.current?.close()}>
					{say.cancel}
				</button>
			</p>
		</dialog>
	);
}
