// Faults: break something, see what is broken, and read what became of it.

import { useEffect, useMemo, useReducer, useState } from "preact/hooks";
import { useLive } from "../live.js";
import { hrefOf, useRoute } from "../route.js";
import { useSession } from "../session.js";
import { useWords } from "../words.js";
import { FaultButtons } from "./buttons.js";
import { CATALOGUE, DURATIONS } from "./catalogue.js";
import "./faults.css";
import { Story } from "./storyview.js";
import { groupsOf, type TroubleGroup } from "./troubles.js";
import { Wire } from "./wire.js";
import { FAULT_WORDS } from "./words.js";

const words = {
	en: {
		faults: FAULT_WORDS.en,
		whom: "For",
		all: "All boards",
		one: "One board",
		board: "Board",
		unknown: (board: string) => `There is no board “${board}” here.`,
		lasts: "How long",
		usual: "As usual for each",
		times: { "5s": "5 s", "15s": "15 s", "1m": "1 min", "": "Until mended" },
		none: "Nothing here can be broken by a button: these boards live on real sockets (they run on the XS engine, or their broker is reached by WebSocket). Pull a cable instead, or run boards in a simulated world: thimble run.",
		waiting: "Waiting for the simulator.",
		break: "Break something",
		more: "More faults",
		now: "Wrong now",
		nothing: "Nothing is wrong at the moment.",
		left: (seconds: string) => `${seconds} s left`,
		open: "until mended",
		mend: "Mend now",
		mendAll: "Mend all that was asked for",
		boards: (count: number) => `${count.toLocaleString("en")} boards`,
		broker: "the broker",
		moreGroups: (count: number) => `and ${count} more`,
		since: "What happened since",
		packets: "Its packets",
		wire: (board: string) => `Between ${board} and the broker`,
		refused: "Refused:",
	},
	zh: {
		faults: FAULT_WORDS.zh,
		whom: "对象",
		all: "所有开发板",
		one: "一块开发板",
		board: "开发板",
		unknown: (board: string) => `这里没有开发板 “${board}”。`,
		lasts: "持续时间",
		usual: "各自的常用时间",
		times: { "5s": "5 秒", "15s": "15 秒", "1m": "1 分钟", "": "直到修复" },
		none: "这里无法用按钮制造故障：这些开发板使用真实的套接字（运行在 XS 引擎上，或其代理通过 WebSocket 访问）。可以拔网线，或在模拟世界中运行：thimble run。",
		waiting: "正在等待模拟器。",
		break: "制造故障",
		more: "更多故障",
		now: "当前故障",
		nothing: "目前一切正常。",
		left: (seconds: string) => `剩余 ${seconds} 秒`,
		open: "直到修复",
		mend: "立即修复",
		mendAll: "修复所有已触发的故障",
		boards: (count: number) => `${count.toLocaleString("zh")} 块开发板`,
		broker: "代理",
		moreGroups: (count: number) => `另有 ${count} 项`,
		since: "此后发生的事情",
		packets: "查看报文",
		wire: (board: string) => `${board} 与代理之间`,
		refused: "被拒绝：",
	},
};

const COMMON = CATALOGUE.filter(({ isCommon }) => isCommon).map(({ fault }) => fault);
const OTHERS = CATALOGUE.filter(({ isCommon }) => !isCommon).map(({ fault }) => fault);
/** Boards that are proposed while one types. */
const MOST_PROPOSED = 50;
const MOST_GROUPS = 50;
const LOOK_MS = 250;

export default function FaultsView() {
	const session = useSession();
	const { desk } = session;
	const say = useWords(words);
	useLive(desk);
	const [, chosen] = useRoute();
	const [isOne, setOne] = useState(chosen !== undefined);
	const [typed, setTyped] = useState(chosen ?? "");
	const [lasts, setLasts] = useState<string | undefined>(undefined);
	useEffect(() => {
		if (chosen === undefined) return;
		setOne(true);
		setTyped(chosen);
	}, [chosen]);
	const { hello } = desk;
	const boards = useMemo(() => hello?.boards.map(({ device }) => device) ?? [], [hello]);
	if (hello === undefined) return <p class="hint">{say.waiting}</p>;
	const isKnown = boards.includes(typed);
	const board = isOne ? typed : undefined;
	const choose = (to: string) => {
		setTyped(to);
		if (boards.includes(to)) history.replaceState(null, "", hrefOf("faults", to));
	};
	const shown = isOne ? (isKnown ? typed : undefined) : boards[0];
	const hasOthers = OTHERS.some(fault => hello.faults.includes(fault));
	return (
		<div class="faults">
			{hello.faults.length === 0 ? (
				<p class="panel">{say.none}</p>
			) : (
				<section class="faults-break" aria-label={say.break}>
					<div class="panel row faults-choice">
						<fieldset class="row faults-set">
							<legend class="quiet">{say.whom}</legend>
							<label class="row">
								<input
									type="radio"
									name="whom"
									checked={!isOne}
									onChange={() => {
										setOne(false);
										history.replaceState(null, "", hrefOf("faults"));
									}}
								/>
								{say.all} <span class="hint faults-count">{boards.length.toLocaleString("en")}</span>
							</label>
							<label class="row">
								<input
									type="radio"
									name="whom"
									checked={isOne}
									onChange={() => {
										setOne(true);
										choose(isKnown ? typed : (boards[0] ?? ""));
									}}
								/>
								{say.one}
							</label>
							{isOne && <BoardInput boards={boards} value={typed} label={say.board} onValue={choose} />}
						</fieldset>
						<label class="row">
							{say.lasts}
							<select
								value={lasts === undefined ? "usual" : lasts}
								onChange={({ currentTarget: { value } }) => setLasts(value === "usual" ? undefined : value)}
							>
								<option value="usual">{say.usual}</option>
								{DURATIONS.map(each => (
									<option key={each} value={each}>
										{say.times[each]}
									</option>
								))}
							</select>
						</label>
						{isOne && isKnown && <a href={hrefOf("packets", typed)}>{say.packets}</a>}
						{isOne && !isKnown && (
							<p class="wrong" role="alert">
								{say.unknown(typed)}
							</p>
						)}
					</div>
					{desk.refusal !== undefined && (
						<p class="wrong" role="alert">
							{say.refused} {desk.refusal}
						</p>
					)}
					<h2>{say.break}</h2>
					<fieldset class="faults-set" disabled={isOne && !isKnown}>
						<FaultButtons faults={COMMON} board={board} lasts={lasts} />
						{hasOthers && (
							<details class="faults-more">
								<summary>{say.more}</summary>
								<FaultButtons faults={OTHERS} board={board} lasts={lasts} />
							</details>
						)}
					</fieldset>
				</section>
			)}
			<div class="faults-since">
				<section class="panel" aria-labelledby="faults-now">
					<h2 id="faults-now">{say.now}</h2>
					<Troubles />
				</section>
				<section class="panel faults-happened" aria-labelledby="faults-story">
					<h2 id="faults-story">{say.since}</h2>
					<Story board={isOne && isKnown ? typed : undefined} />
				</section>
				{shown !== undefined && (
					<section class="faults-wire" aria-labelledby="faults-wire">
						<h2 id="faults-wire">{say.wire(shown)}</h2>
						<Wire board={shown} height="20rem" />
					</section>
				)}
			</div>
		</div>
	);
}

interface BoardInputProps {
	readonly boards: readonly string[];
	readonly value: string;
	readonly label: string;
	onValue(value: string): void;
}

function BoardInput({ boards, label, onValue, value }: BoardInputProps) {
	const wanted = value.toLowerCase();
	const proposed: string[] = [];
	for (const board of boards) {
		if (proposed.length >= MOST_PROPOSED) break;
		// One that is chosen would hide all others.
		if (boards.length <= MOST_PROPOSED || board.toLowerCase().includes(wanted)) proposed.push(board);
	}
	return (
		<>
			<input
				class="mono faults-board"
				aria-label={label}
				list="faults-boards"
				autocomplete="off"
				spellcheck={false}
				value={value}
				onInput={({ currentTarget }) => onValue(currentTarget.value)}
			/>
			<datalist id="faults-boards">
				{proposed.map(board => (
					<option key={board} value={board} />
				))}
			</datalist>
		</>
	);
}

function Troubles() {
	const { desk } = useSession();
	const say = useWords(words);
	useLive(desk);
	const groups = groupsOf(desk.troubles.values());
	const hasEnd = groups.some(({ until }) => until !== undefined);
	const [, look] = useReducer((count: number, _: undefined) => count + 1, 0);
	useEffect(() => {
		if (!hasEnd) return;
		const timer = setInterval(() => look(undefined), LOOK_MS);
		return () => clearInterval(timer);
	}, [hasEnd]);
	if (groups.length === 0) return <p class="hint faults-nothing">{say.nothing}</p>;
	return (
		<>
			<ul class="faults-troubles">
				{groups.slice(0, MOST_GROUPS).map(group => (
					<li key={group.ids[0]}>
						<span class="faults-sign" aria-hidden="true">
							✕
						</span>
						<span class="faults-told">
							<b>{say.faults[group.fault]?.name ?? group.fault}</b>{" "}
							<span class="faults-whom">{whomOf(group, say)}</span>
						</span>
						<span class="faults-left">{leftOf(group, desk.now, say)}</span>
						{canMend(group) && (
							<button
								type="button"
								onClick={() => {
									for (const id of group.ids) desk.ask({ ask: "mend", id });
								}}
							>
								{say.mend}
							</button>
						)}
					</li>
				))}
			</ul>
			{groups.length > MOST_GROUPS && <p class="hint">{say.moreGroups(groups.length - MOST_GROUPS)}</p>}
			{groups.some(canMend) && (
				<button type="button" onClick={() => desk.ask({ ask: "mend" })}>
					{say.mendAll}
				</button>
			)}
		</>
	);
}

function canMend({ fault }: TroubleGroup): boolean {
	return CATALOGUE.find(each => each.fault === fault)?.isFinal !== true;
}

function whomOf({ devices }: TroubleGroup, say: (typeof words)["en"]): string {
	if (devices.length === 0) return say.broker;
	return devices.length > 3 ? say.boards(devices.length) : devices.join(", ");
}

function leftOf({ until }: TroubleGroup, now: number, say: (typeof words)["en"]): string {
	return until === undefined ? say.open : say.left((Math.max(0, until - now) / 1000).toFixed(0));
}
