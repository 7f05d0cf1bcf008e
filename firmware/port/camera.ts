// The SDK's camera as a source of pictures, on boards that have one (vision/camera.json). It holds on to the newest frame alone,
// which lies in memory of the camera's driver.

import Camera from "embedded:io/image/in/camera";
import type { PictureSource } from "../io.js";
import { crop, RGB565 } from "../vision/picture.js";

/** What the SDK calls RGB565, little-endian: all of its cameras have it. */
const IMAGE_TYPE = 7;
/** The smallest that ESP32's cameras have. */
const SIDE = 96;

export class CameraSource implements PictureSource {
	#camera: Camera | undefined = undefined;
	/** Of the pictures that are asked for. */
	readonly #side: number;
	#frame: (ArrayBuffer & { close(): void }) | undefined = undefined;

	constructor(side: number) {
		this.#side = side;
	}

	/** The camera is opened when it is first asked for. Throws as long as there is none, and is to be asked again. */
	capture(view: Uint8Array): boolean {
		if (this.#camera === undefined) this.open();
		if (this.#frame === undefined) return false;
		const { height, width } = this.#camera!;
		crop(new Uint8Array(this.#frame), RGB565, width, height, view, this.#side);
		return true;
	}

	close(): void {
		this.#frame?.close();
		this.#frame = undefined;
		this.#camera?.close();
		this.#camera = undefined;
	}

	private open(): void {
		const camera = new Camera({
			width: SIDE,
			height: SIDE,
			imageType: IMAGE_TYPE,
			format: "buffer/disposable",
			onReadable: () => this.read(),
		});
		this.#camera = camera;
		camera.start();
	}

	private read(): void {
		const frame = this.#camera?.read();
		if (frame === undefined) return;
		this.#frame?.close();
		this.#frame = frame;
	}
}

Object.freeze(CameraSource.prototype);
