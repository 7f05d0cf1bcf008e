// A stream of Node as a socket, with the manners of ECMA-419's on lwIP: whole views, an exception beyond what is there, a
// small send buffer that fills up. Firmware that runs against this one runs against a board's. TCP, TLS and WebSocket
// differ in how the stream is made, and in what they know of its end.

import type { Duplex } from "node:stream";
import type { Socket, SocketOptions } from "../../firmware/io.js";

/** What lwIP buffers for sending on an ESP32 by default, in bytes. */
const SEND_BUFFER = 5744;
/** Unread bytes beyond which the peer is made to wait. */
const RECEIVE_BUFFER = 65_536;
/** How long bytes written before close() may take to leave. */
const LINGER_MS = 2000;

export class StreamSocket implements Socket {
	readonly target: unknown;
	readonly #options: SocketOptions;
	readonly #stream: Duplex;
	#chunks: Buffer[] = [];
	#waiting = 0;
	#room = 0;
	#stands = false;
	#ended = false;
	#told = false;
	#closed = false;
	#code: number | undefined;

	/** `stream` is on its way; whoever has made it says when it stands. */
	constructor(options: SocketOptions, stream: Duplex) {
		this.target = options.target;
		this.#options = options;
		this.#stream = stream;
		stream.on("data", chunk => this.#handleData(chunk));
		// Before it stands there is an error behind the end, which knows why.
		stream.on("end", () => {
			if (this.#stands) this.#handleEnd();
		});
		stream.on("error", error => {
			this.#code ??= this.codeOf(error);
			this.#handleEnd();
		});
		stream.on("close", () => this.#handleEnd());
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
		if (this.#waiting < RECEIVE_BUFFER) this.#stream.resume();
		if (this.#waiting === 0 && this.#ended) queueMicrotask(() => this.#handleEnd());
		return at;
	}

	write(view: Uint8Array): number {
		if (this.#closed) throw new Error("closed");
		if (view.length > this.#room) throw new Error("would block");
		// The view may lie on a buffer that is about to change: copy.
		this.#stream.write(Buffer.from(view), () => this.#handleFlushed());
		this.#room -= view.length;
		return this.#room;
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		const stream = this.#stream;
		if (!this.#stands) {
			stream.destroy();
			return;
		}
		// What the peer still sends is read and dropped: unread, it would make the kernel answer with a reset, and what we
		// wrote last could be lost. The peer's own end closes the socket.
		stream.resume();
		stream.end();
		setTimeout(() => stream.destroy(), LINGER_MS).unref();
	}

	/** What the end is told with, a code of 40 to 4F: for those who know more than that it has failed. */
	protected codeOf(_error: Error): number | undefined {
		return undefined;
	}

	/** The stream stands. */
	protected handleStanding(): void {
		this.#stands = true;
		this.#notifyWritable();
	}

	#notifyWritable(): void {
		if (this.#closed) return;
		this.#room = Math.max(0, SEND_BUFFER - this.#stream.writableLength);
		this.#options.onWritable?.call(this, this.#room);
	}

	#handleFlushed(): void {
		if (!this.#closed && !this.#ended) this.#notifyWritable();
	}

	#handleData(chunk: Buffer): void {
		if (this.#closed) return;
		this.#chunks.push(chunk);
		this.#waiting += chunk.length;
		if (this.#waiting >= RECEIVE_BUFFER) this.#stream.pause();
		this.#options.onReadable?.call(this, this.#waiting);
	}

	/** As on lwIP, the end is told after all bytes have been read. */
	#handleEnd(): void {
		this.#ended = true;
		if (this.#closed || this.#told || this.#waiting > 0) return;
		this.#told = true;
		const code = this.#code;
		if (code === undefined) this.#options.onError?.call(this);
		else this.#options.onError?.call(this, { code });
	}
}
