// The visitor's own picture: out of a file, a drawing or a camera, as the board will see it, and sent there.

import { useEffect, useMemo, useReducer, useState } from "preact/hooks";
import { useLive } from "../live.js";
import { tongue, useWords } from "../words.js";
import { Camera } from "./camera.js";
import { Drawing } from "./drawing.js";
import { boardPicture, type Image } from "./picture.js";
import { NoPixels, Pixels } from "./pixels.js";
import type { SeeingBoard } from "./recognitions.js";
import type { Request, Requests } from "./requests.js";
import { labelText, percentText, type RecognitionWords, recognitionWords, refusalText } from "./words.js";

const KINDS = ["file", "drawing", "camera"] as const;
type Kind = (typeof KINDS)[number];

/** Of what was shown, that is told. */
const MOST_TOLD = 5;
/** What has no answer by then is told to be late, in ms. */
const LATE_MS = 5000;
const TURN_MS = 1000;

/** A picture that has been dropped on the page. */
export interface Dropped {
	readonly image: Image | undefined;
}

interface ShowProps {
	readonly board: SeeingBoard;
	readonly dropped: Dropped | undefined;
	readonly requests: Requests;
	onFile(file: File): void;
}

export function Show({ board, dropped, onFile, requests }: ShowProps) {
	const say = useWords(recognitionWords);
	const [kind, setKind] = useState<Kind>("file");
	const [live, setLive] = useState<Image | undefined>(undefined);
	const [invert, setInvert] = useState<boolean | undefined>(undefined);
	const begin = (next: Kind) => {
		setKind(next);
		setLive(undefined);
		setInvert(undefined);
	};
	useEffect(() => {
		if (dropped !== undefined) begin("file");
	}, [dropped]);
	const image = kind === "file" ? dropped?.image : live;
	const picture = useMemo(() => (image === undefined ? undefined : boardPicture(image, invert)), [image, invert]);
	return (
		<section class="panel recognition-show" aria-label={say.showTitle}>
			<h2>{say.showTitle}</h2>
			<p class="hint">{say.showHint}</p>
			<fieldset class="recognition-kinds">
				<legend class="quiet">{say.kind}</legend>
				{KINDS.map(each => (
					<label key={each}>
						<input type="radio" name="kind" checked={each === kind} onChange={() => begin(each)} />
						{say.kinds[each]}
					</label>
				))}
			</fieldset>
			{kind === "file" && (
				<label class="recognition-file">
					{say.file}
					<input
						type="file"
						accept="image/*"
						onChange={({ currentTarget }) => {
							const [file] = currentTarget.files ?? [];
							if (file !== undefined) onFile(file);
							// The same file may be chosen again.
							currentTarget.value = "";
						}}
					/>
				</label>
			)}
			{kind === "file" && dropped !== undefined && dropped.image === undefined && (
				<p class="wrong" role="alert">
					{say.noPicture}
				</p>
			)}
			{kind === "drawing" && <Drawing onImage={setLive} />}
			{kind === "camera" && <Camera onImage={setLive} />}
			<div class="recognition-ready">
				{picture === undefined ? (
					<span class="recognition-pixels recognition-unknown" aria-hidden="true" />
				) : (
					<Pixels pixels={picture.pixels} label={say.preview} />
				)}
				<div>
					<p class="hint">{say.preview}</p>
					<label class="choice">
						<input
							type="checkbox"
							disabled={picture === undefined}
							checked={picture?.isInverted ?? false}
							onChange={({ currentTarget }) => setInvert(currentTarget.checked)}
						/>
						{say.invert}
					</label>
					<button
						type="button"
						class="primary"
						disabled={picture === undefined}
						onClick={() => requests.look(board.id, picture!.pixels)}
					>
						{say.send(board.name)}
					</button>
				</div>
			</div>
			<Yours requests={requests} />
		</section>
	);
}

/** What has become of what was shown. */
function Yours({ requests }: { readonly requests: Requests }) {
	const say = useWords(recognitionWords);
	useLive(requests);
	const [, turn] = useReducer((count: number, _: undefined) => count + 1, 0);
	const looks = requests.all.filter(({ command }) => command === "look").slice(0, MOST_TOLD);
	const isOpen = looks.some(({ state }) => state === "sent" || state === "taken");
	useEffect(() => {
		if (!isOpen) return;
		const timer = setInterval(() => turn(undefined), TURN_MS);
		return () => clearInterval(timer);
	}, [isOpen]);
	return (
		<div role="status" aria-atomic="false" class="recognition-yours">
			{looks.length > 0 && (
				<>
					<h3>{say.yours}</h3>
					<ul>
						{looks.map(request => (
							<Look key={request.id} request={request} requests={requests} say={say} />
						))}
					</ul>
				</>
			)}
		</div>
	);
}

interface LookProps {
	readonly request: Request;
	readonly requests: Requests;
	readonly say: RecognitionWords;
}

function Look({ request, requests, say }: LookProps) {
	const pixels = requests.album.get(request.crc);
	const isWrong = request.state === "refused" || request.state === "unsent";
	return (
		<li>
			{pixels === undefined ? (
				<NoPixels label={say.unknownPicture} />
			) : (
				<Pixels pixels={pixels} label={say.yourPicture} />
			)}
			<span>
				<strong>{request.board}</strong>{" "}
				<span class={isWrong ? "wrong" : undefined}>{outcomeText(request, say, performance.now())}</span>
			</span>
		</li>
	);
}

function outcomeText(request: Request, say: RecognitionWords, now: number): string {
	const { at, doneAt, error = "", number, result, state } = request;
	const isLate = now - at > LATE_MS;
	switch (state) {
		case "sent":
			return isLate ? say.late : say.sent;
		case "taken":
			return isLate ? say.lost : say.taken(number);
		case "refused":
			return refusalText(error, tongue.language);
		case "unsent":
			return say.unsent(error);
		case "done": {
			const { confidence, label } = result!;
			return say.done(labelText(label, tongue.language), percentText(confidence), (doneAt! - at).toFixed(0));
		}
	}
}
