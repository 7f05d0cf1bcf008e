// A socket class that says when it is used: a connection takes from there to the broker's CONNACK.

import type { SocketConstructor, SocketOptions } from "../../firmware/io.js";

/** `dialled` is called at each attempt, when the address is known. */
export function watchedSocket(Socket: SocketConstructor, dialled: () => void): SocketConstructor {
	return class extends Socket {
		constructor(options: SocketOptions) {
			dialled();
			super(options);
		}
	};
}
