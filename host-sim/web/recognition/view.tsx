// Recognition: what boards that see say they see, as it comes over MQTT; and a place to show them something.

import { useEffect, useState } from "preact/hooks";
import { useLive } from "../live.js";
import { useRoute } from "../route.js";
import { useSession } from "../session.js";
import { useWords } from "../words.js";
import { Boards } from "./boards.js";
import { Eye } from "./eye.js";
import { imageIn } from "./pixels.js";
import "./recognition.css";
import { recognitionsOf } from "./recognitions.js";
import { requestsOf } from "./requests.js";
import { type Dropped, Show } from "./show.js";
import { Told } from "./told.js";
import { recognitionWords } from "./words.js";

export default function RecognitionView() {
	const say = useWords(recognitionWords);
	const session = useSession();
	const [, wanted] = useRoute();
	const recognitions = recognitionsOf(session);
	const requests = requestsOf(session);
	useLive(recognitions);
	useLive(session.fleet);
	const [dropped, setDropped] = useState<Dropped | undefined>(undefined);
	const isOver = useDrop(file => load(file));
	const load = async (file: File) => setDropped({ image: await imageIn(file) });
	const { boards } = recognitions;
	const board = wanted === undefined ? boards[0] : recognitions.of(wanted);
	if (boards.length === 0)
		return (
			<p class="hint">
				{say.none} <code>npm start -- recognition</code>
			</p>
		);
	return (
		<div class={`recognition${isOver ? " recognition-over" : ""}`}>
			<Boards boards={boards} album={requests.album} chosen={board?.id} fleet={session.fleet} />
			{board === undefined ? (
				<p class="hint">{say.noAnswer}</p>
			) : (
				<>
					<Told board={board} album={requests.album} />
					<div class="recognition-side">
						<Show board={board} requests={requests} dropped={dropped} onFile={load} />
						<Eye board={board} requests={requests} />
					</div>
				</>
			)}
			{isOver && (
				<p class="recognition-drop" aria-hidden="true">
					{say.dropHere}
				</p>
			)}
		</div>
	);
}

/** Takes files that are dropped anywhere on the page, which a browser would open else. Tells whether one is over it. */
function useDrop(take: (file: File) => void): boolean {
	const [isOver, setOver] = useState(false);
	useEffect(() => {
		const over = (event: DragEvent) => {
			if (event.dataTransfer?.types.includes("Files") !== true) return;
			event.preventDefault();
			setOver(true);
		};
		const leave = (event: DragEvent) => {
			if (event.relatedTarget === null) setOver(false);
		};
		const drop = (event: DragEvent) => {
			setOver(false);
			const file = event.dataTransfer?.files[0];
			if (file === undefined) return;
			event.preventDefault();
			take(file);
		};
		addEventListener("dragover", over);
		addEventListener("dragleave", leave);
		addEventListener("drop", drop);
		return () => {
			removeEventListener("dragover", over);
			removeEventListener("dragleave", leave);
			removeEventListener("drop", drop);
		};
	}, []);
	return isOver;
}
