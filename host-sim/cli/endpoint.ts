// Broker URLs: mqtt://[user[:password]@]host[:port], and the same with a topic behind it.

import { connect } from "node:net";
import type { Endpoint } from "../fleet/fleet.js";
import { UsageError } from "../fleet/scenario.js";
import { addressOf } from "../node/resolver.js";
import { plain } from "../sentence.js";

/** How long the first connection to a broker may take, in ms. */
const PROBE_MS = 5000;

const EXPECTED = "expected mqtt://[user[:password]@]host[:port]";
/** What MQTT goes over as well, by the beginning of its URLs. */
const OTHER_TRANSPORTS: Readonly<Record<string, string>> = { mqtts: "TLS", ws: "WebSocket", wss: "WebSocket" };

/** Throws UsageError; the message never holds the password. */
export function parseEndpoint(text: string): Endpoint {
	const endpoint = endpointOf(text, "--broker: ");
	if (endpoint.password !== undefined && endpoint.userName === undefined)
		throw new UsageError("--broker: a password needs a user name in MQTT 3.1.1");
	return endpoint;
}

/**
 * The same with a topic, which may have the wildcards of a filter: all behind the first slash, where % begins an escape.
 * Throws UsageError; the message never holds anything of the URL.
 */
export function parseTopicUrl(text: string): { endpoint: Endpoint; topic?: string } {
	const scheme = /^([a-z]+):\/\//i.exec(text)?.[1]?.toLowerCase();
	const other = OTHER_TRANSPORTS[scheme ?? ""];
	if (other !== undefined)
		throw new UsageError(`URL: ${scheme}:// is not supported yet, since there is no ${other}; only mqtt:// is`);
	if (scheme !== "mqtt") throw new UsageError(`URL: ${EXPECTED}[/topic], such as mqtt://192.168.1.10/lab/temperature`);
	const slash = text.indexOf("/", "mqtt://".length);
	const address = slash < 0 ? text : text.slice(0, slash);
	const topic = slash < 0 ? "" : text.slice(slash + 1);
	// A password with a slash in it would end up in the topic, and its beginning in the port.
	if (!address.includes("@") && topic.includes("@"))
		throw new UsageError("URL: write / as %2F in user and password, and @ as %40 in the topic");
	const endpoint = endpointOf(address, "URL: ");
	return topic === "" ? { endpoint } : { endpoint, topic: unescaped(topic, "URL: the topic") };
}

function endpointOf(text: string, where: string): Endpoint {
	let url: URL;
	try {
		url = new URL(text);
	} catch {
		throw new UsageError(`${where}${EXPECTED}, such as mqtt://192.168.1.10:1883`);
	}
	if (url.protocol !== "mqtt:")
		throw new UsageError(`${where}${EXPECTED}, got a URL that begins with ${url.protocol}//`);
	if (url.hostname === "") throw new UsageError(`${where}${EXPECTED}, got a URL without a host`);
	if (url.pathname !== "" && url.pathname !== "/") throw new UsageError(`${where}${EXPECTED}, got a URL with a path`);
	// A # or ? in a password has to be escaped; unescaped it would cut the password in two.
	if (url.hash !== "" || url.search !== "")
		throw new UsageError(`${where}${EXPECTED}; write # as %23 and ? as %3F in user and password`);
	const credential = `${where}user or password`;
	return {
		// The brackets around an IPv6 address belong to the URL, not to the address.
		host: url.hostname.replace(/^\[|\]$/g, ""),
		port: url.port === "" ? 1883 : Number(url.port),
		...(url.username !== "" && { userName: unescaped(url.username, credential) }),
		...(url.password !== "" && { password: unescaped(url.password, credential) }),
	};
}

function unescaped(text: string, what: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		throw new UsageError(`${what} has a % that begins no escape; write it as %25`);
	}
}

/** The endpoint as people may see it: without the password. */
export function describeEndpoint({ host, port, userName }: Endpoint): string {
	const name = host.includes(":") ? `[${host}]` : host;
	return `mqtt://${userName === undefined ? "" : `${encodeURIComponent(userName)}@`}${name}:${port}`;
}

/** How to see with mosquitto's tools what goes on there. */
export function lookOn({ host, password, port, userName }: Endpoint): string {
	const user = userName === undefined ? "" : ` -u ${quote(userName)}${password === undefined ? "" : " -P …"}`;
	return `Look on   mosquitto_sub -h ${host} -p ${port}${user} -t 'thimble/#' -v`;
}

/** For a shell, and without anything that a terminal would obey. */
function quote(text: string): string {
	const shown = plain(text);
	return /^[\w.@-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
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
