// What the visitor's camera shows, a few times a second, as long as it is looked at. Nothing is kept of it.

import { useEffect, useRef, useState } from "preact/hooks";
import { useWords } from "../words.js";
import type { Image } from "./picture.js";
import { imageOf } from "./pixels.js";
import { recognitionWords } from "./words.js";

const TURN_MS = 250;

type State = "cameraWaits" | "cameraOff" | "cameraNone" | "cameraInsecure" | "on";

export function Camera({ onImage }: { onImage(image: Image): void }) {
	const say = useWords(recognitionWords);
	const video = useRef<HTMLVideoElement>(null);
	const [state, setState] = useState<State>("cameraWaits");
	useEffect(() => {
		let isGone = false;
		let stream: MediaStream | undefined;
		const stop = () => {
			for (const track of stream?.getTracks() ?? []) track.stop();
		};
		const begin = async () => {
			// Only where the page is trustworthy is there any.
			if (navigator.mediaDevices === undefined) {
				setState("cameraInsecure");
				return;
			}
			try {
				stream = await navigator.mediaDevices.getUserMedia({
					video: { facingMode: { ideal: "environment" }, width: { ideal: 640 }, height: { ideal: 480 } },
				});
			} catch (error) {
				const isMissing = error instanceof DOMException && /^(NotFound|NotReadable|Overconstrained)/.test(error.name);
				if (!isGone) setState(isMissing ? "cameraNone" : "cameraOff");
				return;
			}
			if (isGone) stop();
			else {
				video.current!.srcObject = stream;
				setState("on");
			}
		};
		void begin();
		const timer = setInterval(() => {
			const { videoHeight, videoWidth } = video.current ?? {};
			const image = videoWidth && videoHeight ? imageOf(video.current!, videoWidth, videoHeight) : undefined;
			if (image !== undefined) onImage(image);
		}, TURN_MS);
		return () => {
			isGone = true;
			clearInterval(timer);
			stop();
		};
	}, []);
	return (
		<div class="recognition-camera">
			<video ref={video} autoPlay muted playsInline hidden={state !== "on"} aria-label={say.kinds.camera} />
			{state !== "on" && (
				<p class={state === "cameraWaits" ? "hint" : "wrong"} role="status">
					{say[state]}
				</p>
			)}
		</div>
	);
}
