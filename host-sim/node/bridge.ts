// From a simulated network to a server on a real port: for each connection of the network this dials the server, and
// carries bytes, ends and resets both ways. So the network with its faults stands between boards and any broker there is.

import { connect, type Socket } from "node:net";
import type { Accept, Transport, TransportHandler } from "../transport.js";

export interface BridgeOptions {
	host: string;
	port: number;
	/** How what the server does comes into the world, in the order of time: Pace.enter(). */
	enter(run: () => void): void;
}

/** Bytes on their way to a board beyond which the server is made to wait: what a desktop's kernel would hold. */
const WINDOW = 65_536;
/** How long the last bytes may take to leave, in ms. */
const LINGER_MS = 2000;

export class Bridge {
	/** For Network.listen(). */
	readonly accept: Accept;
	/** Bytes that have come through, both ways. */
	bytes = 0;
	readonly #sockets = new Set<Socket>();

	constructor(options: BridgeOptions) {
		this.accept = transport =>
			span(transport, options, this.#sockets, count => {
				this.bytes += count;
			});
	}

	/** Connections to the server that stand or are being made; also those whose board has vanished. */
	get connections(): number {
		return this.#sockets.size;
	}

	/** Ends all connections, without a word to the network. */
	close(): void {
		for (const socket of this.#sockets) {
			socket.removeAllListeners();
			socket.on("error", () => {});
			socket.destroy();
		}
		this.#sockets.clear();
	}
}

/** One connection. */
function span(
	transport: Transport,
	{ enter, host, port }: BridgeOptions,
	sockets: Set<Socket>,
	count: (bytes: number) => void,
): TransportHandler {
	const socket = connect({ host, port, noDelay: true });
	const stand = transport.defer?.();
	/** Bytes that the board has not read yet. */
	let underWay = 0;
	let hasStood = false;
	/** Nobody on the network is left to tell. */
	let isOver = false;
	const over = (tell: () => void) =>
		enter(() => {
			if (isOver) return;
			isOver = true;
			tell();
		});
	sockets.add(socket);
	socket.on("connect", () => {
		hasStood = true;
		enter(() => {
			if (!isOver) stand?.();
		});
	});
	socket.on("data", bytes => {
		if (isOver) return;
		count(bytes.length);
		underWay += bytes.length;
		if (underWay >= WINDOW) socket.pause();
		const taken = () => {
			underWay -= bytes.length;
			if (underWay < WINDOW) socket.resume();
		};
		enter(() => transport.write(bytes, taken));
	});
	socket.on("drain", () => {
		if (!isOver) enter(() => transport.setPaused?.(false));
	});
	socket.on("end", () => over(() => transport.close()));
	// Refused where it never stood, and otherwise cut.
	socket.on("error", () =>
		over(() => (hasStood && transport.reset !== undefined ? transport.reset() : transport.close())),
	);
	socket.on("close", () => {
		sockets.delete(socket);
		over(() => transport.close());
	});
	return {
		handleData(bytes) {
			count(bytes.length);
			if (!socket.write(bytes)) transport.setPaused?.(true);
		},
		handleClose(_now, wasReset) {
			isOver = true;
			if (socket.connecting) socket.destroy();
			else if (wasReset === true) socket.resetAndDestroy();
			else endSoon(socket);
		},
	};
}

/**
 * What the server still sends is read and dropped: unread, it would make the kernel answer with a reset, and what was
 * written last could be lost.
 */
function endSoon(socket: Socket): void {
	socket.resume();
	socket.end();
	setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
