// Broker URLs: mqtt://[user[:password]@]host[:port], and the same with a topic behind it; mqtts:// for TLS; and ws:// and
// wss://, where what is behind the host is the path of the WebSocket.

import { connect } from "node:net";
import type { Endpoint } from "../fleet/fleet.js";
import { UsageError } from "../fleet/scenario.js";
import { PATH } from "../node/frames.js";
import { addressOf } from "../node/resolver.js";
import { plain } from "../sentence.js";

/** How long the first connection to a broker may take, in ms. */
const PROBE_MS = 5000;

/** So many a board takes at most. */
const MOST_SERVERS = 16;

const EXPECTED = "expected mqtt://[user[:password]@]host[:port]";
const WITH_TOPIC = `${EXPECTED}[/topic], such as mqtt://192.168.1.10/lab/temperature`;
/** The ports that are meant where none is given, by the beginning of the URL. */
const PORTS: Readonly<Record<string, number>> = { mqtt: 1883, mqtts: 8883, ws: 80, wss: 443 };

type Scheme = "mqtts" | "ws" | "wss";

/** Where a client connects to, and what its bytes go over. */
export interface Destination extends Endpoint {
	/** TLS, WebSocket, or both; absent: plain TCP. */
	readonly scheme?: Scheme;
	/** Of a WebSocket. */
	readonly path?: string;
}

/**
 * Brokers in order of preference, as a board is told of them: one scheme, one account and one path for all of them, and commas
 * between the hosts. Throws UsageError; the message never holds the password.
 */
export function parseEndpoints(text: string): Destination {
	const [, before = "", hosts = "", path = ""] = /^([a-z]+:\/\/(?:[^/]*@)?)([^/]*)(.*)$/i.exec(text) ?? [];
	const [first, ...others] = hosts.split(",");
	if (others.length === 0) return parseEndpoint(text);
	if (others.length >= MOST_SERVERS) throw new UsageError(`--broker: expected ${MOST_SERVERS} brokers at most`);
	if (path.startsWith("//"))
		throw new UsageError("--broker: what stands before the first host is for all of them: mqtt://one,another:1884");
	const endpoint = parseEndpoint(`${before}${first}${path}`);
	const servers = [endpoint, ...others.map(host => parseEndpoint(`${before}${host}${path}`))];
	return { ...endpoint, servers: servers.map(({ host, port }) => ({ host, port })) };
}

/** Throws UsageError; the message never holds the password. */
export function parseEndpoint(text: string): Destination {
	const endpoint = endpointOf(text, "--broker: ");
	if (endpoint.password !== undefined && endpoint.userName === undefined)
		throw new UsageError("--broker: a password needs a user name in MQTT 3.1.1");
	return endpoint;
}

/**
 * The same with a topic, which may have the wildcards of a filter: all behind the first slash, where % begins an escape.
 * Where that is the path of a WebSocket there is no topic. Throws UsageError; the message never holds anything of the URL.
 */
export function parseTopicUrl(text: string): { endpoint: Destination; topic?: string } {
	const scheme = /^([a-z]+):\/\//i.exec(text)?.[1]?.toLowerCase() ?? "";
	if (!Object.hasOwn(PORTS, scheme)) throw new UsageError(`URL: ${WITH_TOPIC}; or mqtts://, ws:// or wss://`);
	if (scheme.startsWith("ws")) return { endpoint: endpointOf(text, "URL: ") };
	const slash = text.indexOf("/", `${scheme}://`.length);
	const address = slash < 0 ? text : text.slice(0, slash);
	const topic = slash < 0 ? "" : text.slice(slash + 1);
	// A password with a slash in it would end up in the topic, and its beginning in the port.
	if (!address.includes("@") && topic.includes("@"))
		throw new UsageError("URL: write / as %2F in user and password, and @ as %40 in the topic");
	const endpoint = endpointOf(address, "URL: ");
	return topic === "" ? { endpoint } : { endpoint, topic: unescaped(topic, "URL: the topic") };
}

function endpointOf(text: string, where: string): Destination {
	let url: URL;
	try {
		url = new URL(text);
	} catch {
		throw new UsageError(`${where}${EXPECTED}, such as mqtt://192.168.1.10:1883`);
	}
	const scheme = url.protocol.slice(0, -1);
	if (!Object.hasOwn(PORTS, scheme))
		throw new UsageError(`${where}${EXPECTED}; or mqtts://, ws:// or wss://; got a URL that begins with ${scheme}://`);
	const isWebSocket = scheme === "ws" || scheme === "wss";
	if (url.hostname === "") throw new UsageError(`${where}${EXPECTED}, got a URL without a host`);
	const hasPath = url.pathname !== "" && url.pathname !== "/";
	if (hasPath && !isWebSocket) throw new UsageError(`${where}${EXPECTED}, got a URL with a path`);
	// Likewise: a password with a slash in it would end up in the path.
	if (url.pathname.includes("@"))
		throw new UsageError(`${where}write / as %2F in user and password, and @ as %40 in the path`);
	// A # or ? in a password has to be escaped; unescaped it would cut the password in two.
	if (url.hash !== "" || url.search !== "")
		throw new UsageError(`${where}${EXPECTED}; write # as %23 and ? as %3F in user and password`);
	const credential = `${where}user or password`;
	return {
		// The brackets around an IPv6 address belong to the URL, not to the address.
		host: url.hostname.replace(/^\[|\]$/g, ""),
		port: url.port === "" ? PORTS[scheme]! : Number(url.port),
		...(scheme !== "mqtt" && { scheme: scheme as Scheme }),
		...(isWebSocket && { path: hasPath ? url.pathname : PATH }),
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
export function describeEndpoint({ host, path = "", port, scheme, servers, userName }: Destination): string {
	const names = (servers ?? [{ host, port }]).map(each => {
		const name = each.host.includes(":") ? `[${each.host}]` : each.host;
		return `${name}:${each.port}`;
	});
	return `${scheme ?? "mqtt"}://${userName === undefined ? "" : `${encodeURIComponent(userName)}@`}${names.join(",")}${path}`;
}

/** How to see what goes on there: with mosquitto's tools, or where those want more than a URL with ours. */
export function lookOn({ servers: _, ...endpoint }: Destination): string {
	const { host, password, port, scheme, userName } = endpoint;
	if (scheme !== undefined)
		return `Look on   thimble sub ${quote(describeEndpoint(endpoint))} -t 'thimble/#' -v, with the same certificates`;
	const user = userName === undefined ? "" : ` -u ${quote(userName)}${password === undefined ? "" : " -P …"}`;
	return `Look on   mosquitto_sub -h ${host} -p ${port}${user} -t 'thimble/#' -v`;
}

/** For a shell, and without anything that a terminal would obey. */
function quote(text: string): string {
	const shown = plain(text);
	return /^[\w.@-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
}

/** Resolves where something listens there, at one of several; otherwise rejects with UsageError. */
export async function probeEndpoint({ servers = [], ...endpoint }: Destination): Promise<void> {
	const others = servers.slice(1).map(place => ({ ...endpoint, ...place }));
	const probes = [endpoint, ...others].map(probe);
	// What is said is why the preferred one cannot be reached.
	await Promise.any(probes).catch(() => probes[0]);
}

async function probe(endpoint: Destination): Promise<void> {
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
