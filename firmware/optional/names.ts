// The name under which an address was found. A socket is given an address alone; whoever has to ask for a server by name, or
// to hold a certificate against it, remembers here what was looked up last.

import type { ResolveOptions, Resolver, ResolverConstructor } from "../io.js";

export class Names {
	#host = "";
	#address = "";

	/** The same resolver, whose answers are remembered here: give it to the client in the place of the other. */
	remembering(io: ResolverConstructor): ResolverConstructor {
		const names = this;
		return class implements Resolver {
			readonly #resolver = new io({});

			resolve({ host, onError, onResolved }: ResolveOptions): void {
				this.#resolver.resolve({
					host,
					onResolved(name, address) {
						names.#host = host;
						names.#address = address;
						onResolved(name, address);
					},
					onError,
				});
			}

			close(): void {
				this.#resolver.close();
			}
		};
	}

	/** What was looked up, where that is its address; otherwise the address itself, which nobody had to look up. */
	of(address: string): string {
		return address === this.#address ? this.#host : address;
	}
}

Object.freeze(Names.prototype);
