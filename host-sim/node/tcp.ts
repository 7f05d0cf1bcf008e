// A TCP socket of Node with the manners of ECMA-419's on lwIP: whole views, an exception beyond what is there, a small
// send buffer that fills up. Firmware that runs against this one runs against a board's.

import { connect, type Socket as NodeSocket } from "node:net";
import type { Socket, SocketOptions } from "../../firmware/io.js";

/** What lwIP buffers for sending on an ESP32 by default, in bytes. */
const SEND_BUFFER = 5744;
/** Unread bytes beyond which the peer is made to wait. */
const RECEIVE_BUFFER = 65_536;
/** How long bytes written before close() may take to leave. */
const LINGER_MS = 2000;

export class TCP implements Socket {
	readonly target: unknown;
	readonly #options: SocketOptions;
	readonly #socket: NodeSocket;
	#chunks: Buffer[] = [];
	#waiting = 0;
	#room = 0;
	#ended = false;
	#told = false;
	#closed = false;

	constructor(options: SocketOptions) {
		this.target = options.target;
		this.#options = options;
		const socket = connect({ host: options.address, port: options.port, noDelay: options.nodelay ?? false });
		this.#socket = socket;
		socket.on("connect", () => this.#notifyWritable());
		socket.on("data", chunk => this.#handleData(chunk));
		socket.on("end", () => this.#handleEnd());
		socket.on("error", () => this.#handleEnd());
		socket.on("close", () => this.#handleEnd());
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
		if (this.#waiting < RECEIVE_BUFFER) this.#socket.resume();
		if (this.#waiting === 0 && this.#ended) queueMicrotask(() => this.#handleEnd());
		return at;
	}

	write(view: Uint8Array): number {
		if (this.#closed) throw new Error("closed");
		if (view.length > this.#room) throw new Error("would block");
		// The view may lie on a buffer that is about to change: copy.
		this.#socket.write(Buffer.from(view), () => this.#handleFlushed());
		this.#room -= view.length;
		return this.#room;
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		const socket = this.#socket;
		if (socket.connecting) {
			socket.destroy();
			return;
		}
		// What the peer still sends is read and dropped: unread, it would make the kernel answer with a reset, and what we
		// wrote last could be lost. The peer's own end closes the socket.
		socket.resume();
		socket.end();
		setTimeout(() => socket.destroy(), LINGER_MS).unref();
	}

	#notifyWritable(): void {
		if (this.#closed) return;
		this.#room = Math.max(0, SEND_BUFFER - this.#socket.writableLength);
		this.#options.onWritable?.call(this, this.#room);
	}

	#handleFlushed(): void {
		if (!this.#closed && !this.#ended) this.#notifyWritable();
	}

	#handleData(chunk: Buffer): void {
		if (this.#closed) return;
		this.#chunks.push(chunk);
		this.#waiting += chunk.length;
		if (this.#waiting >= RECEIVE_BUFFER) this.#socket.pause();
		this.#options.onReadable?.call(this, this.#waiting);
	}

	/** As on lwIP, the end is told after all bytes have been read. */
	#handleEnd(): void {
		this.#ended = true;
		if (this.#closed || this.#told || this.#waiting > 0) return;
		this.#told = true;
		this.#options.onError?.call(this);
	}
}
