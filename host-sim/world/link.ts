// One connection of the simulated network: the board's socket, with ECMA-419's manners, and the server's transport inside.

import type { Socket, SocketOptions } from "../../firmware/io.js";
import type { TransportHandler } from "../transport.js";
import type { Network } from "./network.js";
import type { Path } from "./path.js";

/** How a board's callbacks are called: a machine that may be without power puts itself between. */
export type Enter = (run: () => void) => void;

/** One direction: when its last bytes have left, and when they arrive, so that later ones never overtake them. */
interface Lane {
	leftAt: number;
	arriveAt: number;
}

export class Link implements Socket {
	readonly target: unknown;
	readonly name: string;
	readonly #network: Network;
	readonly #path: Path;
	readonly #enter: Enter;
	readonly #options: SocketOptions;
	#handler: TransportHandler | undefined;
	#received: Uint8Array[] = [];
	#waiting = 0;
	#room = 0;
	#boardOpen = true;
	#serverOpen = false;
	#ending = false;
	#hung = false;
	readonly #up: Lane = { leftAt: 0, arriveAt: 0 };
	readonly #down: Lane = { leftAt: 0, arriveAt: 0 };

	constructor(network: Network, path: Path, options: SocketOptions, enter: Enter) {
		if (!path.hasMemory) throw new Error("no memory for a socket");
		this.#network = network;
		this.#path = path;
		this.#options = options;
		this.#enter = enter;
		this.name = path.name;
		this.target = options.target;
		path.links.push(this);
		network.links.push(this);
		if (path.isJoined) network.time.after(path.options.latencyMs * 2, () => path.arrive(() => this.#connect()));
		else network.time.after(0, () => this.fail());
	}

	// The board's side.

	read(view: Uint8Array): number {
		if (!this.#boardOpen) throw new Error("closed");
		if (view.length === 0 || view.length > this.#waiting) throw new Error("invalid");
		let at = 0;
		while (at < view.length) {
			const chunk = this.#received[0]!;
			const count = Math.min(chunk.length, view.length - at);
			view.set(chunk.subarray(0, count), at);
			at += count;
			if (count === chunk.length) this.#received.shift();
			else this.#received[0] = chunk.subarray(count);
		}
		this.#waiting -= at;
		if (this.#waiting === 0 && this.#ending) this.#network.time.after(0, () => this.fail());
		return at;
	}

	write(view: Uint8Array): number {
		if (!this.#boardOpen) throw new Error("closed");
		if (view.length > this.#room) throw new Error("would block");
		this.#room -= view.length;
		this.#sendUp(view.slice());
		return this.#room;
	}

	close(): void {
		if (!this.#boardOpen) return;
		this.#boardOpen = false;
		this.#forget();
		if (!this.#hung) this.#later(this.#up, 0, () => this.#closeServer());
	}

	// Faults.

	/** Half open, for good: bytes vanish from now on, and nobody is told. */
	hang(): void {
		this.#hung = true;
	}

	/** Reset: both ends are told, bytes under way are lost. */
	cut(): void {
		this.#received = [];
		this.#waiting = 0;
		this.#closeServer();
		this.fail();
	}

	/** The board's end is gone with its board: half open for the server, and nobody is left to call. */
	vanish(): void {
		this.#hung = true;
		this.#boardOpen = false;
		this.#forget();
	}

	/** The board is told that the connection is over. */
	fail(): void {
		if (!this.#boardOpen) return;
		this.#boardOpen = false;
		this.#forget();
		this.#enter(() => this.#options.onError?.call(this));
	}

	// The server's side.

	#connect(): void {
		if (!this.#boardOpen || this.#hung) return;
		const { address, port } = this.#options;
		const accept = this.#network.acceptor(address, port);
		if (accept === undefined) {
			this.fail();
			return;
		}
		this.#serverOpen = true;
		this.#handler = accept(
			{
				peer: this.name,
				write: bytes => this.#sendDown(bytes),
				close: () => this.#endDown(),
			},
			this.#network.time.now,
		);
		this.#room = this.#path.options.sendBuffer;
		this.#tellWritable();
	}

	#sendUp(bytes: Uint8Array): void {
		for (const piece of this.#path.slices(bytes))
			this.#later(this.#up, piece.length, () => {
				if (this.#hung) return;
				if (this.#serverOpen) this.#handler!.handleData(piece, this.#network.time.now);
				if (!this.#boardOpen) return;
				this.#room += piece.length;
				this.#tellWritable();
			});
	}

	#tellWritable(): void {
		this.#enter(() => this.#options.onWritable?.call(this, this.#room));
	}

	#sendDown(bytes: Uint8Array): void {
		if (!this.#serverOpen) return;
		for (const piece of this.#path.slices(bytes))
			this.#later(this.#down, piece.length, () => {
				if (this.#hung || !this.#boardOpen || this.#ending) return;
				this.#received.push(piece);
				this.#waiting += piece.length;
				this.#enter(() => this.#options.onReadable?.call(this, this.#waiting));
			});
	}

	#endDown(): void {
		if (!this.#serverOpen) return;
		this.#serverOpen = false;
		this.#later(this.#down, 0, () => {
			if (this.#hung) return;
			this.#ending = true;
			if (this.#waiting === 0) this.fail();
		});
	}

	#closeServer(): void {
		if (!this.#serverOpen) return;
		this.#serverOpen = false;
		this.#handler!.handleClose(this.#network.time.now);
	}

	#forget(): void {
		for (const list of [this.#network.links, this.#path.links]) {
			const at = list.indexOf(this);
			if (at >= 0) list.splice(at, 1);
		}
	}

	#later(lane: Lane, bytes: number, run: () => void): void {
		const { time } = this.#network;
		const path = this.#path;
		lane.leftAt = Math.max(time.now, lane.leftAt) + path.sendingMs(bytes);
		lane.arriveAt = path.arrivalAt(lane.leftAt, lane.arriveAt);
		time.after(lane.arriveAt - time.now, () => path.arrive(run));
	}
}
