// Buttons that break something, each with what it does and what to watch for. A lesson shows those it is about.

import { useId, useState } from "preact/hooks";
import { useLive } from "../live.js";
import { useSession } from "../session.js";
import { useWords } from "../words.js";
import { CATALOGUE, type Field, type Kind, orderOf } from "./catalogue.js";
import "./faults.css";
import { FAULT_WORDS, FIELD_WORDS } from "./words.js";

const words = {
	en: {
		faults: FAULT_WORDS.en,
		fields: FIELD_WORDS.en,
		watch: "Watch:",
		lasts: (time: string) => `for ${time}`,
		open: "until mended",
		good: "for good",
		now: "once",
		broker: "everybody",
		strike: "Trigger",
		wrong: { duration: 'Expected a time such as "500ms", "10s" or "2m".', other: "This value is not possible." },
		asked: "Asked for.",
		away: "The simulator does not answer: nothing was asked for.",
		units: { s: " s", m: " min" } as Readonly<Record<string, string>>,
	},
	zh: {
		faults: FAULT_WORDS.zh,
		fields: FIELD_WORDS.zh,
		watch: "观察：",
		lasts: (time: string) => `持续 ${time}`,
		open: "直到修复",
		good: "永久",
		now: "一次",
		broker: "影响所有设备",
		strike: "触发",
		wrong: { duration: "应为时间，例如 500ms、10s 或 2m。", other: "此值无效。" },
		asked: "已请求。",
		away: "模拟器没有应答：未发出请求。",
		units: { s: " 秒", m: " 分钟" } as Readonly<Record<string, string>>,
	},
};

export interface FaultButtonsProps {
	/** Which, in this order; those that cannot be on this stage are left out. */
	readonly faults: readonly string[];
	/** The board that it befalls; absent: all. */
	readonly board?: string | undefined;
	/** How long, such as "5s"; "": until it is mended; absent: as long as is usual for each. */
	readonly lasts?: string | undefined;
	/** In a narrow place: one line each. */
	readonly isSlim?: boolean;
}

export function FaultButtons({ board, faults, isSlim = false, lasts }: FaultButtonsProps) {
	const { desk } = useSession();
	useLive(desk);
	const possible = desk.hello?.faults ?? [];
	const kinds = faults.flatMap(name => CATALOGUE.find(({ fault }) => fault === name && possible.includes(name)) ?? []);
	return (
		<ul class={`faults-cards ${isSlim ? "faults-slim" : ""}`}>
			{kinds.map(kind => (
				<Card key={kind.fault} kind={kind} board={board} lasts={lasts} />
			))}
		</ul>
	);
}

interface CardProps {
	readonly kind: Kind;
	readonly board: string | undefined;
	readonly lasts: string | undefined;
}

function Card({ board, kind, lasts }: CardProps) {
	const { desk } = useSession();
	const say = useWords(words);
	const id = useId();
	const [fields, setFields] = useState<Readonly<Record<string, string>>>({});
	const [outcome, setOutcome] = useState<{ text: string; isWrong: boolean } | undefined>(undefined);
	const { does, name, watch } = say.faults[kind.fault]!;
	const strike = () => {
		const order = orderOf(kind, { board, fields, lasts });
		if ("wrong" in order) {
			const field = kind.fields.find(each => each.name === order.wrong)!;
			const isTime = field.kind === "duration" || field.kind === "signed";
			const text = `${say.fields[field.name]}: ${isTime ? say.wrong.duration : say.wrong.other}`;
			setOutcome({ text, isWrong: true });
		} else if (desk.ask(order)) setOutcome({ text: say.asked, isWrong: false });
		else setOutcome({ text: say.away, isWrong: true });
	};
	const long = lasts ?? kind.usual;
	const time =
		kind.usual === undefined
			? kind.isFinal === true
				? say.good
				: say.now
			: long === "" || long === undefined
				? say.open
				: say.lasts(long.replace(/[sm]$/, unit => say.units[unit]!));
	return (
		<li class="faults-card">
			<h3 id={id}>{name}</h3>
			<p class="faults-does">{does}</p>
			<p class="faults-watch hint">
				<b>{say.watch}</b> {watch}
			</p>
			{kind.fields.length > 0 && (
				<div class="faults-fields">
					{kind.fields.map(field => (
						<FieldInput
							key={field.name}
							field={field}
							label={say.fields[field.name]!}
							value={fields[field.name] ?? field.usual}
							onValue={value => setFields({ ...fields, [field.name]: value })}
						/>
					))}
				</div>
			)}
			<p class="faults-strike">
				<button type="button" id={`${id}-strike`} aria-labelledby={`${id}-strike ${id}`} onClick={strike}>
					{say.strike}
				</button>
				<span class="hint">
					{time}
					{kind.isBroker && ` · ${say.broker}`}
				</span>
			</p>
			<p role="status" class={outcome?.isWrong === true ? "wrong faults-said" : "quiet"}>
				{outcome?.text}
			</p>
		</li>
	);
}

interface FieldInputProps {
	readonly field: Field;
	readonly label: string;
	readonly value: string;
	onValue(value: string): void;
}

function FieldInput({ field, label, onValue, value }: FieldInputProps) {
	const id = useId();
	return (
		<label htmlFor={id}>
			{label}
			{typeof field.kind === "object" ? (
				<select id={id} value={value} onChange={({ currentTarget }) => onValue(currentTarget.value)}>
					{field.kind.map(each => (
						<option key={each}>{each}</option>
					))}
				</select>
			) : (
				<input
					id={id}
					autocomplete="off"
					spellcheck={false}
					placeholder={field.usual === "" ? "–" : field.usual}
					value={value}
					onInput={({ currentTarget }) => onValue(currentTarget.value)}
				/>
			)}
		</label>
	);
}
