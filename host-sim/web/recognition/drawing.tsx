// A place to draw on, light on black, as large as ten by ten pixels of what the board will see for each of its own.

import { useEffect, useRef, useState } from "preact/hooks";
import { useWords } from "../words.js";
import { type Image, SIDE } from "./picture.js";
import { recognitionWords } from "./words.js";

const SCALE = 10;
const SIZE = SIDE * SCALE;
/** Widths of lines, in pixels of the canvas. */
const PENS = { thin: 14, medium: 32, thick: 64, eraser: 40 } as const;
type Pen = keyof typeof PENS;
const PEN_NAMES = Object.keys(PENS) as Pen[];

export function Drawing({ onImage }: { onImage(image: Image | undefined): void }) {
	const say = useWords(recognitionWords);
	const canvas = useRef<HTMLCanvasElement>(null);
	const [pen, setPen] = useState<Pen>("medium");
	const clear = () => {
		contextOf(canvas.current!).fillRect(0, 0, SIZE, SIZE);
		onImage(undefined);
	};
	useEffect(clear, []);
	const tell = () => onImage(contextOf(canvas.current!).getImageData(0, 0, SIZE, SIZE));
	const draw = (event: PointerEvent) => {
		// A button of the mouse, a pen or a finger is down.
		if ((event.buttons & 1) === 0) return;
		const element = canvas.current!;
		const { height, left, top, width } = element.getBoundingClientRect();
		const [x, y] = [((event.clientX - left) / width) * SIZE, ((event.clientY - top) / height) * SIZE];
		const context = contextOf(element);
		if (event.type === "pointerdown") {
			element.setPointerCapture(event.pointerId);
			context.beginPath();
			context.moveTo(x, y);
		}
		context.lineWidth = PENS[pen];
		context.strokeStyle = pen === "eraser" ? "#000" : "#fff";
		context.lineTo(x, y);
		context.stroke();
		context.beginPath();
		context.moveTo(x, y);
		tell();
	};
	return (
		<div class="recognition-drawing">
			<canvas
				ref={canvas}
				width={SIZE}
				height={SIZE}
				role="img"
				aria-label={say.canvas}
				onPointerDown={draw}
				onPointerMove={draw}
			/>
			<div class="row">
				<label class="row">
					{say.pen}
					<select
						value={pen}
						onChange={({ currentTarget }) => setPen(PEN_NAMES.find(each => each === currentTarget.value)!)}
					>
						{PEN_NAMES.map(each => (
							<option key={each} value={each}>
								{say.pens[each]}
							</option>
						))}
					</select>
				</label>
				<button type="button" onClick={clear}>
					{say.clear}
				</button>
			</div>
			<p class="hint">{say.drawHint}</p>
		</div>
	);
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
	const context = canvas.getContext("2d", { willReadFrequently: true })!;
	context.lineCap = "round";
	context.lineJoin = "round";
	context.fillStyle = "#000";
	return context;
}
