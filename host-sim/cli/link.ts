// How `thimble pub` and `thimble sub` connect: from flags and a URL to the options of a client on Node's sockets.

import { randomBytes } from "node:crypto";
import type { ClientOptions, Limits, Will } from "../../firmware/mqtt/client.js";
import {
	integerProperty,
	MAXIMUM_PACKET_SIZE,
	RECEIVE_MAXIMUM,
	SESSION_EXPIRY_INTERVAL,
	TOPIC_ALIAS_MAXIMUM,
} from "../../firmware/mqtt/property.js";
import { UsageError } from "../fleet/scenario.js";
import { nodeClock, nodeRandom } from "../node/clock.js";
import { NodeResolver } from "../node/resolver.js";
import { NodeTimer } from "../node/timer.js";
import { type Destination, describeEndpoint, parseTopicUrl } from "./endpoint.js";
import { type Flag, type Flags, integerOf } from "./flags.js";
import { HELP, secure } from "./option.js";
import { type Blocks, blocksOf, type Command, propertyWords } from "./property.js";
import { socketOf } from "./secure.js";

export const LINK_FLAGS: readonly Flag[] = [
	{ names: ["-h", "--host"], value: "HOST", help: "the broker (default localhost)" },
	{ names: ["-p", "--port"], value: "PORT", help: "its port (default 1883; with TLS 8883)" },
	{
		names: ["-L", "--url"],
		value: "URL",
		help: "all at once: mqtt://[user[:password]@]host[:port][/topic]; mqtts:// for TLS; or ws:// and wss://, with a path",
	},
	{ names: ["-u", "--username"], value: "NAME", help: "user name" },
	{ names: ["-P", "--pw"], value: "PASSWORD", help: "password" },
	{ names: ["-i", "--id"], value: "ID", help: "client id (default: one of its own; with -V 5, the broker's choice)" },
	{ names: ["-I", "--id-prefix"], value: "PREFIX", help: "client id: this and the process id" },
	...secure(),
	{ names: ["-V", "--protocol-version"], value: "VERSION", help: "mqttv311, 311, 4 (default), or mqttv5, 5" },
	{
		names: ["-D", "--property"],
		value: "COMMAND NAME VALUE",
		words: propertyWords,
		many: true,
		help: "a property of MQTT 5.0, which it asks for; user-property has NAME KEY VALUE",
	},
	{ names: ["-k", "--keepalive"], value: "SECONDS", help: "keep-alive (default 60)" },
	{ names: ["-c", "--disable-clean-session"], help: "a session that outlives the connection; wants -i" },
	{ names: ["-x", "--session-expiry-interval"], value: "SECONDS", help: "with -V 5: how long it does; -1 for ever" },
	{ names: ["--will-topic"], value: "TOPIC", help: "what the broker says if this program goes without a goodbye" },
	{ names: ["--will-payload"], value: "TEXT", help: "its payload (default empty)" },
	{ names: ["--will-qos"], value: "QOS", help: "its QoS (default 0)" },
	{ names: ["--will-retain"], help: "it is retained" },
	{ names: ["-W"], value: "SECONDS", help: "end with code 27 after that time" },
	{ names: ["-d", "--debug"], help: "tell on stderr what happens" },
	{ names: ["--quiet"], help: "tell nothing of what goes wrong" },
	HELP,
];

/**
 * Memory is no matter here. `send` is what the socket takes at once, since CONNECT and SUBSCRIBE are not sent in pieces;
 * messages larger than the other buffers are streamed.
 */
export const LIMITS: Readonly<Limits> = {
	receive: 65_535,
	send: 5744,
	outbox: 65_535,
	messages: 256,
	received: 1024,
	topics: 512,
	topicBytes: 65_535,
	aliases: 0,
	aliasBytes: 0,
};

/** What a process is told when somebody has cut its broker off, in ms; boards wait longer. */
const BACKOFF = { baseMs: 500, capMs: 10_000 };
const FOR_EVER = 0xffff_ffff;
/** It goes with CONNECT, which has to fit into `send` with all else that it says. */
const LONGEST_WILL = 4096;

export interface Link {
	/** All but the callbacks. */
	readonly options: ClientOptions;
	/** Where it goes, without the password. */
	readonly url: string;
	/** What the URL has behind the host. */
	readonly topic?: string;
	/** Properties for commands other than CONNECT and WILL. */
	readonly blocks: Blocks;
}

/** Throws UsageError. `commands` are those whose properties may be given. */
export function linkOf(flags: Flags, commands: readonly Command[]): Link {
	const { endpoint, topic } = endpointOf(flags);
	const blocks = blocksOf(flags.lists("-D"), commands);
	const protocolVersion = versionOf(flags);
	const { host, port, userName, password } = endpoint;
	if (password !== undefined && userName === undefined && protocolVersion === 4)
		throw new UsageError("a password needs a user name in MQTT 3.1.1: give -u too, or -V 5");
	const sessionExpiry = expiryOf(flags, blocks);
	const clientId = clientIdOf(flags, protocolVersion);
	if (sessionExpiry !== undefined && protocolVersion === 4) throw new UsageError("-x is of MQTT 5.0: give -V 5 too");
	if (clientId === undefined && (flags.has("-c") || sessionExpiry === FOR_EVER))
		throw new UsageError("a session that outlives the connection needs a client id: give -i too");
	const goodbye = blocks.DISCONNECT ?? new Uint8Array(0);
	if (
		integerProperty(goodbye, 0, goodbye.length, SESSION_EXPIRY_INTERVAL, 0) > 0 &&
		!(flags.has("-c") || sessionExpiry)
	)
		throw new UsageError("-D DISCONNECT session-expiry-interval: there is no session to be kept; give -c or -x too");
	const keepAlive = flags.integer("-k", 0, 65_535);
	const will = willOf(flags, blocks.WILL);
	const maximumPacketSize = blocks.options.get(MAXIMUM_PACKET_SIZE);
	return {
		options: {
			host,
			port,
			protocolVersion,
			clientId: clientId ?? (protocolVersion === 5 ? "" : `thimble${randomBytes(6).toString("hex")}`),
			cleanSession: !flags.has("-c"),
			...(sessionExpiry !== undefined && { sessionExpiry }),
			...(blocks.CONNECT !== undefined && { properties: blocks.CONNECT }),
			...(maximumPacketSize !== undefined && { maximumPacketSize }),
			...(keepAlive !== undefined && { keepAlive }),
			...(userName !== undefined && { userName }),
			...(password !== undefined && { password }),
			...(will !== undefined && { will }),
			socket: {
				io: socketOf(endpoint, {
					cafile: flags.text("--cafile"),
					cert: flags.text("--cert"),
					key: flags.text("--key"),
					insecure: flags.has("--insecure"),
				}),
			},
			resolver: { io: NodeResolver },
			timer: { io: NodeTimer },
			clock: nodeClock,
			random: nodeRandom,
			limits: limitsOf(blocks),
			backoff: BACKOFF,
		},
		url: describeEndpoint(endpoint),
		...(topic !== undefined && { topic }),
		blocks,
	};
}

/** What the broker is told of them in CONNECT is what there is room for. */
function limitsOf({ options }: Blocks): Limits {
	const aliases = options.get(TOPIC_ALIAS_MAXIMUM) ?? 0;
	return {
		...LIMITS,
		// In units of eight, as the client has it.
		receive: Math.min(LIMITS.receive, (options.get(MAXIMUM_PACKET_SIZE) ?? LIMITS.receive) & ~7),
		received: options.get(RECEIVE_MAXIMUM) ?? LIMITS.received,
		aliases,
		aliasBytes: aliases > 0 ? 65_535 : 0,
	};
}

function endpointOf(flags: Flags): { endpoint: Destination; topic?: string } {
	// Not told what it is: it may be a password with a space in it.
	if (flags.rest.length > 1) throw new UsageError("there is more than one word that belongs to no flag");
	const [positional] = flags.rest;
	const url = flags.text("-L") ?? positional;
	if (url === undefined) {
		if (flags.text("-h") === "") throw new UsageError("-h: expected a host");
		const userName = flags.text("-u");
		const password = flags.text("-P");
		// As with mosquitto's tools, a certificate asks for TLS.
		const isSecure = flags.has("--cafile") || flags.has("--cert");
		return {
			endpoint: {
				host: flags.text("-h") ?? "localhost",
				port: flags.integer("-p", 1, 65_535) ?? (isSecure ? 8883 : 1883),
				...(isSecure && { scheme: "mqtts" }),
				...(userName !== undefined && { userName }),
				...(password !== undefined && { password }),
			},
		};
	}
	if (positional !== undefined && flags.has("-L")) throw new UsageError("-L and a URL without it do not go together");
	for (const name of ["-h", "-p", "-u", "-P"])
		if (flags.has(name)) throw new UsageError(`${name} and a URL do not go together`);
	return parseTopicUrl(url);
}

/** Properties are of 5.0, and ask for it. */
function versionOf(flags: Flags): 4 | 5 {
	const text = flags.text("-V");
	const hasProperties = flags.has("-D");
	switch (text) {
		case undefined:
			return hasProperties ? 5 : 4;
		case "mqttv5":
		case "5":
			return 5;
		case "mqttv311":
		case "311":
		case "4":
			if (hasProperties) throw new UsageError("-D is of MQTT 5.0: leave -V out, or give -V 5");
			return 4;
		case "mqttv31":
		case "31":
			throw new UsageError("-V: MQTT 3.1 is not supported; 311 and 5 are");
	}
	throw new UsageError("-V: expected mqttv311, 311 or 4, or mqttv5 or 5");
}

function expiryOf(flags: Flags, { options }: Blocks): number | undefined {
	const text = flags.text("-x");
	const expiry = options.get(SESSION_EXPIRY_INTERVAL);
	if (text === undefined) return expiry;
	if (expiry !== undefined) throw new UsageError("-x and -D CONNECT session-expiry-interval say the same");
	return text === "-1" || text === "∞" ? FOR_EVER : integerOf(text, "-x", 0, FOR_EVER);
}

function clientIdOf(flags: Flags, protocolVersion: number): string | undefined {
	flags.atMostOne("-i", "-I");
	const prefix = flags.text("-I");
	const id = prefix === undefined ? flags.text("-i") : `${prefix}${process.pid}`;
	if (id === "" && protocolVersion === 4) throw new UsageError("-i: may not be empty in MQTT 3.1.1");
	return id === "" ? undefined : id;
}

function willOf(flags: Flags, properties: Uint8Array | undefined): Will | undefined {
	const topic = flags.text("--will-topic");
	const payload = flags.text("--will-payload");
	const qos = flags.integer("--will-qos", 0, 2);
	if (topic === undefined) {
		for (const name of ["--will-payload", "--will-qos", "--will-retain"])
			if (flags.has(name)) throw new UsageError(`${name} needs --will-topic`);
		if (properties !== undefined) throw new UsageError("-D WILL needs --will-topic");
		return undefined;
	}
	if (payload !== undefined && Buffer.byteLength(payload) > LONGEST_WILL)
		throw new UsageError(`--will-payload: at most ${LONGEST_WILL} bytes`);
	return {
		topic,
		retain: flags.has("--will-retain"),
		...(payload !== undefined && { payload }),
		...(qos !== undefined && { qos }),
		...(properties !== undefined && { properties }),
	};
}
