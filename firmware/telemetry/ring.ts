// Records of bytes in a ring of fixed size: new ones go behind the newest, and either end may be taken away. A record has
// its length in front of it and behind it, so that the ring can be walked both ways. A place in it is an offset from the
// oldest record; the oldest is at 0.

/** What a record takes beside its own bytes. */
export const RECORD_BYTES = 2;

export class Ring {
	/** Bytes in use. */
	size = 0;
	/** Records. */
	count = 0;
	readonly #bytes: Uint8Array;
	/** Where the oldest begins. */
	#head = 0;

	constructor(bytes: number) {
		this.#bytes = new Uint8Array(bytes);
	}

	/** Puts a record of 1 to 255 bytes behind the newest. False, and nothing is changed, where there is no room. */
	append(record: Uint8Array, length: number): boolean {
		const bytes = this.#bytes;
		if (this.size + length + RECORD_BYTES > bytes.length) return false;
		let at = (this.#head + this.size) % bytes.length;
		bytes[at] = length;
		for (let i = 0; i < length; i += 1) {
			at = at + 1 === bytes.length ? 0 : at + 1;
			bytes[at] = record[i];
		}
		bytes[at + 1 === bytes.length ? 0 : at + 1] = length;
		this.size += length + RECORD_BYTES;
		this.count += 1;
		return true;
	}

	/** Takes the oldest away, which there has to be. */
	dropOldest(): void {
		const gone = this.#bytes[this.#head] + RECORD_BYTES;
		this.#head = (this.#head + gone) % this.#bytes.length;
		this.size -= gone;
		this.count -= 1;
	}

	/** Takes the newest away, which there has to be. */
	dropNewest(): void {
		this.size -= this.at(this.size - 1) + RECORD_BYTES;
		this.count -= 1;
	}

	/** Where the record behind the one at `place` begins; `size` behind the newest. */
	after(place: number): number {
		return place + this.at(place) + RECORD_BYTES;
	}

	/** Where the record before the one at `place` begins; `place` may be `size`, and is not 0. */
	before(place: number): number {
		return place - this.at(place - 1) - RECORD_BYTES;
	}

	/** Byte number `index` of the record at `place`. */
	byte(place: number, index: number): number {
		return this.at(place + 1 + index);
	}

	/** Four bytes of it as an integer with a sign, the highest first. */
	int32(place: number, index: number): number {
		const at = place + 1 + index;
		return (this.at(at) << 24) | (this.at(at + 1) << 16) | (this.at(at + 2) << 8) | this.at(at + 3);
	}

	/** @internal */
	at(place: number): number {
		return this.#bytes[(this.#head + place) % this.#bytes.length];
	}
}

Object.freeze(Ring.prototype);
