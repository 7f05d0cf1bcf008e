// MQTT over a browser's WebSocket as firmware/io.ts's Socket, with the manners of ECMA-419's: whole views, an exception beyond what is
// there. The browser buffers without end and says when it is asked, so room is what we let it hold.

import type { Socket, SocketConstructor, SocketOptions } from "../../firmware/io.js";

/** Bytes that may wait in the browser. */
const SEND_BUFFER = 65_536;
/** How often is looked whether they have left, where there was no room, in ms. */
const LOOK_MS = 20;
/** What answers there does not speak MQTT over WebSocket, or nobody answers: a browser does not tell which. */
const WEBSOCKET_FAILED = 0x45;

/** Sees what goes over the connection; the bytes may not be kept. */
export interface Tap {
	begin?(): void;
	bytes?(fromClient: boolean, bytes: Uint8Array): void;
	end?(): void;
}

/** A class for `socket: { io }` of a client: whatever address it is given, it goes to that URL. */
export function browserSocket(url: string, tap: Tap = {}): SocketConstructor {
	return class BrowserSocket implements Socket {
		readonly target: unknown;
		readonly #options: SocketOptions;
		readonly #socket: WebSocket;
		#chunks: Uint8Array[] = [];
		#waiting = 0;
		#stands = false;
		#ended = false;
		#told = false;
		#closed = false;
		#look: ReturnType<typeof setTimeout> | undefined;

		constructor(options: SocketOptions) {
			this.target = options.target;
			this.#options = options;
			const socket = new WebSocket(url, "mqtt");
			this.#socket = socket;
			socket.binaryType = "arraybuffer";
			socket.onopen = () => {
				if (this.#closed) return;
				this.#stands = true;
				tap.begin?.();
				options.onWritable?.call(this, this.#room);
			};
			socket.onmessage = ({ data }) => this.#handleData(data);
			// An error says nothing, and is always followed by the end.
			socket.onerror = () => {};
			socket.onclose = () => {
				if (this.#stands) tap.end?.();
				this.#handleEnd();
			};
		}

		read(view: Uint8Array): number {
			if (this.#closed) throw new Error("closed");
			if (view.length === 0 || view.length > this.#waiting) throw new Error("invalid");
			let at = 0;
			while (at < view.length) {
				const chunk = this.#chunks[0]!;
				const count = Math.min(chunk.length, view.length - at);
				view.set(chunk.subarray(0, count), at);
				at += count;
				if (count === chunk.length) this.#chunks.shift();
				else this.#chunks[0] = chunk.subarray(count);
			}
			this.#waiting -= at;
			if (this.#waiting === 0 && this.#ended) queueMicrotask(() => this.#handleEnd());
			return at;
		}

		write(view: Uint8Array): number {
			if (this.#closed) throw new Error("closed");
			if (view.length > this.#room) throw new Error("would block");
			// A browser takes no view on a resizable buffer, and this one is about to change: copy.
			const bytes = new Uint8Array(view);
			tap.bytes?.(true, bytes);
			this.#socket.send(bytes);
			if (this.#look === undefined) this.#lookLater();
			return this.#room;
		}

		close(): void {
			if (this.#closed) return;
			this.#closed = true;
			clearTimeout(this.#look);
			this.#socket.close();
		}

		get #room(): number {
			return Math.max(0, SEND_BUFFER - this.#socket.bufferedAmount);
		}

		#lookLater(): void {
			this.#look = setTimeout(() => {
				this.#look = undefined;
				if (this.#closed || this.#ended) return;
				if (this.#socket.bufferedAmount > 0) this.#lookLater();
				this.#options.onWritable?.call(this, this.#room);
			}, LOOK_MS);
		}

		#handleData(data: unknown): void {
			// Text is none of MQTT's [MQTT-6.0.0-1]; it breaks the connection.
			if (!(data instanceof ArrayBuffer)) {
				this.#socket.close();
				return;
			}
			if (this.#closed || data.byteLength === 0) return;
			const bytes = new Uint8Array(data);
			tap.bytes?.(false, bytes);
			this.#chunks.push(bytes);
			this.#waiting += bytes.length;
			this.#options.onReadable?.call(this, this.#waiting);
		}

		/** The end is told after all bytes have been read. */
		#handleEnd(): void {
			this.#ended = true;
			if (this.#closed || this.#told || this.#waiting > 0) return;
			this.#told = true;
			if (this.#stands) this.#options.onError?.call(this);
			else this.#options.onError?.call(this, { code: WEBSOCKET_FAILED });
		}
	};
}
