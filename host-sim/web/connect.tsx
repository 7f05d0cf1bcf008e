// To which broker the page goes, and as whom. What is typed in here stays in this page's memory: a password is written down nowhere.

import { useEffect, useRef, useState } from "preact/hooks";
import { Misuse } from "../../firmware/mqtt/error.js";
import { useLive } from "./live.js";
import type { Destination } from "./model/link.js";
import type { Session } from "./model/session.js";
import { useWords } from "./words.js";

const words = {
	en: {
		title: "Connection",
		usual: "The broker of this run",
		other: "Another broker, over WebSocket",
		url: "Address",
		user: "User name",
		password: "Password",
		version: "Version of MQTT",
		connect: "Connect",
		cancel: "Close",
		wrongUrl: "Expected an address that begins with ws:// or wss://.",
		now: "Connected as",
		not: "Not connected:",
	},
	zh: {
		title: "连接",
		usual: "本次运行的代理",
		other: "其他代理（WebSocket）",
		url: "地址",
		user: "用户名",
		password: "密码",
		version: "MQTT 版本",
		connect: "连接",
		cancel: "关闭",
		wrongUrl: "地址应以 ws:// 或 wss:// 开头。",
		now: "已连接，客户端标识：",
		not: "未连接：",
	},
};

export function ConnectDialog({ onClose, session }: { readonly onClose: () => void; readonly session: Session }) {
	const say = useWords(words);
	const { desk, link } = session;
	useLive(link);
	const dialog = useRef<HTMLDialogElement>(null);
	const [wrong, setWrong] = useState<string | undefined>(undefined);
	const isUsualNow = link.destination === undefined || link.destination.url === session.usual().url;
	const [isUsual, setUsual] = useState(isUsualNow);
	useEffect(() => dialog.current?.showModal(), []);
	const connect = (event: SubmitEvent) => {
		event.preventDefault();
		const form = new FormData(event.target as HTMLFormElement);
		const text = (name: string) => String(form.get(name) ?? "");
		const version: Destination["version"] = text("version") === "3.1.1" ? "3.1.1" : "5.0";
		const usual = session.usual(version);
		const url = isUsual ? usual.url : text("url").trim();
		const userName = text("user");
		const password = text("password");
		if (!/^wss?:\/\/[^/]/.test(url) || !URL.canParse(url)) {
			setWrong(say.wrongUrl);
			return;
		}
		try {
			session.connect({
				...(isUsual && usual),
				url,
				version,
				...(userName !== "" && { userName }),
				...(password !== "" && { password }),
			});
			setWrong(undefined);
		} catch (error) {
			if (!(error instanceof Misuse)) throw error;
			setWrong(error.message);
		}
	};
	return (
		<dialog ref={dialog} class="sheet" onClose={onClose} aria-labelledby="connect-title">
			<form onSubmit={connect}>
				<h2 id="connect-title">{say.title}</h2>
				<p class="hint" role="status">
					{link.isOnline ? `${say.now} ${link.clientId}` : `${say.not} ${link.trouble ?? "…"}`}
				</p>
				<label class="choice">
					<input type="radio" name="which" checked={isUsual} onChange={() => setUsual(true)} />
					{say.usual} <code>{desk.hello?.broker.url ?? ""}</code>
				</label>
				<label class="choice">
					<input type="radio" name="which" checked={!isUsual} onChange={() => setUsual(false)} />
					{say.other}
				</label>
				{!isUsual && (
					<label class="field">
						{say.url}
						<input
							name="url"
							type="url"
							required
							placeholder="wss://broker.example/mqtt"
							value={isUsualNow ? "" : link.destination!.url}
						/>
					</label>
				)}
				<label class="field">
					{say.user}
					<input name="user" autocomplete="username" />
				</label>
				<label class="field">
					{say.password}
					<input name="password" type="password" autocomplete="current-password" />
				</label>
				<label class="field">
					{say.version}
					<select name="version" value={link.destination?.version ?? "5.0"}>
						<option>5.0</option>
						<option>3.1.1</option>
					</select>
				</label>
				{wrong !== undefined && (
					<p class="wrong" role="alert">
						{wrong}
					</p>
				)}
				<p class="row">
					<button type="submit" class="primary">
						{say.connect}
					</button>
					<button type="button" onClick={() => dialog.current?.close()}>
						{say.cancel}
					</button>
				</p>
			</form>
		</dialog>
	);
}
