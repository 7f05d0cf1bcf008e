// A belt with pictures before the cameras of boards that see: each camera begins at a place of its own, and shows one after the
// other, round and round. The pictures and the model are those that come with the simulator, read when they are first wanted.

import { fileURLToPath } from "node:url";
import type { PictureSource } from "../../firmware/io.js";
import { checkSum } from "../../firmware/optional/checksum.js";
import type { Model } from "../../firmware/vision/model.js";
import { Network } from "../../firmware/vision/network.js";
import { UsageError } from "../fleet/schema.js";
import { FASHION_LABELS, type Pictures } from "../model/dataset.js";
import { readModel } from "../model/reader.js";
import { readSample } from "../model/sample.js";
import type { SeededRandom } from "../world/random.js";

/** What boards that see are given on the desktop, and what is known of it, so that what they say can be held against it. */
export interface Sights {
	/** The camera of one board. */
	camera(random: SeededRandom): PictureSource;
	/** The network of one board: it has buffers of its own. */
	network(): Network;
	/** What is on the picture of that check sum, and what the model says of it here; undefined for another picture. */
	known(crc: number): { readonly truth: string; readonly answer: string } | undefined;
}

export class Belt implements Sights {
	readonly #model: Model;
	readonly #pictures: Pictures;
	readonly #labels: readonly string[];
	/** Places of pictures by their check sums. */
	readonly #places = new Map<number, number>();
	/** What the model says of each, once it has been asked. */
	readonly #answers: (string | undefined)[] = [];
	readonly #network: Network;

	/** `labels` names what the pictures' labels count. */
	constructor(model: Model, pictures: Pictures, labels: readonly string[]) {
		this.#model = model;
		this.#pictures = pictures;
		this.#labels = labels;
		this.#network = new Network(model);
		for (let i = 0; i < pictures.count; i += 1) {
			const picture = this.#pictureAt(i);
			this.#places.set(checkSum(picture, picture.length), i);
		}
	}

	camera(random: SeededRandom): PictureSource {
		let at = random.between(0, this.#pictures.count - 1);
		return {
			capture: view => {
				view.set(this.#pictureAt(at));
				at = (at + 1) % this.#pictures.count;
				return true;
			},
			close() {},
		};
	}

	network(): Network {
		return new Network(this.#model);
	}

	known(crc: number): { truth: string; answer: string } | undefined {
		const place = this.#places.get(crc);
		if (place === undefined) return undefined;
		this.#answers[place] ??= this.#answerTo(this.#pictureAt(place));
		return { truth: this.#labels[this.#pictures.labels[place]!]!, answer: this.#answers[place] };
	}

	#pictureAt(place: number): Uint8Array {
		const { height, pixels, width } = this.#pictures;
		return pixels.subarray(place * width * height, (place + 1) * width * height);
	}

	#answerTo(picture: Uint8Array): string {
		const network = this.#network;
		network.begin(picture);
		network.run(Number.POSITIVE_INFINITY);
		return this.#model.label(network.classAt(0));
	}
}

let belt: Belt | undefined;

function made(): Belt {
	belt ??= new Belt(
		readModel(fileURLToPath(new URL("../../firmware/vision/fashion.model", import.meta.url))),
		readSample(),
		FASHION_LABELS,
	);
	return belt;
}

/** Pictures of clothing, and the model for them. */
export const fashion: Sights = {
	camera: random => made().camera(random),
	network: () => made().network(),
	known: crc => made().known(crc),
};

/** The same pictures before another model. Throws UsageError where the file is none for them. */
export function sightsOf(path: string): Sights {
	const model = readModel(path);
	const pictures = readSample();
	const { channels, height, width } = model;
	if (channels !== 1 || height !== pictures.height || width !== pictures.width)
		throw new UsageError(
			`${path}: expected a model for 1 x ${pictures.height} x ${pictures.width}, got ${channels} x ${height} x ${width}`,
		);
	return new Belt(model, pictures, FASHION_LABELS);
}
