// The fault proxy before a port, with the checker in between: for clients that are not ours, and servers that are not ours.

import type { Checker } from "../../host-sim/checker/checker.js";
import { tapped } from "../../host-sim/checker/tap.js";
import { Bridge } from "../../host-sim/node/bridge.js";
import { Pace } from "../../host-sim/node/pace.js";
import { FaultProxy } from "../../host-sim/node/proxy.js";
import type { Accept } from "../../host-sim/transport.js";
import { Network } from "../../host-sim/world/network.js";
import { SeededRandom } from "../../host-sim/world/random.js";
import { VirtualTime } from "../../host-sim/world/time.js";

const SERVER = { address: "10.0.0.1", port: 1883 };

export class WatchingProxy {
	port = 0;
	/** Called with what a client sends, before it goes on; true cuts both sides, and it does not. */
	cuts: (bytes: Uint8Array) => boolean = () => false;
	readonly #stop = new AbortController();
	readonly #bridge: Bridge;
	#proxy: FaultProxy | undefined;

	private constructor(bridge: Bridge) {
		this.#bridge = bridge;
	}

	static async start(target: number, checker: Checker): Promise<WatchingProxy> {
		const time = new VirtualTime();
		const pace = new Pace(time);
		const enter = (run: () => void) => pace.enter(run);
		const network = new Network(time, new SeededRandom(1), { latencyMs: 0 });
		const bridge = new Bridge({ host: "127.0.0.1", port: target, enter });
		const watching = new WatchingProxy(bridge);
		const cutting: Accept = (transport, start) => {
			const handler = bridge.accept(transport, start);
			return {
				handleData(bytes, now) {
					if (!watching.cuts(bytes)) handler.handleData(bytes, now);
					else for (const link of [...network.links]) link.cut();
				},
				handleClose: (now, wasReset) => handler.handleClose(now, wasReset),
			};
		};
		network.listen(SERVER.address, SERVER.port, tapped(checker, cutting, { now: () => time.now }));
		watching.#proxy = await FaultProxy.listen({ network, name: "guest", ...SERVER, enter });
		watching.port = watching.#proxy.port;
		void pace.run({ signal: watching.#stop.signal });
		return watching;
	}

	async close(): Promise<void> {
		this.#stop.abort();
		this.#bridge.close();
		await this.#proxy!.close();
	}
}
