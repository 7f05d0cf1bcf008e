// A serial port of this computer as a file, without a native module: stty sets it up, and Node's own terminal streams read and
// write it. Linux and macOS.

import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { isatty, ReadStream } from "node:tty";

export interface CableListener {
	data(bytes: Uint8Array): void;
	/** Unplugged, or ended by the other side. Nothing follows. */
	gone(): void;
}

/** Bytes to a board and back. */
export interface Cable {
	/** Who listens from now on; nothing is kept for somebody later. */
	listen(listener: CableListener): void;
	write(bytes: Uint8Array): void;
	close(): void;
}

/** Why a port cannot be had, in a sentence. */
export class CableError extends Error {}

/**
 * A board's UART has 128 bytes of room and no means to say that it is full, and the firmware may be busy when they arrive. So
 * they go out in slices, with pauses.
 */
const SLICE_BYTES = 64;
const PAUSE_MS = 20;

export class SerialCable implements Cable {
	readonly #stream: ReadStream;
	#listener: CableListener | undefined;
	#waiting: Uint8Array[] = [];
	#pause: NodeJS.Timeout | undefined;
	#isClosed = false;

	/** Throws CableError. */
	constructor(path: string, baud: number) {
		const file = open(path);
		try {
			setUp(file, path, baud);
			this.#stream = new ReadStream(file);
		} catch (error) {
			closeSync(file);
			throw error;
		}
		this.#stream.on("data", chunk => this.#listener?.data(chunk as Buffer));
		// A port that is unplugged ends, or fails, or both.
		this.#stream.on("error", () => this.#end());
		this.#stream.on("end", () => this.#end());
		this.#stream.on("close", () => this.#end());
	}

	listen(listener: CableListener): void {
		this.#listener = listener;
	}

	write(bytes: Uint8Array): void {
		for (let at = 0; at < bytes.length; at += SLICE_BYTES) this.#waiting.push(bytes.slice(at, at + SLICE_BYTES));
		if (this.#pause === undefined) this.#send();
	}

	close(): void {
		this.#isClosed = true;
		clearTimeout(this.#pause);
		this.#stream.destroy();
	}

	#send(): void {
		this.#pause = undefined;
		const slice = this.#waiting.shift();
		if (slice === undefined || this.#isClosed) return;
		this.#stream.write(slice);
		this.#pause = setTimeout(() => this.#send(), PAUSE_MS);
	}

	#end(): void {
		if (this.#isClosed) return;
		this.close();
		this.#listener?.gone();
	}
}

function open(path: string): number {
	try {
		// Without O_NONBLOCK it would wait for a carrier that no board has.
		return openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new CableError(`${path}: ${WHY[code ?? ""] ?? `cannot be opened (${code})`}`);
	}
}

const WHY: Readonly<Record<string, string>> = {
	ENOENT: "there is no such port; is the board plugged in?",
	ENXIO: "there is nothing at this port; is the board plugged in?",
	ENODEV: "there is nothing at this port; is the board plugged in?",
	EISDIR: "is no serial port",
	EACCES:
		"no permission; on Linux, whoever is in the group dialout has it: sudo usermod -a -G dialout $USER, and log in again",
	EPERM: "no permission",
	EBUSY: "is busy: another program has it",
};

/** Raw bytes, 8N1, no flow control. The lines that reset a board stay as they are when we go. */
function setUp(file: number, path: string, baud: number): void {
	if (!isatty(file)) throw new CableError(`${path}: is no serial port`);
	const words = [String(baud), "raw", "-echo", "cs8", "-parenb", "-cstopb", "-crtscts", "clocal", "-hupcl"];
	// With the port as its standard input, stty is the same on Linux and macOS.
	const { error, status, stderr } = spawnSync("stty", words, { stdio: [file, "ignore", "pipe"], encoding: "utf8" });
	if (error !== undefined)
		throw new CableError(`${path}: stty, which sets a port up, cannot be run (${error.message})`);
	if (status !== 0) throw new CableError(`${path}: cannot be set up: ${stderr.trim()}`);
}
