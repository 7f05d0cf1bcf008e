// From the page's WebSocket to a broker outside: the bytes of MQTT as they are, over TCP, TLS or WebSocket as the run's own boards
// have it. The page says its own user name and password; what is seen of it here is recorded as that of the boards is.

import { connect, isIPv6 } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { framesOf, SUBPROTOCOL } from "../node/frames.js";
import { Dialler, type SecureOptions } from "../node/tls.js";
import type { Recorder } from "../record/recorder.js";

/** How long the last bytes may take to leave, in ms. */
const LINGER_MS = 1000;

export interface TunnelOptions {
	readonly host: string;
	readonly port: number;
	/** Of a WebSocket; absent: none. */
	readonly path?: string;
	readonly secure?: SecureOptions;
	/** Who takes down what goes through, and what his clock shows. */
	readonly recorder?: Recorder;
	now?(): number;
}

/** What brings streams to that broker. Throws where the certificates of `secure` are not what they should be. */
export function tunnel(options: TunnelOptions): (stream: Duplex, peer: string) => void {
	const { host, now = () => performance.now(), path, port, recorder, secure } = options;
	const dialler = secure === undefined ? undefined : new Dialler(secure);
	const dial = () =>
		dialler === undefined
			? connect({ host, port, noDelay: true })
			: dialler.dial({ address: host, port, nodelay: true }).socket;
	const reach = (): Duplex => {
		if (path === undefined) return dial();
		const name = isIPv6(host) ? `[${host}]` : host;
		const url = `${secure === undefined ? "ws" : "wss"}://${name}:${port}${path}`;
		return framesOf(new WebSocket(url, SUBPROTOCOL, { createConnection: dial, perMessageDeflate: false }));
	};
	return (stream, peer) => {
		const far = reach();
		const track = recorder?.begin(peer, now());
		stream.on("data", bytes => track?.handleBytes("client", bytes, now()));
		far.on("data", bytes => track?.handleBytes("broker", bytes, now()));
		stream.pipe(far);
		far.pipe(stream);
		for (const [one, other, side] of [
			[stream, far, "client"],
			[far, stream, "broker"],
		] as const) {
			one.on("error", () => one.destroy());
			one.on("close", () => {
				track?.handleEnd(side, "closed", now());
				// What has come before the end still goes through.
				other.end();
				setTimeout(() => other.destroy(), LINGER_MS).unref();
			});
		}
	};
}
