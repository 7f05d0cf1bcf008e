// A socket between the client and the network that brings in portions what has arrived, and no more while somebody still has
// bytes unread: so a client that hands over all it gets can serve a program that reads when it likes.

import type { Socket, SocketOptions } from "../io.js";

/** Whom a gate is for. */
export interface Reader {
	/** Bytes that may come at once. */
	readonly portion: number;
	/** It has not read all that it was told of. */
	readonly holds: boolean;
	/** Wants offer() to be called, but not now. */
	poke(): void;
}

/** The class of the socket behind a gate, and its own options. */
export interface Behind {
	io: new (options: SocketOptions & { host?: string }) => Socket;
	nodelay?: boolean;
}

export class Gate implements Socket {
	readonly target: unknown;
	/** How often the client has read. */
	reads = 0;
	readonly #socket: Socket;
	readonly #given: SocketOptions;
	readonly #reader: Reader;
	#waiting = 0;
	#offering = false;
	#isClosed = false;

	/** `host` is the name behind the address, which TLS wants to know. */
	constructor(given: SocketOptions, reader: Reader, { io, ...own }: Behind, host: string) {
		this.target = given.target;
		this.#given = given;
		this.#reader = reader;
		this.#socket = new io({
			nodelay: true,
			...own,
			host,
			address: given.address,
			port: given.port,
			onReadable: count => {
				this.#waiting = count;
				this.offer();
			},
			onWritable: count => {
				given.onWritable?.call(this, count);
				reader.poke();
			},
			onError: error => given.onError?.call(this, error),
		});
	}

	/** Portions of what waits, as long as they are read. */
	offer(): void {
		if (this.#offering) return;
		this.#offering = true;
		try {
			let before = 0;
			while (!this.#isClosed && this.#waiting > 0 && this.#waiting !== before && !this.#reader.holds) {
				before = this.#waiting;
				this.#given.onReadable?.call(this, Math.min(before, this.#reader.portion));
			}
		} finally {
			this.#offering = false;
		}
	}

	read(view: Uint8Array): unknown {
		this.#waiting -= view.length;
		this.reads += 1;
		// A client goes on by itself where its acknowledgements had no room; what lies behind is to be offered then.
		if (!this.#offering) this.#reader.poke();
		return this.#socket.read(view);
	}

	write(view: Uint8Array): number {
		return this.#socket.write(view);
	}

	close(): void {
		this.#isClosed = true;
		this.#socket.close();
	}
}

Object.freeze(Gate.prototype);
