// The page's frame: where one can go, whether it is connected, in which language and light.

import type { ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ConnectDialog } from "./connect.js";
import { useLive } from "./live.js";
import type { Session } from "./model/session.js";
import { hrefOf, route, useRoute } from "./route.js";
import { SessionContext } from "./session.js";
import { showTheme, storedTheme, THEMES, type Theme } from "./theme.js";
import { VIEWS, type View } from "./views.js";
import { LANGUAGES, tongue, useWords } from "./words.js";

const words = {
	en: {
		skip: "To the content",
		views: "Views",
		connected: "Connected",
		connecting: "Connecting",
		disconnected: "Not connected",
		alone: "The simulator does not answer",
		waiting: "Waiting for the simulator",
		loading: "Loading",
		failed: "This part of the page could not be loaded.",
		again: "Try again",
		theme: "Light or dark",
		themes: { auto: "Auto", light: "Light", dark: "Dark" },
		language: "Language",
		languages: { en: "English", zh: "中文" },
	},
	zh: {
		skip: "跳到内容",
		views: "视图",
		connected: "已连接",
		connecting: "正在连接",
		disconnected: "未连接",
		alone: "模拟器没有应答",
		waiting: "正在等待模拟器",
		loading: "正在加载",
		failed: "页面的这一部分无法加载。",
		again: "重试",
		theme: "浅色或深色",
		themes: { auto: "自动", light: "浅色", dark: "深色" },
		language: "语言",
		languages: { en: "English", zh: "中文" },
	},
};

export function App({ session }: { readonly session: Session }) {
	const say = useWords(words);
	const parts = useRoute();
	const [isConnecting, setConnecting] = useState(false);
	useEffect(() => route.follow(), []);
	const view = VIEWS.find(({ name }) => name === parts[0]) ?? VIEWS[0];
	return (
		<SessionContext.Provider value={session}>
			<a class="skip" href="#content">
				{say.skip}
			</a>
			<header class="bar">
				<img class="mark" src={new URL("./thimble.svg", import.meta.url).href} alt="" width="24" height="24" />
				<h1>Thimble</h1>
				<nav aria-label={say.views}>
					{VIEWS.map(each => (
						<ViewLink key={each.name} view={each} isCurrent={each === view} />
					))}
				</nav>
				<StatusButton session={session} onPress={() => setConnecting(true)} />
				<Preferences />
			</header>
			<main id="content" tabIndex={-1}>
				{view !== undefined && <Shown key={view.name} view={view} />}
			</main>
			{isConnecting && <ConnectDialog session={session} onClose={() => setConnecting(false)} />}
		</SessionContext.Provider>
	);
}

function ViewLink({ isCurrent, view }: { readonly isCurrent: boolean; readonly view: View }) {
	const title = useWords(view.title);
	return (
		<a href={hrefOf(view.name)} aria-current={isCurrent ? "page" : undefined}>
			{title}
		</a>
	);
}

/** A view, when it has been loaded. */
function Shown({ view }: { readonly view: View }) {
	const say = useWords(words);
	const [loaded, setLoaded] = useState<ComponentType | "failed" | undefined>(undefined);
	const [attempt, setAttempt] = useState(0);
	useEffect(() => {
		let isGone = false;
		view.load().then(
			({ default: component }) => {
				if (!isGone) setLoaded(() => component);
			},
			() => {
				if (!isGone) setLoaded("failed");
			},
		);
		return () => {
			isGone = true;
		};
	}, [view, attempt]);
	if (loaded === undefined) return <p class="hint">{say.loading}</p>;
	if (loaded === "failed")
		return (
			<p class="hint" role="alert">
				{say.failed}{" "}
				<button type="button" onClick={() => setAttempt(attempt + 1)}>
					{say.again}
				</button>
			</p>
		);
	const Component = loaded;
	return <Component />;
}

function StatusButton({ onPress, session }: { readonly onPress: () => void; readonly session: Session }) {
	const say = useWords(words);
	const { desk, link } = session;
	useLive(desk);
	useLive(link);
	const isAlone = desk.state === "away";
	const state = link.isOnline ? "good" : link.trouble === undefined && !isAlone ? "open" : "bad";
	const text = link.isOnline
		? say.connected
		: desk.state === "never"
			? say.waiting
			: link.trouble === undefined
				? say.connecting
				: say.disconnected;
	return (
		<button type="button" class={`status ${state}`} aria-live="polite" onClick={onPress}>
			<span class="dot" aria-hidden="true" />
			{isAlone ? say.alone : text}
		</button>
	);
}

function Preferences() {
	const say = useWords(words);
	const [theme, setTheme] = useState<Theme>(storedTheme);
	const isFirst = useRef(true);
	useEffect(() => {
		// What nobody has chosen is not written down.
		if (isFirst.current && theme === "auto") isFirst.current = false;
		else showTheme(theme);
	}, [theme]);
	return (
		<div class="preferences">
			<select
				aria-label={say.language}
				value={tongue.language}
				onChange={({ currentTarget }) => tongue.set(LANGUAGES.find(each => each === currentTarget.value)!)}
			>
				{LANGUAGES.map(each => (
					<option key={each} value={each}>
						{say.languages[each]}
					</option>
				))}
			</select>
			<select
				aria-label={say.theme}
				value={theme}
				onChange={({ currentTarget }) => setTheme(THEMES.find(each => each === currentTarget.value)!)}
			>
				{THEMES.map(each => (
					<option key={each} value={each}>
						{say.themes[each]}
					</option>
				))}
			</select>
		</div>
	);
}
