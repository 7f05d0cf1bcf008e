// A board without hardware: the firmware's own provisioning behind a cable in this process, with settings wherever the store has
// them. It boots with noise on its port as a real one does, and starts anew when it is told to.

import { Provisioning } from "../../firmware/device/provisioning.js";
import { Settings } from "../../firmware/device/settings.js";
import type { KeyValue, Serial, SerialOptions } from "../../firmware/io.js";
import type { Cable, CableListener } from "./cable.js";
import { nodeClock } from "./clock.js";
import { NodeTimer } from "./timer.js";

const BOOT_LOG = "ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n";
/** As a UART has it. */
const FIFO_BYTES = 128;

export class Bench implements Cable {
	readonly #store: KeyValue;
	#listener: CableListener | undefined;
	#board: Provisioning | undefined;
	#end: BoardEnd | undefined;

	constructor(store: KeyValue) {
		this.#store = store;
	}

	/** Powers the board. */
	listen(listener: CableListener): void {
		this.#listener = listener;
		this.#boot();
	}

	write(bytes: Uint8Array): void {
		this.#end?.handleBytes(bytes);
	}

	close(): void {
		this.#listener = undefined;
		this.#board?.close();
	}

	#boot(): void {
		const tell = (bytes: Uint8Array) => this.#listener?.data(bytes);
		const take = (end: BoardEnd) => {
			this.#end = end;
		};
		tell(Buffer.from(BOOT_LOG));
		this.#board = new Provisioning({
			settings: new Settings(this.#store),
			serial: {
				io: class extends BoardEnd {
					constructor(options: SerialOptions) {
						super(options, tell);
						take(this);
					}
				},
			},
			timer: { io: NodeTimer },
			clock: nodeClock,
			required: ["ssid", "broker"],
			board: "simulated",
			deviceId: "thimble-simulated",
			restart: () => {
				this.#board?.close();
				this.#boot();
			},
		});
	}
}

/** The board's end of the cable. */
class BoardEnd implements Serial {
	readonly target: unknown;
	readonly #options: SerialOptions;
	readonly #tell: (bytes: Uint8Array) => void;
	#waiting: Uint8Array = new Uint8Array(0);
	#isClosed = false;

	constructor(options: SerialOptions, tell: (bytes: Uint8Array) => void) {
		this.target = options.target;
		this.#options = options;
		this.#tell = tell;
		this.#handleEmpty();
	}

	handleBytes(bytes: Uint8Array): void {
		setImmediate(() => {
			if (this.#isClosed) return;
			this.#waiting = Buffer.concat([this.#waiting, bytes]);
			this.#options.onReadable?.call(this, this.#waiting.length);
		});
	}

	read(view: Uint8Array): number | undefined {
		if (this.#waiting.length === 0) return undefined;
		const part = this.#waiting.subarray(0, view.length);
		view.set(part);
		this.#waiting = this.#waiting.subarray(part.length);
		return part.length;
	}

	write(view: Uint8Array): void {
		const bytes = view.slice();
		setImmediate(() => {
			if (!this.#isClosed) this.#tell(bytes);
		});
		this.#handleEmpty();
	}

	close(): void {
		this.#isClosed = true;
	}

	#handleEmpty(): void {
		setImmediate(() => {
			if (!this.#isClosed) this.#options.onWritable?.call(this, FIFO_BYTES);
		});
	}
}
