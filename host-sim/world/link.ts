// One connection of the simulated network: the board's socket, with ECMA-419's manners, and the server's transport inside.

import type { Socket, SocketOptions } from "../../firmware/io.js";
import type { TransportHandler } from "../transport.js";
import type { Network } from "./network.js";
import type { Path } from "./path.js";
import { acceptAsPortal } from "./portal.js";

/** How a board's callbacks are called: a machine that may be without power puts itself between. */
export type Enter = (run: () => void) => void;

/** What onError is told where the connection was reset; where it has ended well there is nothing to tell. */
const RESET = new Error("reset");

/** Bytes for the board; `taken` is called when it has read them all. */
interface Piece {
	readonly bytes: Uint8Array;
	readonly taken: (() => void) | undefined;
}

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
	#received: Piece[] = [];
	#waiting = 0;
	/** What the server has yet to take, in order, while it takes nothing. */
	#stalled: (() => void)[] | undefined;
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
			const { bytes, taken } = this.#received[0]!;
			const count = Math.min(bytes.length, view.length - at);
			view.set(bytes.subarray(0, count), at);
			at += count;
			if (count === bytes.length) {
				this.#received.shift();
				// Not from within read(): the board is in the middle of something.
				if (taken !== undefined) this.#network.time.after(0, taken);
			} else this.#received[0] = { bytes: bytes.subarray(count), taken };
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
		if (!this.#hung) this.#later(this.#up, 0, () => this.#offer(() => this.#closeServer(false)));
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
		this.#stalled = undefined;
		this.#closeServer(true);
		this.fail(RESET);
	}

	/** The board's end is gone with its board: half open for the server, and nobody is left to call. */
	vanish(): void {
		this.#hung = true;
		this.#boardOpen = false;
		this.#forget();
	}

	/** The board is told that the connection is over; why, where it did not end well. */
	fail(why?: Error): void {
		if (!this.#boardOpen) return;
		this.#boardOpen = false;
		this.#forget();
		this.#enter(() => this.#options.onError?.call(this, why));
	}

	// The server's side.

	#connect(): void {
		if (!this.#boardOpen || this.#hung) return;
		const { address, port } = this.#options;
		const accept = this.#path.isCaptive ? acceptAsPortal : this.#network.acceptor(address, port);
		if (accept === undefined) {
			this.fail(RESET);
			return;
		}
		this.#serverOpen = true;
		let isDeferred = false;
		this.#handler = accept(
			{
				peer: this.name,
				write: (bytes, taken) => this.#sendDown(bytes, taken),
				close: () => this.#endDown(),
				reset: () => this.#resetDown(),
				defer: () => {
					isDeferred = true;
					return () => this.#path.arrive(() => this.#stand());
				},
				setPaused: isPaused => this.#setPaused(isPaused),
			},
			this.#network.time.now,
		);
		if (!isDeferred) this.#stand();
	}

	#stand(): void {
		if (!this.#boardOpen || this.#hung || !this.#serverOpen) return;
		this.#room = this.#path.options.sendBuffer;
		this.#tellWritable();
	}

	#sendUp(bytes: Uint8Array): void {
		for (const piece of this.#path.slices(bytes))
			this.#later(this.#up, piece.length, () => this.#offer(() => this.#handOver(piece)));
	}

	#handOver(piece: Uint8Array): void {
		if (this.#hung) return;
		if (this.#serverOpen) this.#handler!.handleData(piece, this.#network.time.now);
		if (!this.#boardOpen) return;
		this.#room += piece.length;
		this.#tellWritable();
	}

	/** Something has arrived for the server: now, or when it takes something again. */
	#offer(run: () => void): void {
		if (this.#stalled === undefined) run();
		else this.#stalled.push(run);
	}

	#setPaused(isPaused: boolean): void {
		if (isPaused) {
			this.#stalled ??= [];
			return;
		}
		const stalled = this.#stalled ?? [];
		this.#stalled = undefined;
		// The server may pause in the middle of it: the rest waits on, before what comes later.
		for (const run of stalled) this.#offer(run);
	}

	#tellWritable(): void {
		this.#enter(() => this.#options.onWritable?.call(this, this.#room));
	}

	#sendDown(bytes: Uint8Array, taken?: () => void): void {
		if (!this.#serverOpen) return;
		const pieces = this.#path.slices(bytes);
		pieces.forEach((piece, i) => {
			this.#later(this.#down, piece.length, () => {
				if (this.#hung || !this.#boardOpen || this.#ending) return;
				this.#received.push({ bytes: piece, taken: i === pieces.length - 1 ? taken : undefined });
				this.#waiting += piece.length;
				this.#enter(() => this.#options.onReadable?.call(this, this.#waiting));
			});
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

	/** What is under way to the board is lost, and a reset overtakes it. */
	#resetDown(): void {
		if (!this.#serverOpen) return;
		this.#serverOpen = false;
		const { latencyMs } = this.#path.options;
		this.#network.time.after(latencyMs, () =>
			this.#path.arrive(() => {
				if (this.#hung) return;
				this.#ending = true;
				this.#received = [];
				this.#waiting = 0;
				this.fail(RESET);
			}),
		);
	}

	#closeServer(wasReset: boolean): void {
		if (!this.#serverOpen) return;
		this.#serverOpen = false;
		this.#handler!.handleClose(this.#network.time.now, wasReset);
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
