// The packet inspector: the diagram of what goes over the connections, and beside it a packet, bit by bit; of the live run or of a
// recording, or of bytes that somebody has pasted in.

import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { UsageError } from "../../fleet/schema.js";
import { cleaned } from "../../watch/payload.js";
import { useLive } from "../live.js";
import type { Hello } from "../model/desk.js";
import { hrefOf, useRoute } from "../route.js";
import { useSession } from "../session.js";
import { useWords } from "../words.js";
import { Clients } from "./clients.js";
import { Diagram, nameIn, type Times } from "./diagram.js";
import type { Line } from "./follow.js";
import { type Choice, Lanes } from "./lanes.js";
import type { Log } from "./log.js";
import { PacketPanel } from "./packet.js";
import { PacketLog } from "./packetlog.js";
import "./packets.css";
import { Paste } from "./paste.js";
import { type Recorded, recordedFrom, recordingOf } from "./recorded.js";
import { GROUPS, type Group } from "./text.js";

const words = {
	en: {
		title: "Packets",
		packet: "The packet that is chosen",
		filter: "Filter: packet, topic, client …",
		groups: "Kinds of packets",
		group: { connect: "connect", publish: "publish", subscribe: "subscribe", ping: "ping", other: "other" },
		about: "of these boards only",
		aboutHint: "The page gets the messages of all boards: show only those of the boards that are chosen",
		pause: "Pause",
		goOn: "Go on",
		paused: "Paused: the log goes on, the picture stands.",
		clear: "Clear",
		times: "Time",
		relative: "since start",
		clock: "of day",
		save: "Save recording",
		open: "Open recording …",
		drop: "Drop the recording here",
		paste: "Paste hex",
		live: "Live",
		back: "Back to live",
		recording: (name: string) => `Recording ${name}`,
		lines: (count: number) => `${count} lines`,
		gone: (count: number) => `${count} older ones are gone`,
		cut: "it is longer; only its beginning is shown",
		broken: "it breaks off: whoever recorded it was ended",
		choose: "Choose a packet to see it bit by bit: with a click, or with the arrow keys and Enter.",
		notPacket: "This line is no packet.",
		modes: "What is shown",
	},
	zh: {
		title: "报文",
		packet: "所选报文",
		filter: "筛选：报文、主题、客户端……",
		groups: "报文种类",
		group: { connect: "连接", publish: "发布", subscribe: "订阅", ping: "心跳", other: "其他" },
		about: "只看所选设备",
		aboutHint: "页面会收到所有设备的消息：只显示所选设备的消息",
		pause: "暂停",
		goOn: "继续",
		paused: "已暂停：日志继续记录，画面静止。",
		clear: "清空",
		times: "时间",
		relative: "自开始起",
		clock: "钟点",
		save: "保存录制",
		open: "打开录制……",
		drop: "把录制文件拖到这里",
		paste: "粘贴十六进制",
		live: "实时",
		back: "回到实时",
		recording: (name: string) => `录制 ${name}`,
		lines: (count: number) => `${count} 行`,
		gone: (count: number) => `更早的 ${count} 行已移除`,
		cut: "文件更长，只显示开头部分",
		broken: "文件不完整：录制中途结束",
		choose: "选择一个报文，逐位查看：点击，或用方向键和回车键。",
		notPacket: "这一行不是报文。",
		modes: "显示内容",
	},
};

const NONE: ReadonlySet<Group> = new Set();

export default function PacketsView() {
	const say = useWords(words);
	const session = useSession();
	const { desk, link } = session;
	useLive(desk);
	useLive(link);
	const parts = useRoute();
	const live = PacketLog.of(session);
	const [isPasting, setPasting] = useState(false);
	const [recorded, setRecorded] = useState<(Recorded & { readonly name: string }) | undefined>(undefined);
	const [liveChoice, setLiveChoice] = useState<Choice>(live.choice ?? []);
	const [recordedChoice, setRecordedChoice] = useState<Choice>([]);
	const [wrong, setWrong] = useState<string | undefined>(undefined);
	const [isOver, setOver] = useState(false);
	const boards = desk.hello?.boards;
	const [first] = boards ?? [];
	const wanted = parts[0] === "packets" ? parts[1] : undefined;
	// What the address says; else what was chosen before; else a board, and the page that hears it.
	useEffect(() => {
		if (desk.hello === undefined) return;
		if (wanted !== undefined) live.choose(wanted === link.clientId ? [wanted] : [wanted, link.clientId]);
		else if (live.choice === undefined)
			live.choose(first === undefined ? [link.clientId] : [first.device, link.clientId]);
		setLiveChoice(live.choice ?? []);
	}, [wanted, desk.hello, live]);

	const open = async (file: File | undefined) => {
		if (file === undefined) return;
		try {
			const read = await recordedFrom(file);
			setRecorded({ ...read, name: file.name });
			setRecordedChoice(read.clients.slice(0, 3));
			setWrong(undefined);
			setPasting(false);
		} catch (error) {
			if (!(error instanceof UsageError)) throw error;
			setWrong(error.message);
		}
	};
	const clients = useMemo(
		() => recorded?.clients ?? [link.clientId, ...(boards ?? []).map(({ device }) => device)],
		[recorded, link.clientId, boards],
	);
	const picker = useRef<HTMLInputElement>(null);
	const modes = (
		<>
			<fieldset class="packets-choices" aria-label={say.modes}>
				<button
					type="button"
					aria-pressed={!isPasting && recorded === undefined}
					onClick={() => {
						setPasting(false);
						setRecorded(undefined);
					}}
				>
					{recorded === undefined ? say.live : say.back}
				</button>
				{recorded !== undefined && (
					<button type="button" aria-pressed={!isPasting} onClick={() => setPasting(false)}>
						{say.recording(cleaned(recorded.name))}
					</button>
				)}
				<button type="button" aria-pressed={isPasting} onClick={() => setPasting(true)}>
					{say.paste}
				</button>
			</fieldset>
			<button type="button" onClick={() => picker.current!.click()}>
				{say.open}
			</button>
			<input
				ref={picker}
				class="quiet"
				type="file"
				tabIndex={-1}
				aria-label={say.open}
				onChange={({ currentTarget }) => {
					open(currentTarget.files?.[0]);
					currentTarget.value = "";
				}}
			/>
			{recorded !== undefined && (recorded.isCut || recorded.isBroken) && (
				<span class="hint">{recorded.isCut ? say.cut : say.broken}</span>
			)}
		</>
	);
	return (
		<section
			aria-label={say.title}
			class={`packets-view${isOver ? " over" : ""}`}
			onDragOver={event => {
				event.preventDefault();
				setOver(true);
			}}
			onDragLeave={() => setOver(false)}
			onDrop={event => {
				event.preventDefault();
				setOver(false);
				open(event.dataTransfer?.files[0]);
			}}
		>
			{wrong !== undefined && (
				<p class="wrong" role="alert">
					{cleaned(wrong)}
				</p>
			)}
			{isPasting ? (
				<>
					<div class="packets-bar row">{modes}</div>
					<Paste />
				</>
			) : (
				<Stage
					key={recorded?.name ?? ""}
					log={recorded?.log ?? live}
					choice={recorded === undefined ? liveChoice : recordedChoice}
					clients={clients}
					onChoose={next => {
						if (recorded !== undefined) setRecordedChoice(next);
						else {
							live.choose(next);
							setLiveChoice(next);
							// The address says no more than what is shown.
							if (wanted !== undefined) location.hash = hrefOf("packets");
						}
					}}
				>
					{modes}
				</Stage>
			)}
			{isOver && <p class="packets-drop">{say.drop}</p>}
		</section>
	);
}

interface StageProps {
	readonly log: Log;
	readonly choice: Choice;
	readonly clients: readonly string[];
	onChoose(choice: Choice): void;
	/** What else stands beside its tools. */
	readonly children: ComponentChildren;
}

/** A log with its tools, and what is chosen of it. */
function Stage({ children, choice, clients, log, onChoose }: StageProps) {
	const say = useWords(words);
	const { desk, link } = useSession();
	const [text, setText] = useState("");
	const [hidden, setHidden] = useState(NONE);
	const [isAbout, setAbout] = useState(true);
	const [times, setTimes] = useState<Times>("relative");
	const [isPaused, setPaused] = useState(false);
	const [chosen, setChosen] = useState<Line | undefined>(undefined);
	const panel = useRef<HTMLDivElement>(null);
	const isLive = log instanceof PacketLog;
	const boards = desk.hello?.boards;
	const page = isLive ? link.clientId : undefined;
	const { filter, hasAbout } = useMemo(() => {
		const names = new Set(boards?.map(({ device }) => device));
		const isBoard = (client: string) => (isLive ? names.has(client) : !/^page-/.test(client));
		const about = new Set(choice === "all" ? [] : choice.filter(isBoard));
		const isMeant = isLive && choice !== "all" && about.size > 0 && about.size < choice.length;
		return {
			hasAbout: isMeant,
			filter: {
				lanes: new Lanes(choice, isBoard, page),
				hidden,
				text,
				about: isMeant && isAbout ? about : undefined,
			},
		};
	}, [choice, hidden, text, isAbout, boards, page, isLive]);
	// Other lanes, and what was chosen is perhaps not among them any more.
	useEffect(() => setChosen(undefined), [choice]);
	const nameOf = nameIn(filter.lanes);
	const close = () => {
		setChosen(undefined);
		document.querySelector<HTMLElement>(".packets-scroller")?.focus();
	};
	return (
		<>
			<div class="packets-bar row">
				{children}
				<span class="packets-bar packets-end row">
					<select
						aria-label={say.times}
						value={times}
						onChange={({ currentTarget: { value } }) => setTimes(value === "clock" ? "clock" : "relative")}
					>
						<option value="relative">
							{say.times} {say.relative}
						</option>
						<option value="clock">
							{say.times} {say.clock}
						</option>
					</select>
					{isLive && (
						<>
							<button type="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
								{isPaused ? say.goOn : say.pause}
							</button>
							<button
								type="button"
								onClick={() => {
									setChosen(undefined);
									log.clear();
								}}
							>
								{say.clear}
							</button>
							<button type="button" onClick={() => save(log, desk.hello)}>
								{say.save}
							</button>
						</>
					)}
				</span>
			</div>
			<div class="packets-tools row">
				<Clients choice={choice} clients={clients} nameOf={nameOf} onChoose={onChoose} />
				<input
					type="search"
					class="packets-filter"
					aria-label={say.filter}
					placeholder={say.filter}
					value={text}
					onInput={({ currentTarget }) => setText(currentTarget.value)}
				/>
				<fieldset class="packets-groups">
					<legend class="quiet">{say.groups}</legend>
					{GROUPS.map(group => (
						<label key={group}>
							<input
								type="checkbox"
								checked={!hidden.has(group)}
								onChange={({ currentTarget }) => {
									const next = new Set(hidden);
									if (currentTarget.checked) next.delete(group);
									else next.add(group);
									setHidden(next);
								}}
							/>
							{say.group[group]}
						</label>
					))}
					{hasAbout && (
						<label title={say.aboutHint}>
							<input
								type="checkbox"
								checked={isAbout}
								onChange={({ currentTarget }) => setAbout(currentTarget.checked)}
							/>
							{say.about}
						</label>
					)}
				</fieldset>
			</div>
			<div class={`packets-stage${chosen === undefined ? "" : " open"}`}>
				<div>
					<Diagram
						log={log}
						filter={filter}
						height="100%"
						times={times}
						isPaused={isPaused}
						selected={chosen?.key}
						onSelect={setChosen}
						onOpen={() => panel.current?.querySelector<HTMLElement>("h2")?.focus()}
					/>
					<Count log={log} isPaused={isPaused} />
				</div>
				<section
					ref={panel}
					class="packets-beside"
					aria-label={say.packet}
					onKeyDown={event => {
						if (event.key === "Escape") close();
					}}
				>
					{chosen?.kind === "packet" ? (
						<PacketPanel
							log={log}
							line={chosen}
							nameOf={nameOf}
							onClose={close}
							onJump={key => setChosen(log.lines.find(line => line.key === key) ?? chosen)}
						/>
					) : (
						<p class="packets-choose hint">{chosen === undefined ? say.choose : say.notPacket}</p>
					)}
				</section>
			</div>
		</>
	);
}

/** How much there is; said anew as it grows, but not to those who listen. */
function Count({ isPaused, log }: { readonly isPaused: boolean; readonly log: Log }) {
	const say = useWords(words);
	useLive(log);
	return (
		<p class="packets-count hint">
			{say.lines(log.lines.length)}
			{log.gone > 0 && ` · ${say.gone(log.gone)}`}
			{isPaused && <span role="status"> · {say.paused}</span>}
		</p>
	);
}

/** The log as a file for `thimble show` and `thimble replay`. */
function save(log: Log, hello: Hello | undefined): void {
	const header = {
		seed: 0,
		startedAt: Math.round(log.startedAt),
		thimble: hello?.version ?? "",
		...(hello !== undefined && { scenario: hello.title }),
	};
	const url = URL.createObjectURL(new Blob([...recordingOf(log, header)], { type: "application/jsonl" }));
	const link = document.createElement("a");
	link.href = url;
	link.download = "thimble-packets.jsonl";
	link.click();
	URL.revokeObjectURL(url);
}
