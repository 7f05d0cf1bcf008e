// Publishing from the page.

import type { TargetedEvent } from "preact";
import { useState } from "preact/hooks";
import { Misuse } from "../../../firmware/mqtt/error.js";
import type { Link } from "../model/link.js";
import { useWords } from "../words.js";
import { draftOf, type Form, type FormProblem, isProblem } from "./draft.js";
import { PROBLEMS } from "./problem.js";

const words = {
	en: {
		title: "Publish",
		topic: "Topic",
		payload: "Payload",
		shape: "Payload is",
		shapes: { text: "Text", json: "JSON", hex: "Hex" },
		qos: "QoS",
		retain: "Retain",
		more: "Properties (MQTT 5.0)",
		onlyFive: "This connection is MQTT 3.1.1: it has no properties.",
		contentType: "Content type",
		expiry: "Message expiry, s",
		responseTopic: "Response topic",
		correlation: "Correlation data",
		correlationShape: "Correlation data is",
		isText: "Payload format indicator: UTF-8 text",
		user: "User properties",
		userName: "Name",
		userValue: "Value",
		add: "Add a user property",
		remove: "Remove",
		send: "Publish",
		underWay: "Under way …",
		waiting: "Waits for the connection …",
		sent: (ms: string) => `Sent after ${ms} ms; at QoS 0 nobody says that it has arrived.`,
		settled: (ms: string) => `Settled after ${ms} ms.`,
		refused: "Not published:",
		problems: PROBLEMS.en,
	},
	zh: {
		title: "发布",
		topic: "主题",
		payload: "负载",
		shape: "负载格式",
		shapes: { text: "文本", json: "JSON", hex: "十六进制" },
		qos: "QoS",
		retain: "保留",
		more: "属性（MQTT 5.0）",
		onlyFive: "当前连接为 MQTT 3.1.1，没有属性。",
		contentType: "内容类型",
		expiry: "消息过期间隔（秒）",
		responseTopic: "响应主题",
		correlation: "对比数据",
		correlationShape: "对比数据格式",
		isText: "负载格式指示：UTF-8 文本",
		user: "用户属性",
		userName: "名称",
		userValue: "值",
		add: "添加用户属性",
		remove: "删除",
		send: "发布",
		underWay: "发送中……",
		waiting: "等待连接……",
		sent: (ms: string) => `${ms} 毫秒后已发出；QoS 0 没有送达确认。`,
		settled: (ms: string) => `${ms} 毫秒后完成确认。`,
		refused: "未发布：",
		problems: PROBLEMS.zh,
	},
};

type Outcome =
	| { readonly kind: "underWay" | "waiting" }
	| { readonly kind: "sent" | "settled"; readonly ms: string }
	| { readonly kind: "refused"; readonly sentence: string };

export interface PublishPanelProps {
	readonly link: Link;
	readonly form: Form;
	onForm(form: Form): void;
}

export function PublishPanel({ form, link, onForm }: PublishPanelProps) {
	const say = useWords(words);
	const [wrong, setWrong] = useState<FormProblem | undefined>(undefined);
	const [outcome, setOutcome] = useState<Outcome | undefined>(undefined);
	const isFive = link.destination?.version === "5.0";
	const set = (part: Partial<Form>) => {
		setWrong(undefined);
		onForm({ ...form, ...part });
	};
	const type = (name: "topic" | "payload" | "contentType" | "expiry" | "responseTopic" | "correlation") => ({
		value: form[name],
		onInput: ({ currentTarget }: TargetedEvent<HTMLInputElement | HTMLTextAreaElement>) =>
			set({ [name]: currentTarget.value }),
		...(wrong?.field === name && { "aria-invalid": true, "aria-describedby": "topics-publish-wrong" }),
	});
	const publish = async (event: Event) => {
		event.preventDefault();
		const draft = draftOf(form, isFive);
		if (isProblem(draft)) {
			setWrong(draft);
			setOutcome(undefined);
			return;
		}
		const begun = performance.now();
		setOutcome({ kind: link.isOnline ? "underWay" : "waiting" });
		let refused: string | undefined;
		try {
			refused = await link.publish(draft.topic, draft.payload, draft.options);
		} catch (error) {
			if (!(error instanceof Misuse)) throw error;
			refused = error.message;
		}
		const ms = (performance.now() - begun).toFixed(0);
		if (refused !== undefined) setOutcome({ kind: "refused", sentence: refused });
		else setOutcome({ kind: form.qos === 0 ? "sent" : "settled", ms });
	};
	const problem = (field: FormProblem["field"]) =>
		wrong?.field === field && (
			<span id="topics-publish-wrong" class="wrong" role="alert">
				{say.problems[wrong.problem]} {wrong.detail}
			</span>
		);
	return (
		<details class="panel topics-fold" open>
			<summary>{say.title}</summary>
			<form onSubmit={publish} class="topics-form" noValidate>
				<label class="field">
					{say.topic}
					<input class="mono" autocomplete="off" spellcheck={false} {...type("topic")} />
					{problem("topic")}
				</label>
				<label class="field">
					{say.payload}
					<textarea class="mono" rows={3} spellcheck={false} {...type("payload")} />
					{problem("payload")}
				</label>
				<div class="row">
					<select
						aria-label={say.shape}
						value={form.shape}
						onChange={({ currentTarget }) => set({ shape: shapeOf(currentTarget.value) })}
					>
						{(["text", "json", "hex"] as const).map(each => (
							<option key={each} value={each}>
								{say.shapes[each]}
							</option>
						))}
					</select>
					<label class="row">
						{say.qos}
						<select value={form.qos} onChange={({ currentTarget }) => set({ qos: Number(currentTarget.value) })}>
							<option>0</option>
							<option>1</option>
							<option>2</option>
						</select>
					</label>
					<label class="row">
						<input
							type="checkbox"
							checked={form.retain}
							onChange={({ currentTarget }) => set({ retain: currentTarget.checked })}
						/>
						{say.retain}
					</label>
					<button type="submit" class="primary topics-send">
						{say.send}
					</button>
				</div>
				<p role="status" class={`topics-outcome ${outcome?.kind === "refused" ? "wrong" : "hint"}`}>
					{outcome === undefined
						? ""
						: outcome.kind === "refused"
							? `${say.refused} ${outcome.sentence}`
							: "ms" in outcome
								? say[outcome.kind](outcome.ms)
								: say[outcome.kind]}
				</p>
				<details>
					<summary>{say.more}</summary>
					{!isFive && <p class="hint">{say.onlyFive}</p>}
					<fieldset disabled={!isFive} class="topics-set">
						<div class="topics-pair">
							<label class="field">
								{say.contentType}
								<input autocomplete="off" placeholder="application/json" {...type("contentType")} />
								{problem("contentType")}
							</label>
							<label class="field">
								{say.expiry}
								<input autocomplete="off" inputMode="numeric" {...type("expiry")} />
								{problem("expiry")}
							</label>
						</div>
						<label class="field">
							{say.responseTopic}
							<input class="mono" autocomplete="off" spellcheck={false} {...type("responseTopic")} />
							{problem("responseTopic")}
						</label>
						<div class="topics-joined">
							<label class="field">
								{say.correlation}
								<input class="mono" autocomplete="off" spellcheck={false} {...type("correlation")} />
							</label>
							<select
								aria-label={say.correlationShape}
								value={form.correlationShape}
								onChange={({ currentTarget }) =>
									set({ correlationShape: currentTarget.value === "hex" ? "hex" : "text" })
								}
							>
								<option value="text">{say.shapes.text}</option>
								<option value="hex">{say.shapes.hex}</option>
							</select>
						</div>
						{problem("correlation")}
						<label class="choice">
							<input
								type="checkbox"
								checked={form.isText}
								onChange={({ currentTarget }) => set({ isText: currentTarget.checked })}
							/>
							{say.isText}
						</label>
						<UserProperties user={form.user} onUser={user => set({ user })} />
						{problem("user")}
					</fieldset>
				</details>
			</form>
		</details>
	);
}

interface UserPropertiesProps {
	readonly user: Form["user"];
	onUser(user: Form["user"]): void;
}

function UserProperties({ onUser, user }: UserPropertiesProps) {
	const say = useWords(words);
	const put = (at: number, pair: readonly [string, string]) => onUser(user.map((each, i) => (i === at ? pair : each)));
	return (
		<fieldset class="topics-set">
			<legend>{say.user}</legend>
			{user.map(([name, value], i) => (
				<div class="topics-user" key={i}>
					<input
						aria-label={`${say.userName} ${i + 1}`}
						placeholder={say.userName}
						value={name}
						onInput={({ currentTarget }) => put(i, [currentTarget.value, value])}
					/>
					<input
						aria-label={`${say.userValue} ${i + 1}`}
						placeholder={say.userValue}
						value={value}
						onInput={({ currentTarget }) => put(i, [name, currentTarget.value])}
					/>
					<button
						type="button"
						aria-label={`${say.remove} ${i + 1}`}
						onClick={() => onUser(user.filter((_, at) => at !== i))}
					>
						×
					</button>
				</div>
			))}
			<button type="button" onClick={() => onUser([...user, ["", ""]])}>
				{say.add}
			</button>
		</fieldset>
	);
}

function shapeOf(value: string): Form["shape"] {
	return value === "json" || value === "hex" ? value : "text";
}
