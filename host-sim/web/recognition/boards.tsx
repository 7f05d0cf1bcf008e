// The boards that see, each with its answer of now. One of them is chosen: it is the one that is asked, and told of in full.

import { useEffect, useRef, useState } from "preact/hooks";
import { PresenceMark } from "../fleet/presence.js";
import { fleetWords } from "../fleet/words.js";
import type { Fleet } from "../model/session.js";
import { hrefOf } from "../route.js";
import { tongue, useWords } from "../words.js";
import type { Album } from "./album.js";
import { Bars } from "./bars.js";
import { NoPixels, Pixels } from "./pixels.js";
import type { SeeingBoard } from "./recognitions.js";
import { labelText, percentText, recognitionWords } from "./words.js";

/** Boards that are in the document; and from how many on there is a search. */
const MOST_LISTED = 60;
const MANY = 12;

interface BoardsProps {
	readonly album: Album;
	readonly boards: readonly SeeingBoard[];
	readonly chosen: string | undefined;
	readonly fleet: Fleet;
}

export function Boards({ album, boards, chosen, fleet }: BoardsProps) {
	const say = useWords(recognitionWords);
	const [text, setText] = useState("");
	const wanted = text.trim().toLowerCase();
	const found = wanted === "" ? boards : boards.filter(({ name }) => name.toLowerCase().includes(wanted));
	return (
		<section class="recognition-boards" aria-label={say.boards}>
			{boards.length > MANY && (
				<div class="row">
					<input
						type="search"
						aria-label={say.search}
						placeholder={say.search}
						value={text}
						spellcheck={false}
						autocomplete="off"
						onInput={({ currentTarget }) => setText(currentTarget.value)}
					/>
					<span class="hint" role="status">
						{found.length > MOST_LISTED
							? say.more(found.length - MOST_LISTED)
							: found.length === 0
								? say.nothingFound
								: ""}
					</span>
				</div>
			)}
			<ul class="recognition-cards">
				{found.slice(0, MOST_LISTED).map(board => (
					<li key={board.id}>
						<Card board={board} album={album} fleet={fleet} isChosen={board.id === chosen} />
					</li>
				))}
			</ul>
		</section>
	);
}

interface CardProps {
	readonly album: Album;
	readonly board: SeeingBoard;
	readonly fleet: Fleet;
	readonly isChosen: boolean;
}

function Card({ album, board, fleet, isChosen }: CardProps) {
	const say = useWords(recognitionWords);
	const { presence: words } = useWords(fleetWords);
	const card = useRef<HTMLAnchorElement>(null);
	useEffect(() => {
		if (isChosen) card.current!.scrollIntoView({ block: "nearest", inline: "nearest" });
	}, [isChosen]);
	const presence = fleet.watched.boards.get(board.id)?.presence ?? "unknown";
	const [result] = board.results;
	const { confidence, crc, label, picture, top } = result!;
	const pixels = album.get(crc);
	const text = labelText(label, tongue.language);
	return (
		<a
			ref={card}
			class="recognition-card"
			href={hrefOf("recognition", board.id)}
			aria-current={isChosen ? "true" : undefined}
		>
			<span class="recognition-name">
				<strong>{board.name}</strong>
				<PresenceMark presence={presence} word={words[presence]} />
			</span>
			<span class="recognition-now">
				{pixels === undefined ? (
					<NoPixels label={say.unknownPicture} />
				) : (
					<Pixels pixels={pixels} label={say.pictureOf(text)} />
				)}
				<span>
					<span class="recognition-answer" title={label}>
						{text}
					</span>
					<span class="hint">
						{percentText(confidence)} · {say.picture(picture)}
					</span>
				</span>
			</span>
			<Bars top={top} />
		</a>
	);
}
