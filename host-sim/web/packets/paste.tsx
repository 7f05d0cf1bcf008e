// Any bytes in hexadecimal, decoded as they are typed or pasted.

import { useMemo, useState } from "preact/hooks";
import type { Version } from "../../checker/statements.js";
import { bytesOfHex, HexError } from "../../inspect/hex.js";
import { dissectStream } from "../../inspect/stream.js";
import { useWords } from "../words.js";
import { Dissected } from "./packet.js";

const words = {
	en: {
		title: "Packets in hexadecimal",
		hint: "With or without spaces, commas, 0x or \\x; several packets one behind the other.",
		version: "Version",
		auto: "as they look",
		secrets: "Show passwords",
		example: "An example",
		clear: "Clear",
		strange: (text: string, at: number) => `“${text}” at position ${at} is no hexadecimal digit.`,
		odd: (at: number) => `From position ${at} on there is an odd number of digits: half a byte is missing.`,
		none: (at: number) => `There are no digits behind the 0x at position ${at}.`,
		sources: { connect: "as its CONNECT says", given: "as chosen", guess: "a guess: there is no CONNECT" },
		packets: "Packets",
		nothing: "Paste the bytes of a packet, from a log, a debugger or Wireshark.",
	},
	zh: {
		title: "十六进制报文",
		hint: "可带或不带空格、逗号、0x 或 \\x；多个报文可以首尾相接。",
		version: "版本",
		auto: "自动判断",
		secrets: "显示密码",
		example: "示例",
		clear: "清空",
		strange: (text: string, at: number) => `第 ${at} 个字符“${text}”不是十六进制数字。`,
		odd: (at: number) => `从第 ${at} 个字符起，数字个数为奇数：缺少半个字节。`,
		none: (at: number) => `第 ${at} 个字符处的 0x 后面没有数字。`,
		sources: { connect: "由 CONNECT 得知", given: "按所选", guess: "推测：没有 CONNECT" },
		packets: "报文",
		nothing: "粘贴来自日志、调试器或 Wireshark 的报文字节。",
	},
};

/** CONNECT and SUBSCRIBE of 5.0, and a message at QoS 2 as it comes. */
const EXAMPLE = `10 1d 00 04 4d 51 54 54 05 02 00 1e 05 11 00 00 00 3c 00 0b 74 68 69 6d 62 6c 65 2d 30 30 31
82 0a 00 01 00 00 04 6c 61 6d 70 02
34 14 00 04 6c 61 6d 70 00 07 00 7b 22 6f 6e 22 3a 74 72 75 65 7d
50 02 00 07  62 02 00 07  70 02 00 07`;

export function Paste() {
	const say = useWords(words);
	const [text, setText] = useState("");
	const [version, setVersion] = useState<Version | undefined>(undefined);
	const [showsSecrets, setShowsSecrets] = useState(false);
	const [chosen, setChosen] = useState(0);
	const { error, stream } = useMemo(() => {
		try {
			return { stream: dissectStream(bytesOfHex(text), { version }), error: undefined };
		} catch (thrown) {
			if (!(thrown instanceof HexError)) throw thrown;
			return { stream: undefined, error: thrown };
		}
	}, [text, version]);
	const packets = stream?.packets ?? [];
	const index = Math.min(chosen, packets.length - 1);
	const packet = packets[index];
	return (
		<section class="packets-paste" aria-label={say.title}>
			<div class="packets-input">
				<label>
					<span>{say.title}</span>
					<textarea
						rows={6}
						spellcheck={false}
						autocomplete="off"
						value={text}
						aria-invalid={error !== undefined}
						aria-describedby="packets-paste-hint"
						onInput={({ currentTarget }) => setText(currentTarget.value)}
					/>
				</label>
				<p id="packets-paste-hint" class="hint">
					{say.hint}
				</p>
				<p class="row">
					<label>
						{say.version}{" "}
						<select
							value={version ?? ""}
							onChange={({ currentTarget: { value } }) =>
								setVersion(value === "3.1.1" || value === "5.0" ? value : undefined)
							}
						>
							<option value="">{say.auto}</option>
							<option>3.1.1</option>
							<option>5.0</option>
						</select>
					</label>
					<label>
						<input
							type="checkbox"
							checked={showsSecrets}
							onChange={({ currentTarget }) => setShowsSecrets(currentTarget.checked)}
						/>{" "}
						{say.secrets}
					</label>
					{text === "" ? (
						<button type="button" onClick={() => setText(EXAMPLE)}>
							{say.example}
						</button>
					) : (
						<button type="button" onClick={() => setText("")}>
							{say.clear}
						</button>
					)}
				</p>
				{error !== undefined && (
					<p class="wrong" role="alert">
						{sentence(error, text, say)}
					</p>
				)}
			</div>
			<div class="packets-output">
				{packet === undefined || stream === undefined ? (
					<p class="hint">{say.nothing}</p>
				) : (
					<section class="packets-panel still" aria-label={packet.summary.name}>
						<ol class="packets-strip" aria-label={say.packets}>
							{packets.map(({ at, faults, summary }, i) => (
								<li key={at}>
									<button type="button" aria-pressed={i === index} onClick={() => setChosen(i)}>
										{summary.name}
										{faults.length > 0 && <b class="wrong"> !</b>}
									</button>
								</li>
							))}
						</ol>
						<p class="hint">
							MQTT {packet.version} ({say.sources[stream.source]})
						</p>
						<Dissected key={index} bytes={packet.bytes} version={packet.version} showsSecrets={showsSecrets} />
					</section>
				)}
			</div>
		</section>
	);
}

function sentence({ at, what }: HexError, text: string, say: (typeof words)["en"]): string {
	if (what === "strange") return say.strange(String.fromCodePoint(text.codePointAt(at)!), at + 1);
	return say[what](at + 1);
}
