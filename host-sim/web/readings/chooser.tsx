// Which boards are drawn: those that are, and a list of all of them to choose from.

import { useState } from "preact/hooks";
import type { WatchedBoard } from "../../watch/board.js";
import { cleaned } from "../../watch/payload.js";
import { Swatch } from "./chart.js";
import type { Choice } from "./choice.js";
import { MOST_LINES } from "./palette.js";
import type { Paints } from "./plot.js";
import type { ReadingsWords } from "./words.js";

/** Boards of the list that are in the document. */
const MOST_LISTED = 60;

interface ChooserProps {
	readonly choice: Choice;
	/** All there are, in order. */
	readonly boards: readonly WatchedBoard[];
	readonly paints: Paints;
	readonly say: ReadingsWords;
	onToggle(id: string): void;
}

export function Chooser({ boards, choice, onToggle, paints, say }: ChooserProps) {
	const [isOpen, setOpen] = useState(false);
	const [text, setText] = useState("");
	const wanted = text.trim().toLowerCase();
	const found = isOpen ? boards.filter(({ name }) => name.toLowerCase().includes(wanted)) : [];
	return (
		<div class="readings-chooser">
			<ul class="readings-chosen" aria-label={say.boards}>
				{choice.lines.map(
					(id, line) =>
						id !== undefined && (
							<li key={id}>
								<Swatch line={line} paints={paints} />
								{cleaned(id)}
								<button type="button" aria-label={say.remove(cleaned(id))} onClick={() => onToggle(id)}>
									✕
								</button>
							</li>
						),
				)}
				<li class="readings-open">
					<button type="button" aria-expanded={isOpen} aria-controls="readings-list" onClick={() => setOpen(!isOpen)}>
						{say.choose}
					</button>
				</li>
			</ul>
			{isOpen && (
				<div id="readings-list" class="panel readings-list">
					<input
						type="search"
						aria-label={say.search}
						placeholder={say.search}
						value={text}
						spellcheck={false}
						autocomplete="off"
						onInput={({ currentTarget }) => setText(currentTarget.value)}
					/>
					<p class="hint" role="status">
						{choice.isFull
							? say.full(MOST_LINES)
							: found.length > MOST_LISTED
								? say.more(found.length - MOST_LISTED)
								: found.length === 0
									? say.nothingFound
									: ""}
					</p>
					<ul>
						{found.slice(0, MOST_LISTED).map(({ id, name }) => (
							<li key={id}>
								<label>
									<input
										type="checkbox"
										checked={choice.has(id)}
										disabled={choice.isFull && !choice.has(id)}
										onChange={() => onToggle(id)}
									/>
									{name}
								</label>
							</li>
						))}
					</ul>
				</div>
			)}
		</div>
	);
}
