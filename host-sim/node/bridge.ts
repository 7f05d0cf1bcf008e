// From a simulated network to a server on a real port: for each connection of the network this dials the server, and
// carries bytes, ends and resets both ways. So the network with its faults stands between boards and any broker there is.

import { connect, type Socket } from "node:net";
import type { Accept, Transport, TransportHandler } from "../transport.js";
import { Dialler, type SecureOptions } from "./tls.js";

export interface BridgeOptions {
	host: string;
	port: number;
	/** TLS between here and the server. Within the network it is plain, as it is below TLS in a board. */
	secure?: SecureOptions;
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

	/** Throws where the certificates of `secure` are not what they should be. */
	constructor(options: BridgeOptions) {
		const { enter, host, port, secure } = options;
		const dialler = secure === undefined ? undefined : new Dialler(secure);
		const dial = (): Dialled =>
			dialler === undefined
				? { socket: connect({ host, port, noDelay: true }), standing: "connect" }
				: { socket: dialler.dial({ address: host, port, nodelay: true }).socket, standing: "secureConnect" };
		this.accept = transport =>
			span(transport, dial(), enter, this.#sockets, count => {
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

/** A connection on its way; `standing` is the event of its standing. */
interface Dialled {
	readonly socket: Socket;
	readonly standing: "connect" | "secureConnect";
}

/** One connection. */
function span(
	transport: Transport,
	{ socket, standing }: Dialled,
	enter: BridgeOptions["enter"],
	sockets: Set<Socket>,
	count: (bytes: number) => void,
): TransportHandler {
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
	socket.on(standing, () => {
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
			if (!hasStood) socket.destroy();
			// TLS has no reset of its own: an end without its goodbye is what there is.
			else if (wasReset === true) standing === "connect" ? socket.resetAndDestroy() : socket.destroy();
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
