// A TCP port whose connections go through a simulated network in real time: the fault proxy for clients that are not ours,
// for boards in other processes, and for real ones. Whoever connects is, to the network, a board of the proxy's name.

import { createServer, type Server, type Socket } from "node:net";
import type { Link } from "../world/link.js";
import type { Network } from "../world/network.js";

export interface ProxyOptions {
	network: Network;
	/** Of the board that the connections are: its path in the network is what faults befall. */
	name: string;
	/** Where in the network they go. */
	address: string;
	port: number;
	/** How what the client does comes into the world: Pace.enter(). */
	enter(run: () => void): void;
	/** The port to listen on; 0 (the default) for any. */
	listenPort?: number;
	/** Default: this machine only. */
	listenHost?: string;
}

export class FaultProxy {
	/** The port that it listens on. */
	readonly port: number;
	readonly #server: Server;
	readonly #sockets: Set<Socket>;

	private constructor(server: Server, sockets: Set<Socket>) {
		this.port = (server.address() as { port: number }).port;
		this.#server = server;
		this.#sockets = sockets;
	}

	/** Rejects with Node's error (EADDRINUSE, EACCES, …) where the port cannot be had. */
	static listen(options: ProxyOptions): Promise<FaultProxy> {
		const sockets = new Set<Socket>();
		// A client that ends its side has ended both, as on a board; but what it wrote before has to leave.
		const server = createServer({ noDelay: true, pauseOnConnect: true }, socket => {
			sockets.add(socket);
			socket.on("close", () => sockets.delete(socket));
			carry(socket, options);
		});
		return new Promise((resolve, reject) => {
			server.once("error", reject);
			server.listen(options.listenPort ?? 0, options.listenHost ?? "127.0.0.1", () => {
				server.removeAllListeners("error");
				// Later ones (out of file descriptors, say) concern one connection.
				server.on("error", () => {});
				resolve(new FaultProxy(server, sockets));
			});
		});
	}

	/** Stops listening and cuts all connections; resolves when they are gone. */
	close(): Promise<void> {
		return new Promise(resolve => {
			this.#server.close(() => resolve());
			for (const socket of this.#sockets) socket.resetAndDestroy();
		});
	}
}

/** One connection: the socket drives the board's end of a link, and the link the socket. */
function carry(socket: Socket, { address, enter, name, network, port }: ProxyOptions): void {
	/** What the client has sent and the link has no room for yet; the client waits meanwhile. */
	let pending: Uint8Array | undefined;
	let room = 0;
	/** Bytes that wait in the link until the client takes more. */
	let waiting = 0;
	let hasEnded = false;
	let isOver = false;
	let link: Link | undefined;
	const send = () => {
		if (pending !== undefined && room > 0) {
			const piece = pending.subarray(0, room);
			pending = piece.length === pending.length ? undefined : pending.subarray(piece.length);
			room = link!.write(piece);
		}
		if (pending !== undefined) return;
		if (hasEnded) {
			isOver = true;
			link!.close();
		} else if (room > 0) socket.resume();
	};
	const receive = () => {
		if (waiting === 0 || socket.writableNeedDrain) return;
		const bytes = new Uint8Array(waiting);
		link!.read(bytes);
		waiting = 0;
		socket.write(bytes);
	};
	const cut = () =>
		enter(() => {
			if (isOver) return;
			isOver = true;
			link?.cut();
		});
	socket.on("data", bytes =>
		enter(() => {
			if (isOver) return;
			socket.pause();
			pending = bytes;
			send();
		}),
	);
	socket.on("end", () =>
		enter(() => {
			hasEnded = true;
			if (!isOver) send();
		}),
	);
	socket.on("drain", () =>
		enter(() => {
			if (!isOver) receive();
		}),
	);
	socket.on("error", cut);
	socket.on("close", () => {
		if (!hasEnded) cut();
	});
	enter(() => {
		const Board = network.socketFor(name);
		try {
			link = new Board({
				address,
				port,
				onWritable(count) {
					room = count;
					send();
				},
				onReadable(count) {
					waiting = count;
					receive();
				},
				onError(error) {
					isOver = true;
					this.close();
					if (error === undefined) socket.end();
					else socket.resetAndDestroy();
				},
			}) as Link;
		} catch {
			// The board has no memory for a socket.
			socket.resetAndDestroy();
		}
	});
}
