// The last picture of a board, which it sends only when it is asked to: once, or again and again while somebody looks.

import { useEffect, useState } from "preact/hooks";
import { useLive } from "../live.js";
import { tongue, useWords } from "../words.js";
import { Bars } from "./bars.js";
import { Pixels } from "./pixels.js";
import type { SeeingBoard } from "./recognitions.js";
import type { Requests } from "./requests.js";
import { recognitionWords, refusalText } from "./words.js";

const FOLLOW_MS = 2000;

export function Eye({ board, requests }: { readonly board: SeeingBoard; readonly requests: Requests }) {
	const say = useWords(recognitionWords);
	useLive(requests);
	const [isFollowing, setFollowing] = useState(false);
	const { id, name, results } = board;
	useEffect(() => {
		if (!isFollowing) return;
		const ask = () => {
			if (!document.hidden) void requests.show(id);
		};
		ask();
		const timer = setInterval(ask, FOLLOW_MS);
		return () => clearInterval(timer);
	}, [isFollowing, id, requests]);
	const shown = requests.shown(id);
	const result = shown && results.find(({ crc }) => crc === shown.crc);
	const asked = requests.last(id, "picture");
	const problem =
		asked?.state === "refused"
			? refusalText(asked.error!, tongue.language)
			: asked?.state === "unsent"
				? say.unsent(asked.error!)
				: "";
	return (
		<section class="panel recognition-eye" aria-label={say.eyeTitle}>
			<h2>{say.eyeTitle}</h2>
			<div class="row">
				<button type="button" onClick={() => requests.show(id)}>
					{say.eye}
				</button>
				<label class="row">
					<input
						type="checkbox"
						checked={isFollowing}
						onChange={({ currentTarget }) => setFollowing(currentTarget.checked)}
					/>
					{say.follow}
				</label>
			</div>
			<div class="recognition-seen">
				{shown === undefined ? (
					<p class="recognition-pixels recognition-unknown">{say.eyeNone}</p>
				) : (
					<Pixels pixels={shown.pixels} label={say.eyePicture(name)} />
				)}
				{result === undefined ? <p class="hint">{say.eyeHint}</p> : <Bars top={result.top} />}
			</div>
			<p class="wrong recognition-problem" role="status">
				{problem}
			</p>
		</section>
	);
}
