// A broker on a TCP port of this machine, driven by Node's sockets and timers.

import { createServer, type Server, type Socket } from "node:net";
import type { Broker } from "../broker/broker.js";

/** How often the broker looks at its deadlines, in ms: keep-alive is counted in seconds. */
const TICK_MS = 250;

/** How long the last bytes may take to leave, in ms. */
const LINGER_MS = 1000;

export interface Listener {
	/** The port that it listens on. */
	readonly port: number;
	/** Stops listening and ends all connections; resolves when they are gone. */
	close(): Promise<void>;
	/** Ends the connection of a client without a word, as a pulled plug would. */
	destroy(clientId: string): boolean;
}

/** Rejects with Node's error (EADDRINUSE, EACCES, …) where the port cannot be had. */
export function listen(broker: Broker, port: number, host = "127.0.0.1"): Promise<Listener> {
	const sockets = new Map<string, Socket>();
	const server = createServer({ noDelay: true }, socket => {
		const peer = `${socket.remoteAddress}:${socket.remotePort}`;
		const close = () => endSoon(socket);
		const connection = broker.accept({ peer, write: bytes => socket.write(bytes), close }, now());
		sockets.set(peer, socket);
		socket.on("data", bytes => connection.handleData(bytes, now()));
		socket.on("error", () => socket.destroy());
		socket.on("close", () => {
			sockets.delete(peer);
			connection.handleClose(now());
		});
	});
	const ticks = setInterval(() => broker.handleTime(now()), TICK_MS);
	ticks.unref();
	return new Promise((resolve, reject) => {
		server.once("error", error => {
			clearInterval(ticks);
			reject(error);
		});
		server.listen(port, host, () => {
			server.removeAllListeners("error");
			// Later ones (out of file descriptors, say) concern one connection: the broker goes on.
			server.on("error", () => {});
			resolve(listener(broker, server, sockets, ticks));
		});
	});
}

function listener(broker: Broker, server: Server, sockets: Map<string, Socket>, ticks: NodeJS.Timeout): Listener {
	const address = server.address();
	return {
		port: typeof address === "object" && address !== null ? address.port : 0,
		destroy(clientId) {
			const peer = broker.connectionOf(clientId)?.transport.peer;
			const socket = peer === undefined ? undefined : sockets.get(peer);
			socket?.resetAndDestroy();
			return socket !== undefined;
		},
		close() {
			clearInterval(ticks);
			broker.close();
			return new Promise(resolve => {
				server.close(() => resolve());
				for (const socket of sockets.values()) endSoon(socket);
			});
		},
	};
}

/** Ends the connection when all is sent, or soon after: a peer that reads nothing must not hold us up. */
function endSoon(socket: Socket): void {
	socket.destroySoon();
	setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

function now(): number {
	return performance.now();
}
