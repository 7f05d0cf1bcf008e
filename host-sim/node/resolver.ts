// firmware/io.ts's Resolver, on Node's: IPv4 first, since that is what boards speak and what brokers listen on.

import { lookup } from "node:dns/promises";
import type { ResolveOptions, Resolver } from "../../firmware/io.js";

/** The address that a board would use for this host. Rejects with Node's error where there is none. */
export async function addressOf(host: string): Promise<string> {
	const addresses = await lookup(host, { all: true });
	return (addresses.find(address => address.family === 4) ?? addresses[0]!).address;
}

export class NodeResolver implements Resolver {
	#closed = false;

	resolve(options: ResolveOptions): void {
		addressOf(options.host).then(
			address => {
				if (!this.#closed) options.onResolved(options.host, address);
			},
			error => {
				if (!this.#closed) options.onError(error);
			},
		);
	}

	close(): void {
		this.#closed = true;
	}
}
