// A simulated network in virtual time. Boards get sockets with ECMA-419's manners, servers get transports; between them is
// a path for each board, with latency, slicing and faults. All chance comes from one seeded source, and each path has a
// branch of its own, so that what happens to one board does not change what happens to another.

import type {
	ResolveOptions,
	Resolver,
	ResolverConstructor,
	SocketConstructor,
	SocketOptions,
} from "../../firmware/io.js";
import type { Accept } from "../transport.js";
import { type Enter, Link } from "./link.js";
import { DEFAULT_LINK, type LinkOptions, Path } from "./path.js";
import { PORTAL_ADDRESS } from "./portal.js";
import type { SeededRandom } from "./random.js";
import type { VirtualTime } from "./time.js";

export class Network {
	/** What paths begin with. */
	readonly options: LinkOptions;
	/** Connections that stand or are being made, the oldest first. */
	readonly links: Link[] = [];
	readonly time: VirtualTime;
	readonly random: SeededRandom;
	readonly #listeners = new Map<string, Accept>();
	readonly #names = new Map<string, string>();
	readonly #paths = new Map<string, Path>();

	constructor(time: VirtualTime, random: SeededRandom, options: Partial<LinkOptions> = {}) {
		this.time = time;
		this.random = random;
		this.options = { ...DEFAULT_LINK, ...options };
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

	#addressOf(host: string, path: Path): string | undefined {
		return path.isCaptive ? PORTAL_ADDRESS : this.#names.get(host);
	}

	/** The way of the board with that name, made when first asked for, with these options in the place of the network's. */
	path(name: string, options: Partial<LinkOptions> = {}): Path {
		let path = this.#paths.get(name);
		if (path === undefined) {
			path = new Path(name, this.time, this.random.fork(`path ${name}`), { ...this.options, ...options });
			this.#paths.set(name, path);
		}
		return path;
	}

	/** The socket class of one board, `name` in what the broker shows of it; its callbacks go through `enter`. */
	socketFor(name: string, enter: Enter = run => run()): SocketConstructor {
		const network = this;
		const path = this.path(name);
		return class extends Link {
			constructor(options: SocketOptions) {
				super(network, path, options, enter);
			}
		};
	}

	/** The resolver class of one board, likewise. */
	resolverFor(name: string, enter: Enter = run => run()): ResolverConstructor {
		const network = this;
		const path = this.path(name);
		return class implements Resolver {
			#closed = false;
			constructor() {
				if (!path.hasMemory) throw new Error("no memory for a question");
			}
			resolve(options: ResolveOptions): void {
				const answer = () => {
					if (this.#closed || path.names === "silent") return;
					const address =
						path.names === "answers" && path.isJoined ? network.#addressOf(options.host, path) : undefined;
					enter(() => (address === undefined ? options.onError() : options.onResolved(options.host, address)));
				};
				network.time.after(path.options.latencyMs * 2, () => path.arrive(answer));
			}
			close(): void {
				this.#closed = true;
			}
		};
	}
}
