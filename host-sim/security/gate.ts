// Connections that nobody stands behind yet: from TCP's first packet on to CONNACK, through TLS and WebSocket. They have a time, and there
// is room for some; beyond it the oldest goes, of the same address first, so that who floods is in its own way before anybody else's.

import type { Socket } from "node:net";
import { addressOf } from "./failures.js";

export interface GateOptions {
	/** Connections that are not in, of all and of one address. */
	readonly most: number;
	readonly mostOfAddress: number;
	/** From TCP to CONNACK. */
	readonly connectMs: number;
	/** One has been shut out. */
	shut(peer: string, why: string): void;
}

type Waiting = Pick<Socket, "destroy" | "on" | "remoteAddress" | "remotePort">;

export class Gate {
	readonly #options: GateOptions;
	/** By address, and then by peer; the oldest first. */
	readonly #waiting = new Map<string, Map<string, { socket: Waiting; timer: NodeJS.Timeout }>>();
	#count = 0;

	constructor(options: GateOptions) {
		this.#options = options;
	}

	get count(): number {
		return this.#count;
	}

	/** Somebody has connected. */
	admit(socket: Waiting): void {
		const { connectMs, most, mostOfAddress } = this.#options;
		const peer = `${socket.remoteAddress}:${socket.remotePort}`;
		const address = addressOf(peer);
		const own = this.#waiting.get(address);
		if (own !== undefined && own.size >= mostOfAddress) this.#shutOldest(own, "too many of its address before CONNECT");
		else if (this.#count >= most) this.#shutOldest(this.#largest(), "too many before CONNECT");
		const timer = setTimeout(() => this.#shut(peer, "no CONNECT in time"), connectMs);
		timer.unref();
		const beside = this.#waiting.get(address) ?? new Map();
		this.#waiting.set(address, beside.set(peer, { socket, timer }));
		this.#count += 1;
		// By then the port may be another's already.
		socket.on("close", () => {
			if (this.#waiting.get(address)?.get(peer)?.socket === socket) this.enter(peer);
		});
	}

	/** It is in, or gone. */
	enter(peer: string): void {
		const address = addressOf(peer);
		const own = this.#waiting.get(address);
		const one = own?.get(peer);
		if (own === undefined || one === undefined) return;
		clearTimeout(one.timer);
		own.delete(peer);
		if (own.size === 0) this.#waiting.delete(address);
		this.#count -= 1;
	}

	#shut(peer: string, why: string): void {
		const socket = this.#waiting.get(addressOf(peer))?.get(peer)?.socket;
		this.enter(peer);
		socket?.destroy();
		this.#options.shut(peer, why);
	}

	#shutOldest(of: ReadonlyMap<string, unknown>, why: string): void {
		const [peer] = of.keys();
		if (peer !== undefined) this.#shut(peer, why);
	}

	#largest(): ReadonlyMap<string, unknown> {
		let largest: ReadonlyMap<string, unknown> = new Map();
		for (const own of this.#waiting.values()) if (own.size > largest.size) largest = own;
		return largest;
	}
}
