// Pictures and canvases: one of 28 by 28 is shown as large as its place, with each pixel to be seen; and what a file or a camera has
// becomes bytes.

import { useLayoutEffect, useRef } from "preact/hooks";
import { type Image, SIDE } from "./picture.js";

/** More pixels of a side than that are no use: of what is larger, so much is looked at. */
const MOST_SIDE = 784;

export function Pixels({ label, pixels }: { readonly label: string; readonly pixels: Uint8Array }) {
	const canvas = useRef<HTMLCanvasElement>(null);
	useLayoutEffect(() => {
		const context = canvas.current!.getContext("2d")!;
		const image = context.createImageData(SIDE, SIDE);
		for (const [i, value] of pixels.entries()) image.data.set([value, value, value, 255], i * 4);
		context.putImageData(image, 0, 0);
	}, [pixels]);
	return (
		<canvas ref={canvas} class="recognition-pixels" width={SIDE} height={SIDE} role="img" aria-label={label}>
			{label}
		</canvas>
	);
}

/** The place of a picture that this page has never seen. */
export function NoPixels({ label }: { readonly label: string }) {
	return (
		<span class="recognition-pixels recognition-unknown" role="img" aria-label={label} title={label}>
			?
		</span>
	);
}

/** Undefined where the file is no picture that this browser can read. */
export async function imageIn(file: File): Promise<Image | undefined> {
	try {
		const bitmap = await createImageBitmap(file);
		const image = imageOf(bitmap, bitmap.width, bitmap.height);
		bitmap.close();
		return image;
	} catch {
		return undefined;
	}
}

/** The whole of it; what is large is made smaller. */
export function imageOf(source: CanvasImageSource, width: number, height: number): Image {
	const share = Math.min(1, MOST_SIDE / Math.min(width, height));
	const canvas = document.createElement("canvas");
	canvas.width = Math.max(1, Math.round(width * share));
	canvas.height = Math.max(1, Math.round(height * share));
	const context = canvas.getContext("2d", { willReadFrequently: true })!;
	context.imageSmoothingQuality = "high";
	context.drawImage(source, 0, 0, canvas.width, canvas.height);
	return context.getImageData(0, 0, canvas.width, canvas.height);
}
