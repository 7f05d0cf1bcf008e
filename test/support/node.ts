// Our client on Node's own sockets and timers, for tests against real brokers.

import { Client, type ClientOptions } from "../../firmware/mqtt/client.js";
import { nodeClock, nodeRandom } from "../../host-sim/node/clock.js";
import { NodeResolver } from "../../host-sim/node/resolver.js";
import { TCP } from "../../host-sim/node/tcp.js";
import { NodeTimer } from "../../host-sim/node/timer.js";

export function nodeClient(port: number, clientId: string, options: Partial<ClientOptions> = {}): Client {
	return new Client({
		host: "localhost",
		port,
		clientId,
		socket: { io: TCP },
		resolver: { io: NodeResolver },
		timer: { io: NodeTimer },
		clock: nodeClock,
		random: nodeRandom,
		backoff: { baseMs: 100, capMs: 500 },
		...options,
	});
}
