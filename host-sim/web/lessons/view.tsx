// The course: on one side what there is to know and to try, on the other what goes over the connections meanwhile. Each lesson has a
// stage of its own, so that nothing that is run here is touched by it.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useLive } from "../live.js";
import type { Session } from "../model/session.js";
import { Diagram, nameIn } from "../packets/diagram.js";
import type { Line } from "../packets/follow.js";
import { Lanes } from "../packets/lanes.js";
import { PacketPanel } from "../packets/packet.js";
import { PacketLog } from "../packets/packetlog.js";
import { hrefOf, useRoute } from "../route.js";
import { SessionContext, useSession } from "../session.js";
import { tongue, useWords } from "../words.js";
import { Actor } from "./act.js";
import type { Lesson } from "./lesson.js";
import "./lessons.css";
import { type Progress, storedProgress, storeProgress, withReached } from "./progress.js";
import { LessonRun } from "./run.js";

const words = {
	en: {
		title: "A course on MQTT",
		intro:
			"Each lesson has boards and a broker of its own, which run while you look at them. Nothing that happens there touches what else is run here, and nothing of it needs the internet.",
		seen: (reached: number, all: number) => `${reached} of ${all} seen`,
		all: "All lessons",
		watch: "What to watch for",
		try: "Try it",
		again: "Start again",
		previous: "Previous",
		next: "Next",
		done: "You have seen all of it.",
		isSeen: "seen",
		isNot: "not seen yet",
		alone: "The simulator does not answer. The lesson goes on when it does.",
		choose: "Choose a line to open its packet.",
	},
	zh: {
		title: "MQTT 课程",
		intro:
			"每一课都有自己的开发板和代理，在你观看时实时运行。那里发生的一切都不影响这里运行的其他内容，也完全不需要互联网。",
		seen: (reached: number, all: number) => `已看到 ${reached}/${all}`,
		all: "全部课程",
		watch: "观察要点",
		try: "动手试试",
		again: "重新开始",
		previous: "上一课",
		next: "下一课",
		done: "你已经全部看到了。",
		isSeen: "已看到",
		isNot: "尚未看到",
		alone: "模拟器没有应答，恢复后课程会继续。",
		choose: "选择一行，打开它的报文。",
	},
};

/** All is shown. */
const NOTHING: ReadonlySet<never> = new Set();

interface Entry extends Lesson {
	readonly name: string;
}

const files = import.meta.glob<Lesson>("../../lessons/*.json", { eager: true, import: "default" });

/** In their order. */
const LESSONS: readonly Entry[] = Object.entries(files)
	.map(([path, lesson]) => ({ ...lesson, name: /([\w-]+)\.json$/.exec(path)![1]! }))
	.sort((a, b) => a.number - b.number);

export default function LessonsView() {
	const parts = useRoute();
	const [progress, setProgress] = useState(storedProgress);
	const entry = parts[0] === "lessons" ? LESSONS.find(({ name }) => name === parts[1]) : undefined;
	if (entry === undefined) return <Overview progress={progress} />;
	const handleReached = (reached: readonly boolean[]) => {
		const now = withReached(progress, entry.name, reached);
		setProgress(now);
		storeProgress(now);
	};
	return <Staged key={entry.name} lesson={entry} onReached={handleReached} />;
}

function Overview({ progress }: { readonly progress: Progress }) {
	const say = useWords(words);
	return (
		<div class="lessons-overview">
			<h2>{say.title}</h2>
			<p class="lessons-intro">{say.intro}</p>
			<ol class="lessons-list">
				{LESSONS.map(({ name, number, title }) => {
					const goals = progress[name];
					const reached = goals?.filter(Boolean).length ?? 0;
					const isDone = goals !== undefined && reached === goals.length;
					return (
						<li key={name}>
							<a class={isDone ? "done" : ""} href={hrefOf("lessons", name)}>
								<span class="lessons-number">{isDone ? "✓" : number}</span>
								<span>{title[tongue.language]}</span>
								{goals !== undefined && <span class="hint">{say.seen(reached, goals.length)}</span>}
							</a>
						</li>
					);
				})}
			</ol>
		</div>
	);
}

interface StagedProps {
	readonly lesson: Entry;
	onReached(reached: readonly boolean[]): void;
}

/** A stage of its own as long as it is shown. */
function Staged({ lesson, onReached }: StagedProps) {
	const main = useSession();
	const [session, setSession] = useState<Session | undefined>(undefined);
	const [attempt, setAttempt] = useState(0);
	useEffect(() => {
		const made = main.lesson(lesson.name, lesson.version);
		// Before anything is said, so that nothing is missed.
		PacketLog.of(made).choose("all");
		made.open();
		setSession(made);
		return () => made.close();
	}, [main, lesson, attempt]);
	if (session === undefined) return null;
	return (
		<SessionContext.Provider value={session}>
			<Told key={attempt} lesson={lesson} onReached={onReached} onAgain={() => setAttempt(attempt + 1)} />
		</SessionContext.Provider>
	);
}

interface ToldProps extends StagedProps {
	onAgain(): void;
}

function Told({ lesson, onAgain, onReached }: ToldProps) {
	const say = useWords(words);
	const session = useSession();
	const { desk, link } = session;
	const { language } = tongue;
	useLive(desk);
	useLive(link);
	const log = PacketLog.of(session);
	const [selected, setSelected] = useState<Line | undefined>(undefined);
	const run = useMemo(() => new LessonRun(lesson.goals, log, link.clientId), [lesson, log, link]);
	useEffect(() => () => run.close(), [run]);
	useLive(run);
	const actor = useMemo(
		() =>
			new Actor({
				publish: (topic, payload, options) => link.publish(topic, payload, options),
				subscribe: (filter, options) => link.subscribe(filter, () => {}, options),
				strike: fault => desk.ask({ ask: "fault", ...fault }),
			}),
		[desk, link],
	);
	const { reached } = run;
	const count = reached.filter(Boolean).length;
	const told = useRef(0);
	useEffect(() => {
		if (count > told.current) onReached(reached);
		told.current = count;
	}, [count]);
	const select = (line: Line | undefined) => {
		setSelected(line);
		if (line?.kind === "packet") run.handleOpen(line.summary.name);
	};
	const boards = desk.hello?.boards;
	const filter = useMemo(() => {
		const names = (boards ?? []).map(({ device }) => device);
		const lanes = new Lanes([...names, link.clientId], client => names.includes(client), link.clientId);
		return { lanes, hidden: NOTHING, text: "" };
	}, [boards, link]);
	const at = LESSONS.indexOf(lesson);
	return (
		<div class="lessons-lesson">
			<article class="lessons-text">
				<p class="lessons-way">
					<a href={hrefOf("lessons")}>{say.all}</a>
				</p>
				<h2>
					<span class="lessons-number">{lesson.number}</span> {lesson.title[language]}
				</h2>
				{lesson.text[language].map(paragraph => (
					<p key={paragraph}>{paragraph}</p>
				))}
				<h3>{say.try}</h3>
				<div class="lessons-try">
					{lesson.try.map(({ do: actions, say: label }) => (
						<button key={label.en} type="button" disabled={!link.isOnline} onClick={() => actor.do(actions)}>
							{label[language]}
						</button>
					))}
					<button type="button" onClick={onAgain}>
						{say.again}
					</button>
				</div>
				{desk.refusal !== undefined && (
					<p class="wrong" role="alert">
						{desk.refusal}
					</p>
				)}
				{desk.state === "away" && (
					<p class="wrong" role="alert">
						{say.alone}
					</p>
				)}
				<h3>{say.watch}</h3>
				<ul class="lessons-goals">
					{lesson.goals.map((goal, i) => (
						<li key={goal.say.en} class={reached[i] ? "done" : ""}>
							<span class="lessons-tick" role="img" aria-label={reached[i] ? say.isSeen : say.isNot}>
								{reached[i] ? "✓" : "○"}
							</span>
							{goal.say[language]}
						</li>
					))}
				</ul>
				<p class="lessons-done" role="status">
					{count === reached.length ? say.done : say.seen(count, reached.length)}
				</p>
				<nav class="row" aria-label={say.title}>
					{at > 0 && <a href={hrefOf("lessons", LESSONS[at - 1]!.name)}>← {say.previous}</a>}
					{at < LESSONS.length - 1 && <a href={hrefOf("lessons", LESSONS[at + 1]!.name)}>{say.next} →</a>}
				</nav>
			</article>
			<div class="lessons-stage">
				<Diagram log={log} filter={filter} height="min(60vh, 40rem)" selected={selected?.key} onSelect={select} />
				{selected?.kind === "packet" ? (
					<PacketPanel
						log={log}
						line={selected}
						nameOf={nameIn(filter.lanes)}
						onJump={key => select(log.lines.find(line => line.key === key))}
						onClose={() => setSelected(undefined)}
					/>
				) : (
					<p class="hint">{say.choose}</p>
				)}
			</div>
		</div>
	);
}
