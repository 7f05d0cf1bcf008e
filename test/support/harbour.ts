// A plain TCP server that notes what becomes of its connections: the far end of bridges and proxies in tests.

import { createServer, type Server, type Socket } from "node:net";

export class Harbour {
	readonly port: number;
	/** "open", "data", "end", "reset", "closed", in order. */
	readonly log: string[] = [];
	readonly sockets: Socket[] = [];
	/** What was received, of all connections. */
	received = "";
	readonly #server: Server;

	private constructor(server: Server) {
		this.#server = server;
		this.port = (server.address() as { port: number }).port;
		server.on("connection", socket => {
			this.sockets.push(socket);
			this.log.push("open");
			socket.on("data", data => {
				this.received += data;
				this.log.push("data");
			});
			socket.on("end", () => this.log.push("end"));
			socket.on("error", () => this.log.push("reset"));
			socket.on("close", () => this.log.push("closed"));
		});
	}

	static open(): Promise<Harbour> {
		return new Promise(resolve => {
			const server = createServer({ noDelay: true });
			server.listen(0, "127.0.0.1", () => resolve(new Harbour(server)));
		});
	}

	close(): Promise<void> {
		for (const socket of this.sockets) socket.destroy();
		return new Promise(resolve => this.#server.close(() => resolve()));
	}
}
