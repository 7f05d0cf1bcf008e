// A broker on a port of this machine, driven by Node's sockets and timers: over TCP, TLS, and WebSocket on either.

import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer, TLSSocket } from "node:tls";
import { type WebSocket, WebSocketServer } from "ws";
import type { Broker } from "../broker/broker.js";
import type { Accept, Certificate } from "../transport.js";
import { framesOf, PATH, SUBPROTOCOL } from "./frames.js";

/** How often the broker looks at its deadlines, in ms: keep-alive is counted in seconds. */
const TICK_MS = 250;

/** How long the last bytes may take to leave, in ms. */
const LINGER_MS = 1000;
/** What may leave together, in bytes. */
const MOST_AT_ONCE = 65_536;
/** What may wait for one client, in bytes: more than the largest messages that are sent here. */
const MOST_UNREAD = 67_108_864;
const MOST_FRAME = 16_777_216;

export interface ListenOptions {
	/** TLS, and nothing but; all in PEM. */
	tls?: {
		cert: string | Buffer;
		key: string | Buffer;
		/** Who may have signed the certificates of clients. */
		ca?: string | Buffer;
		/** Clients have to show one. Default false. */
		requestCert?: boolean;
	};
	/** Who serves, where it is not the broker itself: somebody in front of it. */
	accept?: Accept;
	/** Told of every TCP connection, before TLS, HTTP or MQTT. */
	admit?: (socket: Socket) => void;
	/** Bytes that may wait for one client that does not read. Default 64 MiB. */
	mostUnread?: number;
	/** Bytes of a frame of WebSocket, which are held until it is whole. Default 16 MiB. */
	mostFrame?: number;
	/** MQTT over WebSocket, at the path /mqtt. Default false. */
	webSocket?: boolean;
}

/** What is served; a broker is such a thing. */
export type Served = Pick<Broker, "accept" | "handleTime" | "close" | "connectionOf">;

export interface Listener {
	/** The port that it listens on. */
	readonly port: number;
	/** Stops listening and ends all connections; resolves when they are gone. */
	close(): Promise<void>;
	/** Ends the connection of a client without a word, as a pulled plug would. */
	destroy(clientId: string): boolean;
}

/** Rejects with Node's error (EADDRINUSE, EACCES, …) where the port cannot be had, and where TLS cannot with these files. */
export async function listen(
	broker: Served,
	port: number,
	host = "127.0.0.1",
	options: ListenOptions = {},
): Promise<Listener> {
	const streams = new Set<Duplex>();
	const { accept = (transport, start) => broker.accept(transport, start) } = options;
	const server = serverOf(options, (stream, socket) => {
		streams.add(stream);
		stream.on("close", () => streams.delete(stream));
		carry(stream, `${socket.remoteAddress}:${socket.remotePort}`, accept, options.mostUnread, certificateOf(socket));
	});
	/** What carries them, also those that shake hands. */
	const sockets = new Map<string, Socket>();
	server.on("connection", (socket: Socket) => {
		const peer = `${socket.remoteAddress}:${socket.remotePort}`;
		sockets.set(peer, socket);
		socket.on("close", () => sockets.delete(peer));
		options.admit?.(socket);
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
			resolve(listener(broker, server, streams, sockets, ticks));
		});
	});
}

/** Lets `accept` serve who is at the other end of a stream. */
export function carry(
	stream: Duplex,
	peer: string,
	accept: Accept,
	mostUnread = MOST_UNREAD,
	certificate?: Certificate,
): void {
	const write = (bytes: Uint8Array) => {
		// What is written in one go leaves in one go: a call of the system for each packet would cost more than all else.
		if (stream.writableLength === 0) {
			stream.cork();
			process.nextTick(() => stream.uncork());
		}
		stream.write(bytes);
		if (stream.writableLength > MOST_AT_ONCE) stream.uncork();
		// Who does not read must not have all of our memory.
		if (stream.writableLength > mostUnread) stream.destroy();
	};
	// Only TCP itself has a reset.
	const isTcp = "resetAndDestroy" in stream && !("encrypted" in stream);
	const reset = () => (isTcp ? (stream as Socket).resetAndDestroy() : stream.destroy());
	const setPaused = (isPaused: boolean) => void (isPaused ? stream.pause() : stream.resume());
	const shown = certificate === undefined ? {} : { certificate };
	const connection = accept({ peer, write, close: () => endSoon(stream), reset, setPaused, ...shown }, now());
	stream.on("data", bytes => connection.handleData(bytes, now()));
	stream.on("error", () => stream.destroy());
	stream.on("close", () => connection.handleClose(now()));
}

/** `accept` gets the bytes of MQTT, and the socket that they come from. */
function serverOf(
	{ mostFrame = MOST_FRAME, tls, webSocket }: ListenOptions,
	accept: (stream: Duplex, socket: Socket) => void,
): Server {
	// A client whose certificate does not hold is none, whoever it says that it is.
	const secure = tls === undefined ? undefined : { ...tls, rejectUnauthorized: true, noDelay: true };
	if (webSocket !== true) {
		const take = (socket: Socket) => accept(socket, socket);
		return secure === undefined ? createServer({ noDelay: true }, take) : createTlsServer(secure, take);
	}
	const server = secure === undefined ? createHttpServer({ noDelay: true }) : createHttpsServer(secure);
	server.on("request", (_request, response) => response.writeHead(426).end());
	const sockets = new WebSocketServer({
		server,
		path: PATH,
		perMessageDeflate: false,
		maxPayload: mostFrame,
		verifyClient: ({ req }: { req: { headers: NodeJS.Dict<string | string[]> } }) =>
			String(req.headers["sec-websocket-protocol"])
				.split(/\s*,\s*/)
				.includes(SUBPROTOCOL),
		// The one that has been chosen is said in the answer [MQTT-6.0.0-4].
		handleProtocols: () => SUBPROTOCOL,
	});
	// It hears what goes wrong with the port, too, and would throw it if nobody listened: that is told where listen() was called.
	sockets.on("error", () => {});
	sockets.on("connection", (socket: WebSocket, { socket: carrier }) => accept(framesOf(socket), carrier));
	return server;
}

/** What a client has shown over TLS; undefined where it has shown nothing. */
function certificateOf(socket: Socket): Certificate | undefined {
	if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
	const shown = socket.getPeerX509Certificate();
	if (shown === undefined) return undefined;
	const { CN } = shown.toLegacyObject().subject;
	const [, hostName] = /^DNS:([^,"\s]+)$/.exec(shown.subjectAltName ?? "") ?? [];
	const validTo = Date.parse(shown.validTo);
	return { commonName: typeof CN === "string" ? CN : undefined, hostName, validTo };
}

function listener(
	broker: Served,
	server: Server,
	streams: ReadonlySet<Duplex>,
	sockets: ReadonlyMap<string, Socket>,
	ticks: NodeJS.Timeout,
): Listener {
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
				for (const stream of streams) endSoon(stream);
				// Those that are no clients yet are told nothing, and have had time enough when the others are gone.
				for (const socket of sockets.values()) setTimeout(() => socket.destroy(), LINGER_MS).unref();
			});
		},
	};
}

/** Ends the connection when all is sent, or soon after: a peer that reads nothing must not hold us up. */
function endSoon(stream: Duplex): void {
	if ("destroySoon" in stream) (stream as Socket).destroySoon();
	else stream.end();
	setTimeout(() => stream.destroy(), LINGER_MS).unref();
}

function now(): number {
	return performance.now();
}
