// A simulated network in virtual time. Boards get sockets with ECMA-419's manners, brokers get transports; in between
// are latency, arbitrary slicing into chunks, and faults. All chance comes from one seeded source.

import type {
	ResolveOptions,
	Resolver,
	ResolverConstructor,
	Socket,
	SocketConstructor,
	SocketOptions,
} from "../../firmware/io.js";
import type { Accept, TransportHandler } from "../transport.js";
import type { SeededRandom } from "./random.js";
import type { VirtualTime } from "./time.js";

export interface LinkOptions {
	/** One way, in ms. Default 1. */
	latencyMs: number;
	/** Bytes travel in random pieces of at most that many; 0 (the default) leaves them together. */
	slice: number;
	/** The board's send buffer in bytes. Default 5,744, as lwIP's. */
	sendBuffer: number;
}

export class Network {
	readonly options: LinkOptions;
	/** Connections that stand or are being made, the oldest first. */
	readonly links: Link[] = [];
	readonly time: VirtualTime;
	readonly random: SeededRandom;
	readonly #listeners = new Map<string, Accept>();
	readonly #names = new Map<string, string>();

	constructor(time: VirtualTime, random: SeededRandom, options: Partial<LinkOptions> = {}) {
		this.time = time;
		this.random = random;
		this.options = { latencyMs: 1, slice: 0, sendBuffer: 5744, ...options };
	}

	/** Serves `address:port`; undefined serves it no longer, and new connections there are refused. */
	listen(address: string, port: number, accept: Accept | undefined): void {
		if (accept === undefined) this.#listeners.delete(`${address}:${port}`);
		else this.#listeners.set(`${address}:${port}`, accept);
	}

	acceptor(address: string, port: number): Accept | undefined {
		return this.#listeners.get(`${address}:${port}`);
	}

	/** What the resolver answers for `host`; undefined: that there is no such host. */
	setName(host: string, address: string | undefined): void {
		if (address === undefined) this.#names.delete(host);
		else this.#names.set(host, address);
	}

	/** The socket class of one board, `name` in what the broker shows of it. */
	socketFor(name: string): SocketConstructor {
		const network = this;
		return class extends Link {
			constructor(options: SocketOptions) {
				super(network, name, options);
			}
		};
	}

	/** The resolver class of every board. */
	get Resolver(): ResolverConstructor {
		const network = this;
		return class implements Resolver {
			#closed = false;
			resolve(options: ResolveOptions): void {
				network.time.after(network.options.latencyMs * 2, () => {
					if (this.#closed) return;
					const address = network.#names.get(options.host);
					if (address === undefined) options.onError();
					else options.onResolved(options.host, address);
				});
			}
			close(): void {
				this.#closed = true;
			}
		};
	}
}

/** One connection: the board's socket, with the broker's transport inside. */
export class Link implements Socket {
	readonly target: unknown;
	readonly name: string;
	readonly #network: Network;
	readonly #options: SocketOptions;
	#handler: TransportHandler | undefined;
	#received: Uint8Array[] = [];
	#waiting = 0;
	#room = 0;
	#boardOpen = true;
	#brokerOpen = false;
	#ending = false;
	#hung = false;
	/** When the last bytes of each direction arrive: later ones never overtake them. */
	#upAt = 0;
	#downAt = 0;

	constructor(network: Network, name: string, options: SocketOptions) {
		this.#network = network;
		this.#options = options;
		this.name = name;
		this.target = options.target;
		network.links.push(this);
		const { time } = network;
		time.after(network.options.latencyMs * 2, () => this.#connect());
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
		if (this.#waiting === 0 && this.#ending) this.#network.time.after(0, () => this.#tellError());
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
		if (!this.#hung) this.#later("up", () => this.#closeBroker());
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
		this.#closeBroker();
		this.#tellError();
	}

	// The broker's side.

	#connect(): void {
		if (!this.#boardOpen || this.#hung) return;
		const { address, port } = this.#options;
		const accept = this.#network.acceptor(address, port);
		if (accept === undefined) {
			this.#tellError();
			return;
		}
		this.#brokerOpen = true;
		this.#handler = accept(
			{
				peer: this.name,
				write: bytes => this.#sendDown(bytes),
				close: () => this.#endDown(),
			},
			this.#network.time.now,
		);
		this.#room = this.#network.options.sendBuffer;
		this.#options.onWritable?.call(this, this.#room);
	}

	#sendUp(bytes: Uint8Array): void {
		for (const piece of this.#slices(bytes))
			this.#later("up", () => {
				if (this.#hung) return;
				if (this.#brokerOpen) this.#handler!.handleData(piece, this.#network.time.now);
				if (!this.#boardOpen) return;
				this.#room += piece.length;
				this.#options.onWritable?.call(this, this.#room);
			});
	}

	#sendDown(bytes: Uint8Array): void {
		if (!this.#brokerOpen) return;
		for (const piece of this.#slices(bytes))
			this.#later("down", () => {
				if (this.#hung || !this.#boardOpen || this.#ending) return;
				this.#received.push(piece);
				this.#waiting += piece.length;
				this.#options.onReadable?.call(this, this.#waiting);
			});
	}

	#endDown(): void {
		if (!this.#brokerOpen) return;
		this.#brokerOpen = false;
		this.#later("down", () => {
			if (this.#hung) return;
			this.#ending = true;
			if (this.#waiting === 0) this.#tellError();
		});
	}

	#closeBroker(): void {
		if (!this.#brokerOpen) return;
		this.#brokerOpen = false;
		this.#handler!.handleClose(this.#network.time.now);
	}

	#tellError(): void {
		if (!this.#boardOpen) return;
		this.#forget();
		const onError = this.#options.onError;
		this.#boardOpen = false;
		onError?.call(this);
	}

	#forget(): void {
		const { links } = this.#network;
		const at = links.indexOf(this);
		if (at >= 0) links.splice(at, 1);
	}

	#slices(bytes: Uint8Array): Uint8Array[] {
		const { random, options } = this.#network;
		if (options.slice === 0) return [bytes];
		const pieces: Uint8Array[] = [];
		for (let at = 0; at < bytes.length; ) {
			const stop = Math.min(bytes.length, at + random.between(1, options.slice));
			pieces.push(bytes.subarray(at, stop));
			at = stop;
		}
		return pieces;
	}

	#later(way: "up" | "down", run: () => void): void {
		const { time, options } = this.#network;
		const at = Math.max(time.now + options.latencyMs, way === "up" ? this.#upAt : this.#downAt);
		if (way === "up") this.#upAt = at;
		else this.#downAt = at;
		time.after(at - time.now, run);
	}
}
