// What a board's bytes go over, by the scheme of its brokers: TCP, TLS, WebSocket, or one over the other. Who asks for TLS gets
// it or an error, and never anything else.

import type { Clock, Random, ResolverConstructor, SocketConstructor } from "../io.js";
import { BAD_OPTION, Misuse } from "../mqtt/error.js";
import { BadCertificate, DER } from "../optional/certificate.js";
import { Names } from "../optional/names.js";
import { type SecureOptions, secureSocket } from "../optional/tls.js";
import { type Signatures, Trust } from "../optional/trust.js";
import { webSocket } from "../optional/websocket.js";
import type { Brokers } from "./config.js";

/** What a board shows for itself: certificates in DER, its own first, and the key in PKCS #8. */
export interface OwnCertificate {
	readonly certificates: readonly Uint8Array[];
	readonly key: Uint8Array;
}

export interface TransportOptions {
	socket: SocketConstructor;
	resolver: ResolverConstructor;
	clock: Clock;
	random: Random;
	signatures: Signatures;
	/** TLS, with a certificate of ours or none. */
	engine(own: OwnCertificate | undefined): SecureOptions["engine"];
	/** What was built in under that name, or undefined: `ca.der`, `cert.der`, `key.der`. */
	resource(name: string): Uint8Array | undefined;
}

export interface Transport {
	readonly socket: SocketConstructor;
	/** The one to be given to the client: sockets learn from it whom they speak to. */
	readonly resolver: ResolverConstructor;
}

/** TLS is asked for: certificates, and with them the time, matter. */
export function isSecure({ scheme }: Brokers): boolean {
	return scheme === "mqtts" || scheme === "wss";
}

/** Throws Misuse where TLS is asked for, and what it takes was not built in. */
export function transportOf(brokers: Brokers, options: TransportOptions): Transport {
	const { path, scheme } = brokers;
	const { random, resolver, socket } = options;
	if (scheme === "mqtt") return { socket, resolver };
	const names = new Names();
	const below = isSecure(brokers) ? secured(names, options) : socket;
	return {
		socket:
			scheme === "mqtts"
				? below
				: webSocket({ socket: { io: below }, names, path, isSecure: scheme === "wss", random }),
		resolver: names.remembering(resolver),
	};
}

function secured(names: Names, { clock, engine, resource, signatures, socket }: TransportOptions): SocketConstructor {
	const authorities = listOf("ca.der", resource);
	if (authorities === undefined) refuse("ca.der: mqtts:// and wss:// need the certificate of who signs the broker's");
	const certificates = listOf("cert.der", resource);
	const key = resource("key.der");
	if ((certificates === undefined) !== (key === undefined)) refuse("cert.der and key.der: expected both or none");
	const own = certificates === undefined || key === undefined ? undefined : { certificates, key };
	try {
		const trust = new Trust({ authorities, signatures, clock });
		return secureSocket({ socket: { io: socket }, names, trust, engine: engine(own) });
	} catch (error) {
		if (error instanceof BadCertificate) refuse("ca.der: expected certificates in DER");
		throw error;
	}
}

/** Certificates, one behind the other; undefined where there is no such resource. */
function listOf(name: string, resource: TransportOptions["resource"]): Uint8Array[] | undefined {
	const bytes = resource(name);
	if (bytes === undefined) return undefined;
	const list: Uint8Array[] = [];
	try {
		for (const all = new DER(bytes); !all.isDone; ) list.push(all.takeWhole());
	} catch {
		refuse(`${name}: expected certificates in DER`);
	}
	if (list.length === 0) refuse(`${name}: expected certificates in DER`);
	return list;
}

function refuse(why: string): never {
	throw new Misuse(BAD_OPTION, why);
}
