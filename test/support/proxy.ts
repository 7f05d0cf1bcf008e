// A TCP port before another one, on real sockets, with the checker in between: for clients that are not ours, and
// servers that are not ours.

import { createServer, connect as dial, type Server, type Socket } from "node:net";
import type { Checker } from "../../host-sim/checker/checker.js";

export class WatchingProxy {
	readonly port: number;
	/** Called with what a client sends, before it goes on; true cuts both sides, and it does not. */
	cuts: (bytes: Buffer) => boolean = () => false;
	readonly #server: Server;
	readonly #sockets: Set<Socket>;

	private constructor(server: Server, sockets: Set<Socket>) {
		this.#server = server;
		this.#sockets = sockets;
		this.port = (server.address() as { port: number }).port;
	}

	static async start(target: number, checker: Checker): Promise<WatchingProxy> {
		const sockets = new Set<Socket>();
		let proxy: WatchingProxy | undefined;
		const now = () => performance.now();
		const server = createServer(client => {
			const upstream = dial(target, "127.0.0.1");
			const watched = checker.watch(`${client.remotePort}`);
			const cut = () => {
				watched.handleEnd(now());
				client.destroy();
				upstream.destroy();
			};
			for (const socket of [client, upstream]) {
				sockets.add(socket);
				socket.setNoDelay(true);
				socket.on("error", cut);
				socket.on("close", () => {
					sockets.delete(socket);
					cut();
				});
			}
			client.on("data", bytes => {
				watched.handleClientBytes(bytes, now());
				if (proxy!.cuts(bytes)) cut();
				else upstream.write(bytes);
			});
			upstream.on("data", bytes => {
				watched.handleServerBytes(bytes, now());
				client.write(bytes);
			});
		});
		await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
		proxy = new WatchingProxy(server, sockets);
		return proxy;
	}

	close(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		return new Promise(resolve => this.#server.close(() => resolve()));
	}
}
