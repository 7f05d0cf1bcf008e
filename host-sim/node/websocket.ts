// MQTT over WebSocket, with TLS below it or without.

import { connect, isIPv6 } from "node:net";
import { WebSocket } from "ws";
import type { SocketConstructor, SocketOptions } from "../../firmware/io.js";
import { framesOf, PATH, SUBPROTOCOL } from "./frames.js";
import { StreamSocket } from "./stream.js";
import { Dialler, type Handshake, type SecureOptions } from "./tls.js";

/** What answers there does not speak MQTT over WebSocket. */
const WEBSOCKET_FAILED = 0x45;

export interface WebSocketOptions {
	/** Default "/mqtt". */
	path?: string;
	/** What the request is for, where one server has several names. Default: the address that is connected to. */
	host?: string;
	/** TLS below it. */
	secure?: SecureOptions;
}

/** A class for `socket: { io }` of a client. Throws where the certificates of `secure` are not what they should be. */
export function webSocket({ host, path = PATH, secure }: WebSocketOptions = {}): SocketConstructor {
	const dialler = secure === undefined ? undefined : new Dialler(secure);
	return class OverWebSocket extends StreamSocket {
		readonly #handshake: Handshake | undefined;
		/** What is below WebSocket. */
		#carrierStands = false;

		constructor(given: SocketOptions) {
			const { address, nodelay, port } = given;
			const handshake = dialler?.dial(given);
			const carrier = handshake?.socket ?? connect({ host: address, port, noDelay: nodelay ?? false });
			const name = host ?? address;
			const scheme = secure === undefined ? "ws" : "wss";
			const socket = new WebSocket(`${scheme}://${isIPv6(name) ? `[${name}]` : name}:${port}${path}`, SUBPROTOCOL, {
				createConnection: () => carrier,
				perMessageDeflate: false,
			});
			super(given, framesOf(socket));
			this.#handshake = handshake;
			carrier.once(handshake === undefined ? "connect" : "secureConnect", () => {
				this.#carrierStands = true;
			});
			socket.on("open", () => this.handleStanding());
		}

		protected override codeOf(error: Error): number | undefined {
			return this.#handshake?.codeOf(error) ?? (this.#carrierStands ? WEBSOCKET_FAILED : undefined);
		}
	};
}
