// What happened since, the newest on top. A lesson shows it beside its text.

import { useMemo } from "preact/hooks";
import { useLive } from "../live.js";
import { hrefOf } from "../route.js";
import { useSession } from "../session.js";
import { useWords } from "../words.js";
import "./faults.css";
import type { Entry, Event } from "./story.js";
import { storyOf } from "./teller.js";
import { FAULT_WORDS } from "./words.js";

const words = {
	en: {
		faults: FAULT_WORDS.en,
		none: "Nothing has gone wrong since this page is here. Break something, and what becomes of it is told here.",
		everybody: "the broker",
		page: "this page",
		boards: (count: number) => `${count.toLocaleString("en")} boards`,
		more: (count: number) => `and ${count.toLocaleString("en")} more`,
		packets: "packets",
		packetsOf: "Packets of",
		list: "What happened, the newest first",
		after: "after the fault",
		times: (count: number) => ` (${count.toLocaleString("en")} times)`,
		signs: { fault: "fault", good: "good", bad: "bad", plain: "note" },
		event: (event: Event, count: number, names: Readonly<Record<string, { name: string }>>): string => {
			const readings = `${count.toLocaleString("en")} ${count === 1 ? "reading" : "readings"}`;
			switch (event.kind) {
				case "fault":
					return names[event.fault]?.name ?? event.fault;
				case "mended":
					return `${names[event.fault]?.name ?? event.fault}: over`;
				case "restarted":
					return `Restarted: ${event.reason}`;
				case "will":
					return "The will fires: the broker says “offline”";
				case "online":
					return "Online: the birth message is there";
				case "sleeping":
					return "Goes to sleep";
				case "missing":
					return `${readings} left out so far`;
				case "filled":
					return `${readings} filled in`;
				case "waited":
					return `${readings} had waited in the outbox, the oldest ${((event.ms ?? 0) / 1000).toFixed(0)} s`;
				case "reconnected":
					return "Says that it had to connect anew";
				case "cutOff":
					return `Connection lost: ${event.reason}`;
				case "backOn":
					return "Connected again";
			}
		},
	},
	zh: {
		faults: FAULT_WORDS.zh,
		none: "本页面打开以来没有发生故障。触发一个故障，其后果会在这里讲述。",
		everybody: "代理",
		page: "本页面",
		boards: (count: number) => `${count.toLocaleString("zh")} 块开发板`,
		more: (count: number) => `等共 ${count.toLocaleString("zh")} 块以上`,
		packets: "报文",
		packetsOf: "查看报文：",
		list: "发生的事情，最新的在前",
		after: "故障之后",
		times: (count: number) => `（${count.toLocaleString("zh")} 次）`,
		signs: { fault: "故障", good: "恢复", bad: "异常", plain: "记录" },
		event: (event: Event, count: number, names: Readonly<Record<string, { name: string }>>): string => {
			const readings = `${count.toLocaleString("zh")} 条读数`;
			switch (event.kind) {
				case "fault":
					return names[event.fault]?.name ?? event.fault;
				case "mended":
					return `${names[event.fault]?.name ?? event.fault}：已结束`;
				case "restarted":
					return `重新启动：${event.reason}`;
				case "will":
					return "遗嘱发布：代理宣布 “offline”";
				case "online":
					return "上线：上线消息已到";
				case "sleeping":
					return "进入休眠";
				case "missing":
					return `目前缺少 ${readings}`;
				case "filled":
					return `补上 ${readings}`;
				case "waited":
					return `${readings}曾在发件箱中等待，最久 ${((event.ms ?? 0) / 1000).toFixed(0)} 秒`;
				case "reconnected":
					return "设备报告重新建立了连接";
				case "cutOff":
					return `连接断开：${event.reason}`;
				case "backOn":
					return "重新连接";
			}
		},
	},
};

const TONES: Readonly<Record<Event["kind"], "fault" | "good" | "bad" | "plain">> = {
	fault: "fault",
	mended: "good",
	restarted: "plain",
	will: "bad",
	online: "good",
	sleeping: "plain",
	missing: "bad",
	filled: "good",
	waited: "good",
	reconnected: "plain",
	cutOff: "bad",
	backOn: "good",
};
/** Not colour alone. */
const SIGNS = { fault: "✕", good: "✓", bad: "!", plain: "·" };

export interface StoryProps {
	/** Of that board, and of what befalls everybody; absent: all. */
	readonly board?: string | undefined;
	/** Entries that are shown at most. */
	readonly most?: number;
}

export function Story({ board, most = 100 }: StoryProps) {
	const session = useSession();
	const say = useWords(words);
	const story = useMemo(() => storyOf(session), [session]);
	useLive(story);
	useLive(session.desk);
	const entries = story.of(board).slice(0, most);
	if (entries.length === 0) return <p class="hint">{say.none}</p>;
	const { hello } = session.desk;
	const wallOf = (at: number) => new Date((hello?.wall ?? 0) + at - (hello?.now ?? 0));
	return (
		<ol class="faults-story" aria-label={say.list}>
			{entries.map(entry => (
				<li key={entry.id} class={`faults-entry faults-${TONES[entry.event.kind]}`}>
					<time class="faults-time" dateTime={wallOf(entry.at).toISOString()}>
						{clockOf(wallOf(entry.at))}
					</time>
					<span class="faults-after" title={say.after}>
						{entry.after === undefined || entry.event.kind === "fault" ? "" : `+${(entry.after / 1000).toFixed(1)} s`}
					</span>
					<span class="faults-sign" role="img" aria-label={say.signs[TONES[entry.event.kind]]}>
						{SIGNS[TONES[entry.event.kind]]}
					</span>
					<span class="faults-told">
						<span>{say.event(entry.event, entry.count, say.faults)}</span>
						{isRepeated(entry) && <span class="hint">{say.times(entry.count)}</span>} <Whom entry={entry} />
					</span>
				</li>
			))}
		</ol>
	);
}

function Whom({ entry }: { readonly entry: Entry }) {
	const say = useWords(words);
	const { boards, devices, event } = entry;
	if (boards === 0)
		return (
			<span class="faults-whom hint">
				{event.kind === "cutOff" || event.kind === "backOn" ? say.page : say.everybody}
			</span>
		);
	return (
		<span class="faults-whom">
			{boards > devices.length && <span class="hint">{say.boards(boards)}: </span>}
			{devices.map(device => (
				<a key={device} href={hrefOf("packets", device)} aria-label={`${say.packetsOf} ${device}`} title={say.packets}>
					{device}
				</a>
			))}
			{boards > devices.length && <span class="hint">…</span>}
		</span>
	);
}

/** The same of the same board several times. */
function isRepeated({ boards, count, event }: Entry): boolean {
	return count > Math.max(1, boards) && !["missing", "filled", "waited"].includes(event.kind);
}

function clockOf(date: Date): string {
	const two = (number: number) => String(number).padStart(2, "0");
	return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
