// Frames between a simulated world and a device in its process; engine/frames.h is the other side. A frame is
// uint32 size of what follows, uint8 kind, payload; numbers are little-endian.

/** From the world. */
export const BOOT = 1;
export const STEP = 2;
export const REPLY = 3;

/** From the device. */
export const CONNECT = 1;
export const WRITE = 2;
export const CLOSE = 3;
export const RESOLVE = 4;
export const CONSUMED = 5;
export const TELL = 6;
export const PRINT = 7;
export const STORE_READ = 8;
export const STORE_WRITE = 9;
export const STORE_DELETE = 10;
export const SAMPLE = 11;
export const DONE = 12;
export const ABORTED = 13;

/** Builds one frame. */
export class FrameWriter {
	#bytes = Buffer.alloc(256);
	#length = 5;

	constructor(kind: number) {
		this.#bytes[4] = kind;
	}

	uint8(value: number): this {
		this.#room(1).writeUInt8(value, this.#length);
		this.#length += 1;
		return this;
	}

	/** The low 32 bits of any integer. */
	int32(value: number): this {
		this.#room(4).writeInt32LE(value | 0, this.#length);
		this.#length += 4;
		return this;
	}

	number(value: number): this {
		this.#room(8).writeDoubleLE(value, this.#length);
		this.#length += 8;
		return this;
	}

	bytes(value: Uint8Array): this {
		this.#room(value.length).set(value, this.#length);
		this.#length += value.length;
		return this;
	}

	/** Its length, then the text with a zero behind it. */
	text(value: string): this {
		const bytes = Buffer.from(`${value}\0`);
		return this.int32(bytes.length).bytes(bytes);
	}

	/** The whole frame; valid until more is added. */
	done(): Buffer {
		this.#bytes.writeUInt32LE(this.#length - 4, 0);
		return this.#bytes.subarray(0, this.#length);
	}

	#room(count: number): Buffer {
		if (this.#length + count > this.#bytes.length)
			this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#bytes.length + count)]);
		return this.#bytes;
	}
}

/** What happens to a device in one step. Handles are the device's own. */
export class Events extends FrameWriter {
	/** `now` wraps at 32 bits; `wall` is 0 as long as nobody has set the time. Both in ms. */
	constructor(now: number, wall: number) {
		super(STEP);
		this.int32(now).number(wall);
	}

	/** The connection stands, and takes so many bytes. */
	writable(handle: number, room: number): this {
		return this.uint8(1).uint8(handle).int32(room);
	}

	readable(handle: number, bytes: Uint8Array): this {
		return this.uint8(2).uint8(handle).int32(bytes.length).bytes(bytes);
	}

	/** The connection is gone, or the name has no address. */
	failed(handle: number): this {
		return this.uint8(3).uint8(handle);
	}

	resolved(handle: number, address: string): this {
		return this.uint8(4).uint8(handle).text(address);
	}

	/** The application's handleCommand() is called. */
	command(command: number, argument = 0): this {
		return this.uint8(5).int32(command).int32(argument);
	}

	/** The collector runs, so that the counters show what lives. */
	collect(): this {
		return this.uint8(6);
	}
}
