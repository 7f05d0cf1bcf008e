// Pictures that the page has seen itself, since it has sent them or asked for them: boards say of each picture only its check sum.

import { checkSum } from "../../../firmware/optional/checksum.js";

/** The oldest one makes room. */
const MOST = 256;

export class Album {
	readonly #pictures = new Map<number, Uint8Array>();

	/** Returns its check sum. */
	put(picture: Uint8Array): number {
		const crc = checkSum(picture, picture.length);
		this.#pictures.delete(crc);
		this.#pictures.set(crc, picture);
		if (this.#pictures.size > MOST) this.#pictures.delete(this.#pictures.keys().next().value!);
		return crc;
	}

	get(crc: number | undefined): Uint8Array | undefined {
		return crc === undefined ? undefined : this.#pictures.get(crc);
	}
}
