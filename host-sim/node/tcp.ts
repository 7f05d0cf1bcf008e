// Plain TCP.

import { connect } from "node:net";
import type { SocketOptions } from "../../firmware/io.js";
import { StreamSocket } from "./stream.js";

export class TCP extends StreamSocket {
	constructor(options: SocketOptions) {
		const socket = connect({ host: options.address, port: options.port, noDelay: options.nodelay ?? false });
		super(options, socket);
		socket.on("connect", () => this.handleStanding());
	}
}
