// The bytes of a serial port, taken apart into lines and into packets of Improv, in slices of any size, with anything between
// them. Seven bytes that no line of text has (IMPROV and a 1) begin a packet, wherever they stand; all else is lines.
//
// Whatever has come, a packet that has not gone on for a second is none, and the next newline begins a line: who sends a newline
// after a second of silence is understood.

export interface IntakeListener {
	/** A line without its end. The bytes may be looked at during the call. Empty ones are not told. */
	handleLine(bytes: Uint8Array, length: number): void;
	/** A packet from its header to its check sum, which nobody has looked at. */
	handlePacket(bytes: Uint8Array, length: number): void;
	/** A line was longer than LINE_BYTES; it is over now. */
	handleOverlong(): void;
}

/** The longest line. */
export const LINE_BYTES = 2048;
/** What there is room for between lines: for the longest packet (header, type, length, 255 bytes and a check sum), and for most lines. */
const USUAL_BYTES = 265;
/** "IMPROV" and the version. No byte is in it twice, so a match that fails begins anew with its first byte or not at all. */
const HEADER = Object.freeze([0x49, 0x4d, 0x50, 0x52, 0x4f, 0x56, 1]);
/** Where a packet has the length of its data, and how many bytes it has beside them. */
const LENGTH_AT = 8;
const FRAME_BYTES = 10;
const SILENCE_MS = 1000;
const NEWLINE = 10;
const RETURN = 13;

export class Intake {
	readonly #listener: IntakeListener;
	#bytes = new Uint8Array(USUAL_BYTES);
	#length = 0;
	/** How many bytes of a header have just been seen. */
	#matched = 0;
	#inPacket = false;
	#overlong = false;
	#lastMs = 0;

	constructor(listener: IntakeListener) {
		this.#listener = listener;
	}

	/** Takes the first `length` bytes, which came at `now`. */
	take(bytes: Uint8Array, length: number, now: number): void {
		if (this.#inPacket && ((now - this.#lastMs) | 0) > SILENCE_MS) this.forget();
		this.#lastMs = now;
		for (let i = 0; i < length; i += 1)
			if (this.#inPacket) this.takeOfPacket(bytes[i]!);
			else this.takeOfLine(bytes[i]!);
	}

	private takeOfPacket(byte: number): void {
		this.#bytes[this.#length] = byte;
		this.#length += 1;
		if (this.#length <= LENGTH_AT || this.#length < FRAME_BYTES + this.#bytes[LENGTH_AT]!) return;
		this.#listener.handlePacket(this.#bytes, this.#length);
		this.forget();
	}

	private takeOfLine(byte: number): void {
		this.#matched = byte === HEADER[this.#matched] ? this.#matched + 1 : byte === HEADER[0] ? 1 : 0;
		if (this.#matched === HEADER.length) {
			this.forget();
			this.#bytes.set(HEADER);
			this.#length = HEADER.length;
			this.#inPacket = true;
		} else if (byte === NEWLINE) this.endLine();
		else if (this.#length === LINE_BYTES) this.#overlong = true;
		else {
			if (this.#length === this.#bytes.length) this.grow();
			this.#bytes[this.#length] = byte;
			this.#length += 1;
		}
	}

	private endLine(): void {
		const length = this.#length > 0 && this.#bytes[this.#length - 1] === RETURN ? this.#length - 1 : this.#length;
		if (this.#overlong) this.#listener.handleOverlong();
		else if (length > 0) this.#listener.handleLine(this.#bytes, length);
		this.forget();
	}

	/** Room for a long line is not kept when it is over. */
	private forget(): void {
		if (this.#bytes.length > USUAL_BYTES) this.#bytes = new Uint8Array(USUAL_BYTES);
		this.#length = 0;
		this.#matched = 0;
		this.#inPacket = false;
		this.#overlong = false;
	}

	private grow(): void {
		const bytes = new Uint8Array(Math.min(LINE_BYTES, this.#bytes.length * 2));
		bytes.set(this.#bytes);
		this.#bytes = bytes;
	}
}

Object.freeze(Intake.prototype);
