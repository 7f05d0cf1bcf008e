// firmware/io.ts's Resolver, on Node's: IPv4 first, since that is what boards speak and what brokers listen on.

import { lookup } from "node:dns";
import type { ResolveOptions, Resolver } from "../../firmware/io.js";

export class NodeResolver implements Resolver {
	#closed = false;

	resolve(options: ResolveOptions): void {
		lookup(options.host, { all: true }, (error, addresses) => {
			if (this.#closed) return;
			const found = addresses?.find(address => address.family === 4) ?? addresses?.[0];
			if (error !== null || found === undefined) options.onError(error);
			else options.onResolved(options.host, found.address);
		});
	}

	close(): void {
		this.#closed = true;
	}
}
