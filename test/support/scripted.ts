// A socket whose other side is the test: what was written is kept, what is to be read is handed in.

import type { Socket, SocketConstructor, SocketOptions } from "../../firmware/io.js";

export class ScriptedSocket implements Socket {
	readonly options: SocketOptions;
	readonly target: unknown;
	written: number[] = [];
	isClosed = false;
	room = 0;
	#waiting: number[] = [];

	constructor(options: SocketOptions) {
		this.options = options;
		this.target = options.target;
	}

	read(view: Uint8Array): number {
		if (this.isClosed || view.length === 0 || view.length > this.#waiting.length) throw new Error("invalid");
		view.set(this.#waiting.splice(0, view.length));
		return view.length;
	}

	write(view: Uint8Array): number {
		if (this.isClosed || view.length > this.room) throw new Error("would block");
		this.written.push(...view);
		this.room -= view.length;
		return this.room;
	}

	close(): void {
		this.isClosed = true;
	}

	/** From now on so many bytes may be written. */
	open(room = 4096): void {
		this.room = room;
		this.options.onWritable?.call(this, room);
	}

	receive(bytes: ArrayLike<number>): void {
		this.#waiting.push(...Array.from(bytes));
		this.options.onReadable?.call(this, this.#waiting.length);
	}

	end(error?: unknown): void {
		this.options.onError?.call(this, error);
	}

	/** All that was written since this was last asked for. */
	sent(): number[] {
		return this.written.splice(0);
	}
}

/** The class, and the instances that were made of it. */
export function scripted(): { io: SocketConstructor; sockets: ScriptedSocket[] } {
	const sockets: ScriptedSocket[] = [];
	const io = class extends ScriptedSocket {
		constructor(options: SocketOptions) {
			super(options);
			sockets.push(this);
		}
	};
	return { io, sockets };
}

/** What the upper side of a socket was told, and reads. */
export class Listener {
	readonly told: string[] = [];
	readonly read: number[] = [];
	room = 0;
	/** At most so many bytes are read in a callback. */
	appetite = Number.POSITIVE_INFINITY;

	options(address = "10.0.0.1", port = 8883): SocketOptions {
		const listener = this;
		return {
			address,
			port,
			target: this,
			onWritable(count) {
				listener.room = count;
				listener.told.push("writable");
			},
			onReadable(count) {
				const length = Math.min(count, listener.appetite);
				if (length > 0) {
					const view = new Uint8Array(length);
					this.read(view);
					listener.read.push(...view);
				}
			},
			onError(error) {
				listener.told.push(`error ${(error as { code?: number } | undefined)?.code?.toString(16) ?? "-"}`);
			},
		};
	}
}

/** Until what was put off has been done. */
export async function settled(): Promise<void> {
	for (let i = 0; i < 5; i += 1) await Promise.resolve();
}
