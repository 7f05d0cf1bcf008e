// Bytes to whole packets, however the bytes arrive. A packet that is too large is known by its first bytes, and refused
// before the rest has come.

import { malformed, PACKET_TOO_LARGE, Refusal } from "./reason.js";

/** Packets larger than this are refused: no simulated board sends such. */
export const MOST_BYTES = 16 * 1024 * 1024;

export class Frames {
	/** How long a packet may be, all of it. */
	maximum: number;
	/** What has come of a packet lies at its beginning; it grows by doubling, so that single bytes cost no more than many. */
	#store = Buffer.alloc(0);
	#length = 0;

	constructor(maximum = MOST_BYTES) {
		this.maximum = maximum;
	}

	/** Calls `found` for every packet that is whole now. Throws a refusal that says what is wrong with one. */
	push(bytes: Uint8Array, found: (frame: Buffer) => void): void {
		this.#append(bytes);
		for (;;) {
			const come = this.#store.subarray(0, this.#length);
			const head = fixedHeader(come);
			if (head === undefined) return;
			if (head.end > this.maximum) throw new Refusal(PACKET_TOO_LARGE, "packet too large");
			if (come.length < head.end) return;
			// Who gets a frame may keep it: nothing is ever written over it.
			this.#store = come.subarray(head.end);
			this.#length = this.#store.length;
			found(come.subarray(0, head.end));
		}
	}

	#append(bytes: Uint8Array): void {
		const length = this.#length + bytes.length;
		if (this.#length === 0) this.#store = Buffer.from(bytes);
		else if (length <= this.#store.length) this.#store.set(bytes, this.#length);
		else {
			const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#length));
			larger.set(this.#store.subarray(0, this.#length));
			larger.set(bytes, this.#length);
			this.#store = larger;
		}
		this.#length = length;
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
