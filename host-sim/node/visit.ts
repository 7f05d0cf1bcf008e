// From real sockets into a world at the pace of real time: who connects to a port of this machine is served by the broker in the
// world, with everything that befalls it. What he sends enters the world at the present, in the order of time.

import type { TransportHandler } from "../transport.js";
import type { World } from "../world/world.js";
import type { Served } from "./listen.js";

/** The broker of that world, to be served on a port. `enter` is Pace.enter(). */
export function visited(world: World, enter: (run: () => void) => void): Served {
	const { time } = world;
	return {
		accept(transport) {
			let handler: TransportHandler | undefined;
			enter(() => {
				handler = world.visit(transport, time.now);
			});
			// The world has come to its end just now.
			if (handler === undefined) transport.close();
			return {
				handleData: bytes => enter(() => handler?.handleData(bytes, time.now)),
				handleClose: (_now, wasReset) => enter(() => handler?.handleClose(time.now, wasReset)),
			};
		},
		// The world's own clock does that.
		handleTime() {},
		close: () => enter(() => world.broker.close()),
		connectionOf: clientId => world.broker.connectionOf(clientId),
	};
}
