// A board between two power cuts: a client with a store over flash, in a world of its own.

import type { Socket, SocketOptions, TimerOptions } from "../../firmware/io.js";
import { Client, type ClientOptions } from "../../firmware/mqtt/client.js";
import { FlashStore } from "../../firmware/optional/store.js";
import type { Flash } from "../../host-sim/world/flash.js";
import type { TestWorld } from "./world.js";

/** When the power has gone, nothing that it does has an effect any more. */
export class Life {
	readonly store: FlashStore;
	readonly client: Client;
	/** Packets sent and read so far. */
	packets = 0;
	isAlive = true;
	/** Above 0: where the power would go, only the link does, and the power so many packets later. */
	cutsLink = 0;
	readonly #world: TestWorld;
	readonly #flash: Flash;

	constructor(world: TestWorld, flash: Flash, options: Partial<ClientOptions>, cutAtPacket = 0) {
		this.#world = world;
		this.#flash = flash;
		this.store = new FlashStore(flash, { effectBytes: 8 });
		const life = this;
		const { socket, timer, ...rest } = world.collaborators("board");
		const step = () => {
			this.packets += 1;
			if (this.packets === cutAtPacket && this.cutsLink > 0) this.#link()?.cut();
			else if (this.packets === cutAtPacket + this.cutsLink) this.cut();
		};
		this.client = new Client({
			clientId: "board",
			cleanSession: false,
			backoff: { baseMs: 100, capMs: 500 },
			...rest,
			socket: {
				io: class extends socket.io {
					constructor(given: SocketOptions) {
						if (!life.isAlive) throw new Error("no power");
						super({
							...given,
							onReadable(this: Socket, count: number) {
								if (life.isAlive) step();
								if (life.isAlive) given.onReadable?.call(this, count);
							},
							onWritable(this: Socket, count: number) {
								if (life.isAlive) given.onWritable?.call(this, count);
							},
							onError(this: Socket) {
								if (life.isAlive) given.onError?.call(this);
							},
						});
					}
					override write(view: Uint8Array): number {
						if (life.isAlive) step();
						if (!life.isAlive) throw new Error("no power");
						const room = super.write(view);
						step();
						return room;
					}
				},
			},
			timer: {
				io: class extends timer.io {
					constructor(given: TimerOptions) {
						super({
							...given,
							onTimer() {
								if (life.isAlive) given.onTimer.call(this);
							},
						});
					}
				},
			},
			...options,
			store: this.store,
		});
	}

	cut(): void {
		if (!this.isAlive) return;
		this.isAlive = false;
		this.#flash.cut();
		this.#link()?.cut();
	}

	#link() {
		return this.#world.network.links.find(link => link.name === "board");
	}
}
