// Subscribing from the page, and what comes of it.

import { useState } from "preact/hooks";
import type { SubscribeOptions } from "../../../firmware/mqtt/client.js";
import { Misuse } from "../../../firmware/mqtt/error.js";
import { sentence } from "../../sentence.js";
import { useLive } from "../live.js";
import type { Link } from "../model/link.js";
import { useWords } from "../words.js";
import { type FilterProblem, filterProblem } from "./draft.js";
import { timeOfDay } from "./format.js";
import type { Asked, Inbox, Received } from "./inbox.js";
import { Payload, Properties } from "./payload.js";
import { PROBLEMS } from "./problem.js";
import { Rows } from "./rows.js";
import { harmless, summaryOf } from "./shape.js";

const words = {
	en: {
		title: "Subscribe",
		filter: "Topic filter",
		qos: "QoS",
		noLocal: "No local",
		asPublished: "Retain as published",
		handling: "Retained messages",
		handlings: ["always", "if new", "never"],
		send: "Subscribe",
		onlyFive: "No local, retain as published and retain handling are MQTT 5.0's.",
		list: "Subscriptions",
		granted: (qos: number) => `granted QoS ${qos}`,
		waiting: "not answered yet",
		refused: "refused:",
		count: (count: number) => `${count.toLocaleString("en")} ${count === 1 ? "message" : "messages"}`,
		end: "Unsubscribe",
		endOf: "Unsubscribe from",
		messages: "Messages that came",
		pause: "Pause",
		go: "Go on",
		clear: "Clear",
		passed: (count: number) => `${count.toLocaleString("en")} more have come since.`,
		forgotten: (count: number) => `${count.toLocaleString("en")} older ones are not kept.`,
		none: "None yet.",
		retained: "retained",
		close: "Close",
		problems: PROBLEMS.en,
	},
	zh: {
		title: "订阅",
		filter: "主题过滤器",
		qos: "QoS",
		noLocal: "No Local（不接收自己发布的）",
		asPublished: "按发布时的保留标志",
		handling: "保留消息",
		handlings: ["总是发送", "仅新订阅时", "从不发送"],
		send: "订阅",
		onlyFive: "No Local、保留标志和保留消息处理属于 MQTT 5.0。",
		list: "订阅列表",
		granted: (qos: number) => `授予 QoS ${qos}`,
		waiting: "尚未应答",
		refused: "被拒绝：",
		count: (count: number) => `${count.toLocaleString("zh")} 条消息`,
		end: "取消订阅",
		endOf: "取消订阅",
		messages: "收到的消息",
		pause: "暂停",
		go: "继续",
		clear: "清空",
		passed: (count: number) => `此后又来了 ${count.toLocaleString("zh")} 条。`,
		forgotten: (count: number) => `更早的 ${count.toLocaleString("zh")} 条未保存。`,
		none: "还没有。",
		retained: "保留",
		close: "关闭",
		problems: PROBLEMS.zh,
	},
};

const ROW_HEIGHT = 46;
/** From here on it is a reason, not a QoS. */
const LEAST_REASON = 3;

export interface SubscribePanelProps {
	readonly link: Link;
	readonly inbox: Inbox;
	readonly filter: string;
	onFilter(filter: string): void;
}

export function SubscribePanel({ filter, inbox, link, onFilter }: SubscribePanelProps) {
	const say = useWords(words);
	useLive(inbox);
	const isFive = link.destination?.version === "5.0";
	const [wrong, setWrong] = useState<FilterProblem | string | undefined>(undefined);
	const [options, setOptions] = useState<
		Required<Pick<SubscribeOptions, "qos" | "noLocal" | "retainAsPublished" | "retainHandling">>
	>({
		qos: 1,
		noLocal: false,
		retainAsPublished: false,
		retainHandling: 0,
	});
	const set = (part: Partial<typeof options>) => setOptions({ ...options, ...part });
	const subscribe = (event: Event) => {
		event.preventDefault();
		const problem = filterProblem(filter, isFive && options.noLocal);
		setWrong(problem);
		if (problem !== undefined) return;
		try {
			inbox.subscribe(filter, isFive ? options : { qos: options.qos });
		} catch (error) {
			if (!(error instanceof Misuse)) throw error;
			setWrong(error.message);
		}
	};
	return (
		<details class="panel topics-fold" open>
			<summary>{say.title}</summary>
			<form onSubmit={subscribe} class="topics-form" noValidate>
				<label class="field">
					{say.filter}
					<input
						class="mono"
						autocomplete="off"
						spellcheck={false}
						placeholder="thimble/+/telemetry"
						value={filter}
						onInput={({ currentTarget }) => {
							setWrong(undefined);
							onFilter(currentTarget.value);
						}}
						{...(wrong !== undefined && { "aria-invalid": true, "aria-describedby": "topics-filter-wrong" })}
					/>
					{wrong !== undefined && (
						<span id="topics-filter-wrong" class="wrong" role="alert">
							{Object.hasOwn(say.problems, wrong) ? say.problems[wrong as FilterProblem] : wrong}
						</span>
					)}
				</label>
				<div class="row">
					<label class="row">
						{say.qos}
						<select value={options.qos} onChange={({ currentTarget }) => set({ qos: Number(currentTarget.value) })}>
							<option>0</option>
							<option>1</option>
							<option>2</option>
						</select>
					</label>
					<button type="submit" class="primary topics-send">
						{say.send}
					</button>
				</div>
				<fieldset disabled={!isFive} class="topics-set row">
					<label class="row">
						<input
							type="checkbox"
							checked={options.noLocal}
							onChange={({ currentTarget }) => set({ noLocal: currentTarget.checked })}
						/>
						{say.noLocal}
					</label>
					<label class="row">
						<input
							type="checkbox"
							checked={options.retainAsPublished}
							onChange={({ currentTarget }) => set({ retainAsPublished: currentTarget.checked })}
						/>
						{say.asPublished}
					</label>
					<label class="row">
						{say.handling}
						<select
							value={options.retainHandling}
							onChange={({ currentTarget }) => set({ retainHandling: Number(currentTarget.value) as 0 | 1 | 2 })}
						>
							{say.handlings.map((each, i) => (
								<option key={each} value={i}>
									{each}
								</option>
							))}
						</select>
					</label>
				</fieldset>
				{!isFive && <p class="hint">{say.onlyFive}</p>}
			</form>
			{inbox.asked.length > 0 && (
				<ul class="topics-asked" aria-label={say.list}>
					{inbox.asked.map(each => (
						<Subscribed key={each.id} asked={each} link={link} onEnd={() => inbox.unsubscribe(each.id)} />
					))}
				</ul>
			)}
			{(inbox.asked.length > 0 || inbox.messages.length > 0) && <Messages inbox={inbox} />}
		</details>
	);
}

interface SubscribedProps {
	readonly asked: Asked;
	readonly link: Link;
	onEnd(): void;
}

function Subscribed({ asked, link, onEnd }: SubscribedProps) {
	const say = useWords(words);
	useLive(link);
	const { count, subscription } = asked;
	const { filter, granted } = subscription;
	const isRefused = granted !== undefined && granted >= LEAST_REASON;
	return (
		<li>
			<code class="topics-cut">{harmless(filter)}</code>
			<span class={isRefused ? "wrong" : "hint"}>
				{granted === undefined
					? say.waiting
					: isRefused
						? `${say.refused} ${sentence(granted)}`
						: `${say.granted(granted)} · ${say.count(count)}`}
			</span>
			<button type="button" aria-label={`${say.endOf} ${harmless(filter)}`} onClick={onEnd}>
				{say.end}
			</button>
		</li>
	);
}

function Messages({ inbox }: { readonly inbox: Inbox }) {
	const say = useWords(words);
	const [chosen, setChosen] = useState<Received | undefined>(undefined);
	const { forgotten, isPaused, messages, passed } = inbox;
	return (
		<>
			<div class="row topics-between">
				<h3>{say.messages}</h3>
				<span class="row">
					<button type="button" aria-pressed={isPaused} onClick={() => (inbox.isPaused = !isPaused)}>
						{isPaused ? say.go : say.pause}
					</button>
					<button type="button" onClick={() => inbox.clear()}>
						{say.clear}
					</button>
				</span>
			</div>
			{passed > 0 && <p class="hint">{say.passed(passed)}</p>}
			{messages.length === 0 ? (
				<p class="hint">{say.none}</p>
			) : (
				<Rows
					class="topics-messages"
					role="list"
					aria-label={say.messages}
					count={messages.length}
					rowHeight={ROW_HEIGHT}
					row={(i, top) => {
						const message = messages[i]!;
						return (
							// biome-ignore lint/a11y/useSemanticElements: rows lie where they are put
							<div
								key={message.id}
								role="listitem"
								class="topics-message"
								style={{ top: `${top}px`, height: `${ROW_HEIGHT}px` }}
							>
								<button type="button" onClick={() => setChosen(message)}>
									<span class="topics-line">
										<span class="topics-number">{timeOfDay(message.at)}</span>
										<span class="mono topics-cut">{harmless(message.topic)}</span>
										{message.retain && <span class="topics-mark">{say.retained}</span>}
										<span class="hint">QoS {message.qos}</span>
									</span>
									<span class="mono topics-cut hint">{summaryOf(message.payload)}</span>
								</button>
							</div>
						);
					}}
				/>
			)}
			{forgotten > 0 && <p class="hint">{say.forgotten(forgotten)}</p>}
			{chosen !== undefined && (
				<section class="topics-chosen">
					<div class="row topics-between">
						<h3 class="mono topics-topic">{harmless(chosen.topic)}</h3>
						<button type="button" onClick={() => setChosen(undefined)}>
							{say.close}
						</button>
					</div>
					<Payload payload={chosen.payload} />
					<Properties properties={chosen.properties} />
				</section>
			)}
		</>
	);
}
