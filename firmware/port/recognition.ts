// What a board sees with: the network over the model that is built into the firmware, and the camera, where the build has one
// (vision/camera.json beside vision/board.json). A board without a camera looks at pictures that are sent.

import Modules from "modules";
import type { Commands } from "../device/commands.js";
import { type RecognitionOptions, Recognizer } from "../device/recognizer.js";
import type { PictureSource } from "../io.js";
import { BAD_OPTION, Misuse } from "../mqtt/error.js";
import { BadModel, Model } from "../vision/model.js";
import { Network } from "../vision/network.js";
import { resource } from "./resources.js";

const MODEL = "fashion.model";
const CAMERA = "thimble/port/camera";

/** Throws Misuse where the model is none, or an option is wrong. */
export function makeRecognizer(commands: Commands, options: RecognitionOptions): Recognizer {
	const network = new Network(modelOf(resource(MODEL)));
	const pictures = cameraOf(network.model.width);
	return new Recognizer({ ...options, network, commands, ...(pictures !== undefined && { pictures }) });
}

function modelOf(bytes: Uint8Array | undefined): Model {
	if (bytes === undefined) throw new Misuse(BAD_OPTION, `model: the manifest includes no ${MODEL}`);
	try {
		return new Model(bytes);
	} catch (error) {
		if (error instanceof BadModel) throw new Misuse(BAD_OPTION, `model: ${error.fault}`);
		throw error;
	}
}

/** Undefined where the build has no camera. Whether the board has one is seen when it first looks. */
function cameraOf(side: number): PictureSource | undefined {
	if (!Modules.has(CAMERA)) return undefined;
	const { CameraSource } = Modules.importNow(CAMERA) as unknown as {
		CameraSource: new (side: number) => PictureSource;
	};
	return new CameraSource(side);
}
