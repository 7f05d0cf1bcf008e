// firmware/io.ts's Resolver, on the network stack's own, which knows the DNS servers from DHCP.

import Net from "net";
import type { ResolveOptions, Resolver } from "../io.js";

export class BoardResolver implements Resolver {
	#closed = false;

	resolve(options: ResolveOptions): void {
		Net.resolve(options.host, (name: string, address?: string) => {
			if (this.#closed) return;
			if (address === undefined) options.onError();
			else options.onResolved(name, address);
		});
	}

	close(): void {
		this.#closed = true;
	}
}
