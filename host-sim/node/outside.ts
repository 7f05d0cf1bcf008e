// A world whose broker is outside: mosquitto, or any other on a port. Its boards and its network with all faults are the
// virtual world's, in real time; behind the network a bridge goes to the broker.

import { fixedHeader } from "../broker/frames.js";
import { type Accept, between } from "../transport.js";
import type { Fault } from "../world/fault.js";
import { World, type WorldOptions } from "../world/world.js";
import { Bridge } from "./bridge.js";
import { Pace, type PaceOptions, type RunOptions } from "./pace.js";
import { FaultProxy } from "./proxy.js";
import type { SecureOptions } from "./tls.js";

export interface OutsideOptions extends Omit<WorldOptions, "broker" | "serve">, PaceOptions {
	/** Where the broker is. */
	host: string;
	port: number;
	/** TLS to it. */
	secure?: SecureOptions;
}

export class Outside {
	readonly world: World;
	readonly pace: Pace;
	readonly #bridge: Bridge;
	readonly #proxies: FaultProxy[] = [];

	/** Throws where the certificates of `secure` are not what they should be. */
	constructor({ host, port, secure, ...options }: OutsideOptions) {
		const enter = (run: () => void) => this.pace.enter(run);
		this.#bridge = new Bridge({ host, port, enter, ...(secure !== undefined && { secure }) });
		this.world = new World({ wallMs: Date.now(), ...options, serve: inPackets(this.#bridge.accept) });
		this.pace = new Pace(this.world.time, options);
	}

	/** Bytes that have gone to the broker and come from it. */
	get bytes(): number {
		return this.#bridge.bytes;
	}

	/** Lets the world go on, see Pace.run(). */
	run(options: RunOptions = {}): Promise<void> {
		return this.pace.run(options);
	}

	/** A port for who is no board of this world; its connections are those of a board of that name. */
	async proxy(name: string, listenPort = 0): Promise<FaultProxy> {
		const proxy = await FaultProxy.listen({
			network: this.world.network,
			name,
			...this.world.address,
			enter: run => this.pace.enter(run),
			listenPort,
		});
		this.#proxies.push(proxy);
		return proxy;
	}

	/** Ends all connections to the outside; to be called when the world stands still. */
	async close(): Promise<void> {
		this.#bridge.close();
		await Promise.all(this.#proxies.map(proxy => proxy.close()));
	}
}

/**
 * Whether a fault can be had with a broker outside. That nobody reaches it can, and that its answers come late, twice or
 * wrongly; what it remembers and whom it takes is its own affair.
 */
export function isPossibleOutside({ fault }: Fault | { readonly fault: string }): boolean {
	return fault !== "broker-forgets" && fault !== "broker-refuses";
}

/** What the server sends comes in whole packets, as from a broker inside; what is no packet, as it comes. */
function inPackets(accept: Accept): Accept {
	return (transport, start) => {
		let rest = Buffer.alloc(0);
		const takePacket = () => {
			let end: number | undefined;
			try {
				end = fixedHeader(rest)?.end;
			} catch {
				end = rest.length;
			}
			if (end === undefined || end > rest.length) return undefined;
			const packet = rest.subarray(0, end);
			rest = rest.subarray(end);
			return packet;
		};
		return accept(
			between(transport, {
				write(bytes, taken) {
					rest = Buffer.concat([rest, bytes]);
					let packet = takePacket();
					// The window of who sends is counted in its own pieces, whatever they become here.
					if (packet === undefined) taken?.();
					while (packet !== undefined) {
						const next = rest.length > 0 ? takePacket() : undefined;
						transport.write(packet, next === undefined ? taken : undefined);
						packet = next;
					}
				},
				close() {
					if (rest.length > 0) transport.write(rest);
					transport.close();
				},
				...(transport.reset !== undefined && { reset: () => transport.reset!() }),
			}),
			start,
		);
	};
}
