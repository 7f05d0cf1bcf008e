// Whose packets are shown: some of the clients, looked for by their names, or all of them.

import { useState } from "preact/hooks";
import { useWords } from "../words.js";
import { type Choice, MOST_LANES } from "./lanes.js";

const words = {
	en: {
		whose: "Whose packets",
		search: "Look for a client",
		all: "All of them, in two lanes",
		more: (count: number) => `… and ${count} more: look for them by name`,
		most: `Up to ${MOST_LANES - 1} have a lane of their own.`,
		everybody: "everybody",
		nobody: "nobody",
		and: (name: string, count: number) => `${name} and ${count} more`,
	},
	zh: {
		whose: "显示哪些客户端的报文",
		search: "查找客户端",
		all: "全部，分两条泳道",
		more: (count: number) => `… 还有 ${count} 个：请按名称查找`,
		most: `最多 ${MOST_LANES - 1} 个客户端各有自己的泳道。`,
		everybody: "全部客户端",
		nobody: "没有客户端",
		and: (name: string, count: number) => `${name} 等 ${count + 1} 个`,
	},
};

/** Names that the list has at most: who has more to choose from looks for them. */
const SHOWN = 40;

interface ClientsProps {
	readonly choice: Choice;
	/** Those that there are to choose from. */
	readonly clients: readonly string[];
	nameOf(client: string): string;
	onChoose(choice: Choice): void;
}

export function Clients({ choice, clients, nameOf, onChoose }: ClientsProps) {
	const say = useWords(words);
	const [text, setText] = useState("");
	const chosen = choice === "all" ? [] : choice;
	const sought = text.trim().toLowerCase();
	// Those that are chosen stand in front, where one finds them again.
	const rest = clients.filter(each => !chosen.includes(each));
	const found = [...chosen, ...rest].filter(each => sought === "" || nameOf(each).toLowerCase().includes(sought));
	const [first] = chosen;
	const summary =
		choice === "all"
			? say.everybody
			: first === undefined
				? say.nobody
				: chosen.length <= 2
					? chosen.map(nameOf).join(", ")
					: say.and(nameOf(first), chosen.length - 1);
	const toggle = (client: string) => {
		const others = chosen.filter(each => each !== client);
		onChoose(others.length < chosen.length ? others : [...chosen, client].slice(-(MOST_LANES - 1)));
	};
	return (
		<details
			class="packets-clients"
			onKeyDown={event => {
				if (event.key !== "Escape") return;
				event.currentTarget.open = false;
				event.currentTarget.querySelector("summary")?.focus();
			}}
		>
			<summary>
				<span class="quiet">{say.whose}: </span>
				{summary}
			</summary>
			<div class="packets-popup">
				<input
					type="search"
					aria-label={say.search}
					placeholder={say.search}
					value={text}
					onInput={({ currentTarget }) => setText(currentTarget.value)}
				/>
				<label class="choice">
					<input type="checkbox" checked={choice === "all"} onChange={() => onChoose(choice === "all" ? [] : "all")} />
					{say.all}
				</label>
				<ul>
					{found.slice(0, SHOWN).map(client => (
						<li key={client}>
							<label class="choice">
								<input type="checkbox" checked={chosen.includes(client)} onChange={() => toggle(client)} />
								<span class="packets-client">{nameOf(client)}</span>
							</label>
						</li>
					))}
				</ul>
				{found.length > SHOWN && <p class="hint">{say.more(found.length - SHOWN)}</p>}
				<p class="hint">{say.most}</p>
			</div>
		</details>
	);
}
