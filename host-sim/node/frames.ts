// What both ends of MQTT over WebSocket have in common: the subprotocol is "mqtt", what goes over it are binary frames, and
// where a frame begins or ends means nothing [MQTT-6.0.0-2].

import type { Duplex } from "node:stream";
import { createWebSocketStream, type WebSocket } from "ws";

/** The name that both ends have to say [MQTT-6.0.0-3]. */
export const SUBPROTOCOL = "mqtt";
/** Where brokers have it, unless they are told otherwise. */
export const PATH = "/mqtt";

/** The bytes of all binary frames, both ways. Any other frame with data ends the connection [MQTT-6.0.0-1]. */
export function framesOf(socket: WebSocket): Duplex {
	socket.on("message", (_data, isBinary) => {
		// Nothing of it gets into the stream behind this.
		if (!isBinary) stream.destroy(new Error("a text frame"));
	});
	const stream = createWebSocketStream(socket);
	// No side of a WebSocket can end alone.
	stream.on("end", () => stream.destroy());
	return stream;
}
