// Broker URLs: mqtt://[user[:password]@]host[:port].

import { connect } from "node:net";
import type { Endpoint } from "../fleet/fleet.js";
import { UsageError } from "../fleet/scenario.js";

/** How long the first connection to a broker may take, in ms. */
const PROBE_MS = 5000;

/** Throws UsageError; the message never holds the password. */
export function parseEndpoint(text: string): Endpoint {
	const expected = "expected mqtt://[user[:password]@]host[:port]";
	let url: URL;
	try {
		url = new URL(text);
	} catch {
		throw new UsageError(`--broker: ${expected}, such as mqtt://192.168.1.10:1883`);
	}
	if (url.protocol !== "mqtt:")
		throw new UsageError(`--broker: ${expected}, got a URL that begins with ${url.protocol}//`);
	if (url.hostname === "") throw new UsageError(`--broker: ${expected}, got a URL without a host`);
	if (url.pathname !== "" && url.pathname !== "/") throw new UsageError(`--broker: ${expected}, got a URL with a path`);
	if (url.password !== "" && url.username === "")
		throw new UsageError("--broker: a password needs a user name in MQTT 3.1.1");
	return {
		// The brackets around an IPv6 address belong to the URL, not to the address.
		host: url.hostname.replace(/^\[|\]$/g, ""),
		port: url.port === "" ? 1883 : Number(url.port),
		...(url.username !== "" && { userName: decodeURIComponent(url.username) }),
		...(url.password !== "" && { password: decodeURIComponent(url.password) }),
	};
}

/** The endpoint as people may see it: without the password. */
export function describeEndpoint({ host, port, userName }: Endpoint): string {
	const name = host.includes(":") ? `[${host}]` : host;
	return `mqtt://${userName === undefined ? "" : `${encodeURIComponent(userName)}@`}${name}:${port}`;
}

/** Resolves where something listens there; otherwise rejects with UsageError. */
export function probeEndpoint(endpoint: Endpoint): Promise<void> {
	return new Promise((resolve, reject) => {
		const socket = connect({ host: endpoint.host, port: endpoint.port, timeout: PROBE_MS });
		const fail = (why: string) => {
			socket.destroy();
			reject(new UsageError(`cannot reach ${describeEndpoint(endpoint)}: ${why}`));
		};
		socket.on("connect", () => {
			socket.destroy();
			resolve();
		});
		socket.on("timeout", () => fail(`no connection within ${PROBE_MS / 1000} s`));
		socket.on("error", error => fail(reasonOf(error as NodeJS.ErrnoException)));
	});
}

function reasonOf(error: NodeJS.ErrnoException): string {
	switch (error.code) {
		case "ECONNREFUSED":
			return "connection refused; is a broker running there?";
		case "ENOTFOUND":
		case "EAI_AGAIN":
			return "no such host";
		case "EHOSTUNREACH":
		case "ENETUNREACH":
			return "no route to that host";
		default:
			return error.code ?? error.message;
	}
}
