// The port of the embedded broker.

import { UsageError } from "../fleet/scenario.js";
import { type Listener, type ListenOptions, listen, type Served } from "../node/listen.js";

const LOOPBACK = "127.0.0.1";
const DEFAULT_PORT = 1883;
/** How many ports to try where nobody asked for a certain one. */
const PORTS = 100;

/** A broker on its port. */
export interface Found {
	readonly listener: Listener;
	readonly endpoint: { readonly host: string; readonly port: number };
	/** What there is to say of it. */
	readonly note: string;
}

/** `port`: what the command line gave. Throws UsageError. */
export async function serveSomewhere(broker: Served, port: unknown, options: ListenOptions = {}): Promise<Found> {
	const asked = port === undefined ? undefined : portOf(port);
	const listener = await listenSomewhere(broker, asked, options);
	const endpoint = { host: LOOPBACK, port: listener.port };
	const isMoved = asked === undefined && listener.port !== DEFAULT_PORT;
	return { listener, endpoint, note: isMoved ? ` (port ${DEFAULT_PORT} is taken)` : "" };
}

function portOf(value: unknown): number {
	if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
	throw new UsageError(`--port: expected a whole number from 0 (any free port) to 65535, got ${value}`);
}

async function listenSomewhere(broker: Served, asked: number | undefined, options: ListenOptions): Promise<Listener> {
	for (let port = asked ?? DEFAULT_PORT; ; port += 1) {
		try {
			return await listen(broker, port, LOOPBACK, options);
		} catch (error) {
			const { code } = error as NodeJS.ErrnoException;
			if (asked === undefined && code === "EADDRINUSE" && port < DEFAULT_PORT + PORTS) continue;
			if (code === "EADDRINUSE") throw new UsageError(`port ${port} is taken; choose another with --port`);
			if (code === "EACCES") throw new UsageError(`port ${port} needs more rights; choose one above 1023 with --port`);
			throw error;
		}
	}
}
