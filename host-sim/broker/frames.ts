// Bytes to whole packets, however the bytes arrive. A packet that is too large is known by its first bytes, and refused
// before the rest has come.

import { malformed, PACKET_TOO_LARGE, Refusal } from "./reason.js";

/** Packets larger than this are refused: no simulated board sends such. */
export const MOST_BYTES = 16 * 1024 * 1024;

export class Frames {
	readonly #maximum: number;
	#bytes = Buffer.alloc(0);

	/** `maximum` is how long a packet may be, all of it. */
	constructor(maximum = MOST_BYTES) {
		this.#maximum = maximum;
	}

	/** Calls `found` for every packet that is whole now. Throws a refusal that says what is wrong with one. */
	push(bytes: Uint8Array, found: (frame: Buffer) => void): void {
		this.#bytes = this.#bytes.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#bytes, bytes]);
		for (;;) {
			const head = fixedHeader(this.#bytes);
			if (head === undefined) return;
			if (head.end > this.#maximum) throw new Refusal(PACKET_TOO_LARGE, "packet too large");
			if (this.#bytes.length < head.end) return;
			const frame = this.#bytes.subarray(0, head.end);
			this.#bytes = this.#bytes.subarray(head.end);
			found(frame);
		}
	}
}

/** Where the body of the first packet begins and ends, or undefined where more bytes are needed to tell. */
export function fixedHeader(bytes: Buffer): { at: number; end: number } | undefined {
	let length = 0;
	for (let i = 0; i < 4; i += 1) {
		const byte = bytes[1 + i];
		if (byte === undefined) return undefined;
		length += (byte & 127) << (7 * i);
		if (byte < 128) {
			if (byte === 0 && i > 0) throw malformed("remaining length in more bytes than it needs"); // [MQTT-1.5.5-1]
			return { at: 2 + i, end: 2 + i + length };
		}
	}
	throw malformed("remaining length of five bytes");
}
