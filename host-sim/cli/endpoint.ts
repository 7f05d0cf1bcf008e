// Broker URLs: mqtt://[user[:password]@]host[:port].

import { connect } from "node:net";
import type { Endpoint } from "../fleet/fleet.js";
import { UsageError } from "../fleet/scenario.js";
import { addressOf } from "../node/resolver.js";

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
	// A # or ? in a password has to be escaped; unescaped it would cut the password in two.
	if (url.hash !== "" || url.search !== "")
		throw new UsageError(`--broker: ${expected}; write # as %23 and ? as %3F in user and password`);
	if (url.password !== "" && url.username === "")
		throw new UsageError("--broker: a password needs a user name in MQTT 3.1.1");
	return {
		// The brackets around an IPv6 address belong to the URL, not to the address.
		host: url.hostname.replace(/^\[|\]$/g, ""),
		port: url.port === "" ? 1883 : Number(url.port),
		...(url.username !== "" && { userName: unescaped(url.username) }),
		...(url.password !== "" && { password: unescaped(url.password) }),
	};
}

function unescaped(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		throw new UsageError("--broker: user or password has a % that begins no escape; write it as %25");
	}
}

/** The endpoint as people may see it: without the password. */
export function describeEndpoint({ host, port, userName }: Endpoint): string {
	const name = host.includes(":") ? `[${host}]` : host;
	return `mqtt://${userName === undefined ? "" : `${encodeURIComponent(userName)}@`}${name}:${port}`;
}

/** Resolves where something listens there; otherwise rejects with UsageError. */
export async function probeEndpoint(endpoint: Endpoint): Promise<void> {
	const refuse = (why: string) => new UsageError(`cannot reach ${describeEndpoint(endpoint)}: ${why}`);
	const address = await addressOf(endpoint.host).catch(error => {
		throw refuse(reasonOf(error as NodeJS.ErrnoException));
	});
	return new Promise((resolve, reject) => {
		const socket = connect({ host: address, port: endpoint.port, timeout: PROBE_MS });
		const fail = (why: string) => {
			socket.destroy();
			reject(refuse(why));
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
